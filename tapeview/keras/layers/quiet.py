"""Blocks in which no tape records: weights are made there, and shapes found out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tapeview.engine.state import state


@contextmanager
def without_tapes() -> Iterator[None]:
    """As in ``tf.init_scope``, open tapes see nothing of what happens inside."""
    tapes = state.tapes
    if not tapes:
        yield
        return
    state.set_tapes(())
    try:
        yield
    finally:
        state.set_tapes(tapes)
