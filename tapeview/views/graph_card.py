"""What the graph explains: the card over a node and the legend."""

from __future__ import annotations

from typing import NamedTuple

from tapeview.graph.build import Node
from tapeview.trace.query import Recording
from tapeview.views.graph_scene import Scene
from tapeview.views.graph_state import State
from tapeview.views.messages import readable
from tapeview.views.numbers import brief, number, stats_brief
from tapeview.views.reasons import Subject, why_none
from tapeview.views.text import tr


class Row(NamedTuple):
    """One line of a card. ``role`` is ``""``, ``"code"``, ``"grad"`` or ``"bad"``."""

    label: str
    text: str
    role: str = ""


class Card(NamedTuple):
    """What is told about a node while the mouse rests on it."""

    title: str
    subtitle: str
    rows: tuple[Row, ...]


class Entry(NamedTuple):
    """A line of the legend: ``sample`` names what is drawn beside the text."""

    sample: str
    text: str


def legend(scene: Scene) -> tuple[Entry, ...]:
    """What the marks of this graph mean: of kinds of nodes only those it has."""
    styles = {face.style for face in scene.faces}
    faint = any(scene.faint)
    entries = (
        ("watched" in styles, Entry("watched", tr("watched"))),
        ("unwatched" in styles, Entry("unwatched", tr("variable, not watched"))),
        ("constant" in styles, Entry("constant", tr("constant"))),
        ("outside" in styles, Entry("outside", tr("computed outside the tape"))),
        ("op" in styles, Entry("op", tr("op · pale: not yet run"))),
        (faint, Entry("faint", tr("op off the gradient path"))),
        ("failed" in styles, Entry("failed", tr("op that raised an error"))),
        ("rule" in styles, Entry("rule", tr("op of an inner gradient"))),
        ("group" in styles, Entry("group", tr("folded ops"))),
        (True, Entry("current", tr("current step"))),
        (any(scene.targets), Entry("target", tr("target"))),
        (True, Entry("gradient", tr("gradient, width = norm"))),
        (True, Entry("bad", tr("NaN or Inf"))),
        (True, Entry("none", tr("gradient is None"))),
    )
    return tuple(entry for wanted, entry in entries if wanted)


def card(scene: Scene, state: State, index: int, node: int) -> Card:
    """The card of a node at position ``index``."""
    shown, recording = scene.graph.nodes[node], scene.recording
    if shown.kind == "group":
        return _group_card(scene, node)
    rows: list[Row] = []
    subtitle = {
        "op": shown.name,
        "watched": tr("watched by the tape"),
        "unwatched": tr("not watched") if shown.trainable else tr("not trainable, so not watched"),
        "seed": tr("what the gradient call starts with"),
        "constant": tr("constant, not watched"),
        "outside": tr("computed outside the tape"),
    }[shown.kind]
    if shown.error:
        rows.append(Row(tr("error"), readable(shown.error), "bad"))
    else:
        rows.append(Row(tr("shape"), f"{face_shape(shown)} {shown.dtype}".strip(), "code"))
    if shown.kind == "op":
        rows += _op_rows(scene, shown)
    if state.executed[node] and shown.tensor:
        text, bad = value_text(recording, shown.tensor)
        rows.append(Row(tr("value"), text, "bad" if bad else "code"))
    elif shown.kind == "op" and not state.executed[node]:
        rows.append(Row(tr("value"), tr("not yet run")))
    rows += _gradient_rows(scene, state, index, node)
    return Card(shown.label, subtitle, tuple(rows))


def value_text(recording: Recording, id: int) -> tuple[str, bool]:
    """A tensor in a few words, and whether it holds NaN or Inf."""
    try:
        value, stats = recording.value(id), recording.stats(id)
    except KeyError:
        return tr("not in the recording"), False
    bad = stats is not None and bool(stats.nans or stats.infs)
    if value is not None and (value.ndim == 0 or value.size <= 4 or not bad):
        return brief(value, stats), bad
    return (stats_brief(stats) if stats is not None else tr("not kept")), bad


def face_shape(node: Node) -> str:
    """A node's shape as Python writes it; ``?`` where it is not known."""
    return "?" if node.shape is None else str(tuple(node.shape))


def _op_rows(scene: Scene, node: Node) -> list[Row]:
    op = scene.graph.wiring.ops[node.start]
    rows = []
    info = scene.recording.op_info(op.op)
    if info is not None:
        for name, rule in zip(info.inputs, info.rules, strict=False):
            rows.append(Row(f"∂L/∂{name}", f"= {rule}" if rule else tr("no rule"), "code"))
    frames = scene.recording.frames(op.site)
    if frames:
        rows.append(Row(tr("line"), str(frames[0].line)))
    if op.stopped:
        rows.append(Row(tr("recording"), tr("stopped here, so no gradient goes through")))
    elif not node.on_path:
        rows.append(Row(tr("path"), tr("nothing watched leads here, so no gradient goes through")))
    return rows


def _gradient_rows(scene: Scene, state: State, index: int, node: int) -> list[Row]:
    shown = scene.graph.nodes[node]
    if shown.reason:
        kind = "variable" if shown.key[0] == "var" else "constant" if shown.kind == "constant" else "result"
        subject = Subject(shown.name or shown.label, kind, shown.dtype, shown.tensor)
        return [
            Row(tr("gradient"), "None", "bad"),
            Row("", why_none(scene.recording, scene.step, subject, shown.reason).text),
        ]
    if not state.call:
        return []
    id = scene.states.total(node, state.call, index)
    if id:
        try:
            stats = scene.recording.stats(id)
        except KeyError:
            stats = None
        norm = number(stats.norm, 4) if stats is not None else tr("not kept")
        text, bad = value_text(scene.recording, id)
        return [Row(tr("gradient"), f"‖g‖ {norm}", "grad"), Row("", text, "bad" if bad else "code")]
    if shown.kind == "op" and state.silent[node]:
        return [Row(tr("gradient"), tr("this call sends none here"))]
    return [Row(tr("gradient"), tr("has not arrived yet"))]


def _group_card(scene: Scene, node: int) -> Card:
    shown = scene.graph.nodes[node]
    inside = scene.graph.inside(shown)
    counts: dict[str, int] = {}
    for op, _ in inside:
        counts[op] = counts.get(op, 0) + 1
    most = sorted(counts.items(), key=lambda item: -item[1])
    words = " · ".join(f"{name} × {count}" for name, count in most[:6]) + (" …" if len(most) > 6 else "")
    rows = [Row(tr("inside"), words)]
    lines = sorted({frame.line for _, site in inside[:500] for frame in scene.recording.frames(site)[:1]})
    if lines:
        rows.append(Row(tr("lines"), f"{lines[0]}–{lines[-1]}" if len(lines) > 1 else str(lines[0])))
    face = scene.faces[node]
    return Card(face.title, face.detail, tuple(rows))
