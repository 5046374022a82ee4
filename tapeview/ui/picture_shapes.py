"""Shapes, colours and pens of a picture as Qt has them."""

from __future__ import annotations

import struct

import numpy as np
from PySide6.QtCore import QByteArray, QDataStream, QIODevice, Qt
from PySide6.QtGui import QColor, QPainterPath, QPen

from tapeview.trace.picture import CLOSE, CUBIC, LINE, MOVE, QUADRATIC, Pen

_CAPS = {
    "butt": Qt.PenCapStyle.FlatCap,
    "round": Qt.PenCapStyle.RoundCap,
    "projecting": Qt.PenCapStyle.SquareCap,
}
_JOINS = {
    "miter": Qt.PenJoinStyle.SvgMiterJoin,
    "round": Qt.PenJoinStyle.RoundJoin,
    "bevel": Qt.PenJoinStyle.BevelJoin,
}
_MITER = 10.0
_THINNEST = 0.25
_MOST_DASHES = 32
_ELEMENT = np.dtype([("kind", ">i4"), ("x", ">f8"), ("y", ">f8")])
_MOVE_TO, _LINE_TO, _CURVE_TO, _CURVE_DATA = range(4)


def path_of(kinds: np.ndarray, points: np.ndarray) -> QPainterPath:
    """A path of kinds and points as `trace.picture.points_of` gives them. Made in one go: calls for each point would
    take ten times as long.
    """
    path = QPainterPath()
    if not len(kinds):
        return path
    places = points.astype(np.float64)
    closes = kinds == CLOSE
    if closes.any():
        starts = np.maximum.accumulate(np.where(kinds == MOVE, np.arange(len(kinds)), 0))
        places[closes] = places[starts[closes]]
    controls = np.flatnonzero(kinds == QUADRATIC)[0::2]
    more = np.zeros(len(kinds), np.int64)
    more[controls] = 1
    at = np.arange(len(kinds)) + np.cumsum(more) - more
    made = np.zeros(len(kinds) + len(controls), _ELEMENT)
    made["x"][at], made["y"][at] = places[:, 0], places[:, 1]
    made["kind"][at] = np.select([kinds == MOVE, (kinds == LINE) | closes], [_MOVE_TO, _LINE_TO], _CURVE_DATA)
    made["kind"][at[np.flatnonzero(kinds == CUBIC)[0::3]]] = _CURVE_TO
    if len(controls):
        # A quadratic curve is a cubic one with its control points two thirds of the way.
        first = (places[controls - 1] + 2 * places[controls]) / 3
        second = (places[controls + 1] + 2 * places[controls]) / 3
        for where, kind, found in ((at[controls], _CURVE_TO, first), (at[controls] + 1, _CURVE_DATA, second)):
            made["kind"][where], made["x"][where], made["y"][where] = kind, found[:, 0], found[:, 1]
    data = QByteArray(struct.pack(">i", len(made)) + made.tobytes() + struct.pack(">ii", 0, 1))
    stream = QDataStream(data, QIODevice.OpenModeFlag.ReadOnly)
    stream >> path
    return path


def color_of(color: bytes) -> QColor:
    """Four bytes as a colour."""
    return QColor(*color[:4])


def pen_of(pen: Pen, color: bytes, scale: float, phase: float = 0.0) -> QPen:
    """A pen at a scale; ``phase`` is how long a line of it has run already, in pixels of the figure."""
    width = max(pen.width * scale, _THINNEST)
    made = QPen(color_of(color), width)
    made.setCapStyle(_CAPS.get(pen.cap, _CAPS["butt"]))
    made.setJoinStyle(_JOINS.get(pen.join, _JOINS["round"]))
    made.setMiterLimit(_MITER)
    dashes = pen.dashes * 2 if len(pen.dashes) % 2 else pen.dashes
    if dashes and len(dashes) <= _MOST_DASHES and sum(dashes) > 0 and min(dashes) >= 0:
        made.setDashPattern([length * scale / width for length in dashes])
        made.setDashOffset((pen.offset + phase) * scale / width)
    return made


def snapped(points: np.ndarray, width: float) -> np.ndarray:
    """Places on whole pixels, or on the middle of pixels for lines of an odd ``width``: there a line is sharp."""
    shift = 0.5 if int(np.ceil(width)) % 2 else 0.0
    return np.floor(points + 0.5 - shift) + shift if shift else np.rint(points)
