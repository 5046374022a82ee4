"""Freezes what TensorFlow 2.15's Keras says to model_cases.py, as ``models.json`` beside this file; see make_layers.py
for the environment::

    tf/bin/python tests/keras/frozen/make_models.py
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import tensorflow as tf  # noqa: E402
from model_cases import ERRORS, NAMES, evaluated  # noqa: E402


def main() -> None:
    """Writes the file, one line for each case."""
    clear = tf.keras.backend.clear_session
    found = {name: evaluated(tf, case, clear) for name, case in NAMES.items()}
    found |= {name: str(evaluated(tf, case, clear)) for name, case in ERRORS.items()}
    lines = [f"{json.dumps(name)}: {json.dumps(value, default=str)}" for name, value in found.items()]
    (HERE / "models.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"models.json: {len(found)}")


if __name__ == "__main__":
    main()
