"""``tf.Variable``: names, assigning, slices and rows of it, and what it refuses."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from tests.engine.names import tf
from tests.engine.raised import raised


def matrix() -> Any:
    return tf.Variable([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


NEEDS_A_VALUE = (
    "ValueError: The `initial_value` arg to `tf.Variable` must be specified except when you are not providing a "
    "`variable_def`. "
    "You provided neither."
)
IN_PLACE = {
    # The word for `-=` is TensorFlow's own slip.
    "+": ("variable += value", "variable.assign_add(value)", "out = variable + value"),
    "-": ("variable -= value", "variable.assign_sub(value)", "out = variable * value"),
    "*": ("var *= value", "var.assign(var * value)", "out = var * value"),
    "/": ("var /= value", "var.assign(var / value)", "out = var / value"),
    "**": ("var **= value", "var.assign(var ** value)", "out = var ** value"),
}

# -- making --------------------------------------------------------------------------------------------------------


def test_every_variable_without_a_name_has_the_same_name() -> None:
    assert [tf.Variable(1.0).name, tf.Variable(2.0).name] == ["Variable:0", "Variable:0"]


def test_equal_names_stay_equal() -> None:
    assert [tf.Variable(1.0, name="q").name, tf.Variable(2.0, name="q").name] == ["q:0", "q:0"]


def test_a_name_scope_stands_before_the_name() -> None:
    with tf.name_scope("my"), tf.name_scope("own"):
        v = tf.Variable(1.0)
        w = tf.Variable(1.0, name="w")

    assert [v.name, w.name] == ["my/own/Variable:0", "my/own/w:0"]


@pytest.mark.parametrize("make", [lambda: tf.Variable(None), lambda: tf.Variable()], ids=["None", "nothing"])
def test_a_variable_needs_a_value(make: Any) -> None:
    assert raised(make) == NEEDS_A_VALUE


def test_a_variable_of_a_variable_is_a_copy() -> None:
    v = tf.Variable([1.0, 2.0])

    w = tf.Variable(v)
    v.assign([3.0, 4.0])

    assert w.numpy().tolist() == [1.0, 2.0]


def test_a_variable_of_an_array_does_not_follow_the_array() -> None:
    array = np.array([1.0, 2.0], np.float32)

    v = tf.Variable(array)
    array[0] = 9.0

    assert v.numpy().tolist() == [1.0, 2.0]


def test_a_variable_takes_a_function_that_makes_its_value() -> None:
    assert float(tf.Variable(lambda: tf.constant(3.0))) == 3.0


def test_the_types_of_initial_values_are_those_of_tensors() -> None:
    kinds = [tf.Variable(v).dtype.name for v in (1.0, 1, True, "a", np.float64(1.0), np.arange(2))]

    assert kinds == ["float32", "int32", "bool", "string", "float64", "int64"]


def test_a_dtype_converts_the_initial_value() -> None:
    assert str(tf.Variable(1, dtype=tf.float64).dtype) == "<dtype: 'float64'>"


def test_a_tensor_as_initial_value_is_not_converted() -> None:
    text = raised(lambda: tf.Variable(tf.constant(1.0), dtype=tf.float64))

    assert text == (
        "ValueError: initial_value: Tensor conversion requested dtype float64 for Tensor with dtype float32: "
        "<tf.Tensor: shape=(), dtype=float32, numpy=1.0>"
    )


def test_a_variable_is_not_converted_to_another_type() -> None:
    text = raised(lambda: tf.Variable(tf.Variable(1.0), dtype=tf.float64))

    assert text == (
        "ValueError: Incompatible type conversion requested to type float64 for `tf.Variable of type float32. "
        "(Variable: <tf.Variable 'Variable:0' shape=() dtype=float32, numpy=1.0>)"
    )


def test_a_shape_that_does_not_fit_the_value_is_refused() -> None:
    text = raised(lambda: tf.Variable([1.0, 2.0], shape=(3,)))

    assert text == (
        "ValueError: In this `tf.Variable` creation, the initial value's shape ((2,)) is not compatible with the "
        "explicitly supplied "
        "`shape` argument ((3,))."
    )


# -- reading -------------------------------------------------------------------------------------------------------


def test_arithmetic_with_a_variable_gives_a_tensor() -> None:
    assert type(tf.Variable(1.0) + 1.0).__name__ == "EagerTensor"


def test_the_value_of_a_scalar_variable_is_a_numpy_scalar() -> None:
    assert type(tf.Variable(1.0).numpy()) is np.float32


def test_the_value_of_a_variable_is_a_copy() -> None:
    v = tf.Variable([1.0, 2.0])

    v.numpy()[0] = 9.0

    assert v.numpy().tolist() == [1.0, 2.0]


def test_a_variable_knows_its_shape_and_type() -> None:
    v = matrix()

    assert (v.shape, v.get_shape(), v.dtype) == ((2, 3), (2, 3), tf.float32)


def test_argmax_of_a_variable_is_int64() -> None:
    assert tf.argmax(tf.Variable([1.0, 3.0])).dtype == tf.int64


def test_rows_are_read_by_number() -> None:
    v = matrix()

    assert v.sparse_read([1]).numpy().tolist() == [[4.0, 5.0, 6.0]]
    assert v.gather_nd([[0, 1]]).numpy().tolist() == [2.0]


# -- assigning -----------------------------------------------------------------------------------------------------


def test_an_assigned_value_is_converted_to_the_variables_type() -> None:
    v = tf.Variable([1.0, 2.0])

    v.assign([3, 4])
    v.assign_add(np.array([1, 1]))
    v.assign_sub(np.array([0.5, 0.5]))

    assert v.dtype == tf.float32
    assert v.numpy().tolist() == [3.5, 4.5]


def test_an_assign_returns_the_variable_under_another_name() -> None:
    v = tf.Variable([1.0, 2.0])

    u = v.assign([3.0, 4.0])

    assert repr(u) == "<tf.Variable 'UnreadVariable' shape=(2,) dtype=float32, numpy=array([3., 4.], dtype=float32)>"
    assert type(u).__name__ == "_UnreadVariable"
    assert u.numpy().tolist() == [3.0, 4.0]


def test_assigns_can_be_chained() -> None:
    v = tf.Variable(1.0)

    v.assign(5.0).assign_add(1.0).assign_sub(3.0)

    assert float(v) == 3.0


def test_an_assign_returns_nothing_if_asked_to() -> None:
    v = tf.Variable(1.0)

    assert v.assign(2.0, read_value=False) is None
    assert v.assign_add(2.0, read_value=False) is None
    assert float(v) == 4.0


def test_a_tensor_of_another_type_is_not_assigned() -> None:
    v = tf.Variable(1.0)

    text = raised(lambda: v.assign(tf.constant(1)))

    assert text == (
        "ValueError: Tensor conversion requested dtype float32 for Tensor with dtype int32: <tf.Tensor: shape=(), "
        "dtype=int32, numpy=1>"
    )


def test_a_fraction_is_not_assigned_to_an_integer_variable() -> None:
    v = tf.Variable(1)

    assert raised(lambda: v.assign(1.5)) == "TypeError: Cannot convert 1.5 to EagerTensor of dtype int32"


@pytest.mark.parametrize(("value", "shape"), [([1.0, 2.0, 3.0], "(3,)"), (1.0, "()")], ids=["vector", "scalar"])
def test_a_value_of_another_shape_is_not_assigned(value: Any, shape: str) -> None:
    v = tf.Variable([1.0, 2.0])

    assert raised(lambda: v.assign(value)) == (
        "ValueError: Cannot assign value to variable ' Variable:0': Shape mismatch.The variable shape (2,), and the "
        "assigned value "
        f"shape {shape} are incompatible."
    )


@pytest.mark.parametrize("name", ["assign_add", "assign_sub"])
def test_a_difference_of_another_shape_is_refused_by_the_kernel(name: str) -> None:
    v = tf.Variable([1.0, 2.0])
    op = {"assign_add": "AssignAddVariableOp", "assign_sub": "AssignSubVariableOp"}[name]

    text = raised(lambda: getattr(v, name)(1.0))

    assert text == (
        f"InvalidArgumentError: "
        f"{{{{function_node __wrapped__{op}_device_/job:localhost/replica:0/task:0/device:CPU:0}}}} Cannot update "
        f"variable with shape [2] using a Tensor with shape [], shapes must be equal. [Op:{op}] name: "
    )


@pytest.mark.parametrize("operator", list(IN_PLACE))
def test_a_variable_is_not_changed_by_an_operator(operator: str) -> None:
    names = {"v": tf.Variable(1.0)}
    what, instead, or_else = IN_PLACE[operator]

    text = raised(lambda: exec(f"v {operator}= 1.0", names))

    assert text == (
        f"RuntimeError: `{what}` with `tf.Variable`s is not supported. Use `{instead}` to modify the variable, or "
        f"`{or_else}` if you need "
        "to get a new output Tensor."
    )


@pytest.mark.parametrize(("operator", "value"), [("//", 2.0), ("%", 1.0)])
def test_other_operators_in_place_rebind_the_name_to_a_tensor(operator: str, value: float) -> None:
    names = {"v": tf.Variable(5.0)}

    exec(f"v {operator}= 2.0", names)

    assert type(names["v"]).__name__ == "EagerTensor"
    assert float(names["v"]) == value


# -- slices --------------------------------------------------------------------------------------------------------


def test_an_element_is_assigned() -> None:
    v = matrix()

    u = v[0, 1].assign(42)

    assert v.numpy().tolist() == [[1.0, 42.0, 3.0], [4.0, 5.0, 6.0]]
    assert repr(u).startswith("<tf.Variable 'UnreadVariable' shape=(2, 3) dtype=float32, numpy=\narray(")


def test_a_column_is_assigned() -> None:
    v = matrix()

    v[:, 2].assign([7.0, 8.0])

    assert v.numpy().tolist() == [[1.0, 2.0, 7.0], [4.0, 5.0, 8.0]]


def test_a_slice_takes_a_value_that_broadcasts() -> None:
    v = matrix()

    v[0].assign(9.0)
    v[1:, ..., 0].assign([8])

    assert v.numpy().tolist() == [[9.0, 9.0, 9.0], [8.0, 5.0, 6.0]]


def test_a_slice_refuses_a_value_that_does_not_broadcast() -> None:
    v = matrix()

    assert raised(lambda: v[0].assign([1, 2])) == (
        "InvalidArgumentError: {{function_node "
        "__wrapped__ResourceStridedSliceAssign_device_/job:localhost/replica:0/task:0/device:CPU:0}}"
        " Cannot broadcast input shape [2] into final shape [3] [Op:ResourceStridedSliceAssign] name: "
        "strided_slice/_assign"
    )


def test_a_slice_refuses_a_tensor_of_another_type() -> None:
    v = matrix()

    assert raised(lambda: v[0, 0].assign(tf.constant(1))) == (
        "ValueError: Tensor conversion requested dtype float32 for Tensor with dtype int32: <tf.Tensor: shape=(), "
        "dtype=int32, numpy=1>"
    )


def test_a_slice_of_a_tensor_cannot_be_assigned() -> None:
    text = raised(lambda: tf.constant([1.0])[0].assign(2.0))

    assert text == "AttributeError: 'tensorflow.python.framework.ops.EagerTensor' object has no attribute 'assign'"


def test_a_value_read_before_its_slice_was_assigned_stays_what_it_was() -> None:
    v = matrix()
    before = v.value()

    v[0, 0].assign(100.0)

    assert before.numpy()[0, 0] == 1.0


# -- rows ----------------------------------------------------------------------------------------------------------


def rows(values: Any, indices: Any) -> Any:
    return tf.IndexedSlices(tf.constant(values), tf.constant(indices))


def test_elements_are_updated_by_their_indices() -> None:
    v = matrix()

    u = v.scatter_nd_update([[0, 0], [1, 2]], [100.0, 200.0])

    assert v.numpy().tolist() == [[100.0, 2.0, 3.0], [4.0, 5.0, 200.0]]
    assert type(u).__name__ == "_UnreadVariable"


def test_rows_are_updated_by_their_indices() -> None:
    v = matrix()

    v.scatter_nd_update([[0]], [[9.0, 9.0, 9.0]])
    v.scatter_nd_add([[0, 0], [0, 0]], [1.0, 1.0])
    v.scatter_nd_sub([[1, 1]], [5.0])

    assert v.numpy().tolist() == [[11.0, 9.0, 9.0], [4.0, 0.0, 6.0]]


def test_an_update_outside_the_variable_is_refused() -> None:
    v = matrix()

    assert raised(lambda: v.scatter_nd_update([[0, 7]], [1.0])) == (
        "InvalidArgumentError: {{function_node "
        "__wrapped__ResourceScatterNdUpdate_device_/job:localhost/replica:0/task:0/device:CPU:0}} "
        "indices[0] = [0, 7] does not index into shape [2,3] [Op:ResourceScatterNdUpdate]"
    )


@pytest.mark.parametrize(
    ("method", "row"),
    [
        ("scatter_update", [10.0, 20.0, 30.0]),
        ("scatter_add", [14.0, 25.0, 36.0]),
        ("scatter_sub", [-6.0, -15.0, -24.0]),
        ("scatter_mul", [40.0, 100.0, 180.0]),
        ("scatter_div", [0.4, 0.25, 0.2]),
        ("scatter_min", [4.0, 5.0, 6.0]),
        ("scatter_max", [10.0, 20.0, 30.0]),
    ],
)
def test_indexed_slices_update_their_rows(method: str, row: list[float]) -> None:
    v = matrix()

    getattr(v, method)(rows([[10.0, 20.0, 30.0]], [1]))

    assert v.numpy()[0].tolist() == [1.0, 2.0, 3.0]
    assert v.numpy()[1].tolist() == pytest.approx(row)


def test_repeated_rows_add_up() -> None:
    v = matrix()

    v.scatter_add(rows([[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]], [0, 0]))

    assert v.numpy()[0].tolist() == [3.0, 4.0, 5.0]


def test_only_indexed_slices_update_rows() -> None:
    v = matrix()

    text = raised(lambda: v.scatter_update([1]))

    assert text == "TypeError: Argument `sparse_delta` must be a `tf.IndexedSlices`. Received arg: [1]"


def test_a_row_that_does_not_exist_is_refused() -> None:
    v = matrix()

    assert raised(lambda: v.scatter_update(rows([[1.0, 2.0, 3.0]], [5]))) == (
        "InvalidArgumentError: {{function_node "
        "__wrapped__ResourceScatterUpdate_device_/job:localhost/replica:0/task:0/device:CPU:0}} "
        "indices[0] = 5 is not in [0, 2) [Op:ResourceScatterUpdate] name: "
    )


def test_a_sparse_gradient_is_subtracted() -> None:
    v = matrix()
    gradient = tf.IndexedSlices(tf.constant([[1.0, 1.0, 1.0]] * 2), tf.constant([1, 1]), tf.constant([2, 3]))

    v.assign_sub(gradient)

    assert v.numpy().tolist() == [[1.0, 2.0, 3.0], [2.0, 3.0, 4.0]]


# -- what a variable is not ----------------------------------------------------------------------------------------


def set_item(v: Any) -> None:
    v[0] = 1.0


def delete_item(v: Any) -> None:
    del v[0]


@pytest.mark.parametrize(
    ("use", "text"),
    [
        (set_item, "TypeError: 'ResourceVariable' object does not support item assignment"),
        (delete_item, "TypeError: 'ResourceVariable' object doesn't support item deletion"),
        (lambda v: len(v), "TypeError: object of type 'ResourceVariable' has no len()"),
        (lambda v: v(), "TypeError: 'ResourceVariable' object is not callable"),
        (lambda v: v.T, "AttributeError: 'ResourceVariable' object has no attribute 'T'"),
        (lambda v: v.ndim, "AttributeError: 'ResourceVariable' object has no attribute 'ndim'"),
        (lambda v: v.item(), "AttributeError: 'ResourceVariable' object has no attribute 'item'"),
        (lambda v: v.op, "AttributeError: Tensor.op is undefined when eager execution is enabled."),
        (lambda v: v.graph, "AttributeError: Tensor.graph is undefined when eager execution is enabled."),
        (lambda v: v.eval(), "RuntimeError: This operation is not supported when eager execution is enabled."),
        (lambda v: [1, 2][v], "TypeError: list indices must be integers or slices, not ResourceVariable"),
        (
            lambda v: setattr(v, "trainable", False),
            "AttributeError: property 'trainable' of 'ResourceVariable' object has no setter",
        ),
        (
            lambda v: setattr(v, "name", "w"),
            "AttributeError: property 'name' of 'ResourceVariable' object has no setter",
        ),
        (lambda v: f"{v:.2f}", "TypeError: unsupported format string passed to ResourceVariable.__format__"),
    ],
    ids=[
        "set item",
        "delete item",
        "len",
        "call",
        "T",
        "ndim",
        "item",
        "op",
        "graph",
        "eval",
        "index",
        "trainable",
        "name",
        "format",
    ],
)
def test_a_variable_refuses(use: Any, text: str) -> None:
    v = tf.Variable(1)

    assert raised(lambda: use(v)) == text


def test_a_variable_cannot_be_a_key() -> None:
    v = tf.Variable([1.0, 2.0])

    assert raised(lambda: {v: 1}) == (
        "TypeError: Variable is unhashable. Instead, use variable.ref() as the key. (Variable: <tf.Variable "
        "'Variable:0' shape=(2,) "
        "dtype=float32, numpy=array([1., 2.], dtype=float32)>)"
    )


def test_a_reference_stands_for_a_variable_as_key() -> None:
    v = tf.Variable(1.0)

    found = {v.ref(): "it"}

    assert found[v.ref()] == "it"
    assert v.ref().deref() is v


def test_a_variable_has_no_initializer() -> None:
    assert tf.Variable(1.0).initializer is None


def test_a_variable_is_a_tf_variable_and_no_tensor() -> None:
    v = tf.Variable(1.0)

    assert isinstance(v, tf.Variable)
    assert not isinstance(v, tf.Tensor)
    assert isinstance(v.assign(2.0), tf.Variable)
    assert tf.is_tensor(v)


def test_a_variable_takes_attributes() -> None:
    v = tf.Variable(1.0)

    v.remark = "mine"

    assert v.remark == "mine"


def test_a_variable_is_pickled() -> None:
    v = tf.Variable([1.0, 2.0], name="w", trainable=False)

    w = pickle.loads(pickle.dumps(v))

    assert (w.name, w.trainable, w.numpy().tolist()) == ("w:0", False, [1.0, 2.0])


def test_a_deep_copy_is_a_variable_of_its_own() -> None:
    v = tf.Variable([1.0, 2.0], name="w", trainable=False)

    w = copy.deepcopy(v)
    v.assign([3.0, 4.0])

    assert (w.name, w.trainable, w.numpy().tolist()) == ("w:0", False, [1.0, 2.0])
