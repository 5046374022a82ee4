"""Checks gradients against finite differences."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tapeview.engine import nest
from tapeview.engine.convert import is_tensor_like, to_array
from tapeview.engine.tape import GradientTape
from tapeview.engine.tensor import Array, EagerTensor

TOLERANCE = 1e-6
"""By how much the two may differ, relative to the larger of 1 and the value."""


@dataclass(frozen=True)
class GradientCheck:
    """What :func:`gradient_check` found. True as a truth value if the gradients agree.

    Attributes:
        agrees: every element agrees.
        order: 1 if the worst element is one of the gradient, 2 if one of the gradient's gradient, and so on.
        input: the number of the input to which the worst element belongs.
        index: its place in that input.
        by_tape: its value by the tape; None if the tape gives no gradient (which agrees with 0).
        by_differences: its value by finite differences.
        checked: how many elements were compared.
    """

    agrees: bool
    order: int
    input: int
    index: tuple[int, ...]
    by_tape: float | None
    by_differences: float
    checked: int

    def __bool__(self) -> bool:
        return self.agrees

    def __str__(self) -> str:
        if not self.checked:
            return "gradients agree: there are no elements to compare"
        verdict = "gradients agree" if self.agrees else "gradients DISAGREE"
        place = "".join(f"[{k}]" for k in self.index)
        tape = "None" if self.by_tape is None else f"{self.by_tape:.10g}"
        order = "" if self.order == 1 else f" of order {self.order}"
        return (
            f"{verdict}{order} ({self.checked} elements compared); worst: input {self.input}{place}, "
            f"{tape} by the tape, {self.by_differences:.10g} by finite differences"
        )


def gradient_check(f: Callable[..., Any], x: Any, *, eps: float = 1e-5, order: int = 1) -> GradientCheck:
    """Compares the tape's gradient of ``f`` at ``x`` with central finite differences, in float64.

    Args:
        f: takes tensors, returns a tensor or a nested structure of them. Outputs that are no floats are left out. It
            must be deterministic and must not cast to a smaller type.
        x: the input, of any shape: a number, list, array or tensor; a *tuple* holds several inputs. Ints stay what they
            are and are not varied.
        eps: half the distance between the two points, for elements beyond 1 relative to them.
        order: 2 checks the gradient and then its gradient, through nested tapes; and so on.

    Returns:
        The verdict, with the element at which the two are furthest apart (of the lowest order that disagrees).

    Raises:
        TypeError: an input is complex.
        ValueError: ``order`` is below 1, no input or no output is a float, or a gradient has not its input's shape.
    """
    if order < 1:
        raise ValueError(f"order must be at least 1, not {order}")
    inputs = [_input(v) for v in (x if isinstance(x, tuple) else (x,))]
    varied = [k for k, v in enumerate(inputs) if v.dtype.kind == "f"]
    if not varied:
        raise ValueError("no input is a float: there is nothing to vary")
    if not _floats(f(*[EagerTensor(v) for v in inputs])):
        raise ValueError("no output is a float: there is nothing to differentiate")
    worst = GradientCheck(True, 1, 0, (), None, 0.0, 0)
    for n in range(1, order + 1):
        found = _check_one(_derivative(f, varied, n - 1), inputs, varied, eps, n)
        if not found.agrees:
            return found
        if _error(found.by_tape, found.by_differences) >= _error(worst.by_tape, worst.by_differences):
            worst = found
    return worst


def _input(value: Any) -> Array:
    array = np.array(value._array if is_tensor_like(value) else to_array(value))
    if array.dtype.kind == "c":
        raise TypeError("gradient_check does not vary complex inputs; let f build them from real ones")
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def _floats(outputs: Any) -> list[EagerTensor]:
    dense = [o._densify() if hasattr(o, "_densify") else o for o in nest.flatten(outputs)]
    return [o for o in dense if is_tensor_like(o) and o._array.dtype.kind in "fc"]


def _weights(outputs: Sequence[EagerTensor], n: int) -> list[EagerTensor]:
    # All different, so that nothing cancels: the elements of softmax's gradient, summed with equal weights, give 0.
    found = []
    for k, out in enumerate(outputs):
        place = np.arange(1, out._array.size + 1)
        found.append(
            EagerTensor((1 + 0.5 * np.sin(12.9898 * place + k + n)).reshape(out._array.shape).astype(out._array.dtype))
        )
    return found


def _derivative(f: Callable[..., Any], varied: Sequence[int], n: int) -> Callable[..., Any]:
    """``f``, differentiated ``n`` times by the tape. Inputs without a gradient are left out of the result."""
    if n == 0:
        return f
    inner = _derivative(f, varied, n - 1)

    def differentiated(*tensors: EagerTensor) -> list[EagerTensor]:
        return [g for g in _by_tape(inner, tensors, varied, n) if g is not None]

    return differentiated


def _by_tape(f: Callable[..., Any], tensors: Sequence[EagerTensor], varied: Sequence[int], n: int) -> list[Any]:
    sources = [tensors[k] for k in varied]
    with GradientTape() as tape:
        tape.watch(sources)
        outputs = _floats(f(*tensors))
    if not outputs:
        return [None] * len(sources)
    found = tape.gradient(outputs, sources, output_gradients=_weights(outputs, n))
    return [g._densify() if hasattr(g, "_densify") else g for g in found]


def _check_one(
    f: Callable[..., Any], inputs: Sequence[Array], varied: Sequence[int], eps: float, n: int
) -> GradientCheck:
    def value() -> float:
        outputs = _floats(f(*[EagerTensor(v.copy()) for v in inputs]))
        return sum(float((o._array * w._array).sum().real) for o, w in zip(outputs, _weights(outputs, n), strict=True))

    gradients = _by_tape(f, [EagerTensor(v.copy()) for v in inputs], varied, n)
    worst, checked = GradientCheck(True, n, varied[0], (), None, 0.0, 0), 0
    for k, gradient in zip(varied, gradients, strict=True):
        array = inputs[k]
        if gradient is not None and gradient._array.shape != array.shape:
            raise ValueError(f"the gradient of input {k} has shape {gradient.shape}, the input {array.shape}")
        for index in np.ndindex(array.shape):
            checked += 1
            by_differences = _slope(value, array, index, eps)
            by_tape = None if gradient is None else float(gradient._array[index].real)
            if checked == 1 or _error(by_tape, by_differences) > _error(worst.by_tape, worst.by_differences):
                worst = GradientCheck(True, n, k, index, by_tape, by_differences, 0)
    agrees = _error(worst.by_tape, worst.by_differences) <= TOLERANCE
    return GradientCheck(agrees, n, worst.input, worst.index, worst.by_tape, worst.by_differences, checked)


def _slope(value: Callable[[], float], array: Array, index: tuple[int, ...], eps: float) -> float:
    here = array[index].item()
    step = eps * max(1.0, abs(here))
    array[index] = here + step
    right, high = value(), array[index].item()
    array[index] = here - step
    left, low = value(), array[index].item()
    array[index] = here
    return float((right - left) / (high - low))


def _error(by_tape: float | None, by_differences: float) -> float:
    distance = abs((by_tape or 0.0) - by_differences) / max(1.0, abs(by_differences))
    return math.inf if math.isnan(distance) else distance
