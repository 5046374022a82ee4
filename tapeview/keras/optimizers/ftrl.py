"""The numbers of "follow the regularized leader", which the new and the legacy optimizer share."""

from __future__ import annotations

from typing import Any

from tapeview.keras.optimizers import kernels
from tapeview.keras.optimizers.kernels import Rule


class LeaderNumbers:
    """A part of both ``Ftrl`` classes."""

    _arguments: tuple[str, ...] = (
        "learning_rate_power", "initial_accumulator_value", "l1_regularization_strength", "l2_regularization_strength",
        "l2_shrinkage_regularization_strength", "beta",
    )  # fmt: skip

    def _take(
        self, learning_rate_power: float, initial_accumulator_value: float, l1_regularization_strength: float,
        l2_regularization_strength: float, l2_shrinkage_regularization_strength: float, beta: float,
    ) -> None:  # fmt: skip
        """Keeps the arguments.

        Raises:
            ValueError: a strength or start value below 0, a power above 0.
        """
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta
        for word in self._arguments[1:5]:
            if getattr(self, word) < 0.0:
                raise ValueError(f"`{word}` needs to be positive or zero. Received: {word}={getattr(self, word)}.")
        if learning_rate_power > 0.0:
            raise ValueError(
                "`learning_rate_power` needs to be negative or zero. Received: "
                f"learning_rate_power={learning_rate_power}."
            )

    def _slot_kinds(self) -> tuple[str, ...]:
        return ("accumulator", "linear")

    def _start(self, kind: str) -> float:
        return self.initial_accumulator_value if kind == "accumulator" else 0.0

    def _rule(self) -> Rule:
        return kernels.ftrl

    def _numbers(self, kind: Any, rate: Any, step: int) -> tuple[Any, ...]:
        l2 = kind(self.l2_regularization_strength) + kind(self.beta) / (kind(2) * rate)
        shrinkage = kind(self.l2_shrinkage_regularization_strength)
        return rate, -self.learning_rate_power, kind(self.l1_regularization_strength), l2, shrinkage
