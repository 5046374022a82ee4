"""``tapeview explain``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tapeview.cli import main
from tests.helpers.scripts import TAPE, record_source

SCRIPT = """
import tensorflow as tf
x = tf.Variable([0.0, 4.0])
with tf.GradientTape() as tape:
    y = tf.reduce_sum(tf.stop_gradient(x))
tape.gradient(y, x)
with tf.GradientTape() as tape:
    y = tf.reduce_sum(tf.math.log(x))
tape.gradient(y, x)
"""


def test_findings_on_the_terminal_with_exit_code_4(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = record_source(tmp_path, SCRIPT)
    assert main(["explain", str(run.path)]) == 4
    out = capsys.readouterr().out
    assert "warning: script.py:5: step 1: the gradient of x is None: stop_gradient\n" in out
    assert "error: script.py:8: step 2: y is not finite: log of zero\n" in out
    assert "(x[0] = 0 → -Inf)" in out
    assert "path: Log (line 8): 1 Inf → Sum (line 8): 1 Inf\n" in out
    assert main(["explain", "--step", "1", str(run.path)]) == 0
    assert "log of zero" not in capsys.readouterr().out
    assert main(["explain", "--step", "3", str(run.path)]) == 2
    assert "there is no step 3: the recording has 2 steps, from 1 on" in capsys.readouterr().err


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = record_source(tmp_path, SCRIPT)
    assert main(["explain", "--json", str(run.path)]) == 4
    told = json.loads(capsys.readouterr().out)
    assert told["steps"] == 2
    none, nan = told["findings"]
    assert (none["kind"], none["cause"], none["level"], none["line"]) == ("none", "stop_gradient", "warning", 5)
    assert (nan["op_name"], nan["input"], nan["elements"]) == ("Log", 0, ["x[0] = 0 → -Inf"])
    assert [hop["name"] for hop in nan["path"]] == ["Log", "Sum"]


def test_a_healthy_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = record_source(tmp_path, TAPE)
    assert main(["explain", str(run.path)]) == 0
    assert capsys.readouterr().out == "nothing to report\n"
