"""The graph as it is drawn: a picture and its layout, asked by the widget for what is where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tapeview.graph.build import TapeGraph
from tapeview.graph.geometry import Boxes, Rect, point_on
from tapeview.graph.layout import Layout
from tapeview.trace.query import Recording, Step
from tapeview.views.graph_face import Face, face, scalar_text, with_value
from tapeview.views.graph_state import Flags, Floats, Indices, State, StateMaker, States
from tapeview.views.workspace import NOTHING, Selection, SelectionKind


@dataclass(slots=True, eq=False)
class Scene:
    """Nodes and edges by number, their places, and what is written on them. y grows downwards, one unit is a pixel at
    100 %.
    """

    recording: Recording
    step: Step
    graph: TapeGraph
    layout: Layout
    faces: tuple[Face, ...] = ()
    states: States = field(init=False)
    dashed: Flags = field(init=False)
    """Per edge: what it carries is not on a gradient path."""
    faint: Flags = field(init=False)
    """Per node: an op off the gradient path."""
    targets: Flags = field(init=False)
    none: Flags = field(init=False)
    """Per node: the gradient that was asked for is None."""
    fed: Flags = field(init=False)
    """Per node: a run of a deferred graph was given its value."""
    fetched: Flags = field(init=False)
    """Per node: a run was asked for it."""
    _edge_boxes: Boxes = field(init=False)
    _ends_at: Indices = field(init=False)
    _values: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        nodes = self.graph.nodes
        if not self.faces:
            self.faces = tuple(face(node) for node in nodes)
        self.states = self._made_states()
        self.faint = np.array([not node.leaf and not node.on_path for node in nodes], bool)
        self.targets = np.array([node.target for node in nodes], bool)
        self.none = np.array([bool(node.reason) for node in nodes], bool)
        quiet = np.array([not node.on_path for node in nodes], bool)
        sources = np.array([edge.source for edge in self.graph.edges], np.intp)
        self.dashed = quiet[sources] if len(sources) else np.zeros(0, bool)
        self.fed, self.fetched = np.zeros(len(nodes), bool), np.zeros(len(nodes), bool)
        self._edge_boxes = self.layout.paths.boxes(24)
        self._ends_at = np.array([edge.target for edge in self.graph.edges], np.intp)

    def related(self, node: int) -> tuple[int, ...]:
        """The nodes that are marked while this one is picked: of a deferred graph those that make its gradient, or
        the one whose gradient it makes."""
        return ()

    def node_of_selection(self, selection: Selection) -> int:
        """The node that stands for what is selected; -1 if none does."""
        kind, id = selection
        if kind == "op":
            return self.graph.node_of(id)
        if kind == "variable":
            return self.graph.number.get(("var", id), -1)
        if kind == "tensor":
            made_by = self.step.made_by.get(id)
            return self.graph.number.get(("tensor", id), -1) if made_by is None else self.graph.node_of(made_by)
        return -1

    def selection_of(self, node: int) -> Selection:
        """What is selected when a node is picked; nothing for a group."""
        kinds: dict[str, SelectionKind] = {"op": "op", "var": "variable", "tensor": "tensor"}
        key = self.graph.nodes[node].key
        return Selection(kinds[key[0]], key[1]) if key[0] in kinds else NOTHING

    def _made_states(self) -> States:
        return StateMaker(self.recording, self.step, self.graph)

    @property
    def bounds(self) -> Rect:
        return self.layout.bounds

    @property
    def boxes(self) -> Floats:
        """(n, 4): left, top, right, bottom of every node."""
        return self.layout.boxes.sides

    @property
    def edge_ends(self) -> Floats:
        """(m, 4): where every edge starts (x, y) and ends (x, y)."""
        return self.layout.paths.ends

    def curve(self, edge: int) -> Floats:
        """An edge as cubic Béziers, from its source down: (1 + 3k, 2)."""
        return self.layout.paths[edge]

    def offset(self, edge: int) -> float:
        """How far right of the edge its gradient runs."""
        return float(self.layout.offsets[edge])

    def point_on(self, edge: int, share: float) -> tuple[float, float]:
        """A point of an edge, ``share`` of the way down."""
        return point_on(self.layout.paths[edge], share)

    def nodes_in(self, rect: Rect) -> Indices:
        """The nodes that touch a rectangle."""
        return self.layout.boxes.within(rect)

    def edges_in(self, rect: Rect) -> Indices:
        """The edges that may touch a rectangle."""
        return self._edge_boxes.within(rect)

    def reads(self, nodes: Indices) -> Indices:
        """The edges that end at any of these nodes: they are paler while it has not run."""
        return np.flatnonzero(np.isin(self._ends_at, nodes))

    def edge_box(self, edge: int) -> Rect:
        """A rectangle around an edge and its gradient."""
        return self._edge_boxes[edge]

    def node_at(self, x: float, y: float, slack: float = 0.0) -> int:
        """The node under a point, or near it; -1 if there is none."""
        return self.layout.boxes.at(x, y, slack)

    def neighbour(self, node: int, dx: int, dy: int) -> int:
        """Where an arrow key leads: along an edge where one goes up or down, else to the nearest node that way."""
        edges = self.graph.edges
        if dy > 0:
            near = [edge.target for edge in edges if edge.source == node]
        elif dy < 0:
            near = [edge.source for edge in edges if edge.target == node]
        else:
            near = []
        if near:
            middle = self.layout.boxes.centres
            # Ops before leaves: the main line is what one wants to follow.
            return min(near, key=lambda n: (self.graph.nodes[n].leaf, abs(float(middle[n, 0] - middle[node, 0])), n))
        return self.layout.boxes.towards(node, dx, dy)

    def detail(self, node: int, state: State) -> str:
        """The second line of a node."""
        if node == state.current and state.caption:
            return state.caption
        words = self.faces[node]
        if not words.scalar or not state.executed[node]:
            return words.detail
        if node not in self._values:
            self._values[node] = scalar_text(self.recording, self.graph.nodes[node].tensor)
        value = self._values[node]
        return with_value(words, value) if value else words.detail

    def matches(self, text: str) -> list[int]:
        """The nodes that a search finds: by op type, name, expression or shape; of a group also by what is inside."""
        wanted = text.casefold().split()
        if not wanted:
            return []
        return [n for n in range(len(self.faces)) if all(word in self._words(n) for word in wanted)]

    def _words(self, number: int) -> str:
        node, words = self.graph.nodes[number], self.faces[number]
        inside: Sequence[str] = ()
        if node.kind == "group":
            inside = sorted({type for type, _ in self.graph.inside(node)})
        return " ".join((words.title, words.detail, node.name, node.dtype, *inside)).casefold()
