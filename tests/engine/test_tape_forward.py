"""``tf.autodiff.ForwardAccumulator``: derivatives along a direction."""

from __future__ import annotations

import pytest

from tests.engine.names import tf
from tests.engine.raised import raised


def test_the_change_of_a_cube() -> None:
    x = tf.constant(3.0)

    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as acc:
        y = x**3

    assert float(acc.jvp(y)) == 27.0


def test_what_does_not_depend_on_the_primals_does_not_change() -> None:
    x = tf.constant(3.0)

    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as acc:
        y = tf.stop_gradient(x) * 2.0

    assert acc.jvp(y) is None
    assert float(acc.jvp(y, unconnected_gradients="zero")) == 0.0


def test_the_primals_change_by_their_tangents() -> None:
    x = tf.constant(3.0)

    with tf.autodiff.ForwardAccumulator(x, tf.constant(5.0)) as acc:
        pass

    assert float(acc.jvp(x)) == 5.0


def test_a_variable_moves_along_a_direction() -> None:
    v = tf.Variable([1.0, 2.0])

    with tf.autodiff.ForwardAccumulator(v, tf.constant([1.0, 0.0])) as acc:
        y = tf.reduce_sum(v * v * v)

    assert float(acc.jvp(y)) == 3.0


def test_several_primals_and_a_structure_of_results() -> None:
    x, v = tf.constant(3.0), tf.Variable([1.0, 2.0])

    with tf.autodiff.ForwardAccumulator([x, v], [tf.constant(1.0), tf.constant([1.0, 1.0])]) as acc:
        y = x * v
        a, b = tf.split(y, 2)

    found = acc.jvp({"y": y, "parts": [a, b]})
    assert found["y"].numpy().tolist() == [4.0, 5.0]
    assert [p.numpy().tolist() for p in found["parts"]] == [[4.0], [5.0]]


def test_the_change_of_a_gradient_is_the_hessian_times_the_direction() -> None:
    v = tf.Variable([1.0, 2.0])

    with tf.autodiff.ForwardAccumulator(v, tf.constant([1.0, 10.0])) as acc:
        with tf.GradientTape() as tape:
            y = v[0] ** 2 * v[1]
        gradient = tape.gradient(y, v)

    assert acc.jvp(gradient).numpy().tolist() == [24.0, 2.0]


def test_nested_accumulators_give_the_second_derivative() -> None:
    x = tf.constant(3.0)

    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as outer:
        with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as inner:
            y = x**3
        first = inner.jvp(y)

    assert float(first) == 27.0
    assert float(outer.jvp(first)) == 18.0


def test_a_change_can_be_asked_for_inside_the_block() -> None:
    x = tf.constant(3.0)

    with tf.autodiff.ForwardAccumulator(x, tf.constant(1.0)) as acc:
        y = x * x
        first = acc.jvp(y)
        z = y * x

    assert float(first) == 6.0
    assert float(acc.jvp(z)) == 27.0


def test_entering_an_open_accumulator_is_refused() -> None:
    with tf.autodiff.ForwardAccumulator(tf.constant(3.0), tf.constant(1.0)) as acc:
        assert raised(acc.__enter__) == "ValueError: Accumulator is already recording."


def test_tangents_of_another_structure_are_refused() -> None:
    text = raised(lambda: tf.autodiff.ForwardAccumulator([tf.constant(3.0)], tf.constant(1.0)))

    assert text.startswith("ValueError: The two structures don't have the same nested structure.\n\nFirst structure: ")


def test_an_integer_primal_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    tf.autodiff.ForwardAccumulator(tf.constant(1), tf.constant(1))

    assert caplog.messages == ["The dtype of the watched primal must be floating (e.g. tf.float32), got tf.int32"]
