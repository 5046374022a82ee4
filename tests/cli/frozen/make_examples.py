"""Writes what the examples print on a real TensorFlow 2.15: ``python-with-tensorflow make_examples.py [NAME ...]``.

The network on CIFAR-100 is left out: it needs the data set.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
EXAMPLES = HERE.parent.parent.parent / "tapeview" / "examples"

if __name__ == "__main__":
    names = sys.argv[1:] or [path.stem for path in sorted(EXAMPLES.glob("[a-z]*.py")) if path.stem != "cifar100_cnn"]
    for name in names:
        done = subprocess.run(
            [sys.executable, str(EXAMPLES / f"{name}.py")],
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
            stdout=subprocess.PIPE,
            check=True,
        )
        (HERE / f"{name}.txt").write_bytes(done.stdout)
