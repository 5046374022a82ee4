"""The arithmetic of the optimizers: each rule is one function on flat arrays, run block by block.

A block fits into the processor's cache, so a rule of a dozen NumPy calls reads a large weight from memory once. Rules
write their slots in place and the new weight into ``out``; ``t`` is room for a block's intermediate values.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tapeview.engine.tensor import Array

BLOCK = 32768
"""How many elements a block has: 128 KB of float32."""

Rule = Callable[..., None]
"""``rule(w, g, out, t, *slots, *numbers)``; all arrays are flat and of one size."""


class _Rooms(threading.local):
    def __init__(self) -> None:
        self.by_type: dict[Any, Array] = {}


_rooms = _Rooms()


def run(rule: Rule, value: Array, gradient: Array, slots: Sequence[Array], numbers: Sequence[Any]) -> Array:
    """The new value of a weight; ``slots`` (of its shape, contiguous) get their new values in place.

    Raises:
        ValueError: the gradient has another shape.
    """
    if gradient.shape != value.shape:
        raise ValueError("the gradient has another shape")
    new = np.empty(value.shape, value.dtype)
    w, g, out = value.reshape(-1), gradient.reshape(-1), new.reshape(-1)
    flat = [slot.reshape(-1) for slot in slots]
    room = _rooms.by_type.get(value.dtype)
    if room is None:
        room = _rooms.by_type[value.dtype] = np.empty(BLOCK, value.dtype)
    size = w.size
    if size <= BLOCK:
        rule(w, g, out, room[:size], *flat, *numbers)
        return new
    for start in range(0, size, BLOCK):
        part = slice(start, min(start + BLOCK, size))
        rule(w[part], g[part], out[part], room[: part.stop - start], *[s[part] for s in flat], *numbers)
    return new


def run_rows(
    rule: Rule, value: Array, rows: Array, gradient: Array, slots: Sequence[Array], numbers: Sequence[Any]
) -> Array:
    """As :func:`run` for some rows only (each once); ``gradient`` has a row for each. Other rows and slots stay."""
    parts = [slot[rows] for slot in slots]
    changed = run(rule, np.ascontiguousarray(value[rows]), np.ascontiguousarray(gradient), parts, numbers)
    new = value.copy()
    new[rows] = changed
    for slot, part in zip(slots, parts, strict=True):
        slot[rows] = part
    return new


def _towards(average: Array, target: Array, share: Any, t: Array) -> None:
    """``average += (target - average) * share``; ``t`` may be the target."""
    np.subtract(target, average, t)
    np.multiply(t, share, t)
    np.add(average, t, average)


def adam(w: Array, g: Array, out: Array, t: Array, m: Array, v: Array, alpha: Any, s1: Any, s2: Any, eps: Any) -> None:
    """``m += (g - m) * s1``, ``v += (g² - v) * s2``, ``w -= m * alpha / (sqrt(v) + eps)``."""
    _towards(m, g, s1, t)
    _towards(v, np.multiply(g, g, t), s2, t)
    _adam_step(w, out, t, m, v, alpha, eps)


def _adam_step(w: Array, out: Array, t: Array, m: Array, v: Array, alpha: Any, eps: Any) -> None:
    np.sqrt(v, t)
    np.add(t, eps, t)
    np.multiply(m, alpha, out)
    np.divide(out, t, out)
    np.subtract(w, out, out)


def amsgrad(
    w: Array, g: Array, out: Array, t: Array, m: Array, v: Array, vhat: Array, alpha: Any, s1: Any, s2: Any, eps: Any
) -> None:
    """As :func:`adam`, with the largest ``v`` so far in its place."""
    _towards(m, g, s1, t)
    _towards(v, np.multiply(g, g, t), s2, t)
    np.maximum(vhat, v, out=vhat)
    _adam_step(w, out, t, m, vhat, alpha, eps)


def _moving_square(v: Array, g: Array, t: Array, rho: Any, rest: Any) -> None:
    """``v = v * rho + g² * rest``."""
    np.multiply(v, rho, v)
    np.multiply(g, g, t)
    np.multiply(t, rest, t)
    np.add(v, t, v)


def _moving(a: Array, g: Array, t: Array, rho: Any, rest: Any) -> None:
    """``a = a * rho + g * rest``."""
    np.multiply(a, rho, a)
    np.multiply(g, rest, t)
    np.add(a, t, a)


def rmsprop(w: Array, g: Array, out: Array, t: Array, *rest: Any) -> None:
    """``v = v * rho + g² * (1 - rho)``, ``w -= lr * g / sqrt(v - a² + eps)``; slots: v, the momentum, the average a.

    The last numbers: lr, rho, 1 - rho, eps, momentum, whether there is one, whether the average counts, whether eps is
    added to the root.
    """
    *slots, lr, rho, other, eps, share, has_momentum, centered, outside = rest
    v = slots[0]
    _moving_square(v, g, t, rho, other)
    if centered:
        a = slots[-1]
        _moving(a, g, t, rho, other)
        np.multiply(a, a, t)
        np.subtract(v, t, t)
    else:
        np.copyto(t, v)
    if outside:
        np.sqrt(t, t)
        np.add(t, eps, t)
    else:
        np.add(t, eps, t)
        np.sqrt(t, t)
    np.multiply(g, lr, out)
    np.divide(out, t, out)
    if has_momentum:
        m = slots[1]
        np.multiply(m, share, m)
        np.add(m, out, m)
        np.subtract(w, m, out)
    else:
        np.subtract(w, out, out)


def adagrad(w: Array, g: Array, out: Array, t: Array, a: Array, lr: Any, eps: Any, outside: bool) -> None:
    """``a += g²``, ``w -= lr * g / sqrt(a + eps)`` (or ``sqrt(a) + eps``)."""
    np.multiply(g, g, t)
    np.add(a, t, a)
    if outside:
        np.sqrt(a, t)
        np.add(t, eps, t)
    else:
        np.add(a, eps, t)
        np.sqrt(t, t)
    np.multiply(g, lr, out)
    np.divide(out, t, out)
    np.subtract(w, out, out)


def adadelta(
    w: Array, g: Array, out: Array, t: Array, a: Array, d: Array, lr: Any, rho: Any, other: Any, eps: Any
) -> None:
    """``a = rho a + (1-rho) g²``, ``x = sqrt(d + eps) / sqrt(a + eps) * g``, ``d`` averages ``x²``, ``w -= lr * x``."""
    _moving_square(a, g, t, rho, other)
    np.add(d, eps, out)
    np.sqrt(out, out)
    np.multiply(out, g, out)
    np.add(a, eps, t)
    np.sqrt(t, t)
    np.divide(out, t, out)
    _moving_square(d, out, t, rho, other)
    np.multiply(out, lr, out)
    np.subtract(w, out, out)


def adamax(
    w: Array, g: Array, out: Array, t: Array, m: Array, u: Array, lr: Any, s1: Any, beta_2: Any, left: Any, eps: Any
) -> None:
    """``m += (g - m) * s1``, ``u = max(beta_2 * u, |g|)``, ``w -= lr * m / (left * (u + eps))``."""
    _towards(m, g, s1, t)
    np.multiply(u, beta_2, u)
    np.abs(g, t)
    np.maximum(u, t, out=u)
    np.add(u, eps, t)
    np.multiply(t, left, t)
    np.multiply(m, lr, out)
    np.divide(out, t, out)
    np.subtract(w, out, out)


def nadam(w: Array, g: Array, out: Array, t: Array, m: Array, v: Array, *numbers: Any) -> None:
    """Adam with a look ahead: ``h = m * ahead / left_next + g * here / left``, ``w -= lr * h / (sqrt(v/root) + eps)``.

    The numbers: lr, the two shares of :func:`adam`, ahead, left_next, here, left, root, eps.
    """
    lr, s1, s2, ahead, left_next, here, left, root, eps = numbers
    _towards(m, g, s1, t)
    _towards(v, np.multiply(g, g, t), s2, t)
    np.multiply(m, ahead, out)
    np.divide(out, left_next, out)
    np.multiply(g, here, t)
    np.divide(t, left, t)
    np.add(out, t, out)
    np.multiply(out, lr, out)
    np.divide(v, root, t)
    np.sqrt(t, t)
    np.add(t, eps, t)
    np.divide(out, t, out)
    np.subtract(w, out, out)


def ftrl(w: Array, g: Array, out: Array, t: Array, n: Array, z: Array, *numbers: Any) -> None:
    """``N = n + g²``, ``z += G - (N^p - n^p) / lr * w``, ``w = (clip(z) - z) / (N^p / lr + 2 * l2)``.

    ``G`` is the gradient and ``2 * shrinkage * w``. The numbers: lr, p, l1, l2, shrinkage.
    """
    lr, p, l1, l2, shrinkage = numbers
    power = np.sqrt if p == 0.5 else lambda x, to: np.power(x, p, to)
    np.multiply(g, g, out)
    np.add(n, out, out)
    before = power(n, t)
    n[...] = out
    power(out, out)
    np.subtract(out, before, t)
    np.divide(t, lr, t)
    np.multiply(t, w, t)
    np.subtract(z, t, z)
    np.add(z, g, z)
    if shrinkage:
        np.multiply(w, 2 * shrinkage, t)
        np.add(z, t, z)
    np.divide(out, lr, out)
    np.add(out, 2 * l2, out)
    np.clip(z, -l1, l1, t)
    np.subtract(t, z, t)
    np.divide(t, out, out)


def lion(
    w: Array, g: Array, out: Array, t: Array, m: Array, lr: Any, beta_1: Any, s1: Any, beta_2: Any, s2: Any
) -> None:
    """``w -= lr * sign(beta_1 * m + (1 - beta_1) * g)``, ``m = beta_2 * m + (1 - beta_2) * g``."""
    np.multiply(m, beta_1, out)
    np.multiply(g, s1, t)
    np.add(out, t, out)
    np.sign(out, out)
    np.multiply(out, lr, out)
    np.subtract(w, out, out)
    _moving(m, g, t, beta_2, s2)


def momentum(w: Array, g: Array, out: Array, t: Array, m: Array, rate: Any, share: Any, nesterov: bool) -> None:
    """``m = share * m - rate * g``, ``w += m`` (nesterov: ``w += share * m - rate * g``)."""
    np.multiply(g, -rate, t)
    np.multiply(m, share, m)
    np.add(m, t, m)
    if nesterov:
        np.multiply(m, share, out)
        np.add(out, t, out)
        np.add(w, out, out)
    else:
        np.add(w, m, out)
