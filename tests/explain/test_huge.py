"""Numbers that become huge: where they pass the limit, forward, backward, in data and in updates."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapeview.explain import HUGE, Finding, explain, explain_step
from tapeview.explain.rules import RULES, parse
from tests.explain.reading import BEGIN, explained
from tests.helpers.scripts import record_source

CASES = {
    "grows here": ("""
        x = tf.Variable([3.0, 2e5])
        with tf.GradientTape() as tape:
            s = x * x  # here
            loss = tf.reduce_sum(s)
        tape.gradient(loss, x)
        """, "Mul", False, "x[1] = 200000", "loss"),
    "huge data": ("""
        x = tf.constant([[1.0, 3e9]])
        w = tf.Variable([[1.0], [1.0]])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.matmul(x, w))  # here
        tape.gradient(loss, w)
        """, "MatMul", False, "[0, 1] = 3e+09", "loss"),
    "gradient grows": ("""
        x = tf.Variable([1.0, 1e-5])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(1.0 / x)  # here
        tape.gradient(loss, x)
        """, "RealDiv", True, "x[1] = 1e-05", "the gradient of x"),
    "update too large": ("""
        x = tf.Variable([1.0])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(x * x)
        g = tape.gradient(loss, x)
        x.assign_sub(1e9 * g)  # here
        """, "", False, "", "x after its update"),
}  # fmt: skip


def huge(found: list[Finding]) -> Finding:
    (finding,) = [one for one in found if one.kind == "huge"]
    return finding


@pytest.mark.parametrize("cause", CASES)
def test_where_they_begin(tmp_path: Path, cause: str) -> None:
    body, op, backward, element, reached = CASES[cause]
    found, line = explained(tmp_path, body)
    finding = huge(found)
    assert (finding.cause, finding.level, finding.op_name, finding.line) == (cause, "warning", op, line)
    assert finding.backward == backward
    assert element in "; ".join(finding.elements)
    assert reached in finding.poisoned
    assert "1e+08, the limit for huge numbers" in finding.text


def test_the_limit_can_be_chosen(tmp_path: Path) -> None:
    body = "x = tf.Variable([3.0, 50.0])\nwith tf.GradientTape() as tape:\n    y = tf.reduce_sum(x * x)\n"
    run = record_source(tmp_path, BEGIN + body + "tape.gradient(y, x)\n")
    with run.recording() as recording:
        assert explain(recording) == []
        rules = parse(["huge-numbers.limit=1000"], RULES)
        finding = huge(explain(recording, rules=rules))
        assert "beyond 1e+03" in finding.text
        assert huge(explain_step(recording, 0, rules=rules)).op == finding.op
        assert HUGE == 1e8


def test_what_is_squashed_again_is_nobodys_trouble(tmp_path: Path) -> None:
    # As attention does it: places that do not count get -1e9 before a softmax.
    body = """
        x = tf.Variable([1.0, 2.0])
        with tf.GradientTape() as tape:
            masked = x + tf.constant([0.0, -1e9])
            loss = tf.reduce_sum(tf.nn.softmax(masked))
        tape.gradient(loss, x)
        """
    found, _ = explained(tmp_path, body)
    assert [one for one in found if one.kind == "huge"] == []


def test_a_variable_that_was_huge_before_is_told_where_its_step_is_asked_for(tmp_path: Path) -> None:
    body = """
        x = tf.Variable([1.0])
        for step in range(2):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(x)
            g = tape.gradient(loss, x)
            x.assign_sub(1e9 * g)  # here
        """
    found, line = explained(tmp_path, body)
    finding = huge(found)
    assert (finding.cause, finding.line, finding.step) == ("update too large", line, 0)
