"""The adaptive optimizers since Keras 2.11: Adam and its relatives, RMSprop, Adagrad, Adadelta, Ftrl, Lion.

All take the arguments of :class:`Optimizer` (``weight_decay``, ``clipnorm``, ``use_ema`` ...) besides their own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.keras.optimizers import kernels
from tapeview.keras.optimizers.ftrl import LeaderNumbers
from tapeview.keras.optimizers.kernels import Rule
from tapeview.keras.optimizers.optimizer import Optimizer
from tapeview.keras.optimizers.ruled import Ruled, adam_rate


class _Adaptive(Ruled, Optimizer):
    _arguments: tuple[str, ...] = ()
    """The names of the arguments besides those of all optimizers."""

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer."""
        return {**super().get_config(), **{name: getattr(self, name) for name in self._arguments}}


class Adam(_Adaptive):
    """Steps by the gradient's average over the root of its square's; ``amsgrad``: of the largest such average so far.

    Args:
        beta_1, beta_2: the shares of the averages that a step keeps.
        epsilon: is added to the root.
        learning_rate, kwargs: see :class:`Optimizer`.
    """

    _arguments = ("beta_1", "beta_2", "epsilon", "amsgrad")

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7,
        amsgrad: bool = False, weight_decay: float | None = None, clipnorm: float | None = None,
        clipvalue: float | None = None, global_clipnorm: float | None = None, use_ema: bool = False,
        ema_momentum: float = 0.99, ema_overwrite_frequency: int | None = None, jit_compile: bool = True,
        name: str = "Adam", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            name, learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, jit_compile, **kwargs,
        )  # fmt: skip
        self.beta_1, self.beta_2, self.epsilon, self.amsgrad = beta_1, beta_2, epsilon, amsgrad

    def _slot_kinds(self) -> tuple[str, ...]:
        return ("m", "v", "vhat") if self.amsgrad else ("m", "v")

    def _rule(self) -> Rule:
        return kernels.amsgrad if self.amsgrad else kernels.adam

    def _numbers(self, kind: Any, rate: Any, step: int) -> tuple[Any, ...]:
        alpha = adam_rate(kind, rate, self.beta_1, self.beta_2, step)
        return alpha, kind(1 - self.beta_1), kind(1 - self.beta_2), kind(self.epsilon)


class AdamW(Adam):
    """Adam with weights that shrink at each step. Raises ValueError if ``weight_decay`` is None."""

    def __init__(
        self, learning_rate: Any = 0.001, weight_decay: float | None = 0.004, beta_1: float = 0.9,
        beta_2: float = 0.999, epsilon: float = 1e-7, amsgrad: bool = False, clipnorm: float | None = None,
        clipvalue: float | None = None, global_clipnorm: float | None = None, use_ema: bool = False,
        ema_momentum: float = 0.99, ema_overwrite_frequency: int | None = None, jit_compile: bool = True,
        name: str = "AdamW", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay, clipnorm, clipvalue, global_clipnorm,
            use_ema, ema_momentum, ema_overwrite_frequency, jit_compile, name, **kwargs,
        )  # fmt: skip
        if weight_decay is None:
            raise ValueError("Missing value of `weight_decay` which is required and must be a float value.")


class RMSprop(_Adaptive):
    """Steps by the gradient over the root of its square's average; ``centered``: of its variance.

    Args:
        rho: the share of the averages that a step keeps.
        momentum: the share of a step that the next one keeps.
        epsilon: is added before the root is taken.
        learning_rate, kwargs: see :class:`Optimizer`.
    """

    _arguments = ("rho", "momentum", "epsilon", "centered")
    _paired = False

    def __init__(
        self, learning_rate: Any = 0.001, rho: float = 0.9, momentum: float = 0.0, epsilon: float = 1e-7,
        centered: bool = False, weight_decay: float | None = None, clipnorm: float | None = None,
        clipvalue: float | None = None, global_clipnorm: float | None = None, use_ema: bool = False,
        ema_momentum: float = 0.99, ema_overwrite_frequency: int | None = 100, jit_compile: bool = True,
        name: str = "RMSprop", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            name, learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, jit_compile, **kwargs,
        )  # fmt: skip
        self.rho, self.momentum, self.epsilon, self.centered = rho, momentum, epsilon, centered

    def _slot_kinds(self) -> tuple[str, ...]:
        kinds = ["velocity"]
        if self.momentum > 0:
            kinds.append("momentum")
        if self.centered:
            kinds.append("average_gradient")
        return tuple(kinds)

    def _rule(self) -> Rule:
        return kernels.rmsprop

    def _numbers(self, kind: Any, rate: Any, step: int) -> tuple[Any, ...]:
        shares = kind(self.rho), kind(1 - self.rho)
        return rate, *shares, kind(self.epsilon), kind(self.momentum), self.momentum > 0, self.centered, False


class Adagrad(_Adaptive):
    """Steps by the gradient over the root of the sum of all its squares so far."""

    _arguments = ("initial_accumulator_value", "epsilon")

    def __init__(
        self, learning_rate: Any = 0.001, initial_accumulator_value: float = 0.1, epsilon: float = 1e-7,
        weight_decay: float | None = None, clipnorm: float | None = None, clipvalue: float | None = None,
        global_clipnorm: float | None = None, use_ema: bool = False, ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None, jit_compile: bool = True, name: str = "Adagrad", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            name, learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, jit_compile, **kwargs,
        )  # fmt: skip
        self.initial_accumulator_value, self.epsilon = initial_accumulator_value, epsilon

    def _slot_kinds(self) -> tuple[str, ...]:
        return ("accumulator",)

    def _start(self, kind: str) -> float:
        return self.initial_accumulator_value

    def _rule(self) -> Rule:
        return kernels.adagrad

    def _numbers(self, kind: Any, rate: Any, step: int) -> tuple[Any, ...]:
        return rate, kind(self.epsilon), False


class Adadelta(_Adaptive):
    """Steps as large as the root of the average of earlier ones' squares, over that of the gradient's."""

    _arguments = ("rho", "epsilon")

    def __init__(
        self, learning_rate: Any = 0.001, rho: float = 0.95, epsilon: float = 1e-7,
        weight_decay: float | None = None, clipnorm: float | None = None, clipvalue: float | None = None,
        global_clipnorm: float | None = None, use_ema: bool = False, ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None, jit_compile: bool = True, name: str = "Adadelta", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            name, learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, jit_compile, **kwargs,
        )  # fmt: skip
        self.rho, self.epsilon = rho, epsilon

    def _slot_kinds(self) -> tuple[str, ...]:
        return ("accumulated_grad", "accumulated_delta_var")

    def _rule(self) -> Rule:
        return kernels.adadelta

    def _numbers(self, kind: Any, rate: Any, step: int) -> tuple[Any, ...]:
        return rate, kind(self.rho), kind(1 - self.rho), kind(self.epsilon)


class Adamax(_Adaptive):
    """Adam with the largest gradient of late in the place of the root."""

    _arguments = ("beta_1", "beta_2", "epsilon")

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7,
        weight_decay: float | None = None, clipnorm: float | None = None, clipvalue: float | None = None,
        global_clipnorm: float | None = None, use_ema: bool = False, ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None, jit_compile: bool = True, name: str = "Adamax", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            name, learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, jit_compile, **kwargs,
        )  # fmt: skip
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def _slot_kinds(self) -> tuple[str, ...]:
        return ("m", "u")

    def _rule(self) -> Rule:
        return kernels.adamax

    def _numbers(self, kind: Any, rate: Any, step: int) -> tuple[Any, ...]:
        left = kind(1) - np.power(kind(self.beta_1), kind(step))
        return rate, kind(1 - self.beta_1), kind(self.beta_2), left, kind(self.epsilon)


class Nadam(Adamax):
    """Adam with Nesterov's momentum."""

    def __init__(
        self, learning_rate: Any = 0.001, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7,
        weight_decay: float | None = None, clipnorm: float | None = None, clipvalue: float | None = None,
        global_clipnorm: float | None = None, use_ema: bool = False, ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None, jit_compile: bool = True, name: str = "Nadam", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, jit_compile, name, **kwargs,
        )  # fmt: skip
        self._product: Any = None

    def _slot_kinds(self) -> tuple[str, ...]:
        return ("m", "v")

    def _rule(self) -> Rule:
        return kernels.nadam

    def _numbers(self, kind: Any, rate: Any, step: int) -> tuple[Any, ...]:
        first = kind(self.beta_1)
        now, ahead = (first * (kind(1) - kind(0.5) * np.power(kind(0.96), kind(k))) for k in (step, step + 1))
        self._product = (kind(1) if self._product is None else kind(self._product)) * now
        shares = kind(1) - first, kind(1) - kind(self.beta_2)
        left_next = kind(1) - self._product * ahead
        root = kind(1) - np.power(kind(self.beta_2), kind(step))
        return rate, *shares, ahead, left_next, kind(1) - now, kind(1) - self._product, root, kind(self.epsilon)


class Ftrl(LeaderNumbers, _Adaptive):
    """Follows the regularized leader: weights that stay 0 under ``l1_regularization_strength``.

    Raises:
        ValueError: a strength or start value below 0, a power above 0.
    """

    def __init__(
        self, learning_rate: Any = 0.001, learning_rate_power: float = -0.5, initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0, l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0, beta: float = 0.0, weight_decay: float | None = None,
        clipnorm: float | None = None, clipvalue: float | None = None, global_clipnorm: float | None = None,
        use_ema: bool = False, ema_momentum: float = 0.99, ema_overwrite_frequency: int | None = None,
        jit_compile: bool = True, name: str = "Ftrl", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            name, learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, jit_compile, **kwargs,
        )  # fmt: skip
        self._take(
            learning_rate_power, initial_accumulator_value, l1_regularization_strength, l2_regularization_strength,
            l2_shrinkage_regularization_strength, beta,
        )  # fmt: skip


class Lion(_Adaptive):
    """Steps of one size, by the sign of an average of gradients. Raises ValueError for ``beta_1`` outside (0, 1]."""

    _arguments = ("beta_1", "beta_2")

    def __init__(
        self, learning_rate: Any = 0.0001, beta_1: float = 0.9, beta_2: float = 0.99,
        weight_decay: float | None = None, clipnorm: float | None = None, clipvalue: float | None = None,
        global_clipnorm: float | None = None, use_ema: bool = False, ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None, jit_compile: bool = True, name: str = "Lion", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            name, learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, jit_compile, **kwargs,
        )  # fmt: skip
        self.beta_1, self.beta_2 = beta_1, beta_2
        if beta_1 <= 0 or beta_1 > 1:
            raise ValueError(
                f"`beta_1`={beta_1} must be between ]0, 1]. Otherwise, the optimizer degenerates to SignSGD."
            )

    def _slot_kinds(self) -> tuple[str, ...]:
        return ("m",)

    def _rule(self) -> Rule:
        return kernels.lion

    def _numbers(self, kind: Any, rate: Any, step: int) -> tuple[Any, ...]:
        first, second = kind(self.beta_1), kind(self.beta_2)
        return rate, first, kind(1) - first, second, kind(1) - second
