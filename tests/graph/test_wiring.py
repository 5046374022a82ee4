from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tapeview.graph.build import TapeGraph, build
from tapeview.graph.wiring import MANY_READERS
from tapeview.trace.query import Recording
from tapeview.trace.records import Watched
from tests.helpers.scene import Scene

TEXT = """\
c = tf.constant(2.0)
with tf.GradientTape() as tape:
    h = h * c
"""


def shared_constant(path: Path, readers: int, *, watched: bool = False) -> TapeGraph:
    scene = Scene(path, TEXT)
    scene.next_step()
    c = scene.tensor(np.float32(2), "constant")
    h = scene.tensor(np.float32(1), "constant")
    tape = scene.tape(scene.site(scene.frame("with tf", "tf.GradientTape()")))
    if watched:
        scene.records.append(Watched(tape, c, 0, False, 0))
    site = scene.site(scene.frame("h =", "h * c"))
    for _ in range(readers):
        _, h = scene.op("Mul", (h, c), np.float32(1), site, tape)
    with Recording.open(scene.finish()) as recording:
        return build(recording, recording.step(0))


def nodes_named(graph: TapeGraph, name: str) -> list[int]:
    return [number for number, node in enumerate(graph.nodes) if node.kind != "op" and node.label == name]


def test_a_constant_of_few_readers_is_one_node(tmp_path: Path) -> None:
    graph = shared_constant(tmp_path / "r.tapeview", MANY_READERS)
    assert len(nodes_named(graph, "c")) == 1


def test_a_constant_of_many_readers_stands_beside_each_of_them(tmp_path: Path) -> None:
    graph = shared_constant(tmp_path / "r.tapeview", MANY_READERS + 1)
    copies = nodes_named(graph, "c")
    assert len(copies) == MANY_READERS + 1
    assert len({graph.nodes[copy].key for copy in copies}) == len(copies)
    for copy in copies:
        assert [edge.target for edge in graph.edges if edge.source == copy] == [copy + 1 if copy else 2]


@pytest.mark.parametrize("readers", [MANY_READERS + 1])
def test_a_watched_tensor_stays_one_node_since_its_gradients_meet_there(tmp_path: Path, readers: int) -> None:
    graph = shared_constant(tmp_path / "r.tapeview", readers, watched=True)
    assert len(nodes_named(graph, "c")) == 1
