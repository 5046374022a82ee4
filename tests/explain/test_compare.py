"""Two steps beside each other: what is the same, what changed, what came and went."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from tapeview.cli import main
from tapeview.explain.compare import CHANGED, GONE, NEW, SAME, compare, relative
from tests.helpers.scripts import Run, record_source

TRAIN = """
import tensorflow as tf
w, b = tf.Variable([1.0, 2.0]), tf.Variable(0.5)
x = tf.constant([3.0, -1.0])
for step in range(3):
    with tf.GradientTape() as tape:
        y = w * x + b
        loss = tf.reduce_sum(y ** 2)
    dw, db = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * dw)
"""


def train(folder: Path, source: str = TRAIN) -> Run:
    folder.mkdir()
    run = record_source(folder, source)
    assert run.code == 0, run.err
    return run


def test_a_step_is_the_same_as_itself(tmp_path: Path) -> None:
    with train(tmp_path / "a").recording() as recording:
        found = compare(recording, 1, recording, 1)
        assert {row.state for row in found.rows} == {SAME}
        assert found.first_difference == -1
        assert {row.phase for row in found.rows} == {"input", "forward", "backward", "update"}


def test_two_steps_differ_first_in_what_was_updated(tmp_path: Path) -> None:
    with train(tmp_path / "a").recording() as recording:
        found = compare(recording, 0, recording, 1)
        first = found.rows[found.first_difference]
        assert (first.phase, first.name, first.state, first.line) == ("input", "w", CHANGED, 7)
        before, after = np.array([1.0, 2.0]), np.array([1.0, 2.0]) - 0.1 * np.array([21.0, 3.0])
        assert first.difference == pytest.approx(np.abs(before - after).max() / 2.0, rel=1e-5)
        assert first.norms == pytest.approx((np.linalg.norm(before), np.linalg.norm(after)), rel=1e-5)
        states = {(row.phase, row.name): row.state for row in found.rows}
        assert states["input", "b"] == states["input", "x"] == SAME
        assert states["backward", "gradient of b"] == states["update", "w"] == CHANGED


def test_an_op_more_an_op_less(tmp_path: Path) -> None:
    other = TRAIN.replace("w * x + b", "tf.nn.relu(w * x)").replace("y ** 2", "tf.abs(y)")
    with train(tmp_path / "a").recording() as a, train(tmp_path / "b", other).recording() as b:
        found = compare(a, 0, b, 0)
        states = {(row.phase, row.name, row.op): row.state for row in found.rows}
        assert states["forward", "w * x", "Mul"] == SAME
        assert states["forward", "y", "AddV2"] == states["input", "b", "variable"] == GONE
        assert states["forward", "y", "Relu"] == states["forward", "tf.abs(y)", "Abs"] == NEW
        gradient = next(row for row in found.rows if row.name == "gradient of b")
        assert (gradient.state, gradient.why) == (CHANGED, "None in one of them")
        assert found.counts()[NEW] >= 2


def test_shapes_and_nan(tmp_path: Path) -> None:
    longer = TRAIN.replace("[1.0, 2.0]", "[1.0, 2.0, 3.0]").replace("[3.0, -1.0]", "[3.0, -1.0, float('nan')]")
    with train(tmp_path / "a").recording() as a, train(tmp_path / "b", longer).recording() as b:
        rows = {row.name: row for row in compare(a, 0, b, 0).rows}
        assert (rows["w"].difference, rows["w"].why) == (math.inf, "shape (2,) and (3,)")
        assert rows["loss"].why == "all finite and 1 NaN"


def test_tolerance_and_giving_up(tmp_path: Path) -> None:
    with train(tmp_path / "a").recording() as recording:
        assert compare(recording, 0, recording, 1, tolerance=10.0).first_difference == -1
        assert compare(recording, 0, recording, 1, stopped=lambda: True).rows == ()


def test_relative() -> None:
    nan = float("nan")
    assert relative(np.array([1.0, 2.0]), np.array([1.0, 1.0])) == 0.5
    assert relative(np.array([1.0, -1.0]), np.array([-1.0, 1.0])) == 2.0
    assert relative(np.array([nan, 1.0]), np.array([nan, 1.0])) == 0.0
    assert relative(np.array([nan, 1.0]), np.array([0.0, 1.0])) == math.inf
    assert relative(np.array([True]), np.array([False])) == 1.0
    assert relative(np.zeros(2), np.zeros(2)) == relative(np.zeros(0), np.zeros(0)) == 0.0
    assert relative(np.array([b"a"], object), np.array([b"b"], object)) == math.inf


def test_on_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(train(tmp_path / "a").path)
    assert main(["compare", path]) == 0
    text = capsys.readouterr().out
    assert "step 1 and step 3:" in text
    assert "first difference: input, w (variable, line 7): " in text
    assert main(["compare", path, path, "--steps", "2,2"]) == 0
    assert "no difference" in capsys.readouterr().out
    assert main(["compare", path, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows"][told["first_difference"]]["name"] == "w"
    assert main(["compare", path, "--steps", "1,9"]) == 2
    assert "there is no step 9: the recording has 3 steps" in capsys.readouterr().err
    assert main(["compare", path, "--steps", "one"]) == 2
    assert "--steps takes two numbers" in capsys.readouterr().err
