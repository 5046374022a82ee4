"""Writes ``parts.json``: what a real TensorFlow 2.15 with Keras 2.15 gives for the cases in ``parts.py``.

Run it in an environment of its own (Python 3.11 or older): ``pip install tensorflow-cpu==2.15.1 scipy``, then
``python tests/keras/frozen/make_parts.py``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent.parent))

import tensorflow as tf  # noqa: E402

from tests.keras.frozen import parts  # noqa: E402


def shortened(value: object) -> object:
    """Floats with nine digits: all that a float32 has."""
    if isinstance(value, dict):
        return {k: shortened(v) for k, v in value.items()}
    if isinstance(value, list):
        return [shortened(v) for v in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


if __name__ == "__main__":
    if not tf.__version__.startswith("2.15."):
        raise SystemExit(f"the values are those of TensorFlow 2.15, this is {tf.__version__}")
    found = {part: shortened(parts.evaluated(tf, part)) for part in parts.PARTS}
    (HERE / "parts.json").write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")
