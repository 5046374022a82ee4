"""A real script for each way in which NaN and Inf begin: cause, op, line, direction and the elements responsible."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapeview.explain import explain_step
from tests.explain.reading import BEGIN, explained
from tests.helpers.scripts import record_source

CASES = {
    "log of zero": ("""
        x = tf.Variable([[1.0, 2.0], [0.0, 3.0]])
        with tf.GradientTape() as tape:
            p = x * 1.0
            l = tf.math.log(p)  # here
            loss = tf.reduce_sum(l)
        tape.gradient(loss, x)
        """, "Log", False, "p[1, 0] = 0 → -Inf", "loss"),
    "log of a negative number": ("""
        x = tf.Variable([1.0, -2.0])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.math.log(x))  # here
        tape.gradient(loss, x)
        """, "Log", False, "x[1] = -2 → NaN", "loss"),
    "root of a negative number": ("""
        x = tf.Variable([4.0, -4.0])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.sqrt(x))  # here
        tape.gradient(loss, x)
        """, "Sqrt", False, "x[1] = -4 → NaN", "loss"),
    "division by zero": ("""
        x = tf.Variable([4.0, 3.0, 0.0])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(1.0 / x)  # here
        tape.gradient(loss, x)
        """, "RealDiv", False, "x[2] = 0 → Inf", "loss"),
    "division by zero: zero by zero": ("""
        x = tf.Variable([0.0, 3.0])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(x / x)  # here
        tape.gradient(loss, x)
        """, "RealDiv", False, "x[0] = 0, x[0] = 0 → NaN", "loss"),
    "overflow": ("""
        x = tf.Variable([1.0, 100.0])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.exp(x))  # here
        tape.gradient(loss, x)
        """, "Exp", False, "x[1] = 100 → Inf", "loss"),
    "overflow: a product": ("""
        x = tf.Variable([1.0, 1e30])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(x * x)  # here
        tape.gradient(loss, x)
        """, "Mul", False, "x[1] = 1e+30", "loss"),
    "power of a negative number": ("""
        x = tf.Variable([2.0, -2.0])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(x ** 0.5)  # here
        tape.gradient(loss, x)
        """, "Pow", False, "x[1] = -2", "loss"),
    "outside the domain": ("""
        x = tf.Variable([0.5, 2.0])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.acos(x))  # here
        tape.gradient(loss, x)
        """, "Acos", False, "x[1] = 2 → NaN", "loss"),
    "rule made it": ("""
        x = tf.Variable([0.0, 4.0])
        with tf.GradientTape() as tape:
            root = tf.sqrt(x)  # here
            loss = tf.reduce_sum(root)
        tape.gradient(loss, x)
        """, "Sqrt", True, "Sqrt[0] = 0 → Inf", "the gradient of x"),
    "rule made it: the norm": ("""
        x = tf.Variable(0.0)
        with tf.GradientTape() as tape:
            square = x * x
            root = tf.sqrt(square)  # here
        tape.gradient(root, x)
        """, "Sqrt", True, "Sqrt = 0 → Inf", "the gradient of x"),
    "gradient of the branch not chosen": ("""
        x = tf.Variable([0.0, 4.0])
        with tf.GradientTape() as tape:
            l = tf.math.log(x)  # here
            loss = tf.reduce_sum(tf.where(x > 0, l, tf.zeros_like(x)))
        tape.gradient(loss, x)
        """, "Log", True, "x[0] = 0 → NaN", "the gradient of x"),
    "bad data": ("""
        x = tf.constant([1.0, np.nan])
        w = tf.Variable(2.0)
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(w * x)  # here
        tape.gradient(loss, w)
        """, "Mul", False, "[1] = NaN", "loss"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_where_it_began(tmp_path: Path, name: str) -> None:
    body, op, backward, element, reached = CASES[name]
    found, line = explained(tmp_path, body)
    (finding,) = [one for one in found if one.kind == "nonfinite"]
    assert (finding.cause, finding.level) == (name.partition(":")[0], "error")
    assert (finding.op_name, finding.line, finding.backward) == (op, line, backward)
    assert element in finding.elements[0]
    assert reached in finding.poisoned
    assert finding.subject == reached
    assert finding.text.endswith(".")
    assert finding.advice


NAN_LATER = """
w = tf.Variable(1.0)
for step in range(6):
    with tf.GradientTape() as tape:
        z = 3.0 - w
        loss = tf.math.log(z)  # here
    dw = tape.gradient(loss, w)
    if step < 2:
        w.assign_add(1.0)
    else:
        w.assign_sub(dw)
"""


def test_a_training_is_told_once_where_it_began_and_each_step_knows(tmp_path: Path) -> None:
    found, line = explained(tmp_path, NAN_LATER)
    (finding,) = found
    assert (finding.cause, finding.step, finding.steps, finding.line) == ("log of zero", 2, 1, line)
    assert finding.poisoned == ("loss", "the gradient of w", "w after its update")
    assert [hop.name for hop in finding.path] == ["Log"]
    run = record_source(tmp_path, BEGIN + NAN_LATER)
    with run.recording() as recording:
        began, given = [f for f in explain_step(recording, 4) if f.kind == "nonfinite"]
        assert (began.cause, began.step) == ("log of zero", 2)
        assert (given.cause, given.subject) == ("bad before the step", "loss")


def test_the_path_leads_through_forward_and_backward(tmp_path: Path) -> None:
    found, line = explained(
        tmp_path,
        """
        x = tf.Variable([0.0, 4.0])
        with tf.GradientTape() as tape:
            h = x * 2.0
            r = tf.sqrt(h)  # here
            loss = tf.reduce_sum(r)
        g = tape.gradient(loss, x)
        x.assign_sub(g)
        """,
    )
    (finding,) = found
    assert [(hop.name, hop.backward) for hop in finding.path] == [("Sqrt", True), ("Mul", True)]
    assert finding.path[0].line == line
    assert finding.poisoned == ("the gradient of x", "x after its update")


def test_an_inf_that_reaches_nothing_is_a_note(tmp_path: Path) -> None:
    found, line = explained(
        tmp_path,
        """
        x = tf.Variable([0.0, 4.0])
        with tf.GradientTape() as tape:
            unused = tf.math.log(tf.stop_gradient(x))  # here
            loss = tf.reduce_sum(x * x)
        tape.gradient(loss, x)
        """,
    )
    (finding,) = found
    assert (finding.level, finding.cause, finding.line) == ("note", "log of zero", line)
