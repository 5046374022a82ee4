"""``tf.saved_model``, pictures of models, pictures in files, loss scaling."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.engine.names import tf

X = np.ones((1, 3), np.float32)


def module() -> Any:
    class Scale(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.v = tf.Variable([1.0, 2.0], name="v")
            self.factor = 3
            self.parts = [tf.Variable(2.0), self.v]

        @tf.function
        def __call__(self, x: Any) -> Any:
            return x * self.v * self.factor + self.parts[0]

    return Scale()


def test_a_module_comes_back_with_its_values_and_its_functions(tmp_path: Path) -> None:
    saved = module()
    saved.v.assign([5.0, 6.0])
    tf.saved_model.save(saved, tmp_path / "m", options=tf.saved_model.SaveOptions(experimental_custom_gradients=True))

    found = tf.saved_model.load(tmp_path / "m")

    assert found is not saved
    assert found(tf.constant(2.0)).numpy().tolist() == [32.0, 38.0]
    assert found.parts[1] is found.v
    assert found.v.name == "v:0"


def test_a_model_comes_back(tmp_path: Path) -> None:
    saved = tf.keras.Sequential([tf.keras.layers.Dense(2, input_shape=(3,))])
    tf.saved_model.save(saved, tmp_path / "k")
    np.testing.assert_array_equal(tf.saved_model.load(tmp_path / "k")(X), saved(X))


def test_what_is_no_module_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Expected an object of type `Trackable`"):
        tf.saved_model.save(3, tmp_path / "n")
    with pytest.raises(OSError, match="does not exist"):
        tf.saved_model.load(tmp_path / "n")


def test_a_checkpoint_is_read_by_name(tmp_path: Path) -> None:
    net = module()
    tf.train.Checkpoint(step=tf.Variable(3), net=net).save(tmp_path / "ck")

    reader = tf.train.load_checkpoint(tmp_path)

    assert reader.get_variable_to_shape_map() == {
        f"{name}/.ATTRIBUTES/VARIABLE_VALUE": shape
        for name, shape in {"step": [], "net/v": [2], "net/parts/0": [], "save_counter": []}.items()
    }
    assert int(reader.get_tensor("step/.ATTRIBUTES/VARIABLE_VALUE")) == 3
    assert not reader.has_tensor("net/w/.ATTRIBUTES/VARIABLE_VALUE")
    with pytest.raises(ValueError, match="Couldn't find 'checkpoint'"):
        tf.train.load_checkpoint(tmp_path / "none")


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_png_there_and_back(channels: int, kind: Any) -> None:
    pixels = np.random.RandomState(0).randint(0, np.iinfo(kind).max, (5, 7, channels)).astype(kind)
    data = tf.io.encode_png(pixels)
    np.testing.assert_array_equal(tf.io.decode_png(data, dtype=kind), pixels)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1"])
def test_png_of_another_program(tmp_path: Path, mode: str) -> None:
    smooth = np.add.outer(np.arange(33), np.arange(50))[..., None] * [1, 2, 3]
    image = Image.fromarray(smooth.astype(np.uint8)).convert(mode)
    image.save(tmp_path / "a.png", optimize=True)

    found = tf.io.decode_png(tf.io.read_file(str(tmp_path / "a.png"))).numpy()

    expected = np.asarray(image.convert("L" if mode == "1" else "RGB" if mode == "P" else mode))
    np.testing.assert_array_equal(found, expected if expected.ndim == 3 else expected[..., None])


def test_channels_and_types_of_pictures_as_in_tensorflow() -> None:
    data = tf.io.encode_png(np.random.RandomState(0).randint(0, 256, (5, 7, 3)).astype(np.uint8))
    assert tf.image.decode_png(data, channels=1).numpy()[0, :, 0].tolist() == [92, 125, 119, 103, 69, 132, 156]
    assert tf.io.decode_image(data, dtype=tf.float32).numpy()[0, 0].tolist() == pytest.approx(
        [172 / 255, 47 / 255, 117 / 255]
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match="Unknown image file format"):
        tf.io.decode_image(b"no picture")
    with pytest.raises(tf.errors.NotFoundError):
        tf.io.read_file("/there/is/none")


def test_arrays_and_pillows_images(tmp_path: Path) -> None:
    pixels = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    image = tf.keras.preprocessing.image.array_to_img(pixels)
    assert np.asarray(image)[1, 1].tolist() == [208, 231, 255]
    tf.keras.utils.save_img(tmp_path / "a.png", pixels, scale=False)
    found = tf.keras.utils.load_img(tmp_path / "a.png", target_size=(4, 6), color_mode="grayscale")
    assert tf.keras.utils.img_to_array(found).shape == (4, 6, 1)


def test_steps_that_are_not_finite_are_left_out_and_halve_the_scale() -> None:
    optimizer = tf.keras.mixed_precision.LossScaleOptimizer(tf.keras.optimizers.SGD(0.25))
    w = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        loss = optimizer.get_scaled_loss(w * w)
    assert float(loss) == 32768.0
    optimizer.apply_gradients([(optimizer.get_unscaled_gradients(tape.gradient(loss, [w]))[0], w)])
    optimizer.apply_gradients([(tf.constant(np.inf), w)])
    assert (float(w), float(optimizer.loss_scale), int(optimizer.iterations)) == (0.5, 16384.0, 2)


def test_a_model_is_drawn_or_its_text_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tf.keras.Sequential(
        [tf.keras.layers.Dense(2, input_shape=(3,), name="a"), tf.keras.layers.Dense(1, name="b")]
    )
    monkeypatch.setenv("PATH", "")
    tf.keras.utils.plot_model(model, tmp_path / "model.png", show_shapes=True)
    text = (tmp_path / "model.dot").read_text(encoding="utf-8")
    assert "b | Dense | {input: (None, 2) | output: (None, 1)}" in text
    assert text.count("->") == 1


def test_code_of_a_function() -> None:
    @tf.function
    def double(x: Any) -> Any:
        return 2 * x

    assert "return 2 * x" in tf.autograph.to_code(double)
