"""Random numbers of ``tf.image`` and of ``keras.backend`` inside of ``fit``, as a function of ``tf``; see `parts`."""

from __future__ import annotations

from typing import Any

from tests.keras.frozen.values import Values, plain, random


def drawn(tf: Any) -> Values:
    """What comes after a global seed."""
    return {**_images(tf), "noise in fit": _noise(tf)}


def _images(tf: Any) -> Values:
    picture, batch = random(4, 5, 3, seed=11), random(6, 2, 3, 1, seed=12)
    image = tf.image
    calls: dict[str, Any] = {
        "flip": lambda: [image.random_flip_left_right(picture), image.random_flip_left_right(batch)],
        "flip down": lambda: [image.random_flip_up_down(batch, seed=4), image.random_flip_up_down(picture)],
        "brightness": lambda: image.random_brightness(picture, 0.3),
        "contrast": lambda: image.random_contrast(picture, 0.5, 1.5), "hue": lambda: image.random_hue(picture, 0.2),
        "saturation": lambda: image.random_saturation(picture, 0.5, 2.0, seed=1),
        "crop": lambda: [image.random_crop(picture, (2, 3, 3)), image.random_crop(batch, (6, 1, 2, 1), seed=9)],
    }  # fmt: skip
    found: Values = {}
    for name, call in calls.items():
        tf.random.set_seed(5)
        found[f"image {name}"] = plain([call(), call()])
    return found


def _noise(tf: Any) -> Any:
    """A layer whose noise has a seed of NumPy's, drawn when Keras makes a function of the training step."""
    keras = tf.keras
    keras.backend.clear_session()
    keras.utils.set_random_seed(8)

    class Noisy(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def call(self, inputs: Any) -> Any:
            return inputs + keras.backend.random_normal(tf.shape(inputs))

    given = keras.Input((3,))
    model = keras.Model(given, keras.layers.Dense(1)(Noisy()(given)))
    model.compile("sgd", "mse")
    history = model.fit(random(12, 3, seed=1), random(12, 1, seed=2), batch_size=4, epochs=2, verbose=0)
    return [history.history["loss"], plain(model.predict(random(2, 3, seed=3), verbose=0))]
