"""What TensorFlow's own tests of its tapes (``backprop_test.py``) assert, where the other files here do not say it."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from tests.engine.names import tf

# -- what flows --------------------------------------------------------------------------------------------------------


def test_an_op_that_changes_nothing_still_separates_a_tensor_from_its_copy() -> None:
    x = tf.constant(1.0)
    copies = [
        lambda t: t,
        tf.identity,
        lambda t: t + 0.0,
        lambda t: t - 0.0,
        lambda t: t * 1.0,
    ]

    found = []
    for copy in copies:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = copy(x)
            # The gradient with respect to the copy, and through it with respect to x.
            z = y * 2.0 + x
        found.append([float(g) for g in tape.gradient(z, [x, y])])

    assert found == [[3.0, 3.0], [3.0, 2.0], [3.0, 2.0], [3.0, 2.0], [3.0, 2.0]]


def test_a_chain_of_readings_of_a_variable_gives_one() -> None:
    v = tf.Variable(1.0)

    with tf.GradientTape() as tape:
        y = (v.value() + 2.0) + 3.0

    assert float(tape.gradient(y, v)) == 1.0


def test_a_variables_value_is_the_identity_of_the_variable() -> None:
    v = tf.Variable([1.0, 2.0])

    with tf.GradientTape() as tape:
        y = v.read_value()

    assert tape.gradient(y, v).numpy().tolist() == [1.0, 1.0]


def test_a_tape_inside_a_loop_body_sees_the_variable() -> None:
    v = tf.Variable(1.0)
    seen = []

    for _ in range(3):
        with tf.GradientTape() as tape:
            y = v * v
        seen.append(float(tape.gradient(y, v)))
        v.assign_add(1.0)

    assert seen == [2.0, 4.0, 6.0]


@pytest.mark.parametrize(("number", "slope"), [(5.0, 1.0), (50.0, 100.0)])
def test_where_passes_the_gradient_to_the_branch_that_was_chosen(number: float, slope: float) -> None:
    x = tf.constant(number)

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.where(x < 10.0, x, x * x)

    assert float(tape.gradient(y, x)) == slope


def test_two_targets_of_two_sources() -> None:
    x, y = tf.constant(2.0), tf.constant(3.0)

    with tf.GradientTape() as tape:
        tape.watch([x, y])
        targets = [2.0 * x, 3.0 * y]

    assert [float(g) for g in tape.gradient(targets, [x, y])] == [2.0, 3.0]


def test_an_output_gradient_passes_through_the_identity() -> None:
    x = tf.constant(3.0)

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.identity(x)

    assert float(tape.gradient(y, x, output_gradients=2.0)) == 2.0


@pytest.mark.parametrize("targets", [1, 2])
def test_a_matrix_that_is_its_own_source(targets: int) -> None:
    t = tf.constant([[1.0, 2.0], [3.0, 4.0]])

    with tf.GradientTape(persistent=True) as tape:
        tape.watch(t)

    assert tape.gradient([t] * targets, t).numpy().tolist() == [[float(targets)] * 2] * 2


def test_a_string_among_targets_and_sources_has_no_gradient() -> None:
    x, y, s = tf.constant(3.0), tf.constant(5.0), tf.constant("text")

    with tf.GradientTape() as tape:
        tape.watch([x, y])
        z = y * y

    dx, dy, ds = tape.gradient([x, y, z, s], [x, y, s])
    assert (float(dx), float(dy)) == (1.0, 11.0)
    assert ds is None


def test_recording_stopped_and_started_again() -> None:
    x = tf.constant(2.0)

    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        before = x * x
        with tape.stop_recording():
            inside = x * x
        after = before + inside

    assert float(tape.gradient(before, x)) == 4.0
    assert tape.gradient(inside, x) is None
    assert float(tape.gradient(after, x)) == 4.0


def test_watching_a_variable_again_after_a_reset() -> None:
    v = tf.Variable(3.0)

    with tf.GradientTape() as tape:
        tape.watch(v)
        first = [w is v for w in tape.watched_variables()]
        tape.reset()
        none = tape.watched_variables()
        tape.watch(v)
        again = [w is v for w in tape.watched_variables()]

    assert (first, none, again) == ([True], (), [True])


@pytest.mark.parametrize("persistent", [False, True])
def test_a_gradient_can_be_taken_inside_the_block(persistent: bool, caplog: pytest.LogCaptureFixture) -> None:
    v = tf.Variable(1.0)

    with tf.GradientTape(persistent=persistent) as tape:
        y = v * v
        gradient = tape.gradient(y, v)

    assert float(gradient) == 2.0


def test_a_variable_that_was_read_and_not_used_has_no_gradient() -> None:
    v, w = tf.Variable(1.0), tf.Variable(2.0)

    with tf.GradientTape() as tape:
        v.read_value()
        y = w * w

    dv, dw = tape.gradient(y, [v, w])
    assert dv is None
    assert float(dw) == 4.0


def test_a_repeated_source_on_a_persistent_tape() -> None:
    x = tf.constant(3.0)

    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        z = 5.0 * y - y

    assert [float(g) for g in tape.gradient(z, [x, x])] == [24.0, 24.0]
    assert [float(g) for g in tape.gradient(y, [x, x])] == [6.0, 6.0]


@pytest.mark.parametrize("structure", ["tensor", "tuple", "nested"])
def test_structures_come_back_as_they_were_given(structure: str) -> None:
    x = tf.constant(3.0)
    sources = {"tensor": x, "tuple": (x, x), "nested": ({"first": x}, [x, (x,)])}[structure]

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = 2.0 * x

    found = tape.gradient(y, sources)
    as_numbers = {
        "tensor": lambda g: float(g),
        "tuple": lambda g: tuple(map(float, g)),
        "nested": lambda g: ({"first": float(g[0]["first"])}, [float(g[1][0]), (float(g[1][1][0]),)]),
    }[structure](found)
    assert as_numbers == {"tensor": 2.0, "tuple": (2.0, 2.0), "nested": ({"first": 2.0}, [2.0, (2.0,)])}[structure]


def test_all_sources_can_be_asked_for_zeros() -> None:
    x, v = tf.constant([[1.0, 2.0], [3.0, 4.0]]), tf.Variable([[1.0, 2.0], [3.0, 4.0]])

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * 3.0

    dx, dv = tape.gradient(y, [x, v], unconnected_gradients="zero")
    assert dx.numpy().tolist() == [[3.0, 3.0]] * 2
    assert dv.numpy().tolist() == [[0.0, 0.0]] * 2


# -- functions ---------------------------------------------------------------------------------------------------------


def value_and_gradients(f: Any, *arguments: Any) -> tuple[Any, list[Any]]:
    """What f returns, and its gradient with respect to each argument."""
    tensors = [tf.convert_to_tensor(a) for a in arguments]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        result = f(*tensors)
    return result, tape.gradient(result, tensors)


def test_a_product_of_two() -> None:
    value, gradients = value_and_gradients(lambda x, y: x * y, 3.0, 2.0)

    assert float(value) == 6.0
    assert [float(g) for g in gradients] == [2.0, 3.0]


def test_a_function_of_any_number_of_arguments() -> None:
    def f(*xs: Any) -> Any:
        return xs[0] * xs[0]

    assert float(value_and_gradients(f, 1.0)[1][0]) == 2.0


def test_a_partial_function() -> None:
    def f(x: Any, factor: Any) -> Any:
        return x * factor

    assert float(value_and_gradients(functools.partial(f, factor=2.0), 1.0)[1][0]) == 2.0


def test_a_function_that_returns_its_argument_beside_a_result() -> None:
    _, gradients = value_and_gradients(lambda x: [x, 2.0 * x], 1.0)

    assert float(gradients[0]) == 3.0


def test_several_outputs_of_a_vector() -> None:
    _, gradients = value_and_gradients(lambda x: [x + 2.0, x * x], [0.0, 1.0, 2.0])

    assert gradients[0].numpy().tolist() == [1.0, 3.0, 5.0]


@pytest.mark.parametrize("make", [tf.constant, tf.Variable], ids=["constant", "variable"])
def test_variables_and_constants_have_the_same_gradients(make: Any) -> None:
    x = make(np.array([[1.0, 2.0], [3.0, 4.0]], np.float32))

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(tf.matmul(x, x))

    assert tape.gradient(y, x).numpy().tolist() == [[7.0, 11.0], [9.0, 13.0]]


@pytest.mark.parametrize("make", [tf.constant, tf.Variable], ids=["constant", "variable"])
def test_copies_of_one_object_as_two_arguments_have_separate_gradients(make: Any) -> None:
    x = make(1.0)

    _, gradients = value_and_gradients(lambda a, b: a * 1.0 + b * 1.0, tf.identity(x), tf.identity(x))

    assert [float(g) for g in gradients] == [1.0, 1.0]


def test_a_weighted_output_is_a_vector_jacobian_product() -> None:
    x = tf.constant(3.0)

    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x

    assert float(y) == 9.0
    assert float(tape.gradient(y, x, output_gradients=2.0)) == 12.0
    assert float(tape.gradient(y, x, output_gradients=2.0)) == 12.0


def test_the_second_derivative_of_the_exponential() -> None:
    x = tf.constant(0.0)

    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.exp(x)
        first = inner.gradient(y, x)

    assert float(first) == 1.0
    assert float(outer.gradient(first, x)) == 1.0


def test_a_stack_of_one_tensor_twice() -> None:
    x = tf.constant(2.0)

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_mean(tf.stack([x, x]))

    assert float(tape.gradient(y, x)) == 1.0


def test_parts_split_and_joined_again() -> None:
    def slope() -> Any:
        x = tf.constant([[1.0, 2.0, 3.0, 4.0]])
        with tf.GradientTape() as tape:
            tape.watch(x)
            a, _, c, _ = tf.split(x, 4, axis=1)
            y = tf.concat([a, c * 2.0], axis=1)
        return tape.gradient(y, x).numpy().tolist()

    assert slope() == [[1.0, 0.0, 2.0, 0.0]]
    assert slope() == [[1.0, 0.0, 2.0, 0.0]]


# -- losses and convolutions -------------------------------------------------------------------------------------------


def test_the_gradient_of_a_cross_entropy() -> None:
    logits = tf.constant([[0.0, 0.0]])

    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = tf.nn.softmax_cross_entropy_with_logits(labels=[[1.0, 0.0]], logits=logits)

    assert tape.gradient(loss, logits).numpy().tolist() == [[-0.5, 0.5]]


def test_the_second_derivative_of_a_cross_entropy_of_one_class_is_zero() -> None:
    x = tf.constant([[1.0]])

    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(logits=x, labels=tf.constant([0]))
        first = inner.gradient(loss, x)

    assert outer.gradient(first, x).numpy().tolist() == [[0.0]]


def test_a_convolution_differentiated_with_respect_to_its_input_only() -> None:
    x = tf.constant([[[[1.0]]]])
    kernel = tf.constant([[[[2.0]]]])

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.nn.conv2d(x, kernel, strides=[1, 1, 1, 1], padding="SAME")

    assert tape.gradient(y, x).numpy().tolist() == [[[[2.0]]]]


def test_a_pool_passes_the_gradient_to_the_greatest() -> None:
    x = tf.constant(np.arange(4.0, dtype=np.float32).reshape(1, 2, 2, 1))

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.nn.max_pool2d(x, ksize=2, strides=2, padding="VALID")

    assert tape.gradient(y, x).numpy().ravel().tolist() == [0.0, 0.0, 0.0, 1.0]


def test_five_steps_by_hand_bring_a_loss_to_zero() -> None:
    @tf.custom_gradient
    def loss_of(x: Any) -> Any:
        return x * 1.0, lambda upstream: upstream * tf.ones_like(x)

    v = tf.Variable(4.0)
    losses = []
    for _ in range(5):
        with tf.GradientTape() as tape:
            loss = loss_of(v)
        losses.append(float(loss))
        v.assign_sub(tape.gradient(loss, v))

    assert losses == [4.0, 3.0, 2.0, 1.0, 0.0]


# -- branches and loops of TensorFlow's own ----------------------------------------------------------------------------


def test_tf_cond_records_the_branch_that_ran() -> None:
    x = tf.constant(3.0)

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.cond(tf.less(x, 10.0), lambda: x * x, lambda: x)

    assert float(tape.gradient(y, x)) == 6.0


def test_tf_while_loop_records_each_round() -> None:
    x = tf.constant(1.0)

    with tf.GradientTape() as tape:
        tape.watch(x)
        _, y = tf.while_loop(lambda i, _: i < 2, lambda i, y: [i + 1, y * 2.0], [tf.constant(0), x])

    assert float(tape.gradient(y, x)) == 4.0
