"""Optimizers whose step is one rule of `kernels`."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from tapeview.engine.tensor import Array
from tapeview.keras.optimizers.core import Core
from tapeview.keras.optimizers.kernels import Rule, run, run_rows


class Ruled(Core):
    """What turns a rule and its numbers into steps."""

    _prepared: tuple[int, Any, Any, tuple[Any, ...]] = (-1, None, None, ())

    @abstractmethod
    def _rule(self) -> Rule:
        """The rule; its slots are those of ``_slot_kinds``, in this order."""

    @abstractmethod
    def _numbers(self, kind: Any, rate: Any, step: int) -> tuple[Any, ...]:
        """What the rule needs besides arrays: numbers of NumPy type ``kind``; ``step`` counts from 1."""

    def _current(self, dtype: Any, rate: Any) -> tuple[Any, ...]:
        """The numbers, made once for all variables of a step."""
        count = int(self._iterations._value._array)
        if self._prepared[:3] != (count, dtype, rate):
            self._prepared = (count, dtype, rate, self._numbers(dtype.type, rate, count + 1))
        return self._prepared[3]

    def _step(self, value: Any, gradient: Any, rate: Any, place: int) -> Any:
        slots = [self._slots[kind][place]._own() for kind in self._slot_kinds()]
        return run(self._rule(), np.asarray(value), np.asarray(gradient), slots, self._current(value.dtype, rate))

    def _step_rows(self, value: Array, rows: Array, gradient: Array, rate: Any, place: int) -> Any:
        slots = [self._slots[kind][place]._own() for kind in self._slot_kinds()]
        numbers = self._current(value.dtype, rate)
        return run_rows(self._rule(), value, rows, gradient[rows], slots, numbers)


def adam_rate(kind: Any, rate: Any, beta_1: float, beta_2: float, step: int) -> Any:
    """Adam's rate of a step, corrected for averages that began at 0; computed in the variable's type."""
    one, count = kind(1), kind(step)
    first, second = np.power(kind(beta_1), count), np.power(kind(beta_2), count)
    return rate * np.sqrt(one - second) / (one - first)
