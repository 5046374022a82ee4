"""Gradients of gradients: nested tapes, persistent tapes, Hessians, and what stops a gradient."""

from __future__ import annotations

import pytest

from tests.engine.names import tf


def test_a_gradient_taken_inside_another_tapes_block_is_differentiated() -> None:
    x = tf.constant(3.0)

    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = x * x
        first = inner.gradient(y, x)
        z = first * x

    assert float(first) == 6.0
    assert float(outer.gradient(z, x)) == 12.0


def test_a_gradient_taken_outside_the_outer_block_is_not_connected() -> None:
    x = tf.Variable(3.0)

    with tf.GradientTape() as outer, tf.GradientTape() as inner:
        y = x * x * x
    first = inner.gradient(y, x)

    assert float(first) == 27.0
    assert outer.gradient(first, x) is None


def test_three_nested_tapes_give_the_third_derivative() -> None:
    x = tf.Variable(2.0)

    with tf.GradientTape() as third:
        with tf.GradientTape() as second:
            with tf.GradientTape() as first:
                y = x**4
            dy = first.gradient(y, x)
        ddy = second.gradient(dy, x)

    assert float(dy) == 32.0
    assert float(ddy) == 48.0
    assert float(third.gradient(ddy, x)) == 48.0


def test_one_persistent_tape_gives_derivatives_of_every_order(caplog: pytest.LogCaptureFixture) -> None:
    x = tf.constant(3.0)

    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x * x
        first = tape.gradient(y, x)
        second = tape.gradient(first, x)
    third = tape.gradient(second, x)

    assert [float(g) for g in (first, second, third)] == [27.0, 18.0, 6.0]


def test_a_second_derivative_that_does_not_exist_is_none() -> None:
    w1 = tf.Variable(5.0)
    w2 = tf.Variable(3.0)

    with tf.GradientTape(persistent=True) as outer:
        with tf.GradientTape() as inner:
            z = 3 * w1**2 + 2 * w1 * w2
        rows = inner.gradient(z, [w1, w2])
    hessian = [outer.gradient(row, [w1, w2]) for row in rows]

    assert [[None if g is None else float(g) for g in row] for row in hessian] == [[6.0, 2.0], [2.0, None]]


def test_a_watch_decides_on_which_tape_the_second_derivative_exists() -> None:
    x = tf.constant(2.0)

    with tf.GradientTape() as unwatched, tf.GradientTape() as watched:
        watched.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = x**3
        first = inner.gradient(y, x)

    assert unwatched.gradient(first, x) is None
    assert float(watched.gradient(first, x)) == 12.0


def test_a_hessian_times_a_vector_needs_no_hessian() -> None:
    x = tf.Variable([1.0, 2.0])
    vector = tf.constant([1.0, 10.0])

    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = x[0] ** 2 * x[1]
        first = inner.gradient(y, x)

    # The Hessian is [[2 * x1, 2 * x0], [2 * x0, 0]].
    assert outer.gradient(first, x, output_gradients=vector).numpy().tolist() == [24.0, 2.0]


def test_a_persistent_inner_tape_can_be_asked_twice() -> None:
    x = tf.constant(3.0)

    with tf.GradientTape(persistent=True) as outer:
        outer.watch(x)
        with tf.GradientTape(persistent=True) as inner:
            inner.watch(x)
            y = x * x
        first = inner.gradient(y, x)
        again = inner.gradient(y, x)
        z = first * again

    assert float(outer.gradient(z, x)) == 24.0


def test_a_stopped_gradient_does_not_flow() -> None:
    w1 = tf.Variable(5.0)
    w2 = tf.Variable(3.0)

    with tf.GradientTape() as tape:
        z = 3 * w1**2 + tf.stop_gradient(2 * w1 * w2)

    d1, d2 = tape.gradient(z, [w1, w2])
    assert float(d1) == 30.0
    assert d2 is None


def test_a_gradient_penalty_is_differentiated_through_the_gradient() -> None:
    w = tf.Variable(2.0)
    x = tf.constant(3.0)

    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = w * x * x
        slope = inner.gradient(y, x)
        penalty = (slope - 1.0) ** 2

    # slope = 2 * w * x, so the derivative is 2 * (slope - 1) * 2 * x.
    assert float(outer.gradient(penalty, w)) == 132.0
