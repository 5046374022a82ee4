"""``fit``, ``evaluate``, ``predict`` and what they print."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from tests.engine.names import tf

keras = tf.keras
X = np.random.default_rng(0).random((20, 4))
Y = (X.sum(1, keepdims=True) > 2).astype(np.int64)


def model_of(*, metrics: Any = None, loss: Any = "mse", units: int = 1, **kwargs: Any) -> Any:
    model = keras.Sequential([keras.layers.Dense(units, input_shape=(4,), kernel_initializer="ones", **kwargs)])
    model.compile(keras.optimizers.SGD(0.1), loss, metrics=metrics)
    return model


def shown(text: str) -> list[str]:
    """The lines of a progress bar as they stand at the end, without times."""
    last = [line.rsplit("\r", 1)[-1].replace("\b", "") for line in text.rstrip("\n").split("\n")]
    return [re.sub(r"\d+[mu]?s(/\w+)?", "_", line).rstrip() for line in last]


def test_fit_steps_as_a_loop_of_the_scripts_own() -> None:
    model = model_of()
    w, b = np.ones((4, 1)), 0.0
    for start in range(0, 20, 5):
        x, y = X[start : start + 5], Y[start : start + 5]
        error = x @ w + b - y
        w, b = w - 0.1 * 2 * x.T @ error / 5, b - 0.1 * 2 * error.mean()

    model.fit(X, Y, batch_size=5, shuffle=False, verbose=0)

    np.testing.assert_allclose(model.get_weights()[0], w, rtol=1e-5)
    np.testing.assert_allclose(model.get_weights()[1], [b], rtol=1e-5)


def test_history_holds_losses_and_metrics_of_both_parts() -> None:
    history = model_of(metrics=["mae"]).fit(X, Y, epochs=3, validation_split=0.25, verbose=0)

    assert list(history.history) == ["loss", "mae", "val_loss", "val_mae"]
    assert history.epoch == [0, 1, 2]
    assert history.params == {"verbose": 0, "epochs": 3, "steps": 1}


def test_validation_split_takes_the_end() -> None:
    model = model_of()

    history = model.fit(X, Y, validation_split=0.25, verbose=0)

    assert history.history["val_loss"][0] == pytest.approx(model.evaluate(X[15:], Y[15:], verbose=0))


def test_the_bar(capsys: pytest.CaptureFixture[str]) -> None:
    model_of(metrics=["mae"]).fit(X, np.zeros((20, 1)), epochs=2, batch_size=8, shuffle=False)

    lines = shown(capsys.readouterr().out)
    assert lines[0] == "Epoch 1/2"
    assert re.fullmatch(r"3/3 \[=+\] - _ _ - loss: \d\.\d{4} - mae: \d\.\d{4}", lines[1])
    assert lines[2] == "Epoch 2/2"


def test_one_line_for_each_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    model_of().fit(X, Y, epochs=1, verbose=2, validation_data=(X, Y))

    out = shown(capsys.readouterr().out)
    assert len(out) == 1
    assert re.fullmatch(r"1/1 - _ - loss: \d\.\d{4} - val_loss: \d\.\d{4} - _ - _", out[0])


def test_a_learning_rate_that_a_callback_adds_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    told = tf.keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    after = tf.keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: print("the callback", sorted(logs)))
    model_of().fit(X, Y, verbose=2, callbacks=[told, after])

    callback, line = shown(capsys.readouterr().out)
    assert callback == "the callback ['loss', 'lr']"  # it comes before the line, as in Keras
    assert re.fullmatch(r"1/1 - _ - loss: \d\.\d{4} - lr: \d\.\d{4}(e-\d+)? - _ - _", line)


def test_nothing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    model = model_of()
    model.fit(X, Y, verbose=0)
    model.evaluate(X, Y, verbose=0)
    model.predict(X, verbose=0)

    assert capsys.readouterr().out == ""


def test_predict_goes_by_batches_and_keeps_the_order(capsys: pytest.CaptureFixture[str]) -> None:
    model = model_of()

    found = model.predict(X, batch_size=8)

    np.testing.assert_allclose(found, X.sum(1, keepdims=True), rtol=1e-6)
    assert shown(capsys.readouterr().out) == ["3/3 [==============================] - _ _"]


@pytest.mark.parametrize(
    ("units", "loss", "labels", "name"),
    [
        (1, "binary_crossentropy", Y, "binary"),
        (3, "sparse_categorical_crossentropy", Y[:, 0], "sparse"),
        (2, "categorical_crossentropy", np.eye(2)[Y[:, 0]], "categorical"),
    ],
)
def test_accuracy_is_that_of_the_loss(units: int, loss: str, labels: Any, name: str) -> None:
    activation = "sigmoid" if units == 1 else "softmax"
    model = model_of(metrics=["accuracy"], loss=loss, units=units, activation=activation)

    found = model.evaluate(X, labels, verbose=0)[1]

    guess = model.predict(X, verbose=0)
    chosen = guess[:, 0] > 0.5 if units == 1 else guess.argmax(1)
    assert found == pytest.approx(np.mean(chosen == Y[:, 0]))


def test_weights_of_classes_and_of_samples_weigh_the_loss() -> None:
    weights = np.where(Y[:, 0] == 1, 3.0, 0.5)
    by_class, by_sample = model_of(), model_of()

    by_class.fit(X, Y, class_weight={0: 0.5, 1: 3.0}, batch_size=20, shuffle=False, verbose=0)
    by_sample.fit(X, Y, sample_weight=weights, batch_size=20, shuffle=False, verbose=0)

    np.testing.assert_allclose(by_class.get_weights()[0], by_sample.get_weights()[0])
    assert not np.allclose(by_class.get_weights()[0], np.ones((4, 1)))


def test_a_dataset_and_a_generator_of_unknown_length(capsys: pytest.CaptureFixture[str]) -> None:
    def batches() -> Any:
        yield from ((X[k : k + 5].astype(np.float32), Y[k : k + 5]) for k in range(0, 20, 5))

    plain, other, third = model_of(), model_of(), model_of()
    plain.fit(X, Y, batch_size=5, shuffle=False, verbose=0)
    other.fit(batches())
    third.fit(tf.data.Dataset.from_tensor_slices((X, Y)).batch(5), verbose=0)

    np.testing.assert_allclose(other.get_weights()[0], plain.get_weights()[0], rtol=1e-6)
    np.testing.assert_allclose(third.get_weights()[0], plain.get_weights()[0], rtol=1e-6)
    assert shown(capsys.readouterr().out)[0].startswith("4/4 [=")


def test_steps_per_epoch_go_on_where_they_stopped() -> None:
    seen: list[float] = []

    class Noting(keras.Model):
        def train_step(self, data: Any) -> Any:
            seen.append(float(data[0][0]))
            return {"n": data[0][0]}

    model = Noting()
    model.compile()
    model.fit(tf.data.Dataset.range(6).map(lambda k: (k[None], k[None])), epochs=2, steps_per_epoch=3, verbose=0)

    assert seen == [0, 1, 2, 3, 4, 5]


def test_data_that_ends_too_early_is_told(caplog: pytest.LogCaptureFixture) -> None:
    history = model_of().fit(iter([(X, Y)]), steps_per_epoch=2, epochs=3, verbose=0)

    assert history.epoch == [0]
    assert [m[:41] for m in caplog.messages] == ["Your input ran out of data; interrupting "]


def test_callbacks_can_stop_a_training() -> None:
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.model.stop_training = batch == 1

    history = model_of().fit(X, Y, batch_size=4, epochs=5, verbose=0, callbacks=[Stop()])

    assert history.epoch == [0]


def test_several_outputs_have_losses_of_their_own() -> None:
    a = keras.Input((4,))
    outputs = [keras.layers.Dense(1, name="p", kernel_initializer="ones")(a),
               keras.layers.Dense(2, name="q", kernel_initializer="ones")(a)]  # fmt: skip
    model = keras.Model(a, outputs)
    model.compile("sgd", {"p": "mse", "q": "mae"}, {"q": ["mse"]}, loss_weights={"p": 2.0, "q": 0.5})

    logs = model.evaluate(X, {"p": Y, "q": np.zeros((20, 2))}, return_dict=True, verbose=0)

    total = X.sum(1)
    assert logs == pytest.approx(
        {
            "loss": 2 * np.mean((total - Y[:, 0]) ** 2) + 0.5 * total.mean(),
            "p_loss": np.mean((total - Y[:, 0]) ** 2), "q_loss": total.mean(), "q_mse": np.mean(total**2),
        }, rel=1e-5,
    )  # fmt: skip


def test_penalties_and_added_losses_count() -> None:
    a = keras.Input((4,))
    hidden = keras.layers.Dense(1, kernel_initializer="ones", kernel_regularizer=keras.regularizers.l2(0.1))(a)
    model = keras.Model(a, hidden)
    model.add_loss(0.5 * tf.reduce_mean(hidden))
    model.compile("sgd", "mse")

    found = model.evaluate(X, Y, batch_size=20, verbose=0)

    assert found == pytest.approx(np.mean((X.sum(1) - Y[:, 0]) ** 2) + 0.4 + 0.5 * X.sum(1).mean(), rel=1e-5)


def test_what_was_frozen_later_for_another_model_still_trains() -> None:
    inner = model_of()
    inner.trainable = False
    outer = keras.Sequential([keras.layers.Dense(4, input_shape=(4,)), inner])
    outer.compile("sgd", "mse")
    before, head = inner.get_weights()[0], outer.layers[0].get_weights()[0]

    outer.train_on_batch(X, Y)
    frozen = inner.get_weights()[0]
    inner.train_on_batch(X, Y)

    np.testing.assert_array_equal(frozen, before)
    assert not np.allclose(outer.layers[0].get_weights()[0], head)
    assert not np.allclose(inner.get_weights()[0], before)


def test_a_train_step_of_ones_own() -> None:
    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.d = keras.layers.Dense(1)
            self.tracker = keras.metrics.Mean(name="loss")

        def call(self, x: Any) -> Any:
            return self.d(x)

        def train_step(self, data: Any) -> Any:
            x, y = data
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((self(x, training=True) - tf.cast(y, "float32")) ** 2)
            slopes = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(slopes, self.trainable_variables, strict=True))
            self.tracker.update_state(loss)
            return {"loss": self.tracker.result()}

        @property
        def metrics(self) -> list[Any]:
            return [self.tracker]

    model = Own()
    model.compile(optimizer="adam")
    history = model.fit(X, Y, epochs=2, verbose=0).history

    assert list(history) == ["loss"]
    assert history["loss"][1] < history["loss"][0]
    assert [v.name for v in model.weights][2:] == ["total:0", "count:0"]


def test_batches_are_shuffled_with_tensorflows_numbers() -> None:
    seen: list[list[int]] = []

    class Noting(keras.Model):
        def train_step(self, data: Any) -> Any:
            seen.append([int(v) for v in data[0].numpy()])
            return {}

    tf.random.set_seed(42)
    model = Noting()
    model.compile()
    with pytest.raises(ValueError, match="Empty Logs"):
        model.fit(np.arange(0), np.arange(0), verbose=0)
    model.fit(np.arange(10), np.arange(10), batch_size=4, epochs=2, verbose=0)

    assert seen == [[3, 8, 7, 5], [2, 0, 1, 6], [9, 4], [1, 9, 5, 3], [4, 7, 0, 2], [6, 8]]


def test_dropout_in_fit_draws_tensorflows_numbers() -> None:
    keras.utils.set_random_seed(1)
    layers = keras.layers
    model = keras.Sequential(
        [layers.Dense(8, activation="relu", input_shape=(4,)), layers.Dropout(0.2), layers.Dense(3, "softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy")

    history = model.fit(X, np.arange(20) % 3, batch_size=8, epochs=3, verbose=0).history["loss"]

    assert history == pytest.approx([1.1009153, 1.2379297, 1.2665488], rel=1e-5)
