"""The engine's own state of a thread, put aside while code that is not the script's runs there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tapeview.engine.state import state


@contextmanager
def tapes_aside() -> Iterator[None]:
    """On this thread no tape is open and no gradient call runs inside the block."""
    tapes, call = state.tapes, state.call
    state.call = 0
    state.set_tapes(())
    try:
        yield
    finally:
        state.call = call
        state.set_tapes(tapes)
