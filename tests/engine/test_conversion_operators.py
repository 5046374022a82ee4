"""Operators: what they do with values of different types, and what they refuse in which words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.engine.names import tf
from tests.engine.raised import raised

Use = Callable[[], Any]


def device(op: str) -> str:
    return f"{{{{function_node __wrapped__{op}_device_/job:localhost/replica:0/task:0/device:CPU:0}}}} "


def wrong(op: str, expected: str, got: str, position: int = 1) -> str:
    return (
        f"InvalidArgumentError: cannot compute {op} as input #{position}(zero-based) was expected to be a {expected} "
        f"tensor but is a "
        f"{got} tensor [Op:{op}] name: "
    )


SIZES = "Matrix size-incompatible: In[0]: [2,3], In[1]: [2,3]"
FLOAT = tf.constant([1.0, 2.0])
DOUBLE = tf.constant([1.0, 2.0], tf.float64)
INT = tf.constant([1, 2])
BOOL = tf.constant([True, False])
TEXT = tf.constant(["a", "b"])
FLOAT_VARIABLE = tf.Variable([1.0, 2.0])

# -- tensors of different types ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("use", "op"),
    [
        (lambda a, b: a + b, "AddV2"),
        (lambda a, b: a - b, "Sub"),
        (lambda a, b: a * b, "Mul"),
        (lambda a, b: a // b, "FloorDiv"),
        (lambda a, b: a % b, "FloorMod"),
        (lambda a, b: a**b, "Pow"),
        (lambda a, b: a < b, "Less"),
        (lambda a, b: a <= b, "LessEqual"),
        (lambda a, b: a > b, "Greater"),
        (lambda a, b: a >= b, "GreaterEqual"),
        (lambda a, b: a == b, "Equal"),
        (lambda a, b: a != b, "NotEqual"),
        (lambda a, b: tf.maximum(a, b), "Maximum"),
        (lambda a, b: tf.math.squared_difference(a, b), "SquaredDifference"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_tensors_of_different_types_are_refused(use: Any, op: str) -> None:
    assert raised(lambda: use(FLOAT, DOUBLE)) == wrong(op, "float", "double")
    assert raised(lambda: use(DOUBLE, FLOAT)) == wrong(op, "double", "float")


@pytest.mark.parametrize(
    ("other", "word"),
    [
        (tf.constant([1, 2], tf.int64), "int64"),
        (INT, "int32"),
        (BOOL, "bool"),
        (TEXT, "string"),
        (tf.constant([1, 2], tf.float16), "half"),
        (tf.constant([1, 2], tf.uint8), "uint8"),
        (tf.constant([1, 2], tf.complex64), "complex64"),
    ],
    ids=["int64", "int32", "bool", "string", "half", "uint8", "complex64"],
)
def test_the_types_are_named_as_the_kernels_name_them(other: Any, word: str) -> None:
    assert raised(lambda: FLOAT + other) == wrong("AddV2", "float", word)
    assert raised(lambda: other == FLOAT) == wrong("Equal", word, "float")


def test_variables_are_refused_like_tensors() -> None:
    assert raised(lambda: FLOAT_VARIABLE + DOUBLE) == wrong("AddV2", "float", "double")
    assert raised(lambda: DOUBLE - FLOAT_VARIABLE) == wrong("Sub", "double", "float")


def test_a_condition_does_not_unite_types() -> None:
    text = raised(lambda: tf.where(BOOL, FLOAT, DOUBLE))

    assert text == wrong("SelectV2", "float", "double", position=2)


def test_with_a_list_among_the_inputs_no_name_is_mentioned() -> None:
    text = raised(lambda: tf.where([True, False], FLOAT, DOUBLE))

    assert text == wrong("SelectV2", "float", "double", position=2).removesuffix(" name: ")


@pytest.mark.parametrize(
    ("use", "op", "name"),
    [
        (lambda: tf.stack([FLOAT, DOUBLE]), "Pack", "stack"),
        (lambda: tf.concat([FLOAT, DOUBLE], 0), "ConcatV2", "concat"),
    ],
    ids=["stack", "concat"],
)
def test_functions_with_a_default_name_mention_it(use: Use, op: str, name: str) -> None:
    assert raised(use) == wrong(op, "float", "double") + name


@pytest.mark.parametrize("use", [lambda a, b: a @ b, lambda a, b: tf.matmul(a, b)], ids=["operator", "function"])
@pytest.mark.parametrize(("batch", "op"), [([], "MatMul"), ([3], "BatchMatMulV2")], ids=["matrices", "batches"])
def test_matrices_of_different_types_are_refused(use: Any, batch: list[int], op: str) -> None:
    a, b = tf.ones([*batch, 2, 2], tf.float64), tf.ones([*batch, 2, 2])

    assert raised(lambda: use(a, b)) == wrong(op, "double", "float")
    # For float32 there is an implementation with a name of its own.
    assert raised(lambda: use(b, a)) == wrong(op, "float", "double").replace(op, f"_Mkl{op}", 1)


# -- Python values -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("use", "result"),
    [
        (lambda: FLOAT + 10, [11.0, 12.0]),
        (lambda: 2 * FLOAT, [2.0, 4.0]),
        (lambda: FLOAT**2, [1.0, 4.0]),
        (lambda: 2**FLOAT, [2.0, 4.0]),
        (lambda: FLOAT + True, [2.0, 3.0]),
        (lambda: [1.5, 2.5] - FLOAT, [0.5, 0.5]),
        (lambda: (1, 2) + FLOAT, [2.0, 4.0]),  # noqa: RUF005
        (lambda: [1.5, 2.5] - FLOAT_VARIABLE, [0.5, 0.5]),
        (lambda: FLOAT_VARIABLE / 2, [0.5, 1.0]),
        (lambda: 1 / FLOAT_VARIABLE, [1.0, 0.5]),
        (lambda: FLOAT % 2, [1.0, 0.0]),
        (lambda: 7 // FLOAT, [7.0, 3.0]),
        (lambda: [[1.0, 2.0]] @ tf.ones([2, 1]), [[3.0]]),
        (lambda: tf.ones([1, 2]) @ [[1], [2]], [[3.0]]),
    ],
)
def test_a_python_value_takes_the_tensors_type(use: Use, result: Any) -> None:
    found = use()

    assert found.dtype == tf.float32
    assert found.numpy().tolist() == result


def test_a_python_float_plus_an_int_tensor_is_refused_by_the_op() -> None:
    assert raised(lambda: INT + 1.5) == wrong("AddV2", "int32", "float")
    assert raised(lambda: INT + [1.5, 2.5]) == wrong("AddV2", "int32", "float")  # noqa: RUF005
    assert raised(lambda: tf.Variable([1, 2]) + 1.5) == wrong("AddV2", "int32", "float")


@pytest.mark.parametrize(
    "use",
    [
        lambda: 1.5 + INT,
        lambda: INT * 1.5,
        lambda: 1.5 * INT,
        lambda: INT - 1.5,
        lambda: 1.5 - INT,
        lambda: INT // 1.5,
        lambda: 1.5 // INT,
        lambda: INT % 1.5,
        lambda: 1.5 % INT,
        lambda: INT**1.5,
        lambda: 1.5**INT,
        lambda: INT < 1.5,
        lambda: INT > 1.5,
        lambda: INT == 1.5,
        lambda: INT != 1.5,
        lambda: 1.5 / INT,
        lambda: tf.multiply(INT, 1.5),
        lambda: tf.maximum(INT, 1.5),
    ],
)
def test_a_python_float_beside_an_int_tensor_is_refused(use: Use) -> None:
    assert raised(use) == "TypeError: Cannot convert 1.5 to EagerTensor of dtype int32"


@pytest.mark.parametrize(
    ("use", "text"),
    [
        (lambda: INT * [1.5, 2.5], "TypeError: Cannot convert [1.5, 2.5] to EagerTensor of dtype int32"),
        (lambda: BOOL * 1.0, "TypeError: Cannot convert 1.0 to EagerTensor of dtype bool"),
        (lambda: FLOAT * 1j, "TypeError: Cannot convert 1j to EagerTensor of dtype float"),
        (lambda: "a" + FLOAT, "TypeError: Cannot convert 'a' to EagerTensor of dtype float"),
        (lambda: FLOAT == "a", "TypeError: Cannot convert 'a' to EagerTensor of dtype float"),
        (lambda: TEXT - 2, "TypeError: Cannot convert 2 to EagerTensor of dtype string"),
        (lambda: FLOAT + "a", wrong("AddV2", "float", "string")),
        (
            lambda: FLOAT + None,
            "ValueError: Attempt to convert a value (None) with an unsupported type (<class 'NoneType'>) to a Tensor.",
        ),
        (
            lambda: None + FLOAT,
            "ValueError: Attempt to convert a value (None) with an unsupported type (<class 'NoneType'>) to a Tensor.",
        ),
        (
            lambda: FLOAT < None,
            "ValueError: Attempt to convert a value (None) with an unsupported type (<class 'NoneType'>) to a Tensor.",
        ),
    ],
)
def test_a_python_value_that_does_not_fit_is_refused(use: Use, text: str) -> None:
    assert raised(use) == text


def test_texts_are_joined_by_a_plus() -> None:
    assert (TEXT + "!").numpy().tolist() == [b"a!", b"b!"]
    assert str("x" + tf.constant("a") + "b") == "tf.Tensor(b'xab', shape=(), dtype=string)"
    assert tf.add("a", "b").numpy() == b"ab"


# -- NumPy values --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("use", "dtype", "result"),
    [
        (lambda: FLOAT + np.array([1.5, 2.5]), "float32", [2.5, 4.5]),
        (lambda: np.array([1.5, 2.5]) + FLOAT, "float32", [2.5, 4.5]),
        (lambda: np.array([1, 2]) - FLOAT_VARIABLE, "float32", [0.0, 0.0]),
        (lambda: FLOAT_VARIABLE * np.arange(2), "float32", [0.0, 2.0]),
        (lambda: np.float64(2) * FLOAT, "float32", [2.0, 4.0]),
        (lambda: np.float64(2) * FLOAT_VARIABLE, "float32", [2.0, 4.0]),
        (lambda: FLOAT * np.array([True, False]), "float32", [1.0, 0.0]),
        (lambda: np.array([1.9, 2.9]) * INT, "int32", [1, 4]),
        (lambda: INT + np.array([1.9, 2.9]), "int32", [2, 4]),
        (lambda: np.array([1.5, 3.0]) / INT, "float64", [1.0, 1.5]),
        (lambda: np.array([4.0, 5.0]) ** FLOAT, "float32", [4.0, 25.0]),
        (lambda: np.array([[1, 2]]) @ tf.ones([2, 1]), "float32", [[3.0]]),
        (lambda: tf.ones([1, 2]) @ np.array([[1.0], [2.0]]), "float32", [[3.0]]),
        (lambda: np.array([1.0, 3.0]) < FLOAT, "bool", [False, False]),
        (lambda: np.array([1.0, 3.0]) == FLOAT, "bool", [True, False]),
        (lambda: np.array([1, 3]) == FLOAT, "bool", [True, False]),
    ],
)
def test_a_numpy_value_takes_the_tensors_type_on_either_side(use: Use, dtype: str, result: Any) -> None:
    found = use()

    assert type(found).__name__ == "EagerTensor"
    assert found.dtype.name == dtype
    assert found.numpy().tolist() == result


def test_an_array_changed_in_place_by_a_tensor_becomes_a_tensor() -> None:
    array = np.array([1.0, 2.0])

    array += FLOAT

    assert type(array).__name__ == "EagerTensor"


def test_numpys_functions_return_arrays() -> None:
    for found in (
        np.add(np.ones(2), FLOAT_VARIABLE),
        np.square(FLOAT),
        np.array(FLOAT),
        np.dot(np.ones(2), FLOAT_VARIABLE),
    ):
        assert isinstance(found, (np.ndarray, np.generic))


ARRAY = np.array([[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize(
    ("use", "text"),
    [
        (lambda t: tf.matmul(ARRAY, t), wrong("MatMul", "double", "float")),
        (lambda t: tf.tensordot(ARRAY, t, 1), wrong("MatMul", "double", "float")),
        (lambda t: tf.matmul([[1, 2], [3, 4]], t), wrong("MatMul", "int32", "float")),
        (lambda t: tf.add(ARRAY, t), wrong("AddV2", "double", "float")),
        (lambda t: tf.add(2, t), wrong("AddV2", "int32", "float")),
        (
            lambda t: tf.truediv(ARRAY, t),
            "TypeError: `x` and `y` must have the same dtype, got tf.float64 != tf.float32.",
        ),
    ],
    ids=["matmul", "tensordot", "matmul of ints", "add", "add of an int", "truediv"],
)
def test_some_functions_convert_their_first_argument_on_its_own(use: Any, text: str) -> None:
    assert raised(lambda: use(tf.ones([2, 2]))) == text


@pytest.mark.parametrize(
    "use",
    [
        lambda t: tf.matmul(t, ARRAY),
        lambda t: tf.add(t, ARRAY),
        lambda t: tf.subtract(ARRAY, t),
        lambda t: tf.multiply(ARRAY, t),
        lambda t: tf.divide(ARRAY, t),
        lambda t: tf.maximum(ARRAY, t),
        lambda t: tf.minimum(ARRAY, t),
        lambda t: tf.pow(ARRAY, t),
        lambda t: tf.math.mod(ARRAY, t),
        lambda t: tf.math.floordiv(ARRAY, t),
        lambda t: tf.math.squared_difference(ARRAY, t),
        lambda t: tf.math.atan2(ARRAY, t),
        lambda t: tf.where(ARRAY > 2, ARRAY, t),
        lambda t: tf.einsum("ij,jk->ik", ARRAY, t),
        lambda t: tf.concat([ARRAY, t], 0),
        lambda t: tf.stack([ARRAY, t]),
    ],
)
def test_other_functions_take_the_tensors_type(use: Any) -> None:
    assert use(tf.ones([2, 2])).dtype == tf.float32


@pytest.mark.parametrize(
    "use", [lambda: tf.reduce_mean(ARRAY), lambda: tf.square(ARRAY)], ids=["reduce_mean", "square"]
)
def test_an_array_alone_keeps_its_type(use: Use) -> None:
    assert use().dtype == tf.float64


# -- division ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dtype", "result"),
    [
        ("int8", "float32"),
        ("int16", "float32"),
        ("uint8", "float32"),
        ("uint16", "float32"),
        ("int32", "float64"),
        ("int64", "float64"),
        ("uint32", "float64"),
        ("uint64", "float64"),
        ("float16", "float16"),
        ("float32", "float32"),
        ("float64", "float64"),
        ("complex64", "complex64"),
    ],
)
def test_true_division_has_the_type(dtype: str, result: str) -> None:
    t = tf.constant([1, 2], dtype)

    assert (t / t).dtype.name == result
    assert (t / 2).dtype.name == result


def test_tensors_of_different_types_are_not_divided() -> None:
    assert raised(lambda: FLOAT / INT) == "TypeError: `x` and `y` must have the same dtype, got tf.float32 != tf.int32."
    assert raised(lambda: INT / 1.5) == "TypeError: `x` and `y` must have the same dtype, got tf.int32 != tf.float32."


def test_bools_are_not_divided() -> None:
    assert raised(lambda: BOOL / BOOL) == (
        "TypeError: Invalid dtype tf.bool in __truediv__. Expected one of {tf.uint8, tf.int8, tf.uint16, tf.int16, "
        "tf.uint32, tf.int32, "
        "tf.uint64, tf.int64, tf.bfloat16, tf.float16, tf.float32, tf.float64, tf.complex64, tf.complex128}."
    )


def test_a_float_divided_by_zero_is_infinite_or_nan() -> None:
    assert str((tf.constant([1.0, -1.0, 0.0]) / 0.0).numpy().tolist()) == "[inf, -inf, nan]"
    assert float(tf.constant(1.0) // 0.0) == float("inf")
    assert str(float(tf.constant(1.0) % 0.0)) == "nan"


@pytest.mark.parametrize(
    ("use", "op"), [(lambda: INT // 0, "FloorDiv"), (lambda: INT % 0, "FloorMod")], ids=["//", "%"]
)
def test_an_int_divided_by_zero_is_refused(use: Use, op: str) -> None:
    assert raised(use) == f"InvalidArgumentError: {device(op)}Integer division by zero [Op:{op}] name: "


@pytest.mark.parametrize(
    ("use", "result"),
    [
        (lambda: tf.constant(-7) // 2, -4),
        (lambda: tf.constant(-7) % 2, 1),
        (lambda: tf.constant(7) % -3, -2),
        (lambda: tf.constant(-7.5) // 2, -4.0),
        (lambda: tf.constant(-7.5) % 2, 0.5),
        (lambda: tf.truncatediv(-7, 2), -3),
        (lambda: tf.truncatemod(-7, 2), -1),
        (lambda: tf.math.divide_no_nan(float("nan"), 0.0), 0.0),
        (lambda: tf.constant(3) ** 40, 689956897),
        (lambda: -tf.constant(3), -3),
        (lambda: abs(tf.constant(-3)), 3),
    ],
)
def test_integers_and_signs_follow_python(use: Use, result: Any) -> None:
    assert use().numpy() == result


@pytest.mark.parametrize("use", [lambda: INT**-1, lambda: 2 ** tf.constant([-1])], ids=["exponent", "tensor exponent"])
def test_an_int_has_no_negative_power(use: Use) -> None:
    text = f"InvalidArgumentError: {device('Pow')}Integers to negative integer powers are not allowed [Op:Pow] name: "
    assert raised(use) == text


# -- functions for floats only -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "op"),
    [("exp", "Exp"), ("sqrt", "Sqrt"), ("sin", "Sin"), ("sigmoid", "Sigmoid"), ("tanh", "Tanh")],
)
@pytest.mark.parametrize("value", [1, tf.constant(1)], ids=["int", "tensor"])
def test_functions_of_floats_refuse_ints(function: str, op: str, value: Any) -> None:
    assert raised(lambda: getattr(tf, function)(value)) == (
        "InvalidArgumentError: Value for attr 'T' of int32 is not in the list of allowed values: bfloat16, half, "
        "float, double, "
        f"complex64, complex128\n\t; NodeDef: {{{{node {op}}}}}; Op<name={op}; signature=x:T -> y:T; "
        f"attr=T:type,allowed=[DT_BFLOAT16, "
        f"DT_HALF, DT_FLOAT, DT_DOUBLE, DT_COMPLEX64, DT_COMPLEX128]> [Op:{op}] name: "
    )


def test_the_mean_of_ints_is_cut_toward_zero() -> None:
    assert [int(tf.reduce_mean(v)) for v in ([1, 2, 4], [-1, -2, -4], [1, 2])] == [2, -2, 1]


def test_functions_of_any_number_take_ints() -> None:
    assert tf.nn.relu(INT).dtype == tf.int32
    assert tf.square(INT).numpy().tolist() == [1, 4]


# -- comparison ----------------------------------------------------------------------------------------------------


def test_equality_compares_element_by_element() -> None:
    assert (FLOAT == [1.0, 3.0]).numpy().tolist() == [True, False]
    assert (FLOAT != [1.0, 3.0]).numpy().tolist() == [False, True]


def test_shapes_that_do_not_fit_are_different() -> None:
    assert str(FLOAT == [1.0, 2.0, 3.0]) == "tf.Tensor(False, shape=(), dtype=bool)"
    assert str(FLOAT != [1.0, 2.0, 3.0]) == "tf.Tensor(True, shape=(), dtype=bool)"


def test_a_tensor_is_never_none() -> None:
    assert (FLOAT == None) is False  # noqa: E711 - what scripts write
    assert (FLOAT != None) is True  # noqa: E711


def test_a_variable_is_not_compared_with_none() -> None:
    text = raised(lambda: FLOAT_VARIABLE == None)  # noqa: E711

    assert (
        text
        == "ValueError: Attempt to convert a value (None) with an unsupported type (<class 'NoneType'>) to a Tensor."
    )


def test_an_order_needs_shapes_that_fit() -> None:
    two, three = tf.zeros([2]), tf.zeros([3])
    text = f"InvalidArgumentError: {device('Less')}Incompatible shapes: [2] vs. [3] [Op:Less]"

    assert raised(lambda: two < three) == text + " name: "
    assert raised(lambda: two < [1.0, 2.0, 3.0]) == text


def test_logic_of_bools() -> None:
    other = tf.constant([True, True])

    assert (BOOL & other).numpy().tolist() == [True, False]
    assert (BOOL | other).numpy().tolist() == [True, True]
    assert (BOOL ^ other).numpy().tolist() == [False, True]
    assert (~BOOL).numpy().tolist() == [False, True]
    assert (True & BOOL).numpy().tolist() == [True, False]


def test_logic_of_ints_is_bitwise() -> None:
    assert (tf.constant(6) & 3).numpy() == 2
    assert (tf.constant(6) | 1).numpy() == 7
    assert (tf.constant(6) ^ 3).numpy() == 5


# -- shapes --------------------------------------------------------------------------------------------------------


def test_shapes_that_do_not_broadcast_are_refused() -> None:
    assert raised(lambda: FLOAT + [1.0, 2.0, 3.0]) == (  # noqa: RUF005
        f"InvalidArgumentError: {device('AddV2')}Incompatible shapes: [2] vs. [3] [Op:AddV2] name: "
    )


@pytest.mark.parametrize(
    ("a", "b", "own", "plain"),
    [
        ([2, 3], [2, 3], SIZES, SIZES),
        ([3], [3, 1], "In[0] ndims must be >= 2", "In[0] and In[1] has different ndims: [3] vs. [3,1]"),
        ([2, 3], [3], "In[1] ndims must be >= 2", "In[0] and In[1] has different ndims: [2,3] vs. [3]"),
        ([3], [3], "In[0] ndims must be >= 2", "In[0] and In[1] ndims must be == 2: 1"),
    ],
    ids=["sizes", "vector first", "vector second", "vectors"],
)
def test_matrices_that_do_not_fit_are_refused(a: Any, b: Any, own: str, plain: str) -> None:
    single = raised(lambda: tf.ones(a) @ tf.ones(b))
    double = raised(lambda: tf.ones(a, tf.float64) @ tf.ones(b, tf.float64))

    # For float32 there is an implementation with names and words of its own.
    assert single == f"InvalidArgumentError: {device('__MklMatMul')}{own} [Op:MatMul] name: "
    assert double == f"InvalidArgumentError: {device('MatMul')}{plain} [Op:MatMul] name: "


@pytest.mark.parametrize(
    ("a", "b", "body", "end"),
    [
        ([2, 2, 2], [2, 3, 2], "Matrix size-incompatible: In[0]: [2,2,2], In[1]: [2,3,2]", " 0 0"),
        (
            [2, 2, 3],
            [3, 3, 2],
            "In[0] and In[1] must have compatible batch dimensions: [2,2,3] vs. [3,3,2]",
            "",
        ),
    ],
    ids=["sizes", "batches"],
)
def test_batches_of_matrices_that_do_not_fit_are_refused(a: Any, b: Any, body: str, end: str) -> None:
    text = raised(lambda: tf.ones(a) @ tf.ones(b))

    assert text == f"InvalidArgumentError: {device('__MklBatchMatMulV2')}{body}{end} [Op:BatchMatMulV2] name: "


@pytest.mark.parametrize(
    ("use", "text"),
    [
        (
            lambda: tf.reshape(tf.ones([42]), []),
            "Input to reshape is a tensor with 42 values, but the requested shape has 1 [Op:Reshape]",
        ),
        (
            lambda: tf.reshape(tf.ones([4]), [3, -1]),
            "Input to reshape is a tensor with 4 values, but the requested shape requires a multiple of 3 [Op:Reshape]",
        ),
        (lambda: tf.reshape(tf.ones([4]), [-1, -1]), "Only one input size may be -1, not both 0 and 1 [Op:Reshape]"),
    ],
    ids=["size", "multiple", "two unknown"],
)
def test_a_shape_that_does_not_fit_is_refused(use: Use, text: str) -> None:
    assert raised(use) == f"InvalidArgumentError: {device('Reshape')}{text}"


def test_a_reduction_over_an_axis_that_does_not_exist_is_refused() -> None:
    text = raised(lambda: tf.reduce_sum(tf.ones([1, 1, 1]), axis=5))

    assert text == (
        f"InvalidArgumentError: {device('Sum')}Invalid reduction dimension (5 for input with 3 dimension(s) [Op:Sum] "
        f"name: "
    )


def test_an_argmax_over_an_axis_that_does_not_exist_is_refused() -> None:
    text = raised(lambda: tf.argmax(tf.ones([1, 1]), axis=5))

    assert (
        text == f"InvalidArgumentError: {device('ArgMax')}Expected dimension in the range [-2, 2), but got 5 "
        "[Op:ArgMax] name: "
    )


def test_reductions_of_nothing() -> None:
    nothing = tf.zeros([0])

    assert str(float(tf.reduce_mean(nothing))) == "nan"
    assert float(tf.reduce_max(nothing)) == -float("inf")
    assert float(tf.reduce_prod(nothing)) == 1.0
    assert float(tf.reduce_sum(nothing)) == 0.0
    assert raised(lambda: tf.argmax(nothing)) == (
        f"InvalidArgumentError: {device('ArgMax')}Reduction axis 0 is empty in shape [0] [Op:ArgMax] name: "
    )
