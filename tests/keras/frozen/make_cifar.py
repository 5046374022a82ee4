"""Writes ``cifar.json``: what a real TensorFlow 2.15 gives for `cifar`. Run it as ``make_parts.py`` is run."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent.parent))

import tensorflow as tf  # noqa: E402

from tests.keras.frozen import cifar  # noqa: E402

if __name__ == "__main__":
    if not tf.__version__.startswith("2.15."):
        raise SystemExit(f"the values are those of TensorFlow 2.15, this is {tf.__version__}")
    (HERE / "cifar.json").write_text(json.dumps(cifar.steps(tf), separators=(",", ":")) + "\n", encoding="utf-8")
