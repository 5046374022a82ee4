"""Which types layers compute with and keep their weights in (``keras.mixed_precision``)."""

from __future__ import annotations

import threading
from typing import Any

from tapeview.engine import dtypes
from tapeview.engine.ops.elementwise import cast
from tapeview.engine.tensor import EagerTensor
from tapeview.engine.variable import ResourceVariable
from tapeview.keras.backend import config

_MIXED = {"mixed_float16": "float16", "mixed_bfloat16": "float16"}


class Policy:
    """The type of a layer's computations and that of its weights, by name: ``float32``, ``mixed_float16`` ...

    Raises:
        TypeError: no name.
        ValueError: an unknown name.
    """

    def __init__(self, name: Any) -> None:
        if isinstance(name, dtypes.DType):
            raise TypeError(f"'name' must be a string, not a DType. Instead, pass DType.name. Received: {name.name}")
        if not isinstance(name, str):
            raise TypeError(f"'name' must be a string, but got: {name}")
        self._name = name
        self._compute: str | None = None
        self._variable: str | None = None
        if name in _MIXED:
            self._compute, self._variable = _MIXED[name], "float32"
        elif name != "_infer":
            try:
                self._compute = self._variable = dtypes.as_dtype(name).name
            except TypeError:
                raise ValueError(
                    f"Cannot convert value {name} to a mixed precision Policy. Valid policies include "
                    "'mixed_float16', 'mixed_bfloat16', and the name of any dtype such as 'float32'."
                ) from None

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def compute_dtype(self) -> str | None:
        """The name of the type of computations."""
        return self._compute

    @property
    def variable_dtype(self) -> str | None:
        """The name of the type of weights."""
        return self._variable

    def get_config(self) -> dict[str, Any]:
        """The name."""
        return {"name": self._name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Policy:
        """The policy of that name."""
        return cls(config["name"])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Policy) and other._name == self._name

    def __hash__(self) -> int:
        return hash(self._name)

    def __repr__(self) -> str:
        return f'<Policy "{self._name}">'


_global: dict[str, Policy | None] = {"policy": None}


def global_policy() -> Policy:
    """The policy of layers that are given no type: ``keras.backend.floatx()`` unless it was set."""
    return _global["policy"] or Policy(config.floatx())


def set_global_policy(policy: Any) -> None:
    """Sets it; None goes back to ``floatx()``."""
    _global["policy"] = None if policy is None else policy_of(policy)


def policy_of(given: Any) -> Policy:
    """A policy for a policy, a type, a name or a configuration; the global one for None."""
    if given is None:
        return global_policy()
    if isinstance(given, Policy):
        return given
    if isinstance(given, dict):
        return Policy.from_config(given["config"])
    if isinstance(given, str) and given in (*_MIXED, "_infer"):
        return Policy(given)
    return Policy(dtypes.as_dtype(given).name)


def serialized(policy: Policy) -> Any:
    """The name of the type, or a configuration for a policy of two types."""
    if policy.compute_dtype == policy.variable_dtype:
        return policy.variable_dtype
    return {
        "module": "keras.mixed_precision", "class_name": "Policy", "config": policy.get_config(),
        "registered_name": None,
    }  # fmt: skip


class _Casting(threading.local):
    dtype: Any = None


casting = _Casting()
"""``dtype``: what floating weights of the running layer are read as; None for their own type."""


class CastVariable(ResourceVariable):
    """A weight that is read in the type of its layer's computations."""

    def _read(self) -> EagerTensor:
        value = super()._read()
        wanted = casting.dtype
        return value if wanted is None or value.dtype is wanted else cast(value, wanted)


CastVariable.__name__ = "AutoCastVariable"
