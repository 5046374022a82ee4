"""Freezes what TensorFlow 2.15's Keras says to layer_cases.py, as ``layers.json`` beside this file.

Run it in an environment of its own, with Python 3.11 (the test suite itself needs no TensorFlow)::

    python3.11 -m venv tf && tf/bin/pip install tensorflow-cpu==2.15.1
    tf/bin/python tests/keras/frozen/make_layers.py
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import tensorflow as tf  # noqa: E402
from layer_cases import CASES  # noqa: E402
from run_layers import run  # noqa: E402


def main() -> None:
    """Writes the file, one line for each case."""
    found: dict[str, Any] = {}
    for name, (make, given, kwargs) in CASES.items():
        tf.keras.backend.clear_session()
        found[name] = run(tf, make, given, kwargs)
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in found.items()]
    (HERE / "layers.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"layers.json: {len(found)}")


if __name__ == "__main__":
    main()
