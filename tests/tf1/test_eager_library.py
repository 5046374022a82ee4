"""TensorFlow 1's library where calls compute at once: values of TensorFlow with ``tf.enable_eager_execution``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tapeview.keras import naming
from tapeview.tensorflow.loader import Namespace
from tapeview.tf1 import graphs

tf: Any = Namespace("tensorflow", "tf", tf1=True)

# w after each of three steps down sum(w * w * [.5, 1.5]) from [1, 2], at a rate of .1 (Adadelta 1).
STEPS = {
    "GradientDescent": [[0.899999976, 1.39999998], [0.810000002, 0.980000019], [0.728999972, 0.68599999]],
    "Momentum": [[0.899999976, 1.39999998], [0.719999969, 0.439999938], [0.486000001, -0.556000054]],
    "Adam": [[0.900000036, 1.89999998], [0.800412655, 1.80016685], [0.701587379, 1.70062447]],
    "RMSProp": [[0.899999976, 1.71715736], [0.809132576, 1.51819456], [0.726045966, 1.35823989]],
    "Adagrad": [[0.904653728, 1.90013862], [0.83933872, 1.83131123], [0.787512779, 1.77603316]],
    "Adadelta": [[0.999552786, 1.99955285], [0.99909997, 1.99909997], [0.998643458, 1.99864328]],
    "Ftrl": [[0.603142381, 1.79487538], [0.553290427, 1.7281357], [0.511701524, 1.67407632]],
}
SLOTS = {
    "GradientDescent": [], "Momentum": ["w/Momentum:0"], "RMSProp": ["w/RMSProp:0", "w/RMSProp_1:0"],
    "Adam": ["beta1_power:0", "beta2_power:0", "w/Adam:0", "w/Adam_1:0"], "Adagrad": ["w/Adagrad:0"],
    "Adadelta": ["w/Adadelta:0", "w/Adadelta_1:0"], "Ftrl": ["w/Ftrl:0", "w/Ftrl_1:0"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    graphs.eager_attachments().clear()
    yield
    naming.forget()


def optimizer(name: str) -> Any:
    given = {"Momentum": (0.1, 0.9), "Adadelta": (1.0,)}.get(name, (0.1,))
    return getattr(tf.train, f"{name}Optimizer")(*given)


@pytest.mark.parametrize("name", STEPS)
def test_steps_on_eager_variables(name: str) -> None:
    w = tf.Variable([1.0, 2.0], name="w")
    chosen = optimizer(name)

    seen = []
    for _ in range(3):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(w * w * [0.5, 1.5])
        assert chosen.apply_gradients([(tape.gradient(loss, w), w)]) is None
        seen.append(w.numpy())

    np.testing.assert_allclose(seen, STEPS[name], rtol=2e-6)
    assert [v.name for v in chosen.variables()] == SLOTS[name]


def test_minimize_takes_a_function() -> None:
    w = tf.Variable([1.0, 2.0])
    step = tf.train.get_or_create_global_step()
    chosen = tf.train.GradientDescentOptimizer(tf.train.exponential_decay(0.1, step, 2, 0.5, staircase=True))

    seen = []
    for _ in range(3):
        chosen.minimize(lambda: tf.reduce_sum(w), global_step=step)
        seen.append(round(float(w[0]), 5))

    assert seen == [0.9, 0.8, 0.75]
    assert int(step) == 3
    assert step is tf.train.get_or_create_global_step()


def test_minimize_refuses_a_tensor() -> None:
    w = tf.Variable([1.0, 2.0])
    with pytest.raises(RuntimeError, match=r"`loss` passed to Optimizer.compute_gradients should be a function"):
        tf.train.AdamOptimizer().minimize(tf.reduce_sum(w))


def test_gradients_of_another_shape_are_refused() -> None:
    w = tf.Variable([1.0, 2.0])
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"var and grad do not have the same shape\[2\] \[3\]"):
        tf.train.AdamOptimizer().apply_gradients([(tf.constant([1.0, 2.0, 3.0]), w)])


def test_averages() -> None:
    w = tf.Variable([1.0, 2.0], name="w")
    averages = tf.train.ExponentialMovingAverage(0.9)
    averages.apply([w])
    w.assign_add([1.0, 1.0])
    averages.apply([w])

    np.testing.assert_allclose(averages.average(w).numpy(), [1.1, 2.1], rtol=1e-6)
    assert averages.average_name(w) == "w/ExponentialMovingAverage"


def test_layers_keep_their_weights() -> None:
    x = tf.constant(np.arange(8, dtype=np.float32).reshape(2, 4))
    dense = tf.layers.Dense(3, activation=tf.nn.relu, kernel_initializer=tf.ones_initializer())

    np.testing.assert_array_equal(dense(x).numpy(), [[6, 6, 6], [22, 22, 22]])
    dense.kernel.assign(dense.kernel * 2.0)
    np.testing.assert_array_equal(dense(x).numpy(), [[12, 12, 12], [44, 44, 44]])
    assert [v.name for v in dense.variables] == ["dense/kernel:0", "dense/bias:0"]
    assert tf.layers.flatten(tf.ones([2, 3, 4])).shape == (2, 12)


def test_batch_normalization_updates_its_averages_at_once() -> None:
    layer = tf.layers.BatchNormalization(momentum=0.5)
    layer(tf.constant([[1.0], [3.0]]), training=True)
    layer(tf.constant([[9.0], [9.0]]), training=False)

    np.testing.assert_allclose(layer.moving_mean.numpy(), [1.0])


def test_losses_and_schedules() -> None:
    assert float(tf.losses.mean_squared_error([1.0, 2.0], tf.constant([2.0, 4.0]))) == 2.5
    assert float(tf.losses.softmax_cross_entropy([[0, 1, 0.0]], [[1.0, 2.0, 3.0]])) == pytest.approx(1.407606)
    assert float(tf.train.polynomial_decay(0.1, 5, 10)()) == pytest.approx(0.05005)
    assert float(tf.train.piecewise_constant(5, [3, 7], [1.0, 0.5, 0.1])()) == 0.5


def test_metrics_are_for_graphs_only() -> None:
    with pytest.raises(RuntimeError, match=r"tf.metrics.accuracy is not supported when eager execution is enabled."):
        tf.metrics.accuracy([1], [1])
    with pytest.raises(RuntimeError, match="not compatible with eager execution"):
        tf.summary.merge_all()


def test_saver_of_eager_variables(tmp_path: Path) -> None:
    w = tf.Variable([1.0, 2.0], name="w")
    saver = tf.train.Saver([w])
    path = saver.save(None, tmp_path / "m", global_step=3)
    w.assign([0.0, 0.0])
    saver.restore(None, path)

    assert path == str(tmp_path / "m-3")
    np.testing.assert_array_equal(w.numpy(), [1, 2])


def test_a_keras_model_is_trained() -> None:
    model = tf.keras.Sequential(
        [tf.keras.layers.Dense(3, activation="relu", input_shape=(2,)), tf.keras.layers.Dense(1)]
    )
    chosen, step = tf.train.AdamOptimizer(0.05), tf.train.get_or_create_global_step()
    x = tf.constant([[1.0, 0.5], [0.2, -1.0]])

    losses = []
    for _ in range(40):
        with tf.GradientTape() as tape:
            losses.append(tf.losses.mean_squared_error(tf.ones([2, 1]), model(x)))
        slopes = tape.gradient(losses[-1], model.variables)
        chosen.apply_gradients(zip(slopes, model.variables, strict=True), global_step=step)

    assert float(losses[-1]) < 0.5 * float(losses[0])
    assert int(step) == 40


def test_contrib_summaries_go_by_the_global_step(tmp_path: Path) -> None:
    S = tf.contrib.summary
    step = tf.train.get_or_create_global_step()
    writer = S.create_file_writer(str(tmp_path))
    with writer.as_default(), S.record_summaries_every_n_global_steps(2):
        for k in range(4):
            S.scalar(f"at {k}", 1.0)
            step.assign_add(1)
        with S.never_record_summaries():
            S.scalar("never", 1.0)
    writer.close()
    (path,) = tmp_path.iterdir()
    written = path.read_bytes()
    assert [k for k in range(4) if f"at {k}".encode() in written] == [0, 2]
    assert b"never" not in written


def test_contrib_eager() -> None:
    E = tf.contrib.eager
    accuracy = E.metrics.Accuracy()
    for labels, found in E.Iterator(tf.data.Dataset.from_tensor_slices(([1, 2], [1, 0]))):
        accuracy([labels], [found])
    assert float(accuracy.result()) == 0.5
    assert E.Variable(2.0).numpy() == 2.0
