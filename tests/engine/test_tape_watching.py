"""What a tape watches and what it records: variables, constants, what leaves the engine and comes back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tapeview.engine import observe
from tests.engine.names import tf
from tests.engine.raised import raised

# -- variables -----------------------------------------------------------------------------------------------------


def test_a_trainable_variable_is_watched_when_it_is_read() -> None:
    x = tf.Variable(3.0)

    with tf.GradientTape() as tape:
        before = tape.watched_variables()
        y = x * x

    assert before == ()
    assert [v is x for v in tape.watched_variables()] == [True]
    assert float(tape.gradient(y, x)) == 6.0


@pytest.mark.parametrize(
    "read",
    [
        lambda v: v.value(),
        lambda v: v.read_value(),
        lambda v: v[0],
        lambda v: -v,
        lambda v: 2.0 * v,
        lambda v: tf.gather(v, [0]),
        lambda v: tf.reduce_sum(v),
        lambda v: tf.convert_to_tensor(v),
        lambda v: tf.identity(v),
        lambda v: list(v),
        lambda v: v == v,
        lambda v: v.numpy(),
        lambda v: np.array(v),
        lambda v: str(v),
        lambda v: bool(v[0]),
        lambda v: v.assign([3.0, 4.0]),
        lambda v: v.assign_sub([3.0, 4.0]),
    ],
    ids=[
        "value",
        "read_value",
        "index",
        "neg",
        "mul",
        "gather",
        "reduce_sum",
        "convert_to_tensor",
        "identity",
        "iteration",
        "equal",
        "numpy",
        "array",
        "str",
        "bool",
        "assign",
        "assign_sub",
    ],
)
def test_every_way_to_read_a_variable_makes_the_tape_watch_it(read: Any) -> None:
    v = tf.Variable([1.0, 2.0])

    with tf.GradientTape() as tape:
        read(v)

    assert [w is v for w in tape.watched_variables()] == [True]


@pytest.mark.parametrize(
    "look",
    [
        lambda v: v.shape,
        lambda v: v.dtype,
        lambda v: v.name,
        lambda v: v.ref(),
        lambda v: v.assign([3.0, 4.0], read_value=False),
    ],
    ids=["shape", "dtype", "name", "ref", "assign without a result"],
)
def test_what_does_not_need_a_variables_value_is_no_reading(look: Any) -> None:
    v = tf.Variable([1.0, 2.0])

    with tf.GradientTape() as tape:
        look(v)

    assert tape.watched_variables() == ()


def test_a_variable_that_is_not_trainable_is_not_watched() -> None:
    v = tf.Variable(3.0, trainable=False)

    with tf.GradientTape() as tape:
        y = v * v

    assert tape.watched_variables() == ()
    assert tape.gradient(y, v) is None


def test_a_variable_that_is_not_trainable_can_be_watched() -> None:
    v = tf.Variable(3.0, trainable=False)

    with tf.GradientTape() as tape:
        tape.watch(v)
        y = v * v

    assert [w is v for w in tape.watched_variables()] == [True]
    assert float(tape.gradient(y, v)) == 6.0


def test_with_watch_accessed_variables_off_only_what_is_watched_counts() -> None:
    x = tf.Variable(2.0)
    y = tf.Variable(3.0)

    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(y)
        z = x * y

    assert [v is y for v in tape.watched_variables()] == [True]
    dx, dy = tape.gradient(z, [x, y])
    assert dx is None
    assert float(dy) == 2.0


def test_a_variable_made_inside_the_block_is_a_source() -> None:
    with tf.GradientTape() as tape:
        v = tf.Variable(3.0)
        y = v * v

    assert float(tape.gradient(y, v)) == 6.0


def test_a_variable_read_before_the_block_is_not_connected() -> None:
    v = tf.Variable(2.0)
    x = v + 1.0

    with tf.GradientTape() as tape:
        y = x * x

    assert tape.gradient(y, v) is None
    assert x.__class__.__name__ == "EagerTensor"


def test_a_variable_replaced_by_a_tensor_has_no_gradient_in_the_next_epoch() -> None:
    x = tf.Variable(2.0)
    seen = []

    for _ in range(2):
        with tf.GradientTape() as tape:
            y = x + 1.0
        seen.append((type(x).__name__, tape.gradient(y, x) is None))
        x = x + 1.0

    assert seen == [("ResourceVariable", False), ("EagerTensor", True)]


def test_adding_to_a_variable_in_place_is_refused() -> None:
    v = tf.Variable(2.0)

    def add() -> None:
        nonlocal v
        v += 1.0

    assert raised(add) == (
        "RuntimeError: `variable += value` with `tf.Variable`s is not supported. Use `variable.assign_add(value)` to "
        "modify the "
        "variable, or `out = variable + value` if you need to get a new output Tensor."
    )


def test_state_hides_where_a_value_came_from() -> None:
    x0 = tf.Variable(3.0)
    x1 = tf.Variable(0.0)

    with tf.GradientTape(persistent=True) as tape:
        x1.assign_add(x0)
        y = x1**2

    assert tape.gradient(y, x0) is None
    assert float(tape.gradient(y, x1)) == 6.0


def test_what_an_assign_returns_is_the_variable() -> None:
    v = tf.Variable(3.0)

    with tf.GradientTape() as tape:
        u = v.assign_add(1.0)
        y = u * u

    assert type(u).__name__ == "_UnreadVariable"
    assert float(y) == 16.0
    assert float(tape.gradient(y, v)) == 8.0


def test_a_value_read_before_an_assign_stays_what_it_was() -> None:
    v = tf.Variable(3.0)

    with tf.GradientTape() as tape:
        y = v * v
        v.assign(10.0)

    assert float(tape.gradient(y, v)) == 6.0


def test_readings_of_several_versions_of_a_variable_add_up() -> None:
    v = tf.Variable(3.0)

    with tf.GradientTape() as tape:
        y = v * v
        v.assign(10.0)
        y = y + v * v

    assert float(tape.gradient(y, v)) == 26.0


def test_an_integer_variable_is_watched_and_has_no_gradient() -> None:
    v = tf.Variable(3)

    with tf.GradientTape() as tape:
        y = tf.cast(v, tf.float32) * 2.0

    assert [w is v for w in tape.watched_variables()] == [True]
    assert tape.gradient(y, v) is None


# -- constants -----------------------------------------------------------------------------------------------------


def test_a_constant_has_no_gradient_unless_it_is_watched() -> None:
    x = tf.constant(3.0)
    w = tf.constant(3.0)

    with tf.GradientTape() as tape:
        tape.watch(w)
        y = x * w

    dx, dw = tape.gradient(y, [x, w])
    assert dx is None
    assert float(dw) == 3.0


def test_nested_structures_are_watched() -> None:
    a, b, c = (tf.constant(float(k)) for k in (1, 2, 3))

    with tf.GradientTape() as tape:
        tape.watch([a, {"b": b, "more": (c,)}])
        y = a * b * c

    assert [float(g) for g in tape.gradient(y, [a, b, c])] == [6.0, 3.0, 2.0]


def test_watching_an_array_is_refused() -> None:
    with tf.GradientTape() as tape:
        text = raised(lambda: tape.watch(np.array([1.0, 1.0])))

    assert (
        text == "ValueError: Passed in object [1. 1.] of type 'ndarray', not tf.Tensor or tf.Variable or ExtensionType."
    )


def test_watching_a_python_number_is_refused() -> None:
    with tf.GradientTape() as tape:
        text = raised(lambda: tape.watch(1.0))

    assert text == "ValueError: Passed in object 1.0 of type 'float', not tf.Tensor or tf.Variable or ExtensionType."


def test_watching_an_integer_tensor_is_warned_of_five_times_per_line(caplog: pytest.LogCaptureFixture) -> None:
    x = tf.constant(3)

    with tf.GradientTape() as tape:
        for _ in range(8):
            tape.watch(x)
        y = x * x

    assert caplog.messages == ["The dtype of the watched tensor must be floating (e.g. tf.float32), got tf.int32"] * 5
    assert tape.gradient(y, x) is None


# -- recording -----------------------------------------------------------------------------------------------------


def test_an_argmax_breaks_the_chain() -> None:
    x = tf.constant([1.0, 3.0, 2.0])

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.cast(tf.argmax(x), tf.float32) * 2.0

    assert tape.gradient(y, x) is None


def test_equal_constants_are_two_tensors() -> None:
    a = tf.constant(3.0)
    b = tf.constant(3.0)

    with tf.GradientTape() as tape:
        tape.watch([a, b])
        y = a * 2.0 + b * 5.0

    assert [float(g) for g in tape.gradient(y, [a, b])] == [2.0, 5.0]


def test_a_second_name_is_the_same_tensor() -> None:
    x = tf.constant(3.0)
    y = x

    with tf.GradientTape() as tape:
        tape.watch(x)

    assert float(tape.gradient(y, x)) == 1.0


@pytest.mark.parametrize(
    "copy",
    [
        tf.identity,
        lambda x: x + 0.0,
        lambda x: x * 1.0,
        lambda x: x - 0.0,
        lambda x: tf.reshape(x, [2]),
        lambda x: x[:],
        lambda x: tf.stop_gradient(x),
    ],
    ids=["identity", "add 0", "mul 1", "sub 0", "reshape", "slice", "stop_gradient"],
)
def test_an_op_that_changes_nothing_makes_a_new_tensor(copy: Any) -> None:
    x = tf.constant([1.0, 2.0])

    assert copy(x) is not x


@pytest.mark.parametrize(
    "same", [lambda x: tf.cast(x, tf.float32), tf.convert_to_tensor, tf.constant], ids=["cast", "convert", "constant"]
)
def test_a_conversion_that_is_not_needed_returns_the_tensor_itself(same: Any) -> None:
    x = tf.constant([1.0, 2.0])

    assert same(x) is x


def test_casting_a_variable_to_its_own_type_returns_the_variable() -> None:
    v = tf.Variable([1.0, 2.0])

    assert tf.cast(v, tf.float32) is v


def test_the_gradients_of_a_tensor_and_of_its_copy_are_separate() -> None:
    x = tf.constant(3.0)

    with tf.GradientTape() as tape:
        tape.watch(x)
        copy = tf.identity(x)
        y = copy * x

    assert [float(g) for g in tape.gradient(y, [x, copy])] == [6.0, 3.0]


def test_only_the_branch_that_ran_is_recorded() -> None:
    x = tf.constant(1.0)
    v0 = tf.Variable(2.0)
    v1 = tf.Variable(2.0)

    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        result = v0 if x > 0.0 else v1**2

    dv0, dv1 = tape.gradient(result, [v0, v1])
    assert float(dv0) == 1.0
    assert dv1 is None
    assert tape.gradient(result, x) is None


@pytest.mark.parametrize(
    "leave",
    [lambda y: np.mean(y), lambda y: y.numpy().mean(), lambda y: float(y[0])],
    ids=["np.mean", "numpy", "float"],
)
def test_a_value_that_left_through_numpy_is_not_connected(leave: Any) -> None:
    x = tf.Variable([1.0, 2.0])

    with tf.GradientTape() as tape:
        z = tf.constant(leave(x**2), tf.float32) * 2.0

    assert tape.gradient(z, x) is None


def test_pythons_max_passes_the_gradient_to_the_greatest() -> None:
    variables = [tf.Variable(v) for v in (1.0, 2.0, 3.0)]

    with tf.GradientTape() as tape:
        y = max(variables) * 1.0

    a, b, c = tape.gradient(y, variables)
    assert (a, b) == (None, None)
    assert float(c) == 1.0


def test_pythons_sum_and_abs_are_recorded() -> None:
    x = tf.constant([-1.0, 2.0])

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = sum([abs(x), x])

    assert tape.gradient(y, x).numpy().tolist() == [0.0, 2.0]


def test_an_intermediate_tensor_is_a_source_without_being_watched() -> None:
    x = tf.constant(3.0)

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x
        z = y * y

    dx, dy = tape.gradient(z, [x, y])
    assert float(dx) == 108.0
    assert float(dy) == 18.0


def test_a_constant_made_of_a_variable_is_cut_off() -> None:
    v = tf.Variable(3.0)

    with tf.GradientTape() as tape:
        y = 2.0 * tf.constant(v)

    assert float(y) == 6.0
    assert tape.gradient(y, v) is None


@pytest.mark.parametrize(
    "join",
    [lambda v: tf.stack([v, 2.0 * v, 1.0]), lambda v: tf.reduce_sum([v, 2.0 * v, 1.0])],
    ids=["stack", "reduce_sum"],
)
def test_a_list_with_variables_in_it_stays_connected(join: Any) -> None:
    v = tf.Variable(3.0)

    with tf.GradientTape() as tape:
        y = join(v)

    assert float(tape.gradient(y, v)) == 3.0


def test_a_converted_variable_stays_connected() -> None:
    v = tf.Variable(3.0)

    with tf.GradientTape() as tape:
        y = 2.0 * tf.convert_to_tensor(v)

    assert float(tape.gradient(y, v)) == 2.0


def test_random_numbers_are_not_connected_to_their_parameters() -> None:
    mean = tf.Variable(3.0)

    with tf.GradientTape() as tape:
        y = tf.random.uniform([2], 0.0, 1.0) * 2.0 + tf.zeros([2])

    assert tape.gradient(y, mean) is None


def test_an_op_on_integers_only_is_not_on_the_path_of_any_gradient() -> None:
    events = []
    observe.listen(events.append)
    try:
        n = tf.Variable(3)
        with tf.GradientTape():
            tf.cast(n * 2, tf.float32) * 2.0
    finally:
        observe.listen(None)

    assert [(e[2].name, e[8]) for e in events if e[0] == observe.OP] == [("Mul", 0), ("Cast", 0), ("Mul", 0)]
