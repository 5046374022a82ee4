"""Writes ``deferred.json``: what a real TensorFlow 2.15 gives for the cases in ``cases.py``.

Run it in an environment of its own (Python 3.11 or older): ``pip install tensorflow-cpu==2.15.1``, then
``python tests/engine/deferred/frozen/make_deferred.py``.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent.parent.parent))

import tensorflow  # noqa: E402
import tensorflow.compat.v1 as tf  # noqa: E402

from tests.engine.deferred.frozen import cases  # noqa: E402


def shortened(value: object) -> object:
    """Floats with nine digits: all that a float32 has."""
    if isinstance(value, dict):
        return {k: shortened(v) for k, v in value.items()}
    if isinstance(value, list):
        return [shortened(v) for v in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


if __name__ == "__main__":
    if not tensorflow.__version__.startswith("2.15."):
        raise SystemExit(f"the values are those of TensorFlow 2.15, this is {tensorflow.__version__}")
    tf.disable_v2_behavior()
    found = {}
    for name, function in cases.CASES.items():
        if len(sys.argv) > 1 and name not in sys.argv[1:]:
            continue
        tf.reset_default_graph()
        try:
            found[name] = shortened(cases.plain(function(tf)))
        except Exception:
            print("in", name, file=sys.stderr)
            traceback.print_exc()
    text = json.dumps(found, indent=1 if len(sys.argv) > 1 else None, separators=(",", ":"))
    if len(sys.argv) > 1:
        print(text)
    else:
        (HERE / "deferred.json").write_text(text + "\n", encoding="utf-8")
