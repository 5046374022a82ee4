"""The way of a gradient from the target to a variable: its norm at every hop, and what it comes to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapeview.explain import Route, route
from tapeview.trace.query import Recording
from tests.explain.reading import BEGIN
from tests.helpers.scripts import record_source


def way(folder: Path, body: str, name: str, **options: bool) -> Route:
    run = record_source(folder, BEGIN + body)
    assert run.code == 0, run.err
    with run.recording() as recording:
        found = route(recording, name, **options)
        assert found is not None
        return found


CHAIN = """
w = tf.Variable([{start}])
with tf.GradientTape() as tape:
    h = w
    for layer in range({layers}):
        h = {layer}
    loss = tf.reduce_sum(h)
tape.gradient(loss, w)
"""


def test_norms_factors_and_places(tmp_path: Path) -> None:
    found = way(tmp_path, CHAIN.format(start=1.0, layers=3, layer="h * 0.5"), "w")
    assert [(one.name, one.op_name) for one in found.stations] == [
        ("loss", ""), ("h", "Sum"), ("h", "Mul"), ("h", "Mul"), ("w", "Mul"),
    ]  # fmt: skip
    assert [one.norm for one in found.stations] == pytest.approx([1.0, 1.0, 0.5, 0.25, 0.125])
    assert [one.factor for one in found.stations[1:]] == pytest.approx([1.0, 0.5, 0.5, 0.5])
    assert found.verdict == "arrives"
    assert "0.125" in found.text
    positions = [one.position for one in found.stations[1:]]
    assert positions == sorted(positions)
    assert found.stations[-1].line == 8


def test_it_vanishes_in_a_chain_of_sigmoids(tmp_path: Path) -> None:
    found = way(tmp_path, CHAIN.format(start=3.0, layers=14, layer="tf.sigmoid(h)"), "w")
    assert found.verdict == "vanishes"
    steepest = found.stations[found.steepest]
    assert (steepest.op_name, steepest.line) == ("Sigmoid", 8)
    assert steepest.factor == pytest.approx(0.045, abs=0.001)  # the first layer, where the sigmoid is saturated
    assert "below 1e-07" in found.text
    assert "relu" in found.advice


def test_it_explodes(tmp_path: Path) -> None:
    found = way(tmp_path, CHAIN.format(start=1.0, layers=8, layer="h * 10.0"), "w")
    assert found.verdict == "explodes"
    assert found.stations[-1].norm == pytest.approx(1e8)
    assert "above 1e+04" in found.text
    assert found.stations[found.steepest].factor == pytest.approx(10.0)


def test_it_stops_at_a_dead_relu(tmp_path: Path) -> None:
    found = way(tmp_path, CHAIN.format(start=-1.0, layers=2, layer="tf.nn.relu(h) + h * 0.0"), "w")
    assert found.verdict == "stops"
    assert found.stations[found.steepest].norm == 0.0


def test_it_is_spoiled_on_the_way(tmp_path: Path) -> None:
    found = way(tmp_path, CHAIN.format(start=0.0, layers=1, layer="tf.sqrt(h * 2.0)"), "w")
    assert found.verdict == "not finite"
    steepest = found.stations[found.steepest]
    assert (steepest.bad, steepest.op_name) == (True, "Sqrt")
    assert found.stations[-1].norm is None


TIME = """
w = tf.Variable(0.5)
with tf.GradientTape() as tape:
    h = tf.constant(2.0)
    for turn in range(6):
        h = tf.tanh(h * w)
tape.gradient(h, w)
"""


def test_the_longest_way_leads_to_the_first_use(tmp_path: Path) -> None:
    strongest = way(tmp_path, TIME, "w")
    longest = way(tmp_path, TIME, "w", longest=True)
    assert longest.stations[-1].senders == strongest.stations[-1].senders == 6
    assert len(longest.stations) == 2 * 6 + 1 >= len(strongest.stations)
    assert longest.stations[-1].position > strongest.stations[-1].position or len(strongest.stations) == 13


def test_the_strongest_sender_is_followed(tmp_path: Path) -> None:
    body = """
x = tf.Variable(1.0)
with tf.GradientTape() as tape:
    weak = x * 0.1
    strong = tf.exp(x)
    loss = weak + strong
tape.gradient(loss, x)
"""
    found = way(tmp_path, body, "x")
    assert [one.name for one in found.stations] == ["loss", "strong", "x"]
    assert found.stations[-1].senders == 2
    assert found.stations[-1].norm == pytest.approx(2.71828 + 0.1, rel=1e-4)


def test_the_others_are_told_and_can_be_followed(tmp_path: Path) -> None:
    body = """
x = tf.Variable([1.0, 2.0])
with tf.GradientTape() as tape:
    h = x * 2.0
    a = tf.sin(h)
    b = tf.square(h)
    loss = tf.reduce_sum(a + b)
tape.gradient(loss, x)
"""
    found = way(tmp_path, body, "x")
    assert [one.name for one in found.stations] == ["loss", "a + b", "b", "h", "x"]
    (station,) = [one for one in found.stations if one.several]
    assert [(one.op_name, one.line, one.taken) for one in station.several] == [("Square", 8, True), ("Sin", 7, False)]
    assert sum(one.share or 0.0 for one in station.several) == pytest.approx(1.0)
    assert found.carried == pytest.approx(station.several[0].share)
    assert f"About {found.carried:.0%} of it came this way; other ways meet it at one hop." in found.text
    with Recording.open(tmp_path / "run.tapeview") as recording:
        other = route(recording, "x", lines=frozenset({7}))
        assert other is not None
        assert [one.name for one in other.stations] == ["loss", "a + b", "a", "h", "x"]
        assert other.carried == pytest.approx(station.several[1].share)
        assert other.stations[-1].norm == found.stations[-1].norm


def test_layers_are_named(tmp_path: Path) -> None:
    body = """
model = tf.keras.Sequential([tf.keras.layers.Dense(3, activation="relu"), tf.keras.layers.Dense(1)])
x = tf.ones((4, 2))
with tf.GradientTape() as tape:
    loss = tf.reduce_mean(model(x) ** 2)
tape.gradient(loss, model.trainable_variables)
"""
    found = way(tmp_path, body, "dense/kernel")
    assert [one.layer for one in found.stations if one.layer] == ["dense_1", "dense_1", "dense", "dense", "dense"]


def test_a_function_is_no_layer(tmp_path: Path) -> None:
    body = """
model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
@tf.function
def step(x):
    return tf.reduce_mean(model(x) ** 2)
with tf.GradientTape() as tape:
    loss = step(tf.ones((4, 2)))
tape.gradient(loss, model.trainable_variables)
"""
    assert {one.layer for one in way(tmp_path, body, "dense/kernel").stations} == {"", "dense"}


def test_there_is_no_way(tmp_path: Path) -> None:
    body = "w = tf.Variable(1.0)\nv = tf.Variable(1.0)\nwith tf.GradientTape() as tape:\n    y = v * v\n"
    run = record_source(tmp_path, BEGIN + body + "tape.gradient(y, [w, v])\n")
    with run.recording() as recording:
        assert route(recording, "w") is None
        assert route(recording, "v") is not None
        with pytest.raises(IndexError):
            route(recording, "v", 3)
