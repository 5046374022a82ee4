"""Images enlarged and made smaller. Each way is a matrix for each axis, so its gradient is the transposed matrices."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import invalid
from tapeview.engine.op import Op, defop, execute
from tapeview.engine.ops.elementwise import cast
from tapeview.engine.ops.padding import pad
from tapeview.engine.ops.shape import expand_dims, squeeze, static_ints
from tapeview.engine.tensor import Array, EagerTensor

Shape = tuple[int, ...]


class ResizeMethod:
    """The ways of ``tf.image.resize``."""

    BILINEAR = "bilinear"
    NEAREST_NEIGHBOR = "nearest"
    BICUBIC = "bicubic"
    AREA = "area"
    LANCZOS3 = "lanczos3"
    LANCZOS5 = "lanczos5"
    GAUSSIAN = "gaussian"
    MITCHELLCUBIC = "mitchellcubic"


# -- matrices (new size, old size) ---------------------------------------------------------------------------------


def _middles(old: int, new: int) -> Array:
    """Where the middles of the new pixels lie among the old ones, whose edges have whole numbers."""
    return (np.arange(new, dtype=np.float32) + np.float32(0.5)) * np.float32(old / new)


def _filled(old: int, new: int, columns: Array, weights: Array) -> Array:
    matrix = np.zeros((new, old), np.float32)
    np.add.at(matrix, (np.arange(new)[:, None], columns), weights)
    return matrix


def _nearest(old: int, new: int) -> Array:
    at = np.minimum(np.floor(_middles(old, new)).astype(int), old - 1)
    return _filled(old, new, at[:, None], np.ones((new, 1), np.float32))


def _bilinear(old: int, new: int) -> Array:
    at = _middles(old, new) - np.float32(0.5)
    low = np.floor(at)
    share = at - low
    both = np.stack([np.maximum(low, 0), np.minimum(np.ceil(at), old - 1)], 1).astype(int)
    return _filled(old, new, both, np.stack([1 - share, share], 1))


def _cubic(x: Array, b: float, c: float) -> Array:
    """The family of cubic kernels of Mitchell and Netravali."""
    x = np.abs(x)
    near = ((12 - 9 * b - 6 * c) * x**3 + (-18 + 12 * b + 6 * c) * x**2 + 6 - 2 * b) / 6
    far = ((-b - 6 * c) * x**3 + (6 * b + 30 * c) * x**2 + (-12 * b - 48 * c) * x + 8 * b + 24 * c) / 6
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def _bicubic(old: int, new: int) -> Array:
    at = _middles(old, new) - np.float32(0.5)
    low = np.floor(at)
    # TensorFlow's kernel is a table of 1024 steps.
    share = np.rint((at - low) * 1024) / 1024
    places = low[:, None] + np.arange(-1, 3)
    weights = _cubic(places - low[:, None] - share[:, None], 0, 0.5) * ((places >= 0) & (places < old))
    weights /= weights.sum(1, keepdims=True)
    return _filled(old, new, np.clip(places, 0, old - 1).astype(int), weights)


def _area(old: int, new: int) -> Array:
    edges = np.arange(new + 1) * (old / new)
    cells = np.arange(old)
    covered = np.minimum(edges[1:, None], cells + 1) - np.maximum(edges[:-1, None], cells)
    return (np.maximum(covered, 0) * (new / old)).astype(np.float32)  # type: ignore[no-any-return]


def _lanczos(radius: float) -> Callable[[Array], Array]:
    return lambda x: np.where(np.abs(x) < radius, np.sinc(x) * np.sinc(x / radius), 0)


_KERNELS: dict[str, Callable[[Array], Array]] = {
    "triangle": lambda x: np.maximum(1 - np.abs(x), 0),
    "keyscubic": lambda x: _cubic(x, 0, 0.5),
    "mitchellcubic": lambda x: _cubic(x, 1 / 3, 1 / 3),
    "lanczos3": _lanczos(3.0),
    "lanczos5": _lanczos(5.0),
    "gaussian": lambda x: np.where(np.abs(x) < 1.5, np.exp(-(x**2) / 0.5), 0),
}


def _sampled(old: int, new: int, kernel: str, antialias: bool) -> Array:
    """A kernel around the middle of each new pixel; where images shrink, as wide as that pixel if wanted."""
    wide = max(old / new, 1.0) if antialias else 1.0
    at = _middles(old, new).astype(np.float64)
    weights = _KERNELS[kernel]((np.arange(old) + 0.5 - at[:, None]) / wide)
    sums = weights.sum(1, keepdims=True)
    return np.divide(weights, sums, out=np.zeros_like(weights), where=sums != 0).astype(np.float32)  # type: ignore[no-any-return]


_MATRICES: dict[str, Callable[..., Array]] = {
    "ResizeBilinear": _bilinear,
    "ResizeNearestNeighbor": _nearest,
    "ResizeBicubic": _bicubic,
    "ResizeArea": _area,
    "ScaleAndTranslate": _sampled,
}


# -- ops -----------------------------------------------------------------------------------------------------------


def _along(matrix: Array, x: Array, axis: int) -> Array:
    return np.moveaxis(np.tensordot(x, matrix.astype(x.dtype), (axis, 1)), -1, axis)


def _define(name: str, differentiable: bool = True) -> Op:
    """The op and the op of its gradient, which has none itself."""
    make = _MATRICES[name]

    def forward(x: Array, *, size: tuple[int, int], **how: Any) -> Array:
        for axis, new in zip((1, 2), size, strict=True):
            x = _along(make(x.shape[axis], new, **how), x, axis)
        return np.ascontiguousarray(x)

    def backward(g: Array, *_: Array, shape: Shape, **how: Any) -> Array:
        for axis in (1, 2):
            g = _along(make(shape[axis], g.shape[axis], **how).T, g, axis)
        return np.ascontiguousarray(g)

    if not differentiable:
        return defop(name, forward, inputs="images", doc="Has no gradient rule in TensorFlow.")
    # TensorFlow's takes the images too, for their size: so there is no second gradient.
    with_images = make is not _nearest
    names = "dy images" if with_images else "dy"
    grad = defop(f"{name}Grad", backward, inputs=names, doc="Has no gradient rule in TensorFlow.")

    def rule(g: EagerTensor, y: EagerTensor, x: EagerTensor, size: Any, **how: Any) -> EagerTensor:
        return execute(grad, (g, x) if with_images else (g,), {"shape": x._array.shape, **how})

    return defop(name, forward, (rule,), inputs="images", formulas=("g, back to the pixels it was mixed from",))


_BY_METHOD = {
    "bilinear": _define("ResizeBilinear"),
    "nearest": _define("ResizeNearestNeighbor"),
    "bicubic": _define("ResizeBicubic"),
    "area": _define("ResizeArea", differentiable=False),
}
_SAMPLED = _define("ScaleAndTranslate")
_SMOOTH = {"bilinear": "triangle", "bicubic": "keyscubic"}


def resize(
    images: Any, size: Any, method: Any = "bilinear", preserve_aspect_ratio: bool = False, antialias: bool = False,
    name: str | None = None,
) -> EagerTensor:  # fmt: skip
    """Images (height, width, channels), or a batch of them, in another size; floats unless the method is ``nearest``.

    Args:
        size: the new height and width.
        method: one of :class:`ResizeMethod`.
        preserve_aspect_ratio: both sides change alike; ``size`` is what the image must fit into.
        antialias: images that shrink are smoothed.

    Raises:
        ValueError: another rank, a size that is not two numbers, an unknown method.
    """
    x = to_tensor(images)
    rank = x._array.ndim
    if rank not in (3, 4):
        raise ValueError("'images' must have either 3 or 4 dimensions.")
    wanted = static_ints(size)
    if len(wanted) != 2:
        raise ValueError("'size' must be a 1-D Tensor of 2 elements: new_height, new_width")
    batch: Any = expand_dims(x, 0) if rank == 3 else x
    old = batch._array.shape[1:3]
    if preserve_aspect_ratio:
        share = min(np.float32(n / o) for n, o in zip(wanted, old, strict=True))
        wanted = tuple(int(np.rint(share * np.float32(o))) for o in old)
    word = str(method).lower()
    known = {"0": "bilinear", "1": "nearest", "2": "bicubic", "3": "area"}
    word = known.get(word, word)
    if word not in _BY_METHOD and word not in _KERNELS:
        raise ValueError(f"Resize method is not implemented: {method}")
    if min(wanted) < 1:
        raise invalid("ResizeBilinear", "output dimensions must be positive")
    if tuple(wanted) == old:
        same = batch if word == "nearest" else cast(batch, "float32")
        return squeeze(same, [0]) if rank == 3 else same
    if word != "nearest" and not batch.dtype.is_floating:
        batch = cast(batch, "float32")
    size2 = (int(wanted[0]), int(wanted[1]))
    if word in _BY_METHOD and not (antialias and word in _SMOOTH):
        found = execute(_BY_METHOD[word], (batch,), {"size": size2})
    else:
        how = {"size": size2, "kernel": _SMOOTH.get(word, word), "antialias": bool(antialias)}
        found = execute(_SAMPLED, (batch,), how)
    if word != "nearest" and found.dtype.name != "float32":
        found = cast(found, "float32")
    return squeeze(found, [0]) if rank == 3 else found


def resize_with_pad(
    image: Any, target_height: int, target_width: int, method: Any = "bilinear", antialias: bool = False
) -> EagerTensor:
    """An image made to fit into a size without a change of its shape, with zeros at both sides. Raises as resize."""
    x = to_tensor(image)
    height, width = x._array.shape[-3:-1]
    ratio = max(width / target_width, height / target_height)
    size = (max(math.floor(height / ratio), 1), max(math.floor(width / ratio), 1))
    found = resize(x, size, method, antialias=antialias)
    top, left = (target_height - size[0]) // 2, (target_width - size[1]) // 2
    frame = [[top, target_height - size[0] - top], [left, target_width - size[1] - left], [0, 0]]
    return pad(found, [[0, 0]] * (x._array.ndim - 3) + frame)
