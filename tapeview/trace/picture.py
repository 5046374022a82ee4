"""A figure of the script's as a list of what was drawn: shapes, marks and images, exact and without fonts.

Coordinates are pixels of the figure at its own resolution, from its upper left corner, y downwards. Points stand as
little-endian float32 pairs, colours as four bytes (red, green, blue, alpha), so that 100,000 marks are three arrays
and not 100,000 objects. A reader need not trust a picture: whatever it holds can be decoded, or is refused.
"""

from __future__ import annotations

import zlib

import msgspec
import numpy as np

MOVE, LINE, QUADRATIC, CUBIC, CLOSE = 1, 2, 3, 4, 5
"""What a point of a shape is. A quadratic curve has two (a control point and its end), a cubic one three. Where a part
of a shape is closed stands a point whose place means nothing."""

PICTURE_LIMIT = 16 << 20
"""A picture of more bytes, packed, is not kept."""

_UNPACKED_LIMIT = 256 << 20
_LONGEST_SIDE = 100_000.0


class Shape(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Lines and curves: one byte of ``kinds`` and two float32 of ``points`` for each point."""

    kinds: bytes
    points: bytes


class Pen(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How outlines are drawn: ``width`` and ``dashes`` (on, off, ...) in pixels; ``cap`` is "butt", "round" or
    "projecting", ``join`` "miter", "round" or "bevel".
    """

    width: float
    dashes: tuple[float, ...] = ()
    offset: float = 0.0
    cap: str = "butt"
    join: str = "miter"


class Hatch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Lines over a filled shape: ``shape`` in a square tile of ``size`` pixels that is repeated."""

    shape: Shape
    size: float
    color: bytes
    width: float


class Path(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=1):
    """One shape, filled with ``fill`` and outlined with ``stroke`` (four bytes each; empty is none).

    ``clip`` is a place in the picture's list of clips, -1 is none. ``smooth`` is whether edges are smoothed; ``snap``
    whether lines are moved onto whole pixels where the picture is painted.
    """

    shape: Shape
    fill: bytes = b""
    stroke: bytes = b""
    pen: Pen = Pen(0.0)
    clip: int = -1
    smooth: bool = True
    snap: bool = False
    hatch: Hatch | None = None


class Marks(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=2):
    """``count`` shapes; mark number i takes number i of each list, from the beginning again where a list is shorter.

    ``places`` are where the shapes' origins go (NaN: nowhere); ``turns`` are six float32 each, a matrix (a, b, c, d, e,
    f: x' = a x + c y + e, y' = b x + d y + f) that a shape goes through first; without any nothing is turned.
    """

    count: int
    shapes: tuple[Shape, ...]
    places: bytes
    turns: bytes = b""
    fills: bytes = b""
    strokes: bytes = b""
    pens: tuple[Pen, ...] = ()
    clip: int = -1
    smooth: bool = True
    snap: bool = False


class Image(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=3):
    """A PNG. ``matrix`` leads from its pixels to the picture's; ``smooth`` is whether it may be blurred if enlarged."""

    png: bytes
    matrix: tuple[float, float, float, float, float, float]
    smooth: bool = True
    alpha: float = 1.0
    clip: int = -1


class Clip(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is drawn shows only inside ``box`` (left, top, width, height) and inside ``shape``, if they are there."""

    box: tuple[float, float, float, float] | None
    shape: Shape | None = None


Item = Path | Marks | Image


class Picture(msgspec.Struct, frozen=True, array_like=True):
    """A figure: its size in pixels, what was drawn, first things first, and the texts among that."""

    width: float
    height: float
    items: tuple[Item, ...]
    clips: tuple[Clip, ...] = ()
    texts: tuple[str, ...] = ()


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Picture)


def pack(picture: Picture) -> bytes:
    """The picture as it stands in a recording: MessagePack, deflated."""
    return zlib.compress(_ENCODER.encode(picture), 3)


def unpack(data: bytes) -> Picture:
    """The picture again. Raises ValueError, with a reason, for bytes that are no picture."""
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(data, _UNPACKED_LIMIT)
        if unpacker.unconsumed_tail or not unpacker.eof:
            raise ValueError("it is cut off or far too large")
        picture = _DECODER.decode(plain)
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError, RecursionError, MemoryError) as error:
        raise ValueError(f"it is no picture ({error})") from error
    if not (0.0 < picture.width <= _LONGEST_SIDE and 0.0 < picture.height <= _LONGEST_SIDE):
        raise ValueError("its size makes no sense")
    return picture


def points_of(shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    """A shape's kinds (uint8) and points (float32, n × 2), with what makes no sense left out."""
    kinds = np.frombuffer(shape.kinds, np.uint8)
    points = pairs(shape.points)
    count = min(len(kinds), len(points))
    kinds, points = kinds[:count], points[:count]
    return (kinds, points) if _sound(kinds, points) else (kinds[:0], points[:0])


def pairs(data: bytes) -> np.ndarray:
    """float32 pairs, n × 2."""
    return np.frombuffer(data[: len(data) // 8 * 8], "<f4").reshape(-1, 2)


def colors(data: bytes) -> np.ndarray:
    """Colours, n × 4 bytes."""
    return np.frombuffer(data[: len(data) // 4 * 4], np.uint8).reshape(-1, 4)


def matrices(data: bytes) -> np.ndarray:
    """Matrices of ``Marks.turns``, n × 6, without those that are not finite."""
    found = np.frombuffer(data[: len(data) // 24 * 24], "<f4").reshape(-1, 6)
    return np.where(np.isfinite(found).all(axis=1, keepdims=True), found, np.float32(0))


def _sound(kinds: np.ndarray, points: np.ndarray) -> bool:
    """Whether curves have all their points, the first point is a move and every place is finite."""
    if not len(kinds) or kinds[0] != MOVE or kinds.min() < MOVE or kinds.max() > CLOSE:
        return False
    if not np.isfinite(points).all():
        return False
    for kind, length in ((QUADRATIC, 2), (CUBIC, 3)):
        at = np.flatnonzero(kinds == kind)
        if len(at) % length:
            return False
        runs = at.reshape(-1, length)
        if (runs[:, -1] - runs[:, 0] != length - 1).any():
            return False
    return True
