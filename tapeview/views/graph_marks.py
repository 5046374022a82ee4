"""What explanations put on the graph: badges on nodes, and the trail of the finding that is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from tapeview.explain import LEVELS
from tapeview.views.explained import Explained, Located
from tapeview.views.finding_words import title
from tapeview.views.graph_card import Card, Row
from tapeview.views.graph_model import GraphModel
from tapeview.views.graph_scene import Scene
from tapeview.views.signal import Signal
from tapeview.views.text import tr
from tapeview.views.trail import Operand, Stop, Trail
from tapeview.views.workspace import Reasons


@dataclass(frozen=True, slots=True)
class Badge:
    """``count`` findings at a node, of which the worst has this level; ``texts`` are their titles."""

    level: str
    count: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """Marks by numbers of nodes and edges. ``taken``, ``missed`` and ``cut`` are edges (``cut`` -1: none), ``stops``
    has a text (``1``, ``2–4``) for each node at which the trail stops, ``current`` the one where it stands (-1: none);
    ``poisoned`` are nodes. ``kind`` is that of the finding, "" without a trail.
    """

    badges: dict[int, Badge]
    kind: str = ""
    taken: tuple[int, ...] = ()
    missed: tuple[int, ...] = ()
    cut: int = -1
    cut_words: str = ""
    stops: tuple[tuple[int, str], ...] = ()
    current: int = -1
    poisoned: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Bar:
    """The line above the graph while a trail is shown: the finding, and the stop (from 1, 0 = none yet) of how many."""

    title: str
    stop: int
    stops: int
    words: str


class GraphMarks:
    """``shown`` for the graph's scene, and the ``bar`` above it. ``changed`` after either may have changed."""

    def __init__(self, graph: GraphModel, explained: Explained) -> None:
        self.changed: Signal[()] = Signal()
        self._graph, self._explained = graph, explained
        self._edges: tuple[Scene, dict[Operand, int]] | None = None
        self._shown: tuple[object, Shown] | None = None
        self._disconnect = explained.changed.connect(self._explained_changed)

    def dispose(self) -> None:
        """Stop listening."""
        self._disconnect()

    @property
    def shown(self) -> Shown:
        """What to draw on the graph's scene."""
        scene, trail = self._graph.scene, self._explained.trail
        if scene is None:
            return Shown({})
        here = self._explained.here() if scene.step.index == self._explained.step else ()
        key = (scene, trail, here)
        if self._shown is None or self._shown[0] != key:
            own = trail if trail is not None and trail.step == scene.step.index else None
            self._shown = key, self._make(scene, own, here)
        return self._shown[1]

    @property
    def bar(self) -> Bar | None:
        """What to write above the graph; None if no finding is looked at."""
        trail = self._explained.trail
        if trail is None:
            return None
        heading, count = title(trail.finding), len(trail.stops)
        if trail.at < 0:
            words = tr("{n} stops: go through them with the arrows").format(n=count) if count > 1 else ""
            return Bar(heading, 0, count, words)
        hop = trail.stops[trail.at].hop
        parts = [tr("{op}, gradient rule").format(op=hop.name) if hop.backward else hop.name]
        if hop.line:
            parts.append(tr("line {line}").format(line=hop.line))
        if hop.words:
            parts.append(hop.words)
        return Bar(heading, trail.at + 1, count, " · ".join(parts))

    def go(self, stops: int) -> None:
        """To the next stop of the trail, or back (-1)."""
        self._explained.along(stops)

    def leave(self) -> None:
        """Show no trail."""
        self._explained.leave()

    def look_at(self, node: int) -> bool:
        """Look at the first finding of a node's badge; False if it has none."""
        scene = self._graph.scene
        for located in self._explained.here() if scene is not None else ():
            if scene is not None and node in self._nodes(scene, located):
                self._explained.look_at(located.finding)
                return True
        return False

    def card(self, card: Card | None, node: int) -> Card | None:
        """The card of a node with what was found there."""
        badge = self.shown.badges.get(node)
        if card is None or badge is None:
            return card
        rows = (Row(tr("found"), text, "bad" if badge.level == "error" else "") for text in badge.texts)
        return Card(card.title, card.subtitle, (*card.rows, *rows))

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _explained_changed(self, reasons: Reasons) -> None:
        if reasons & {"here", "trail"}:
            self.changed.emit()

    def _make(self, scene: Scene, trail: Trail | None, here: tuple[Located, ...]) -> Shown:
        badges: dict[int, Badge] = {}
        for located in here:
            finding = located.finding
            for node in self._nodes(scene, located):
                known = badges.get(node, Badge(finding.level, 0, ()))
                level = max(known.level, finding.level, key=LEVELS.index)
                badges[node] = Badge(level, known.count + 1, (*known.texts, title(finding)))
        if trail is None:
            return Shown(badges)
        edge_of = self._edge_numbers(scene)
        stops: dict[int, list[int]] = {}
        for number, stop in enumerate(trail.stops):
            node = _node(scene, stop)
            if node >= 0:
                stops.setdefault(node, []).append(number)
        taken = dict.fromkeys(edge_of[one] for one in trail.taken if one in edge_of)
        missed = dict.fromkeys(edge_of[one] for one in trail.missed if one in edge_of)
        cut = edge_of.get(trail.cut, -1) if trail.cut is not None else -1
        if scene.step.run:
            cut = self._between(scene, trail, taken, missed)
        poisoned = dict.fromkeys(node for seq in trail.poisoned if (node := scene.graph.node_of(seq)) >= 0)
        return Shown(
            badges,
            trail.finding.kind,
            tuple(taken),
            tuple(missed),
            cut,
            tr("the path breaks here: {cause}").format(cause=trail.cut_words),
            tuple((node, _numbers(numbers)) for node, numbers in stops.items()),
            next((node for node, numbers in stops.items() if trail.at in numbers), -1),
            tuple(poisoned),
        )

    def _edge_numbers(self, scene: Scene) -> dict[Operand, int]:
        if self._edges is None or self._edges[0] is not scene:
            found = {one: number for number, edge in enumerate(scene.graph.edges) for one in edge.operands}
            self._edges = scene, found
        return self._edges[1]

    def _between(self, scene: Scene, trail: Trail, taken: dict[int, None], missed: dict[int, None]) -> int:
        """Adds the edges from stop to stop, where these are nodes of a deferred graph, whose edges are not those of
        ops. The edge at which the path breaks, -1 for none.
        """
        edges = {(edge.source, edge.target): number for number, edge in enumerate(scene.graph.edges)}
        edges |= {(edge.target, edge.source): number for number, edge in enumerate(scene.graph.edges)}
        nodes = [_node(scene, stop) for stop in trail.stops]
        broken = trail.finding.kind == "none"
        at = next((n for n, stop in enumerate(trail.stops) if trail.cut and stop.op == trail.cut[0]), -1)
        cut = -1
        if at == 0:
            named = (edge for edge in edges if edge[1] == nodes[0])
            cut = next((edges[one] for one in named if scene.graph.nodes[one[0]].name == trail.finding.subject), -1)
        for number, pair in enumerate(pairwise(nodes), 1):
            edge = edges.get(pair, -1)
            if edge >= 0 and number == at:
                cut = edge
                taken.pop(edge, None)
            elif edge >= 0 and edge not in taken:
                (missed if broken and number > at else taken)[edge] = None
        return cut

    def _nodes(self, scene: Scene, located: Located) -> tuple[int, ...]:
        """The node at which a finding happened: its op, else the variable or value it is about."""
        finding = located.finding
        if finding.op:
            node = _rule(scene, finding.tensor) if finding.backward else -1
            node = scene.graph.node_of(finding.op) if node < 0 else node
        else:
            names = (n for n, one in enumerate(scene.graph.nodes) if one.leaf and one.name == finding.subject)
            node = next(names, -1)
        return (node,) if node >= 0 else ()


def _node(scene: Scene, stop: Stop) -> int:
    graph = scene.graph
    if stop.op:
        node = _rule(scene, stop.tensor) if stop.hop.backward else -1
        return graph.node_of(stop.op) if node < 0 else node
    if stop.variable:
        return graph.number.get(("var", stop.variable), -1)
    maker = scene.step.made_by.get(stop.tensor)
    return graph.node_of(maker) if maker is not None else graph.number.get(("tensor", stop.tensor), -1)


def _rule(scene: Scene, tensor: int) -> int:
    """The node of a deferred graph that sent a gradient: there rules are nodes of their own; -1 elsewhere."""
    maker = scene.step.made_by.get(tensor) if scene.step.run is not None else None
    return scene.graph.node_of(maker) if maker is not None and scene.step.ops[maker].call else -1


def _numbers(numbers: list[int]) -> str:
    """``1``, ``2–4`` or ``1, 3`` for numbers from 0."""
    first, last = numbers[0], numbers[-1]
    if len(numbers) == 1:
        return str(first + 1)
    return f"{first + 1}–{last + 1}" if last - first == len(numbers) - 1 else ", ".join(str(n + 1) for n in numbers[:3])
