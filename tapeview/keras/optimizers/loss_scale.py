"""``keras.mixed_precision.LossScaleOptimizer``: losses are made larger, so that small gradients survive float16."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.ops.elementwise import cast
from tapeview.engine.tape import GradientTape
from tapeview.engine.variable import ResourceVariable
from tapeview.keras.optimizers.core import is_function

_START, _STEPS, _FACTOR = 2.0**15, 2000, 2.0


class LossScaleOptimizer:
    """An optimizer around another one. Steps whose gradients are not finite are left out and halve the scale.

    Args:
        inner_optimizer: what takes the steps.
        dynamic: whether the scale changes; doubled after ``dynamic_growth_steps`` good steps.
        initial_scale: the scale at the beginning; the fixed one if it does not change.

    Raises:
        ValueError: a fixed scale that was not given.
    """

    def __init__(
        self, inner_optimizer: Any, dynamic: bool = True, initial_scale: float | None = None,
        dynamic_growth_steps: int | None = None,
    ) -> None:  # fmt: skip
        if not dynamic and initial_scale is None:
            raise ValueError('"initial_scale" must be specified if "dynamic" is False')
        self.inner_optimizer = inner_optimizer
        self.dynamic = dynamic
        self.initial_scale = _START if initial_scale is None else float(initial_scale)
        self.dynamic_growth_steps = (dynamic_growth_steps or _STEPS) if dynamic else None
        self._scale = ResourceVariable(np.float32(self.initial_scale), trainable=False, name="current_loss_scale")
        self.dynamic_counter = ResourceVariable(np.array(0, np.int64), trainable=False, name="good_steps")

    @property
    def loss_scale(self) -> Any:
        """The scale."""
        return self._scale.read_value()

    def get_scaled_loss(self, loss: Any) -> Any:
        """A loss, or a function that gives one, made larger."""
        if is_function(loss):
            return lambda: self.get_scaled_loss(loss())
        return loss * cast(self.loss_scale, loss.dtype)

    def get_unscaled_gradients(self, grads: Any) -> list[Any]:
        """Gradients of a scaled loss, made smaller again; None stays."""
        return [None if g is None else g * cast(1.0 / self.loss_scale, g.dtype) for g in grads]

    def apply_gradients(self, grads_and_vars: Any, *args: Any, **kwargs: Any) -> Any:
        """A step, if all gradients are finite."""
        pairs = list(grads_and_vars)
        arrays = [np.asarray(getattr(g, "values", g)._array) for g, _ in pairs if g is not None]
        finite = all(np.isfinite(a).all() for a in arrays)
        if self.dynamic:
            self._adjust(finite)
        if finite:
            return self.inner_optimizer.apply_gradients(pairs, *args, **kwargs)
        return self.inner_optimizer.iterations.assign_add(1)

    def _adjust(self, finite: bool) -> None:
        if not finite:
            self._scale.assign(max(float(self._scale._array) / _FACTOR, 1.0))
            self.dynamic_counter.assign(0)
        elif int(self.dynamic_counter._array) + 1 >= (self.dynamic_growth_steps or _STEPS):
            self._scale.assign(float(self._scale._array) * _FACTOR)
            self.dynamic_counter.assign(0)
        else:
            self.dynamic_counter.assign_add(1)

    def minimize(self, loss: Any, var_list: Any, tape: Any = None, **kwargs: Any) -> Any:
        """One step down ``loss``, a function, or a tensor with its tape. Raises ValueError for a tensor without."""
        if tape is None and not is_function(loss):
            raise ValueError("`tape` is required when a `Tensor` loss is passed.")
        tape = GradientTape() if tape is None else tape
        with tape:
            scaled = self.get_scaled_loss(loss() if is_function(loss) else loss)
        variables = list(var_list() if is_function(var_list) else var_list)
        slopes = self.get_unscaled_gradients(tape.gradient(scaled, variables))
        return self.apply_gradients(zip(slopes, variables, strict=True))

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        from tapeview.keras.optimizers import serialize

        words = ("dynamic", "initial_scale", "dynamic_growth_steps")
        own = {word: getattr(self, word) for word in words}
        return {"inner_optimizer": serialize(self.inner_optimizer), **own}

    def __getattr__(self, name: str) -> Any:
        if name == "inner_optimizer":
            raise AttributeError(name)
        return getattr(self.inner_optimizer, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("lr", "learning_rate"):
            setattr(self.inner_optimizer, name, value)
        else:
            super().__setattr__(name, value)
