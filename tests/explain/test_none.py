"""A real script for each cause of a None: the cause, the op and the line at which the path breaks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.explain.reading import explained

CASES = {
    "not watched": ("""
        c = tf.constant(2.0)
        with tf.GradientTape() as tape:
            y = c * c  # here
        assert tape.gradient(y, c) is None
        """, "Mul", "error"),
    "not watched, computed": ("""
        c = tf.constant(2.0) + 1.0
        with tf.GradientTape() as tape:
            y = c * c  # here
        assert tape.gradient(y, c) is None
        """, "Mul", "error"),
    "not trainable": ("""
        v = tf.Variable(2.0, trainable=False)
        with tf.GradientTape() as tape:
            y = tf.sin(v)  # here
        assert tape.gradient(y, v) is None
        """, "Sin", "error"),
    "watch_accessed_variables=False": ("""
        v = tf.Variable(2.0)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            y = tf.exp(v)  # here
        assert tape.gradient(y, v) is None
        """, "Exp", "error"),
    "watched too late": ("""
        c = tf.constant(2.0)
        with tf.GradientTape() as tape:
            y = c * c
            tape.watch(c)  # here
        assert tape.gradient(y, c) is None
        """, "Mul", "error"),
    "before the tape began": ("""
        x = tf.Variable(2.0)
        h = x * 2.0  # here
        with tf.GradientTape() as tape:
            y = h * h
        assert tape.gradient(y, x) is None
        """, "Mul", "error"),
    "after the tape ended": ("""
        x = tf.Variable(2.0)
        with tf.GradientTape() as tape:
            h = x * 2.0
        y = h * h  # here
        assert tape.gradient(y, x) is None
        """, "", "error"),
    "replaced by a tensor": ("""
        v = tf.Variable(2.0)
        for epoch in range(2):
            with tf.GradientTape() as tape:
                y = v * v
            tape.gradient(y, v)
            v = v + 1.0  # here
        """, "Mul", "error"),
    "integer dtype": ("""
        n = tf.Variable(10)  # here
        with tf.GradientTape() as tape:
            y = n * n
        assert tape.gradient(y, n) is None
        """, "Mul", "error"),
    "string dtype": ("""
        s = tf.constant("text")
        x = tf.Variable(1.0)
        with tf.GradientTape() as tape:
            y = x * x
        assert tape.gradient(y, s) is None  # here
        """, "", "error"),
    "left through NumPy: .numpy()": ("""
        x = tf.Variable([1.0, 2.0])
        with tf.GradientTape() as tape:
            h = x * 2.0
            n = h.numpy()  # here
            y = tf.reduce_sum(tf.constant(n) ** 2)
        assert tape.gradient(y, x) is None
        """, "Pow", "error"),
    "left through NumPy: the variable": ("""
        x = tf.Variable([1.0, 2.0])
        with tf.GradientTape() as tape:
            n = x.numpy() + 1.0  # here
            y = tf.reduce_sum(n)
        assert tape.gradient(y, x) is None
        """, "Sum", "error"),
    "left through NumPy: np.mean": ("""
        x = tf.Variable([1.0, 2.0])
        with tf.GradientTape() as tape:
            m = np.mean(x * x)  # here
            y = tf.square(m)
        assert tape.gradient(y, x) is None
        """, "Square", "error"),
    "left through NumPy: float": ("""
        x = tf.Variable(2.0)
        with tf.GradientTape() as tape:
            h = x * x
            f = float(h)  # here
            y = tf.square(f)
        assert tape.gradient(y, x) is None
        """, "Square", "error"),
    "op without a gradient: floor": ("""
        x = tf.Variable(2.5)
        with tf.GradientTape() as tape:
            h = x * 2.0
            f = tf.floor(h)  # here
            y = f * 2.0
        assert tape.gradient(y, x) is None
        """, "Floor", "error"),
    "op without a gradient: round": ("""
        x = tf.Variable(2.5)
        with tf.GradientTape() as tape:
            y = tf.round(x) + 1.0  # here
        assert tape.gradient(y, x) is None
        """, "Round", "error"),
    "op without a gradient: argmax": ("""
        x = tf.Variable([2.5, 1.0])
        with tf.GradientTape() as tape:
            k = tf.argmax(x)  # here
            y = tf.cast(k, tf.float32) * 2.0
        assert tape.gradient(y, x) is None
        """, "ArgMax", "error"),
    "op without a gradient: comparison": ("""
        x = tf.Variable([2.5, 1.0])
        with tf.GradientTape() as tape:
            k = x > 2.0  # here
            y = tf.reduce_mean(tf.cast(k, tf.float32))
        assert tape.gradient(y, x) is None
        """, "Greater", "error"),
    "cast to whole numbers": ("""
        x = tf.Variable(2.5)
        with tf.GradientTape() as tape:
            n = tf.cast(x, tf.int32)  # here
            y = tf.cast(n, tf.float32) * 2.0
        assert tape.gradient(y, x) is None
        """, "Cast", "error"),
    "a rule gave None": ("""
        @tf.custom_gradient
        def double(x):
            return x * 2.0, lambda upstream: None

        x = tf.Variable(2.5)
        with tf.GradientTape() as tape:
            y = double(x)  # here
        assert tape.gradient(y, x) is None
        """, "double", "error"),
    "stop_gradient": ("""
        x = tf.Variable(2.5)
        with tf.GradientTape() as tape:
            h = x * x
            s = tf.stop_gradient(h)  # here
            y = s * 3.0
        assert tape.gradient(y, x) is None
        """, "StopGradient", "warning"),
    "stop_recording": ("""
        x = tf.Variable(2.5)
        with tf.GradientTape() as tape:
            with tape.stop_recording():
                h = x * x  # here
            y = h * 3.0
        assert tape.gradient(y, x) is None
        """, "Mul", "warning"),
    "assign": ("""
        x0 = tf.Variable(3.0)
        x1 = tf.Variable(0.0)
        with tf.GradientTape() as tape:
            x1.assign_add(x0)  # here
            y = x1 ** 2
        assert tape.gradient(y, x0) is None
        """, "Pow", "error"),
    "copied": ("""
        x = tf.Variable(3.0)
        with tf.GradientTape() as tape:
            y = tf.constant(x) * 2.0  # here
        assert tape.gradient(y, x) is None
        """, "Mul", "error"),
    "branch did not run": ("""
        a = tf.Variable(1.0)
        b = tf.Variable(2.0)
        with tf.GradientTape() as tape:
            if tf.constant(True):  # here
                r = a
            else:
                r = b ** 2
            y = r * 3.0
        assert tape.gradient(y, b) is None
        """, "", "error"),
    "branch did not run: in a function": ("""
        a = tf.Variable(1.0)
        b = tf.Variable(2.0)
        def f(flag):
            if flag:  # here
                return a * 3.0
            else:
                return b * 2.0
        with tf.GradientTape() as tape:
            y = f(True)
        assert tape.gradient(y, b) is None
        """, "", "error"),
    "no path": ("""
        a = tf.Variable(1.0)
        b = tf.Variable(2.0)
        with tf.GradientTape() as tape:
            z = tf.sin(b)  # here
            y = a * a
        assert tape.gradient(y, b) is None
        """, "Sin", "error"),
    "not used": ("""
        a = tf.Variable(1.0)
        b = tf.Variable(2.0)
        with tf.GradientTape() as tape:
            y = a * a  # here
        assert tape.gradient(y, [a, b])[1] is None
        """, "", "warning"),
    "inner gradient outside the outer tape": ("""
        x = tf.Variable(3.0)
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                y = x * x * x
        dy = inner.gradient(y, x)  # here
        assert outer.gradient(dy, x) is None
        """, "", "error"),
    "wrong tape": ("""
        x = tf.Variable(3.0)
        with tf.GradientTape() as first:
            y = x * x  # here
        with tf.GradientTape() as second:
            z = x * 2.0
        assert second.gradient(y, x) is None
        """, "Mul", "error"),
    "the tape began again": ("""
        x = tf.Variable(3.0)
        with tf.GradientTape() as tape:
            h = x * x  # here
            tape.reset()
            y = h * 2.0
        assert tape.gradient(y, x) is None
        """, "Mul", "error"),
    "not used, with zeros": ("""
        a = tf.Variable(1.0)
        b = tf.Variable(2.0)
        with tf.GradientTape() as tape:
            y = a * a  # here
        tape.gradient(y, b, unconnected_gradients="zero")
        """, "", "note"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_cause_op_and_line(tmp_path: Path, name: str) -> None:
    body, op, level = CASES[name]
    found, line = explained(tmp_path, body)
    (finding,) = found
    cause = name.partition(":")[0].partition(",")[0]
    assert (finding.kind, finding.cause, finding.op_name, finding.line, finding.level) == (
        "none",
        cause,
        op,
        line,
        level,
    )
    assert line > 0
    # Two sentences, filled in to the end.
    for sentence in (finding.text, finding.advice):
        assert sentence.endswith((".", "…."))
        assert "{" not in sentence
    # Where an op is named, so is the edge, and the path goes through it.
    if finding.op:
        assert finding.input >= 0
        assert finding.op in {hop.op for hop in finding.path}


def test_the_same_in_each_step_is_told_once(tmp_path: Path) -> None:
    found, line = explained(
        tmp_path,
        """
        x = tf.Variable(2.5)
        for step in range(5):
            with tf.GradientTape() as tape:
                y = tf.floor(x)  # here
            tape.gradient(y, x)
        """,
    )
    (finding,) = [one for one in found if one.kind == "none"]
    assert (finding.line, finding.step, finding.steps, finding.last) == (line, 0, 5, 4)


HEALTHY = {
    "regression": """
        w = tf.Variable(1.0)
        b = tf.Variable(0.5)
        x = np.arange(5.0, dtype=np.float32)
        for step in range(4):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((w * x + b - 3.0) ** 2)
            dw, db = tape.gradient(loss, [w, b])
            w.assign_sub(0.01 * dw)
            b.assign_sub(0.01 * db)
        """,
    "numbers printed inside the tape": """
        w = tf.Variable([1.0, 2.0])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(w * w)
            print(loss.numpy(), float(loss), np.mean(w))
        tape.gradient(loss, w)
        """,
    "second order": """
        x = tf.Variable(3.0)
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                y = x * x * x
            dy = inner.gradient(y, x)
        assert outer.gradient(dy, x) is not None
        """,
    "a mask of minus infinity": """
        w = tf.Variable([[1.0, 2.0, 3.0]])
        with tf.GradientTape() as tape:
            scores = tf.where([[True, True, False]], w, -np.inf)
            loss = tf.reduce_sum(tf.nn.softmax(scores)[0, :1])
        tape.gradient(loss, w)
        """,
    "some ReLUs off": """
        w = tf.Variable([-1.0, 2.0])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.nn.relu(w))
        tape.gradient(loss, w)
        """,
}


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_scripts_have_no_findings(tmp_path: Path, name: str) -> None:
    found, _ = explained(tmp_path, HEALTHY[name])
    assert found == []
