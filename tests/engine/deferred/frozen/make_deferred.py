"""Writes ``deferred.json`` (with ``--resources``: ``resources.json``): what TensorFlow 2.15 gives for the cases.

Run it in an environment of its own (Python 3.11 or older): ``pip install tensorflow-cpu==2.15.1``, then
``python tests/engine/deferred/frozen/make_deferred.py``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent.parent.parent))

import tensorflow  # noqa: E402
import tensorflow.compat.v1 as tf  # noqa: E402

from tests.engine.deferred.frozen import cases, cases_resources  # noqa: E402


def shortened(value: object) -> object:
    """Floats with nine digits: all that a float32 has."""
    if isinstance(value, dict):
        return {k: shortened(v) for k, v in value.items()}
    if isinstance(value, list):
        return [shortened(v) for v in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


def evaluated(module: Any) -> dict[str, Any]:
    """What the cases of a module give."""
    found = {}
    for name, function in module.CASES.items():
        tf.reset_default_graph()
        found[name] = shortened(cases.plain(function(tf)))
    return found


if __name__ == "__main__":
    if not tensorflow.__version__.startswith("2.15."):
        raise SystemExit(f"the values are those of TensorFlow 2.15, this is {tensorflow.__version__}")
    # A process has one of the two behaviours: run it twice.
    resources = "--resources" in sys.argv
    if resources:
        tf.disable_eager_execution()
    else:
        tf.disable_v2_behavior()
    file = "resources.json" if resources else "deferred.json"
    text = json.dumps(evaluated(cases_resources if resources else cases), separators=(",", ":"))
    (HERE / file).write_text(text + "\n", encoding="utf-8")
