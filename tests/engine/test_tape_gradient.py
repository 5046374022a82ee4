"""``tape.gradient``: sources, targets, output gradients, unconnected gradients, and rules that are missing."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from typing import Any

import numpy as np
import pytest

from tests.engine.names import tf
from tests.engine.raised import raised

# -- sources -------------------------------------------------------------------------------------------------------

Pair = namedtuple("Pair", ["a", "b"])


def product(persistent: bool = False) -> tuple[Any, Any, Any, Any]:
    """A tape with z = x * y; x is 2, y is 3."""
    x = tf.Variable(2.0)
    y = tf.Variable(3.0)
    with tf.GradientTape(persistent=persistent) as tape:
        z = x * y
    return tape, x, y, z


def test_a_list_of_sources_gives_a_list() -> None:
    tape, x, y, z = product()

    gradients = tape.gradient(z, [x, y])

    assert type(gradients) is list
    assert [float(g) for g in gradients] == [3.0, 2.0]


def test_a_tuple_of_sources_gives_a_tuple() -> None:
    tape, x, y, z = product()

    gradients = tape.gradient(z, (x, y))

    assert type(gradients) is tuple
    assert [float(g) for g in gradients] == [3.0, 2.0]


def test_a_named_tuple_of_sources_gives_a_named_tuple() -> None:
    tape, x, y, z = product()

    gradients = tape.gradient(z, Pair(x, y))

    assert type(gradients) is Pair
    assert float(gradients.b) == 2.0


def test_nested_sources_give_the_same_nest() -> None:
    tape, x, y, z = product()

    gradients = tape.gradient(z, [{"x": x, "more": (y, [x])}])

    assert type(gradients[0]["more"]) is tuple
    assert float(gradients[0]["x"]) == 3.0
    assert float(gradients[0]["more"][0]) == 2.0
    assert float(gradients[0]["more"][1][0]) == 3.0


def test_a_dict_of_sources_keeps_the_callers_order_and_its_type() -> None:
    tape, x, y, z = product(persistent=True)

    plain = tape.gradient(z, {"z": x, "a": y, "q": tf.constant(1.0)})
    ordered = tape.gradient(z, OrderedDict([("z", x), ("a", y)]))

    assert list(plain) == ["z", "a", "q"]
    assert (float(plain["z"]), float(plain["a"]), plain["q"]) == (3.0, 2.0, None)
    assert type(ordered) is OrderedDict
    assert list(ordered) == ["z", "a"]


def test_a_source_named_twice_gets_its_gradient_twice() -> None:
    tape, x, _, z = product()

    assert [float(g) for g in tape.gradient(z, [x, x])] == [3.0, 3.0]


def test_no_sources_give_no_gradients() -> None:
    tape, _, _, z = product()

    assert tape.gradient(z, []) == []


def test_a_gradient_has_the_shape_and_type_of_its_source() -> None:
    row = tf.Variable(np.ones((1, 3)))
    column = tf.Variable(np.ones((2, 1)))

    with tf.GradientTape() as tape:
        z = row * column

    for gradient, source, total in zip(tape.gradient(z, [row, column]), (row, column), (2.0, 3.0), strict=True):
        assert gradient.shape == source.shape
        assert gradient.dtype == tf.float64
        assert gradient.numpy().ravel().tolist() == [total] * int(np.prod(source.shape))


def test_contributions_of_several_uses_add_up() -> None:
    x = tf.Variable(2.0)

    with tf.GradientTape() as tape:
        y = x * x + 3.0 * x + x

    assert float(tape.gradient(y, x)) == 8.0


# -- targets -------------------------------------------------------------------------------------------------------


def test_the_gradients_of_several_targets_are_summed() -> None:
    x = tf.Variable(2.0)

    with tf.GradientTape(persistent=True) as tape:
        y0 = x**2
        y1 = 1.0 / x

    assert float(tape.gradient([y0, y1], x)) == 3.75
    assert float(tape.gradient({"y0": y0, "y1": y1}, x)) == 3.75


def test_the_gradient_of_a_vector_is_that_of_its_sum() -> None:
    x = tf.Variable(2.0)

    with tf.GradientTape() as tape:
        y = x * [3.0, 4.0]

    assert float(tape.gradient(y, x)) == 7.0


def test_a_target_that_is_its_own_source_has_gradient_one() -> None:
    x = tf.constant([1.0, 2.0])

    with tf.GradientTape() as tape:
        pass

    assert tape.gradient(x, x).numpy().tolist() == [1.0, 1.0]


def test_a_target_that_is_a_source_adds_one() -> None:
    x = tf.constant(2.0)

    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x

    assert float(tape.gradient([x, y], x)) == 5.0


def test_the_same_target_twice_counts_twice() -> None:
    x = tf.constant(2.0)
    y = x

    with tf.GradientTape() as tape:
        tape.watch(x)

    assert float(tape.gradient([y, y], x)) == 2.0


def test_targets_and_sources_may_overlap() -> None:
    x = tf.constant(3.0)
    y = tf.constant(5.0)

    with tf.GradientTape() as tape:
        tape.watch(y)
        z = y * y

    assert [float(g) for g in tape.gradient([x, y, z], [x, y])] == [1.0, 11.0]


def test_a_target_that_was_never_recorded_has_no_gradient() -> None:
    tape, x, y, _ = product()

    assert tape.gradient(x, y) is None


def test_a_variable_is_a_target() -> None:
    v = tf.Variable([1.0, 2.0])

    with tf.GradientTape() as tape:
        pass

    assert tape.gradient(v, v).numpy().tolist() == [1.0, 1.0]


def test_no_targets_give_no_gradient() -> None:
    tape, x, _, _ = product()

    assert tape.gradient([], x) is None


def test_none_as_target_is_refused() -> None:
    tape, x, _, _ = product()

    assert raised(lambda: tape.gradient(None, x)) == (
        "TypeError: Argument `target` should be a list or nested structure of Tensors, Variables or CompositeTensors "
        "to be "
        "differentiated, but received None."
    )


@pytest.mark.parametrize(
    "call", [lambda t, x, z: t.gradient([z, None], x), lambda t, x, z: t.gradient(z, None)], ids=["target", "sources"]
)
def test_none_among_the_targets_or_as_source_is_no_type(call: Any) -> None:
    tape, x, _, z = product()

    text = raised(lambda: call(tape, x, z))

    assert text == "TypeError: Cannot convert the argument `type_value`: None to a TensorFlow DType."


def test_a_string_tensor_has_no_gradient() -> None:
    s = tf.constant("text")
    x = tf.constant(3.0)

    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x

    assert tape.gradient(s, x) is None
    assert tape.gradient(s, s) is None
    assert float(tape.gradient([y, s], [x, s])[0]) == 6.0


def test_an_integer_source_or_target_has_no_gradient() -> None:
    n = tf.constant(3)
    x = tf.constant(3.0)

    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = n + n
        z = tf.cast(x, tf.int32)

    assert tape.gradient(y, n) is None
    assert tape.gradient(z, x) is None


def test_an_integer_that_is_its_own_source_has_gradient_one() -> None:
    n = tf.constant([3, 4])

    with tf.GradientTape() as tape:
        pass

    assert str(tape.gradient(n, n)) == "tf.Tensor([1 1], shape=(2,), dtype=int32)"


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (3.0, "AttributeError: 'float' object has no attribute 'dtype'"),
        (2.5, "TypeError: Cannot convert the argument `type_value`: 2.5 to a TensorFlow DType."),
        (True, "AttributeError: 'bool' object has no attribute '_id'"),
        ({2.5}, "TypeError: Cannot convert the argument `type_value`: {2.5} to a TensorFlow DType."),
        (np.array([1.0]), "AttributeError: 'numpy.ndarray' object has no attribute '_id'"),
        (np.float32(3.0), "AttributeError: 'numpy.float32' object has no attribute '_id'"),
        ("x", "TypeError: Cannot convert the argument `type_value`: 'x' to a TensorFlow DType."),
    ],
    ids=["number of a type", "float", "bool", "set", "array", "numpy", "str"],
)
def test_what_is_no_tensor_is_neither_source_nor_target(wrong: Any, text: str) -> None:
    tape, x, _, z = product(persistent=True)

    assert raised(lambda: tape.gradient(wrong, x)) == text
    assert raised(lambda: tape.gradient(z, wrong)) == text


# -- output gradients ----------------------------------------------------------------------------------------------


def test_output_gradients_weigh_the_targets() -> None:
    tape, x, _, z = product(persistent=True)

    assert float(tape.gradient(z, x, output_gradients=tf.constant(2.0))) == 6.0
    assert float(tape.gradient(z, x, output_gradients=2.0)) == 6.0
    assert float(tape.gradient([z, z], x, output_gradients=[2.0, 10.0])) == 36.0


def test_an_output_gradient_of_none_is_one() -> None:
    tape, x, _, z = product()

    assert float(tape.gradient([x, z], x, output_gradients=[None, 2.0])) == 7.0


def test_missing_output_gradients_are_ones() -> None:
    tape, x, _, z = product()

    assert float(tape.gradient([x, z], x, output_gradients=[2.0])) == 5.0


def test_output_gradients_that_are_all_none_are_refused() -> None:
    tape, x, _, z = product()

    assert raised(lambda: tape.gradient([z], x, output_gradients=[None])) == (
        "ValueError: Attempt to convert a value (None) with an unsupported type (<class 'NoneType'>) to a Tensor."
    )


def test_an_output_gradient_adds_to_what_flows_back_through_the_target() -> None:
    x = tf.constant(3.0)
    y = tf.constant(2.0)

    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = x * y

    assert float(tape.gradient([loss, x], [x], output_gradients=[1.0, 2.0])[0]) == 4.0


def test_an_output_gradient_of_another_type_is_not_converted() -> None:
    tape, x, _, z = product()

    assert raised(lambda: tape.gradient(z, x, output_gradients=np.float64(1.0))) == (
        "InvalidArgumentError: cannot compute Mul as input #1(zero-based) was expected to be a double tensor but is a "
        "float tensor "
        "[Op:Mul] name: "
    )


def test_a_list_for_one_vector_is_a_list_of_gradients() -> None:
    x = tf.Variable([2.0, 3.0])

    with tf.GradientTape() as tape:
        y = x * x

    # The first number is the gradient of the only target, and too small.
    assert tape.gradient(y, x, output_gradients=[[10.0, 100.0]]) is not None


# -- unconnected gradients -----------------------------------------------------------------------------------------


def test_an_unconnected_gradient_is_none() -> None:
    tape, _, _, z = product(persistent=True)
    other = tf.Variable(1.0)

    assert tape.gradient(z, other) is None
    assert tape.gradient(z, other, unconnected_gradients=tf.UnconnectedGradients.NONE) is None
    assert tape.gradient(z, other, unconnected_gradients="none") is None


@pytest.mark.parametrize("zero", ["zero", tf.UnconnectedGradients.ZERO], ids=["word", "member"])
def test_an_unconnected_gradient_can_be_zeros(zero: Any) -> None:
    tape, x, _, z = product()
    other = tf.Variable([1.0, 2.0], dtype=tf.float64)

    connected, unconnected = tape.gradient(z, [x, other], unconnected_gradients=zero)

    assert float(connected) == 3.0
    assert str(unconnected) == "tf.Tensor([0. 0.], shape=(2,), dtype=float64)"


def test_the_zeros_of_an_integer_source_are_integers() -> None:
    tape, _, _, z = product()

    gradient = tape.gradient(z, tf.constant([1, 2]), unconnected_gradients="zero")

    assert str(gradient) == "tf.Tensor([0 0], shape=(2,), dtype=int32)"


def test_a_stopped_gradient_is_zero_when_zeros_are_asked_for() -> None:
    x = tf.Variable(3.0)

    with tf.GradientTape() as tape:
        y = tf.stop_gradient(x) * 2.0

    assert float(tape.gradient(y, x, unconnected_gradients="zero")) == 0.0


def test_another_word_for_unconnected_gradients_is_refused() -> None:
    tape, x, _, z = product()

    text = raised(lambda: tape.gradient(z, x, unconnected_gradients="nonsense"))

    assert text == "ValueError: Unknown value for unconnected_gradients: 'nonsense'"


# -- rules that are missing or partial -----------------------------------------------------------------------------


def test_unused_outputs_of_an_op_count_as_zeros() -> None:
    x = tf.Variable([1.0, 2.0, 3.0, 4.0])

    with tf.GradientTape() as tape:
        _, second = tf.split(x, 2)
        y = second * second

    assert tape.gradient(y, x).numpy().tolist() == [0.0, 0.0, 6.0, 8.0]


@pytest.mark.parametrize("op", ["floor", "round"])
def test_an_op_that_has_no_derivative_gives_none_and_not_zero(op: str) -> None:
    x = tf.Variable([1.5])

    with tf.GradientTape(persistent=True) as tape:
        y = getattr(tf, op)(x)
        z = y + x

    assert tape.gradient(y, x) is None
    assert tape.gradient(z, x).numpy().tolist() == [1.0]


def test_an_op_without_a_rule_on_the_path_is_an_error() -> None:
    x = tf.Variable(7.5)

    with tf.GradientTape() as tape:
        y = tf.truncatemod(x, 2.0)

    assert raised(lambda: tape.gradient(y, x)) == "LookupError: gradient registry has no entry for: TruncateMod"


def test_an_op_without_a_rule_beside_the_path_does_not_matter() -> None:
    x = tf.Variable(7.5)

    with tf.GradientTape() as tape:
        tf.truncatemod(x, 2.0)
        y = x * x

    assert float(tape.gradient(y, x)) == 15.0


# -- persistent tapes ----------------------------------------------------------------------------------------------


def test_a_persistent_tape_gives_gradients_again_and_again() -> None:
    x = tf.constant(3.0)

    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        z = y * y

    assert float(tape.gradient(z, x)) == 108.0
    assert float(tape.gradient(y, x)) == 6.0
    assert float(tape.gradient(z, x)) == 108.0
