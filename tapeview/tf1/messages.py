"""``tf.logging``: messages to standard error, above a level."""

from __future__ import annotations

import logging
from typing import Any

from tapeview.engine import callsite
from tapeview.engine.warn import get_logger

DEBUG, INFO, WARN, ERROR, FATAL = (
    logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL,
)  # fmt: skip

_counts: dict[tuple[Any, ...], int] = {}


def log(level: int, msg: Any, *args: Any, **kwargs: Any) -> None:
    """Prints ``msg % args`` if messages of this level are shown."""
    get_logger().log(level, msg, *args, **kwargs)


def debug(msg: Any, *args: Any, **kwargs: Any) -> None:
    """A message of level DEBUG."""
    log(DEBUG, msg, *args, **kwargs)


def info(msg: Any, *args: Any, **kwargs: Any) -> None:
    """A message of level INFO."""
    log(INFO, msg, *args, **kwargs)


def warn(msg: Any, *args: Any, **kwargs: Any) -> None:
    """A message of level WARN."""
    log(WARN, msg, *args, **kwargs)


def error(msg: Any, *args: Any, **kwargs: Any) -> None:
    """A message of level ERROR."""
    log(ERROR, msg, *args, **kwargs)


def fatal(msg: Any, *args: Any, **kwargs: Any) -> None:
    """A message of level FATAL. The script goes on."""
    log(FATAL, msg, *args, **kwargs)


def vlog(level: int, msg: Any, *args: Any, **kwargs: Any) -> None:
    """As :func:`log`."""
    log(level, msg, *args, **kwargs)


def log_if(level: int, msg: Any, condition: Any, *args: Any) -> None:
    """A message if ``condition`` holds."""
    if condition:
        log(level, msg, *args)


def log_every_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """A message the first time this line is reached, and every ``n``-th time after that."""
    log_if(level, msg, _count() % n == 0, *args)


def log_first_n(level: int, msg: Any, n: int, *args: Any) -> None:
    """A message the first ``n`` times this line is reached."""
    log_if(level, msg, _count() < n, *args)


def _count() -> int:
    """How often the script's line was reached before."""
    key = callsite.frames_of(callsite.here())[:2]
    _counts[key] = _counts.get(key, -1) + 1
    return _counts[key]


def flush() -> None:
    """Messages are printed at once: there is nothing to do."""


def get_verbosity() -> int:
    """The level from which on messages are shown."""
    return get_logger().getEffectiveLevel()


def set_verbosity(v: Any) -> None:
    """From which level on messages are shown: a number, or a level's name."""
    get_logger().setLevel(v)
