"""What a script's own optimizers (subclasses of ``tf.keras.optimizers.Optimizer``) are written with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.log import measure
from tapeview.engine.variable import ResourceVariable
from tapeview.keras.optimizers.core import Core, Pair, Slot


class Custom(Core):
    """``build(var_list)`` makes slots, ``update_step(gradient, variable)`` assigns to the variable."""

    name: str
    _added: list[Slot]

    def update_step(self, gradient: Any, variable: ResourceVariable) -> None:
        """Changes one variable by its gradient."""
        raise NotImplementedError(f"{type(self).__name__} does not define `update_step(gradient, variable)`.")

    def _build_learning_rate(self, learning_rate: Any) -> Any:
        self._set_rate(learning_rate)
        return self._rate if self._schedule is None else self._schedule

    @property
    def _index_dict(self) -> dict[int, int]:
        return self._known

    def _var_key(self, variable: ResourceVariable) -> int:
        return id(variable._base)

    def add_variable_from_reference(
        self, model_variable: ResourceVariable, variable_name: str, shape: Any = None, initial_value: Any = None
    ) -> Slot:
        """A new slot of the optimizer's, of a variable's type and, unless another is given, its shape."""
        dtype = model_variable.dtype
        if initial_value is None:
            value = np.zeros(model_variable.shape if shape is None else tuple(shape), dtype.numpy)
        else:
            value = np.array(to_tensor(initial_value)._array, dtype.numpy)
        return self._add(Slot(value, f"{variable_name}/{model_variable.name.removesuffix(':0')}"))

    def add_variable(self, shape: Any, dtype: Any = None, initializer: Any = "zeros", name: str | None = None) -> Slot:
        """A new variable of the optimizer's."""
        from tapeview.keras import initializers

        value = initializers.get(initializer)(() if shape is None else shape, dtype)
        return self._add(Slot(value, name or "Variable"))

    def _add(self, slot: Slot) -> Slot:
        self._added.append(slot)
        return slot

    def _update(self, pairs: Sequence[Pair]) -> Any:
        """A step by ``update_step``."""
        measure("rate", self._title, self._present_rate())
        for gradient, variable in pairs:
            if self._shrink and self._shrinks(variable):
                value = variable._value._array
                variable.assign_sub(value * value.dtype.type(self._shrink) * np.asarray(self._rate._value._array))
            self.update_step(gradient, variable)
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable))
        self._after_step(pairs)
        self._iterations._put(self._iterations._value._array[()] + 1)
        return self._iterations._view()
