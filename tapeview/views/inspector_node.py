"""The Inspector's sheet of a node of a deferred graph: what is known before any run, and what the run made of it."""

from __future__ import annotations

from dataclasses import replace

from tapeview.trace import names
from tapeview.trace.graph_records import GraphNode
from tapeview.trace.graphs import split_id
from tapeview.trace.query import Recording, Step, VariableState
from tapeview.views.graph_face import role_words, shape_words
from tapeview.views.inspector_pages import Pages
from tapeview.views.inspector_sheet import Entry, Sheet
from tapeview.views.run_index import RunIndex, run_index
from tapeview.views.runs import run_at, run_number
from tapeview.views.text import tr
from tapeview.views.workspace import Cursor


class NodePages(Pages):
    """Makes sheets of nodes for one step as it stands at one position; before any run for none."""

    def __init__(self, recording: Recording, step: Step, at: int) -> None:
        super().__init__(recording, step, at)
        self._run = run_index(recording, step)

    def node(self, id: int) -> Sheet:
        """The sheet of the node with this `graphs.node_id`."""
        graph, number = split_id(id)
        recording = self._recording
        node = recording.graphs.node(graph, number)
        if node is None:
            return Sheet()
        run = self._run if self._run is not None and self._run.graph == graph else None
        state = self._state_of(node) if node.kind == "variable" else None
        gradient = [
            entry
            for one in recording.graphs.nodes(graph)
            if one.serves == number
            for entry in self._outputs(one, run, "gradient")
        ]
        return Sheet(
            kind="node",
            title=node.name,
            expression=names.expression(recording, node.site),
            where=self._where(node, run),
            tabs={
                "value": self._versions(state) if state is not None else self._outputs(node, run, self._role(node)),
                "gradient": tuple(gradient),
                "inputs": self._inputs(node, run),
            },
            details=self._details(node),
            first_tab="value",
        )

    # -- pieces --------------------------------------------------------------------------------------------------------

    def _where(self, node: GraphNode, run: RunIndex | None) -> str:
        words = [role_words(node.kind) if node.kind != "op" else node.type]
        serves = self._name(node.graph, node.serves)
        if serves:
            words = [tr("gradient of {name}").format(name=serves)]
        built = self._place(node.site)
        if built:
            words.append(tr("built at {place}").format(place=built[0]))
        called = run_at(self._recording, self._step.index)
        if run is None or called is None:
            return " · ".join([*words, tr("nothing of its graph has run here")])
        if node.number not in run.needed:
            return " · ".join([*words, tr("not part of {run}").format(run=run_number(self._recording, called.step))])
        words.append(run_number(self._recording, called.step))
        place = self._place(called.site)
        if place:
            words[-1] = f"{words[-1]} ({place[0].split(',')[0]})"
        fed = any(number == node.number for number, _ in run.fed)
        words += [tr("fed")] if fed else []
        words += [tr("fetched")] if node.number in run.fetched else []
        return " · ".join(words)

    def _outputs(self, node: GraphNode, run: RunIndex | None, role: str) -> tuple[Entry, ...]:
        made: tuple[int, ...] = (node.value,) if node.value else ()
        if run is not None and not made:
            made = run.outputs(node.number, self._at)
        entries = []
        for k, output in enumerate(node.outputs):
            tensor = made[k] if k < len(made) else 0
            if not tensor and run is not None:
                tensor = run.fed.get((node.number, k), 0)
            entries.append(self._output(node, k, tensor, run, role, shape_words(output.shape), output.dtype))
        return tuple(entries)

    def _output(
        self, node: GraphNode, k: int, tensor: int, run: RunIndex | None, role: str, shape: str, dtype: str
    ) -> Entry:
        key, name = f"{node.number}:{k}", f"{node.name}:{k}"
        if tensor:
            return self._entry(key, "", tensor, name=name, role=role)
        comes = run.comes(node.number) if run is not None else -1
        if comes > self._at:
            brief = tr("comes at position {n}").format(n=comes + 1)
            jump = Cursor(self._step.index, comes)
            return Entry(key, "", name, 0, shape, dtype, brief, status="next", role=role, jump=jump)
        return Entry(key, "", name, 0, shape, dtype, tr("no value here"), status="none", role=role)

    def _inputs(self, node: GraphNode, run: RunIndex | None) -> tuple[Entry, ...]:
        entries = []
        for place, (source, output) in enumerate(node.inputs):
            one = self._recording.graphs.node(node.graph, source)
            if one is not None and output < len(one.outputs):
                state = self._state_of(one) if one.kind == "variable" else None
                made = self._outputs(one, run, self._role(one))[output] if state is None else self._versions(state)[0]
                entries.append(replace(made, key=f"input {place}", name=f"{one.name}:{output}"))
        return tuple(entries)

    def _versions(self, state: VariableState) -> tuple[Entry, ...]:
        now = self._entry("value", tr("now"), state.tensor, name=state.variable.name)
        if not state.previous:
            return (now,)
        before = self._entry("before", tr("before"), state.previous, name=state.variable.name)
        return (now, before, self._difference(state.tensor, state.previous, now))

    def _state_of(self, node: GraphNode) -> VariableState | None:
        if self._step.index < 0:
            return None
        states = self._recording.variables_at(self._step.index, self._at)
        found = [one for one in states if one.variable.name.removesuffix(":0") == node.name and one.tensor]
        return found[-1] if found else None

    def _details(self, node: GraphNode) -> tuple[tuple[str, str], ...]:
        graph = node.graph
        rows = [(tr("type"), node.type), (tr("kind"), role_words(node.kind))]
        for k, output in enumerate(node.outputs):
            rows.append((tr("output {k}").format(k=k), f"{output.dtype} {shape_words(output.shape)}"))
        rows += [(tr("reads"), f"{self._name(graph, source)}:{output}") for source, output in node.inputs]
        rows += [(tr("runs after"), self._name(graph, source)) for source in node.controls]
        if node.serves:
            rows.append((tr("gradient of"), self._name(graph, node.serves)))
        rows += [
            (tr("its gradient"), one.name) for one in self._recording.graphs.nodes(graph) if one.serves == node.number
        ]
        for place, frame in enumerate(self._recording.frames(node.site)):
            called = tr("built in {function}") if place == 0 else tr("called from {function}")
            rows.append((tr("line {line}").format(line=frame.line), called.format(function=frame.function)))
        called_at = run_at(self._recording, self._step.index)
        for frame in self._recording.frames(called_at.site)[:1] if called_at is not None else ():
            words = tr("run from {function}").format(function=frame.function)
            rows.append((tr("line {line}").format(line=frame.line), words))
        return tuple(rows)

    def _name(self, graph: int, number: int) -> str:
        node = self._recording.graphs.node(graph, number)
        return node.name if node is not None else ""

    @staticmethod
    def _role(node: GraphNode) -> str:
        return "gradient" if node.kind == "gradient" else "value"
