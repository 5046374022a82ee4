"""``tf.IndexedSlices``: the gradients of gathered rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.engine.names import tf
from tests.engine.raised import raised


def table() -> Any:
    return tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


def gradient_of_rows(rows: list[int]) -> Any:
    v = table()
    with tf.GradientTape() as tape:
        y = tf.gather(v, rows)
    return tape.gradient(y, v)


def parts(slices: Any) -> tuple[list[Any], list[Any], list[Any]]:
    return slices.values.numpy().tolist(), slices.indices.numpy().tolist(), slices.dense_shape.numpy().tolist()


@pytest.mark.parametrize(
    "take",
    [
        lambda v: tf.gather(v, [2, 0, 2]),
        lambda v: tf.nn.embedding_lookup(v, [2, 0, 2]),
        lambda v: v.sparse_read([2, 0, 2]),
    ],
    ids=["gather", "embedding_lookup", "sparse_read"],
)
def test_the_gradient_of_gathered_rows_names_the_rows_and_merges_none(take: Any) -> None:
    v = table()
    with tf.GradientTape() as tape:
        y = take(v) * [[1.0], [2.0], [3.0]]

    gradient = tape.gradient(y, v)

    assert isinstance(gradient, tf.IndexedSlices)
    assert parts(gradient) == ([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]], [2, 0, 2], [3, 2])


def test_the_indices_of_a_matrix_of_rows_are_flat() -> None:
    v = table()
    with tf.GradientTape() as tape:
        y = tf.gather(v, [[0, 1], [1, 2]])

    assert parts(tape.gradient(y, v)) == ([[1.0, 1.0]] * 4, [0, 1, 1, 2], [3, 2])


def test_the_gradient_along_another_axis_is_dense() -> None:
    v = table()
    with tf.GradientTape() as tape:
        y = tf.gather(v, [1, 1], axis=1)

    assert tape.gradient(y, v).numpy().tolist() == [[0.0, 2.0]] * 3


def test_the_gradient_of_a_gather_in_batches_is_dense() -> None:
    v = table()
    with tf.GradientTape() as tape:
        y = tf.gather(v, [[0], [1], [1]], batch_dims=1)

    assert tape.gradient(y, v).numpy().tolist() == [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]


def test_slices_of_several_gathers_are_joined() -> None:
    v = table()
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.gather(v, [0, 1])) + 5.0 * tf.reduce_sum(tf.gather(v, [1]))

    values, indices, shape = parts(tape.gradient(y, v))

    assert sorted(zip(indices, values, strict=True)) == [(0, [1.0, 1.0]), (1, [1.0, 1.0]), (1, [5.0, 5.0])]
    assert shape == [3, 2]


def test_slices_and_a_dense_gradient_make_a_dense_one() -> None:
    v = table()
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.gather(v, [0, 0])) + 3.0 * tf.reduce_sum(v)

    assert tape.gradient(y, v).numpy().tolist() == [[5.0, 5.0], [3.0, 3.0], [3.0, 3.0]]


def test_lookups_that_are_multiplied_give_the_sum_of_their_slices() -> None:
    v = tf.Variable([[2.0, 0.0], [1.0, 1.0], [3.0, 5.0], [4.0, 2.0]])
    rows = [[0, 2], [1, 2], [2, 3]]
    with tf.GradientTape() as tape:
        a, b, c = (tf.nn.embedding_lookup(v, r) for r in rows)
        y = a * b * c

    dense = tf.convert_to_tensor(tape.gradient(y, v)).numpy()

    assert dense.tolist() == [[3.0, 5.0], [6.0, 0.0], [26.0, 20.0], [9.0, 25.0]]


def test_the_gradient_through_gathered_rows_of_an_intermediate_is_dense() -> None:
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.gather(x * 1.0, [0])

    assert tape.gradient(y, x).numpy().tolist() == [1.0, 0.0]


def test_an_unused_table_has_no_gradient() -> None:
    v, w = table(), table()
    with tf.GradientTape() as tape:
        y = tf.gather(v, [0])

    assert tape.gradient(y, w) is None


# -- using them ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("use", "result"),
    [
        (tf.convert_to_tensor, [[0.0, 0.0], [2.0, 2.0], [0.0, 0.0]]),
        (lambda g: tf.multiply(g, 2.0), [[0.0, 0.0], [4.0, 4.0], [0.0, 0.0]]),
        (lambda g: tf.add(g, g), [[0.0, 0.0], [4.0, 4.0], [0.0, 0.0]]),
        (lambda g: tf.ones([3, 2]) * g, [[0.0, 0.0], [2.0, 2.0], [0.0, 0.0]]),
        (tf.reduce_sum, 4.0),
        (tf.norm, float(np.float32(np.sqrt(8.0)))),
        (lambda g: tf.zeros([3, 2]).__add__(g), [[0.0, 0.0], [2.0, 2.0], [0.0, 0.0]]),
    ],
    ids=["convert", "multiply", "add", "operator", "sum", "norm", "dunder"],
)
def test_functions_see_slices_as_the_whole_tensor_with_repeats_summed(use: Any, result: Any) -> None:
    assert use(gradient_of_rows([1, 1])).numpy().tolist() == result


@pytest.mark.parametrize(
    ("use", "text"),
    [
        (lambda g: g * 2, "TypeError: unsupported operand type(s) for *: 'IndexedSlices' and 'int'"),
        (lambda g: 0.1 * g, "TypeError: unsupported operand type(s) for *: 'float' and 'IndexedSlices'"),
        (lambda g: g + g, "TypeError: unsupported operand type(s) for +: 'IndexedSlices' and 'IndexedSlices'"),
        (lambda g: g.numpy(), "AttributeError: 'IndexedSlices' object has no attribute 'numpy'"),
    ],
    ids=["number after", "number before", "sum", "numpy"],
)
def test_slices_have_no_arithmetic_of_their_own(use: Any, text: str) -> None:
    assert raised(lambda: use(gradient_of_rows([1]))) == text


def test_negative_slices_are_slices() -> None:
    gradient = -gradient_of_rows([1])

    assert isinstance(gradient, tf.IndexedSlices)
    assert parts(gradient) == ([[-1.0, -1.0]], [1], [3, 2])


def test_an_array_of_slices_is_an_object() -> None:
    assert np.array(gradient_of_rows([1])).dtype == object


def test_slices_are_subtracted_from_a_variable() -> None:
    v = table()

    v.assign_sub(gradient_of_rows([1, 1]))

    assert v.numpy().tolist() == [[1.0, 2.0], [1.0, 2.0], [5.0, 6.0]]


def test_the_global_norm_of_slices_is_that_of_their_values() -> None:
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = tf.gather(v, [0, 0])
    gradient = tape.gradient(y, v)

    clipped, norm = tf.clip_by_global_norm([gradient], 100.0)

    assert float(norm) == pytest.approx(np.sqrt(2.0))
    assert isinstance(clipped[0], tf.IndexedSlices)


def test_slices_know_their_shape_and_type() -> None:
    gradient = gradient_of_rows([1])

    assert gradient.shape == (3, 2)
    assert gradient.dtype == tf.float32


def test_slices_without_a_dense_shape_are_not_densified() -> None:
    slices = tf.IndexedSlices(tf.constant([[1.0, 2.0]]), tf.constant([0]))

    assert raised(lambda: tf.convert_to_tensor(slices)) == (
        "ValueError: Tensor conversion requested for IndexedSlices for argument `value` without dense_shape: "
        "IndexedSlices(indices=tf.Tensor([0], shape=(1,), dtype=int32), values=tf.Tensor([[1. 2.]], shape=(1, 2), "
        "dtype=float32))"
    )


def test_the_second_derivative_through_gathered_rows() -> None:
    v = tf.Variable([1.0, 2.0, 3.0])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = tf.reduce_sum(tf.gather(v, [0, 2]) ** 3)
        first = tf.convert_to_tensor(inner.gradient(y, v))

    assert outer.gradient(first, v).values.numpy().tolist() == [6.0, 18.0]


def test_row_numbers_of_different_types_are_added_as_int64() -> None:
    table = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    with tf.GradientTape() as tape:
        small = tf.gather(table, tf.constant([0, 1], tf.int32))
        large = tf.gather(table, tf.constant([1, 2], tf.int64))
        y = tf.reduce_sum(small**2) + tf.reduce_sum(large**3)
    gradient = tape.gradient(y, table)
    assert gradient.indices.dtype is tf.int64
    assert tf.convert_to_tensor(gradient).numpy().tolist() == [[2.0, 4.0], [33.0, 56.0], [75.0, 108.0]]
