"""Freezes what TensorFlow 2.15 says to cases_nn.py, error_cases_nn.py and signatures_nn.py; see make_frozen.py."""

from __future__ import annotations

import json
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
from tests.engine.frozen.evaluate import evaluate, raised  # noqa: E402
from tests.engine.frozen.signatures import arguments  # noqa: E402
from tests.engine.frozen.signatures_nn import FUNCTIONS  # noqa: E402


def main() -> None:
    """Writes one file for each group."""
    groups: dict[str, Any] = {
        group: {name: evaluate(tf, f, inputs) for name, (f, inputs) in cases.items()} for group, cases in CASES.items()
    }
    groups["nn_errors"] = {name: raised(lambda f=f: f(tf)) for name, f in ERRORS.items()}
    groups["nn_signatures"] = {path: arguments(tf, path) for path in FUNCTIONS}
    for group, frozen in groups.items():
        lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in frozen.items()]
        text = "{\n" + ",\n".join(lines) + "\n}\n"
        (HERE / f"{group}.json").write_text(text, encoding="utf-8")
        print(f"{group}.json: {len(frozen)}")


if __name__ == "__main__":
    main()
