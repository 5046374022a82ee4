"""Learning rates that depend on a step: nodes of a graph; eagerly, functions that look at the step when called."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from tapeview.engine import deferred
from tapeview.engine.deferred import tf
from tapeview.tf1 import graphs


def _late(make: Callable[[], Any]) -> Any:
    return make() if deferred.building() else make


def _missing(global_step: Any, function: str) -> None:
    if global_step is None:
        raise ValueError(f"global_step is required for {function}.")


def exponential_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, decay_rate: Any, staircase: bool = False,
    name: str | None = None,
) -> Any:  # fmt: skip
    """``learning_rate * decay_rate ** (global_step / decay_steps)``, with ``staircase`` in whole steps."""
    _missing(global_step, "exponential_decay")
    return _late(functools.partial(_exponential, learning_rate, global_step, decay_steps, decay_rate, staircase, name))


def _passed(step: Any, decay_steps: Any, kind: Any, staircase: bool) -> Any:
    passed = graphs.cast(step, kind) / graphs.cast(decay_steps, kind)
    return tf.floor(passed) if staircase else passed


def _exponential(rate: Any, step: Any, decay_steps: Any, decay_rate: Any, staircase: bool, name: str | None) -> Any:
    with graphs.name_scope(name, "ExponentialDecay") as scope:
        rate = graphs.tensor(rate, "initial_learning_rate")
        passed = _passed(step, decay_steps, rate.dtype, staircase)
        return tf.multiply(rate, tf.pow(graphs.cast(decay_rate, rate.dtype), passed), name=scope)


def natural_exp_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, decay_rate: Any, staircase: bool = False,
    name: str | None = None,
) -> Any:  # fmt: skip
    """``learning_rate * exp(-decay_rate * global_step / decay_steps)``."""
    _missing(global_step, "natural_exp_decay")
    factor = tf.exp(tf.negative(decay_rate)) if hasattr(decay_rate, "dtype") else math.exp(-decay_rate)
    return exponential_decay(learning_rate, global_step, decay_steps, factor, staircase, name)


def inverse_time_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, decay_rate: Any, staircase: bool = False,
    name: str | None = None,
) -> Any:  # fmt: skip
    """``learning_rate / (1 + decay_rate * global_step / decay_steps)``."""
    _missing(global_step, "inverse_time_decay")

    def made() -> Any:
        with graphs.name_scope(name, "InverseTimeDecay") as scope:
            rate = graphs.tensor(learning_rate, "initial_learning_rate")
            passed = _passed(global_step, decay_steps, rate.dtype, staircase)
            divisor = tf.add(1.0, tf.multiply(graphs.cast(decay_rate, rate.dtype), passed))
            return tf.divide(rate, divisor, name=scope)

    return _late(made)


def polynomial_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, end_learning_rate: Any = 0.0001, power: Any = 1.0,
    cycle: bool = False, name: str | None = None,
) -> Any:  # fmt: skip
    """From one rate to another along ``(1 - step / decay_steps) ** power``; ``cycle``: longer and longer ways down."""
    _missing(global_step, "polynomial_decay")

    def made() -> Any:
        with graphs.name_scope(name, "PolynomialDecay") as scope:
            rate = graphs.tensor(learning_rate, "initial_learning_rate")
            kind = rate.dtype
            end, step, span = (graphs.cast(x, kind) for x in (end_learning_rate, global_step, decay_steps))
            if cycle:
                turns = tf.where(tf.equal(step, 0.0), 1.0, tf.math.ceil(step / span))
                span = tf.multiply(span, turns)
            else:
                step = tf.minimum(step, span)
            left = tf.subtract(1.0, tf.divide(step, span))
            return tf.add(tf.multiply(tf.subtract(rate, end), tf.pow(left, graphs.cast(power, kind))), end, name=scope)

    return _late(made)


def piecewise_constant(x: Any, boundaries: Any, values: Any, name: str | None = None) -> Any:
    """``values[k]`` up to and with ``boundaries[k]``, the last value after all of them.

    Raises:
        ValueError: not one value more than boundaries.
    """
    if len(boundaries) != len(values) - 1:
        raise ValueError("The length of boundaries should be 1 less than the length of values")

    def made() -> Any:
        with graphs.name_scope(name, "PiecewiseConstant"):
            held = [graphs.tensor(v) for v in values]
            return graphs.composed(
                "case/cond/Merge", lambda step, *held: _piece(step, boundaries, held), graphs.tensor(x), *held
            )

    return _late(made)


def _piece(step: Any, boundaries: Any, values: Any) -> Any:
    found = values[0]
    for boundary, value in zip(boundaries, values[1:], strict=True):
        found = tf.where(step > tf.cast(boundary, step.dtype), value, found)
    return found


def cosine_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, alpha: float = 0.0, name: str | None = None
) -> Any:
    """Down half a cosine wave, to the share ``alpha`` of the rate."""
    _missing(global_step, "cosine_decay")

    def made() -> Any:
        with graphs.name_scope(name, "CosineDecay"):
            rate = graphs.tensor(learning_rate, "initial_learning_rate")
            kind = rate.dtype
            span = graphs.cast(decay_steps, kind)
            share = tf.minimum(graphs.cast(global_step, kind), span) / span
            wave = tf.multiply(0.5, tf.add(1.0, tf.cos(share * graphs.cast(math.pi, kind))), name="Mul")
            return tf.multiply(rate, (1 - alpha) * wave + alpha, name="Mul")

    return _late(made)


def cosine_decay_restarts(
    learning_rate: Any, global_step: Any, first_decay_steps: Any, t_mul: float = 2.0, m_mul: float = 1.0,
    alpha: float = 0.0, name: str | None = None,
) -> Any:  # fmt: skip
    """Down a cosine wave again and again: each time ``t_mul`` as long, from ``m_mul`` of the height."""
    _missing(global_step, "cosine_decay_restarts")

    def made() -> Any:
        with graphs.name_scope(name, "SGDRDecay") as scope:
            rate = graphs.tensor(learning_rate, "initial_learning_rate")
            share = graphs.cast(global_step, rate.dtype) / graphs.cast(first_decay_steps, rate.dtype)
            if t_mul == 1.0:
                turn = tf.floor(share)
                share = share - turn
            else:
                turn = tf.floor(tf.math.log(1.0 - share * (1.0 - t_mul)) / math.log(t_mul))
                begun = (1.0 - tf.pow(t_mul, turn)) / (1.0 - t_mul)
                share = (share - begun) / tf.pow(t_mul, turn)
            wave = 0.5 * tf.pow(m_mul, turn) * (1.0 + tf.cos(share * math.pi))
            return tf.multiply(rate, (1 - alpha) * wave + alpha, name=scope)

    return _late(made)


def linear_cosine_decay(
    learning_rate: Any, global_step: Any, decay_steps: Any, num_periods: float = 0.5, alpha: float = 0.0,
    beta: float = 0.001, name: str | None = None,
) -> Any:  # fmt: skip
    """A line down times a cosine wave."""
    _missing(global_step, "linear_cosine_decay")

    def made() -> Any:
        with graphs.name_scope(name, "LinearCosineDecay") as scope:
            rate = graphs.tensor(learning_rate, "initial_learning_rate")
            span = graphs.cast(decay_steps, rate.dtype)
            step = tf.minimum(graphs.cast(global_step, rate.dtype), span)
            line = (span - step) / span
            wave = 0.5 * (1.0 + tf.cos(math.pi * (2.0 * num_periods * (step / span))))
            return tf.multiply(rate, (alpha + line) * wave + beta, name=scope)

    return _late(made)
