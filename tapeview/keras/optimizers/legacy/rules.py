"""The old optimizers themselves. Their kernels differ from the new ones in the last bits, RMSprop and Adagrad in
where ``epsilon`` stands, and most move only the rows that a sparse gradient names."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.tensor import Array
from tapeview.keras.backend.config import epsilon as default_epsilon
from tapeview.keras.optimizers import kernels
from tapeview.keras.optimizers.core import Slot
from tapeview.keras.optimizers.ftrl import LeaderNumbers
from tapeview.keras.optimizers.kernels import Rule
from tapeview.keras.optimizers.legacy.base import LegacyOptimizer
from tapeview.keras.optimizers.ruled import Ruled, adam_rate
from tapeview.keras.optimizers.sgd import descend


def _check_momentum(momentum: Any) -> None:
    if isinstance(momentum, (int, float)) and not 0 <= momentum <= 1:
        raise ValueError(
            f"`momentum` must be between [0, 1]. Received: momentum={momentum} (of type {type(momentum)})."
        )


class SGD(LegacyOptimizer):
    """``w -= learning_rate * g``; see :class:`tapeview.keras.optimizers.SGD`."""

    _kernel = "ResourceApplyGradientDescent"

    def __init__(
        self, learning_rate: Any = 0.01, momentum: float = 0.0, nesterov: bool = False, name: str = "SGD", **kwargs: Any
    ) -> None:
        super().__init__(name, learning_rate, **kwargs)
        _check_momentum(momentum)
        self.momentum = momentum
        self.nesterov = nesterov
        self._lazy = bool(momentum)

    def _slot_kinds(self) -> tuple[str, ...]:
        return ("momentum",) if self.momentum else ()

    def _step(self, value: Any, gradient: Any, rate: Any, place: int) -> Any:
        if gradient.shape != value.shape:
            raise ValueError("the kernel does not broadcast")
        slot = self._slots["momentum"][place] if self.momentum else None
        return descend(value, gradient, rate, slot, self.momentum, self.nesterov)

    def _step_rows(self, value: Array, rows: Array, gradient: Array, rate: Any, place: int) -> Any:
        numbers = rate, value.dtype.type(self.momentum), self.nesterov
        slots = [self._slots["momentum"][place]._own()]
        return kernels.run_rows(kernels.momentum, value, rows, gradient[rows], slots, numbers)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer."""
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}


class _LegacyRule(Ruled, LegacyOptimizer):
    _arguments: tuple[str, ...] = ()
    """The names of the arguments besides those of all optimizers."""

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer."""
        return {**super().get_config(), **{name: getattr(self, name) for name in self._arguments}}


class Adam(_LegacyRule):
    """Steps by the gradient's average over the root of its square's; ``amsgrad``: of the largest such average so far.

    Args:
        beta_1, beta_2: the shares of the averages that a step keeps.
        epsilon: is added to the root.
        learning_rate, kwargs: see :class:`LegacyOptimizer`.
    """

    _kernel = "ResourceApplyAdam"
    _arguments = ("beta_1", "beta_2", "epsilon", "amsgrad")

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float | None = 1e-7,
        amsgrad: bool = False, name: str = "Adam", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(name, learning_rate, **kwargs)
        self.beta_1, self.beta_2, self.epsilon, self.amsgrad = beta_1, beta_2, epsilon or default_epsilon(), amsgrad

    def _slot_kinds(self) -> tuple[str, ...]:
        return ("m", "v", "vhat") if self.amsgrad else ("m", "v")

    def _rule(self) -> Rule:
        return kernels.amsgrad if self.amsgrad else kernels.adam

    def _numbers(self, kind: Any, rate: Any, step: int) -> tuple[Any, ...]:
        alpha = adam_rate(kind, rate, self.beta_1, self.beta_2, step)
        return alpha, kind(1) - kind(self.beta_1), kind(1) - kind(self.beta_2), kind(self.epsilon)


class RMSprop(_LegacyRule):
    """Steps by the gradient over the root of its square's average; ``centered``: of its variance."""

    _kernel = "ResourceApplyRMSProp"
    _arguments = ("rho", "momentum", "epsilon", "centered")

    def __init__(
        self, learning_rate: Any = 0.001, rho: float = 0.9, momentum: float = 0.0, epsilon: float | None = 1e-7,
        centered: bool = False, name: str = "RMSprop", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(name, learning_rate, **kwargs)
        _check_momentum(momentum)
        self.rho, self.momentum, self.epsilon, self.centered = rho, momentum, epsilon or default_epsilon(), centered
        self._lazy = momentum > 0

    def _slot_kinds(self) -> tuple[str, ...]:
        kinds = ["rms"]
        if self.momentum > 0:
            kinds.append("momentum")
        if self.centered:
            kinds.append("mg")
        return tuple(kinds)

    def _rule(self) -> Rule:
        return kernels.rmsprop

    def _numbers(self, kind: Any, rate: Any, step: int) -> tuple[Any, ...]:
        moves = self.momentum > 0
        shares = kind(self.rho), kind(1) - kind(self.rho)
        # The fused kernel, which is used with momentum, takes the root of both.
        return rate, *shares, kind(self.epsilon), kind(self.momentum), moves, self.centered, not moves


class Adagrad(_LegacyRule):
    """Steps by the gradient over the root of the sum of all its squares so far.

    Raises:
        ValueError: a start value below 0.
    """

    _kernel = "ResourceApplyAdagradV2"
    _arguments = ("initial_accumulator_value", "epsilon")

    def __init__(
        self, learning_rate: Any = 0.001, initial_accumulator_value: float = 0.1, epsilon: float | None = 1e-7,
        name: str = "Adagrad", **kwargs: Any,
    ) -> None:  # fmt: skip
        if initial_accumulator_value < 0.0:
            raise ValueError(f"initial_accumulator_value must be non-negative: {initial_accumulator_value}")
        super().__init__(name, learning_rate, **kwargs)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = default_epsilon() if epsilon is None else epsilon

    def _slot_kinds(self) -> tuple[str, ...]:
        return ("accumulator",)

    def _start(self, kind: str) -> float:
        return self.initial_accumulator_value

    def _rule(self) -> Rule:
        return kernels.adagrad

    def _numbers(self, kind: Any, rate: Any, step: int) -> tuple[Any, ...]:
        return rate, kind(self.epsilon), True


class Adadelta(_LegacyRule):
    """Steps as large as the root of the average of earlier ones' squares, over that of the gradient's."""

    _kernel = "ResourceApplyAdadelta"
    _arguments = ("rho", "epsilon")
    _lazy = True

    def __init__(
        self, learning_rate: Any = 0.001, rho: float = 0.95, epsilon: float | None = 1e-7, name: str = "Adadelta",
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(name, learning_rate, **kwargs)
        self.rho, self.epsilon = rho, epsilon or default_epsilon()

    def _slot_kinds(self) -> tuple[str, ...]:
        return ("accum_grad", "accum_var")

    def _rule(self) -> Rule:
        return kernels.adadelta

    def _numbers(self, kind: Any, rate: Any, step: int) -> tuple[Any, ...]:
        return rate, kind(self.rho), kind(1) - kind(self.rho), kind(self.epsilon)


class Adamax(_LegacyRule):
    """Adam with the largest gradient of late in the place of the root."""

    _kernel = "ResourceApplyAdaMax"
    _arguments = ("beta_1", "beta_2", "epsilon")
    _lazy = True

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float | None = 1e-7,
        name: str = "Adamax", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(name, learning_rate, **kwargs)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon or default_epsilon()

    def _slot_kinds(self) -> tuple[str, ...]:
        return ("m", "v")

    def _rule(self) -> Rule:
        return kernels.adamax

    def _numbers(self, kind: Any, rate: Any, step: int) -> tuple[Any, ...]:
        first = kind(self.beta_1)
        left = kind(1) - np.power(first, kind(step))
        return rate, kind(1) - first, kind(self.beta_2), left, kind(self.epsilon)


class Nadam(_LegacyRule):
    """Adam with Nesterov's momentum. Raises ValueError if the learning rate is a schedule."""

    _kernel = "ResourceApplyAdam"
    _arguments = ("beta_1", "beta_2", "epsilon")
    _lazy = True

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float | None = 1e-7,
        name: str = "Nadam", **kwargs: Any,
    ) -> None:  # fmt: skip
        self._schedule_decay = kwargs.pop("schedule_decay", 0.004)
        if hasattr(learning_rate, "get_config"):
            raise ValueError(
                "The Nadam optimizer does not support tf.keras.optimizers.LearningRateSchedules as the learning rate."
            )
        super().__init__(name, learning_rate, **kwargs)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon or default_epsilon()
        self._cache: Slot | None = None

    def _meet(self, variables: list[Any]) -> None:
        super()._meet(variables)
        if self._cache is None:
            self._cache = Slot(np.ones((), self._met[0]._array.dtype), f"{self._name}/momentum_cache")
            self._created.insert(0, self._cache)

    def _slot_kinds(self) -> tuple[str, ...]:
        return ("m", "v")

    def _rule(self) -> Rule:
        return kernels.nadam

    def _numbers(self, kind: Any, rate: Any, step: int) -> tuple[Any, ...]:
        first, decay = kind(self.beta_1), kind(self._schedule_decay)
        now, ahead = (first * (kind(1) - kind(0.5) * np.power(kind(0.96), decay * kind(k))) for k in (step, step + 1))
        cache = self._cache
        product = (kind(1) if cache is None else kind(cache._value._array)) * now
        if cache is not None:
            cache._put(product)
        shares = kind(1) - first, kind(1) - kind(self.beta_2)
        left_next = kind(1) - product * ahead
        root = kind(1) - np.power(kind(self.beta_2), kind(step))
        return rate, *shares, ahead, left_next, kind(1) - now, kind(1) - product, root, kind(self.epsilon)

    def _step_rows(self, value: Array, rows: Array, gradient: Array, rate: Any, place: int) -> Any:
        # The averages of all rows move on; the weights of the others stay.
        moved = self._step(value, gradient, rate, place)
        new = value.copy()
        new[rows] = moved[rows]
        return new


class Ftrl(LeaderNumbers, _LegacyRule):
    """Follows the regularized leader: weights that stay 0 under ``l1_regularization_strength``.

    Raises:
        ValueError: a strength or start value below 0, a power above 0.
    """

    _kernel = "ResourceApplyFtrl"
    _paired = True
    _lazy = True

    def __init__(
        self, learning_rate: Any = 0.001, learning_rate_power: float = -0.5, initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0, l2_regularization_strength: float = 0.0, name: str = "Ftrl",
        l2_shrinkage_regularization_strength: float = 0.0, beta: float = 0.0, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(name, learning_rate, **kwargs)
        self._take(
            learning_rate_power, initial_accumulator_value, l1_regularization_strength, l2_regularization_strength,
            l2_shrinkage_regularization_strength, beta,
        )  # fmt: skip
