"""Writes ``tf1.json`` and ``tutorials.json``: what a real TensorFlow 2.15 gives here, with version 1's behaviour.

Run it in an environment of its own (Python 3.11 or older): ``pip install tensorflow-cpu==2.15.1``, then
``python tests/tf1/frozen/make_tf1.py``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent.parent))

import tensorflow.compat.v1 as tf  # noqa: E402

from tests.keras.frozen.make_parts import shortened  # noqa: E402
from tests.tf1.frozen.run_cases import PARTS, evaluated  # noqa: E402
from tests.tf1.frozen.tutorials import TUTORIALS  # noqa: E402


def printed(script: str) -> str:
    """What a script prints."""
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True)
    return run.stdout


if __name__ == "__main__":
    tf.disable_v2_behavior()
    if not tf.__version__.startswith("2.15."):
        raise SystemExit(f"the values are those of TensorFlow 2.15, this is {tf.__version__}")
    told = {name: printed(script) for name, script in TUTORIALS.items()}
    (HERE / "tutorials.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    lines = []
    for part, cases in PARTS.items():
        rows = [f"{json.dumps(name)}: {json.dumps(shortened(evaluated(tf, case)))}" for name, case in cases.items()]
        lines.append(f"{json.dumps(part)}: {{\n" + ",\n".join(rows) + "\n}")
    (HERE / "tf1.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
