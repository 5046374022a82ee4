"""``tapeview export``: the graph as a picture and as data."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tapeview.cli import main
from tests.helpers.recordings import write_nones, write_nonfinite, write_regression
from tests.helpers.scripts import environment

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write_regression(tmp_path / "내 기록.tapeview")


def texts(path: Path) -> list[str]:
    return ["".join(text.itertext()) for text in ElementTree.parse(path).iter(f"{SVG}text")]


def test_an_svg_shows_names_ops_and_gradients(recording: Path, tmp_path: Path) -> None:
    path = tmp_path / "graph.svg"
    assert main(["export", str(recording), "--tape", "1", "-o", str(path)]) == 0
    words = texts(path)
    for expected in ("w", "b", "Mul", "AddV2"):
        assert expected in words
    assert any("loss" in word for word in words)
    assert any("watched" in word for word in words)
    colors = path.read_text()
    assert "#0072b2" in colors
    assert "#c2500a" in colors


def test_an_svg_stays_inside_its_frame(recording: Path, tmp_path: Path) -> None:
    path = tmp_path / "graph.svg"
    main(["export", str(recording), "-o", str(path)])
    root = ElementTree.parse(path).getroot()
    left, top, width, height = map(float, root.attrib["viewBox"].split())
    for box in root.iter(f"{SVG}rect"):
        x, y = float(box.attrib["x"]), float(box.attrib["y"])
        assert left <= x
        assert x + float(box.attrib["width"]) <= left + width + 0.2
        assert top <= y
        assert y + float(box.attrib["height"]) <= top + height + 0.2


def test_a_dark_svg_has_other_colors(recording: Path, tmp_path: Path) -> None:
    path = tmp_path / "graph.svg"
    main(["export", str(recording), "--dark", "-o", str(path)])
    assert "#1b1e25" in path.read_text()
    assert "#ffffff" not in path.read_text()


def test_none_and_nan_are_marked_in_words(tmp_path: Path) -> None:
    nones, nonfinite = write_nones(tmp_path / "a.tapeview"), write_nonfinite(tmp_path / "b.tapeview")
    found: set[str] = set()
    for path in (nones, nonfinite):
        for tape in range(8):
            if main(["export", str(path), "--tape", str(tape), "-o", str(tmp_path / "x.svg")]) == 0:
                found.update(texts(tmp_path / "x.svg"))
    assert {"None", "NaN/Inf"} <= found


def test_a_png_is_drawn_without_a_screen(recording: Path, tmp_path: Path) -> None:
    path = tmp_path / "graph.png"
    done = subprocess.run(
        [sys.executable, "-m", "tapeview", "export", str(recording), "-o", str(path)],
        cwd=Path(__file__).parents[2],
        env=environment({"QT_QPA_PLATFORM": None, "DISPLAY": None}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n")
    width, height = struct.unpack(">II", data[16:24])
    assert 200 < width < 4000
    assert 400 < height < 8000


def test_dot_names_every_node_and_edge(recording: Path, tmp_path: Path) -> None:
    dot, data = tmp_path / "graph.dot", tmp_path / "graph.json"
    main(["export", str(recording), "-o", str(dot)])
    main(["export", str(recording), "-o", str(data)])
    graph = json.loads(data.read_text())
    text = dot.read_text()
    assert text.startswith("digraph tape_")
    assert len(re.findall(r"^  n\d+ \[label=", text, re.M)) == len(graph["nodes"])
    assert len(re.findall(r"->", text)) == len(graph["edges"])


def test_json_gives_nodes_edges_and_places(recording: Path, tmp_path: Path) -> None:
    path = tmp_path / "graph.JSON"
    main(["export", str(recording), "--tape", "2", "-o", str(path)])
    graph = json.loads(path.read_text())
    assert graph["step"] == 2
    by_label = {node["label"]: node for node in graph["nodes"]}
    assert by_label["w"]["kind"] == "watched"
    edges = {
        (graph["nodes"][edge["source"]]["label"], graph["nodes"][edge["target"]]["label"]) for edge in graph["edges"]
    }
    assert ("w", "Mul") in edges
    left, top, right, bottom = by_label["Mul"]["box"]
    assert left < right
    assert top < bottom


def test_labels_are_quoted(tmp_path: Path) -> None:
    from tapeview.commands.export import _quoted
    from tapeview.commands.picture import _text

    assert _quoted('a "b" \\ \n c') == '"a \\"b\\" \\\\ \\n c"'
    assert "a &lt; b &amp;&amp; c" in _text(0, 0, "a < b && c", 11, "#000")
