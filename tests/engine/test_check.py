"""gradient_check: right rules pass, and each kind of wrong rule fails at the element where it is most wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tapeview.engine.check import gradient_check
from tapeview.engine.op import Op, execute
from tapeview.engine.ops.elementwise import cast, multiply, square, stop_gradient
from tapeview.engine.ops.exponential import exp, sqrt
from tapeview.engine.ops.index import gather
from tapeview.engine.ops.reduction import reduce_sum
from tapeview.engine.ops.rounding import floor
from tapeview.engine.ops.trigonometric import sin
from tapeview.engine.tensor import EagerTensor
from tapeview.engine.variable import ResourceVariable


def op(forward: Any, *rules: Any, broadcasts: bool = False) -> Op:
    """An op that stands in no table."""
    return Op("Mine", forward, rules, None, broadcasts, 1, False, True, (), (), "")


def run(o: Op, *inputs: Any) -> Any:
    return execute(o, inputs)


CUBE = op(lambda x: x**3, lambda g, y, x: g * 3.0 * square(x))
WITHOUT_FACTOR = op(lambda x: x**3, lambda g, y, x: g * square(x))
WITHOUT_UPSTREAM = op(lambda x: x**3, lambda g, y, x: 3.0 * square(x))
WRONG_SIGN = op(lambda x: x**3, lambda g, y, x: -g * 3.0 * square(x))
WITH_FROZEN_SLOPE = op(lambda x: x**3, lambda g, y, x: g * 3.0 * square(stop_gradient(x)))
GIVES_NAN = op(lambda x: x**3, lambda g, y, x: g * sqrt(x - 10.0))
WITHOUT_RULE = op(lambda x: x**3, None)
SWAPPED = op(np.divide, lambda g, y, a, b: g / a, lambda g, y, a, b: -g * a / square(b))
NOT_SUMMED_BACK = op(np.multiply, lambda g, y, a, b: g * b, lambda g, y, a, b: g * a)


def test_a_right_rule_agrees() -> None:
    found = gradient_check(lambda x: run(CUBE, x), [1.0, -2.0, 0.5], order=3)
    assert found
    assert found.agrees
    assert found.checked == 3
    assert found.by_tape == pytest.approx(found.by_differences, abs=1e-6)


@pytest.mark.parametrize("wrong", [WITHOUT_FACTOR, WITHOUT_UPSTREAM, WRONG_SIGN])
def test_a_wrong_rule_fails_at_its_worst_element(wrong: Op) -> None:
    x = np.array([[0.1, 0.2], [-5.0, 0.1]])
    found = gradient_check(lambda t: run(wrong, t), x)
    assert not found
    assert found.order == 1
    assert (found.input, found.index) == (0, (1, 0)), "the slope at -5 is the largest, and so is its error"
    assert found.checked == 4


def test_the_two_values_are_what_was_compared() -> None:
    found = gradient_check(lambda t: reduce_sum(run(WITHOUT_FACTOR, t)), 2.0)
    assert found.by_tape is not None
    assert found.by_differences / found.by_tape == pytest.approx(3.0)
    assert found.index == ()


def test_the_text_names_the_element_and_both_values() -> None:
    found = gradient_check(lambda t, u: run(WITHOUT_FACTOR, t) + u, ([0.1, 3.0], 0.5))
    text = str(found)
    assert "DISAGREE" in text
    assert "input 0[1]" in text
    assert f"{found.by_tape:.10g} by the tape" in text
    assert f"{found.by_differences:.10g} by finite differences" in text
    assert "DISAGREE" not in str(gradient_check(sin, 1.0))


def test_a_rule_for_the_other_input_is_noticed() -> None:
    found = gradient_check(lambda a, b: run(SWAPPED, a, b), ([1.0, 2.0], [3.0, 4.0]))
    assert not found
    assert (found.input, found.index) == (0, (0,))


def test_a_second_order_that_is_wrong_is_noticed_by_order_two_only() -> None:
    assert gradient_check(lambda t: run(WITH_FROZEN_SLOPE, t), [0.01, 4.0])
    found = gradient_check(lambda t: run(WITH_FROZEN_SLOPE, t), [0.01, 4.0], order=2)
    assert not found
    assert found.order == 2
    assert found.index == (1,)
    assert found.by_tape is None
    assert "of order 2" in str(found)
    assert "None by the tape" in str(found)


def test_a_missing_gradient_disagrees_unless_the_slope_is_zero() -> None:
    assert not gradient_check(lambda t: run(WITHOUT_RULE, t), 1.0)
    assert gradient_check(lambda t: run(WITHOUT_RULE, t), 0.0)
    assert gradient_check(floor, 1.5)
    assert not gradient_check(lambda t: stop_gradient(t) * t, 1.5)


def test_nan_disagrees() -> None:
    found = gradient_check(lambda t: run(GIVES_NAN, t), [1.0, 2.0])
    assert not found
    assert found.by_tape is not None
    assert np.isnan(found.by_tape)


def test_a_gradient_of_another_shape_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"gradient of input 1 has shape \(2, 3\), the input \(3,\)"):
        gradient_check(lambda a, b: run(NOT_SUMMED_BACK, a, b), (np.ones((2, 3)), np.ones(3)))


def test_what_may_be_given() -> None:
    assert gradient_check(exp, 1.0)
    assert gradient_check(exp, [1.0, 2.0])
    assert gradient_check(exp, np.float32(0.5))
    assert gradient_check(exp, EagerTensor(np.ones((2, 2), np.float32)))
    assert gradient_check(exp, ResourceVariable([1.0, 2.0]))
    assert gradient_check(multiply, (2.0, [1.0, 3.0]))
    assert gradient_check(lambda a: [exp(a), (sin(a), {"k": a})], [1.0, 2.0])


def test_rows_of_a_gathered_table_are_summed() -> None:
    assert gradient_check(lambda t, i: gather(t, i), ([[1.0], [2.0], [3.0]], [0, 2, 0]))


def test_ints_are_not_varied() -> None:
    found = gradient_check(lambda a, k: a ** cast(k, a.dtype), ([1.5, 2.0], [2, 3]))
    assert found
    assert found.checked == 2


def test_the_input_is_left_as_it_was() -> None:
    x = np.array([1.0, 2.0])
    gradient_check(exp, x)
    assert x.tolist() == [1.0, 2.0]


def test_large_numbers_get_large_steps() -> None:
    assert gradient_check(square, 1e8)
    assert gradient_check(square, [1e-8, 0.0])


def test_eps_is_the_distance() -> None:
    points: list[float] = []

    def f(x: Any) -> Any:
        points.append(float(x._array))
        return square(x)

    gradient_check(f, 1.0, eps=0.25)
    assert 1.25 in points
    assert 0.75 in points


def test_an_empty_input_agrees() -> None:
    found = gradient_check(exp, np.zeros((0, 2)))
    assert found
    assert found.checked == 0
    assert "no elements" in str(found)


def test_what_it_refuses() -> None:
    with pytest.raises(ValueError, match="order must be at least 1"):
        gradient_check(exp, 1.0, order=0)
    with pytest.raises(ValueError, match="no input is a float"):
        gradient_check(square, 3)
    with pytest.raises(ValueError, match="no output is a float"):
        gradient_check(lambda x: x > 0, 3.0)
    with pytest.raises(TypeError, match="complex"):
        gradient_check(exp, 1j)
