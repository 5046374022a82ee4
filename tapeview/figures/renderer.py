"""matplotlib's drawing calls, written down as a `Picture`.

Texts become shapes, with matplotlib's own fonts and formulas, so that they look the same on every machine. What no
list of shapes can say (colours that flow over a triangle), and meshes of thousands of cells, are drawn by Agg and kept
as an image.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib import cbook
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.path import Path as Outline
from matplotlib.transforms import Affine2D, IdentityTransform
from PIL import Image as Pillow

from tapeview.figures.parts import (
    color_of,
    colors_of,
    fill_of,
    floats,
    places_of,
    shape_from,
    shape_of,
    snaps,
    stroke_of,
)
from tapeview.trace import picture as p

SHARPNESS = 2.0
"""Pixels of an image for each pixel of the figure: it stays sharp when the figure is looked at twice as large."""

MOST_CELLS = 2_500
_MOST_PENS = 100_000
_HATCH_TILE = 72.0
_AGG: Any = RendererAgg


class PictureRenderer(RendererBase):
    """Draws a figure of ``width`` × ``height`` pixels at ``dpi`` into a list."""

    def __init__(self, width: float, height: float, dpi: float) -> None:
        super().__init__()
        self.width, self.height, self.dpi = float(width), float(height), float(dpi)
        self._items: list[p.Item] = []
        self._clips: dict[p.Clip, int] = {}
        self._texts: dict[str, None] = {}
        self._flip = Affine2D().scale(1.0, -1.0).translate(0.0, self.height)
        self._in_text = False

    def picture(self) -> p.Picture:
        """What was drawn so far."""
        return p.Picture(self.width, self.height, tuple(self._items), tuple(self._clips), tuple(self._texts))

    @property
    def size(self) -> int:
        """About how many bytes the picture has so far."""
        total = 0
        for item in self._items:
            match item:
                case p.Path():
                    total += len(item.shape.points)
                case p.Marks():
                    arrays = (item.places, item.turns, item.fills, item.strokes)
                    total += sum(map(len, arrays)) + sum(len(shape.points) for shape in item.shapes)
                case p.Image():
                    total += len(item.png)
        return total

    def draw_whole(self, figure: Figure) -> None:
        """Keep a figure as one image."""
        with cbook._setattr_cm(figure, dpi=self.dpi * SHARPNESS):
            self._by_agg(self.new_gc(), lambda agg, _: figure.draw(agg))

    # -- what matplotlib asks ------------------------------------------------------------------------------------------

    def get_canvas_width_height(self) -> tuple[float, float]:
        return self.width, self.height

    def points_to_pixels(self, points: Any) -> Any:
        return points * self.dpi / 72.0

    def get_image_magnification(self) -> float:
        return SHARPNESS

    def option_image_nocomposite(self) -> bool:
        return True

    def option_scale_image(self) -> bool:
        return True

    # -- what matplotlib draws -----------------------------------------------------------------------------------------

    def draw_path(self, gc: GraphicsContextBase, path: Outline, transform: Any, rgbFace: Any = None) -> None:
        hatch: Any = gc.get_hatch_path()
        plain = rgbFace is None and hatch is None
        outline = path.cleaned(
            transform=transform + self._flip,
            remove_nans=True,
            clip=(0, 0, self.width, self.height) if plain else None,
            simplify=path.should_simplify and plain,
            curves=True,
            snap=False,
            sketch=gc.get_sketch_params(),
        )
        shape = shape_from(outline.vertices, outline.codes)
        pen = self._pen(gc)
        fill = fill_of(gc, rgbFace)
        stroke = stroke_of(gc) if pen.width else b""
        lines = None if hatch is None else self._hatch(gc, hatch)
        if shape is not None and (fill or stroke or lines is not None):
            snap = not self._in_text and snaps(gc, shape)
            smooth = bool(gc.get_antialiased())
            self._items.append(p.Path(shape, fill, stroke, pen, self._clip(gc), smooth, snap, lines))

    def draw_markers(
        self,
        gc: GraphicsContextBase,
        marker_path: Outline,
        marker_trans: Any,
        path: Outline,
        trans: Any,
        rgbFace: Any = None,
    ) -> None:
        shape = shape_of(marker_path, marker_trans + Affine2D().scale(1.0, -1.0))
        places = places_of(path, trans + self._flip)
        if shape is None or not len(places):
            return
        pen = self._pen(gc)
        stroke = stroke_of(gc) if pen.width else b""
        mark = p.Marks(
            len(places), (shape,), floats(places), b"", fill_of(gc, rgbFace), stroke, (pen,), self._clip(gc),
            bool(gc.get_antialiased()), snaps(gc, shape),
        )  # fmt: skip
        if mark.fills or mark.strokes:
            self._items.append(mark)

    def draw_path_collection(
        self,
        gc: GraphicsContextBase,
        master_transform: Any,
        paths: Sequence[Outline],
        all_transforms: Any,
        offsets: Any,
        offset_trans: Any,
        facecolors: Any,
        edgecolors: Any,
        linewidths: Any,
        linestyles: Any,
        antialiaseds: Any,
        urls: Any,
        offset_position: Any,
        *,
        hatchcolors: Any = (),
    ) -> None:
        if not len(paths) or not (len(facecolors) or len(edgecolors)):
            return
        if gc.get_hatch() is not None or gc.get_sketch_params() is not None:
            given = {"hatchcolors": hatchcolors} if hatchcolors is not None and len(hatchcolors) else {}
            super().draw_path_collection(
                gc, master_transform, paths, all_transforms, offsets, offset_trans, facecolors, edgecolors, linewidths,
                linestyles, antialiaseds, urls, offset_position, **given,
            )  # fmt: skip
            return
        down = Affine2D().scale(1.0, -1.0)
        turns = np.zeros((0, 6))
        base: Any = master_transform + down
        if len(all_transforms) == 1:
            base = Affine2D(all_transforms[0]) + base
        elif len(all_transforms):
            turned = [(Affine2D(one) + base).get_matrix() for one in all_transforms]
            turns = np.array([[m[0, 0], m[1, 0], m[0, 1], m[1, 1], m[0, 2], m[1, 2]] for m in turned])
            base = IdentityTransform()
        shapes = [shape_of(path, base) or p.Shape(b"", b"") for path in paths]
        places: np.ndarray = np.ma.filled(np.ma.asarray(offset_trans.transform(offsets), float), np.nan).reshape(-1, 2)
        places = places if len(places) else np.zeros((1, 2))
        places = places * (1.0, -1.0) + (0.0, self.height)
        count = max(len(paths), len(all_transforms), len(offsets))
        pens = self._pens(gc, linewidths, linestyles) if len(edgecolors) else (p.Pen(0.0),)
        self._items.append(
            p.Marks(
                count, tuple(shapes), floats(places), floats(turns), colors_of(facecolors), colors_of(edgecolors), pens,
                self._clip(gc), bool(antialiaseds[0]) if len(antialiaseds) else True, False,
            )
        )  # fmt: skip

    def draw_quad_mesh(
        self,
        gc: GraphicsContextBase,
        master_transform: Any,
        meshWidth: int,
        meshHeight: int,
        coordinates: Any,
        offsets: Any,
        offsetTrans: Any,
        facecolors: Any,
        antialiased: bool,
        edgecolors: Any,
    ) -> None:
        rest = (coordinates, offsets, offsetTrans, facecolors, antialiased, edgecolors)
        if meshWidth * meshHeight <= MOST_CELLS:
            super().draw_quad_mesh(gc, master_transform, meshWidth, meshHeight, *rest)
            return
        larger = Affine2D().scale(SHARPNESS)
        self._by_agg(
            gc,
            lambda agg, plain: agg.draw_quad_mesh(
                plain, master_transform + larger, meshWidth, meshHeight, coordinates, offsets, offsetTrans + larger,
                facecolors, antialiased, edgecolors,
            ),
        )  # fmt: skip

    def draw_gouraud_triangles(
        self, gc: GraphicsContextBase, triangles_array: Any, colors_array: Any, transform: Any
    ) -> None:
        larger = transform + Affine2D().scale(SHARPNESS)
        colors, alpha = np.array(colors_array, float), 1.0
        if colors.size and np.ptp(colors[..., 3]) == 0:
            # Neighbours overlap a little: where both can be seen through, that would show.
            alpha = float(colors.flat[3])
            colors[..., 3] = 1.0
        self._by_agg(gc, lambda agg, plain: agg.draw_gouraud_triangles(plain, triangles_array, colors, larger), alpha)

    def draw_image(self, gc: GraphicsContextBase, x: float, y: float, im: Any, transform: Any = None) -> None:
        height, width = im.shape[:2]
        if not height or not width:
            return
        if transform is None:
            top = self.height - y - height / SHARPNESS
            self._image(gc, im[::-1], (1 / SHARPNESS, 0.0, 0.0, 1 / SHARPNESS, float(x), float(top)), True)
            return
        place = Affine2D().scale(1.0 / width, 1.0 / height) + transform + Affine2D().translate(x, y) + self._flip
        m = place.get_matrix()
        self._image(gc, im, (m[0, 0], m[1, 0], m[0, 1], m[1, 1], m[0, 2], m[1, 2]), False)

    def draw_text(
        self,
        gc: GraphicsContextBase,
        x: float,
        y: float,
        s: str,
        prop: Any,
        angle: float,
        ismath: Any = False,
        mtext: Any = None,
    ) -> None:
        self._told(s)
        self._in_text = True
        try:
            super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)
        finally:
            self._in_text = False

    def draw_tex(
        self, gc: GraphicsContextBase, x: float, y: float, s: str, prop: Any, angle: float, *, mtext: Any = None
    ) -> None:
        self._told(s)
        self._in_text = True
        try:
            super().draw_tex(gc, x, y, s, prop, angle, mtext=mtext)
        finally:
            self._in_text = False

    # -- parts of it ---------------------------------------------------------------------------------------------------

    def _told(self, text: str) -> None:
        if text.strip():
            self._texts[text] = None

    def _pen(self, gc: GraphicsContextBase) -> p.Pen:
        return self._pen_of(gc, gc.get_linewidth(), gc.get_dashes())

    def _pen_of(self, gc: GraphicsContextBase, width: float, style: Any) -> p.Pen:
        offset, dashes = style
        scaled = tuple(float(self.points_to_pixels(length)) for length in (dashes if dashes is not None else ()))
        return p.Pen(
            float(self.points_to_pixels(width)),
            scaled if any(scaled) else (),
            float(self.points_to_pixels(offset or 0.0)),
            str(getattr(gc.get_capstyle(), "value", gc.get_capstyle())),
            str(getattr(gc.get_joinstyle(), "value", gc.get_joinstyle())),
        )

    def _pens(self, gc: GraphicsContextBase, widths: Any, styles: Any) -> tuple[p.Pen, ...]:
        """A pen for each pair of a width and a style, as long as the longer list."""
        widths = list(widths) or [gc.get_linewidth()]
        styles = list(styles) or [gc.get_dashes()]
        count = min(math.lcm(len(widths), len(styles)), _MOST_PENS)
        return tuple(self._pen_of(gc, float(widths[n % len(widths)]), styles[n % len(styles)]) for n in range(count))

    def _hatch(self, gc: GraphicsContextBase, hatch: Outline) -> p.Hatch | None:
        size = float(self.points_to_pixels(_HATCH_TILE))
        shape = shape_of(hatch, Affine2D().scale(1.0, -1.0).translate(0.0, 1.0).scale(size))
        if shape is None:
            return None
        width = float(self.points_to_pixels(gc.get_hatch_linewidth()))
        return p.Hatch(shape, size, color_of(gc.get_hatch_color()), width)

    def _clip(self, gc: GraphicsContextBase) -> int:
        box: Any = gc.get_clip_rectangle()
        path: Any
        transform: Any
        path, transform = gc.get_clip_path()
        shape = None if path is None else shape_of(path, transform + self._flip)
        if box is None and shape is None:
            return -1
        bounds = None
        if box is not None:
            x, y, width, height = (float(number) for number in box.bounds)
            bounds = (x, self.height - y - height, width, height)
        return self._clips.setdefault(p.Clip(bounds, shape), len(self._clips))

    def _image(self, gc: GraphicsContextBase, pixels: Any, matrix: tuple[float, ...], smooth: bool) -> None:
        alpha: Any = gc.get_alpha()
        file = io.BytesIO()
        Pillow.fromarray(np.ascontiguousarray(pixels)).save(file, "png", compress_level=3)
        a, b, c, d, e, f = map(float, matrix)
        opacity = 1.0 if alpha is None else float(alpha)
        self._items.append(p.Image(file.getvalue(), (a, b, c, d, e, f), smooth, opacity, self._clip(gc)))

    def _by_agg(
        self, gc: GraphicsContextBase, draw: Callable[[Any, GraphicsContextBase], object], alpha: float = 1.0
    ) -> None:
        """Let Agg draw something, and keep the part of its page where anything is to be seen."""
        width, height = (math.ceil(side * SHARPNESS) for side in (self.width, self.height))
        agg: Any = _AGG(width, height, self.dpi * SHARPNESS)
        plain = agg.new_gc()
        plain.copy_properties(gc)
        plain.set_clip_rectangle(None)
        plain.set_clip_path(None)
        if alpha < 1.0:
            plain.set_alpha(1.0)
        draw(agg, plain)
        pixels = np.asarray(agg.buffer_rgba())
        seen = pixels[..., 3] > 0
        rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
        if not len(rows):
            return
        part = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        top = self.height - height / SHARPNESS + rows[0] / SHARPNESS
        scale = 1 / SHARPNESS
        self._image(_with_alpha(gc, alpha), part, (scale, 0.0, 0.0, scale, columns[0] / SHARPNESS, top), True)


def _with_alpha(gc: GraphicsContextBase, alpha: float) -> GraphicsContextBase:
    """The same clips, and a transparency of its own: that of the colours is in the pixels already."""
    plain = GraphicsContextBase()
    plain.copy_properties(gc)
    plain.set_alpha(alpha)
    return plain
