"""Pictures in files: PNG is read and written here, other kinds with Pillow if it is installed."""

from __future__ import annotations

import importlib
import io
import os
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import NotFoundError, invalid
from tapeview.engine.tensor import Array, EagerTensor

_PNG = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def _text(value: Any) -> bytes:
    return bytes(np.asarray(to_tensor(value)._array)[()])


def read_file(filename: Any, name: str | None = None) -> EagerTensor:
    """What a file holds, as one string. Raises NotFoundError if there is none."""
    path = os.fsdecode(_text(filename))
    try:
        with open(path, "rb") as file:
            return EagerTensor(np.array(file.read(), object))
    except OSError as error:
        raise NotFoundError(None, None, f"{path}; {error.strerror} [Op:ReadFile]") from None


def write_file(filename: Any, contents: Any, name: str | None = None) -> None:
    """Writes a string as a file, and the folders it is in."""
    path = os.fsdecode(_text(filename))
    if os.path.dirname(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(_text(contents))


# -- PNG -----------------------------------------------------------------------------------------------------------


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG)
    while at + 8 <= len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        at += size + 12


def _unfiltered(raw: bytes, height: int, width: int, bits: int) -> Array:
    """Lines of bytes; each line of ``raw`` begins with how it was filtered."""
    size, back = (width * bits + 7) // 8, max(bits // 8, 1)
    lines = np.frombuffer(raw, np.uint8, height * (size + 1)).reshape(height, size + 1)
    out = np.zeros((height, size), np.uint8)
    above = np.zeros(size, np.uint8)
    for k, line in enumerate(lines):
        kind, given = line[0], line[1:]
        if kind == 0:
            out[k] = given
        elif kind == 1:
            for first in range(back):
                out[k, first::back] = np.cumsum(given[first::back], dtype=np.uint8)
        elif kind == 2:
            out[k] = given + above
        else:
            out[k] = _predicted(given.tolist(), above.tolist(), back, kind == 4)
        above = out[k]
    return out


def _predicted(given: list[int], above: list[int], back: int, paeth: bool) -> list[int]:
    row: list[int] = []
    for k, value in enumerate(given):
        left, up, corner = (row[k - back], above[k], above[k - back]) if k >= back else (0, above[k], 0)
        guess = (left + up) // 2
        if paeth:
            near = left + up - corner
            guess = min((left, up, corner), key=lambda v, near=near: abs(near - v))  # type: ignore[misc]
        row.append((value + guess) & 255)
    return row


def _pixels(data: bytes) -> Array:
    """A PNG file's pixels (height, width, channels). Raises InvalidArgumentError for a file that is none."""
    parts: dict[bytes, bytes] = {}
    for kind, content in _chunks(data):
        parts[kind] = parts.get(kind, b"") + content
    try:
        width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", parts[b"IHDR"])
        channels = _CHANNELS[colour]
        if interlaced:
            return _by_pillow(data)
        lines = _unfiltered(zlib.decompress(parts[b"IDAT"]), height, width, depth * channels)
    except (KeyError, struct.error, zlib.error, ValueError) as error:
        raise invalid("DecodePng", f"Invalid PNG data, size {len(data)}: {error}") from None
    image: Array = lines
    if depth == 16:
        image = lines.view(">u2").astype(np.uint16)
    elif depth < 8:
        unpacked = np.unpackbits(lines, axis=1).reshape(height, -1, depth)
        image = np.packbits(unpacked, axis=2)[..., 0][:, :width] >> (8 - depth)
        image = image if colour == 3 else image * np.uint8(255 // (2**depth - 1))
    image = image.reshape(height, -1, channels)[:, :width]
    if colour == 3:
        image = np.frombuffer(parts[b"PLTE"], np.uint8).reshape(-1, 3)[image[..., 0]]
    return image


def _by_pillow(data: bytes) -> Array:
    try:
        pillow = importlib.import_module("PIL.Image")
    except ImportError:
        raise ImportError(
            "tapeview reads PNG files itself; for other pictures it needs Pillow: install it with `pip install pillow`."
        ) from None
    image = pillow.open(io.BytesIO(data))
    pixels = np.asarray(image.convert("RGB") if image.mode not in ("L", "RGB", "RGBA") else image)
    return pixels if pixels.ndim == 3 else pixels[..., None]


def _with_channels(image: Array, channels: int, op: str) -> Array:
    own = image.shape[-1]
    if channels in (0, own):
        return image
    top = np.iinfo(image.dtype).max
    colours, alpha = (image[..., :-1], image[..., -1:]) if own in (2, 4) else (image, None)
    if channels in (1, 2) and colours.shape[-1] == 3:
        # libpng's sum in whole numbers.
        shares = np.array([9798, 19235, 3735], np.int64)
        colours = (colours.astype(np.int64) @ shares >> 15).astype(image.dtype)[..., None]
    elif channels in (3, 4) and colours.shape[-1] == 1:
        colours = np.repeat(colours, 3, -1)
    if channels in (1, 3):
        return colours
    if channels not in (2, 4):
        raise invalid(op, f"channels must be 0, 1, 3, or 4, got {channels}", kernel=False)
    return np.concatenate([colours, np.full_like(colours[..., :1], top) if alpha is None else alpha], -1)


def decode_png(contents: Any, channels: int = 0, dtype: Any = dtypes.uint8, name: str | None = None) -> EagerTensor:
    """A picture's pixels (height, width, channels).

    Args:
        channels: 1, 3 or 4; as the file has them with 0.
        dtype: ``uint8`` or ``uint16``.

    Raises:
        InvalidArgumentError: what is no picture.
        ImportError: a picture that is no PNG, and Pillow is not installed.
    """
    data = _text(contents)
    image = _with_channels(_pixels(data) if data.startswith(_PNG) else _other(data), channels, "DecodePng")
    wide, wanted = image.dtype == np.uint16, dtypes.as_dtype(dtype).name == "uint16"
    if wide and not wanted:
        image = (image >> 8).astype(np.uint8)
    elif wanted and not wide:
        image = image.astype(np.uint16) * 257
    return EagerTensor(np.ascontiguousarray(image))


def _other(data: bytes) -> Array:
    if not data.startswith((b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF")):
        raise invalid("DecodeImage", "Unknown image file format. One of JPEG, PNG, GIF, BMP required.")
    return _by_pillow(data)


def decode_jpeg(contents: Any, channels: int = 0, *args: Any, name: str | None = None, **kwargs: Any) -> EagerTensor:
    """:func:`decode_png` for JPEG files, which Pillow reads."""
    return decode_png(contents, channels)


def decode_image(
    contents: Any, channels: Any = None, dtype: Any = dtypes.uint8, name: str | None = None,
    expand_animations: bool = True,
) -> EagerTensor:  # fmt: skip
    """:func:`decode_png` for any kind of file; floats run from 0 to 1."""
    kind = dtypes.as_dtype(dtype)
    if kind.is_floating:
        pixels = decode_png(contents, channels or 0)._array
        return EagerTensor(pixels.astype(kind.numpy) / kind.numpy.type(255))
    return decode_png(contents, channels or 0, kind)


def encode_png(image: Any, compression: int = -1, name: str | None = None) -> EagerTensor:
    """Pixels (height, width, channels) of bytes as a PNG file. Raises InvalidArgumentError for another rank or type."""
    pixels = to_tensor(image)._array
    if pixels.ndim != 3 or pixels.dtype not in (np.uint8, np.uint16) or pixels.shape[2] not in (1, 2, 3, 4):
        raise invalid("EncodePng", f"image must be 3-dimensional bytes with 1 to 4 channels: {pixels.shape}")
    height, width, channels = pixels.shape
    lines = np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder(">"))).view(np.uint8).reshape(height, -1)
    raw = np.concatenate([np.zeros((height, 1), np.uint8), lines], 1).tobytes()
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    head = struct.pack(">IIBBBBB", width, height, pixels.dtype.itemsize * 8, colour, 0, 0, 0)
    out = _PNG
    for kind, content in ((b"IHDR", head), (b"IDAT", zlib.compress(raw, compression)), (b"IEND", b"")):
        out += struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    return EagerTensor(np.array(out, object))
