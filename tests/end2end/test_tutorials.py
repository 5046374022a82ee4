"""Scripts as tutorials write them, run unchanged through the command line: they print what TensorFlow 2.15 prints."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

BATCH = """
    import numpy as np
    import tensorflow as tf

    w, b = tf.Variable(4.0), tf.Variable(1.0)

    def line(x):
        return w * x + b

    x = np.arange(1, 11)
    y = x * 10 + 13
    optimizer = tf.optimizers.SGD(learning_rate=0.01)
    for i in range(501):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(line(x) - y))
        gradients = tape.gradient(loss, [w, b])
        optimizer.apply_gradients(zip(gradients, [w, b]))
        if i % 50 == 0:
            print("{} {:5.4f} {:5.4} {:5.6f}".format(i, w.numpy(), b.numpy(), loss))
    print(line(np.array([3.5, 8.5, 11, 13])).numpy())
"""

# epoch, w, b as TensorFlow 2.15 prints them, and the loss (which it prints with one digit more or less, run by run)
EPOCHS = """
    0 9.9400 1.9 2322.000000
    50 11.2648 4.195 16.755640
    100 11.0248 5.866 11.000027
    150 10.8303 7.22 7.221475
    200 10.6728 8.316 4.740870
    250 10.5451 9.205 3.112357
    300 10.4417 9.925 2.043251
    350 10.3579 10.51 1.341386
    400 10.2899 10.98 0.880615
    450 10.2349 11.36 0.578120
    500 10.1903 11.67 0.379532
"""

SAMPLES = """
    import tensorflow as tf

    a = tf.Variable([1, 2, 3], dtype=tf.float32)
    c = tf.Variable([10, 20, 30], dtype=tf.float32)
    with tf.GradientTape() as tape:
        d = a * c
    for gradient in tape.gradient(d, [a, c]):
        print(gradient)
    a = tf.constant([1, 2, 3], dtype=tf.float32)
    with tf.GradientTape() as tape:
        d = a * c
    for gradient in tape.gradient(d, [a, c]):
        print(gradient)

    xs = tf.constant([-1, -0.5, 0.5, 1], dtype=tf.float32)
    ys = 3 * xs + 1
    w, b = tf.Variable(-1.0), tf.Variable(-1.0)
    for epoch in range(10):
        for x, y in zip(xs, ys):
            with tf.GradientTape() as tape:
                loss = (w * x + b - y) ** 2
            dw, db = tape.gradient(loss, [w, b])
            w = tf.Variable(w - 0.1 * dw)
            b = tf.Variable(b - 0.1 * db)
    print([w.numpy(), b.numpy()])
"""


def record(folder: Path, text: str) -> tuple[list[str], dict[str, object]]:
    """What a script prints, and what ``tapeview info`` says of its recording."""
    script, recording = folder / "script.py", folder / "script.tapeview"
    script.write_text(textwrap.dedent(text), encoding="utf-8")
    told = tapeview("record", "-o", str(recording), str(script))
    return told.splitlines(), json.loads(tapeview("info", "--json", str(recording)))


def tapeview(*arguments: str) -> str:
    command = [sys.executable, "-m", "tapeview", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_regression_in_batches_learns_and_prints_as_in_tensorflow(tmp_path: Path) -> None:
    lines, info = record(tmp_path, BATCH)
    for line, expected in zip(lines[:11], EPOCHS.strip().splitlines(), strict=True):
        *exact, loss = line.split()
        *wanted, wanted_loss = expected.split()
        assert exact == wanted
        assert float(loss) == pytest.approx(float(wanted_loss), rel=1e-6, abs=1e-6)
    assert lines[11] == "[ 47.341038  98.29279  123.76866  144.14937 ]"
    tapes = info["tapes"]
    assert isinstance(tapes, list)
    assert len(tapes) == 501
    assert (tapes[3]["forward_ops"], tapes[3]["backward_ops"]) == (5, 5)
    assert [g["source"] for g in tapes[3]["gradients"]] == ["w", "b"]
    scalars = info["scalars"]
    assert isinstance(scalars, dict)
    assert scalars["loss"]["count"] == 501
    assert scalars["loss"]["first"] == 2322.0


def test_a_regression_sample_by_sample_prints_as_in_tensorflow(tmp_path: Path) -> None:
    lines, info = record(tmp_path, SAMPLES)
    assert lines == [
        "tf.Tensor([10. 20. 30.], shape=(3,), dtype=float32)",
        "tf.Tensor([1. 2. 3.], shape=(3,), dtype=float32)",
        "None",
        "tf.Tensor([1. 2. 3.], shape=(3,), dtype=float32)",
        "[2.990325, 1.0027375]",
    ]
    tapes = info["tapes"]
    assert isinstance(tapes, list)
    assert [g["none_reason"] for g in tapes[1]["gradients"]] == ["not watched", None]
