"""Samples: calls that run one op, at points where its gradient exists. See test_rules.py for what is done with them.

Every module samples_*.py beside this one has a table ``SAMPLES``: op name -> list of samples. They are found by their
file names, so a new module needs no entry anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Sample:
    """``call(*inputs, **attrs)``; made by :func:`sample`."""

    call: Callable[..., Any]
    inputs: tuple[np.ndarray[Any, Any], ...]
    attrs: Mapping[str, Any] = field(default_factory=dict)
    wrt: tuple[int, ...] | None = None
    order: int = 2
    half: bool = True

    def run(self, *tensors: Any) -> Any:
        """Calls the function."""
        return self.call(*tensors, **self.attrs)


def sample(
    call: Callable[..., Any],
    *inputs: Any,
    wrt: tuple[int, ...] | None = None,
    order: int = 2,
    half: bool = True,
    **attrs: Any,
) -> Sample:
    """A sample.

    ``inputs`` become tensors: Python floats become float64, ints int32, bools bool; arrays stay what they are. ``wrt``
    numbers the inputs that are differentiated (None: all floats). ``order`` 1 says that the gradient itself has none:
    asking for it must raise LookupError. ``half`` False says that float16 inputs must be refused. Random inputs come
    from :func:`values`.
    """
    return Sample(call, tuple(_array(v) for v in inputs), attrs, wrt, order, half)


def _array(value: Any) -> np.ndarray[Any, Any]:
    array = np.array(value)
    return array.astype(np.int32) if array.dtype == np.int64 and not isinstance(value, np.ndarray) else array


def values(
    *shape: int, low: float = -2.0, high: float = 2.0, away_from: float | None = None, seed: int = 0
) -> np.ndarray[Any, Any]:
    """Float64 numbers between ``low`` and ``high``, none within 0.05 of ``away_from`` (where an op has a kink)."""
    drawn = np.random.default_rng(seed).uniform(low, high, shape)
    if away_from is not None:
        offset = drawn - away_from
        drawn = np.where(np.abs(offset) < 0.05, away_from + np.copysign(0.05, offset), drawn)
    return drawn


def collect() -> dict[str, list[Sample]]:
    """The samples of all modules; several modules may have some for one op."""
    found: dict[str, list[Sample]] = {}
    for path in sorted(Path(__file__).parent.glob("samples_*.py")):
        for name, samples in import_module(f"tests.engine.ops.{path.stem}").SAMPLES.items():
            found.setdefault(name, []).extend(samples)
    return found
