"""``tape.jacobian`` and ``tape.batch_jacobian``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.engine.names import tf
from tests.engine.raised import raised


def product_of_vectors(persistent: bool = False) -> tuple[Any, Any, Any, Any]:
    """A tape with z = x * x * y of two vectors."""
    x = tf.constant([1.0, 2.0])
    y = tf.constant([3.0, 4.0])
    with tf.GradientTape(persistent=persistent) as tape:
        tape.watch([x, y])
        z = x * x * y
    return tape, x, y, z


@pytest.mark.parametrize("pfor", [True, False], ids=["vectorised", "row by row"])
def test_the_jacobian_of_vectors_is_a_matrix_per_source(pfor: bool) -> None:
    tape, x, y, z = product_of_vectors(persistent=True)

    dx, dy = tape.jacobian(z, [x, y], experimental_use_pfor=pfor)

    assert dx.numpy().tolist() == [[6.0, 0.0], [0.0, 16.0]]
    assert dy.numpy().tolist() == [[1.0, 0.0], [0.0, 4.0]]


def test_a_jacobian_works_on_a_tape_that_is_not_persistent() -> None:
    tape, x, _, z = product_of_vectors()

    assert tape.jacobian(z, x).numpy().tolist() == [[6.0, 0.0], [0.0, 16.0]]


def test_the_shape_of_a_jacobian_is_that_of_the_target_and_then_of_the_source() -> None:
    x = tf.constant(np.ones((2, 3)))

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reshape(x, [6, 1]) * tf.ones([1, 4], tf.float64)

    assert tape.jacobian(y, x).shape == (6, 4, 2, 3)


def test_the_jacobian_of_a_scalar_is_its_gradient() -> None:
    x = tf.Variable([1.0, 2.0])

    with tf.GradientTape() as tape:
        y = tf.reduce_sum(x * x)

    assert tape.jacobian(y, x).numpy().tolist() == [2.0, 4.0]


def test_a_jacobian_is_packed_like_its_sources() -> None:
    tape, x, y, z = product_of_vectors()

    found = tape.jacobian(z, {"x": x, "rest": (y,)})

    assert list(found) == ["x", "rest"]
    assert found["rest"][0].shape == (2, 2)


def test_a_jacobian_that_is_not_connected_is_none() -> None:
    tape, x, _, z = product_of_vectors()

    dx, other = tape.jacobian(z, [x, tf.constant(1.0)])

    assert dx.shape == (2, 2)
    assert other is None


def test_a_jacobian_that_is_not_connected_can_be_zeros() -> None:
    tape, _, _, z = product_of_vectors()

    assert (
        tape.jacobian(z, tf.constant([1.0, 2.0, 3.0]), unconnected_gradients="zero").numpy().tolist() == [[0.0] * 3] * 2
    )


def test_the_jacobian_of_gathered_rows_is_dense() -> None:
    table = tf.Variable([[1.0, 2.0], [3.0, 4.0]])

    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.gather(table, [1, 1]), axis=1)

    assert tape.jacobian(y, table).numpy().tolist() == [[[0.0, 0.0], [1.0, 1.0]]] * 2


def test_a_jacobian_without_pfor_needs_a_persistent_tape() -> None:
    tape, x, _, z = product_of_vectors()

    assert raised(lambda: tape.jacobian(z, x, experimental_use_pfor=False)) == (
        "RuntimeError: GradientTape must be created with persistent=True to compute the jacobian with eager execution "
        "enabled and with  "
        "experimental_use_pfor set to False."
    )


@pytest.mark.parametrize(("target", "kind"), [(None, "NoneType"), ([1.0], "list")])
def test_a_jacobian_is_that_of_one_tensor(target: Any, kind: str) -> None:
    tape, x, _, _ = product_of_vectors()

    assert raised(lambda: tape.jacobian(target, x)) == f"AttributeError: '{kind}' object has no attribute 'shape'"


@pytest.mark.parametrize("iterations", [2, 3])
def test_parallel_iterations_change_nothing(iterations: int) -> None:
    tape, x, _, z = product_of_vectors(persistent=True)

    found = tape.jacobian(z, x, parallel_iterations=iterations, experimental_use_pfor=False)

    assert found.numpy().tolist() == [[6.0, 0.0], [0.0, 16.0]]


def test_the_jacobian_of_a_gradient_is_the_hessian() -> None:
    x = tf.constant([[1.0, 2.0]] * 3)
    rows = []

    for k in range(3):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = tf.reduce_sum(x[k] * x[k])
            first = inner.gradient(y, x)[k]
        rows.append(outer.jacobian(first, x).numpy()[:, k].tolist())

    assert rows == [[[2.0, 0.0], [0.0, 2.0]]] * 3


def test_a_jacobian_inside_a_block_can_be_differentiated() -> None:
    x = tf.Variable([1.0, 2.0])

    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = x * x * x
        rows = inner.jacobian(y, x)
        z = tf.reduce_sum(rows)

    assert outer.gradient(z, x).numpy().tolist() == [6.0, 12.0]


# -- batch_jacobian ------------------------------------------------------------------------------------------------


def batch() -> tuple[Any, Any, Any]:
    """A tape with z = x * x * y for a batch of two vectors."""
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    y = tf.constant([[3.0, 4.0], [5.0, 6.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        z = x * x * y
    return tape, x, z


@pytest.mark.parametrize("pfor", [True, False], ids=["vectorised", "row by row"])
def test_a_batch_jacobian_has_one_matrix_per_example(pfor: bool) -> None:
    tape, x, z = batch()

    found = tape.batch_jacobian(z, x, experimental_use_pfor=pfor)

    assert found.numpy().tolist() == [[[6.0, 0.0], [0.0, 16.0]], [[30.0, 0.0], [0.0, 48.0]]]


def test_a_batch_jacobian_without_pfor_needs_a_persistent_tape() -> None:
    x = tf.constant([[1.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x

    assert raised(lambda: tape.batch_jacobian(y, x, experimental_use_pfor=False)) == (
        "RuntimeError: GradientTape must be created with persistent=True to compute the batch_jacobian with eager "
        "execution enabled and  with experimental_use_pfor set to False."
    )


def test_a_batch_jacobian_of_different_batches_is_refused() -> None:
    x = tf.constant(np.ones((2, 2)))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.concat([x, x], 0)

    text = raised(lambda: tape.batch_jacobian(y, x))

    assert text == "ValueError: Need first dimension of target shape ((4, 2)) and source shape ((2, 2)) to match."


@pytest.mark.parametrize("which", ["target", "source"])
def test_a_batch_jacobian_of_vectors_is_refused(which: str) -> None:
    matrix = tf.constant(np.ones((2, 2)))
    vector = tf.constant(np.ones(2))
    with tf.GradientTape() as tape:
        tape.watch([matrix, vector])
        y = matrix * vector

    pair = (vector, matrix) if which == "target" else (y, vector)

    assert raised(lambda: tape.batch_jacobian(*pair)) == "ValueError: Shape (2,) must have rank at least 2"


def test_a_batch_jacobian_of_scalars_is_refused() -> None:
    x = tf.constant(1.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x

    assert raised(lambda: tape.batch_jacobian(y, x)) == "IndexError: list index out of range"


def test_a_batch_jacobian_that_is_not_connected_is_zeros() -> None:
    tape, _, z = batch()

    assert tape.batch_jacobian(z, tf.constant([[1.0], [2.0]])).numpy().tolist() == [[[0.0], [0.0]]] * 2


def test_a_batch_jacobian_of_empty_examples_is_empty() -> None:
    x = tf.constant(np.ones((1, 0)))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x

    assert tape.batch_jacobian(y, x).shape == (1, 0, 0)


@pytest.mark.parametrize("iterations", [2, 3])
def test_parallel_iterations_change_no_batch_jacobian(iterations: int) -> None:
    tape, x, z = batch()

    assert tape.batch_jacobian(z, x, parallel_iterations=iterations).numpy()[0].tolist() == [[6.0, 0.0], [0.0, 16.0]]
