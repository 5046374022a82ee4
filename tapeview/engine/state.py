"""Which tapes are open, for each thread on its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tapeview.engine.tape import GradientTape

Context = tuple[tuple["GradientTape", ...], tuple[int, ...], int]

_UPDATES: Context = ((), (), 0)
_MOST_UPDATES = 2000
"""So many ops outside of tapes are told of behind a gradient call; one with a large result counts for each 64 KiB of
it, since who is told holds it for a while."""


class _State(threading.local):
    """``tapes`` are the open tapes, outermost first; ``call`` is the running gradient call (0 = none).

    ``context`` is both at once (tapes, their ids, call), and None while no tape is open: each look at a thread's own
    attribute takes 0.06 µs, so ops take one. After a gradient call without open tapes it has none in it, for about as
    many ops as ``left`` says: what computes the updates is told of. While ``trying`` is true an op may raise without
    anybody being told.
    """

    tapes: tuple[GradientTape, ...] = ()
    call: int = 0
    context: Context | None = None
    trying: bool = False
    left: int = 0

    @property
    def tape_ids(self) -> tuple[int, ...]:
        """The ids of the open tapes."""
        return tuple([t.id for t in self.tapes])

    def set_tapes(self, tapes: tuple[GradientTape, ...]) -> None:
        """Opens and closes tapes."""
        self.tapes = tapes
        self.context = (tapes, self.tape_ids, self.call) if tapes else None

    def set_call(self, call: int) -> None:
        """Begins or ends a gradient call."""
        self.call = call
        self.set_tapes(self.tapes)

    def begin_updates(self) -> None:
        """A gradient call has returned to the script: the ops that follow outside of every tape are told of."""
        if not self.tapes:
            self.context = _UPDATES
            self.left = _MOST_UPDATES

    def end_updates(self) -> None:
        """The ops that follow outside of every tape have nothing to do with updates."""
        if not self.tapes:
            self.context = None


state = _State()


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
