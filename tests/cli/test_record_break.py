"""``tapeview record --break``: the run ends at the breakpoint, and everybody is told where."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.helpers.scripts import TAPE, run_python, write_script

ROOT = Path(__file__).parents[2]


def tapeview(folder: Path, *words: str) -> tuple[int, str, str]:
    return run_python([sys.executable, "-m", "tapeview", *words], folder, PYTHONPATH=str(ROOT))


def test_the_run_ends_there_and_one_line_says_so(tmp_path: Path) -> None:
    script = write_script(tmp_path, TAPE, "train.py")
    code, out, err = tapeview(tmp_path, "record", "--break", "nan", "--break", "gradient:w:norm>5", "train.py")
    assert (code, out) == (3, "")
    said = "the gradient for w has the norm 6, above 5"
    assert err == (
        f"tapeview: stopped at breakpoint gradient:w:norm>5 at {script}:5: {said}; "
        "`tapeview open train.tapeview` shows it\n"
    )
    code, out, _ = tapeview(tmp_path, "info", "train.tapeview")
    assert code == 0
    assert "stopped at a breakpoint" in out
    assert f"breakpoint: gradient:w:norm>5: {said}" in out
    code, out, _ = tapeview(tmp_path, "info", "--json", "--check", "train.tapeview")
    facts = json.loads(out)
    assert (code, facts["problems"], facts["exit"], facts["state"]) == (0, [], 3, "stopped")
    assert facts["failures"] == [
        {"kind": "breakpoint", "type": "gradient:w:norm>5", "message": said, "line": 5, "step": 0}
    ]


def test_a_script_that_ends_with_3_by_itself_was_not_stopped(tmp_path: Path) -> None:
    write_script(tmp_path, f"{TAPE}import sys; sys.exit(3)", "train.py")
    code, out, err = tapeview(tmp_path, "record", "--break", "nan", "train.py")
    assert (code, out, err) == (3, "gradient 6.0\n", "")


def test_what_a_breakpoint_logs_is_said_on_stderr(tmp_path: Path) -> None:
    write_script(tmp_path, TAPE, "train.py")
    code, out, err = tapeview(tmp_path, "record", "--break", "line:train.py:4 log w ist {float(w)} 가중치", "train.py")
    assert (code, out, err) == (0, "gradient 6.0\n", "w ist 3.0 가중치\n")


def test_a_condition_that_raises_and_a_place_that_is_never_reached_are_told_at_the_end(tmp_path: Path) -> None:
    write_script(tmp_path, TAPE, "train.py")
    breakpoints = ("line:train.py:4 if bogus > 3", "op:Foo*", "line:elsewhere.py:3", "nan", "every:9")
    words = [word for text in breakpoints for word in ("--break", text)]
    code, out, err = tapeview(tmp_path, "record", *words, "train.py")
    assert (code, out) == (0, "gradient 6.0\n")
    assert err.splitlines() == [
        "tapeview: breakpoint line:train.py:4 if bogus > 3: the condition 'bogus > 3' raised "
        "NameError: name 'bogus' is not defined",
        "tapeview: the script ended without coming to breakpoints op:Foo*, line:elsewhere.py:3",
    ]


def test_what_is_no_breakpoint_is_refused_before_anything_runs(tmp_path: Path) -> None:
    write_script(tmp_path, "print('ran')", "train.py")
    code, out, err = tapeview(tmp_path, "record", "--break", "gradient:huge", "train.py")
    assert (code, out) == (2, "")
    said = "'huge' is no test of a gradient; accepted are none, nan, inf, zero, norm>LIMIT or norm<LIMIT"
    assert err == f"tapeview: --break: {said}\n"
    assert not list(tmp_path.glob("*.tapeview"))


def test_the_help_says_how_breakpoints_are_written(tmp_path: Path) -> None:
    code, out, _ = tapeview(tmp_path, "record", "--help")
    assert code == 0
    assert "loss rises PERCENT%," in " ".join(out.split())


DEAD = """\
import tensorflow as tf
w = tf.Variable(tf.ones([4, 8]))
with tf.GradientTape() as tape:
    hidden = tf.nn.relu(tf.ones([16, 4]) @ w - 50.0)
    loss = tf.reduce_sum(hidden)
tape.gradient(loss, w)
"""


def test_a_rule_that_fires_in_a_script_that_was_soon_over(tmp_path: Path) -> None:
    write_script(tmp_path, DEAD, "train.py")
    code, out, err = tapeview(tmp_path, "record", "--break", "rule:dead-*", "train.py")
    assert (code, out) == (3, "")
    assert err == (
        "tapeview: breakpoint rule:dead-*, seen after the script had ended: the rule dead ReLU fires in step 1: 100% "
        "of the 8 units of “hidden” (Relu) are zero for all 16 rows of the batch (limit 70%); `tapeview open "
        "train.tapeview` shows it\n"
    )
    for spec in ("rule:dead-relu:rows=17", "rule:dead-relu after 2", "rule:saturated"):
        assert tapeview(tmp_path, "record", "-o", "again.tapeview", "--break", spec, "train.py") == (0, "", "")


def test_a_rule_that_there_is_not_is_refused_before_the_script_runs(tmp_path: Path) -> None:
    write_script(tmp_path, "raise SystemExit(1)", "train.py")
    for spec, says in (("rule:nonsense", "there is no rule “nonsense”"), ("rule:dead-relu:x=1", "no threshold “x”")):
        code, out, err = tapeview(tmp_path, "record", "--break", spec, "train.py")
        assert (code, out) == (2, "")
        assert says in err
        assert not list(tmp_path.glob("*.tapeview"))
