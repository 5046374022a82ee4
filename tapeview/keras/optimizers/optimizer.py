"""Optimizers as they are since Keras 2.11."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import numpy as np

from tapeview.engine import warn
from tapeview.engine.errors import wrong_dtype
from tapeview.engine.names import name_scope
from tapeview.engine.shapes import TensorShape
from tapeview.engine.tape import GradientTape
from tapeview.engine.tensor import Array, EagerTensor
from tapeview.engine.variable import ResourceVariable
from tapeview.keras.optimizers.clipping import clipped_gradients
from tapeview.keras.optimizers.core import Pair, Slot, gradients_of, is_function, with_gradients
from tapeview.keras.optimizers.custom import Custom
from tapeview.keras.optimizers.schedules import LearningRateSchedule


class VariableList(list[Any]):
    """A list that may also be called, as scripts of different ages do."""

    def __call__(self) -> VariableList:
        return self


class Optimizer(Custom):
    """The base of the optimizers since Keras 2.11.

    A script's own optimizer defines ``build(var_list)``, in which it makes its slots by
    ``add_variable_from_reference``, and ``update_step(gradient, variable)``.

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        weight_decay: the share of the learning rate by which weights shrink at each step.
        clipnorm: limit of each gradient's norm.
        clipvalue: limit of each element of a gradient.
        global_clipnorm: limit of the norm of all gradients together.
        use_ema: keep a moving average of each variable; ``finalize_variable_values`` puts it in the variable's place.
        ema_momentum: the share of the average that a step keeps.
        ema_overwrite_frequency: after how many steps the averages replace the variables.
        jit_compile: has no effect here.

    Raises:
        ValueError: ``decay`` is given, or both norms; an impossible average.
        TypeError: an unknown argument.
    """

    _keras_module = "keras.optimizers"
    _warnings_per_step = 2
    _paired = True
    """Whether each variable's first two slots stand side by side in ``variables``."""

    def __init__(
        self,
        name: str,
        learning_rate: Any = 0.0,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        jit_compile: bool = True,
        **kwargs: Any,
    ) -> None:
        self._check(kwargs, clipnorm, global_clipnorm)
        super().__init__(name, learning_rate, clipnorm, clipvalue, global_clipnorm)
        self.name = name
        self._shrink = weight_decay
        self._unshrunk: tuple[frozenset[int], tuple[str, ...]] = (frozenset(), ())
        if use_ema and not 0 <= ema_momentum <= 1:
            raise ValueError(f"`ema_momentum` must be in the range [0, 1]. Received: ema_momentum={ema_momentum}")
        if use_ema and ema_overwrite_frequency and ema_overwrite_frequency < 1:
            raise ValueError(
                "`ema_overwrite_frequency` must be an integer > 1 or None. Received: ema_overwrite_frequency="
                f"{ema_overwrite_frequency}"
            )
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.jit_compile = False
        self._averages: list[Slot] = []
        self._added: list[Slot] = []

    def _check(self, kwargs: dict[str, Any], clipnorm: float | None, global_clipnorm: float | None) -> None:
        name = type(self).__name__
        if "lr" in kwargs:
            kwargs.pop("lr")
            warn.warn(
                "`lr` is deprecated in Keras optimizer, please use `learning_rate` or use the legacy optimizer, e.g.,"
                f"tf.keras.optimizers.legacy.{name}.",
                "absl",
            )
        if "decay" in kwargs:
            raise ValueError(
                "decay is deprecated in the new Keras optimizer, please check the docstring for valid arguments, or "
                f"use the legacy optimizer, e.g., tf.keras.optimizers.legacy.{name}."
            )
        for word in kwargs:
            raise TypeError(
                f"{word} is not a valid argument, kwargs should be empty  for `optimizer_experimental.Optimizer`."
            )
        if clipnorm is not None and global_clipnorm is not None:
            raise ValueError(
                "At most one of `clipnorm` and `global_clipnorm` can be set. Received: "
                f"clipnorm={clipnorm}, global_clipnorm={global_clipnorm}."
            )

    @property
    def weight_decay(self) -> float | None:
        """The share of the learning rate by which weights shrink at each step."""
        return self._shrink

    @weight_decay.setter
    def weight_decay(self, value: float | None) -> None:
        self._shrink = value

    # -- learning rate and count ---------------------------------------------------------------------------------------

    def _new_count(self) -> Slot:
        return Slot(np.int64(0), "iteration")

    def _set_rate(self, given: Any) -> None:
        if isinstance(given, LearningRateSchedule):
            self._schedule = given
            self._rate = Slot(given(self._iterations), "current_learning_rate")
        else:
            value = given() if is_function(given) else given
            self._rate = Slot(np.array(np.asarray(value), np.float32), "learning_rate")

    @property
    def learning_rate(self) -> Any:
        """The learning rate as a variable; with a schedule the rate of the last step."""
        return self._rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if self._schedule is not None:
            raise TypeError(
                "This optimizer was created with a `LearningRateSchedule` object as its `learning_rate` constructor "
                "argument, hence its learning rate is not settable. If you need the learning rate to be settable, you "
                "should instantiate the optimizer with a float `learning_rate` argument."
            )
        if isinstance(value, LearningRateSchedule):
            self._set_rate(value)
        else:
            self._rate.assign(value)

    def _present_rate(self) -> Any:
        """The learning rate of the coming step as a NumPy scalar."""
        if self._schedule is not None:
            self._rate._replace(self._schedule(self._iterations)._array, "assign")
        return self._rate._value._array[()]

    @property
    def iterations(self) -> Slot:
        """How many steps were made: an int64 variable."""
        return self._iterations

    @property
    def variables(self) -> Any:
        """The step count and the slots."""
        return VariableList([self._iterations, *self._averages, *self._ordered_slots(), *self._added])

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Puts values in the place of those of ``variables``. Raises ValueError if the optimizer has not been built."""
        if not self._known:
            raise ValueError(
                "You are calling `set_weights()` on an optimizer that has not yet been built. Please call "
                "`optimizer.build(trainable_variables)` to create the optimizer weights before calling "
                "`set_weights()`."
            )
        for slot, value in zip(self.variables, weights, strict=False):
            slot.assign(value)

    def _ordered_slots(self) -> list[Slot]:
        kinds = list(self._slots.values())
        if self._paired and len(kinds) > 1:
            kinds = [[slot for pair in zip(kinds[0], kinds[1], strict=True) for slot in pair], *kinds[2:]]
        return [slot for slots in kinds for slot in slots]

    # -- steps ---------------------------------------------------------------------------------------------------------

    def build(self, var_list: Sequence[ResourceVariable]) -> None:
        """Makes the slots for variables. Later steps may update these variables and no others."""
        self._build(var_list, "")

    def _build(self, var_list: Sequence[ResourceVariable], prefix: str) -> None:
        if not self._known:
            self._met = [v._base for v in var_list]
            self._known = {id(v): k for k, v in enumerate(self._met)}
            if self.use_ema:
                self._averages = [Slot(v._array, f"{prefix}average/{v.name.removesuffix(':0')}") for v in self._met]
            for kind in self._slot_kinds():
                self._slots[kind] = [self._new_slot(kind, v, prefix) for v in self._met]
            self._take_expected()

    def _new_slot(self, kind: str, variable: ResourceVariable, prefix: str) -> Slot:
        array = variable._array
        start = np.full(array.shape, self._start(kind), array.dtype)
        return Slot(start, f"{prefix}{kind}/{variable.name.removesuffix(':0')}")

    def _start(self, kind: str) -> float:
        """The number with which a slot of this kind is filled at the start."""
        return 0.0

    def exclude_from_weight_decay(self, var_list: Any = None, var_names: Any = None) -> None:
        """Leaves variables out of the weight decay: those given, and those with one of some words in their names.

        Raises:
            ValueError: the optimizer has been built.
        """
        if self._known:
            raise ValueError("`exclude_from_weight_decay()` can only be configured before the optimizer is built.")
        self._unshrunk = (frozenset(id(v._base) for v in var_list or ()), tuple(var_names or ()))

    def _shrinks(self, variable: ResourceVariable) -> bool:
        variables, words = self._unshrunk
        return id(variable._base) not in variables and not any(re.search(word, variable.name) for word in words)

    # -- averages ------------------------------------------------------------------------------------------------------

    def _after_step(self, pairs: Sequence[Pair]) -> None:
        if not self.use_ema:
            return
        for _, variable in pairs:
            average = self._averages[self._known[id(variable._base)]]
            value = variable._value._array
            kept, new = value.dtype.type(self.ema_momentum), value.dtype.type(1 - self.ema_momentum)
            average._put(kept * average._value._array + new * value)
        if self.ema_overwrite_frequency:
            count = int(self._iterations._value._array) + 1
            if count % self.ema_overwrite_frequency == 0:
                self.finalize_variable_values([v for _, v in pairs])

    def finalize_variable_values(self, var_list: Iterable[ResourceVariable]) -> None:
        """Puts the moving averages in the variables' places, if there are averages."""
        if self.use_ema:
            for variable in var_list:
                variable.assign(self._averages[self._known[id(variable._base)]])

    def apply_gradients(self, grads_and_vars: Iterable[Pair], name: str | None = None, **kwargs: Any) -> Any:
        """One step: changes each variable by its gradient. Returns the step count.

        Raises:
            ValueError: all gradients are None.
            KeyError: a variable that was not there at the first step.
            InvalidArgumentError: a gradient of another type or shape.
        """
        pairs = list(grads_and_vars)
        if not pairs:
            return self._iterations
        written = type(self).update_step is not Optimizer.update_step
        if not self._known:
            variables = [self._checked(v) for _, v in pairs]
            if written:
                with name_scope(self.name):
                    self.build(variables)
            self._build(variables, f"{self.name}/")
        if written:
            kept = with_gradients(pairs, self._warnings_per_step)
            limits = self.clipnorm, self.clipvalue, self.global_clipnorm
            gradients = clipped_gradients([g for g, _ in kept], *limits) if self._clips else [g for g, _ in kept]
            return self._update([(g, v) for g, (_, v) in zip(gradients, kept, strict=True)])
        return self._apply(pairs)

    def _checked(self, variable: Any) -> ResourceVariable:
        if not isinstance(variable, ResourceVariable):
            # The words of the attribute access at which TensorFlow finds out.
            raise AttributeError("'tensorflow.python.framework.ops.EagerTensor' object has no attribute '_unique_id'")
        return variable._base

    def _unknown(self, variable: ResourceVariable) -> NoReturn:
        raise KeyError(
            f"The optimizer cannot recognize variable {variable.name}. This usually means you are trying to call the "
            "optimizer to update different parts of the model separately. Please call `optimizer.build(variables)` "
            "with the full list of trainable variables before the training loop or use legacy optimizer "
            f"`tf.keras.optimizers.legacy.{type(self).__name__}."
        )

    def _refuse_type(self, gradient: Any, variable: ResourceVariable) -> NoReturn:
        raise wrong_dtype("Mul", 1, gradient.dtype.word, variable.dtype.word)

    def _refuse_shape(self, gradient: Array, variable: ResourceVariable) -> NoReturn:
        from tapeview.engine.ops.elementwise import add  # which needs the engine's op tables

        add(EagerTensor(gradient), variable._value)  # raises, if they do not broadcast
        raise ValueError(
            f"Cannot assign value to variable ' {variable.name}': Shape mismatch.The variable shape {variable.shape}, "
            f"and the assigned value shape {TensorShape(gradient.shape)} are incompatible."
        )

    def compute_gradients(self, loss: Any, var_list: Any, tape: GradientTape | None = None) -> list[Pair]:
        """(gradient, variable) pairs for a loss: a function without arguments, or a tensor and its tape.

        Raises:
            ValueError: a tensor without a tape.
        """
        return gradients_of(loss, var_list, tape)

    def minimize(self, loss: Any, var_list: Any, tape: GradientTape | None = None) -> Any:
        """One step down ``loss``; see :meth:`compute_gradients`."""
        self.apply_gradients(gradients_of(loss, var_list, tape))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer."""
        return {
            "name": self.name,
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "jit_compile": self.jit_compile,
            "is_legacy_optimizer": False,
            "learning_rate": self._rate_config(),
        }


# Messages and texts name the class that scripts know.
Optimizer.minimize.__qualname__ = "_BaseOptimizer.minimize"
