"""Paths, colours and places of matplotlib's as a picture has them."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase
from matplotlib.path import Path as Outline

from tapeview.trace import picture as p

_MOST_SNAPPED = 1_024
_CLOSE = Outline.CLOSEPOLY


def floats(numbers: np.ndarray) -> bytes:
    return np.ascontiguousarray(numbers, "<f4").tobytes()


def color_of(color: Any) -> bytes:
    """Four bytes for three or four numbers from 0 to 1."""
    parts = [min(255, max(0, round(float(part) * 255))) for part in color]
    return bytes((*parts[:3], parts[3] if len(parts) > 3 else 255))


def colors_of(colors: Any) -> bytes:
    """The same for many colours."""
    array = np.asarray(colors, float)
    if not array.size:
        return b""
    array = array.reshape(len(array), -1)
    if array.shape[1] == 3:
        array = np.hstack([array, np.ones((len(array), 1))])
    return bytes(np.clip(np.rint(array * 255), 0, 255).astype(np.uint8).tobytes())


def fill_of(gc: GraphicsContextBase, face: Any) -> bytes:
    if face is None:
        return b""
    alpha = gc.get_alpha() if len(face) == 3 or gc.get_forced_alpha() else face[3]
    return color_of((*face[:3], alpha)) if alpha else b""


def stroke_of(gc: GraphicsContextBase) -> bytes:
    color: Any = gc.get_rgb()
    alpha = gc.get_alpha() if gc.get_forced_alpha() else (color[3] if len(color) > 3 else 1.0)
    return color_of((*color[:3], alpha)) if alpha else b""


def shape_of(path: Outline, transform: Any) -> p.Shape | None:
    """A path as it stands, moved."""
    outline = path.cleaned(transform=transform, remove_nans=True, simplify=False, curves=True, snap=False)
    return shape_from(outline.vertices, outline.codes)


def shape_from(vertices: Any, codes: Any) -> p.Shape | None:
    """A shape of matplotlib's vertices and codes, which end with a STOP; None if there is nothing in it."""
    if codes is None or not len(codes):
        return None
    end = int(np.argmax(codes == Outline.STOP)) if (codes == Outline.STOP).any() else len(codes)
    if not end:
        return None
    kinds = np.where(codes[:end] == _CLOSE, p.CLOSE, codes[:end]).astype(np.uint8)
    points = np.ascontiguousarray(vertices[:end], "<f4")
    points[kinds == p.CLOSE] = 0.0  # what stands there means nothing, and may be NaN
    return p.Shape(kinds.tobytes(), points.tobytes())


def places_of(path: Outline, transform: Any) -> np.ndarray:
    """Where a path's vertices are, without those that are not finite and without the control points of curves."""
    if path.codes is None:
        vertices: np.ndarray = np.ma.filled(np.ma.asarray(path.vertices, float), np.nan)
        points: np.ndarray = np.asarray(transform.transform(vertices), float)
        found: np.ndarray = points[np.isfinite(points).all(axis=1)]
        return found
    ends = [curve[-2:] for curve, _ in path.iter_segments(transform, simplify=False) if len(curve)]
    return np.array(ends, float).reshape(-1, 2)


def snaps(gc: GraphicsContextBase, shape: p.Shape) -> bool:
    """Whether lines go onto whole pixels, by matplotlib's own rule: only those that run along the axes do by
    themselves."""
    wanted = gc.get_snap()
    if wanted is not None:
        return bool(wanted)
    kinds, points = p.points_of(shape)
    if len(kinds) > _MOST_SNAPPED or not len(kinds) or ((kinds == p.QUADRATIC) | (kinds == p.CUBIC)).any():
        return False
    steps = np.abs(np.diff(points, axis=0))[kinds[1:] == p.LINE]
    return bool((steps.min(axis=1) < 1e-4).all()) if len(steps) else False
