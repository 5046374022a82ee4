"""What the picture of a deferred graph explains: the card over a node, and the legend."""

from __future__ import annotations

from collections import Counter

from tapeview.graph.build import Node
from tapeview.graph.deferred import CONTROL
from tapeview.trace.graph_records import GraphNode
from tapeview.views import graph_card
from tapeview.views.graph_card import Card, Entry, Row, value_text
from tapeview.views.graph_face import count_words, role_words, shape_words
from tapeview.views.graph_runs import DeferredScene
from tapeview.views.graph_scene import Scene
from tapeview.views.graph_state import State
from tapeview.views.runs import run_at, run_words
from tapeview.views.text import tr

MOST_NAMES = 6


def legend(scene: Scene) -> tuple[Entry, ...]:
    """What the marks of a graph mean: of kinds of nodes only those it has."""
    if not isinstance(scene, DeferredScene):
        return graph_card.legend(scene)
    styles = {face.style for face in scene.faces}
    controls = any(operand == CONTROL for edge in scene.graph.edges for _, operand in edge.operands)
    entries = (
        (bool(styles & {"watched", "variable"}), Entry("watched", tr("variable"))),
        ("placeholder" in styles, Entry("placeholder", tr("placeholder, to be fed"))),
        ("constant" in styles, Entry("constant", tr("constant"))),
        ("op" in styles, Entry("op", tr("node · pale: not yet run"))),
        ("rule" in styles, Entry("rule", tr("node of a gradient"))),
        ("group" in styles, Entry("group", tr("folded scope"))),
        (True, Entry("faint", _grey(scene))),
        (scene.run is not None, Entry("current", tr("current node"))),
        (controls, Entry("control", tr("runs after, reads nothing"))),
        (any(scene.fed), Entry("fed", tr("fed: the script gave its value"))),
        (any(scene.fetched), Entry("fetched", tr("fetched: the script asked for it"))),
        (scene.run is not None, Entry("bad", tr("NaN or Inf"))),
    )
    return tuple(entry for wanted, entry in entries if wanted)


def card(scene: Scene, state: State, index: int, node: int) -> Card:
    """The card of a node at position ``index``."""
    if not isinstance(scene, DeferredScene):
        return graph_card.card(scene, state, index, node)
    shown = scene.graph.nodes[node]
    inside = scene.members(shown)
    if shown.role == "variable":
        variable = next((one for one in inside if one.kind == "variable"), inside[0])
        rows = [*_about(scene, variable), *_state(scene, variable, index)]
        if shown.kind == "group":
            rows.append(Row(tr("inside"), _names([one.name for one in inside])))
        return Card(shown.label, tr("variable"), (*rows, *_run(scene, state, node)))
    if shown.kind == "group":
        types = Counter(one.type for one in inside).most_common(MOST_NAMES)
        words = " · ".join(f"{name} × {count}" for name, count in types)
        rows = [Row(tr("inside"), words), *_lines(scene, shown)]
        return Card(shown.label, count_words(len(inside)), (*rows, *_run(scene, state, node)))
    one = inside[0]
    subtitle = (
        tr("gradient of {name}").format(name=shown.serves) if shown.serves else shown.name or role_words(one.kind)
    )
    rows = [*_about(scene, one), *_value(scene, one, state, node), *_wires(scene, one)]
    return Card(one.name, subtitle, (*rows, *_run(scene, state, node)))


def gradient_names(scene_nodes: list[GraphNode], node: GraphNode) -> list[str]:
    """The names of the gradient nodes that serve a node."""
    return [one.name for one in scene_nodes if one.serves == node.number]


def _grey(scene: DeferredScene) -> str:
    """What it means that a node is grey."""
    if scene.run is not None:
        return tr("not part of this run")
    run = run_at(scene.recording, scene.step.index)
    if run is not None and run.graph == scene.graph_nodes.graph:
        return tr("only the scalars of this run were kept")
    return tr("nothing has run yet") if run is None else tr("another graph is run here")


def _about(scene: DeferredScene, node: GraphNode) -> list[Row]:
    rows = [Row(tr("type"), node.type, "code")]
    for output in node.outputs[:1]:
        rows.append(Row(tr("shape"), f"{shape_words(output.shape)} {output.dtype}".strip(), "code"))
    frames = scene.recording.frames(node.site)
    if frames:
        rows.append(Row(tr("built"), tr("line {line}").format(line=frames[0].line)))
    return rows


def _value(scene: DeferredScene, node: GraphNode, state: State, number: int) -> list[Row]:
    if scene.run is None or state.absent[number]:
        return []
    if not state.executed[number]:
        return [Row(tr("value"), tr("not yet run"))]
    tensors = [tensor for tensor in scene.tensors(node, state.position) if tensor]
    if not tensors:
        return []
    text, bad = value_text(scene.recording, tensors[0])
    shape = _shape(scene, tensors[0])
    rows = [Row(tr("made"), shape, "code")] if shape and shape != shape_words(node.outputs[0].shape) else []
    return [*rows, Row(tr("value"), text, "bad" if bad else "code")]


def _state(scene: DeferredScene, node: GraphNode, index: int) -> list[Row]:
    found = scene.variable_state(node, index)
    if found is None:
        return [Row(tr("value"), tr("not initialised yet"))]
    text, bad = value_text(scene.recording, found.tensor)
    return [Row(tr("version"), str(found.version)), Row(tr("value"), text, "bad" if bad else "code")]


def _shape(scene: DeferredScene, tensor: int) -> str:
    try:
        return shape_words(scene.recording.tensor(tensor).shape)
    except KeyError:
        return ""


def _wires(scene: DeferredScene, node: GraphNode) -> list[Row]:
    graphs, graph = scene.recording.graphs, scene.graph_nodes.graph
    inputs = [graphs.node(graph, source) for source, _ in node.inputs]
    controls = [graphs.node(graph, source) for source in node.controls]
    served = gradient_names(list(scene.graph_nodes.built), node)
    rows = [
        (tr("reads"), [one.name for one in inputs if one is not None]),
        (tr("runs after"), [one.name for one in controls if one is not None]),
        (tr("its gradient"), served),
    ]
    return [Row(label, _names(names), "code") for label, names in rows if names]


def _lines(scene: DeferredScene, shown: Node) -> list[Row]:
    sites = {site for _, site in scene.graph.inside(shown)}
    lines = sorted({frame.line for site in list(sites)[:500] for frame in scene.recording.frames(site)[:1]})
    if not lines:
        return []
    return [Row(tr("lines"), f"{lines[0]}–{lines[-1]}" if len(lines) > 1 else str(lines[0]))]


def _run(scene: DeferredScene, state: State, node: int) -> list[Row]:
    if scene.run is None:
        return [Row(tr("run"), _grey(scene))]
    if state.absent[node]:
        return [Row(tr("run"), tr("not part of this run"))]
    words = run_words(scene.recording, scene.step.index)
    fed, fetched = tr("fed") if scene.fed[node] else "", tr("fetched") if scene.fetched[node] else ""
    return [Row(tr("run"), " · ".join(part for part in (words, fed, fetched) if part))]


def _names(names: list[str]) -> str:
    return ", ".join(names[:MOST_NAMES]) + (" …" if len(names) > MOST_NAMES else "")
