"""Which tapes are open, for each thread on its own."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tapeview.engine.tape import GradientTape


class _State(threading.local):
    """``tapes`` and ``tape_ids`` list the open tapes, outermost first; ``call`` is the running gradient call (0 = none)."""

    tapes: tuple[GradientTape, ...] = ()
    tape_ids: tuple[int, ...] = ()
    call: int = 0


state = _State()
