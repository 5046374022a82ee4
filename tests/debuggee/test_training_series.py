"""What a training is watched by: lengths of gradients and updates, rates, metrics, progress."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tapeview.debuggee.adapters import points
from tapeview.debuggee.adapters.keeping import Keeper
from tapeview.debuggee.adapters.norms import change, norm, norm_of_rows
from tapeview.engine import observe
from tapeview.trace.check import check
from tapeview.trace.query import Recording
from tapeview.trace.series import TRAINING
from tests.debuggee.test_engine_adapter import Bench
from tests.engine.names import tf

RNG = np.random.default_rng(0)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    yield Bench(tmp_path / "run.tapeview")
    observe.listen(None)


def found(recording: Recording, kind: str) -> dict[str, list[tuple[int, float]]]:
    """The points of the series of a kind."""
    return {
        name: list(zip(series.steps.tolist(), series.values.tolist(), strict=True))
        for name, series in recording.training()[kind].items()
    }


# -- norms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (1,), (3, 5), (100, 333), (0,)])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_norms_are_those_of_numpy(shape: tuple[int, ...], dtype: str) -> None:
    old = RNG.standard_normal(shape).astype(dtype)
    new = (old + 0.01 * RNG.standard_normal(shape)).astype(dtype)
    exact = np.linalg.norm(old.astype(np.float64))
    assert norm(old) == pytest.approx(exact, rel=1e-5)
    ratio = change(old, new)
    if not exact:
        assert ratio is None
    else:
        difference = np.linalg.norm(new.astype(np.float64) - old.astype(np.float64))
        assert ratio == pytest.approx(difference / exact, rel=2e-2 if dtype == "float16" else 1e-4)


def test_the_order_of_elements_in_memory_does_not_matter() -> None:
    a = RNG.standard_normal((300, 400)).astype(np.float32)
    assert norm(a.T) == pytest.approx(norm(a), rel=1e-6)
    assert norm(a[::2, ::3]) == pytest.approx(np.linalg.norm(a[::2, ::3]), rel=1e-6)
    assert change(a.T, np.ascontiguousarray(1.5 * a.T)) == pytest.approx(0.5, rel=1e-5)


@pytest.mark.parametrize("scale", [1e-30, 1e-22, 1e22, 1e30])
def test_squares_outside_of_float32_are_no_trouble(scale: float) -> None:
    a = np.full(20_000, scale, np.float32)
    assert norm(a) == pytest.approx(scale * math.sqrt(20_000), rel=1e-4)
    assert change(a, a * np.float32(1.5)) == pytest.approx(0.5, rel=1e-4)


def test_what_is_not_finite_shows() -> None:
    a = np.ones(10_000, np.float32)
    a[9_999] = np.inf
    assert norm(a) == math.inf
    a[0] = np.nan
    assert math.isnan(norm(a))
    assert math.isnan(change(np.ones(10_000, np.float32), a) or 0.0)


def test_nothing_is_said_about_changes_of_zeros() -> None:
    assert change(np.zeros(3), np.ones(3)) is None
    assert change(np.array(0.0), np.array(1.0)) is None
    assert change(np.array(2.0), np.array(1.0)) == 0.5


def test_rows_that_come_several_times_count_as_their_sum() -> None:
    rows = RNG.standard_normal((5, 3)).astype(np.float32)
    whole = np.zeros((9, 3))
    numbers = np.array([7, 0, 7, 2, 0])
    np.add.at(whole, numbers, rows)
    assert norm_of_rows(rows, numbers) == pytest.approx(np.linalg.norm(whole), rel=1e-5)
    assert norm_of_rows(rows, np.arange(5)) == pytest.approx(np.linalg.norm(rows), rel=1e-5)
    assert norm_of_rows(rows[:0], numbers[:0]) == 0.0


# -- a loop of the script's own ----------------------------------------------------------------------------------------


def test_gradients_updates_and_rates_stand_at_their_steps(bench: Bench) -> None:
    w, b = tf.Variable([3.0, 4.0], name="w"), tf.Variable([0.0], name="bias")
    counter = tf.Variable(1.0, trainable=False)
    optimizer = tf.keras.optimizers.SGD(learning_rate=0.5, name="down")
    for rate in (0.5, 0.25):
        optimizer.learning_rate = rate
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(w * w) + tf.reduce_sum(b)
        optimizer.apply_gradients(zip(tape.gradient(loss, [w, b]), [w, b], strict=True))
        counter.assign_add(1.0)
    recording = bench.read()
    training = recording.training()
    assert tuple(training) == TRAINING
    # The first step halves w twice over: it becomes (0, 0).
    assert found(recording, "gradient") == {"w": [(0, 10.0), (1, 0.0)], "bias": [(0, 1.0), (1, 1.0)]}
    assert found(recording, "update") == {"w": [(0, 1.0)], "bias": [(1, 0.5)]}
    assert found(recording, "rate") == {"down": [(0, 0.5), (1, 0.25)]}
    assert [series.variable for series in training["gradient"].values()] == [*recording.variables()][:2]
    assert set(recording.scalars()) == {"loss", "bias", "counter"}
    assert check(bench.path) == []


def test_variables_without_names_have_the_users(bench: Bench) -> None:
    weights = [tf.Variable([1.0, 2.0]) for _ in range(2)]
    kernel = tf.Variable([[1.0]])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(weights[0] * weights[1]) * tf.reduce_sum(kernel)
    tape.gradient(y, [*weights, kernel])
    names = set(bench.read().training()["gradient"])
    assert names == {"weights[…]", "weights[…] (2)", "kernel"}


def test_variables_that_follow_each_other_are_one_curve(bench: Bench) -> None:
    for value in (1.0, 2.0, 3.0):
        w = tf.Variable([value])
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(w * w)
        tape.gradient(y, w)
    assert found(bench.read(), "gradient") == {"w": [(0, 2.0), (1, 4.0), (2, 6.0)]}


def test_gradients_that_are_none_sparse_or_no_number_at_all(bench: Bench) -> None:
    table, other = tf.Variable(np.ones((4, 2), np.float32), name="table"), tf.Variable([1.0], name="other")
    with tf.GradientTape(persistent=True) as tape:
        rows = tf.gather(table, [1, 1, 3])
        y = tf.reduce_sum(rows)
    tape.gradient(y, [table, other])
    tape.jacobian(rows, table)
    assert found(bench.read(), "gradient") == {"table": [(0, pytest.approx(math.sqrt(10.0)))]}


def test_steps_that_are_thinned_out_have_all_points(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "run.tapeview", Keeper(full_until=0, tenth_until=0, budget=0))
    w = tf.Variable([1.0, 2.0], name="w")
    optimizer = tf.keras.optimizers.SGD(learning_rate=0.1)
    for _ in range(5):
        optimizer.minimize(lambda: tf.reduce_sum(w * w), [w])
    recording = bench.read()
    assert {info.kept for info in recording.step_infos()} == {"scalars"}
    for kind in ("gradient", "update", "rate"):
        assert [step for step, _ in next(iter(found(recording, kind).values()))] == [0, 1, 2, 3, 4]


def test_times_of_steps_are_taken_now_and_then(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(points.time, "time", lambda: now[0])
    for moment in (100.0, 100.1, 100.3, 100.4):
        now[0] = moment
        with tf.GradientTape():
            pass
        bench.flush()
        bench.flush()
    assert found(bench.read(), "progress") == {"time": [(0, 100.0), (2, 100.3)]}


# -- Keras's loop ------------------------------------------------------------------------------------------------------


def fitted(bench: Bench, **words: Any) -> tuple[Recording, Any]:
    tf.keras.utils.set_random_seed(1)
    model = tf.keras.Sequential([tf.keras.layers.Dense(3, activation="relu"), tf.keras.layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    x = RNG.standard_normal((20, 4)).astype(np.float32)
    y = RNG.standard_normal((20, 1)).astype(np.float32)
    history = model.fit(x, y, batch_size=5, epochs=3, verbose=0, **words)
    return bench.read(), history.history


def test_fit_tells_metrics_of_batches_and_epochs(bench: Bench) -> None:
    recording, history = fitted(bench, validation_split=0.25)
    batches, epochs = found(recording, "metric"), found(recording, "epoch")
    assert set(batches) == {"loss", "mae"}
    assert [step for step, _ in batches["loss"]] == list(range(9))
    assert set(epochs) == set(history) == {"loss", "mae", "val_loss", "val_mae"}
    for name, values in history.items():
        assert epochs[name] == [(2, values[0]), (5, values[1]), (8, values[2])]
    # What stands after the last batch is what the epoch ends with.
    assert [batches["mae"][step][1] for step in (2, 5, 8)] == history["mae"]
    assert set(found(recording, "gradient")) == {"dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"}
    assert found(recording, "rate")["Adam"] == [(step, pytest.approx(0.001)) for step in range(9)]
    assert check(bench.path) == []


def test_fit_tells_how_far_it_is(bench: Bench) -> None:
    recording, _ = fitted(bench, initial_epoch=1)
    progress = found(recording, "progress")
    assert progress["epoch"] == [(0, 2.0), (4, 3.0)]
    assert progress["epochs"] == [(0, 3.0), (4, 3.0)]
    assert progress["batches"] == [(0, 4.0), (4, 4.0)]
    assert progress["batch"] == [(step, step % 4 + 1.0) for step in range(8)]
    assert [step for step, _ in progress["time"]] == [7]


def test_batches_of_unknown_number_are_told_once_they_are_known(bench: Bench) -> None:
    model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    data = tf.data.Dataset.from_generator(
        lambda: iter([(np.ones((2, 2), np.float32), np.ones((2, 1), np.float32))] * 3),
        output_signature=(tf.TensorSpec((None, 2)), tf.TensorSpec((None, 1))),
    )
    model.fit(data, epochs=2, verbose=0)
    progress = found(bench.read(), "progress")
    assert progress["batches"] == [(3, 3.0)]
    assert progress["batch"] == [(step, step % 3 + 1.0) for step in range(6)]


def test_evaluating_and_predicting_tell_nothing(bench: Bench) -> None:
    model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = np.ones((4, 2), np.float32), np.ones((4, 1), np.float32)
    model.evaluate(x, y, verbose=0)
    model.predict(x, verbose=0)
    model.test_on_batch(x, y)
    assert not any(e[0] == observe.MEASURED for e in bench.events)
    loss = model.train_on_batch(x, y)
    assert found(bench.read(), "metric") == {"loss": [(0, loss)]}
