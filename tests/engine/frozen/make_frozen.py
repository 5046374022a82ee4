"""Freezes what TensorFlow 2.15 says to cases.py, error_cases.py and signatures.py, as JSON files beside this one.

Run it in an environment of its own, with Python 3.11 (the test suite itself needs no TensorFlow)::

    python3.11 -m venv tf && tf/bin/pip install tensorflow-cpu==2.15.1
    tf/bin/python tests/engine/frozen/make_frozen.py
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import tensorflow as tf  # noqa: E402
from cases import CASES  # noqa: E402
from error_cases import ERRORS  # noqa: E402
from evaluate import evaluate, freeze, raised  # noqa: E402
from signatures import FUNCTIONS, arguments  # noqa: E402


def main() -> None:
    """Writes one file for each group."""
    groups: dict[str, Any] = {
        group: {name: evaluate(tf, f, inputs) for name, (f, inputs) in cases.items()} for group, cases in CASES.items()
    }
    groups["errors"] = {name: raised(lambda f=f: f(tf)) for name, f in ERRORS.items()}
    groups["signatures"] = {path: arguments(tf, path) for path in FUNCTIONS}
    freeze(groups, HERE)


if __name__ == "__main__":
    main()
