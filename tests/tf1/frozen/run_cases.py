"""Runs a case with a module that is, or behaves like, TensorFlow 1, and gives plain data."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.tf1.frozen.library import INITIALIZERS, LAYERS, LOSSES, METRICS
from tests.tf1.frozen.recurrent import RECURRENT
from tests.tf1.frozen.training import TRAINING, Case

PARTS: dict[str, dict[str, Case]] = {
    "training": TRAINING, "layers": LAYERS, "losses": LOSSES, "metrics": METRICS, "initializers": INITIALIZERS,
    "recurrent": RECURRENT,
}  # fmt: skip


def evaluated(tf: Any, case: Case) -> Any:
    """What a case gives in a graph of its own, as plain data."""
    graph = tf.Graph()
    with graph.as_default(), tf.Session(graph=graph) as sess:
        return _data(case(tf, sess))


def _data(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _data(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_data(v) for v in value]
    if isinstance(value, np.generic):
        return value.item()
    return value
