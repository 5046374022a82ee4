"""Finding out types and shapes of a node's outputs without data: by running it on made-up values of two sizes.

Sizes of results that differ between both runs are not known. What is large is stood for by zeros that share one
element, so that nothing is copied.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tapeview.engine import seeds
from tapeview.engine.deferred.mode import local
from tapeview.engine.deferred.static_shapes import Sizes
from tapeview.engine.deferred.symbolic import Probes
from tapeview.engine.dtypes import DType
from tapeview.engine.state import state
from tapeview.engine.tensor import EagerTensor

SIZES = (2, 3)
"""What stands for an unknown size in the first and in the second run."""
_KEPT = 2**12
"""Of a result with more elements only the shape is kept."""
MAX_RANK = 5


def hollow(shape: tuple[int, ...], dtype: DType) -> EagerTensor:
    """Zeros (or empty strings) of this shape that take the memory of one."""
    kind = dtype.numpy
    one = np.full((), b"", object) if kind.kind == "O" else np.zeros((), kind)
    return EagerTensor(np.broadcast_to(one, shape) if shape else one)


def made_up(shape: Sizes, dtype: DType) -> Probes:
    """Values for a place that is fed; None if the rank is not known. An int alone is taken for a size."""
    if shape is None:
        return None
    if None not in shape and dtype.is_integer and not shape:
        return EagerTensor(np.array(SIZES[0], dtype.numpy)), EagerTensor(np.array(SIZES[1], dtype.numpy))
    first = hollow(tuple([SIZES[0] if d is None else d for d in shape]), dtype)
    return (first, first) if None not in shape else (
        first, hollow(tuple([SIZES[1] if d is None else d for d in shape]), dtype)
    )  # fmt: skip


def kept(value: EagerTensor) -> EagerTensor:
    """``value``, or what stands for it if it is large. Never of the script's own: nobody holds its tape."""
    array = value._array
    if array.size <= _KEPT:
        return value
    from tapeview.engine import dtypes

    return hollow(array.shape, dtypes.of_array(array))


def merged_shape(a: EagerTensor, b: EagerTensor) -> Sizes:
    """What is known of a shape after both runs."""
    x, y = a._array.shape, b._array.shape
    if len(x) != len(y):
        return None
    return tuple([m if m == n else None for m, n in zip(x, y, strict=True)])


class ProbeSeeds(seeds.FunctionSeeds):
    """Counts the random ops that have no seed of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.seed = 1
        self.called = True
        self.asked = False

    def begin(self) -> None:
        """Nothing: this is not called by a script."""

    @property
    def drawn(self) -> bool:
        """Whether random numbers were drawn."""
        return self.place > 0 or self.unseeded > 0


def run(function: Callable[[], Any]) -> tuple[Any, ProbeSeeds]:
    """The function's result, with nothing left behind: no tape sees it, nothing is printed, no number is drawn."""
    tapes, context, trying = state.tapes, state.context, state.trying
    counted = ProbeSeeds()
    local.eager += 1
    local.probing += 1
    outer_run, local.run = local.run, None
    state.trying = True
    if context is not None:
        state.set_tapes(())
    try:
        with seeds.inside(counted):
            return function(), counted
    finally:
        if context is not None:
            state.tapes, state.context = tapes, context
        state.trying = trying
        local.run = outer_run
        local.eager -= 1
        local.probing -= 1
