"""``tf.custom_gradient``: the script's own rule for a function of the script's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.engine.names import tf
from tests.engine.raised import raised


@tf.custom_gradient
def log1pexp(x: Any) -> Any:
    e = tf.exp(x)

    def grad(upstream: Any) -> Any:
        return upstream * (1 - 1 / (1 + e))

    return tf.math.log(1 + e), grad


def test_the_scripts_rule_is_used_and_not_that_of_the_ops_inside() -> None:
    x = tf.constant(100.0)

    with tf.GradientTape() as tape:
        tape.watch(x)
        y = log1pexp(x)

    assert float(tape.gradient(y, x)) == 1.0


def test_the_rule_gets_the_upstream_gradient() -> None:
    seen = []

    @tf.custom_gradient
    def twice(x: Any) -> Any:
        def grad(upstream: Any) -> Any:
            seen.append(float(upstream))
            return upstream * 10.0

        return 2.0 * x, grad

    x = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = twice(x) * 5.0

    assert float(tape.gradient(y, x)) == 50.0
    assert seen == [5.0]


def test_the_result_is_a_new_tensor() -> None:
    @tf.custom_gradient
    def same(x: Any) -> Any:
        return x, lambda upstream: 2.0 * upstream

    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = same(x)

    assert y is not x
    assert float(tape.gradient(y, x)) == 2.0


def test_a_function_of_two_arguments_returns_a_gradient_for_each() -> None:
    @tf.custom_gradient
    def f(x: Any, y: Any) -> Any:
        return x * y, lambda upstream: (upstream * 7.0, upstream * 8.0)

    x = tf.constant(1.0)
    y = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch([x, y])
        z = f(x, y)

    assert [float(g) for g in tape.gradient(z, [x, y])] == [7.0, 8.0]


def test_the_same_tensor_as_two_arguments_gets_both_gradients() -> None:
    @tf.custom_gradient
    def f(x: Any, y: Any) -> Any:
        return x * y, lambda upstream: [upstream * 7.0, upstream * 8.0]

    x = tf.constant(1.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        z = f(x, x)

    assert float(tape.gradient(z, x)) == 15.0


def test_a_function_of_two_results_gets_an_upstream_gradient_for_each() -> None:
    @tf.custom_gradient
    def f(x: Any) -> Any:
        return (x + 1.0, x * 2.0), lambda first, second: first * 10.0 + second

    x = tf.constant(1.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        a, b = f(x)
        z = a * 3.0 + b * 5.0

    assert float(tape.gradient(z, x)) == 35.0
    assert float(tape.gradient(a, x)) == 10.0


def test_results_keep_their_structure() -> None:
    @tf.custom_gradient
    def f(x: Any) -> Any:
        return {"a": x + 1.0, "b": [x * 2.0]}, lambda *upstream: upstream[0]

    found = f(tf.constant(1.0))

    assert list(found) == ["a", "b"]
    assert float(found["b"][0]) == 2.0


def test_python_numbers_are_arguments() -> None:
    @tf.custom_gradient
    def f(x: Any, factor: Any) -> Any:
        return x * factor, lambda upstream: (upstream * factor, None)

    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x, 2.0)

    assert float(tape.gradient(y, x)) == 2.0


def test_keyword_arguments_are_passed_on_and_get_no_gradient() -> None:
    @tf.custom_gradient
    def f(x: Any, *, power: Any = 1.0) -> Any:
        return x**power, lambda upstream: upstream * 11.0

    x = tf.constant(3.0)
    p = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch([x, p])
        y = f(x, power=p)

    dx, dp = tape.gradient(y, [x, p])
    assert float(y) == 9.0
    assert float(dx) == 11.0
    assert dp is None


def test_a_rule_that_returns_none_gives_none() -> None:
    @tf.custom_gradient
    def f(x: Any) -> Any:
        return x * 2.0, lambda upstream: None

    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)

    assert tape.gradient(y, x) is None


def test_a_python_number_from_the_rule_is_handed_back_as_it_is() -> None:
    @tf.custom_gradient
    def f(x: Any) -> Any:
        return x * 2.0, lambda upstream: 5.0

    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)

    gradient = tape.gradient(y, x)
    assert type(gradient) is float
    assert gradient == 5.0


def test_a_python_number_from_the_rule_flows_on() -> None:
    @tf.custom_gradient
    def f(x: Any) -> Any:
        return x * 2.0, lambda upstream: 5.0

    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x * x)

    assert float(tape.gradient(y, x)) == 30.0


def test_a_variable_as_argument_is_an_input() -> None:
    @tf.custom_gradient
    def f(v: Any) -> Any:
        return v * 2.0, lambda upstream: upstream * 9.0

    v = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        y = f(v)

    assert float(tape.gradient(y, v)) == 9.0


def test_forgetting_the_rule_fails_where_the_result_is_unpacked() -> None:
    @tf.custom_gradient
    def f(x: Any) -> Any:
        return x * 2.0

    assert raised(lambda: f(tf.constant(1.0))) == "TypeError: Cannot iterate over a scalar tensor."


@pytest.mark.parametrize(
    ("returned", "text"),
    [
        ((1.0,), "ValueError: custom_gradient function expected to return 2 gradients, but returned 1 instead."),
        ([], "ValueError: custom_gradient function expected to return 2 gradients, but returned 0 instead."),
        (
            (1.0, 2.0, 3.0),
            "ValueError: custom_gradient function expected to return 2 gradients, but returned 3 instead.",
        ),
    ],
    ids=["one", "none", "three"],
)
def test_a_rule_must_return_one_gradient_per_argument(returned: Any, text: str) -> None:
    @tf.custom_gradient
    def f(x: Any, y: Any) -> Any:
        return x * y, lambda upstream: returned

    x = tf.constant(1.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        z = f(x, x)

    assert raised(lambda: tape.gradient(z, x)) == text


def test_an_exception_in_the_rule_goes_through() -> None:
    @tf.custom_gradient
    def f(x: Any) -> Any:
        def grad(upstream: Any) -> Any:
            raise RuntimeError("not today")

        return x * 2.0, grad

    x = tf.constant(1.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)

    assert raised(lambda: tape.gradient(y, x)) == "RuntimeError: not today"


# -- variables that are used but not passed ------------------------------------------------------------------------


def test_a_rule_of_a_function_that_uses_a_variable_must_take_variables() -> None:
    v = tf.Variable(2.0)

    @tf.custom_gradient
    def f(x: Any) -> Any:
        return x * v, lambda upstream: upstream

    assert raised(lambda: f(tf.constant(1.0))) == (
        "TypeError: @tf.custom_gradient grad_fn must accept keyword argument 'variables', since function uses "
        "variables: "
        "[<tf.Variable 'Variable:0' shape=() dtype=float32, numpy=2.0>]"
    )


def test_a_rule_returns_gradients_of_the_variables_it_is_given() -> None:
    v = tf.Variable(2.0)

    @tf.custom_gradient
    def f(x: Any) -> Any:
        def grad(upstream: Any, variables: Any = None) -> Any:
            assert [w is v for w in variables] == [True]
            return upstream * 10.0, [upstream * 20.0]

        return x * v, grad

    x = tf.constant(1.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)

    assert [float(g) for g in tape.gradient(y, [x, v])] == [10.0, 20.0]


def test_a_rule_may_take_variables_among_any_keywords() -> None:
    v = tf.Variable(2.0)

    @tf.custom_gradient
    def f(x: Any) -> Any:
        return x * v, lambda upstream, **kwargs: (upstream, [None] * len(kwargs["variables"]))

    x = tf.constant(1.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)

    dx, dv = tape.gradient(y, [x, v])
    assert float(dx) == 1.0
    assert dv is None


def test_a_rule_must_return_a_gradient_for_each_variable() -> None:
    v = tf.Variable(2.0)

    @tf.custom_gradient
    def f(x: Any) -> Any:
        return x * v, lambda upstream, variables=None: (upstream, [])

    x = tf.constant(1.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)

    text = raised(lambda: tape.gradient(y, x))

    assert text == "ValueError: Must return gradient for each variable from @custom_gradient grad_fn."


# -- derivatives of a rule -----------------------------------------------------------------------------------------


def test_a_rule_is_differentiated_like_any_other() -> None:
    @tf.custom_gradient
    def f(x: Any) -> Any:
        return x * x * x, lambda upstream: upstream * 3.0 * x * x

    x = tf.Variable(2.0)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = f(x)
        first = inner.gradient(y, x)

    assert float(first) == 12.0
    assert float(outer.gradient(first, x)) == 12.0


def test_a_custom_gradient_inside_a_rule_decides_the_second_derivative() -> None:
    @tf.custom_gradient
    def f(x: Any) -> Any:
        def first_order(upstream: Any) -> Any:
            @tf.custom_gradient
            def slope(_: Any) -> Any:
                return tf.constant(-1.1), lambda ddz: -2.1 * ddz

            return upstream * slope(x)

        return x + 10.0, first_order

    c = tf.constant(1.0)
    with tf.GradientTape() as outer:
        outer.watch(c)
        with tf.GradientTape() as inner:
            inner.watch(c)
            y = f(c)
        first = inner.gradient(y, c)

    assert float(first) == pytest.approx(-1.1)
    assert float(outer.gradient(first, c)) == pytest.approx(-2.1)


def test_a_custom_gradient_inside_a_rule_decides_the_gradient_of_the_upstream_too() -> None:
    @tf.custom_gradient
    def f(x: Any) -> Any:
        def grad(upstream: Any) -> Any:
            @tf.custom_gradient
            def first_order(_x: Any, _upstream: Any) -> Any:
                return tf.constant(2.1), lambda _: (tf.constant(2.2), tf.constant(3.1))

            return first_order(x, upstream)

        return 2.0 * x, grad

    c = tf.constant(1.0)
    d = tf.constant(-2.0)
    with tf.GradientTape() as outer:
        outer.watch([c, d])
        with tf.GradientTape() as inner:
            inner.watch(c)
            y = f(c)
        first = inner.gradient(y, c, output_gradients=d)

    assert float(y) == 2.0
    assert float(first) == pytest.approx(2.1)
    assert [float(g) for g in outer.gradient(first, [c, d])] == pytest.approx([2.2, 3.1])


def test_a_gradient_may_be_taken_inside_the_function() -> None:
    @tf.custom_gradient
    def f(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x
        slope = tape.gradient(y, x)
        return y, lambda upstream: upstream * slope

    x = tf.constant(1.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)

    assert float(tape.gradient(y, x)) == 2.0


def test_a_function_with_a_rule_runs_without_a_tape() -> None:
    assert float(log1pexp(tf.constant(0.0))) == pytest.approx(np.log(2.0))


# -- what is built from it -----------------------------------------------------------------------------------------


def test_recompute_grad_gives_the_same_gradient() -> None:
    v = tf.Variable(3.0)
    calls = []

    @tf.recompute_grad
    def f(x: Any) -> Any:
        calls.append(1)
        return x * x * v

    x = tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)

    assert float(y) == 12.0
    assert [float(g) for g in tape.gradient(y, [x, v])] == [12.0, 4.0]
    assert len(calls) == 2


def test_grad_pass_through_lets_the_gradient_pass_unchanged() -> None:
    x = tf.Variable(1.6)

    with tf.GradientTape() as tape:
        y = tf.grad_pass_through(tf.round)(x) * 3.0

    assert float(y) == 6.0
    assert float(tape.gradient(y, x)) == 3.0
