"""A deferred graph as it is drawn: before any run, and how a run lights its nodes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tapeview.graph.build import Node, TapeGraph
from tapeview.graph.deferred import CONTROL, DeferredGraph
from tapeview.graph.layout import Layout
from tapeview.trace.graph_records import GraphNode
from tapeview.trace.graphs import node_id, split_id
from tapeview.trace.query import Recording, Step, VariableState
from tapeview.trace.records import SETUP, Assigned, Op, Tensor
from tapeview.trace.step import build_step
from tapeview.views.graph_face import Face, scalar_text, shape_words
from tapeview.views.graph_scene import Scene
from tapeview.views.graph_state import State, States
from tapeview.views.graph_values import spoiled
from tapeview.views.run_index import RunIndex, run_index
from tapeview.views.text import tr
from tapeview.views.workspace import NOTHING, Selection

NO_STEP = build_step(SETUP, ())
"""In place of a step where a graph is shown that nothing has run of."""


def scene_of(recording: Recording, step: Step, graph: TapeGraph, layout: Layout, faces: tuple[Face, ...]) -> Scene:
    """The scene of a tape's or of a deferred graph."""
    kind = DeferredScene if isinstance(graph, DeferredGraph) else Scene
    return kind(recording, step, graph, layout, faces)


@dataclass(slots=True, eq=False)
class DeferredScene(Scene):
    """A deferred graph. ``step`` is `NO_STEP`, or a step; the run it is lights the nodes if it is one of this graph."""

    run: RunIndex | None = field(init=False)
    graph_nodes: DeferredGraph = field(init=False)
    _states: dict[tuple[int, int], dict[str, VariableState]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert isinstance(self.graph, DeferredGraph)
        self.graph_nodes = self.graph
        run = run_index(self.recording, self.step)
        self.run = run if run is not None and run.graph == self.graph.graph else None
        # (No super() without arguments: a class with slots is another than the one in its methods.)
        Scene.__post_init__(self)
        self.dashed = np.array(
            [all(operand == CONTROL for _, operand in edge.operands) for edge in self.graph.edges], bool
        )
        run = self.run
        if run is not None:
            given = {number for number, _ in run.fed}
            for number, node in enumerate(self.graph.nodes):
                inside = {one.number for one in self.members(node)}
                self.fed[number], self.fetched[number] = bool(inside & given), bool(inside & run.fetched)

    def _made_states(self) -> States:
        return RunStates(self.recording, self.step, self.graph_nodes, self.run)

    # -- nodes -------------------------------------------------------------------------------------------------------

    def node_of_selection(self, selection: Selection) -> int:
        """The node of the picture that stands for what is selected; -1 if none does."""
        graph, id = self.graph_nodes, selection.id
        if selection.kind == "node":
            owner, number = split_id(id)
            return graph.node_of_number(number) if owner == graph.graph else -1
        if selection.kind == "op":
            return graph.node_of(id)
        if selection.kind == "variable":
            variable = self.recording.variables().get(id)
            node = self.recording.graphs.named(graph.graph, variable.name) if variable is not None else None
            return graph.node_of_number(node.number) if node is not None else -1
        if selection.kind == "tensor":
            made = self.step.made_by.get(id)
            return graph.node_of(made) if made is not None else -1
        return -1

    def selection_of(self, node: int) -> Selection:
        """What is selected when a node is picked; nothing for a group that is no variable."""
        shown = self.graph.nodes[node]
        inside = self.members(shown)
        if shown.role == "variable":
            inside = [one for one in inside if one.kind == "variable"]
        elif shown.kind == "group":
            return NOTHING
        return Selection("node", node_id(self.graph_nodes.graph, inside[0].number)) if inside else NOTHING

    def members(self, node: Node) -> list[GraphNode]:
        """The nodes of the graph that one of the picture shows."""
        return list(self.graph_nodes.built[node.start : node.stop])

    def tensors(self, node: GraphNode, position: int) -> tuple[int, ...]:
        """What a node has made by a position: tensors, 0 for no value; () if nothing."""
        if node.value:
            return (node.value,)
        found = self.run.outputs(node.number, position) if self.run is not None else ()
        if not found and self.run is not None:
            fed = [self.run.fed.get((node.number, output), 0) for output in range(len(node.outputs))]
            found = tuple(fed) if any(fed) else ()
        return found

    def variable_state(self, node: GraphNode, position: int) -> VariableState | None:
        """The variable that a node stands for, as it is at a position; None as long as it has no value."""
        if self.step is NO_STEP:
            return None
        key = self.step.index, position
        if key not in self._states:
            self._states.clear()
            states = self.recording.variables_at(*key)
            # Of several of one name (one for each session) the newest.
            self._states[key] = {state.variable.name.removesuffix(":0"): state for state in states if state.tensor}
        return self._states[key].get(node.name)

    def related(self, node: int) -> tuple[int, ...]:
        """The nodes that make the gradient of a node, or the one whose gradient it makes."""
        shown = self.graph.nodes[node] if 0 <= node < len(self.graph.nodes) else None
        if shown is None or (shown.kind == "group" and shown.role != "variable"):
            return ()  # a scope has to do with half of the graph
        graph, inside = self.graph_nodes, self.members(shown)
        numbers = {one.number for one in inside}
        found = {one.serves for one in inside if one.serves}
        found |= {one.number for one in graph.built if one.serves in numbers}
        return tuple(sorted({graph.node_of_number(number) for number in found} - {node, -1}))

    # -- texts -------------------------------------------------------------------------------------------------------

    def detail(self, node: int, state: State) -> str:
        """The second line of a node: with the shape it really has, or its value, as soon as it has run."""
        if node == state.current and state.caption:
            return state.caption
        shown, words = self.graph.nodes[node], self.faces[node].detail
        position = state.position
        if shown.role == "variable":
            found = self._variable_words(shown, position)
        elif shown.kind == "node" and (state.executed[node] or shown.role == "constant"):
            tensors = self.tensors(self.members(shown)[0], position)
            found = self._tensor_words(tensors[0]) if tensors else ""
        else:
            found = ""
        if not found:
            return words
        static = shape_words(shown.shape)
        return f"{words.removesuffix(static)}{found}" if shown.dtype else words

    def _variable_words(self, node: Node, position: int) -> str:
        variable = next((one for one in self.members(node) if one.kind == "variable"), None)
        state = self.variable_state(variable, position) if variable is not None else None
        return self._tensor_words(state.tensor) if state is not None else ""

    def _tensor_words(self, tensor: int) -> str:
        try:
            shape = self.recording.tensor(tensor).shape if tensor else None
        except KeyError:
            shape = None
        if shape is None:
            return ""
        return (scalar_text(self.recording, tensor) if shape == () else "") or shape_words(shape)

    def _words(self, number: int) -> str:
        node = self.graph.nodes[number]
        words = self.faces[number]
        inside = [f"{one.name} {one.type}" for one in self.members(node)]
        return " ".join((words.title, words.detail, node.name, node.dtype, *inside)).casefold()


@dataclass(slots=True)
class RunStates:
    """Works out how much of a run has happened; without a run nothing of it has."""

    recording: Recording
    step: Step
    graph: DeferredGraph
    run: RunIndex | None
    _when: np.ndarray = field(init=False)
    _absent: np.ndarray = field(init=False)
    _bad: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        nodes = self.graph.nodes
        never = len(self.step.positions) + 1
        when = np.full(len(nodes), never, np.intp)
        absent = np.ones(len(nodes), bool)
        bad = np.zeros(len(nodes), bool)
        if self.run is not None:
            rotten = spoiled(record for record in self.step.records if isinstance(record, Tensor))
            for number, node in enumerate(nodes):
                for one in self.graph.built[node.start : node.stop]:
                    first = self.run.begins(one.number)
                    when[number] = min(when[number], first if first >= 0 else never)
                    absent[number] &= one.number not in self.run.needed
                    last = self.run.outputs(one.number, never) if rotten else ()
                    bad[number] |= any(tensor in rotten for tensor in last)
        self._when, self._absent, self._bad = when, absent, bad

    def at(self, index: int) -> State:
        """The state when the event at position ``index`` has just happened; a run without positions has happened."""
        graph, positions = self.graph, self.step.positions
        nodes, edges = len(graph.nodes), len(graph.edges)
        position = positions[index] if 0 <= index < len(positions) else None
        executed = self._when <= max(index, 0 if not positions else -1)
        lit = np.zeros(edges, bool)
        current, caption = self._current(index) if position is not None else (-1, "")
        if current >= 0:
            reads = {one.number for one in graph.built[graph.nodes[current].start : graph.nodes[current].stop]}
            for number, edge in enumerate(graph.edges):
                lit[number] = edge.target == current and any(-reader in reads for reader, _ in edge.operands)
        nothing, none = np.zeros(nodes, bool), np.zeros(edges, bool)
        return State(
            position.phase if position is not None else "",
            0,
            current,
            caption,
            executed,
            self._bad & executed,
            nothing,
            nothing,
            np.full(edges, np.nan),
            np.zeros(edges),
            np.zeros(edges, np.int8),
            none,
            none,
            lit,
            self._absent,
            index,
        )

    def total(self, number: int, call: int, index: int) -> int:
        """Gradients are nodes of their own here."""
        return 0

    def _current(self, index: int) -> tuple[int, str]:
        if self.run is None or index >= len(self.run.nodes):
            return -1, ""
        number = self.run.nodes[index]
        shown = self.graph.node_of_number(number)
        if shown < 0:
            return -1, ""
        node, record = self.graph.nodes[shown], self.step.positions[index].record
        if isinstance(record, Assigned):
            value = scalar_text(self.recording, record.tensor)
            return shown, tr("updated to {value}").format(value=value) if value else tr("updated")
        one = self.graph.built[self.graph.place[number]]
        if node.kind == "group":
            return shown, one.name.removeprefix(f"{node.label}/")
        own = self.run.positions(number)
        if len(own) > 1:
            kind = record.op if isinstance(record, Op) else tr("stepping back")
            return shown, tr("{op} · {number} of {count}").format(op=kind, number=own.index(index) + 1, count=len(own))
        return shown, ""
