"""What ``fit`` and its like say of data that does not fit, and what they share with TensorFlow besides numbers."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.engine.names import tf

X = np.random.RandomState(0).rand(20, 4).astype(np.float32)
Y = np.random.RandomState(1).randint(0, 3, 20)


def compiled(*args: Any, **kwargs: Any) -> Any:
    tf.keras.backend.clear_session()
    model = tf.keras.Sequential(
        [tf.keras.layers.Dense(5, input_shape=(4,)), tf.keras.layers.Dense(3, activation="softmax")]
    )
    model.compile(*args, **kwargs)
    return model


CASES: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "labels of another shape": (
        lambda: compiled("adam", "categorical_crossentropy").fit(X, Y, verbose=0),
        ValueError, "Shapes (None, 1) and (None, 3) are incompatible",
    ),
    "labels of another shape, batches of one size": (
        lambda: compiled("adam", "categorical_crossentropy").fit(X, Y, verbose=0, batch_size=10),
        ValueError, "Shapes (10, 1) and (10, 3) are incompatible",
    ),
    "inputs of another shape": (
        lambda: compiled("adam", "mse").fit(X[:, :3], Y, verbose=0),
        ValueError, 'Input 0 of layer "sequential" is incompatible with the layer: expected shape=(None, 4), '
        "found shape=(None, 3)",
    ),
    "inputs of another shape, predict": (
        lambda: compiled("adam", "mse").predict(X[:, :2], verbose=0),
        ValueError, 'Input 0 of layer "sequential" is incompatible with the layer: expected shape=(None, 4), '
        "found shape=(None, 2)",
    ),
    "examples instead of batches": (
        lambda: compiled("adam", "mse").fit(tf.data.Dataset.from_tensor_slices((X, Y)), verbose=0),
        ValueError, 'Input 0 of layer "dense" is incompatible with the layer: expected min_ndim=2, found ndim=1. Full '
        "shape received: (4,)",
    ),
    "no labels": (
        lambda: compiled("adam", "mse").fit(X, verbose=0),
        ValueError, "Target data is missing. Your model was compiled with loss=mse, and therefore expects target data "
        "to be provided in `fit()`.",
    ),
    "no loss": (lambda: compiled("adam").fit(X, Y, verbose=0), ValueError, "No loss found. You may have forgotten"),
    "an unknown loss": (
        lambda: compiled("adam", "typo").fit(X, Y, verbose=0), ValueError, "Unknown loss function: 'typo'",
    ),
    "an unknown optimizer": (lambda: compiled("typo", "mse"), ValueError, "Unknown optimizer: 'typo'."),
    "a metric of no output": (
        lambda: compiled("adam", "mse", metrics={"nope": "mae"}).fit(X, Y, verbose=0),
        ValueError, "any Model output: dict_keys(['nope']). Valid mode output names: ['dense_1']. Received struct is: "
        "{'nope': 'mae'}.",
    ),
    "a window larger than the image": (
        lambda: tf.keras.layers.Conv2D(2, 9, name="c")(tf.ones((1, 4, 4, 1))),
        ValueError, "One of the dimensions in the output is <= 0 due to downsampling in c. Consider increasing the "
        "input size. Received input shape [1, 4, 4, 1]",
    ),
    "a row that is not there": (
        lambda: tf.keras.layers.Embedding(3, 2)(tf.constant([5])),
        tf.errors.InvalidArgumentError, "indices[0] = 5 is not in [0, 3) [Op:ResourceGather] name: ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_error_as_in_tensorflow(name: str) -> None:
    run, kind, text = CASES[name]
    with pytest.raises(kind) as raised:
        run()
    assert text in str(raised.value)


def test_of_several_losses_for_one_output_the_first_is_used() -> None:
    assert len(compiled("adam", ["mse", "mae"]).fit(X, Y, verbose=0).history["loss"]) == 1


class Parts(tf.keras.utils.Sequence):  # type: ignore[misc]
    """Batches that note when they are asked for."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> Any:
        self.seen.append(index)
        return X[index * 5 : index * 5 + 5], Y[index * 5 : index * 5 + 5]

    def on_epoch_end(self) -> None:
        self.seen.append("end")


def test_a_sequence_is_read_in_an_order_of_pythons_and_told_of_each_epoch() -> None:
    data = Parts()
    model = compiled("sgd", "mse")
    random.seed(3)
    model.fit(data, epochs=2, verbose=0)
    random.seed(3)
    expected: list[Any] = []
    for _ in range(2):
        order = list(range(4))
        random.shuffle(order)
        expected += [*order, "end"]
    assert data.seen == expected


def test_what_callbacks_add_to_the_logs_of_an_epoch_is_gone_at_the_end() -> None:
    seen: list[list[str]] = []
    tell = tf.keras.callbacks.LambdaCallback(on_train_end=lambda logs: seen.append(sorted(logs)))
    rate = tf.keras.callbacks.LearningRateScheduler(lambda epoch, lr: lr)
    model = compiled("sgd", "mse")
    history = model.fit(X, Y, verbose=0, callbacks=[rate, tell]).history
    assert (seen, sorted(history)) == ([["loss"]], ["loss", "lr"])


def test_a_model_is_made_from_its_configuration() -> None:
    inputs = tf.keras.Input((4,))
    model = tf.keras.Model(inputs, tf.keras.layers.Dense(2)(inputs), name="net")
    assert tf.keras.Model.from_config(model.get_config()).name == "net"

    class Own(tf.keras.layers.Layer):
        pass

    other = tf.keras.Model(inputs, Own()(inputs))
    assert len(tf.keras.Model.from_config(other.get_config(), custom_objects={"Own": Own}).layers) == 2
    with pytest.raises(TypeError, match="Cannot deserialize object of type `Own`"):
        tf.keras.Model.from_config(other.get_config())


@pytest.mark.parametrize(
    ("make", "module"),
    [
        (lambda: tf.keras.layers.Dense(2), "keras.src.layers.core.dense"),
        (lambda: tf.keras.Sequential(), "keras.src.engine.sequential"),
        (lambda: tf.keras.optimizers.Adam(), "keras.src.optimizers.adam"),
        (lambda: tf.keras.optimizers.legacy.SGD(), "keras.src.optimizers.legacy.gradient_descent"),
        (lambda: tf.keras.metrics.Mean(), "keras.src.metrics.base_metric"),
        (lambda: tf.keras.losses.MeanSquaredError(), "keras.src.losses"),
        (lambda: tf.keras.callbacks.History(), "keras.src.callbacks"),
        (lambda: tf.keras.initializers.Zeros(), "keras.src.initializers.initializers"),
    ],
)
def test_classes_say_where_keras_has_them(make: Callable[[], Any], module: str) -> None:
    made = make()
    assert repr(made).startswith(f"<{module}.{type(made).__name__} object at 0x")


def test_a_metric_is_printed_with_its_arguments() -> None:
    assert str(tf.keras.metrics.Mean(name="m")) == "Mean(name=m,dtype=float32)"
