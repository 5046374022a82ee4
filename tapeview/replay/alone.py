"""The engine for a recorded step alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tapeview.engine import observe
from tapeview.engine.state import state
from tapeview.engine.warn import get_logger


@contextmanager
def alone() -> Iterator[list[Any]]:
    """No tapes of others, a listener of our own, and no warnings: the script that was recorded was told."""
    heard: list[Any] = []
    before, listener, logger = state.tapes, observe.sink, get_logger()
    told, logger.disabled = logger.disabled, True
    state.set_tapes(())
    observe.listen(heard.append)
    try:
        yield heard
    finally:
        observe.listen(listener)
        state.set_tapes(before)
        logger.disabled = told
