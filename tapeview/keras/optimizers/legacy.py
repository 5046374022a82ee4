"""The optimizers as they were before Keras 2.11: ``tf.keras.optimizers.legacy``.

They take ``lr`` and ``decay`` at their word, know any variable they meet, and do not shrink weights.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import numpy as np

from tapeview.engine.tensor import Array
from tapeview.engine.variable import ResourceVariable
from tapeview.keras.optimizers.optimizer import Optimizer, Pair, Slot, with_gradients
from tapeview.keras.optimizers.sgd import descend

_ALLOWED = ("clipnorm", "clipvalue", "global_clipnorm", "lr", "decay")


class _Legacy(Optimizer):
    """What the old optimizers do differently."""

    def __init__(self, name: str, learning_rate: Any, **kwargs: Any) -> None:
        for word in kwargs:
            if word not in _ALLOWED:
                allowed = "{" + ", ".join(repr(w) for w in _ALLOWED) + "}"
                raise TypeError(
                    f"Unexpected keyword argument passed to optimizer: {word}. Allowed kwargs are {allowed}."
                )
        if "lr" in kwargs:
            warnings.warn("The `lr` argument is deprecated, use `learning_rate` instead.", UserWarning, stacklevel=3)
            learning_rate = kwargs.pop("lr")
        self.decay = float(kwargs.pop("decay", 0.0))
        if self.decay < 0:
            raise ValueError(f"decay cannot be less than 0. Received: decay={self.decay}.")
        super().__init__(name, learning_rate, **kwargs)
        self._iterations = Slot(np.int64(0), "iter")
        self._name = name

    def _present_rate(self) -> Any:
        rate = super()._present_rate()
        return rate / (1 + self.decay * int(self._iterations._array)) if self.decay else rate

    def apply_gradients(self, grads_and_vars: Iterable[Pair], name: str | None = None, **kwargs: Any) -> Any:
        """One step; see :meth:`Optimizer.apply_gradients`. Gradients may be lists and arrays, too."""
        pairs = list(grads_and_vars)
        if not pairs:
            return None
        variable: Any
        for _, variable in pairs:
            if not isinstance(variable, ResourceVariable):
                text = f"Updating a `Tensor` is not implemented. Received: var={np.asarray(variable)}."
                raise NotImplementedError(text)
        for _, variable in pairs:
            self._meet(variable._base)
        return super().apply_gradients([(_as_gradient(g, v), v) for g, v in with_gradients(pairs, times=1)])

    def _meet(self, variable: ResourceVariable) -> None:
        if id(variable) not in self._known:
            self._known[id(variable)] = len(self._built)
            self._built.append(variable)
            for kind in self._slot_kinds():
                slot = Slot(np.zeros_like(variable._array), f"{self.name}/{variable.name.removesuffix(':0')}/{kind}")
                self._slots.setdefault(kind, []).append(slot)

    def _slot_kinds(self) -> Sequence[str]:
        return ()

    def minimize(self, loss: Any, var_list: Any, tape: Any = None) -> Any:
        """One step down ``loss``; returns the step count."""
        return self.apply_gradients(self.compute_gradients(loss, var_list, tape))

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


def _as_gradient(gradient: Any, variable: ResourceVariable) -> Any:
    if hasattr(gradient, "_array") or hasattr(gradient, "_densify"):
        return gradient
    from tapeview.engine.convert import to_tensor

    return to_tensor(gradient, variable.dtype)


class SGD(_Legacy):
    """``w -= learning_rate * g``; see :class:`tapeview.keras.optimizers.SGD`."""

    def __init__(
        self, learning_rate: Any = 0.01, momentum: float = 0.0, nesterov: bool = False, name: str = "SGD", **kwargs: Any
    ) -> None:
        super().__init__(name, learning_rate, **kwargs)
        if not 0 <= momentum <= 1:
            raise ValueError(
                f"`momentum` must be between [0, 1]. Received: momentum={momentum} (of type {type(momentum)})."
            )
        self.momentum = momentum
        self.nesterov = nesterov

    def _slot_kinds(self) -> Sequence[str]:
        return ("momentum",) if self.momentum else ()

    def _step(self, value: Array, gradient: Array, rate: Any, place: int) -> Any:
        slot = self._slots["momentum"][place] if self.momentum else None
        return descend(value, gradient, rate, slot, self.momentum, self.nesterov)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer."""
        config = super().get_config()
        del config["weight_decay"]
        return {**config, "decay": self.decay, "momentum": self.momentum, "nesterov": self.nesterov}
