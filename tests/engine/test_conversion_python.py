"""Tensors where Python expects its own values: conditions, loops, keys, indices, attributes, NumPy's functions."""

from __future__ import annotations

import copy
import math
import pickle
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.engine.names import tf
from tests.engine.raised import raised

Use = Callable[[Any], Any]

# -- keys and conditions -------------------------------------------------------------------------------------------


def test_a_tensor_cannot_be_a_key() -> None:
    t = tf.constant(1.0)

    assert raised(lambda: {t: 1}) == "TypeError: Tensor is unhashable. Instead, use tensor.ref() as the key."


def test_a_reference_stands_for_a_tensor_as_key() -> None:
    t = tf.constant(1.0)

    found = {t.ref(): "it"}

    assert found[t.ref()] == "it"
    assert t.ref().deref() is t
    assert t.ref() != tf.constant(1.0).ref()


@pytest.mark.parametrize(
    ("value", "result"),
    [(1.0, True), (0.0, False), ([[0.5]], True), ([[0.0]], False), ([], False), (True, True)],
    ids=repr,
)
def test_a_tensor_of_one_element_is_a_condition(value: Any, result: bool) -> None:
    assert bool(tf.constant(value)) is result
    assert bool(tf.Variable(value)) is result


def test_several_elements_are_no_condition() -> None:
    assert raised(lambda: bool(tf.constant([1.0, 2.0]))) == (
        "ValueError: The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()"
    )


# -- loops and numbers ---------------------------------------------------------------------------------------------


def test_a_tensor_iterates_over_its_first_axis() -> None:
    rows = list(tf.constant([[1.0, 2.0], [3.0, 4.0]]))

    assert [type(r).__name__ for r in rows] == ["EagerTensor"] * 2
    assert [r.numpy().tolist() for r in rows] == [[1.0, 2.0], [3.0, 4.0]]


def test_a_variable_iterates_over_its_first_axis() -> None:
    assert [float(v) for v in tf.Variable([1.0, 2.0])] == [1.0, 2.0]


def test_tensors_are_unpacked_and_zipped() -> None:
    a, b = tf.constant([1.0, 2.0])

    assert (float(a), float(b)) == (1.0, 2.0)
    assert [(float(x), y) for x, y in zip(tf.constant([1.0, 2.0]), [3, 4], strict=True)] == [(1.0, 3), (2.0, 4)]


@pytest.mark.parametrize("make", [lambda: tf.constant(1.0), lambda: tf.constant("a"), lambda: tf.Variable(1.0)])
def test_a_scalar_is_not_iterated(make: Any) -> None:
    assert raised(lambda: iter(make())) == "TypeError: Cannot iterate over a scalar tensor."


def test_the_length_of_a_tensor_is_its_first_size() -> None:
    assert len(tf.zeros([3, 2])) == 3
    assert raised(lambda: len(tf.constant(1.0))) == "TypeError: Scalar tensor has no `len()`"


@pytest.mark.parametrize(
    ("convert", "result"),
    [
        (float, 2.75),
        (int, 2),
        (complex, 2.75 + 0j),
        (math.sqrt, math.sqrt(2.75)),
        (lambda t: pow(t, 2).numpy(), 7.5625),
    ],
)
def test_a_scalar_tensor_becomes_a_python_number(convert: Use, result: Any) -> None:
    assert convert(tf.constant(2.75)) == result


def test_a_vector_becomes_no_python_number() -> None:
    text = raised(lambda: float(tf.constant([1.0, 2.0])))

    assert text == "TypeError: only length-1 arrays can be converted to Python scalars"


def test_a_tensor_of_one_element_becomes_a_python_number() -> None:
    assert float(tf.constant([[1.5]])) == 1.5


def test_pythons_functions_take_tensors() -> None:
    one, two = tf.constant(1.0), tf.constant(2.0)

    assert float(sum([one, two])) == 3.0
    assert float(max([one, two])) == 2.0
    assert [float(t) for t in sorted([two, one])] == [1.0, 2.0]


def test_a_scalar_int_tensor_is_an_index() -> None:
    assert ["a", "b"][tf.constant(1)] == "b"
    assert list(range(tf.constant(2))) == [0, 1]


def test_a_float_tensor_is_no_index() -> None:
    text = raised(lambda: ["a"][tf.constant(1.0)])

    assert text == "AttributeError: 'numpy.float32' object has no attribute '__index__'"


# -- indexing ------------------------------------------------------------------------------------------------------

CUBE = np.arange(24.0).reshape(2, 3, 4)


@pytest.mark.parametrize(
    "key",
    [
        1,
        -1,
        (0, 1),
        (1, 2, 3),
        slice(None),
        slice(0, 1),
        slice(None, None, -1),
        (slice(None), slice(0, 3, 2)),
        (slice(None), slice(2, 0, -1)),
        (Ellipsis, 0),
        (0, Ellipsis),
        (None, 0),
        (slice(None), None, Ellipsis, None),
        (np.int64(1), np.array(2)),
        slice(5, None),
        slice(-1, None),
    ],
    ids=repr,
)
def test_an_index_takes_what_numpys_takes(key: Any) -> None:
    assert tf.constant(CUBE)[key].numpy().tolist() == CUBE[key].tolist()


def test_a_list_is_taken_as_a_tuple_of_indices() -> None:
    assert float(tf.constant([[1.0, 2.0], [3.0, 4.0]])[[0, 1]]) == 2.0


def test_a_scalar_int_tensor_indexes() -> None:
    t = tf.constant([1.0, 2.0, 3.0])

    assert float(t[tf.constant(1)]) == 2.0
    assert t[tf.constant(1) :].numpy().tolist() == [2.0, 3.0]
    assert float(t[tf.constant(2, tf.int64)]) == 3.0


def test_tf_newaxis_adds_an_axis() -> None:
    assert tf.constant([1.0, 2.0])[:, tf.newaxis].shape == (2, 1)


def test_a_mask_selects() -> None:
    t = tf.constant([1.0, 2.0, 3.0])
    v = tf.Variable([1.0, 2.0, 3.0])

    assert t[t > 1.5].numpy().tolist() == [2.0, 3.0]
    assert v[v > 1.5].numpy().tolist() == [2.0, 3.0]


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (np.array([0, 1]), "array([0, 1])"),
        (1.0, "1.0"),
        ("a", "'a'"),
        (tf.constant(1.0), "<tf.Tensor: shape=(), dtype=float32, numpy=1.0>"),
        (tf.constant([0, 1]), "<tf.Tensor: shape=(2,), dtype=int32, numpy=array([0, 1], dtype=int32)>"),
        ((0, [0, 1]), "[0, 1]"),
    ],
    ids=["array", "float", "text", "float tensor", "vector tensor", "list in tuple"],
)
def test_another_index_is_refused(key: Any, shown: str) -> None:
    t = tf.constant([[1.0, 2.0], [3.0, 4.0]])

    assert raised(lambda: t[key]) == (
        "TypeError: Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar tf.int32/tf.int64 "
        f"tensors are valid indices, got {shown}"
    )


def test_true_is_no_mask() -> None:
    t = tf.constant([1.0, 2.0])

    assert raised(lambda: t[True]) == "ValueError: mask cannot be scalar."


@pytest.mark.parametrize(
    ("use", "body"),
    [
        (lambda: tf.constant([1.0, 2.0])[5], "slice index 5 of dimension 0 out of bounds."),
        (lambda: tf.constant([1.0, 2.0])[-3], "slice index -1 of dimension 0 out of bounds."),
        (lambda: tf.constant([[1.0, 2.0]])[:, 2], "slice index 2 of dimension 1 out of bounds."),
        (lambda: tf.constant(1.0)[0], "Attempting to slice scalar input."),
        (lambda: tf.constant([[1.0]])[0, 0, 0], "Index out of range using input dim 2; input has only 2 dims"),
        (lambda: tf.constant([1.0, 2.0])[::0], "strides[0] must be non-zero"),
        (lambda: tf.Variable([1.0, 2.0])[5], "slice index 5 of dimension 0 out of bounds."),
    ],
    ids=["too large", "too small", "second axis", "scalar", "too many", "step zero", "variable"],
)
def test_an_index_out_of_bounds_is_refused(use: Any, body: str) -> None:
    assert raised(use) == (
        "InvalidArgumentError: {{function_node __wrapped__StridedSlice_device_/job:localhost/replica:0/task:0/"
        f"device:CPU:0}}}} {body} [Op:StridedSlice] name: strided_slice/"
    )


# -- what a tensor is not ------------------------------------------------------------------------------------------


def set_item(t: Any) -> None:
    t[0] = 1.0


def delete_item(t: Any) -> None:
    del t[0]


EAGER = "'tensorflow.python.framework.ops.EagerTensor' object"


@pytest.mark.parametrize(
    ("use", "text"),
    [
        (set_item, f"TypeError: {EAGER} does not support item assignment"),
        (delete_item, f"TypeError: {EAGER} doesn't support item deletion"),
        (lambda t: t(), f"TypeError: {EAGER} is not callable"),
        (lambda t: t.item(), f"AttributeError: {EAGER} has no attribute 'item'"),
        (lambda t: t.mean(), f"AttributeError: {EAGER} has no attribute 'mean'"),
        (lambda t: t.grad, f"AttributeError: {EAGER} has no attribute 'grad'"),
        (lambda t: t.backward(), f"AttributeError: {EAGER} has no attribute 'backward'"),
        (lambda t: t.assign(1.0), f"AttributeError: {EAGER} has no attribute 'assign'"),
        (lambda t: t.name, "AttributeError: Tensor.name is undefined when eager execution is enabled."),
        (lambda t: t.op, "AttributeError: Tensor.op is undefined when eager execution is enabled."),
        (lambda t: t.graph, "AttributeError: Tensor.graph is undefined when eager execution is enabled."),
        (lambda t: t.value_index, "AttributeError: Tensor.value_index is undefined when eager execution is enabled."),
        (
            lambda t: t.eval(),
            "NotImplementedError: eval is not supported when eager execution is enabled, is .numpy() what you're "
            "looking for?",
        ),
        (lambda t: t.set_shape([3]), "ValueError: Tensor's shape (2,) is not compatible with supplied shape [3]."),
    ],
    ids=[
        "set item", "delete item", "call", "item", "mean", "grad", "backward", "assign", "name", "op", "graph",
        "value_index", "eval", "set_shape",
    ],
)  # fmt: skip
def test_a_tensor_refuses(use: Use, text: str) -> None:
    assert raised(lambda: use(tf.constant([1.0, 2.0]))) == text


@pytest.mark.parametrize("name", ["T", "astype", "ravel", "transpose", "reshape", "clip", "size", "tolist", "data"])
def test_numpys_methods_are_missing_with_an_advice(name: str) -> None:
    t = tf.constant([1.0, 2.0])

    assert raised(lambda: getattr(t, name)) == (
        f"AttributeError: EagerTensor object has no attribute '{name}'. \n        If you are looking for numpy-related "
        "methods, please run the following:\n        tf.experimental.numpy.experimental_enable_numpy_behavior()\n      "
    )


def test_rounding_by_python_needs_astype() -> None:
    assert raised(lambda: round(tf.constant(1.5))).startswith(
        "AttributeError: EagerTensor object has no attribute 'astype'"
    )


@pytest.mark.parametrize("use", [lambda t: divmod(t, 2), lambda t: t << 1], ids=["divmod", "shift"])
def test_operators_that_do_not_exist_are_refused(use: Use) -> None:
    assert raised(lambda: use(tf.constant(1))).startswith("TypeError: unsupported operand type(s) for ")


def test_what_a_tensor_has() -> None:
    t = tf.constant([[1.0, 2.0]])

    assert (t.ndim, t.shape, t.get_shape(), t.dtype) == (2, (1, 2), (1, 2), tf.float32)
    assert t.device == "/job:localhost/replica:0/task:0/device:CPU:0"


def test_a_tensor_takes_attributes() -> None:
    t = tf.constant(1.0)

    t.remark = "mine"

    assert t.remark == "mine"


def test_a_tensor_is_copied_and_pickled() -> None:
    t = tf.constant([1.0, 2.0])

    assert copy.deepcopy(t).numpy().tolist() == [1.0, 2.0]
    assert pickle.loads(pickle.dumps(t)).numpy().tolist() == [1.0, 2.0]


def test_isinstance_knows_tensors() -> None:
    assert isinstance(tf.constant(1.0), tf.Tensor)
    assert tf.is_tensor(tf.constant(1.0))
    assert not tf.is_tensor(1.0)


# -- NumPy's functions ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "use",
    [np.square, np.array, np.asarray, np.mean, np.sum, np.max, lambda t: np.dot(t, t), lambda t: np.stack([t, t])],
)
def test_numpys_functions_see_the_value(use: Use) -> None:
    values = np.array([1.0, 2.0], np.float32)

    found = use(tf.constant(values))

    assert isinstance(found, (np.ndarray, np.generic))
    assert np.array_equal(found, use(values))


def test_an_array_of_a_tensor_does_not_change_it() -> None:
    t = tf.constant([1.0, 2.0])

    np.array(t)[0] = 9.0

    assert t.numpy().tolist() == [1.0, 2.0]


# -- shapes --------------------------------------------------------------------------------------------------------


def test_a_shape_behaves_like_a_tuple() -> None:
    shape = tf.zeros([3, 2]).shape

    assert type(shape).__name__ == "TensorShape"
    assert (shape[0], shape[-1], len(shape), shape.rank, shape.ndims) == (3, 2, 2, 2, 2)
    assert type(shape[0]) is int
    assert list(shape) == [3, 2]
    assert shape.as_list() == [3, 2]
    assert shape.num_elements() == 6
    assert shape.merge_with([None, 2]) == tf.TensorShape([3, None]).merge_with([None, 2]) == shape.with_rank(2)
    assert repr(shape[1:]) == "TensorShape([2])"
    assert repr(shape + [4]) == "TensorShape([3, 2, 4])"  # noqa: RUF005 - concatenation is what is tested


def test_a_shape_equals_tuples_and_lists() -> None:
    shape = tf.zeros([3, 2]).shape

    assert shape == (3, 2)
    assert shape == [3, 2]
    assert shape != (2, 3)
    assert shape == tf.TensorShape([3, 2])


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda s: s.merge_with([3, 4]), "Shapes (3, 2) and (3, 4) are not compatible"),
        (lambda s: s.with_rank(3), "Shape (3, 2) must have rank 3"),
        (lambda s: s.with_rank_at_most(1), "Shape (3, 2) must have rank at most 1"),
        (lambda s: s.assert_same_rank([1]), "Shapes (3, 2) and (1,) must have the same rank"),
        (lambda s: s.concatenate([None]).assert_is_fully_defined(), "Shape (3, 2, None) is not fully defined"),
    ],
)
def test_shapes_that_do_not_fit(ask: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        ask(tf.TensorShape([3, 2]))
