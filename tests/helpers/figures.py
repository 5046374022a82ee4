"""Pictures and figures for everybody's tests."""

from __future__ import annotations

import msgspec
import numpy as np

from tapeview.trace.picture import CLOSE, LINE, MOVE, Clip, Marks, Path, Pen, Picture, Shape, pack
from tapeview.trace.records import Figure

FIGURE = Figure(1, 1, "", "손실", -1, -1, 0, 0, "shown", 1.0, 0, 100.0, 80.0)
RED, BLACK = b"\xff\x00\x00\xff", b"\x00\x00\x00\xff"


def outline(*points: tuple[float, float], closed: bool = True) -> Shape:
    """A shape of straight lines."""
    places = [*points, (0.0, 0.0)] if closed else [*points]
    kinds = [MOVE, *[LINE] * (len(points) - 1), *[CLOSE] * closed]
    return Shape(bytes(kinds), np.array(places, "<f4").tobytes())


def square_picture(width: float = 100.0, height: float = 80.0) -> Picture:
    """Black paper's edge, a red square at (20, 20) to (60, 60), clipped at x = 50, and three marks."""
    square = outline((20.0, 20.0), (60.0, 20.0), (60.0, 60.0), (20.0, 60.0))
    edge = outline((0.5, 0.5), (width - 0.5, 0.5), (width - 0.5, height - 0.5), (0.5, height - 0.5))
    dot = outline((-2.0, -2.0), (2.0, -2.0), (2.0, 2.0), (-2.0, 2.0))
    places = np.array([(70.0, 10.0), (80.0, 10.0), (90.0, 10.0)], "<f4").tobytes()
    return Picture(
        width,
        height,
        (
            Path(square, fill=RED, clip=0),
            Path(edge, stroke=BLACK, pen=Pen(1.0)),
            Marks(3, (dot,), places, fills=RED + BLACK),
        ),
        (Clip((0.0, 0.0, 50.0, height)),),
        ("손실",),
    )


def drawn(step: int, width: float = 100.0, **changes: object) -> tuple[Figure, bytes]:
    """An entry of a figure's history, and its picture."""
    entry = msgspec.structs.replace(FIGURE, step=step, position=0, width=width, **changes)
    return entry, pack(square_picture(width))
