"""``Adafactor``: Adam with squares of gradients kept by rows and columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.tensor import Array
from tapeview.engine.variable import ResourceVariable
from tapeview.keras.optimizers.core import Slot
from tapeview.keras.optimizers.optimizer import Optimizer
from tapeview.keras.optimizers.schedules import LearningRateSchedule


class Adafactor(Optimizer):
    """Steps in proportion to a variable's size; of squared gradients the means of rows and columns are kept.

    Args:
        beta_2_decay: how fast the memory of squares grows longer.
        epsilon_1: added to squares.
        epsilon_2: the least size of a variable.
        clip_threshold: the largest root mean square of a step.
        relative_step: a constant rate falls with the root of the number of steps.
    """

    def __init__(
        self, learning_rate: Any = 0.001, beta_2_decay: float = -0.8, epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3, clip_threshold: float = 1.0, relative_step: bool = True,
        weight_decay: float | None = None, clipnorm: float | None = None, clipvalue: float | None = None,
        global_clipnorm: float | None = None, use_ema: bool = False, ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None, jit_compile: bool = True, name: str = "Adafactor", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            name, learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, jit_compile, **kwargs,
        )  # fmt: skip
        self.beta_2_decay, self.epsilon_1, self.epsilon_2 = beta_2_decay, epsilon_1, epsilon_2
        self.clip_threshold, self.relative_step = clip_threshold, relative_step

    def _slot_kinds(self) -> tuple[str, ...]:
        return ("r", "c", "v")

    def _new_slot(self, kind: str, variable: ResourceVariable, prefix: str) -> Slot:
        array = variable._array
        shapes = {"r": array.shape[:-1], "c": (*array.shape[:-2], *array.shape[-1:]), "v": array.shape}
        shape = array.shape if kind == "v" else shapes[kind] if array.ndim > 1 else ()
        return Slot(np.zeros(shape, array.dtype), f"{prefix}{kind}/{variable.name.removesuffix(':0')}")

    def _ordered_slots(self) -> list[Slot]:
        """Of matrices rows, columns and squares, of others the squares."""
        rows = zip(self._met, *(self._slots[kind] for kind in self._slot_kinds()), strict=True) if self._slots else ()
        return [slot for v, *slots in rows for slot in (slots if v._array.ndim > 1 else slots[2:])]

    def _step(self, value: Any, gradient: Any, rate: Any, place: int) -> Any:
        kind = value.dtype.type
        step = kind(int(self._iterations._value._array) + 1)
        slow = kind(1) / np.sqrt(step)
        if self.relative_step and not isinstance(self._schedule, LearningRateSchedule):
            rate = min(rate, slow)
        size = max(kind(self.epsilon_2), _rms(value)) * min(rate, slow)
        squares = np.square(gradient) + kind(self.epsilon_1)
        memory = kind(1) - step ** kind(self.beta_2_decay)
        rows, columns, both = (self._slots[word][place] for word in self._slot_kinds())
        if np.ndim(value) >= 2:
            for slot, axis in ((rows, -1), (columns, -2)):
                slot._put(memory * slot._value._array + (kind(1) - memory) * squares.mean(axis))
            r: Array = rows._value._array
            both._put((r / r.mean(-1, keepdims=True))[..., None] * columns._value._array[..., None, :])
        else:
            both._put(memory * both._value._array[()] + (kind(1) - memory) * squares)
        step_sizes = gradient / np.sqrt(both._value._array[()])
        return value - size * (step_sizes / max(kind(1), _rms(step_sizes) / kind(self.clip_threshold)))

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        words = ("beta_2_decay", "epsilon_1", "epsilon_2", "clip_threshold", "relative_step")
        return super().get_config() | {word: getattr(self, word) for word in words}


def _rms(x: Any) -> Any:
    return np.sqrt(np.mean(np.square(x)))
