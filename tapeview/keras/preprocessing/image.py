"""``keras.preprocessing.image.ImageDataGenerator``: batches of images that are changed at random, with NumPy alone."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator as Turns
from typing import Any

import numpy as np

from tapeview.engine.ops.projection import FILLS, project
from tapeview.engine.tensor import Array
from tapeview.keras.backend.config import floatx
from tapeview.keras.layers.arguments import data_format as known_order
from tapeview.keras.modules import Settled
from tapeview.keras.utils.sequence import Sequence

_UNFIT = (
    "This ImageDataGenerator specifies `{}`, but it hasn't been fit on any training data. Fit it first by calling "
    "`.fit(numpy_data)`."
)


class Iterator(Settled, Sequence):
    """Batches by numbers of examples, in a new order each epoch if wanted, without an end."""

    def __init__(self, n: int, batch_size: int, shuffle: bool, seed: int | None) -> None:
        self.n, self.batch_size, self.shuffle, self.seed = n, batch_size, shuffle, seed
        self.batch_index = self.total_batches_seen = 0
        self.lock = threading.Lock()
        self.index_array: Array | None = None
        self.index_generator = self._flow_index()

    def _set_index_array(self) -> None:
        self.index_array = np.random.permutation(self.n) if self.shuffle else np.arange(self.n)

    def __len__(self) -> int:
        return (self.n + self.batch_size - 1) // self.batch_size

    def __getitem__(self, index: int) -> Any:
        if index >= len(self):
            raise ValueError(f"Asked to retrieve element {index}, but the Sequence has length {len(self)}")
        if self.seed is not None:
            np.random.seed(self.seed + self.total_batches_seen)
        self.total_batches_seen += 1
        if self.index_array is None:
            self._set_index_array()
        assert self.index_array is not None
        chosen = self.index_array[self.batch_size * index : self.batch_size * (index + 1)]
        return self._get_batches_of_transformed_samples(chosen)

    def on_epoch_end(self) -> None:
        """A new order."""
        self._set_index_array()

    def reset(self) -> None:
        """Begins with the first batch again."""
        self.batch_index = 0

    def _flow_index(self) -> Turns[Array]:
        self.reset()
        while True:
            if self.seed is not None:
                np.random.seed(self.seed + self.total_batches_seen)
            if self.batch_index == 0:
                self._set_index_array()
            assert self.index_array is not None
            start = self.batch_index * self.batch_size % self.n if self.n else 0
            self.batch_index = self.batch_index + 1 if self.n > start + self.batch_size else 0
            self.total_batches_seen += 1
            yield self.index_array[start : start + self.batch_size]

    def __iter__(self) -> Iterator:
        return self

    def __next__(self) -> Any:
        with self.lock:
            chosen = next(self.index_generator)
        return self._get_batches_of_transformed_samples(chosen)

    next = __next__

    def _get_batches_of_transformed_samples(self, index_array: Array) -> Any:
        return index_array


class NumpyArrayIterator(Iterator):
    """Batches of arrays, changed by a generator. Raises ValueError for arrays of other lengths, or of another rank."""

    def __init__(
        self, x: Any, y: Any, image_data_generator: ImageDataGenerator, batch_size: int = 32, shuffle: bool = False,
        sample_weight: Any = None, seed: int | None = None, data_format: Any = None, subset: str | None = None,
        ignore_class_split: bool = False, dtype: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        more: list[Array] = []
        if isinstance(x, (tuple, list)):
            x, *rest = x
            more = [np.asarray(part) for value in rest for part in (value if isinstance(value, list) else [value])]
        for word, value in (("`y`", y), ("sample_weight", sample_weight)):
            if value is not None and len(value) != len(x):
                raise ValueError(
                    f"`x` (images tensor) and {word} (labels) should have the same length. Found: x.shape = "
                    f"{np.asarray(x).shape}, {word} shape = {np.asarray(value).shape}"
                )
        parts = [np.asarray(x, dtype=dtype or image_data_generator.dtype), *more]
        labels = None if y is None else np.asarray(y)
        weights = None if sample_weight is None else np.asarray(sample_weight)
        if subset is not None:
            if subset not in ("training", "validation"):
                raise ValueError(f'Invalid subset name: {subset}; expected "training" or "validation".')
            at = int(len(parts[0]) * image_data_generator._validation_split)
            if labels is not None and not ignore_class_split and set(labels[:at].tolist()) != set(labels[at:].tolist()):
                raise ValueError(
                    "Training and validation subsets have different number of classes after the split. If your numpy "
                    "arrays are sorted by the label, you might want to shuffle them."
                )
            chosen = slice(0, at) if subset == "validation" else slice(at, None)
            parts = [part[chosen] for part in parts]
            labels, weights = (None if v is None else v[chosen] for v in (labels, weights))
        self.x, self.x_misc = parts[0], parts[1:]
        if self.x.ndim != 4:
            raise ValueError(
                "Input data in `NumpyArrayIterator` should have rank 4. You passed an array with shape", self.x.shape
            )
        self.y, self.sample_weight = labels, weights
        self.image_data_generator = image_data_generator
        super().__init__(len(self.x), batch_size, shuffle, seed)

    def _get_batches_of_transformed_samples(self, index_array: Array) -> Any:
        made = self.image_data_generator
        batch = np.zeros((len(index_array), *self.x.shape[1:]), made.dtype)
        for k, place in enumerate(index_array):
            image = self.x[place]
            chosen = made.get_random_transform(image.shape)
            batch[k] = made.standardize(made.apply_transform(image.astype(made.dtype), chosen))
        images: Any = [batch, *[part[index_array] for part in self.x_misc]] if self.x_misc else batch
        if self.y is None:
            return images
        found = (images, self.y[index_array])
        return found if self.sample_weight is None else (*found, self.sample_weight[index_array])


class ImageDataGenerator(Settled):
    """Images turned, moved, sheared, zoomed, mirrored and coloured at random, and brought to a scale.

    Args:
        featurewise_center, featurewise_std_normalization: by means and deviations that :meth:`fit` learned.
        samplewise_center, samplewise_std_normalization: by each image's own.
        rotation_range, shear_range: degrees.
        width_shift_range, height_shift_range: parts of a side, or numbers of pixels.
        zoom_range: one number around 1, or two.
        fill_mode: what stands outside: ``nearest``, ``constant`` (``cval``), ``reflect`` or ``wrap``.
        rescale: what values are multiplied by.

    Raises:
        ValueError: ranges that are none.
    """

    def __init__(
        self, featurewise_center: bool = False, samplewise_center: bool = False,
        featurewise_std_normalization: bool = False, samplewise_std_normalization: bool = False,
        zca_whitening: bool = False, zca_epsilon: float = 1e-6, rotation_range: float = 0,
        width_shift_range: Any = 0.0, height_shift_range: Any = 0.0, brightness_range: Any = None,
        shear_range: float = 0.0, zoom_range: Any = 0.0, channel_shift_range: float = 0.0, fill_mode: str = "nearest",
        cval: float = 0.0, horizontal_flip: bool = False, vertical_flip: bool = False, rescale: float | None = None,
        preprocessing_function: Any = None, data_format: Any = None, validation_split: float = 0.0,
        interpolation_order: int = 1, dtype: Any = None,
    ) -> None:  # fmt: skip
        self.featurewise_center = featurewise_center or featurewise_std_normalization or zca_whitening
        self.featurewise_std_normalization = featurewise_std_normalization and not zca_whitening
        self.samplewise_center = samplewise_center or samplewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening, self.zca_epsilon = zca_whitening, zca_epsilon
        self.rotation_range, self.shear_range = rotation_range, shear_range
        self.width_shift_range, self.height_shift_range = width_shift_range, height_shift_range
        self.channel_shift_range, self.brightness_range = channel_shift_range, brightness_range
        self.fill_mode, self.cval, self.interpolation_order = fill_mode, cval, interpolation_order
        self.horizontal_flip, self.vertical_flip = horizontal_flip, vertical_flip
        self.rescale, self.preprocessing_function = rescale, preprocessing_function
        self.dtype = dtype or floatx()
        self.data_format = known_order(data_format)
        first = self.data_format == "channels_first"
        self.channel_axis, self.row_axis, self.col_axis = (1, 2, 3) if first else (3, 1, 2)
        if validation_split and not 0 < validation_split < 1:
            raise ValueError(f"`validation_split` must be strictly between 0 and 1.  Received: {validation_split}")
        self._validation_split = validation_split
        if isinstance(zoom_range, (float, int)):
            self.zoom_range = [1 - zoom_range, 1 + zoom_range]
        elif len(zoom_range) == 2:
            self.zoom_range = list(zoom_range)
        else:
            raise ValueError(f"`zoom_range` should be a float or a tuple or list of two floats. Received: {zoom_range}")
        if brightness_range is not None and (
            not isinstance(brightness_range, (tuple, list)) or len(brightness_range) != 2
        ):
            raise ValueError(f"`brightness_range should be tuple or list of two floats. Received: {brightness_range}")
        self.mean: Array | None = None
        self.std: Array | None = None
        self.zca_whitening_matrix: Array | None = None

    def flow(
        self, x: Any, y: Any = None, batch_size: int = 32, shuffle: bool = True, sample_weight: Any = None,
        seed: int | None = None, save_to_dir: Any = None, save_prefix: str = "", save_format: str = "png",
        ignore_class_split: bool = False, subset: str | None = None,
    ) -> NumpyArrayIterator:  # fmt: skip
        """Batches of the images of an array (examples, height, width, channels), with their labels, without an end.

        Raises:
            ValueError: arrays that do not fit; ``save_to_dir``, which tapeview does not do.
        """
        if save_to_dir is not None:
            raise ValueError("tapeview does not save the pictures of `flow`; write them with `keras.utils.save_img`.")
        return NumpyArrayIterator(
            x, y, self, batch_size=batch_size, shuffle=shuffle, sample_weight=sample_weight, seed=seed, subset=subset,
            ignore_class_split=ignore_class_split,
        )  # fmt: skip

    # -- one image -----------------------------------------------------------------------------------------------------

    def standardize(self, x: Array) -> Array:
        """An image brought to its scale."""
        if self.preprocessing_function:
            x = self.preprocessing_function(x)
        if self.rescale:
            x = x * self.rescale
        if self.samplewise_center:
            x = x - np.mean(x, keepdims=True)
        if self.samplewise_std_normalization:
            x = x / (np.std(x, keepdims=True) + 1e-6)
        if self.featurewise_center:
            x = x if self._missing("featurewise_center", self.mean) else x - self.mean
        if self.featurewise_std_normalization:
            spread: Any = self.std
            x = x if self._missing("featurewise_std_normalization", spread) else x / (spread + 1e-6)
        if self.zca_whitening and not self._missing("zca_whitening", self.zca_whitening_matrix):
            x = np.reshape(x.reshape(-1, int(np.prod(x.shape[-3:]))) @ self.zca_whitening_matrix, x.shape)
        return x

    def _missing(self, word: str, value: Any) -> bool:
        if value is None:
            warnings.warn(_UNFIT.format(word), stacklevel=4)
        return value is None

    def get_random_transform(self, img_shape: Any, seed: int | None = None) -> dict[str, Any]:
        """What is done to an image of a shape, drawn from NumPy's generator."""
        if seed is not None:
            np.random.seed(seed)
        draw = np.random.uniform
        theta = draw(-self.rotation_range, self.rotation_range) if self.rotation_range else 0
        tx = self._shift(self.height_shift_range, img_shape[self.row_axis - 1])
        ty = self._shift(self.width_shift_range, img_shape[self.col_axis - 1])
        shear = draw(-self.shear_range, self.shear_range) if self.shear_range else 0
        zx, zy = (1, 1) if self.zoom_range == [1, 1] else draw(self.zoom_range[0], self.zoom_range[1], 2)
        found = {"theta": theta, "tx": tx, "ty": ty, "shear": shear, "zx": zx, "zy": zy}
        found["flip_horizontal"] = (np.random.random() < 0.5) * self.horizontal_flip
        found["flip_vertical"] = (np.random.random() < 0.5) * self.vertical_flip
        reach = self.channel_shift_range
        found["channel_shift_intensity"] = draw(-reach, reach) if reach != 0 else None
        found["brightness"] = None if self.brightness_range is None else draw(*self.brightness_range)
        return found

    def _shift(self, reach: Any, side: int) -> float:
        if not reach:
            return 0
        if isinstance(reach, float):
            moved = np.random.uniform(-reach, reach)
        else:
            moved = np.random.choice(reach) * np.random.choice([-1, 1])
        return float(moved * side if np.max(reach) < 1 else moved)

    def apply_transform(self, x: Array, transform_parameters: dict[str, Any]) -> Array:
        """An image changed as :meth:`get_random_transform` says."""
        given = transform_parameters
        rows, columns, channels = self.row_axis - 1, self.col_axis - 1, self.channel_axis - 1
        moves = {word: given[word] for word in ("theta", "tx", "ty", "shear", "zx", "zy") if word in given}
        x = apply_affine_transform(
            x, **moves, row_axis=rows, col_axis=columns, channel_axis=channels, fill_mode=self.fill_mode,
            cval=self.cval, order=self.interpolation_order,
        )  # fmt: skip
        shift = given.get("channel_shift_intensity")
        if shift is not None:
            x = np.clip(x + shift, x.min(), x.max())
        if given.get("flip_horizontal"):
            x = np.flip(x, columns)
        if given.get("flip_vertical"):
            x = np.flip(x, rows)
        light = given.get("brightness")
        return x if light is None else np.floor(np.clip(np.floor(np.clip(x, 0, 255)) * light, 0, 255))

    def random_transform(self, x: Array, seed: int | None = None) -> Array:
        """An image changed at random."""
        return self.apply_transform(x, self.get_random_transform(x.shape, seed))

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Learns means and deviations from images. Raises ValueError for another rank than 4."""
        images = np.array(x, dtype=self.dtype)
        if images.ndim != 4:
            raise ValueError(f"Input to `.fit()` should have rank 4. Got array with shape: {images.shape}")
        if seed is not None:
            np.random.seed(seed)
        if self.rescale:
            images *= self.rescale
        if augment:
            images = np.stack([self.random_transform(image) for _ in range(rounds) for image in images])
        over = (0, self.row_axis, self.col_axis)
        wide = [1, 1, 1]
        wide[self.channel_axis - 1] = images.shape[self.channel_axis]
        if self.featurewise_center:
            self.mean = np.reshape(images.mean(axis=over), wide)
            images -= self.mean
        if self.featurewise_std_normalization:
            self.std = np.reshape(images.std(axis=over), wide)
            images /= self.std + 1e-6
        if self.zca_whitening:
            u, s, _ = np.linalg.svd(images.reshape(len(images), -1).T, full_matrices=False)
            self.zca_whitening_matrix = (u * (np.sqrt(len(images)) / (s + self.zca_epsilon))) @ u.T


def apply_affine_transform(
    x: Array, theta: float = 0, tx: float = 0, ty: float = 0, shear: float = 0, zx: float = 1, zy: float = 1,
    row_axis: int = 1, col_axis: int = 2, channel_axis: int = 0, fill_mode: str = "nearest", cval: float = 0.0,
    order: int = 1,
) -> Array:  # fmt: skip
    """An image turned (degrees), moved (pixels), sheared (degrees) and zoomed, by linear interpolation.

    Raises:
        ValueError: an unknown way of filling, or an order above 1.
    """
    if fill_mode not in FILLS or order not in (0, 1):
        raise ValueError(f"tapeview fills by one of {FILLS} and interpolates by order 0 or 1. Received: "
                         f"fill_mode={fill_mode}, order={order}")  # fmt: skip
    matrix = np.eye(3)
    turn, lean = np.deg2rad(theta), np.deg2rad(shear)
    if theta:
        matrix = matrix @ [[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]]
    if tx or ty:
        matrix = matrix @ [[1, 0, tx], [0, 1, ty], [0, 0, 1]]
    if shear:
        matrix = matrix @ [[1, -np.sin(lean), 0], [0, np.cos(lean), 0], [0, 0, 1]]
    if zx != 1 or zy != 1:
        matrix = matrix @ np.diag([zx, zy, 1.0])
    if np.array_equal(matrix, np.eye(3)):
        return x
    image = np.moveaxis(x, channel_axis, -1)
    middle = np.array([x.shape[row_axis], x.shape[col_axis]]) / 2 - 0.5
    offset = middle + matrix[:2, 2] - matrix[:2, :2] @ middle
    # The first coordinate is the column, as Keras has it, which also takes the height's middle for the column's.
    first, second = ((*matrix[k, :2], offset[k]) for k in (0, 1))
    if row_axis > col_axis:
        first, second = (second[1], second[0], second[2]), (first[1], first[0], first[2])
    numbers = np.array([[*first, *second, 0, 0]], np.float32)
    kind = "bilinear" if order else "nearest"
    found: Array = project(image[None], numbers, "nearest" if fill_mode == "constant" else fill_mode, kind)._array[0]
    if fill_mode == "constant":  # at the edge nothing is mixed with it
        height, width = image.shape[:2]
        rows, columns = np.mgrid[:height, :width]
        across, down = (c * columns + r * rows + o for c, r, o in (first, second))
        outside = (across < 0) | (across > width - 1) | (down < 0) | (down > height - 1)
        found = np.where(outside[..., None], image.dtype.type(cval), found)
    return np.moveaxis(found, -1, channel_axis)
