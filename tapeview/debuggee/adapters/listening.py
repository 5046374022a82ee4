"""Who hears what the engine does, and at which of its events a script may be held."""

from __future__ import annotations

import threading

from tapeview.engine import observe
from tapeview.engine.tensor import EagerTensor

Event = observe.Event

PASSING = frozenset((observe.OP, observe.BACKWARD, observe.ASSIGNED))
"""The kinds of events at which a script may be held: ops, backward steps, updates."""


def attach(sink: observe.Sink) -> None:
    """Sends the engine's events to ``sink`` from now on."""
    observe.listen(sink)


def detach() -> None:
    """Nobody gets the engine's events any more."""
    if observe.sink is None:
        return
    # Another thread may stand between looking whether somebody listens and telling it.
    mine = threading.current_thread()
    others = any(one is not mine and not one.name.startswith("tapeview") for one in threading.enumerate())
    observe.listen(_drop if others else None)


def want_slots(first: float, last: float) -> None:
    """From which to which of the tapes that the engine counts (``observe.begun``) optimizers tell of large slots."""
    observe.whole = first, last


def _drop(event: Event) -> None:
    """Listens to what threads of the script do after the end."""


def weight(event: Event) -> int:
    """The bytes of the tensors that one of the events in ``PASSING`` brings."""
    made = (event[3],) if event[0] == observe.ASSIGNED else event[4]
    return sum([t._array.nbytes for t in made if t.__class__ is EagerTensor])
