"""Functions of ``keras.backend`` that change variables, or that depend on the training mode."""

from __future__ import annotations

from typing import Any

import numpy as np


def count_params(x: Any) -> int:
    """How many elements a variable has."""
    return int(np.prod(tuple(x.shape)))


def update(x: Any, new_x: Any) -> Any:
    """Gives a variable another value."""
    return x.assign(new_x)


def update_add(x: Any, increment: Any) -> Any:
    """Adds to a variable."""
    return x.assign_add(increment)


def update_sub(x: Any, decrement: Any) -> Any:
    """Subtracts from a variable."""
    return x.assign_sub(decrement)


def moving_average_update(x: Any, value: Any, momentum: Any) -> Any:
    """Moves a variable towards a value."""
    return x.assign_sub((x - value) * (1.0 - momentum))


def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """``x`` (called, if it is a function) while training, else ``alt``."""
    from tapeview.keras.layers.context import learning_phase

    on = learning_phase() if training is None else training
    chosen = x if on in (1, True) else alt
    return chosen() if callable(chosen) and not hasattr(chosen, "_array") else chosen


def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """The opposite of :func:`in_train_phase`."""
    return in_train_phase(alt, x, training)
