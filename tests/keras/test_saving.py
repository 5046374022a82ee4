"""Models and weights in files, and copies of models."""

from __future__ import annotations

import base64
import importlib.util
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tapeview.keras.models import archive
from tests.engine.names import tf

keras = tf.keras
X = np.random.default_rng(0).random((6, 8, 8, 1)).astype(np.float32)
Y = np.arange(6) % 3
FROZEN = json.loads((Path(__file__).parent / "frozen" / "hdf5.json").read_text(encoding="utf-8"))


def stack() -> Any:
    layers = keras.layers
    return keras.Sequential([
        layers.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 1)), layers.BatchNormalization(), layers.Flatten(),
        layers.Dense(3, activation="softmax", kernel_regularizer="l2"),
    ])  # fmt: skip


def trained(optimizer: Any = "adam") -> Any:
    model = stack()
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, Y, epochs=2, verbose=0)
    return model


class Net(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.a = keras.layers.Dense(4)
        self.b = keras.layers.Dense(2)

    def call(self, x: Any) -> Any:
        return self.b(self.a(x))


def same(one: Any, other: Any, x: Any = X) -> None:
    np.testing.assert_array_equal(np.asarray(one(x)), np.asarray(other(x)))


# -- weights -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["w.h5", "w.keras", "folder/checkpoint"])
def test_weights_come_back(tmp_path: Path, name: str) -> None:
    model, other = trained(), stack()

    model.save_weights(tmp_path / name)
    other.load_weights(tmp_path / name)

    same(model, other)


def test_a_checkpoint_has_tensorflows_files(tmp_path: Path) -> None:
    trained().save_weights(tmp_path / "ck" / "cp")

    assert sorted(p.name for p in (tmp_path / "ck").iterdir()) == ["checkpoint", "cp.data-00000-of-00001", "cp.index"]
    assert (tmp_path / "ck" / "checkpoint").read_text().startswith('model_checkpoint_path: "cp"')


def test_a_model_without_weights_takes_them_at_its_first_call(tmp_path: Path) -> None:
    x = np.ones((2, 3), np.float32)
    model, other = Net(), Net()
    model(x)
    model.save_weights(tmp_path / "w")

    other.load_weights(tmp_path / "w").expect_partial()

    same(model, other, x)
    assert [v.name.split("/")[0] for v in other.weights] == [other.name] * 4


def test_a_stack_without_a_shape_takes_them_later_too(tmp_path: Path) -> None:
    x = np.ones((2, 3), np.float32)
    model, other = (keras.Sequential([keras.layers.Dense(2)]) for _ in range(2))
    model(x)
    model.save_weights(tmp_path / "w")

    other.load_weights(tmp_path / "w")

    same(model, other, x)


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    model = trained()
    model.save_weights(tmp_path / "w")
    small = keras.Sequential([keras.layers.Dense(2, input_shape=(3,))])
    other = keras.Sequential([keras.layers.Dense(2, input_shape=(3,)) for _ in range(4)])

    with pytest.raises(ValueError, match=r"has 8 weights, but model \w+ has 2"):
        small.load_weights(tmp_path / "w")
    with pytest.raises(ValueError, match=r"has shape \(3, 2\) in the model and \(3, 3, 1, 4\) in the file"):
        other.load_weights(tmp_path / "w")


def test_files_that_are_not_there_or_not_readable_are_told(tmp_path: Path) -> None:
    (tmp_path / "t.index").write_bytes(b"\x00\x00")
    (tmp_path / "t.data-00000-of-00001").write_bytes(b"\x00")

    with pytest.raises(FileNotFoundError, match="There are no weights at"):
        stack().load_weights(tmp_path / "nothing")
    with pytest.raises(ValueError, match=r"was written by TensorFlow .* `model.save_weights\('name.h5'\)`"):
        stack().load_weights(tmp_path / "t")
    with pytest.raises(OSError, match="No file or directory found at"):
        keras.models.load_model(tmp_path / "nothing")
    with pytest.raises(ValueError, match="have not yet been created"):
        Net().save_weights(tmp_path / "w")


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    archive.write(str(tmp_path / "a.keras"), {"weights": []}, {"weights": [np.ones(2)]})
    with zipfile.ZipFile(tmp_path / "a.keras") as good, zipfile.ZipFile(tmp_path / "b.keras", "w") as bad:
        for name in good.namelist():
            if not name.endswith(".npy"):
                bad.writestr(name, good.read(name))
        with bad.open("weights/0.npy", "w") as file:
            np.lib.format.write_array(file, np.array([print, None], object), allow_pickle=True)

    with pytest.raises(ValueError, match="allow_pickle=False"):
        stack().load_weights(tmp_path / "b.keras")


def test_a_file_is_there_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    class Broken:
        def __array__(self, *_: Any, **__: Any) -> Any:
            raise RuntimeError("disk")

    with pytest.raises(RuntimeError, match="disk"):
        archive.write(str(tmp_path / "a"), {}, {"weights": [Broken()]})

    assert not (tmp_path / "a").exists()


# -- models ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["m.keras", "folder", "m.h5"])
def test_a_model_comes_back(tmp_path: Path, name: str) -> None:
    model = trained()

    model.save(tmp_path / name)
    other = keras.models.load_model(tmp_path / name)

    same(model, other)
    assert [layer.name for layer in other.layers] == [layer.name for layer in model.layers]
    assert other.loss == "sparse_categorical_crossentropy"
    assert other.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)


@pytest.mark.parametrize("optimizer", ["adam", keras.optimizers.legacy.Adam])
def test_training_goes_on_where_it_stopped(tmp_path: Path, optimizer: Any) -> None:
    model = trained(optimizer if isinstance(optimizer, str) else optimizer())
    model.save(tmp_path / "m.keras")
    other = keras.models.load_model(tmp_path / "m.keras")

    for each in (model, other):
        each.fit(X, Y, shuffle=False, verbose=0)

    assert int(other.optimizer.iterations) == 3
    same(model, other)


def test_a_graph_with_functions_comes_back(tmp_path: Path) -> None:
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    shared = keras.layers.Dense(3)
    x = keras.layers.Add()([shared(a), keras.layers.Dense(3)(b)])
    y = tf.nn.relu(x)[:, :2] * 2.0 + tf.ones((2,))
    model = keras.Model({"a": a, "b": b}, [tf.reduce_sum(y, axis=1), keras.layers.Activation("tanh")(y)])
    given = {"a": np.ones((2, 4), np.float32), "b": np.ones((2, 3), np.float32)}

    model.save(tmp_path / "m.keras")
    copies = [keras.models.load_model(tmp_path / "m.keras"), keras.models.model_from_json(model.to_json()),
              keras.models.clone_model(model)]  # fmt: skip

    for other in copies:
        other.set_weights(model.get_weights())
        for one, two in zip(model(given), other(given), strict=True):
            np.testing.assert_array_equal(one.numpy(), two.numpy())
        assert [v.name for v in other.weights] == [v.name for v in model.weights]


def test_a_class_of_ones_own_is_found_by_name(tmp_path: Path) -> None:
    x = np.ones((2, 3), np.float32)
    model = Net()
    model(x)
    model.save(tmp_path / "m")

    other = keras.models.load_model(tmp_path / "m", custom_objects={"Net": Net})

    same(model, other, x)
    with pytest.raises(ValueError, match=r"holds a model of the class Net, .*custom_objects=\{'Net': Net\}"):
        keras.models.load_model(tmp_path / "m")


def test_code_is_not_written() -> None:
    model = keras.Sequential([keras.layers.Lambda(lambda x: x + 1, input_shape=(2,))])

    with pytest.raises(TypeError, match="holds code, which tapeview does not write to files"):
        model.to_json()


def test_overwriting_can_be_forbidden(tmp_path: Path) -> None:
    model = trained()
    model.save(tmp_path / "m.keras")

    with pytest.raises(FileExistsError, match="is there already"):
        model.save(tmp_path / "m.keras", overwrite=False)


def test_a_clone_has_weights_of_its_own() -> None:
    model = trained()

    other = keras.models.clone_model(model, clone_function=lambda layer: type(layer).from_config(layer.get_config()))
    other.set_weights(model.get_weights())
    same(model, other)
    model.fit(X, Y, verbose=0)

    assert not np.array_equal(model.predict(X, verbose=0), other.predict(X, verbose=0))


# -- Keras's own files -------------------------------------------------------------------------------------------------

with_h5py = pytest.mark.skipif(importlib.util.find_spec("h5py") is None, reason="h5py is optional")


def written_by_keras(tmp_path: Path, name: str) -> Path:
    path = tmp_path / name
    path.write_bytes(base64.b64decode(FROZEN[name]))
    return path


@with_h5py
@pytest.mark.parametrize("name", ["weights.h5", "newer.weights.h5"])
def test_weights_that_keras_wrote(tmp_path: Path, name: str) -> None:
    model = keras.Sequential([keras.layers.Dense(3, input_shape=(2,)), keras.layers.BatchNormalization(),
                              keras.layers.Dense(2)])  # fmt: skip

    model.load_weights(written_by_keras(tmp_path, name))

    assert model(np.ones((1, 2), np.float32)).numpy()[0] == pytest.approx(FROZEN["result"], rel=1e-6)


@with_h5py
def test_a_model_that_keras_wrote(tmp_path: Path) -> None:
    model = keras.models.load_model(written_by_keras(tmp_path, "model.h5"))

    assert model(np.ones((1, 2), np.float32)).numpy()[0] == pytest.approx(FROZEN["result"], rel=1e-6)
    assert (type(model.optimizer).__name__, model.loss) == ("Adam", "mse")
    assert model.evaluate(np.ones((2, 2)), np.zeros((2, 2)), verbose=0)[0] > 0


def test_without_h5py_it_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written_by_keras(tmp_path, "weights.h5")
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)

    with pytest.raises(ImportError, match=r"is an HDF5 file; install h5py to read it \(pip install h5py\)"):
        keras.models.load_model(path)


def test_without_h5py_files_of_that_name_are_archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    model, other = trained(), stack()

    model.save_weights(tmp_path / "w.h5")
    other.load_weights(tmp_path / "w.h5")

    same(model, other)
    assert archive.kind_of(str(tmp_path / "w.h5")) == "archive"
