"""TensorFlow's warnings: worded, counted and printed as TensorFlow does it."""

from __future__ import annotations

import logging
import sys

from tapeview.engine import callsite

_counts: dict[tuple[str, callsite.Frames], int] = {}


class _ToStandardError(logging.Handler):
    """Prints to what ``sys.stderr`` is at the time, unless the script has set up handlers of its own."""

    def emit(self, record: logging.LogRecord) -> None:
        if not logging.getLogger().handlers:
            print(self.format(record), file=sys.stderr)


def get_logger() -> logging.Logger:
    """The logger that TensorFlow's messages go through (``tf.get_logger()``)."""
    return _prepared("tensorflow")


def warn(message: str, logger: str = "tensorflow") -> None:
    """Logs a warning; it is printed as ``WARNING:tensorflow:message``."""
    _prepared(logger).warning("%s", message)


def warn_first(times: int, message: str) -> None:
    """Logs a warning for the first ``times`` times that one line of the script leads to it."""
    key = (message, callsite.frames_of(callsite.here())[:2])
    count = _counts.get(key, 0)
    if count < times:
        _counts[key] = count + 1
        warn(message)


def _prepared(name: str) -> logging.Logger:
    logger = logging.getLogger(name)
    if not any(isinstance(h, _ToStandardError) for h in logger.handlers):
        handler = _ToStandardError()
        handler.setFormatter(logging.Formatter(logging.BASIC_FORMAT))
        logger.addHandler(handler)
    return logger
