"""One run of a session: the values so far, and where they are kept."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from tapeview.engine import seeds
from tapeview.engine.deferred.cells import Cell

if TYPE_CHECKING:
    from tapeview.engine.deferred.operation import Operation
    from tapeview.engine.deferred.session import Session
    from tapeview.engine.tape import GradientTape

next_run = itertools.count(1).__next__


class Run:
    """What nodes of one run share.

    Attributes:
        session: which session runs.
        tape: records the ops of nodes that gradient nodes serve; None if nobody needs them.
        spans: for each of these nodes, where its entries begin and end on the tape.
        calls: the number of the gradient call of each ``tf.gradients`` that takes part.
    """

    __slots__ = ("calls", "feeds", "plan", "session", "spans", "tape", "values")

    def __init__(self, session: Session, plan: Any, tape: GradientTape | None, values: list[Any]) -> None:
        self.session = session
        self.plan = plan
        self.tape = tape
        self.values = values
        self.spans: dict[Operation, tuple[int, int]] = {}
        self.calls: dict[Any, int] = {}

    def cell(self, variable: Any) -> Cell:
        """Where the session keeps a variable."""
        return self.session.cell(variable)


class NodeSeeds(seeds.FunctionSeeds):
    """The random numbers of one node in one session: each run goes on where the one before stopped."""

    def __init__(self, seed: int | None, first: int) -> None:
        super().__init__()
        self.seed = seed
        self.called = True
        self._first = first

    def begin(self) -> None:
        """A run of the node starts."""
        self.place = 0
        self.calls = 0
        self.unseeded = self._first
