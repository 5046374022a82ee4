"""Scripts as tutorials write them, run unchanged through the command line: they print what TensorFlow 2.15 prints.

Those that stand in ``scripts`` are copies of their authors' text to the letter, and therefore not code of ours.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from tapeview.trace.picture import Marks
from tapeview.trace.query import Recording

SCRIPTS = Path(__file__).parent / "scripts"

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


def record(folder: Path, text: str, **variables: str) -> tuple[list[str], dict[str, object]]:
    """What a script prints, and what ``tapeview info`` says of its recording."""
    script, recording = folder / "script.py", folder / "script.tapeview"
    script.write_text(textwrap.dedent(text), encoding="utf-8")
    told = tapeview("record", "-o", str(recording), str(script), **variables)
    return told.splitlines(), json.loads(tapeview("info", "--json", str(recording)))


def tapeview(*arguments: str, **variables: str) -> str:
    command, environment = [sys.executable, "-m", "tapeview", *arguments], {**os.environ, **variables}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=100, encoding="utf-8", env=environment
    )
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


def write_batch(path: Path, count: int, seed: int) -> None:
    """A CIFAR-100 batch of random images, as the archive has them."""
    rng = np.random.RandomState(seed)
    content = {
        b"filenames": [b"x.png"] * count, b"batch_label": b"a batch",
        b"fine_labels": rng.randint(0, 100, count).tolist(),
        b"coarse_labels": rng.randint(0, 20, count).tolist(),
        b"data": rng.randint(0, 256, (count, 3072)).astype(np.uint8),
    }  # fmt: skip
    path.write_bytes(pickle.dumps(content, protocol=2))


def test_the_cifar_network_trains_on_what_is_in_kerass_cache(tmp_path: Path) -> None:
    folder = tmp_path / "datasets" / "cifar-100-python"
    folder.mkdir(parents=True)
    write_batch(folder / "train", 70, 1)
    write_batch(folder / "test", 10, 2)
    text = (SCRIPTS / "cifar100_cnn.txt").read_text(encoding="utf-8")

    lines, info = record(tmp_path, text, KERAS_HOME=str(tmp_path))

    assert lines[0] == "70 10"
    losses = [re.fullmatch(r"Epoch (\d): last batch loss = (\d\.\d{4})", line) for line in lines[1:6]]
    assert [m and int(m[1]) for m in losses] == [0, 1, 2, 3, 4]
    assert 2 < min(float(m[2]) for m in losses if m) < max(float(m[2]) for m in losses if m) < 8
    assert re.fullmatch(r"It took \d+\.\d+ seconds", lines[6])
    assert "1/1 [==============================] - " in "\n".join(lines[7:])
    assert re.fullmatch(r"accuracy [01]\.\d+", lines[-1])
    tapes = info["tapes"]
    assert isinstance(tapes, list)
    assert len(tapes) == 10
    assert [g["source"] for g in tapes[0]["gradients"]] == [
        f"custom_model/{layer}/{part}"
        for layer in ("conv2d", "conv2d_1", "dense", "dense_1")
        for part in ("kernel", "bias")
    ]
    assert all(g["none_reason"] is None for tape in tapes for g in tape["gradients"])


def test_the_guide_to_tapes_prints_what_its_author_saw(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")  # the guide imports it, as notebooks do, and never draws
    text = (SCRIPTS / "tape_guide.txt").read_text(encoding="utf-8")

    lines, info = record(tmp_path, text)

    bias = lines.pop(3)  # of random weights
    assert re.fullmatch(r"<tf.Tensor: shape=\(2,\), dtype=float32, numpy=array\(\[.*\], dtype=float32\)>", bias)
    assert lines == [
        "6.0",
        "(3, 2)",
        "(3, 2)",
        "dense/kernel:0, shape:(3, 2)",
        "dense/bias:0, shape:(2,)",
        "tf.Tensor(6.0, shape=(), dtype=float32)",
        "None",
        "None",
        "None",
        "['x0:0']",
        "6.0",
        "dy/dx0 None",
        "dy/dx1 0.9999546",
    ]
    assert info["figures"] == 0


def test_the_tutorial_on_gradients_of_graphs_prints_what_its_author_saw_and_draws_both_figures(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    text = (SCRIPTS / "tf1_gradients.txt").read_text(encoding="utf-8")

    lines, info = record(tmp_path, text)

    gradients = [1.0, 1.0, 2.0, 1.0, 0.017662734, 0.035325468, 0.017662734, 2.0, 0.0]
    assert [json.loads(line) for line in lines[:9]] == [[pytest.approx(one, rel=1e-6)] for one in gradients]
    for line, kind in zip(lines[9:], (r"W \[(.*)\] b \[(.*)\]", r"optimizer \[(.*)\] \[(.*)\]"), strict=True):
        found = re.fullmatch(kind, line)
        assert found is not None
        assert [float(found[1]), float(found[2])] == [pytest.approx(0.1, abs=0.01), pytest.approx(0.3, abs=0.01)]
    assert info["figures"] == 1
    with Recording.open(tmp_path / "script.tapeview") as recording:
        first, *_, last = [entry for _, entry in recording.figures.entries()]
        points, line = (recording.figures.picture(entry.picture) for entry in (first, last))
    # The points as they were when the training began, and at the end the line through them.
    assert (first.how, last.how) == ("left", "shown")
    assert first.step < last.step
    assert points is not None
    assert line is not None
    assert sum(isinstance(item, Marks) and item.count == 1_000 for item in points.items) == 1
    assert len(line.items) > len(points.items)
