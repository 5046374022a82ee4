"""``tapeview info``."""

from __future__ import annotations

import json
import math
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tapeview.cli import main
from tapeview.commands.facts import plain
from tests.helpers.recordings import write_nones, write_regression
from tests.helpers.scripts import record_source

SCRIPT = """
import tensorflow as tf
w = tf.Variable([1.0, 2.0], name="w")
frozen = tf.Variable(2.0, trainable=False, name="frozen")
c = tf.constant(3.0)
for step in range(3):
    with tf.GradientTape(persistent=True) as tape:
        loss = tf.reduce_sum(w * w) * frozen * c
    grads = tape.gradient(loss, [w, frozen])
    more = tape.gradient(loss, {"c": c})
    w.assign_sub(0.1 * grads[0])
with tf.GradientTape() as outer:
    x = tf.Variable(3.0)
    with tf.GradientTape() as inner:
        y = x * x * x
    dy = inner.gradient(y, x)
print(outer.gradient(dy, x).numpy())
bad = w.foo
"""


def told(capsys: pytest.CaptureFixture[str], path: Path, *words: str) -> dict[str, Any]:
    main(["info", "--json", *words, str(path)])
    found = json.loads(capsys.readouterr().out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert isinstance(found, dict)
    return found


def test_json_has_what_a_program_wants_to_know(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = record_source(tmp_path, SCRIPT)
    assert run.out == "18.0\n"
    found = told(capsys, run.path, "--check")
    # the run
    assert found["script"] == str(tmp_path / "script.py")
    assert found["framework"].startswith("tensorflow 2.15.0")
    assert (found["exit"], found["state"]) == (1, "failed")
    assert found["problems"] == []
    # its tapes: one per step, and the inner one of the last
    assert [(tape["index"], tape["step"]) for tape in found["tapes"]] == [(0, 0), (1, 1), (2, 2), (3, 3), (4, 3)]
    first = found["tapes"][0]
    assert (first["forward_ops"], first["line"], first["persistent"]) == (4, 7, True)
    assert first["backward_ops"] > 0
    gradients = [(one["source"], one["shape"], one["none_reason"]) for one in first["gradients"]]
    assert gradients == [("w", [2], None), ("frozen", [], "not trainable"), ("c", [], "not watched")]
    assert first["gradients"][0]["norm"] == pytest.approx(12 * math.hypot(1.0, 2.0))
    assert first["gradients"][1]["norm"] is None
    # its curves
    loss = found["scalars"]["loss"]
    assert loss["count"] >= 3
    assert loss["first"] == pytest.approx(30.0)
    # and how it failed
    (failure,) = found["failures"]
    assert (failure["type"], failure["line"]) == ("AttributeError", 18)


def test_text_says_it_to_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = record_source(tmp_path, SCRIPT)
    assert main(["info", "--check", str(run.path)]) == 0
    text = capsys.readouterr().out
    assert str(tmp_path / "script.py") in text
    assert "failed with exit code 1" in text
    assert "d/dfrozen None: not trainable" in text
    assert "AttributeError" in text
    assert "check: no problems" in text


def test_numbers_that_json_does_not_have_are_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = record_source(
        tmp_path,
        "import tensorflow as tf\nw = tf.Variable(-1.0)\nwith tf.GradientTape() as tape:\n"
        "    loss = tf.math.log(w)\ntape.gradient(loss, w)",
    )
    assert told(capsys, run.path)["scalars"]["loss"] == {"count": 1, "first": "nan", "last": "nan"}
    assert [plain(number) for number in (math.inf, -math.inf, 1.5, None)] == ["inf", "-inf", 1.5, None]


def test_every_reason_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, write_nones(tmp_path / "nones.tapeview"))
    reasons = [one["none_reason"] for tape in found["tapes"] for one in tape["gradients"]]
    assert "not watched" in reasons
    assert "not connected to the target" in reasons


def test_a_damaged_recording_is_told_and_gives_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_regression(tmp_path / "damaged.tapeview")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE chunk SET data = zeroblob(20) WHERE step = 2")
    assert main(["info", "--check", str(path)]) == 1
    assert main(["info", str(path)]) == 0
    capsys.readouterr()
    assert told(capsys, path, "--check")["problems"]
