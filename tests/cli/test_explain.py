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


FANS = """
import tensorflow as tf
x = tf.Variable([3.0, 4.0])
v = tf.Variable(1.0)
for step in range(2):
    with tf.GradientTape() as tape:
        h = x * 2.0
        loss = tf.reduce_sum(h * h) + tf.reduce_sum(h) - tf.reduce_sum(h * 0.5)
    tape.gradient(loss, [x, v])
"""


def test_who_sent_a_gradient(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = record_source(tmp_path, FANS)
    assert main(["explain", "--gradient", "h", str(run.path)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("step 2: the gradient of h, norm ")
    assert "4 contributions are added up" in out
    assert "sum so far" in out
    assert "Sum (line 8)" in out
    assert main(["explain", "--gradient", "h", "--step", "1", "--json", str(run.path)]) == 0
    (told,) = json.loads(capsys.readouterr().out)["gradients"]
    assert (told["step"], len(told["contributions"])) == (0, 4)
    assert sum(one["share"] for one in told["contributions"]) == pytest.approx(1.0)


def test_the_way_of_a_gradient(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = record_source(tmp_path, FANS)
    assert main(["explain", "--path", "x", str(run.path)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("step 2: arrives\n")
    assert "the target" in out
    assert "█" in out
    assert main(["explain", "--path", "x", "--longest", "--json", str(run.path)]) == 0
    told = json.loads(capsys.readouterr().out)["path"]
    assert told["stations"][0]["name"] == "loss"
    assert told["stations"][-1]["name"] == "x"


def test_a_gradient_that_did_not_come(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = record_source(tmp_path, FANS)
    for option in ("--gradient", "--path"):
        assert main(["explain", option, "v", str(run.path)]) == 4
        assert "the gradient of v is None: not used" in capsys.readouterr().out
    assert main(["explain", "--path", "v", "--json", str(run.path)]) == 4
    assert json.loads(capsys.readouterr().out)["findings"][0]["cause"] == "not used"
    assert main(["explain", "--gradient", "nothing", str(run.path)]) == 2
    assert "no gradient came to “nothing” in the recording, and none was asked for" in capsys.readouterr().err
    assert main(["explain", "--gradient", "nothing", "--step", "1", str(run.path)]) == 2
    assert "in step 1" in capsys.readouterr().err
    assert main(["explain", "--longest", str(run.path)]) == 2
    assert "give --path NAME as well" in capsys.readouterr().err


def test_the_limit_for_huge_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = record_source(tmp_path, FANS)
    main(["explain", str(run.path)])
    assert "huge" not in capsys.readouterr().out
    main(["explain", "--huge", "50", str(run.path)])
    assert "warning: script.py:8: step 1 and 1 more: loss is huge: grows here" in capsys.readouterr().out
    assert main(["explain", "--huge", "-1", str(run.path)]) == 2
    assert "not a number above 0" in capsys.readouterr().err
