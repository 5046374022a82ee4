"""A step that several questions are about: worked out again once, when the first of them needs it."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from tapeview.explain.context import Context
from tapeview.replay.attrs import widened_array
from tapeview.replay.judging import COARSER, ROUNDING
from tapeview.replay.rerun import Outcome, ReplayError, rerun


class Again:
    """A step worked out again, once somebody needs it: as it is and in float64."""

    def __init__(self, context: Context) -> None:
        self.context = context

    @cached_property
    def narrow(self) -> Outcome:
        """The step as it is. Raises ReplayError."""
        return rerun(self.context)

    @cached_property
    def wide(self) -> Outcome:
        """The step in float64. Raises ReplayError."""
        return rerun(self.context, wide=True)

    @cached_property
    def rounding(self) -> float:
        """By how much numbers of the step may be off, for it was computed in small floats; see `judging.ROUNDING`."""
        types = {record.dtype for record in self.context.step.tensors.values()}
        return max((COARSER.get(one, ROUNDING) for one in types), default=ROUNDING)

    def value(self, tensor: int) -> np.ndarray:
        """A value as it was recorded, else as it is worked out again, in float64.

        Raises:
            ReplayError: it was not kept, and it cannot be worked out.
        """
        found = self.context.value(tensor)
        if found is None:
            gradient = self.narrow.gradients.get(tensor)
            found = gradient if gradient is not None else self.narrow.values.get(tensor)
        if found is None:
            name = self.context.label(tensor)
            raise ReplayError(f"of “{name}” no value was kept; record with a larger --keep-values", (name,))
        return widened_array(found)
