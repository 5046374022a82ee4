"""Is this gradient right: recorded steps against finite differences."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tapeview.cli import main
from tapeview.engine.op import OPS
from tapeview.explain.context import Context
from tapeview.explain.questions import KINK, RIGHT, ROUNDED, UNKNOWN, WRONG, Checked, CheckQuestion, Progress
from tapeview.replay.again import Again
from tapeview.replay.check import check
from tapeview.replay.edits import ops_called
from tapeview.replay.rerun import ReplayError
from tests.helpers.scripts import record_source

OWN_RULE = """
import tensorflow as tf
@tf.custom_gradient
def cube(x):
    y = x ** 3.0
    def grad(upstream):
        return upstream * FACTOR * x ** 2.0
    return y, grad
w = tf.Variable([1.0, 2.0])
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(cube(w) + tf.exp(w))
tape.gradient(loss, w)
"""


@contextmanager
def step_of(folder: Path, source: str) -> Iterator[Context]:
    run = record_source(folder, source)
    assert run.code == 0, run.err
    with run.recording() as recording:
        yield Context(recording, recording.step(0))


def checked(folder: Path, source: str) -> dict[str, Checked]:
    with step_of(folder, source) as context:
        return {one.subject: one for one in check(Again(context), CheckQuestion(0, elements=6)) if not one.op}


def by_op(context: Context, name: str) -> list[Checked]:
    """What was found out about the rules of ops of a type, which `tapeview check --op` asks for, too."""
    return [one for op in ops_called(context, name) for one in check(Again(context), CheckQuestion(0, op=op))]


def test_gradients_of_a_network_are_right(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        """
import tensorflow as tf
tf.keras.utils.set_random_seed(1)
x = tf.random.normal([2, 6, 6, 3])
model = tf.keras.Sequential([
    tf.keras.layers.Conv2D(4, 3, activation="relu"), tf.keras.layers.MaxPool2D(),
    tf.keras.layers.BatchNormalization(), tf.keras.layers.Flatten(), tf.keras.layers.Dropout(0.3),
    tf.keras.layers.Dense(5),
])
with tf.GradientTape() as tape:
    loss = tf.keras.losses.sparse_categorical_crossentropy([1, 4], model(x, training=True), from_logits=True)
tape.gradient(loss, model.trainable_variables)
""",
    )
    # A normalization of two rows may cost more digits than float32 has; of the rules both verdicts say the same.
    assert {one.verdict for one in found.values()} <= {RIGHT, ROUNDED}
    norms = {"batch_normalization/gamma", "batch_normalization/beta"}
    assert set(found) == {"conv2d/kernel", "conv2d/bias", "dense/kernel", "dense/bias"} | norms
    assert all(len(one.elements) == min(6, one.size) for one in found.values())


def test_a_rule_of_the_scripts_own_that_is_right(tmp_path: Path) -> None:
    (one,) = checked(tmp_path, OWN_RULE.replace("FACTOR", "3.0")).values()
    assert (one.verdict, one.culprits) == (RIGHT, ())


def test_a_rule_of_the_scripts_own_that_is_wrong(tmp_path: Path) -> None:
    (one,) = checked(tmp_path, OWN_RULE.replace("FACTOR", "2.0")).values()
    assert (one.verdict, one.culprits) == (WRONG, ("cube (line 11)",))
    assert one.worst.recorded == pytest.approx(2 * 1 + 2.718282) or one.worst.recorded == pytest.approx(8 + 7.389056)
    assert one.worst.by_rules == pytest.approx(one.worst.by_differences, rel=1e-6)


def test_only_the_functions_on_its_way_are_to_blame(tmp_path: Path) -> None:
    source = OWN_RULE.replace("FACTOR", "2.0").replace("tf.exp(w))", "tf.exp(w)) + ((big + 1e-3) - big) * big")
    source = source.replace("with tf", "big = tf.Variable(3e4)\nwith tf").replace("(loss, w)", "(loss, [w, big])")
    found = checked(tmp_path, source)
    assert (found["w"].verdict, found["w"].culprits) == (WRONG, ("cube (line 12)",))
    assert (found["big"].verdict, found["big"].culprits) == (ROUNDED, ())


def test_what_stop_gradient_holds_is_held(tmp_path: Path) -> None:
    source = """
import tensorflow as tf
w = tf.Variable([1.0, 2.0])
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(w * tf.stop_gradient(w ** 2))
tape.gradient(loss, w)
"""
    (one,) = checked(tmp_path, source).values()
    assert one.verdict == RIGHT


def test_upstream_gradients_a_second_order_and_rounding(tmp_path: Path) -> None:
    source = """
import tensorflow as tf
x = tf.Variable([0.5, 1.5])
with tf.GradientTape() as outer:
    with tf.GradientTape() as inner:
        y = tf.sin(x) * x
    dy = inner.gradient(y, x, output_gradients=tf.constant([1.0, 3.0]))
outer.gradient(dy, x)
"""
    assert checked(tmp_path, source)["x"].verdict == RIGHT
    rounded = """
import tensorflow as tf
w = tf.Variable(2.0)
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(w * tf.constant([300.0, 1e-3, -300.0]))
tape.gradient(loss, w)
"""
    one = checked(tmp_path, rounded)["w"]
    assert (one.verdict, one.worst.by_rules) == (ROUNDED, pytest.approx(1e-3, rel=1e-4))
    assert one.worst.recorded != pytest.approx(1e-3, rel=1e-3)


OPS_OF_ALL_KINDS = """
import tensorflow as tf
tf.random.set_seed(3)
x = tf.Variable(tf.random.normal([4, 6]) + 0.1, name="x")
w = tf.Variable(tf.random.normal([3, 5]), name="w")
images = tf.Variable(tf.random.normal([2, 5, 5, 2]), name="images")
kernel = tf.Variable(tf.random.normal([3, 3, 2, 3]), name="kernel")
with tf.GradientTape() as tape:
    left, right = tf.split(x, 2, axis=1)
    rows = tf.gather(tf.tanh(left @ w), [0, 2, 2])
    mixed = tf.concat([rows, rows * rows], 0) / (1.5 + tf.sigmoid(w[0]))
    picked = tf.where(mixed > 0.0, mixed, tf.exp(mixed))
    normal = tf.linalg.norm(right, axis=1)
    seen = tf.nn.max_pool2d(tf.nn.relu(tf.nn.conv2d(images, kernel, 1, "SAME")), 2, 2, "VALID")
    parts = tf.unstack(tf.transpose(tf.reshape(picked, [5, 6])))
    loss = tf.reduce_logsumexp(tf.stack(parts)) + tf.reduce_sum(normal) + tf.reduce_mean(seen ** 2.0)
    loss += tf.reduce_sum(tf.einsum("ij,kj->ik", left, right)) + tf.reduce_max(tf.square(right))
    loss += tf.abs(tf.reduce_sum(tf.complex(w, 2.0 * w) ** 3)) * 1e-3
tape.gradient(loss, [x, w, images, kernel])
"""


def test_the_rules_of_ops_of_all_kinds_are_right(tmp_path: Path) -> None:
    with step_of(tmp_path, OPS_OF_ALL_KINDS) as context:
        (call,) = context.step.calls.values()
        sent = {rule.op: [context.tensor(one) for one in rule.contributions if one] for rule in call.steps}
        ops = [context.step.ops[of] for of, all_ in sent.items() if any(one and one.dtype == "float32" for one in all_)]
        found = [one for op in ops for one in check(Again(context), CheckQuestion(0, op=op.seq, elements=8))]
        assert [one for one in found if one.verdict != RIGHT] == []
        kinds = {"Split", "GatherV2", "ConcatV2", "Conv2D", "MaxPool", "Unpack", "Pack"}
        assert kinds <= {one.op_type for one in found}
        (pool,) = [one for one in found if one.op_type == "MaxPool"]
        assert (len(pool.elements), pool.size) == (8, 150)
        assert pool.errors is not None
        assert pool.errors.shape == (2, 5, 5, 3)
        looked_at = np.argwhere(~np.isnan(pool.errors.array))
        assert [tuple(index) for index in looked_at.tolist()] == [one.index for one in pool.elements]
        (everything,) = by_op(context, "MaxPool")
        assert len(everything.elements) == everything.size


TWO_INPUTS = """
import numpy as np
import tensorflow as tf
@tf.custom_gradient
def product(x, y):
    z = tf.exp(x) * y
    def grad(upstream):
        wrong = tf.where(y > 2.5, 1.25, 1.0)
        return upstream * tf.exp(x) * y * FIRST, upstream * tf.exp(x) * SECOND
    return z, grad
@tf.custom_gradient
def away(x):
    return tf.constant(np.square(x.numpy())), lambda upstream: upstream * 2.0 * x
a = tf.Variable([0.5, 1.0, 1.5], name="a")
b = tf.Variable([1.0, 2.0, 3.0], name="b")
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(product(a, b) * [1.0, -2.0, 3.0]) + tf.reduce_sum(WITH)
tape.gradient(loss, [a, b])
"""


def two_inputs(first: str = "1.0", second: str = "1.0", other: str = "a") -> str:
    return TWO_INPUTS.replace("FIRST", first).replace("SECOND", second).replace("WITH", other)


def test_the_wrong_element_of_a_rule_of_the_scripts_own_is_found_directly(tmp_path: Path) -> None:
    with step_of(tmp_path, two_inputs(second="wrong")) as context:
        a, b = by_op(context, "product")
        assert (a.subject, a.verdict, b.subject, b.verdict, b.op_type) == ("a", RIGHT, "b", WRONG, "product")
        assert (b.worst.index, b.worst.by_rules) == ((2,), None)
        assert b.worst.recorded == pytest.approx(1.25 * b.worst.by_differences)
        assert [one.error > 0.1 for one in b.elements] == [False, False, True]
        assert "tf.custom_gradient" in b.words
        told: list[Progress] = []
        everything = check(Again(context), CheckQuestion(0), told.append)
        assert [(one.subject, one.op > 0, one.verdict, one.culprits) for one in everything] == [
            ("a", True, RIGHT, ()),
            ("b", True, WRONG, ()),
            ("a", False, RIGHT, ()),
            ("b", False, WRONG, ("product (line 17)",)),
        ]
        assert [one.found for one in told if one.found is not None] == everything
        assert [(one.done, one.of) for one in told] == [(n, 4) for k in range(4) for n in (k, k + 1)]
        (only,) = check(Again(context), CheckQuestion(0, call=everything[3].call, source=1))
        assert (only.subject, only.verdict, only.culprits) == ("b", WRONG, ("product (line 17)",))
        assert check(Again(context), CheckQuestion(0), stopped=lambda: True) == []


def test_what_a_function_is_given_twice_is_one_gradient(tmp_path: Path) -> None:
    with step_of(tmp_path, two_inputs(other="product(a, a)")) as context:
        found = by_op(context, "product")
        assert [(one.subject, one.verdict) for one in found] == [("a", RIGHT), ("b", RIGHT), ("a", RIGHT)]


def test_what_computes_in_numpy_cannot_be_judged(tmp_path: Path) -> None:
    with step_of(tmp_path, two_inputs(other="away(a)")) as context:
        (away,) = by_op(context, "away")
        assert (away.verdict, away.elements) == (UNKNOWN, ())
        assert "NumPy" in away.words
        found = {one.subject: one for one in check(Again(context), CheckQuestion(0)) if not one.op}
        assert (found["a"].verdict, found["b"].verdict) == (UNKNOWN, RIGHT)
        assert "NumPy" in found["a"].words


def test_straight_through_is_not_the_derivative(tmp_path: Path) -> None:
    source = """
import tensorflow as tf
@tf.custom_gradient
def through(x):
    return tf.round(x), lambda upstream: upstream
w = tf.Variable([0.3, 1.6])
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(through(w) * [1.0, 2.0])
tape.gradient(loss, w)
"""
    one = checked(tmp_path, source)["w"]
    assert (one.verdict, one.culprits) == (WRONG, ("through (line 8)",))
    assert (one.worst.index, one.worst.recorded, one.worst.by_differences) == ((1,), 2.0, 0.0)


CORNERS = """
import tensorflow as tf
w = tf.Variable([0.0, 0.0, -1.0], name="w")
for function in (
    tf.nn.relu,
    lambda v: tf.maximum(v, -v),
    lambda v: tf.sqrt(v * v),
    lambda v: tf.nn.max_pool1d(v[None, :, None], 3, 1, "SAME"),
):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(1000.0 * function(w))
    tape.gradient(loss, w)
"""


def test_corners_are_kinks_and_no_errors(tmp_path: Path) -> None:
    with step_of(tmp_path, CORNERS) as context:
        assert context.recording.step_count == 4
        for number in range(4):
            (one,) = check(Again(Context(context.recording, context.recording.step(number))), CheckQuestion(number))
            assert (one.verdict, one.worst.kink, one.worst.index < (2,)) == (KINK, True, True)
            assert "corner" in one.words


def test_near_a_corner_the_steps_get_smaller(tmp_path: Path) -> None:
    source = """
import tensorflow as tf
w = tf.Variable([3e-8, -3e-8, 0.0])
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(tf.nn.relu(w) + tf.abs(w))
tape.gradient(loss, w)
"""
    one = checked(tmp_path, source)["w"]
    assert [(element.by_rules, element.kink) for element in one.elements] == [(2.0, False), (-1.0, False), (0.0, True)]


def test_no_kink_where_a_rule_is_wrong_on_a_steep_curve(tmp_path: Path) -> None:
    source = OWN_RULE.replace("x ** 3.0", "tf.exp(20.0 * x)").replace("FACTOR * x ** 2.0", "19.5 * tf.exp(20.0 * x)")
    with step_of(tmp_path, source) as context:
        (one,) = by_op(context, "cube")
        assert (one.verdict, any(element.kink for element in one.elements)) == (WRONG, False)


def test_where_it_is_not_a_number_there_is_no_slope(tmp_path: Path) -> None:
    source = """
import tensorflow as tf
w = tf.Variable([1.0, 0.0])
for function in (tf.math.log, lambda v: tf.exp(100.0 * v) / tf.exp(100.0 * v)):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(function(w))
    tape.gradient(loss, w)
"""
    with step_of(tmp_path, source) as context:
        (edge,) = check(Again(context), CheckQuestion(0))
        (overflow,) = check(Again(Context(context.recording, context.recording.step(1))), CheckQuestion(1))
    assert (edge.verdict, edge.worst.index, overflow.verdict) == (UNKNOWN, (1,), ROUNDED)
    assert "NaN or Inf" in edge.words
    assert "3.4e38" in overflow.words


def test_what_cannot_be_checked_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = """
import tensorflow as tf
w = tf.Variable([1.4, 2.0])
with tf.GradientTape() as tape:
    far = tf.sin(w)
    loss = tf.reduce_sum(tf.round(w)) + tf.reduce_sum(w)
tape.gradient(loss, w)
"""
    with step_of(tmp_path, source) as context:
        went = "no gradient of step 1 went through Sin in line 5"
        for name, why in (("Sin", went), ("Round", "sent no real gradient")):
            with pytest.raises(ReplayError, match=why):
                by_op(context, name)
        monkeypatch.setattr(OPS["Sum"], "forward", lambda *_arrays, **_attrs: 1 / 0)
        with pytest.raises(ReplayError, match="“w” cannot be checked: division by zero"):
            check(Again(context), CheckQuestion(0, op=max(ops_called(context, "Sum"))))
        with pytest.raises(ReplayError, match="this op"):
            check(Again(context), CheckQuestion(0, op=10**6))


def test_small_floats_carry_few_digits(tmp_path: Path) -> None:
    source = """
import tensorflow as tf
@tf.custom_gradient
def cube(v):
    return v ** 3, lambda upstream: FACTOR * upstream * v ** 2
w = tf.Variable(tf.constant([0.3, 1.7, -2.2], tf.float16))
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(cube(w))
tape.gradient(loss, w)
"""
    for factor, verdict in (("3", RIGHT), ("3.5", WRONG)):
        with step_of(tmp_path, source.replace("FACTOR", factor)) as context:
            assert {one.verdict for one in check(Again(context), CheckQuestion(0))} == {verdict}


def test_time_is_a_limit_where_no_number_is_given(tmp_path: Path) -> None:
    source = """
import tensorflow as tf
w = tf.Variable(tf.ones([400, 300]))
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(tf.sin(w))
tape.gradient(loss, w)
"""
    with step_of(tmp_path, source) as context:
        (one,) = check(Again(context), CheckQuestion(0, seconds=0.0))
        assert (len(one.elements), one.size, one.verdict) == (3, 120_000, RIGHT)
        (same,) = check(Again(context), CheckQuestion(0, elements=5, seed=1))
        (other,) = check(Again(context), CheckQuestion(0, elements=5, seed=2))
        assert len(same.elements) == len(other.elements) == 5
        assert same.elements != other.elements


def test_on_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(record_source(tmp_path, OWN_RULE.replace("FACTOR", "2.0")).path)
    assert main(["check", path]) == 4
    assert "WRONG" in (text := capsys.readouterr().out)
    assert "what cube (line 11) sends to w: WRONG, 2 of 2 elements" in text
    assert "the script's own rule of cube (line 11)" in text
    assert main(["check", path, "--json", "--elements", "1"]) == 4
    assert json.loads(capsys.readouterr().out)["gradients"][0]["verdict"] == "wrong"
    assert main(["check", path, "--elements", "-1"]) == 2
    capsys.readouterr()
    assert main(["check", path, "--op", "Exp", "--op", "AddV2"]) == 0
    assert capsys.readouterr().out.count(": right, 2 of 2 elements") == 3
    assert main(["check", path, "--op", "cube", "--source", "w", "--elements", "0"]) == 4
    assert capsys.readouterr().out.count("WRONG") == 2
    assert main(["check", path, "--source", "nobody"]) == 2
    assert "no gradient of step 1 was asked for “nobody”" in capsys.readouterr().err
    assert main(["check", path, "--op", "Nothing"]) == 2
    assert "is a “Nothing”" in capsys.readouterr().err
    for last, why in (
        ("", "it asked for no gradient"),
        ("tape.gradient(loss, tf.constant(1.0))", "no call gave a gradient"),
    ):
        source = "import tensorflow as tf\nwith tf.GradientTape() as tape:\n    loss = tf.exp(1.0)\n"
        assert main(["check", str(record_source(tmp_path / last[:4], source + last).path)]) == 0
        assert why in capsys.readouterr().out
