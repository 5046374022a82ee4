"""What the nodes that apply gradients do: one function for each kind, on variables of the engine.

The arithmetic is that of Keras's optimizers where both have the same; version 1 differs in what it keeps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import invalid
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import Array
from tapeview.keras.optimizers import kernels
from tapeview.keras.optimizers.core import Slot
from tapeview.keras.optimizers.kernels import Rule, run, run_rows


def gradient_descent(var: Any, alpha: Any, delta: Any) -> Any:
    """``var -= alpha * delta``."""
    kind = _kind(var)
    return _apply("ApplyGradientDescent", _descend, var, (), (kind(_number(alpha)),), delta)


def momentum(var: Any, accum: Any, lr: Any, grad: Any, share: Any, nesterov: bool) -> Any:
    """``accum = share * accum + grad``, ``var -= lr * accum`` (nesterov: ``lr * (grad + share * accum)``)."""
    kind = _kind(var)
    numbers = kind(_number(lr)), kind(_number(share)), nesterov
    return _apply("ApplyMomentum", _momentum, var, (accum,), numbers, grad)


def adam(
    var: Any, m: Any, v: Any, beta1_power: Any, beta2_power: Any, lr: Any, beta1: Any, beta2: Any, epsilon: Any,
    grad: Any,
) -> Any:  # fmt: skip
    """Adam's step; the powers are those of this step. A sparse gradient moves all rows."""
    kind = _kind(var)
    one = kind(1)
    alpha = kind(_number(lr)) * np.sqrt(one - kind(_number(beta2_power))) / (one - kind(_number(beta1_power)))
    numbers = alpha, one - kind(_number(beta1)), one - kind(_number(beta2)), kind(_number(epsilon))
    return _apply("ApplyAdam", kernels.adam, var, (m, v), numbers, grad, lazy=False)


def rmsprop(
    var: Any, ms: Any, mom: Any, lr: Any, decay: Any, share: Any, epsilon: Any, grad: Any, mg: Any = None
) -> Any:  # fmt: skip
    """``ms`` averages squares, ``mom = share * mom + lr * grad / sqrt(ms + epsilon)``, ``var -= mom``; with ``mg``,
    which averages gradients, ``ms - mg²`` is in the root."""
    kind = _kind(var)
    rho = kind(_number(decay))
    numbers = kind(_number(lr)), rho, kind(1) - rho, kind(_number(epsilon)), kind(_number(share)), True, mg is not None
    slots = (ms, mom) if mg is None else (ms, mom, mg)
    name = "ApplyRMSProp" if mg is None else "ApplyCenteredRMSProp"
    return _apply(name, kernels.rmsprop, var, slots, (*numbers, False), grad)


def centered_rmsprop(
    var: Any, ms: Any, mom: Any, mg: Any, lr: Any, decay: Any, share: Any, epsilon: Any, grad: Any
) -> Any:  # fmt: skip
    """:func:`rmsprop` with ``mg`` beside the other slots."""
    return rmsprop(var, ms, mom, lr, decay, share, epsilon, grad, mg)


def adagrad(var: Any, accum: Any, lr: Any, grad: Any) -> Any:
    """``accum += grad²``, ``var -= lr * grad / sqrt(accum)``."""
    kind = _kind(var)
    return _apply("ApplyAdagrad", kernels.adagrad, var, (accum,), (kind(_number(lr)), kind(0), False), grad)


def adadelta(var: Any, accum: Any, accum_update: Any, lr: Any, rho: Any, epsilon: Any, grad: Any) -> Any:
    """A step as large as the average of earlier ones, over that of the gradients."""
    kind = _kind(var)
    share = kind(_number(rho))
    numbers = kind(_number(lr)), share, kind(1) - share, kind(_number(epsilon))
    return _apply("ApplyAdadelta", kernels.adadelta, var, (accum, accum_update), numbers, grad)


def ftrl(
    var: Any, accum: Any, linear: Any, grad: Any, lr: Any, l1: Any, l2: Any, power: Any, shrinkage: Any = 0.0
) -> Any:  # fmt: skip
    """Follows the regularized leader; ``power`` is 0 or less."""
    kind = _kind(var)
    numbers = kind(_number(lr)), -float(_number(power)), *(kind(_number(n)) for n in (l1, l2, shrinkage))
    return _apply("ApplyFtrl", kernels.ftrl, var, (accum, linear), numbers, grad)


def proximal_gradient_descent(var: Any, alpha: Any, l1: Any, l2: Any, delta: Any) -> Any:
    """A step down, then towards 0 by ``alpha * l1`` and ``alpha * l2`` of what is left."""
    kind = _kind(var)
    numbers = tuple(kind(_number(n)) for n in (alpha, l1, l2))
    return _apply("ApplyProximalGradientDescent", _proximal, var, (), numbers, delta)


def proximal_adagrad(var: Any, accum: Any, lr: Any, l1: Any, l2: Any, grad: Any) -> Any:
    """As :func:`proximal_gradient_descent`, with Adagrad's rates."""
    kind = _kind(var)
    numbers = tuple(kind(_number(n)) for n in (lr, l1, l2))
    return _apply("ApplyProximalAdagrad", _proximal_adagrad, var, (accum,), numbers, grad)


# -- how they are run --------------------------------------------------------------------------------------------------


def _kind(var: Any) -> Any:
    return var._value._array.dtype.type


def _number(value: Any) -> Any:
    return np.asarray(getattr(value, "_array", value))[()]


def _apply(
    name: str, rule: Rule, var: Any, slots: Sequence[Any], numbers: Sequence[Any], gradient: Any, lazy: bool = True
) -> Any:
    """Gives ``var`` and its slots their new values; returns ``var``.

    Raises:
        InvalidArgumentError: a gradient of another shape.
    """
    value = var._value._array
    title = name.removeprefix("Apply")
    arrays = [_writable(slot) for slot in slots]
    if hasattr(gradient, "_densify") and lazy:
        rows, inverse = np.unique(gradient.indices._array, return_inverse=True)
        parts = gradient.values._array
        summed = np.zeros((len(rows), *parts.shape[1:]), parts.dtype)
        np.add.at(summed, inverse, parts)
        new = run_rows(rule, value, rows, summed, arrays, numbers)
    else:
        dense = to_tensor(gradient._densify() if hasattr(gradient, "_densify") else gradient)._array
        if dense.shape != value.shape:
            shapes = f"{bracketed(value.shape)} {bracketed(dense.shape)}"
            symbol = getattr(var, "symbol", None)
            op = name if symbol is not None and not symbol.is_resource else f"Resource{name}"
            raise invalid(op, f"var and {'delta' if not slots else 'grad'} do not have the same shape{shapes}")
        new = run(rule, value, dense, arrays, numbers)
    for slot, array in zip(slots, arrays, strict=True):
        if not isinstance(slot, Slot):
            slot._replace(array, title)
    var._replace(new, title, gradient)
    return var


def _writable(slot: Any) -> Array:
    """The slot's array, to be written to; slots that everybody may look at get the new one as a version."""
    return slot._own() if isinstance(slot, Slot) else slot._value._array.copy("C")


# -- rules that Keras does not have ------------------------------------------------------------------------------------


def _descend(w: Array, g: Array, out: Array, t: Array, rate: Any) -> None:
    np.multiply(g, rate, t)
    np.subtract(w, t, out)


def _momentum(w: Array, g: Array, out: Array, t: Array, m: Array, rate: Any, share: Any, nesterov: bool) -> None:
    np.multiply(m, share, m)
    np.add(m, g, m)
    if nesterov:
        np.multiply(m, share, out)
        np.add(out, g, t)
    else:
        np.copyto(t, m)
    np.multiply(t, rate, t)
    np.subtract(w, t, out)


def _towards_zero(out: Array, rate: Any, l1: Any, l2: Any) -> None:
    if np.any(l1):
        np.copyto(out, np.sign(out) * np.maximum(np.abs(out) - rate * l1, out.dtype.type(0)))
    np.divide(out, out.dtype.type(1) + rate * l2, out)


def _proximal(w: Array, g: Array, out: Array, t: Array, rate: Any, l1: Any, l2: Any) -> None:
    _descend(w, g, out, t, rate)
    _towards_zero(out, rate, l1, l2)


def _proximal_adagrad(w: Array, g: Array, out: Array, t: Array, a: Array, lr: Any, l1: Any, l2: Any) -> None:
    np.multiply(g, g, t)
    np.add(a, t, a)
    rates = lr / np.sqrt(a)
    np.subtract(w, g * rates, out)
    _towards_zero(out, rates, l1, l2)
