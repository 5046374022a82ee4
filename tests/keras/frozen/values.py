"""Inputs and outputs of frozen cases as plain data."""

from __future__ import annotations

from typing import Any

import numpy as np

Values = dict[str, Any]


def plain(value: Any) -> Any:
    """Tensors, variables and structures of them as lists of floats."""
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return np.asarray(value, np.float64).tolist()


def random(*shape: int, seed: int = 0, low: float = 0.0, high: float = 1.0) -> Any:
    return np.random.RandomState(seed).uniform(low, high, shape).astype(np.float32)
