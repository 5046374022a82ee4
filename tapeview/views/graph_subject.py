"""What the graph is of: the tape at the cursor, one tape of several, or a deferred graph; and what of it is folded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tapeview.graph.build import TapeGraph, build
from tapeview.graph.deferred import build_deferred
from tapeview.graph.fold import Group, GroupKey
from tapeview.trace.query import Recording, Step
from tapeview.views.graph_face import count_words
from tapeview.views.graph_runs import NO_STEP
from tapeview.views.run_index import run_index
from tapeview.views.runs import run_at
from tapeview.views.text import tr
from tapeview.views.workspace import Workspace

Choice = tuple[str, int]
"""``("", 0)`` is what the cursor shows; else ``"tape"`` and which of the step's, or ``"graph"`` and its number."""
USUAL: Choice = ("", 0)
LARGE = 800
"""Taking apart a step of more ops than this takes longer than a click may have to wait."""


@dataclass(frozen=True, eq=False, slots=True)
class Subject:
    """What is shown: of ``step`` the tape with this id (0: all), or a deferred graph up to its node ``newest``."""

    step: Step | None = None
    tape: int = 0
    graph: int = 0
    newest: int = 0

    @property
    def large(self) -> bool:
        """Whether its picture takes a while."""
        return not self.graph and self.step is not None and len(self.step.ops) > LARGE

    def is_as(self, other: Subject) -> bool:
        """Whether nothing has changed. (Steps are compared by identity: one that has grown is another.)"""
        same = (self.tape, self.graph, self.newest) == (other.tape, other.graph, other.newest)
        return same and self.step is other.step


@dataclass(slots=True)
class Folding:
    """Which groups the user opened and closed, and whether layers (of deferred graphs: scopes) are folded."""

    opened: set[GroupKey] = field(default_factory=set)
    closed: set[GroupKey] = field(default_factory=set)
    layers: bool = True

    def open(self, group: Group) -> None:
        """Open a group."""
        self.opened.add(group.key)
        self.closed.discard(group.key)

    def close(self, group: Group) -> None:
        """Fold a group, and forget what was opened inside."""
        self.opened -= {inner.key for inner in group.walk()}
        self.closed.add(group.key)

    def all(self, members: Sequence[Group | int], folded: bool) -> None:
        """Fold these members and all layers, or open everything."""
        self.opened = set()
        self.closed = {member.key for member in members if isinstance(member, Group)} if folded else set()
        self.layers = folded


class GraphChoice:
    """Follows the workspace's cursor, unless a tape or a graph was chosen.

    Attributes:
        chosen: what the user wants to see.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.chosen: Choice = USUAL

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What can be chosen; empty where there is nothing to choose."""
        recording, step = self._workspace.recording, self._workspace.step
        if recording is None:
            return ()
        eager = step is not None and run_at(recording, step.index) is None
        tapes = len(step.tapes) if step is not None and eager else 0
        found: list[Choice] = [("tape", n) for n in range(1, tapes + 1)] if tapes > 1 else []
        graphs = recording.graphs.numbers
        # A run's own graph is shown by itself, and so is the only one before any run.
        if len(graphs) > (0 if eager else 1):
            found += [("graph", graph) for graph in graphs]
        return (USUAL, *found) if found else ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The choices in words."""
        return tuple(self._text(choice) for choice in self.choices)

    @property
    def index(self) -> int:
        """The place of what is chosen; 0 if it cannot be shown here."""
        choices = self.choices
        return choices.index(self.chosen) if self.chosen in choices else 0

    def now(self) -> Subject:
        """What is to be shown."""
        workspace = self._workspace
        recording, step = workspace.recording, workspace.step
        if recording is None:
            return Subject()
        kind, number = self.choices[self.index] if self.index else USUAL
        run = run_index(recording, step)
        if kind == "graph" and (run is None or run.graph != number):
            return Subject(step, 0, number, self._newest(recording, number))
        if run is not None:
            return Subject(step, 0, run.graph, run.newest)
        thinned = run_at(recording, step.index) if step is not None else None
        if thinned is not None:
            return Subject(step, 0, thinned.graph, thinned.nodes)
        if step is None:
            latest = recording.graphs.latest
            return Subject(None, 0, latest, self._newest(recording, latest)) if latest else Subject()
        return Subject(step, step.tapes[number - 1].id if kind == "tape" else 0)

    def picture(self, subject: Subject, folding: Folding) -> Callable[[], TapeGraph] | None:
        """What makes the graph of a subject, in any thread if it is a step's; None if there is nothing to draw."""
        recording, step = self._workspace.recording, subject.step
        opened, closed, layers = set(folding.opened), set(folding.closed), folding.layers
        if recording is None:
            return None
        if subject.graph:
            run = run_index(recording, step)
            ran_as = run.ran_as if run is not None and run.graph == subject.graph else {}
            index = step.index if step is not None else NO_STEP.index
            return lambda: build_deferred(
                recording, subject.graph, subject.newest, opened, closed, scopes=layers, step=index, ran_as=ran_as
            )
        if step is None or not step.ops:
            return None
        return lambda: build(recording, step, subject.tape, opened, closed, layers=layers)

    @staticmethod
    def _newest(recording: Recording, graph: int) -> int:
        nodes = recording.graphs.nodes(graph)
        return nodes[-1].number if nodes else 0

    def _text(self, choice: Choice) -> str:
        kind, number = choice
        recording, step = self._workspace.recording, self._workspace.step
        if kind == "tape":
            return tr("tape {n}").format(n=f"#{number}")
        if kind == "graph" and recording is not None:
            place = recording.graphs.numbers.index(number) + 1
            return tr("graph {n}").format(n=place) + f" · {count_words(len(recording.graphs.nodes(number)))}"
        if step is None:
            return tr("newest graph")
        return tr("graph of this run") if run_at(recording, step.index) is not None else tr("all tapes")
