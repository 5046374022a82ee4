"""Images: values and messages as TensorFlow 2.15 has them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engine.names import tf

PICTURE = np.arange(12, dtype=np.float32).reshape(2, 3, 2) / 12


def test_contrast_of_floats() -> None:
    expected = [
        [[-0.4166667, -0.3333333], [-0.08333331, 0.0], [0.25, 0.3333333]],
        [[0.5833333, 0.6666666], [0.9166667, 1.0], [1.25, 1.3333334]],
    ]
    np.testing.assert_allclose(tf.image.adjust_contrast(PICTURE, 2.0), expected, atol=1e-6)
    np.testing.assert_allclose(
        tf.image.adjust_contrast(tf.Variable([PICTURE]), tf.Variable(2.0))[0], expected, atol=1e-6
    )
    assert tf.image.adjust_contrast(PICTURE.astype(np.float64), 2).dtype is tf.float64


def test_contrast_of_whole_numbers_is_cut_off_at_their_ends() -> None:
    found = tf.image.adjust_contrast(np.arange(12, dtype=np.uint8).reshape(2, 3, 2) * 20, 2.0)
    assert found.dtype is tf.uint8
    assert found.numpy().tolist() == [[[0, 0], [0, 0], [60, 80]], [[140, 160], [220, 240], [255, 255]]]


def test_contrast_has_no_gradient() -> None:
    image, delta = tf.Variable([[[0.5, 0.0, 0.0]]]), tf.Variable(0.1)
    with tf.GradientTape() as tape:
        changed = tf.image.adjust_contrast(image, delta)
    with pytest.raises(LookupError, match=r"^gradient registry has no entry for: AdjustContrastv2$"):
        tape.gradient(changed, [image, delta])


@pytest.mark.parametrize(
    ("image", "factor", "message"),
    [
        (PICTURE[0], 2.0, "input must be at least 3-D, got shape[3,2] [Op:AdjustContrastv2] name: "),
        (PICTURE, [2.0], "contrast_factor must be scalar: [1] [Op:AdjustContrastv2]"),
    ],
)
def test_what_is_no_image_or_no_factor(image: object, factor: object, message: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        tf.image.adjust_contrast(image, factor)
    assert str(caught.value).endswith("}} " + message)
