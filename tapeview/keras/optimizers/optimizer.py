"""What all optimizers share: learning rate, counting, checking and clipping gradients.

Updates are computed with NumPy and announced as new versions of the variables, with the optimizer's name and the
gradient used;
they are not ops of a tape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

import numpy as np

from tapeview.engine import warn
from tapeview.engine.tape import GradientTape
from tapeview.engine.tensor import Array, EagerTensor
from tapeview.engine.variable import ResourceVariable
from tapeview.keras.optimizers.clipping import clipped, dense
from tapeview.keras.optimizers.schedules import LearningRateSchedule

Pair = tuple[Any, ResourceVariable]


class Slot(ResourceVariable):
    """A variable of an optimizer's own. Recorders do not hear of it."""

    _announced = False

    def __init__(self, value: Any, name: str) -> None:
        super().__init__(value, trainable=False, name=name)


class VariableList(list[Any]):
    """A list that may also be called, as scripts of different ages do."""

    def __call__(self) -> VariableList:
        return self


class Optimizer:
    """The base of the optimizers since Keras 2.11.

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        weight_decay: the share of the learning rate by which weights shrink at each step.
        clipnorm: limit of each gradient's norm.
        clipvalue: limit of each element of a gradient.
        global_clipnorm: limit of the norm of all gradients together.

    Raises:
        ValueError: ``decay`` is given, or more than one kind of clipping.
        TypeError: an unknown argument.
    """

    def __init__(
        self,
        name: str,
        learning_rate: Any,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        **kwargs: Any,
    ) -> None:
        self.name = name
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self._refuse(kwargs)
        self._schedule: Callable[..., Any] | None = None
        self._rate = Slot(np.float32(0), "learning_rate")
        self.learning_rate = learning_rate
        self._iterations = Slot(np.int64(0), "iteration")
        self._known: dict[int, int] = {}
        self._slots: dict[str, list[Slot]] = {}
        self._built: list[ResourceVariable] = []

    def _refuse(self, kwargs: dict[str, Any]) -> None:
        if "lr" in kwargs:
            kwargs.pop("lr")
            warn.warn(
                "`lr` is deprecated in Keras optimizer, please use `learning_rate` or use the legacy optimizer, e.g.,"
                f"tf.keras.optimizers.legacy.{type(self).__name__}.",
                "absl",
            )
        if "decay" in kwargs:
            raise ValueError(
                "decay is deprecated in the new Keras optimizer, please check the docstring for valid arguments, "
                f"or use the legacy optimizer, e.g., tf.keras.optimizers.legacy.{type(self).__name__}."
            )
        for name in kwargs:
            raise TypeError(
                f"{name} is not a valid argument, kwargs should be empty  for `optimizer_experimental.Optimizer`."
            )
        if sum(c is not None for c in (self.clipnorm, self.clipvalue, self.global_clipnorm)) > 1:
            raise ValueError(
                "At most one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. Received: "
                f"clipnorm={self.clipnorm}, clipvalue={self.clipvalue}, global_clipnorm={self.global_clipnorm}."
            )

    # -- learning rate and count ---------------------------------------------------------------------------------------

    @property
    def learning_rate(self) -> Any:
        """The learning rate as a variable; with a schedule its present value."""
        return self._rate if self._schedule is None else EagerTensor(np.asarray(self._present_rate(), np.float32))

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if isinstance(value, LearningRateSchedule) or (callable(value) and not hasattr(value, "_array")):
            self._schedule = value
        else:
            self._schedule = None
            self._rate._replace(np.array(np.asarray(value), np.float32), "assign")

    lr = learning_rate

    def _present_rate(self) -> Any:
        """The learning rate of the coming step as a NumPy scalar."""
        if self._schedule is None:
            return self._rate._array[()]
        if isinstance(self._schedule, LearningRateSchedule):
            return np.asarray(self._schedule(self._iterations._value))[()]
        return np.asarray(self._schedule())[()]

    @property
    def iterations(self) -> Slot:
        """How many steps were made: an int64 variable."""
        return self._iterations

    @property
    def variables(self) -> VariableList:
        """The step count, the learning rate and the slots."""
        own = [self._iterations] + ([self._rate] if self._schedule is None else [])
        return VariableList([*own, *(s for slots in self._slots.values() for s in slots)])

    # -- steps ---------------------------------------------------------------------------------------------------------

    def build(self, var_list: Sequence[ResourceVariable]) -> None:
        """Makes the slots for variables. Later steps may update these variables and no others."""
        if not self._known:
            self._built = [v._base for v in var_list]
            self._known = {id(v): k for k, v in enumerate(self._built)}
            self._make_slots(self._built)

    def _make_slots(self, variables: Sequence[ResourceVariable]) -> None:
        """Slots named ``NAME/m/w:0``; for optimizers that have some."""

    def add_slot(self, kind: str, variables: Sequence[ResourceVariable]) -> None:
        """One slot of zeros for each variable."""
        self._slots[kind] = [
            Slot(np.zeros_like(v._array), f"{self.name}/{kind}/{v.name.removesuffix(':0')}") for v in variables
        ]

    def apply_gradients(self, grads_and_vars: Iterable[Pair], name: str | None = None, **kwargs: Any) -> Any:
        """One step: changes each variable by its gradient. Returns the step count.

        Raises:
            ValueError: all gradients are None.
            KeyError: a variable that was not there at the first step.
        """
        pairs = list(grads_and_vars)
        if not pairs:
            return self._iterations
        for _, variable in pairs:
            if not isinstance(variable, ResourceVariable):
                # The words of the attribute access at which TensorFlow finds out.
                raise AttributeError(
                    "'tensorflow.python.framework.ops.EagerTensor' object has no attribute '_unique_id'"
                )
        if not self._known:
            self.build([v for _, v in pairs])
        # TensorFlow says it twice.
        pairs = with_gradients(pairs, times=2)
        arrays = [dense(g) if hasattr(g, "_array") or hasattr(g, "_densify") else _no_gradient(g) for g, _ in pairs]
        if self.clipnorm is not None or self.clipvalue is not None or self.global_clipnorm is not None:
            arrays = clipped(arrays, self.clipnorm, self.clipvalue, self.global_clipnorm)
        rate = self._present_rate()
        for (gradient, given), array in zip(pairs, arrays, strict=True):
            variable = given._base
            place = self._known.get(id(variable))
            if place is None:
                self._unknown(variable)
            value = variable._array
            kind = value.dtype.type
            if self.weight_decay:
                value = value - value * kind(self.weight_decay) * kind(rate)
            new = self._step(value, array, kind(rate), place)
            variable._replace(new if type(new) is np.ndarray else np.asarray(new), self.name, gradient)
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable))
        return self._iterations.assign_add(np.int64(1))

    def _step(self, value: Array, gradient: Array, rate: Any, place: int) -> Any:
        """The new value of variable number ``place``."""
        raise NotImplementedError

    def _unknown(self, variable: ResourceVariable) -> NoReturn:
        raise KeyError(
            f"The optimizer cannot recognize variable {variable.name}. This usually means you are trying to call the "
            "optimizer to update different parts of the model separately. Please call `optimizer.build(variables)` with "
            "the full list of trainable variables before the training loop or use legacy optimizer "
            f"`tf.keras.optimizers.legacy.{type(self).__name__}."
        )

    def compute_gradients(self, loss: Any, var_list: Any, tape: GradientTape | None = None) -> list[Pair]:
        """(gradient, variable) pairs for a loss: a function without arguments, or a tensor and its tape.

        Raises:
            ValueError: a tensor without a tape.
        """
        if not callable(loss) and tape is None:
            raise ValueError(f"`tape` is required when a `Tensor` loss is passed. Received: loss={loss}, tape={tape}.")
        tape = tape if tape is not None else GradientTape()
        if callable(loss):
            with tape:
                if not callable(var_list):
                    tape.watch(var_list)
                loss = loss()
                if callable(var_list):
                    var_list = var_list()
        variables = list(var_list)
        return list(zip(tape.gradient(loss, variables), variables, strict=True))

    def minimize(self, loss: Any, var_list: Any, tape: GradientTape | None = None) -> None:
        """One step down ``loss``; see :meth:`compute_gradients`."""
        self.apply_gradients(self.compute_gradients(loss, var_list, tape))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer."""
        schedule = self._schedule
        rate = schedule.get_config() if isinstance(schedule, LearningRateSchedule) else float(self._present_rate())
        return {
            "name": self.name,
            "learning_rate": rate,
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "clipvalue": self.clipvalue,
            "global_clipnorm": self.global_clipnorm,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The optimizer a configuration describes."""
        return cls(**config)


def with_gradients(pairs: Sequence[Pair], times: int) -> list[Pair]:
    """The pairs whose gradient is not None.

    Raises:
        ValueError: there is none.
    """
    kept = [(g, v) for g, v in pairs if g is not None]
    if len(kept) == len(pairs):
        return kept
    if not kept:
        names = [v.name for _, v in pairs]
        raise ValueError(
            f"No gradients provided for any variable: ({names},). Provided `grads_and_vars` is "
            f"{tuple((g, v) for g, v in pairs)!r}."
        )
    missing = [v.name for g, v in pairs if g is None]
    for _ in range(times):
        warn.warn(
            f"Gradients do not exist for variables {missing} when minimizing the loss. If you're using "
            "`model.compile()`, did you forget to provide a `loss` argument?"
        )
    return kept


def _no_gradient(value: Any) -> NoReturn:
    raise TypeError(f"bad operand type for unary -: {type(value).__name__!r}")
