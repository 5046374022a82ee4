"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tapeview.keras.optimizers.core import Slot
from tapeview.keras.optimizers.optimizer import Optimizer


class SGD(Optimizer):
    """``w -= learning_rate * g``; with momentum ``m = momentum * m - learning_rate * g``, ``w += m``.

    Args:
        momentum: between 0 and 1.
        nesterov: look ahead: ``w += momentum * m - learning_rate * g``.
        learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm: see :class:`Optimizer`.

    Raises:
        ValueError: a momentum outside [0, 1].
    """

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        name: str = "SGD",
        **kwargs: Any,
    ) -> None:
        super().__init__(name, learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, **kwargs)
        if not 0 <= momentum <= 1:
            raise ValueError("`momentum` must be between [0, 1].")
        self.momentum = momentum
        self.nesterov = nesterov

    def _slot_kinds(self) -> Sequence[str]:
        return ("m",)

    def _slots_used(self) -> Sequence[str]:
        return ("m",) if self.momentum else ()

    def _step(self, value: Any, gradient: Any, rate: Any, place: int) -> Any:
        return descend(value, gradient, rate, self._slots["m"][place], self.momentum, self.nesterov)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer."""
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}


def descend(value: Any, gradient: Any, rate: Any, velocity: Slot | None, momentum: float, nesterov: bool) -> Any:
    """The new value of a variable; ``velocity`` (needed if there is momentum) gets its new value, too."""
    down = -gradient * rate
    if not momentum or velocity is None:
        if velocity is not None:
            velocity._put(down)
        return value + down
    kind = value.dtype.type(momentum)
    moved = down + velocity._value._array[()] * kind
    velocity._put(moved)
    return value + (down + moved * kind if nesterov else moved)
