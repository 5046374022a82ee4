"""How tensors and variables print: exactly as TensorFlow with NumPy 1 prints them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.engine.names import tf
from tests.engine.raised import raised

# -- tensors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([10.0, 20.0, 30.0], "tf.Tensor([10. 20. 30.], shape=(3,), dtype=float32)"),
        (6.0, "tf.Tensor(6.0, shape=(), dtype=float32)"),
        ([[1.0, 2.0], [3.0, 4.0]], "tf.Tensor(\n[[1. 2.]\n [3. 4.]], shape=(2, 2), dtype=float32)"),
        (True, "tf.Tensor(True, shape=(), dtype=bool)"),
        ([1, 2], "tf.Tensor([1 2], shape=(2,), dtype=int32)"),
        ("hello", "tf.Tensor(b'hello', shape=(), dtype=string)"),
        (["a", "bb"], "tf.Tensor([b'a' b'bb'], shape=(2,), dtype=string)"),
        (np.float64(0.1), "tf.Tensor(0.1, shape=(), dtype=float64)"),
        ([], "tf.Tensor([], shape=(0,), dtype=float32)"),
        ([[]], "tf.Tensor([], shape=(1, 0), dtype=float32)"),
        (1 + 2j, "tf.Tensor((1+2j), shape=(), dtype=complex128)"),
        (123456789.0, "tf.Tensor(123456790.0, shape=(), dtype=float32)"),
        (0.3, "tf.Tensor(0.3, shape=(), dtype=float32)"),
        (1 / 3, "tf.Tensor(0.33333334, shape=(), dtype=float32)"),
        (1e-5, "tf.Tensor(1e-05, shape=(), dtype=float32)"),
        (1e20, "tf.Tensor(1e+20, shape=(), dtype=float32)"),
        (float("nan"), "tf.Tensor(nan, shape=(), dtype=float32)"),
        (-float("inf"), "tf.Tensor(-inf, shape=(), dtype=float32)"),
    ],
)
def test_a_tensor_prints(value: Any, text: str) -> None:
    assert str(tf.constant(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([10.0, 20.0], "<tf.Tensor: shape=(2,), dtype=float32, numpy=array([10., 20.], dtype=float32)>"),
        (
            [[1, 2], [3, 4]],
            "<tf.Tensor: shape=(2, 2), dtype=int32, numpy=\narray([[1, 2],\n       [3, 4]], dtype=int32)>",
        ),
        (0.1, "<tf.Tensor: shape=(), dtype=float32, numpy=0.1>"),
        (float("nan"), "<tf.Tensor: shape=(), dtype=float32, numpy=nan>"),
        (True, "<tf.Tensor: shape=(), dtype=bool, numpy=True>"),
        (np.float16(0.1), "<tf.Tensor: shape=(), dtype=float16, numpy=0.1>"),
        (np.int64(3), "<tf.Tensor: shape=(), dtype=int64, numpy=3>"),
        ("hello", "<tf.Tensor: shape=(), dtype=string, numpy=b'hello'>"),
        (["a", "bb"], "<tf.Tensor: shape=(2,), dtype=string, numpy=array([b'a', b'bb'], dtype=object)>"),
        ([True, False], "<tf.Tensor: shape=(2,), dtype=bool, numpy=array([ True, False])>"),
        (np.array([1.0, 2.0]), "<tf.Tensor: shape=(2,), dtype=float64, numpy=array([1., 2.])>"),
        ([], "<tf.Tensor: shape=(0,), dtype=float32, numpy=array([], dtype=float32)>"),
    ],
)
def test_a_tensor_represents_itself(value: Any, text: str) -> None:
    assert repr(tf.constant(value)) == text


def test_a_long_tensor_is_shortened_as_numpy_does_it() -> None:
    assert str(tf.zeros([2000])) == "tf.Tensor([0. 0. 0. ... 0. 0. 0.], shape=(2000,), dtype=float32)"


def test_tensors_in_a_list_show_their_representation() -> None:
    assert str([tf.constant(1.0)]) == "[<tf.Tensor: shape=(), dtype=float32, numpy=1.0>]"


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda t: f"{t}", "3.0"),
        (lambda t: f"{t:.2f}", "3.00"),
        (lambda t: f"{t:>8.1f}|", "     3.0|"),
        (lambda t: "{:.4f}".format(t), "3.0000"),  # noqa: UP032 - the form that scripts use
        (lambda t: "%.2f" % t, "3.00"),  # noqa: UP031
        (lambda t: "%d" % t, "3"),  # noqa: UP031
        (lambda t: "%s" % t, "tf.Tensor(3.0, shape=(), dtype=float32)"),  # noqa: UP031
        (lambda t: f"{t!r}", "<tf.Tensor: shape=(), dtype=float32, numpy=3.0>"),
    ],
)
def test_a_scalar_tensor_is_formatted_as_its_number(make: Any, text: str) -> None:
    assert make(tf.constant(3.0)) == text


def test_a_matrix_is_formatted_as_its_array() -> None:
    assert f"{tf.constant([[1.0, 2.0], [3.0, 4.0]])}" == "[[1. 2.]\n [3. 4.]]"


def test_a_vector_has_no_number_format() -> None:
    t = tf.constant([1.0, 2.0])

    assert raised(lambda: f"{t:.2f}") == "TypeError: unsupported format string passed to numpy.ndarray.__format__"


def test_the_value_of_a_scalar_shows_no_type() -> None:
    assert str([tf.constant(1.0).numpy(), tf.constant(2).numpy()]) == "[1.0, 2]"


# -- variables -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("show", [str, repr, lambda v: f"{v}"], ids=["str", "repr", "format"])
def test_a_variable_has_one_text_for_all_uses(show: Any) -> None:
    v = tf.Variable([1.0, 2.0], name="w")

    assert show(v) == "<tf.Variable 'w:0' shape=(2,) dtype=float32, numpy=array([1., 2.], dtype=float32)>"


def test_a_matrix_variable_prints_over_several_lines() -> None:
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])

    assert str(v) == (
        "<tf.Variable 'Variable:0' shape=(2, 2) dtype=float32, numpy=\narray([[1., 2.],\n       [3., 4.]], "
        "dtype=float32)>"
    )


def test_a_scalar_variable_prints_its_number() -> None:
    assert str(tf.Variable(3)) == "<tf.Variable 'Variable:0' shape=() dtype=int32, numpy=3>"


def test_a_string_variable_prints_its_bytes() -> None:
    assert str(tf.Variable("a")) == "<tf.Variable 'Variable:0' shape=() dtype=string, numpy=b'a'>"


def test_percent_formats_take_a_variable_as_a_number() -> None:
    assert "%d %.1f" % (tf.Variable(2.0), tf.Variable(2.0)) == "2 2.0"  # noqa: UP031


# -- types and shapes ----------------------------------------------------------------------------------------------


def test_types_print_with_their_names() -> None:
    assert (str(tf.float32), repr(tf.float32)) == ("<dtype: 'float32'>", "tf.float32")


def test_a_shape_prints_as_a_tuple() -> None:
    shape = tf.constant([[1.0, 2.0, 3.0]]).shape

    assert (str(shape), repr(shape), f"{shape}") == ("(1, 3)", "TensorShape([1, 3])", "(1, 3)")


def test_the_classes_have_tensorflows_names() -> None:
    assert str(type(tf.constant(1.0))) == "<class 'tensorflow.python.framework.ops.EagerTensor'>"
    assert str(type(tf.Variable(1.0))) == "<class 'tensorflow.python.ops.resource_variable_ops.ResourceVariable'>"


def test_indexed_slices_print_their_parts() -> None:
    v = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.gather(v, [0, 0]))

    assert str(tape.gradient(y, v)) == (
        "IndexedSlices(indices=tf.Tensor([0 0], shape=(2,), dtype=int32), values=tf.Tensor([1. 1.], shape=(2,), "
        "dtype=float32), "
        "dense_shape=tf.Tensor([2], shape=(1,), dtype=int32))"
    )


def test_indexed_slices_in_a_list_show_the_bare_object() -> None:
    slices = tf.IndexedSlices(tf.constant([1.0]), tf.constant([0]))

    assert repr(slices) == f"<tensorflow.python.framework.indexed_slices.IndexedSlices object at {id(slices):#x}>"
