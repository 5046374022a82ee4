"""The graph of a tape as an SVG, drawn as the window draws it, without Qt.

The picture shows the tape after its gradient call: everything executed, and each gradient beside its edge with its
norm.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple
from xml.sax.saxutils import escape

from tapeview.views.graph_face import Face
from tapeview.views.graph_scene import Scene
from tapeview.views.graph_state import State

MARGIN = 28.0
_FONT = "Inter, 'Segoe UI', 'Helvetica Neue', 'Noto Sans', 'Noto Sans CJK KR', Arial, sans-serif"
_ROUND = 6.0


class Ink(NamedTuple):
    """The colours of a picture, by the roles of the window's palette."""

    panel: str
    text: str
    muted: str
    faint: str
    watch: str
    watchbg: str
    const: str
    op: str
    grad: str
    none: str
    bad: str


LIGHT = Ink(
    "#ffffff",
    "#1d2330",
    "#68707f",
    "#a3abb8",
    "#0072b2",
    "#e1f0f9",
    "#eef0f3",
    "#ffffff",
    "#c2500a",
    "#9aa2ae",
    "#c4123f",
)
DARK = Ink(
    "#1b1e25",
    "#e5e8ee",
    "#98a1b1",
    "#626b7b",
    "#56b4e9",
    "#17303f",
    "#262a33",
    "#20242c",
    "#f0883e",
    "#6b7482",
    "#ff5c7c",
)


def svg(scene: Scene, *, dark: bool = False) -> str:
    """The whole graph of ``scene``."""
    ink = DARK if dark else LIGHT
    state = replace(scene.states.at(_last_of_backward(scene)), current=-1)
    left, top, right, bottom = scene.bounds
    # Norms stand to the right of their edges, also of the outermost one.
    width, height = right - left + 2 * MARGIN + 50, bottom - top + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="{left - MARGIN:.1f} {top - MARGIN:.1f} {width:.1f} {height:.1f}" font-family="{_FONT}">',
        f"<title>tape {scene.graph.tape} of step {scene.graph.step}</title>",
        f'<rect x="{left - MARGIN:.1f}" y="{top - MARGIN:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'fill="{ink.panel}"/>',
    ]
    edges = range(len(scene.graph.edges))
    parts += [_edge(scene, edge, ink) for edge in edges]
    parts += [_gradient(scene, state, edge, ink) for edge in edges if not math.isnan(state.norms[edge])]
    parts += [_node(scene, state, node, ink) for node in range(len(scene.faces))]
    parts += [_norm(scene, state, edge, ink) for edge in edges if not math.isnan(state.norms[edge])]
    return "\n".join([*parts, "</svg>", ""])


def _last_of_backward(scene: Scene) -> int:
    """The position at which the picture is taken: the end of the last backward pass of the tape, or of the step."""
    tape = scene.graph.tape
    calls = {step_call for step_call, call in scene.step.calls.items() if not tape or call.started.tape == tape}
    last = len(scene.step.positions) - 1
    return next(
        (p.index for p in reversed(scene.step.positions) if getattr(p.record, "call", 0) in calls and calls), last
    )


def _edge(scene: Scene, edge: int, ink: Ink) -> str:
    points = scene.curve(edge).tolist()
    x, y = points[-1]
    points[-1][1] -= 5.0
    dash = ' stroke-dasharray="4 3.4"' if scene.dashed[edge] else ""
    line = f'<path d="{_path(points)}" fill="none" stroke="{ink.faint}" stroke-width="1.3"{dash}/>'
    return line + _arrow(x, y, 1.0, 7.0, ink.faint)


def _gradient(scene: Scene, state: State, edge: int, ink: Ink) -> str:
    shift = scene.offset(edge)
    points = [[x + shift, y] for x, y in scene.curve(edge).tolist()]
    x, y = points[0]
    points[0][1] += 7.0
    width = 1.4 + 3.6 * float(state.weights[edge])
    color, dash = ink.grad, ""
    if state.bad_edges[edge]:
        color, dash = ink.bad, f' stroke-dasharray="{2 * width:.1f} {1.2 * width:.1f}"'
    elif state.norms[edge] == 0.0:
        dash = f' stroke-dasharray="{0.8 * width:.1f} {3 * width:.1f}"'
    line = (
        f'<path d="{_path(points)}" fill="none" stroke="{color}" stroke-opacity="0.72" '
        f'stroke-width="{width:.1f}"{dash}/>'
    )
    parts = [line, _arrow(x, y + 1, -1.0, 6.5 + width * 1.5, color)]
    if state.bad_edges[edge]:
        middle, level = scene.point_on(edge, 0.5)
        parts.append(_cross(middle + shift, level, 5.0, color))
    return "".join(parts)


def _norm(scene: Scene, state: State, edge: int, ink: Ink) -> str:
    text = state.norm_text(edge)
    x, y = scene.point_on(edge, 0.5)
    x += scene.offset(edge) + 8
    color = ink.bad if state.bad_edges[edge] else ink.grad
    return (
        f'<rect x="{x - 2:.1f}" y="{y - 8:.1f}" width="{6.4 * len(text) + 6:.1f}" height="16" rx="4" '
        f'fill="{ink.panel}" fill-opacity="0.82"/>{_text(x + 1, y + 4, text, 11, color, weight=600, anchor="start")}'
    )


def _node(scene: Scene, state: State, node: int, ink: Ink) -> str:
    face = scene.faces[node]
    left, top, right, bottom = scene.boxes[node].tolist()
    height = bottom - top
    fill, line, title, detail = _colors(face, bool(scene.faint[node]), bool(scene.targets[node]), ink)
    radius = {"op": _ROUND, "rule": _ROUND, "group": _ROUND, "watched": 9.0, "unwatched": 9.0}.get(
        face.style, height / 2
    )
    parts = []
    if face.style == "group":
        parts += [_box(left + back, top - back, right + back, bottom - back, radius, fill, line) for back in (6.0, 3.0)]
    parts.append(_box(left, top, right, bottom, radius, fill, line))
    if face.style == "rule":
        parts.append(
            f'<path d="M{left + 4:.1f} {top + 7:.1f}V{bottom - 7:.1f}" stroke="{ink.grad}" stroke-width="3" '
            'stroke-linecap="round"/>'
        )
    middle, centre = (left + right) / 2, (top + bottom) / 2
    room = right - left - 18
    name = f"∇ {face.title}" if face.style == "rule" else face.title
    parts.append(_text(middle, centre - 4, _fit(name, room, 7.5), 13, title, weight=600))
    words = _fit(scene.detail(node, state), room - (11 if face.dot else 0), 6.0)
    if face.dot:
        start = middle - (6.0 * len(words) + 11) / 2
        full = f'fill="{detail}"' if face.dot == "filled" else 'fill="none"'
        parts.append(
            f'<circle cx="{start + 3.4:.1f}" cy="{centre + 8.5:.1f}" r="2.9" {full} stroke="{detail}" '
            'stroke-width="1.4"/>'
        )
        parts.append(_text(middle + 5.5, centre + 12, words, 11, detail))
    else:
        parts.append(_text(middle, centre + 12, words, 11, detail))
    if scene.none[node]:
        parts.append(_badge(right, top, "None", ink.none, ink))
    if state.bad[node]:
        parts.append(_badge(left + 36, top, "NaN/Inf", ink.bad, ink))
    return "".join(parts)


def _colors(face: Face, faint: bool, target: bool, ink: Ink) -> tuple[str, str, str, str]:
    """Fill, attributes of the outline, colour of the title and of the detail."""
    match face.style:
        case "watched":
            return ink.watchbg, f'stroke="{ink.watch}" stroke-width="1.8"', ink.text, ink.watch
        case "unwatched":
            return ink.panel, f'stroke="{ink.none}" stroke-width="1.5" stroke-dasharray="5 4"', ink.muted, ink.muted
        case "constant":
            return ink.const, f'stroke="{ink.none}" stroke-width="1"', ink.text, ink.muted
        case "outside":
            return ink.const, f'stroke="{ink.none}" stroke-width="1" stroke-dasharray="1.5 3"', ink.text, ink.muted
    if faint:
        return ink.op, f'stroke="{ink.none}" stroke-width="1.1" stroke-dasharray="5 4"', ink.muted, ink.faint
    return ink.op, f'stroke="{ink.text}" stroke-width="{2.2 if target else 1.2}"', ink.text, ink.muted


def _badge(x: float, y: float, words: str, color: str, ink: Ink) -> str:
    width = 5.8 * len(words) + 8
    box = (
        f'<rect x="{x - width + 4:.1f}" y="{y - 8:.1f}" width="{width:.1f}" height="15" rx="4" fill="{ink.panel}" '
        f'stroke="{color}" stroke-width="1.2"/>'
    )
    return box + _text(x + 4 - width / 2, y + 3, words, 9.5, color, weight=600)


def _box(left: float, top: float, right: float, bottom: float, radius: float, fill: str, line: str) -> str:
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" rx="{radius:.1f}" '
        f'fill="{fill}" {line}/>'
    )


def _text(x: float, y: float, words: str, size: float, color: str, *, weight: int = 400, anchor: str = "middle") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{color}" '
        f'text-anchor="{anchor}">{escape(words)}</text>'
    )


def _fit(words: str, room: float, per_character: float) -> str:
    most = max(int(room / per_character), 3)
    return words if len(words) <= most else words[: most - 1] + "…"


def _path(points: Sequence[Sequence[float]]) -> str:
    first, *rest = points
    pieces = [f"M{first[0]:.1f} {first[1]:.1f}"]
    for a, b, c in zip(rest[0::3], rest[1::3], rest[2::3], strict=True):
        pieces.append(f"C{a[0]:.1f} {a[1]:.1f} {b[0]:.1f} {b[1]:.1f} {c[0]:.1f} {c[1]:.1f}")
    return "".join(pieces)


def _arrow(x: float, y: float, direction: float, size: float, color: str) -> str:
    back, half = y - direction * size, size * 0.56
    return f'<path d="M{x:.1f} {y:.1f}L{x - half:.1f} {back:.1f}L{x + half:.1f} {back:.1f}Z" fill="{color}"/>'


def _cross(x: float, y: float, arm: float, color: str) -> str:
    left, right, top, bottom = x - arm, x + arm, y - arm, y + arm
    strokes = f"M{left:.1f} {top:.1f}L{right:.1f} {bottom:.1f}M{left:.1f} {bottom:.1f}L{right:.1f} {top:.1f}"
    return f'<path d="{strokes}" stroke="{color}" stroke-width="2.5" stroke-linecap="round"/>'
