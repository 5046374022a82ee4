"""``tf.train``'s optimizers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from tapeview.tf1 import graphs
from tapeview.tf1.optimizers import rules
from tapeview.tf1.optimizers.base import Optimizer


class GradientDescentOptimizer(Optimizer):
    """``w -= learning_rate * g``."""

    def __init__(self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent") -> None:
        super().__init__(use_locking, name)
        self._learning_rate = learning_rate

    def _prepare(self) -> None:
        self._rate = self._tensor(self._learning_rate, "learning_rate")

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        return self._update(rules.gradient_descent, "ApplyGradientDescent", [var], [self._rate, grad])


class MomentumOptimizer(Optimizer):
    """``m = momentum * m + g``, ``w -= learning_rate * m``; ``use_nesterov``: one step ahead."""

    def __init__(
        self, learning_rate: Any, momentum: Any, use_locking: bool = False, name: str = "Momentum",
        use_nesterov: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(use_locking, name)
        self._learning_rate, self._momentum, self._use_nesterov = learning_rate, momentum, use_nesterov

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            self._zeros_slot(var, "momentum", self._name)

    def _prepare(self) -> None:
        self._rate = self._tensor(self._learning_rate, "learning_rate")
        self._share = self._tensor(self._momentum, "momentum")

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        given = [self._rate, grad, self._share]
        rule = partial(rules.momentum, nesterov=self._use_nesterov)
        return self._update(rule, "ApplyMomentum", [var, self.get_slot(var, "momentum")], given)


class AdamOptimizer(Optimizer):
    """Steps by the gradient's average over the root of its square's."""

    def __init__(
        self, learning_rate: Any = 0.001, beta1: Any = 0.9, beta2: Any = 0.999, epsilon: Any = 1e-8,
        use_locking: bool = False, name: str = "Adam",
    ) -> None:  # fmt: skip
        super().__init__(use_locking, name)
        self._lr, self._beta1, self._beta2, self._epsilon = learning_rate, beta1, beta2, epsilon

    def _get_beta_accumulators(self) -> tuple[Any, Any]:
        return self._get_non_slot_variable("beta1_power"), self._get_non_slot_variable("beta2_power")

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        self._create_non_slot_variable(self._call_if_callable(self._beta1), "beta1_power")
        self._create_non_slot_variable(self._call_if_callable(self._beta2), "beta2_power")
        for var in var_list:
            self._zeros_slot(var, "m", self._name)
            self._zeros_slot(var, "v", self._name)

    def _prepare(self) -> None:
        self._rate = self._tensor(self._lr, "learning_rate")
        self._beta1_t = self._tensor(self._beta1, "beta1")
        self._beta2_t = self._tensor(self._beta2, "beta2")
        self._epsilon_t = self._tensor(self._epsilon, "epsilon")

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        held = [var, self.get_slot(var, "m"), self.get_slot(var, "v")]
        powers = self._get_beta_accumulators()
        given = [*powers, self._rate, self._beta1_t, self._beta2_t, self._epsilon_t, grad]
        return self._update(rules.adam, "ApplyAdam", held, given)

    def _finish(self, update_ops: Sequence[Any], name_scope: str) -> Any:
        first, second = self._get_beta_accumulators()
        with graphs.after(update_ops):
            done = [
                graphs.assign(power, graphs.multiplied(power, share))
                for power, share in ((first, self._beta1_t), (second, self._beta2_t))
            ]
        return graphs.group([*update_ops, *done], name_scope)


class RMSPropOptimizer(Optimizer):
    """Steps by the gradient over the root of its square's average, which begins at 1; ``centered``: of its variance."""

    def __init__(
        self, learning_rate: Any, decay: Any = 0.9, momentum: Any = 0.0, epsilon: Any = 1e-10,
        use_locking: bool = False, centered: bool = False, name: str = "RMSProp",
    ) -> None:  # fmt: skip
        super().__init__(use_locking, name)
        self._learning_rate, self._decay, self._momentum = learning_rate, decay, momentum
        self._epsilon, self._centered = epsilon, centered

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            self._filled_slot(var, 1.0, "rms", self._name)
            if self._centered:
                self._zeros_slot(var, "mg", self._name)
            self._zeros_slot(var, "momentum", self._name)

    def _prepare(self) -> None:
        self._rate = self._tensor(self._learning_rate, "learning_rate")
        self._decay_t = self._tensor(self._decay, "decay")
        self._share = self._tensor(self._momentum, "momentum")
        self._epsilon_t = self._tensor(self._epsilon, "epsilon")

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        given = [self._rate, self._decay_t, self._share, self._epsilon_t, grad]
        held = [var, self.get_slot(var, "rms"), self.get_slot(var, "momentum")]
        if not self._centered:
            return self._update(rules.rmsprop, "ApplyRMSProp", held, given)
        held.append(self.get_slot(var, "mg"))
        return self._update(rules.centered_rmsprop, "ApplyCenteredRMSProp", held, given)


class AdagradOptimizer(Optimizer):
    """Steps by the gradient over the root of the sum of all its squares. Raises ValueError for a start of 0 or less."""

    def __init__(
        self, learning_rate: Any, initial_accumulator_value: float = 0.1, use_locking: bool = False,
        name: str = "Adagrad",
    ) -> None:  # fmt: skip
        if initial_accumulator_value <= 0.0:
            raise ValueError(f"initial_accumulator_value must be positive: {initial_accumulator_value}")
        super().__init__(use_locking, name)
        self._learning_rate, self._initial_accumulator_value = learning_rate, initial_accumulator_value

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            self._filled_slot(var, self._initial_accumulator_value, "accumulator", self._name)

    def _prepare(self) -> None:
        self._rate = self._tensor(self._learning_rate, "learning_rate")

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        return self._update(rules.adagrad, "ApplyAdagrad", [var, self.get_slot(var, "accumulator")], [self._rate, grad])


class AdadeltaOptimizer(Optimizer):
    """Steps as large as the root of the average of earlier ones' squares, over that of the gradient's."""

    def __init__(
        self, learning_rate: Any = 0.001, rho: Any = 0.95, epsilon: Any = 1e-8, use_locking: bool = False,
        name: str = "Adadelta",
    ) -> None:  # fmt: skip
        super().__init__(use_locking, name)
        self._lr, self._rho, self._epsilon = learning_rate, rho, epsilon

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            self._zeros_slot(var, "accum", self._name)
            self._zeros_slot(var, "accum_update", self._name)

    def _prepare(self) -> None:
        self._rate = self._tensor(self._lr, "lr")
        self._rho_t = self._tensor(self._rho, "rho")
        self._epsilon_t = self._tensor(self._epsilon, "epsilon")

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        held = [var, self.get_slot(var, "accum"), self.get_slot(var, "accum_update")]
        return self._update(rules.adadelta, "ApplyAdadelta", held, [self._rate, self._rho_t, self._epsilon_t, grad])


class FtrlOptimizer(Optimizer):
    """Follows the regularized leader: weights that stay 0 under ``l1_regularization_strength``.

    Raises:
        ValueError: a strength or start value below 0, a power above 0.
    """

    def __init__(
        self, learning_rate: Any, learning_rate_power: float = -0.5, initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0, l2_regularization_strength: float = 0.0, use_locking: bool = False,
        name: str = "Ftrl", accum_name: str | None = None, linear_name: str | None = None,
        l2_shrinkage_regularization_strength: float = 0.0, beta: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__(use_locking, name)
        for word, value in (
            ("initial_accumulator_value", initial_accumulator_value),
            ("l1_regularization_strength", l1_regularization_strength),
            ("l2_regularization_strength", l2_regularization_strength),
            ("l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength),
        ):
            if value < 0.0:
                raise ValueError(f"{word} {value:f} needs to be positive or zero")
        if learning_rate_power > 0.0:
            raise ValueError(f"learning_rate_power {learning_rate_power:f} needs to be negative or zero")
        self._learning_rate, self._power, self._start = learning_rate, learning_rate_power, initial_accumulator_value
        self._l1, self._l2, self._shrinkage = (
            l1_regularization_strength, l2_regularization_strength, l2_shrinkage_regularization_strength,
        )  # fmt: skip
        self._beta = beta or 0.0
        self._accum_name, self._linear_name = accum_name, linear_name

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            self._filled_slot(var, self._start, "accum", self._accum_name or self._name)
            self._zeros_slot(var, "linear", self._linear_name or self._name)

    def _prepare(self) -> None:
        self._rate = self._tensor(self._learning_rate, "learning_rate")
        self._l1_t = self._tensor(self._l1, "l1_regularization_strength")
        l2 = self._l2 if not self._beta else self._l2 + self._beta / (2.0 * self._learning_rate)
        self._l2_t = self._tensor(l2, "l2_regularization_strength")
        self._power_t = self._tensor(self._power, "learning_rate_power")

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        held = [var, self.get_slot(var, "accum"), self.get_slot(var, "linear")]
        given = [grad, self._rate, self._l1_t, self._l2_t, self._power_t]
        return self._update(partial(rules.ftrl, shrinkage=self._shrinkage), "ApplyFtrl", held, given)


class ProximalGradientDescentOptimizer(Optimizer):
    """A step down, then one towards 0."""

    def __init__(
        self, learning_rate: Any, l1_regularization_strength: Any = 0.0, l2_regularization_strength: Any = 0.0,
        use_locking: bool = False, name: str = "ProximalGradientDescent",
    ) -> None:  # fmt: skip
        super().__init__(use_locking, name)
        self._learning_rate, self._l1, self._l2 = learning_rate, l1_regularization_strength, l2_regularization_strength

    def _prepare(self) -> None:
        self._rate = self._tensor(self._learning_rate, "learning_rate")
        self._l1_t = self._tensor(self._l1, "l1_regularization_strength")
        self._l2_t = self._tensor(self._l2, "l2_regularization_strength")

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        given = [self._rate, self._l1_t, self._l2_t, grad]
        return self._update(rules.proximal_gradient_descent, "ApplyProximalGradientDescent", [var], given)


class ProximalAdagradOptimizer(ProximalGradientDescentOptimizer):
    """Adagrad's step, then one towards 0. Raises ValueError for a start of 0 or less."""

    def __init__(
        self, learning_rate: Any, initial_accumulator_value: float = 0.1, l1_regularization_strength: Any = 0.0,
        l2_regularization_strength: Any = 0.0, use_locking: bool = False, name: str = "ProximalAdagrad",
    ) -> None:  # fmt: skip
        if initial_accumulator_value <= 0.0:
            raise ValueError(f"initial_accumulator_value must be positive: {initial_accumulator_value}")
        super().__init__(learning_rate, l1_regularization_strength, l2_regularization_strength, use_locking, name)
        self._start = initial_accumulator_value

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        for var in var_list:
            self._filled_slot(var, self._start, "accumulator", self._name)

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        held = [var, self.get_slot(var, "accumulator")]
        given = [self._rate, self._l1_t, self._l2_t, grad]
        return self._update(rules.proximal_adagrad, "ApplyProximalAdagrad", held, given)
