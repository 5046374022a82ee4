"""Callbacks: what they do to a training, and what they write."""

from __future__ import annotations

import csv
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tapeview.engine.scripting.event_files import masked_crc
from tests.engine.names import tf

keras = tf.keras


class Model:
    """As much of a model as callbacks touch."""

    def __init__(self) -> None:
        self.optimizer = keras.optimizers.SGD(0.1)
        self.stop_training = False
        self.weights: list[Any] = [np.zeros(2)]
        self.saved: list[str] = []
        self.layers: list[Any] = []

    def get_weights(self) -> list[Any]:
        return [w.copy() for w in self.weights]

    def set_weights(self, weights: list[Any]) -> None:
        self.weights = weights

    def save(self, path: str, overwrite: bool) -> None:
        self.saved.append(path)

    def save_weights(self, path: str, overwrite: bool) -> None:
        self.saved.append("weights:" + path)


def train(callback: Any, logs: list[dict[str, float]], model: Any = None) -> Any:
    """Runs epochs with the given logs; returns the model. Each epoch's weights are its number."""
    model = model or Model()
    callback.set_model(model)
    callback.set_params({"epochs": len(logs), "steps": 1, "verbose": 1})
    callback.on_train_begin({})
    for epoch, values in enumerate(logs):
        callback.on_epoch_begin(epoch, {})
        model.weights = [np.full(2, float(epoch))]
        callback.on_epoch_end(epoch, values)
        if model.stop_training:
            break
    callback.on_train_end({})
    return model


def losses(*values: float) -> list[dict[str, float]]:
    return [{"loss": v, "val_loss": v, "accuracy": v} for v in values]


# -- early stopping ----------------------------------------------------------------------------------------------------


def test_early_stopping_waits_and_goes_back_to_the_best_weights(capsys: pytest.CaptureFixture[str]) -> None:
    stopping = keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True, verbose=1)

    model = train(stopping, losses(3, 1, 2, 1.5, 0.5))

    assert model.stop_training
    assert model.weights[0].tolist() == [1.0, 1.0]
    assert (stopping.stopped_epoch, stopping.best_epoch, stopping.best) == (3, 1, 1)
    assert capsys.readouterr().out == (
        "Restoring model weights from the end of the best epoch: 2.\nEpoch 4: early stopping\n"
    )


@pytest.mark.parametrize(
    ("arguments", "values", "stops"),
    [
        ({"monitor": "accuracy"}, (0.1, 0.5, 0.4), 2),
        ({"monitor": "accuracy", "mode": "min"}, (0.1, 0.5), 1),
        ({"min_delta": 0.3}, (3, 2.8), 1),
        ({"baseline": 1.0, "patience": 2}, (3, 3.5, 3, 2), 1),
        ({"start_from_epoch": 2}, (1, 2, 3, 4), 3),
        ({"patience": 2}, (1, 2, 0.5, 2), 0),
    ],
)
def test_when_early_stopping_stops(arguments: dict[str, Any], values: tuple[float, ...], stops: int) -> None:
    stopping = keras.callbacks.EarlyStopping(**arguments)

    model = train(stopping, losses(*values))

    assert (model.stop_training, stopping.stopped_epoch) == (stops > 0, stops)


def test_a_number_that_is_not_there_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    train(keras.callbacks.EarlyStopping("val_acc"), losses(1))

    assert caplog.messages == [
        "Early stopping conditioned on metric `val_acc` which is not available. Available metrics are: "
        "loss,val_loss,accuracy"
    ]


# -- learning rates ----------------------------------------------------------------------------------------------------


def test_the_rate_is_reduced_on_a_plateau(capsys: pytest.CaptureFixture[str]) -> None:
    reducing = keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=1, cooldown=1, min_lr=0.03, verbose=1)
    logs = losses(1, 1, 1, 1, 1, 1)

    model = train(reducing, logs)

    assert [float(row["lr"]) for row in logs] == pytest.approx([0.1, 0.1, 0.05, 0.03, 0.03, 0.03])
    assert float(model.optimizer.lr) == pytest.approx(0.03)
    assert "Epoch 2: ReduceLROnPlateau reducing learning rate to 0.05" in capsys.readouterr().out


def test_a_factor_of_one_is_refused() -> None:
    with pytest.raises(ValueError, match=r"does not support a factor >= 1\.0\. Got 1"):
        keras.callbacks.ReduceLROnPlateau(factor=1)


@pytest.mark.parametrize("schedule", [lambda epoch, rate: rate / 2, lambda epoch: 0.1 / 2 ** (epoch + 1)])
def test_a_schedule_of_epochs_sets_the_rate(schedule: Any) -> None:
    logs = losses(1, 1)

    train(keras.callbacks.LearningRateScheduler(schedule), logs)

    assert [float(row["lr"]) for row in logs] == pytest.approx([0.05, 0.025])


def test_a_schedule_must_give_a_float() -> None:
    with pytest.raises(ValueError, match=r'^The output of the "schedule" function should be float\. Got: fast'):
        train(keras.callbacks.LearningRateScheduler(lambda epoch: "fast"), losses(1))


# -- files -------------------------------------------------------------------------------------------------------------


def test_checkpoints_of_better_epochs_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pattern = str(tmp_path / "new" / "{epoch:02d}-{val_loss:.2f}.keras")
    keeping = keras.callbacks.ModelCheckpoint(pattern, save_best_only=True, verbose=1)

    model = train(keeping, losses(2, 3, 1))

    assert [Path(p).name for p in model.saved] == ["01-2.00.keras", "03-1.00.keras"]
    assert (tmp_path / "new").is_dir()
    assert "Epoch 2: val_loss did not improve from 2.00000" in capsys.readouterr().out


def test_checkpoints_after_batches(tmp_path: Path) -> None:
    keeping = keras.callbacks.ModelCheckpoint(tmp_path / "w{epoch}", save_weights_only=True, save_freq=3)
    model = Model()
    keeping.set_model(model)
    for epoch in range(2):
        keeping.on_epoch_begin(epoch)
        for step in range(4):
            keeping.on_train_batch_end(step, {})
        keeping.on_epoch_end(epoch, {})

    assert [Path(p.removeprefix("weights:")).name for p in model.saved] == ["w1", "w2"]


def test_a_name_that_is_not_in_the_logs(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="Failed to format this callback filepath"):
        train(keras.callbacks.ModelCheckpoint(tmp_path / "{val_acc}"), losses(1))


def test_the_table_of_epochs(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    train(keras.callbacks.CSVLogger(path), [{"loss": 2.0}, {"loss": 1.0}])
    train(keras.callbacks.CSVLogger(path, append=True), [{"loss": 0.5}])

    with path.open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["epoch", "loss", "val_loss"], ["0", "2.0", "NA"], ["1", "1.0", "NA"], ["0", "0.5", "NA"],
        ]  # fmt: skip


def events(folder: Path) -> list[bytes]:
    """The records of the only event file in a folder, their checksums checked."""
    (path,) = folder.iterdir()
    content, found = path.read_bytes(), []
    while content:
        (size,) = struct.unpack("<Q", content[:8])
        assert struct.unpack("<I", content[8:12])[0] == masked_crc(content[:8])
        found.append(content[12 : 12 + size])
        assert struct.unpack("<I", content[12 + size : 16 + size])[0] == masked_crc(found[-1])
        content = content[16 + size :]
    return found


def test_the_checksum_is_crc_32c() -> None:
    # The value that RFC 3720 gives for these digits is 0xE3069283.
    crc = 0xE3069283
    assert masked_crc(b"123456789") == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_tensorboard_gets_event_files(tmp_path: Path) -> None:
    model = Model()
    layer = type("Layer", (), {"weights": [tf.Variable([1.0, 2.0], name="w")]})()
    model.layers.append(layer)

    train(keras.callbacks.TensorBoard(tmp_path, histogram_freq=1), [{"loss": 2.0, "val_loss": 3.0}], model)

    first, *rest = events(tmp_path / "train")
    assert b"brain.Event:2" in first
    assert [tag in b"".join(rest) for tag in (b"epoch_loss", b"epoch_learning_rate", b"w_0/histogram")] == [True] * 3
    assert struct.pack("<f", 2.0) in rest[0]
    (_, checked) = events(tmp_path / "validation")
    assert b"epoch_loss" in checked
    assert struct.pack("<f", 3.0) in checked


def test_summaries_go_where_the_script_says(tmp_path: Path) -> None:
    writer = tf.summary.create_file_writer(str(tmp_path))
    assert not tf.summary.scalar("lost", 1.0, step=0)
    with writer.as_default():
        tf.summary.scalar("loss", tf.constant(0.25), step=7)
        tf.summary.image("picture", np.zeros((1, 2, 2, 3), np.float32), step=7)
        with pytest.raises(ValueError, match=r"^No step set\."):
            tf.summary.histogram("h", [1.0])
    writer.close()

    _, number, picture = events(tmp_path)
    assert b"loss" in number
    assert struct.pack("<f", 0.25) in number
    assert b"\x89PNG" in picture


# -- the rest ----------------------------------------------------------------------------------------------------------


def test_a_callback_made_of_functions_and_lists_of_callbacks() -> None:
    told: list[Any] = []
    one = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: told.append((epoch, logs["loss"])),
        on_train_batch_end=lambda batch, logs=None: told.append(batch),
    )
    many = keras.callbacks.CallbackList([one], add_history=True)

    model = train(many, losses(3, 2))
    many.on_train_batch_end(5, logs={})

    assert told == [(0, 3), (1, 2), 5]
    assert model.history.history["loss"] == [3, 2]
    assert model.history.epoch == [0, 1]


def test_a_loss_that_is_no_number_ends_the_training(capsys: pytest.CaptureFixture[str]) -> None:
    model = Model()
    callback = keras.callbacks.TerminateOnNaN()
    callback.set_model(model)

    callback.on_train_batch_end(4, {"loss": float("nan")})

    assert model.stop_training
    assert capsys.readouterr().out == "Batch 4: Invalid loss, terminating training\n"


def test_a_training_calls_them_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    names: list[str] = []

    class Told(keras.callbacks.Callback):  # type: ignore[misc, name-defined]
        def __getattribute__(self, name: str) -> Any:
            if name.startswith("on_"):
                names.append(name)
            return super().__getattribute__(name)

    model = keras.Sequential([keras.layers.Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse")
    x, y = np.ones((4, 2), np.float32), np.ones((4, 1), np.float32)

    history = model.fit(x, y, batch_size=2, verbose=0, validation_data=(x, y), callbacks=[Told()])

    calls = [name for name in names if name not in ("on_batch_begin", "on_batch_end")]
    batch = ["on_train_batch_begin", "on_train_batch_end"] * 2
    test = ["on_test_begin", *["on_test_batch_begin", "on_test_batch_end"] * 2, "on_test_end"]
    assert calls == ["on_train_begin", "on_epoch_begin", *batch, *test, "on_epoch_end", "on_train_end"]
    assert set(history.history) == {"loss", "val_loss"}
