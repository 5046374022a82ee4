"""From Python and NumPy values to tensors: which type they get, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.engine.names import tf
from tests.engine.raised import raised

MIXED = "ValueError: Can't convert Python sequence with mixed types to Tensor."
OUT_OF_RANGE = "ValueError: Can't convert Python sequence with out-of-range integer to Tensor."
RAGGED = "ValueError: Can't convert non-rectangular Python sequence to Tensor."
TOO_LARGE = "ValueError: Can't convert Python sequence with a value out of range for a double-precision float."
UNSUPPORTED = "ValueError: Failed to convert a NumPy array to a Tensor (Unsupported numpy type: {})."
NONE = "ValueError: Attempt to convert a value (None) with an unsupported type (<class 'NoneType'>) to a Tensor."


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (1.0, "float32"),
        ([1.0, 2.0], "float32"),
        (1, "int32"),
        ([1, 2], "int32"),
        (2**31, "int64"),
        ([1, 2**31], "int64"),
        (-(2**31), "int32"),
        (True, "bool"),
        ([True, False], "bool"),
        ("text", "string"),
        (b"text", "string"),
        (["a", b"b"], "string"),
        (1 + 2j, "complex128"),
        ([1, 2.5], "float32"),
        ([1, True], "int32"),
        ([1.0, True], "float32"),
        ([1, True, 2.5], "float32"),
        ([1.5, 2**64], "float32"),
        ([1, 2**40, 1.5], "float32"),
        ([1j, 1.0], "complex128"),
        ([], "float32"),
        ([[], []], "float32"),
        (range(3), "int32"),
        ((1, 2), "int32"),
        (np.float64(1.0), "float64"),
        (np.float32(1.0), "float32"),
        (np.float16(1.0), "float16"),
        (np.int64(1), "int64"),
        (np.uint8(1), "uint8"),
        (np.bool_(True), "bool"),
        (np.arange(3), "int64"),
        (np.ones(2), "float64"),
        (np.array(["a", "b"]), "string"),
        ([np.float64(1.0)], "float64"),
        ([np.float32(1.0)], "float32"),
        ([np.int64(1)], "int32"),
        ([np.int64(2**40)], "int64"),
        ([np.uint8(1)], "int32"),
        ([np.int64(1), 1.5], "float32"),
        ([np.float16(1)], "float16"),
        ([np.float64(1), 1], "float64"),
        ([1, np.float64(1)], "float32"),
        ([np.float32(1), np.float64(1)], "float32"),
        ([np.float64(1), np.float32(1)], "float64"),
        ([np.bool_(True), False], "bool"),
        ([np.arange(2), np.arange(2)], "int32"),
        ([np.ones(2), [1.0, 2.0]], "float64"),
        ([[1.0, 2.0], np.ones(2)], "float32"),
        ([[1, 2], np.array([3.5, 4])], "float32"),
        ([np.array(5), np.array(6)], "int32"),
        ([range(2), range(2)], "int32"),
        (np.array([1, 2], np.complex64), "complex64"),
        ([np.ones(2), np.ones(2)], "float64"),
        ([np.ones(2, np.float32)], "float32"),
    ],
    ids=repr,
)
def test_a_value_gets_the_type(value: Any, dtype: str) -> None:
    assert tf.constant(value).dtype.name == dtype
    assert tf.convert_to_tensor(value).dtype.name == dtype


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2**63, OUT_OF_RANGE),
        ([1, 2**63], OUT_OF_RANGE),
        ([2**64, 1.5], OUT_OF_RANGE),
        (1e300, TOO_LARGE),
        ([1e300], TOO_LARGE),
        ([True, 1], MIXED),
        ([True, 1.0], MIXED),
        ([True, None], MIXED),
        ([np.bool_(True), 1], MIXED),
        ([1.0, 1j], MIXED),
        ([1, "a"], MIXED),
        (["a", 1.0], MIXED),
        ([[1.0], [1.0, 2.0]], RAGGED),
        ([[1], 2], RAGGED),
        ([np.arange(2), np.arange(3)], RAGGED),
        ([1.0, [2.0]], MIXED),
        (None, NONE),
        ([None, 1.0], NONE),
        ([1.0, None], MIXED),
        (["a", None], MIXED),
        (
            {"a": 1},
            "ValueError: Attempt to convert a value ({'a': 1}) with an unsupported type (<class 'dict'>) to a Tensor.",
        ),
        ({1}, "ValueError: Attempt to convert a value ({1}) with an unsupported type (<class 'set'>) to a Tensor."),
        (np.datetime64("2020-01-01"), UNSUPPORTED.format("NPY_DATETIME")),
        (np.longdouble(1), UNSUPPORTED.format("NPY_LONGDOUBLE")),
    ],
    ids=repr,
)
def test_a_value_is_refused(value: Any, text: str) -> None:
    assert raised(lambda: tf.constant(value)) == text


def test_an_array_of_objects_is_refused() -> None:
    array = np.array([1, 2], dtype=object)

    text = raised(lambda: tf.constant(array))

    assert text == "ValueError: Failed to convert a NumPy array to a Tensor (Unsupported object type int)."


def test_an_empty_list_has_shape_zero() -> None:
    assert tf.constant([]).shape == (0,)


def test_a_big_endian_array_is_read_right() -> None:
    assert tf.constant(np.array([1.0, 2.0], ">f4")).numpy().tolist() == [1.0, 2.0]


def test_a_tensor_does_not_follow_the_array_it_was_made_of() -> None:
    array = np.array([1.0, 2.0])
    t = tf.constant(array)

    array[0] = 9.0

    assert t.numpy().tolist() == [1.0, 2.0]


def test_the_value_handed_out_is_a_copy() -> None:
    t = tf.constant([1.0, 2.0])

    t.numpy()[0] = 9.0

    assert t.numpy().tolist() == [1.0, 2.0]


# -- explicit types ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [
        ([np.float64(1.5)], "int32", "TypeError: Cannot convert [1.5] to EagerTensor of dtype int32"),
        ([1], "string", "TypeError: Cannot convert [1] to EagerTensor of dtype string"),
        (["a"], "int32", "TypeError: Cannot convert ['a'] to EagerTensor of dtype int32"),
        ([1.0, None], "float32", MIXED),
        (None, "float32", NONE),
        ([[1.0, 2.0], [3.0]], "float64", RAGGED),
        (1.5, "int32", "TypeError: Cannot convert 1.5 to EagerTensor of dtype int32"),
        ([1.5], "int32", "TypeError: Cannot convert [1.5] to EagerTensor of dtype int32"),
        (1j, "float32", "TypeError: Cannot convert 1j to EagerTensor of dtype float"),
        ("a", "float32", "TypeError: Cannot convert 'a' to EagerTensor of dtype float"),
        (1.0, "string", "TypeError: Cannot convert 1.0 to EagerTensor of dtype string"),
        (1, "bool", "TypeError: Cannot convert 1 to EagerTensor of dtype bool"),
        (1.0, "bool", "TypeError: Cannot convert 1.0 to EagerTensor of dtype bool"),
    ],
)
def test_a_python_value_that_does_not_fit_the_type_is_refused(value: Any, dtype: str, text: str) -> None:
    assert raised(lambda: tf.constant(value, getattr(tf, dtype))) == text


@pytest.mark.parametrize(
    ("value", "dtype", "result"),
    [
        (1, "float32", 1.0),
        (True, "float32", 1.0),
        (True, "int32", 1),
        ([True], "int32", [1]),
        ([1, True], "float32", [1.0, 1.0]),
        ([1.0], "complex64", [1 + 0j]),
        (300, "uint8", 44),
        ([300], "uint8", [44]),
        (-1, "uint8", 255),
        (2**40, "int32", 0),
        (2**64, "float64", 2.0**64),
        (1e300, "float32", float("inf")),
        (1e300, "float64", 1e300),
        (np.float64(1e39), "float32", float("inf")),
        ([np.float64(1.5)], "float32", [1.5]),
        ([], "int32", []),
        (np.float64(1.5), "int32", 1),
        (np.array([1.5, -1.5]), "int32", [1, -1]),
        (np.array([1, 2]), "float32", [1.0, 2.0]),
        (np.array([0.0, 2.0]), "bool", [False, True]),
    ],
    ids=repr,
)
def test_a_value_is_cast_to_the_type(value: Any, dtype: str, result: Any) -> None:
    t = tf.constant(value, dtype=dtype)

    assert t.dtype.name == dtype
    assert t.numpy().tolist() == result


def test_a_tensor_is_not_converted_to_another_type() -> None:
    t = tf.constant(1.0)

    text = raised(lambda: tf.convert_to_tensor(t, tf.float64))

    assert text == (
        "ValueError: Tensor conversion requested dtype float64 for Tensor with dtype float32: "
        "<tf.Tensor: shape=(), dtype=float32, numpy=1.0>"
    )


def test_a_constant_of_a_tensor_keeps_its_type() -> None:
    t = tf.constant(1.0)

    text = raised(lambda: tf.constant(t, tf.int32))

    assert text == "TypeError: Expected tensor 1.0 with dtype tf.int32, but got dtype tf.float32."


def test_a_constant_of_several_tensors_is_refused() -> None:
    t = tf.constant(1.0)

    assert raised(lambda: tf.constant([t, t])).startswith("ValueError")
    assert tf.convert_to_tensor([t, t]).numpy().tolist() == [1.0, 1.0]


def test_a_constant_is_filled_or_reshaped_to_its_shape() -> None:
    assert tf.constant(1.0, shape=(2, 2)).numpy().tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert tf.constant([1, 2, 3, 4], shape=[2, 2]).numpy().tolist() == [[1, 2], [3, 4]]


def test_a_shape_that_does_not_fit_is_refused() -> None:
    assert raised(lambda: tf.constant([1, 2, 3], shape=(2, 2))) == (
        "TypeError: Eager execution of tf.constant with unsupported shape. Tensor [1 2 3] (converted from [1, 2, 3]) "
        "has 3 elements, but "
        "got `shape` (2, 2) with 4 elements)."
    )


def test_a_list_with_tensors_takes_their_type() -> None:
    t = tf.constant(1.0, tf.float64)

    stacked = tf.convert_to_tensor([t, 2])

    assert stacked.dtype == tf.float64
    assert stacked.numpy().tolist() == [1.0, 2.0]


def test_a_list_of_tensors_of_different_types_is_refused() -> None:
    values = [tf.constant(2.0), tf.constant(2)]

    assert raised(lambda: tf.convert_to_tensor(values)) == (
        "InvalidArgumentError: cannot compute Pack as input #1(zero-based) was expected to be a float tensor but is a "
        "int32 tensor "
        "[Op:Pack] name: packed"
    )


def test_a_number_beside_a_tensor_in_a_list_must_fit_its_type() -> None:
    values = [tf.constant(2), 1.5]

    assert raised(lambda: tf.convert_to_tensor(values)) == "TypeError: Cannot convert 1.5 to EagerTensor of dtype int32"


def test_a_dtype_equals_its_names() -> None:
    assert tf.float32 == "float32"
    assert tf.float32 == np.float32
    assert tf.float32 != tf.float64
    assert tf.as_dtype("float64") is tf.float64
    assert {tf.float32: 1}[tf.constant(1.0).dtype] == 1


# -- casts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "result"),
    [(1.9, 1), (-1.9, -1), (float("nan"), -(2**31)), (float("inf"), -(2**31)), (3e9, -(2**31)), (-3e9, -(2**31))],
)
def test_a_float_is_cast_to_an_int_toward_zero(value: float, result: int) -> None:
    assert int(tf.cast(value, tf.int32)) == result


def test_a_float_is_true_unless_it_is_zero() -> None:
    assert tf.cast([0.0, 0.5, -1.0], tf.bool).numpy().tolist() == [False, True, True]


def test_text_is_not_cast_to_a_number() -> None:
    text = raised(lambda: tf.cast(tf.constant("1"), tf.float32))

    assert text == (
        "UnimplementedError: {{function_node __wrapped__Cast_device_/job:localhost/replica:0/task:0/device:CPU:0}} "
        "Cast string to float is not supported [Op:Cast] name: "
    )


def test_a_cast_to_no_type_is_refused() -> None:
    text = raised(lambda: tf.cast(1.0, "nonsense"))

    assert text == "TypeError: Cannot convert the argument `type_value`: 'nonsense' to a TensorFlow DType."
