"""Breakpoints on rules in real processes: a process beside the script looks, the script stops a little later."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from tapeview.debuggee.breakpoints.rules import RuleWatch
from tapeview.engine import observe
from tests.debuggee.breakpoints.listening import listening, run
from tests.debuggee.breakpoints.test_child import broken, stop_of
from tests.debuggee.breakpoints.test_points import LOOP, PATH
from tests.helpers.scripts import write_script

ENDLESS = """\
import tensorflow as tf
tf.random.set_seed(1)
x = tf.random.normal([16, 10])
w = tf.Variable(tf.random.normal([10, 8]))
b = tf.Variable(tf.constant([-50.0] * 6 + [0.0] * 2))
while True:
    with tf.GradientTape() as tape:
        hidden = tf.nn.relu(x @ w + b)
        loss = tf.reduce_mean(hidden)
    w.assign_sub(1e-4 * tape.gradient(loss, w))
"""


def test_the_script_stops_a_little_after_the_rule_has_fired(tmp_path: Path) -> None:
    ended = broken(tmp_path, write_script(tmp_path, ENDLESS), "rule:saturated", "rule:dead-relu:units=0.6")
    assert ended.code == 3, ended.err
    with ended.recording() as recording:
        failure = stop_of(recording)
        assert failure.type == "rule:dead-relu:units=0.6"
        said = re.fullmatch(
            r"the rule dead ReLU fires in step (\d+): 75% of the 8 units of “hidden” \(Relu\) are zero for all 16 rows "
            r"of the batch \(limit 60%\)(?:; the script has gone on for (\d+) steps? since)?",
            failure.message,
        )
        assert said is not None, failure.message
        assert int(said[1]) + int(said[2] or 0) == failure.step + 1 == recording.step_count
    # Whoever looked has let go of the file.
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(ended.path.name)] == [ended.path.name]


def take(rules: RuleWatch, **news: object) -> None:
    """Hear what the process says."""
    rules._take([msgspec.json.encode(news)])


def test_nothing_is_asked_before_a_rule_has_fired_and_nothing_after_it_was_told() -> None:
    rules = RuleWatch(None, lambda: heard.recheck())
    with listening("rule:*", rules=rules) as heard:
        run(LOOP, PATH)
        assert heard.checks == {}
        take(rules, type="hit", watch=1, step=1, text="it fires")
        assert heard.checks
        run(LOOP, PATH)
        assert heard.texts() == ["it fires; the script has gone on for 3 steps since"]
        heard.recheck()
        assert heard.checks == {}
    assert heard.hits() == [1]


def test_conditions_counts_and_texts_hold_for_rules_too() -> None:
    rules = RuleWatch(None, lambda: heard.recheck())
    with listening("rule:a log {limit}", "rule:b after 2", "rule:c if limit > 9", "rule:d", rules=rules) as heard:
        for watch in (1, 2, 3, 2):
            take(rules, type="hit", watch=watch, step=0, text=f"fires {watch}")
        take(rules, type="hit", watch=7, step=0, text="of nobody")
        take(rules, type="refused", watch=4, sentence="there is no rule “d”")
        run(LOOP, PATH)
        assert heard.said == ["3\n"]
        assert heard.texts() == ["fires 2"]
        assert [(one.hits, one.error) for one in heard.checker.hits()] == [
            (1, ""), (2, ""), (0, ""), (0, "there is no rule “d”"),
        ]  # fmt: skip


def test_what_has_fired_for_a_breakpoint_that_was_removed_stops_nobody() -> None:
    rules = RuleWatch(None, lambda: heard.recheck())
    with listening("rule:*", rules=rules) as heard:
        take(rules, type="hit", watch=1, step=0, text="it fires")
        heard.set("op:Nothing")
        assert set(heard.checks) == {observe.TAPE_OPENED, observe.OP}
        run(LOOP, PATH)
        assert heard.stops == []
