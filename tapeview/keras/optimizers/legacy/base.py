"""What the optimizers before Keras 2.11 have in common.

They take ``lr`` and ``decay`` at their word, know any variable they meet, and do not shrink weights.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any, NoReturn

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import invalid, wrong_dtype
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import Array
from tapeview.engine.variable import ResourceVariable
from tapeview.keras.optimizers.core import Core, Pair, Slot, gradients_of, is_function

_ALLOWED = ("clipnorm", "clipvalue", "global_clipnorm", "lr", "decay")
_CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")


class LegacyOptimizer(Core):
    """What the old optimizers do differently."""

    _keras_module = "keras.optimizers.legacy"
    _paired = False
    """Whether a variable's slots stand side by side in ``weights``."""
    _kernel = ""
    """The op whose name stands in messages about gradients that do not fit."""

    def __init__(self, name: str, learning_rate: Any, **kwargs: Any) -> None:
        for word, value in kwargs.items():
            if word not in _ALLOWED:
                allowed = "{" + ", ".join(repr(w) for w in _ALLOWED) + "}"
                raise TypeError(
                    f"Unexpected keyword argument passed to optimizer: {word}. Allowed kwargs are {allowed}."
                )
            if value is not None and value < 0:
                raise ValueError(f"Expected {word} >= 0, received: {value}")
        if "lr" in kwargs:
            warnings.warn("The `lr` argument is deprecated, use `learning_rate` instead.", UserWarning, stacklevel=3)
            learning_rate = kwargs.pop("lr")
        self.decay = float(kwargs.pop("decay", 0.0))
        if kwargs.get("clipnorm") is not None and kwargs.get("global_clipnorm") is not None:
            raise ValueError(
                "Cannot accept both `clipnorm` and `global_clipnorm`. Received: "
                f"`clipnorm`={kwargs['clipnorm']}, `global_clipnorm`={kwargs['global_clipnorm']}."
            )
        super().__init__(name, learning_rate, **kwargs)
        self._name = name
        self._seen = False
        self._created: list[Slot] = []

    # -- learning rate and count ---------------------------------------------------------------------------------------

    def _new_count(self) -> Slot:
        return Slot(np.int64(0), "iter")

    def _set_rate(self, given: Any) -> None:
        if is_function(given):
            self._schedule = given
            self._rate = Slot(np.float32(0), "learning_rate")
        elif isinstance(given, ResourceVariable):
            self._schedule, self._rate = None, given
        else:
            self._schedule = None
            self._rate = Slot(np.array(np.asarray(given), np.float32), "learning_rate")

    @property
    def learning_rate(self) -> Any:
        """The learning rate as a variable; a schedule itself; what a function returns."""
        schedule = self._schedule
        if schedule is None:
            return self._rate
        return schedule if hasattr(schedule, "get_config") else schedule()

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if self._schedule is None and not is_function(value):
            self._rate.assign(value)
        else:
            self._set_rate(value)

    def _present_rate(self) -> Any:
        schedule = self._schedule
        rate: Any
        if schedule is None:
            rate = self._rate._value._array[()]
        elif hasattr(schedule, "get_config"):
            rate = np.asarray(schedule(self._iterations))[()]
        else:
            rate = np.float32(np.asarray(schedule()))
        return rate / np.float32(1 + self.decay * int(self._iterations._array)) if self.decay else rate

    @property
    def iterations(self) -> Slot:
        """How many steps were made: an int64 variable."""
        self._seen = True
        return self._iterations

    @property
    def weights(self) -> list[Slot]:
        """The step count and the slots."""
        return [self._iterations, *self._created]

    @property
    def variables(self) -> Any:
        """A method that returns :attr:`weights`."""
        return lambda: self.weights

    def get_weights(self) -> list[Any]:
        """The values of :attr:`weights`."""
        return [w.numpy() for w in self.weights]

    def set_weights(self, weights: Any) -> None:
        """Assigns the values of :attr:`weights`. Raises ValueError if there are more or fewer."""
        for variable, value in zip(self.weights, weights, strict=True):
            variable.assign(value)

    def get_slot_names(self) -> list[str]:
        """The names of the slots that each variable has."""
        return list(self._slot_kinds())

    def get_slot(self, var: ResourceVariable, slot_name: str) -> Slot:
        """A variable's slot. Raises KeyError if there is none."""
        return self._slots[slot_name][self._known[id(var._base)]]

    # -- steps ---------------------------------------------------------------------------------------------------------

    def apply_gradients(self, grads_and_vars: Iterable[Pair], name: str | None = None, **kwargs: Any) -> Any:
        """One step: changes each variable by its gradient (a tensor, or what can become one). Returns the step count,
        or None if there are no variables.

        Raises:
            ValueError: all gradients are None.
            NotImplementedError: a tensor in place of a variable.
            InvalidArgumentError: a gradient of another type or shape.
        """
        pairs = list(grads_and_vars)
        if not pairs:
            return None
        if any(id(variable) not in self._known for _, variable in pairs):
            self._meet([variable for _, variable in pairs])
        for k, (gradient, variable) in enumerate(pairs):
            if not hasattr(gradient, "_array") and not hasattr(gradient, "_densify") and gradient is not None:
                pairs[k] = (_as_tensor(gradient, variable), variable)
        return self._apply(pairs)

    def _checked(self, variable: Any) -> ResourceVariable:
        if not isinstance(variable, ResourceVariable):
            text = f"Updating a `Tensor` is not implemented. Received: var={np.asarray(variable)}."
            raise NotImplementedError(text)
        return variable._base

    def _meet(self, variables: list[Any]) -> None:
        bases = {id(base): base for base in map(self._checked, variables) if id(base) not in self._known}
        if not self._known and not self._seen:
            self._iterations._name = f"{self._name}/iter:0"
        for key, base in bases.items():
            self._known[key] = len(self._met)
            self._met.append(base)
        kinds = self._slot_kinds()
        made = {(key, kind): self._new_slot(kind, base) for key, base in bases.items() for kind in kinds}
        for (_, kind), slot in made.items():
            self._slots.setdefault(kind, []).append(slot)
        # Most list a kind's slots of all variables together, some a variable's slots.
        order = made if self._paired else [(key, kind) for kind in kinds for key in bases]
        self._created += [made[at] for at in order]
        self._take_expected()

    def _new_slot(self, kind: str, variable: ResourceVariable) -> Slot:
        array = variable._array
        name = f"{self._name}/{variable.name.removesuffix(':0')}/{kind}"
        return Slot(np.full(array.shape, self._start(kind), array.dtype), name)

    def _start(self, kind: str) -> float:
        """The number with which a slot of this kind is filled at the start."""
        return 0.0

    def _refuse_type(self, gradient: Any, variable: ResourceVariable) -> NoReturn:
        raise wrong_dtype(self._kernel, 2, variable.dtype.word, gradient.dtype.word)

    def _refuse_shape(self, gradient: Array, variable: ResourceVariable) -> NoReturn:
        shapes = f"{bracketed(variable.shape)} {bracketed(gradient.shape)}"
        raise invalid(self._kernel, f"var and delta do not have the same shape{shapes}")

    def minimize(
        self, loss: Any, var_list: Any, grad_loss: Any = None, name: str | None = None, tape: Any = None
    ) -> Any:
        """One step down ``loss``; returns the step count."""
        return self.apply_gradients(gradients_of(loss, var_list, tape))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer."""
        limits = {word: limit for word in _CLIPS if (limit := getattr(self, word)) is not None}
        return {"name": self._name, **limits, "learning_rate": self._rate_config(), "decay": self.decay}


LegacyOptimizer.minimize.__qualname__ = "OptimizerV2.minimize"


def _as_tensor(gradient: Any, variable: ResourceVariable) -> Any:
    return to_tensor(gradient, None if isinstance(gradient, np.ndarray) else variable.dtype)
