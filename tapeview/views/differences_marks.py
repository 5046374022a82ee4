"""What differences put on the graph: which nodes changed and how much, which came or went, and which gradients."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from tapeview.explain.compare import CHANGED, DIFFERENT, GONE, NEW, Difference
from tapeview.trace.records import Assigned, BackwardStep, Op
from tapeview.views.differences import WHAT_IF, Differences
from tapeview.views.differences_model import SIGNS
from tapeview.views.graph_card import Card, Entry, Row
from tapeview.views.graph_marks import Bar
from tapeview.views.graph_model import GraphModel
from tapeview.views.graph_runs import DeferredScene
from tapeview.views.graph_scene import Scene
from tapeview.views.numbers import number
from tapeview.views.signal import Signal
from tapeview.views.text import tr
from tapeview.views.trail import Operand
from tapeview.views.workspace import Selection, Workspace

WEAKEST = 0.25
"""How strong the smallest difference is drawn, of 1."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A node that is different: its state, how strong from 0 to 1, and a figure. ``inside`` has a sign for each op
    that came or went inside of a folded one.
    """

    state: str
    strength: float
    figure: str = ""
    inside: str = ""

    @property
    def words(self) -> str:
        """``≠ 0.5``, ``≠ 0.5 −1 +2``."""
        signs = [f"{sign}{self.inside.count(sign)}" for sign in (SIGNS[GONE], SIGNS[NEW]) if sign in self.inside]
        return " ".join(part for part in (SIGNS[self.state], self.figure, *signs) if part)


@dataclass(frozen=True, slots=True)
class Painted:
    """``nodes`` and ``edges`` (with the strength of the gradient's difference) by number; ``at`` is the node of the
    row looked at, -1 for none; ``touched`` are the nodes that somebody changed."""

    nodes: dict[int, Mark] = field(default_factory=dict)
    edges: dict[int, float] = field(default_factory=dict)
    touched: tuple[int, ...] = ()
    at: int = -1


NOTHING = Painted()


class DifferenceMarks:
    """``painted`` for the graph's scene and the ``bar`` above it. ``changed`` after either may have changed."""

    def __init__(self, workspace: Workspace, graph: GraphModel, differences: Differences) -> None:
        self.changed: Signal[()] = Signal()
        self._workspace, self._graph, self._differences = workspace, graph, differences
        self._made: tuple[_Places, tuple[Difference, ...], Painted] | None = None
        self._disconnect = differences.changed.connect(lambda _reasons: self.changed.emit())

    def dispose(self) -> None:
        """Stop listening."""
        self._disconnect()

    @property
    def painted(self) -> Painted:
        """What to draw on the graph's scene."""
        scene, shown = self._graph.scene, self._differences.shown
        side = shown.side(scene.step.index) if scene is not None and shown is not None else -1
        if scene is None or shown is None or side < 0:
            return NOTHING
        made = self._made
        if made is None or made[0].scene is not scene or made[1] is not shown.rows:
            places = _Places(scene, side)
            painted = replace(_painted(places, shown.rows), touched=places.touched(*shown.touched))
            self._made = made = places, shown.rows, painted
        at = made[0].nodes(shown.rows[shown.at]) if shown.at >= 0 else ()
        return replace(made[2], at=at[0]) if at else made[2]

    @property
    def bar(self) -> Bar | None:
        """What to write above the graph; None if no differences are looked at."""
        shown = self._differences.shown
        if shown is None:
            return None
        kind = tr("What if") if shown.kind == WHAT_IF else tr("What changed")
        title = f"{kind}: {shown.heading}"
        counts = [(state, shown.counts[state]) for state in DIFFERENT if shown.counts[state]]
        names = {CHANGED: tr("{n} changed"), GONE: tr("{n} gone"), NEW: tr("{n} new")}
        words = [names[state].format(n=count) for state, count in counts] or [tr("nothing is different")]
        row = shown.row
        if row is not None:
            line = tr("line {line}").format(line=row.line) if row.line else ""
            words = [
                part
                for part in (
                    f"{SIGNS[row.state]} {row.name}",
                    row.op if row.op not in (row.name, "constant") else "",
                    line,
                )
                if part
            ]
        side = shown.side(self._workspace.cursor.step)
        if side >= 0 and shown.steps[0] != shown.steps[1]:
            words.append(tr("this is {side}").format(side=shown.sides[side]))
        elif side < 0:
            words.append(tr("the cursor is in another step"))
        stop = shown.changes.index(shown.at) + 1 if shown.at in shown.changes else 0
        return Bar(title, stop, len(shown.changes), " · ".join(words))

    @property
    def legend(self) -> tuple[Entry, ...]:
        """What the marks mean: of those there are."""
        painted = self.painted
        states = {mark.state for mark in painted.nodes.values()}
        entries = (
            (CHANGED in states, Entry("changed", tr("≠ changed, width = how much"))),
            (NEW in states, Entry("new", tr("+ not in the other step"))),
            (GONE in states, Entry("gone", tr("− not in the other step"))),
            (bool(painted.touched), Entry("touched", tr("you changed this"))),
            (bool(painted.edges), Entry("changed gradient", tr("gradient that changed"))),
        )
        return tuple(entry for wanted, entry in entries if wanted)

    @property
    def turn_words(self) -> str:
        """What a button says that leads to the other side; "" if there is no other step to see."""
        shown = self._differences.shown
        if shown is None or not self._differences.can_turn:
            return ""
        return tr("See {side}").format(side=shown.sides[1 - max(0, shown.side(self._workspace.cursor.step))])

    def go(self, by: int) -> None:
        """To the next difference, or back (-1)."""
        self._differences.go(by)

    def turn(self) -> None:
        """See the other side."""
        self._differences.turn()

    def leave(self) -> None:
        """Show no differences."""
        self._differences.leave()

    def card(self, card: Card | None, node: int) -> Card | None:
        """The card of a node with what is different there."""
        mark = self.painted.nodes.get(node)
        shown = self._differences.shown
        if card is None or mark is None or shown is None:
            return card
        other = shown.sides[1 - max(0, shown.side(self._workspace.cursor.step))]
        text = {
            CHANGED: tr("changed: {figure} of the largest element").format(figure=mark.figure),
            NEW: tr("not in {side}").format(side=other),
            GONE: tr("not in {side}").format(side=other),
        }[mark.state]
        if mark.inside:
            gone, new = (mark.inside.count(SIGNS[state]) for state in (GONE, NEW))
            text = tr("inside {gone} gone and {new} new; {figure}").format(gone=gone, new=new, figure=mark.words)
        elif mark.state == CHANGED and mark.figure in ("", "∞"):
            text = tr("changed altogether")
        return Card(card.title, card.subtitle, (*card.rows, Row(tr("difference"), text)))


class _Places:
    """Where rows are on a scene, seen from one side."""

    def __init__(self, scene: Scene, side: int) -> None:
        self.scene, self._side = scene, side
        self.edges: dict[Operand, int] = {}
        # The edges of a deferred graph are not those of ops.
        for number_, edge in enumerate(scene.graph.edges if not isinstance(scene, DeferredScene) else ()):
            self.edges.update(dict.fromkeys(edge.operands, number_))

    def record(self, row: Difference) -> Op | BackwardStep | Assigned | None:
        """What happened there; None if it is not on this side."""
        place = (row.first, row.second)[self._side]
        positions = self.scene.step.positions
        return positions[place].record if 0 <= place < len(positions) else None

    def edge(self, row: Difference) -> int:
        """The edge along which the gradient of a row went, -1 if it is none."""
        record, tensor = self.record(row), row.tensors[self._side]
        if row.phase != "backward" or not isinstance(record, BackwardStep) or tensor not in record.contributions:
            return -1
        return self.edges.get((record.op, record.contributions.index(tensor)), -1)

    def nodes(self, row: Difference) -> tuple[int, ...]:
        """The node that stands for a row: that of its op, else of the variable or the value that it is about."""
        record = self.record(row)
        if record is None:
            return ()
        if row.phase == "input":
            return self.leaves(row.tensors[self._side])
        if isinstance(record, Assigned):
            node = self.scene.node_of_selection(Selection("variable", record.variable))
        else:
            node = self.scene.graph.node_of(record.op if isinstance(record, BackwardStep) else record.seq)
        return (node,) if node >= 0 else ()

    def leaves(self, tensor: int) -> tuple[int, ...]:
        """The nodes of a value that comes from outside: a constant that many ops read is drawn beside each of them."""
        scene, graph = self.scene, self.scene.graph
        try:
            variable = scene.recording.tensor(tensor).variable
        except KeyError:
            variable = 0
        picked = Selection("variable", variable) if variable else Selection("tensor", tensor)
        node = scene.node_of_selection(picked)
        if node < 0 and isinstance(scene, DeferredScene) and scene.run is not None:
            fed = (number_ for (number_, _), given in scene.run.fed.items() if given == tensor)
            node = next((scene.graph_nodes.node_of_number(number_) for number_ in fed), -1)
        if node >= 0:
            return (node,)
        readers = scene.step.consumers.get(tensor, ())
        sources = [graph.edges[self.edges[reader]].source for reader in readers if reader in self.edges]
        found = dict.fromkeys(source for source in sources if graph.nodes[source].leaf)
        # What only a folded group reads is folded with it.
        inside = dict.fromkeys(graph.node_of(seq) for seq, _ in readers)
        return tuple(found) or tuple(node for node in inside if node in graph.groups)

    def touched(self, tensors: frozenset[int], ops: frozenset[int]) -> tuple[int, ...]:
        """The nodes of these values and ops."""
        made_by = self.scene.step.made_by
        nodes = [self.scene.graph.node_of(seq) for seq in sorted(ops | {made_by[t] for t in tensors if t in made_by})]
        for tensor in sorted(tensors - made_by.keys()):
            nodes += self.leaves(tensor)
        return tuple(dict.fromkeys(node for node in nodes if node >= 0))


def _painted(places: _Places, rows: tuple[Difference, ...]) -> Painted:
    nodes: dict[int, Mark] = {}
    edges: dict[int, float] = {}
    sizes: dict[int, float] = {}
    for row in rows:
        record = places.record(row)
        if row.state not in DIFFERENT or record is None:
            continue
        strength, edge = _strength(row), places.edge(row)
        if edge >= 0:
            edges[edge] = max(edges.get(edge, 0.0), strength)
        if row.phase == "backward" and isinstance(record, BackwardStep):
            continue  # its edge says so
        for node in places.nodes(row):
            known, size = nodes.get(node), row.difference or 0.0
            update = row.phase == "update"
            if known is not None and (known.state != CHANGED or update):
                continue
            if node in places.scene.graph.groups and row.state != CHANGED:
                # Of what is folded some ops came or went: as a whole it is another one.
                mark = known or Mark(CHANGED, strength)
                nodes[node] = replace(mark, inside=f"{mark.inside}{SIGNS[row.state]}", strength=1.0)
                sizes.setdefault(node, 0.0)
            elif known is None or row.state != CHANGED or size > sizes[node]:
                figure = "∞" if math.isinf(size) else number(size, 2) if size else ""
                figure = f"Δ {figure}" if update else figure  # it went in the same, only its update differs
                inside = known.inside if known is not None else ""
                figure = figure if row.state == CHANGED else ""
                nodes[node] = Mark(row.state, 1.0 if inside else strength, figure, inside)
                sizes[node] = size
    return Painted(nodes, edges)


def _strength(row: Difference) -> float:
    """From ``WEAKEST`` for a millionth to 1 for a difference as large as the value."""
    if row.state in (GONE, NEW) or row.difference is None or math.isinf(row.difference):
        return 1.0
    if row.difference <= 0:
        return WEAKEST
    return max(WEAKEST, min(1.0, 1.0 + math.log10(row.difference) / 6.0))
