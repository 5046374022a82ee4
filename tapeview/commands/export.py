"""``tapeview export``."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from tapeview.commands import UserError

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from tapeview.graph.build import TapeGraph
    from tapeview.trace.query import Recording
    from tapeview.views.graph_scene import Scene

_SUFFIXES = (".svg", ".png", ".dot", ".json")


class Export:
    """Write the graph of one tape as a picture (.svg, .png) or as data (.dot, .json).

    Tapes are counted from 0, as `tapeview info` lists them.
    """

    name: ClassVar[str] = "export"
    usage: ClassVar[str] = "FILE --tape N -o graph.svg|.png|.dot|.json"

    def prepare_parser(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a recording (.tapeview)")
        parser.add_argument("--tape", type=int, default=0, metavar="N", help="which tape (default: 0, the first)")
        parser.add_argument(
            "-o",
            "--output",
            required=True,
            metavar="PICTURE",
            help="the file to write; its ending says what it will be",
        )
        parser.add_argument("--dark", action="store_true", help="a picture for dark pages")

    def run(self, options: argparse.Namespace) -> int:
        from tapeview.commands import facts
        from tapeview.trace.query import Recording, RecordingError

        goal = Path(options.output)
        if goal.suffix.lower() not in _SUFFIXES:
            raise UserError(f"cannot tell what to write into {goal.name!r}: end its name in {', '.join(_SUFFIXES)}")
        try:
            recording = Recording.open(Path(options.file))
        except RecordingError as error:
            raise UserError(str(error)) from error
        with recording:
            tapes = list(facts.tapes(recording))
            if not tapes:
                raise UserError(f"there is no tape in {options.file}: nothing of one was recorded")
            if not 0 <= options.tape < len(tapes):
                raise UserError(
                    f"there is no tape {options.tape} in {options.file}: its tapes are 0 to {len(tapes) - 1}"
                )
            tape = tapes[options.tape]
            scene = _scene(recording, tape)
            content = _content(goal.suffix.lower(), scene, dark=options.dark)
        try:
            goal.write_bytes(content)
        except OSError as error:
            raise UserError(f"cannot write {goal}: {error.strerror}") from error
        return 0


def _scene(recording: Recording, tape: Any) -> Scene:
    from tapeview.graph.build import build
    from tapeview.graph.layout import lay_out
    from tapeview.views.graph_face import face, size
    from tapeview.views.graph_model import by_characters
    from tapeview.views.graph_scene import Scene

    graph = build(recording, tape.step, tape.view.id)
    faces = tuple(face(node) for node in graph.nodes)
    layout = lay_out(
        [(edge.source, edge.target) for edge in graph.edges],
        [node.leaf for node in graph.nodes],
        [size(one, by_characters) for one in faces],
    )
    return Scene(recording, tape.step, graph, layout, faces)


def _content(suffix: str, scene: Scene, *, dark: bool) -> bytes:
    from tapeview.commands import picture

    match suffix:
        case ".svg":
            return picture.svg(scene, dark=dark).encode()
        case ".png":
            return png(picture.svg(scene, dark=dark))
        case ".dot":
            return dot(scene.graph).encode()
        case _:
            return json.dumps(as_data(scene), ensure_ascii=False, indent=1).encode()


def png(svg: str, scale: float = 2.0) -> bytes:
    """An SVG drawn by Qt, without a screen.

    Raises:
        UserError: Qt is not installed.
    """
    try:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        from PySide6.QtCore import QByteArray
        from PySide6.QtGui import QGuiApplication, QImage, QPainter
        from PySide6.QtSvg import QSvgRenderer
    except ImportError as error:
        raise UserError(
            f"a .png is drawn by Qt, which cannot be loaded here ({error}): "
            "`pip install PySide6-Essentials`, or write a .svg"
        ) from error
    # Fonts need an application object; it has to live as long as the drawing goes on.
    application = QGuiApplication.instance() or QGuiApplication(["tapeview"])
    renderer = QSvgRenderer(QByteArray(svg.encode()))
    image = QImage(renderer.defaultSize() * scale, QImage.Format.Format_ARGB32_Premultiplied)
    if image.isNull():
        raise UserError("the picture would be too large for a .png: write a .svg")
    image.fill(0)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    del application
    return encoded(image)


def encoded(image: QImage) -> bytes:
    """An image as the bytes of a .png."""
    from PySide6.QtCore import QBuffer, QIODevice

    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # PySide6's stubs know only the form for bytes
    return bytes(buffer.data().data())


def dot(graph: TapeGraph) -> str:
    """The graph in Graphviz' language."""
    looks = {
        "op": "shape=box, style=rounded",
        "group": "shape=box3d",
        "watched": 'shape=box, style="rounded,bold", color="#0072b2"',
        "unwatched": 'shape=box, style="rounded,dashed", color="#9aa2ae"',
        "constant": 'shape=ellipse, color="#9aa2ae"',
        "outside": 'shape=ellipse, style=dotted, color="#9aa2ae"',
    }
    rows = [f"digraph tape_{graph.tape} {{", "  rankdir=TB;", '  node [fontname="sans-serif"];']
    for number, node in enumerate(graph.nodes):
        label = node.label if node.name in ("", node.label) else f"{node.label}\n{node.name}"
        if node.shape is not None:
            label += f"\n{node.shape}"
        rows.append(f"  n{number} [label={_quoted(label)}, {looks[node.kind]}];")
    for edge in graph.edges:
        style = "" if graph.nodes[edge.source].on_path else " [style=dashed]"
        rows.append(f"  n{edge.source} -> n{edge.target}{style};")
    return "\n".join([*rows, "}", ""])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def as_data(scene: Scene) -> dict[str, Any]:
    """Nodes, edges and their places as plain values; edges refer to nodes by their place in the list."""
    graph = scene.graph
    nodes = []
    for node, (left, top, right, bottom) in zip(graph.nodes, scene.boxes.tolist(), strict=True):
        nodes.append(
            {
                "key": list(node.key),
                "kind": node.kind,
                "label": node.label,
                "name": node.name,
                "tensor": node.tensor,
                "shape": None if node.shape is None else list(node.shape),
                "dtype": node.dtype,
                "on_path": node.on_path,
                "target": node.target,
                "none_reason": node.reason or None,
                "box": [round(left, 1), round(top, 1), round(right, 1), round(bottom, 1)],
            }
        )
    edges = [
        {"source": edge.source, "target": edge.target, "operands": [list(pair) for pair in edge.operands]}
        for edge in graph.edges
    ]
    return {"step": graph.step, "tape": graph.tape, "digest": graph.digest, "nodes": nodes, "edges": edges}
