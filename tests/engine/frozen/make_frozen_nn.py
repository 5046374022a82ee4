"""Freezes what TensorFlow 2.15 says to cases_nn.py, error_cases_nn.py and signatures_nn.py; see make_frozen.py."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2]))

import tensorflow as tf  # noqa: E402

from tests.engine.frozen.cases_nn import CASES  # noqa: E402
from tests.engine.frozen.error_cases_nn import ERRORS  # noqa: E402
from tests.engine.frozen.evaluate import evaluate, freeze, raised  # noqa: E402
from tests.engine.frozen.signatures import arguments  # noqa: E402
from tests.engine.frozen.signatures_nn import FUNCTIONS  # noqa: E402


def main() -> None:
    """Writes one file for each group."""
    groups: dict[str, Any] = {
        group: {name: evaluate(tf, f, inputs) for name, (f, inputs) in cases.items()} for group, cases in CASES.items()
    }
    groups["nn_errors"] = {name: raised(lambda f=f: f(tf)) for name, f in ERRORS.items()}
    groups["nn_signatures"] = {path: arguments(tf, path) for path in FUNCTIONS}
    freeze(groups, HERE)


if __name__ == "__main__":
    main()
