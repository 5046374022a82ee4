"""Learning rates that depend on the step."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.tensor import EagerTensor


class LearningRateSchedule:
    """The base of schedules: ``schedule(step)`` is the learning rate at a step (a float32 scalar tensor)."""

    def __call__(self, step: Any) -> Any:
        raise NotImplementedError("Learning rate schedule must override `__call__(self, step)`.")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal schedule."""
        raise NotImplementedError("Learning rate schedule must override `get_config()` in order to be serializable.")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> LearningRateSchedule:
        """The schedule a configuration describes."""
        return cls(**config)

    def serialized(self) -> dict[str, Any]:
        """The schedule as an optimizer's configuration names it."""
        return {
            "module": "keras.optimizers.schedules",
            "class_name": type(self).__name__,
            "config": self.get_config(),
            "registered_name": None,
        }

    @staticmethod
    def deserialized(serialized: dict[str, Any]) -> LearningRateSchedule:
        """The schedule that :meth:`serialized` describes. Raises ValueError for a class that is no schedule."""
        known = _subclasses(LearningRateSchedule)
        name = serialized["class_name"]
        if name not in known:
            raise ValueError(
                f"Unknown decay: '{name}'. Please ensure you are using a `keras.utils.custom_object_scope`."
            )
        return known[name].from_config(serialized["config"])


def _subclasses(base: type[LearningRateSchedule]) -> dict[str, type[LearningRateSchedule]]:
    found: dict[str, type[LearningRateSchedule]] = {}
    for kind in base.__subclasses__():
        found |= {kind.__name__: kind} | _subclasses(kind)
    return found


class ExponentialDecay(LearningRateSchedule):
    """``initial_learning_rate * decay_rate ** (step / decay_steps)``, with ``staircase`` in whole steps of
    ``decay_steps``."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = None,
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: Any) -> EagerTensor:
        passed = np.float32(np.asarray(step)) / np.float32(self.decay_steps)
        if self.staircase:
            passed = np.floor(passed)
        rate = np.float32(self.initial_learning_rate) * np.power(np.float32(self.decay_rate), passed)
        return EagerTensor(np.asarray(rate, np.float32))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal schedule."""
        names = ("initial_learning_rate", "decay_steps", "decay_rate", "staircase", "name")
        return {name: getattr(self, name) for name in names}
