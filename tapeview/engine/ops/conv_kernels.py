"""What convolutions compute. Windows are copied out block by block as rows of a matrix that the filter is multiplied
with, and what a block reads and writes stays in the processor's cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tapeview.engine.ops.windows import Padding, Pair, block_size, cropped, every, is_finite, output_sizes, padded
from tapeview.engine.tensor import Array

Shape = tuple[int, ...]

_FEW = 8
"""Up to so many channels two windows beside each other share a row: to copy them out takes longer than to multiply."""


def _by_groups(function: Any, groups: int, *parts: tuple[Array, int]) -> list[Array]:
    """The results for each group of channels; a part is an array and the axis along which the groups lie."""
    split = [np.split(array, groups, axis) for array, axis in parts]
    return [function(*[np.ascontiguousarray(p) for p in group]) for group in zip(*split, strict=True)]


def _sharing(x: Array, width: int, out: Pair, strides: Pair, dilations: Pair) -> int:
    """How many windows of that width share a row."""
    overlap = width > 1 and strides[1] == dilations[1] == 1
    return 2 if overlap and out[1] % 2 == 0 and 0 < x.shape[3] <= _FEW and x.dtype.kind == "f" else 1


def _rows(
    x: Array, kernel: Pair, strides: Pair, dilations: Pair, out: Pair, sharing: int
) -> Iterator[tuple[slice, Array]]:
    """Some images at a time: which ones, and their windows as the rows of a matrix.

    ``x`` is padded. With ``sharing`` a row holds so many windows, each a pixel to the right of the one before.
    """
    n, _, _, c = x.shape
    x = np.ascontiguousarray(x)
    if kernel == strides == (1, 1):
        yield slice(0, n), x.reshape(-1, c)
        return
    sn, sh, sw, sc = x.strides
    reach = sharing + kernel[1] - 1
    shape: Shape = (n, out[0], out[1] // sharing, kernel[0])
    steps: Shape = (sn, sh * strides[0], sw * strides[1] * sharing, sh * dilations[0])
    whole = dilations[1] == 1 and x.size > 0
    if whole:
        # Pixels beside each other are copied as one item: half the time.
        found = np.lib.stride_tricks.as_strided(x, (*shape, reach * c), (*steps, sc), writeable=False)
        found = found.view(np.dtype((np.void, reach * c * x.itemsize)))
    else:
        found = np.lib.stride_tricks.as_strided(x, (*shape, reach, c), (*steps, sw * dilations[1], sc), writeable=False)
    each = shape[1] * shape[2]
    size = kernel[0] * reach * c
    step = block_size(n, each * size * x.itemsize)
    room = np.empty((step * each, size), x.dtype)
    places = (room.view(found.dtype) if whole else room).reshape(step, *found.shape[1:])
    for start in range(0, n, step):
        part = slice(start, min(start + step, n))
        count = part.stop - start
        np.copyto(places[:count], found[part])
        yield part, room[: count * each]


def conv(x: Array, w: Array, *, strides: Pair, padding: Padding, dilations: Pair) -> Array:
    """Images convolved with a filter.

    Raises:
        InvalidArgumentError: the filter is larger than the images.
    """
    groups = x.shape[3] // w.shape[2]
    if groups > 1:
        attrs: Any = {"strides": strides, "padding": padding, "dilations": dilations}
        return np.concatenate(_by_groups(lambda a, b: conv(a, b, **attrs), groups, (x, 3), (w, 3)), 3)
    kh, kw, cin, cout = w.shape
    out = output_sizes((x.shape[1], x.shape[2]), (kh, kw), strides, dilations, padding, "Conv2D")
    framed = padded(x, padding)
    sharing = _sharing(x, kw, out, strides, dilations)
    if sharing > 1 and not is_finite(x):
        sharing = 1  # what is infinite stays in its own windows
    matrix = w.reshape(-1, cout)
    if sharing > 1:
        wide = np.zeros((kh, sharing + kw - 1, cin, sharing, cout), w.dtype)
        for place in range(sharing):
            wide[:, place : place + kw, :, place] = w
        matrix = wide.reshape(-1, sharing * cout)
    y = np.empty((len(x), *out, cout), x.dtype)
    for part, rows in _rows(framed, (kh, kw), strides, dilations, out, sharing):
        np.matmul(rows, matrix, out=y[part].reshape(-1, sharing * cout))
    return y


def conv_back_filter(x: Array, dy: Array, *, shape: Shape, strides: Pair, padding: Padding, dilations: Pair) -> Array:
    """The filter's gradient, of ``shape``."""
    groups = x.shape[3] // shape[2]
    if groups > 1:
        attrs: Any = {"strides": strides, "padding": padding, "dilations": dilations}
        attrs["shape"] = (*shape[:3], shape[3] // groups)
        return np.concatenate(_by_groups(lambda a, b: conv_back_filter(a, b, **attrs), groups, (x, 3), (dy, 3)), 3)
    kh, kw, cin, cout = shape
    out = (dy.shape[1], dy.shape[2])
    sharing = _sharing(x, kw, out, strides, dilations)
    sums = np.zeros((kh * (sharing + kw - 1) * cin, sharing * cout), x.dtype)
    for part, rows in _rows(padded(x, padding), (kh, kw), strides, dilations, out, sharing):
        sums += rows.T @ dy[part].reshape(-1, sharing * cout)
    if sharing == 1:
        return sums.reshape(shape)
    wide = sums.reshape(kh, sharing + kw - 1, cin, sharing, cout)
    return sum(wide[:, place : place + kw, :, place] for place in range(1, sharing)) + wide[:, :kw, :, 0]


def conv_back_input(w: Array, dy: Array, *, shape: Shape, strides: Pair, padding: Padding, dilations: Pair) -> Array:
    """The images' gradient, of ``shape``."""
    groups = shape[3] // w.shape[2]
    if groups > 1:
        attrs: Any = {"strides": strides, "padding": padding, "dilations": dilations}
        attrs["shape"] = (*shape[:3], shape[3] // groups)
        return np.concatenate(_by_groups(lambda a, b: conv_back_input(a, b, **attrs), groups, (w, 3), (dy, 3)), 3)
    (top, bottom), (left, right) = padding
    framed = (shape[0], shape[1] + top + bottom, shape[2] + left + right, shape[3])
    turned = np.ascontiguousarray(w.transpose(0, 1, 3, 2))
    dense = strides == (1, 1) and 0 < framed[2] <= 2 * dy.shape[2]
    dx = (_sent_along if dense else _sent_to_places)(turned, dy, framed, strides, dilations)
    return cropped(dx, padding, (shape[1], shape[2]))


def _sent_along(w: Array, dy: Array, shape: Shape, strides: Pair, dilations: Pair) -> Array:
    """With strides of 1, where what each element of the filter sends is added as one long row, laid out like the images
    and shifted."""
    kh, kw, cout, cin = w.shape
    n, height, width, _ = shape
    (ho, wo), size = dy.shape[1:3], height * width
    count = (ho - 1) * width + wo
    step = block_size(n, 2 * size * (cin + cout) * dy.itemsize)
    dx = np.empty((n, size, cin), dy.dtype)
    canvas = np.zeros((step, height, width, cout), dy.dtype)
    room = np.empty((step, count, cin), dy.dtype)
    for start in range(0, n, step):
        part = dx[start : start + step]
        canvas[: len(part), :ho, :wo] = dy[start : start + step]
        g, sent = canvas.reshape(step, size, cout)[: len(part), :count], room[: len(part)]
        np.matmul(g, w[0, 0], out=part[:, :count])
        part[:, count:] = 0
        for ky, kx in list(np.ndindex(kh, kw))[1:]:
            at = ky * dilations[0] * width + kx * dilations[1]
            np.matmul(g, w[ky, kx], out=sent)
            place = part[:, at : at + count]
            np.add(place, sent, out=place)
    return dx.reshape(shape)


def _sent_to_places(w: Array, dy: Array, shape: Shape, strides: Pair, dilations: Pair) -> Array:
    """With any strides: what each element of the filter sends, added to the pixels that it meets."""
    kh, kw, cout, cin = w.shape
    n, ho, wo, _ = dy.shape
    dx = np.zeros(shape, dy.dtype)
    step = block_size(n, 6 * ho * wo * max(cin, cout) * dy.itemsize)
    room = np.empty((step * ho * wo, cin), dy.dtype)
    for start in range(0, n, step):
        part, g = dx[start : start + step], dy[start : start + step].reshape(-1, cout)
        sent = room[: len(g)]
        for ky, kx in np.ndindex(kh, kw):
            np.matmul(g, w[ky, kx], out=sent)
            rows = every(ky * dilations[0], ho, strides[0])
            place = part[:, rows, every(kx * dilations[1], wo, strides[1])]
            np.add(place, sent.reshape(-1, ho, wo, cin), out=place)
    return dx
