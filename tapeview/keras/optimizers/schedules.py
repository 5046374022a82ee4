"""Learning rates that depend on the step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tapeview.engine.tensor import EagerTensor
from tapeview.keras.modules import Settled
from tapeview.keras.objects import deserialize_keras_object, serialize_keras_object


class LearningRateSchedule(Settled):
    """The base of schedules: ``schedule(step)`` is the learning rate at a step (a float32 scalar tensor)."""

    _keras_module = "keras.optimizers.schedules"

    def __call__(self, step: Any) -> Any:
        raise NotImplementedError("Learning rate schedule must override `__call__(self, step)`.")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal schedule."""
        raise NotImplementedError("Learning rate schedule must override `get_config()` in order to be serializable.")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> LearningRateSchedule:
        """The schedule a configuration describes."""
        return cls(**config)


def _subclasses(base: type[LearningRateSchedule]) -> dict[str, type[LearningRateSchedule]]:
    found: dict[str, type[LearningRateSchedule]] = {}
    for kind in base.__subclasses__():
        found |= {kind.__name__: kind} | _subclasses(kind)
    return found


class _Decay(LearningRateSchedule):
    _arguments: tuple[str, ...]

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal schedule."""
        return {name: getattr(self, name) for name in self._arguments}


def _number(value: Any) -> Any:
    """A float32: what schedules compute with."""
    return np.float32(np.asarray(getattr(value, "_array", value)))


def _tensor(rate: Any) -> EagerTensor:
    return EagerTensor(np.asarray(rate, np.float32))


class ExponentialDecay(_Decay):
    """``initial_learning_rate * decay_rate ** (step / decay_steps)``, with ``staircase`` in whole steps of
    ``decay_steps``."""

    _arguments = ("initial_learning_rate", "decay_steps", "decay_rate", "staircase", "name")

    def __init__(
        self, initial_learning_rate: Any, decay_steps: Any, decay_rate: Any, staircase: bool = False,
        name: str | None = None,
    ) -> None:  # fmt: skip
        self.initial_learning_rate, self.decay_steps, self.decay_rate = initial_learning_rate, decay_steps, decay_rate
        self.staircase, self.name = staircase, name

    def _passed(self, step: Any) -> Any:
        passed = _number(step) / _number(self.decay_steps)
        return np.floor(passed) if self.staircase else passed

    def __call__(self, step: Any) -> EagerTensor:
        return _tensor(_number(self.initial_learning_rate) * np.power(_number(self.decay_rate), self._passed(step)))


class InverseTimeDecay(ExponentialDecay):
    """``initial_learning_rate / (1 + decay_rate * step / decay_steps)``; ``staircase`` as in ExponentialDecay."""

    def __call__(self, step: Any) -> EagerTensor:
        divisor = np.float32(1) + _number(self.decay_rate) * self._passed(step)
        return _tensor(_number(self.initial_learning_rate) / divisor)


class PiecewiseConstantDecay(_Decay):
    """``values[k]`` up to and with step ``boundaries[k]``, the last value after all of them.

    Raises:
        ValueError: not one value more than boundaries.
    """

    _arguments = ("boundaries", "values", "name")

    def __init__(self, boundaries: Any, values: Any, name: str | None = None) -> None:
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                "The length of boundaries should be 1 less than the length of values. Received: "
                f"boundaries={boundaries} of length {len(boundaries)}, and values={values} of length {len(values)}."
            )
        self.boundaries, self.values, self.name = boundaries, values, name

    def __call__(self, step: Any) -> EagerTensor:
        now = np.asarray(getattr(step, "_array", step))
        after = sum(bool(now > np.asarray(b).astype(now.dtype)) for b in self.boundaries)
        return _tensor(_number(self.values[after]))


class PolynomialDecay(_Decay):
    """From one rate to another along ``(1 - step / decay_steps) ** power``; ``cycle``: longer and longer ways down."""

    _arguments = ("initial_learning_rate", "decay_steps", "end_learning_rate", "power", "cycle", "name")

    def __init__(
        self, initial_learning_rate: Any, decay_steps: Any, end_learning_rate: Any = 0.0001, power: Any = 1.0,
        cycle: bool = False, name: str | None = None,
    ) -> None:  # fmt: skip
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.end_learning_rate, self.power, self.cycle, self.name = end_learning_rate, power, cycle, name

    def __call__(self, step: Any) -> EagerTensor:
        now, steps = _number(step), _number(self.decay_steps)
        if self.cycle:
            steps = steps * (np.float32(1) if now == 0 else np.ceil(now / steps))
        else:
            now = min(now, steps)
        first, last = _number(self.initial_learning_rate), _number(self.end_learning_rate)
        return _tensor((first - last) * np.power(np.float32(1) - now / steps, _number(self.power)) + last)


class CosineDecay(_Decay):
    """Half a cosine wave down to ``alpha`` times the start, after a straight ``warmup_target`` if there is one."""

    _arguments = ("initial_learning_rate", "decay_steps", "alpha", "name", "warmup_target", "warmup_steps")

    def __init__(
        self, initial_learning_rate: Any, decay_steps: Any, alpha: Any = 0.0, name: str | None = None,
        warmup_target: Any = None, warmup_steps: Any = 0,
    ) -> None:  # fmt: skip
        self.initial_learning_rate, self.decay_steps, self.alpha = initial_learning_rate, decay_steps, alpha
        self.name, self.warmup_target, self.warmup_steps = name, warmup_target, warmup_steps

    def __call__(self, step: Any) -> EagerTensor:
        now, steps, first = _number(step), _number(self.decay_steps), _number(self.initial_learning_rate)
        if self.warmup_target is not None:
            warm, target = _number(self.warmup_steps), _number(self.warmup_target)
            now = min(now, steps + warm)
            if now < warm:
                return _tensor((target - first) * (now / warm) + first)
            now, first = now - warm, target
        wave = np.float32(0.5) * (np.float32(1) + np.cos(np.float32(np.pi) * (min(now, steps) / steps)))
        return _tensor(first * (np.float32(1 - self.alpha) * wave + np.float32(self.alpha)))


class CosineDecayRestarts(_Decay):
    """Cosine waves one after the other, each ``t_mul`` times as long and ``m_mul`` times as high as the one before."""

    _arguments = ("initial_learning_rate", "first_decay_steps", "t_mul", "m_mul", "alpha", "name")

    def __init__(
        self, initial_learning_rate: Any, first_decay_steps: Any, t_mul: Any = 2.0, m_mul: Any = 1.0,
        alpha: Any = 0.0, name: str | None = None,
    ) -> None:  # fmt: skip
        self.initial_learning_rate, self.first_decay_steps = initial_learning_rate, first_decay_steps
        self.t_mul, self.m_mul, self.alpha, self.name = t_mul, m_mul, alpha, name

    def __call__(self, step: Any) -> EagerTensor:
        one, longer = np.float32(1), _number(self.t_mul)
        done = _number(step) / _number(self.first_decay_steps)
        if longer == one:
            restart = np.floor(done)
            done = done - restart
        else:
            restart = np.floor(np.log(one - done * (one - longer)) / np.log(longer))
            before = (one - np.power(longer, restart)) / (one - longer)
            done = (done - before) / np.power(longer, restart)
        height = np.power(_number(self.m_mul), restart)
        wave = np.float32(0.5) * height * (one + np.cos(np.float32(np.pi) * done))
        alpha = _number(self.alpha)
        return _tensor(_number(self.initial_learning_rate) * ((one - alpha) * wave + alpha))


def serialize(learning_rate_schedule: Any, use_legacy_format: bool = False) -> Any:
    """The schedule as plain data."""
    return serialize_keras_object(learning_rate_schedule)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None, use_legacy_format: bool = False) -> Any:
    """The schedule that a configuration describes. Raises ValueError if there is none."""
    known = {name: kind for name, kind in _subclasses(LearningRateSchedule).items() if not name.startswith("_")}
    return deserialize_keras_object(config, custom_objects, known, "decay")
