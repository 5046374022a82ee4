"""A picture as an SVG, without Qt."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from xml.sax.saxutils import escape

import numpy as np

from tapeview.trace.picture import (
    CLOSE,
    CUBIC,
    LINE,
    MOVE,
    Clip,
    Hatch,
    Image,
    Marks,
    Path,
    Pen,
    Picture,
    Shape,
    colors,
    matrices,
    pairs,
    points_of,
)

_LETTERS = {MOVE: "M", LINE: "L"}
_CAPS = {"butt": "butt", "round": "round", "projecting": "square"}
_JOINS = {"miter": "miter", "round": "round", "bevel": "bevel"}


def svg(picture: Picture, title: str = "") -> str:
    """The whole picture on white paper; one pixel of the figure is one unit."""
    width, height = _n(picture.width), _n(picture.height)
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
    ]
    if title:
        parts.append(f"<title>{escape(_printable(title))}</title>")
    texts = _printable(", ".join(picture.texts))
    if texts:
        parts.append(f"<desc>{escape(texts)}</desc>")
    parts.append(f'<rect width="{width}" height="{height}" fill="#ffffff"/>')
    for number, clip in enumerate(picture.clips):
        parts += _clip(number, clip)
    for number, item in enumerate(picture.items):
        clipped = f' clip-path="url(#c{item.clip})"' if 0 <= item.clip < len(picture.clips) else ""
        match item:
            case Path():
                parts += _path(number, item, clipped)
            case Marks():
                parts += _marks(number, item, clipped)
            case Image():
                parts.append(_image(item, clipped))
    return "\n".join([*parts, "</svg>", ""])


def _path(number: int, item: Path, clipped: str) -> Iterator[str]:
    d = _d(item.shape)
    if not d:
        return
    look = _look(item.fill, item.stroke, item.pen)
    crisp = "" if item.smooth else ' shape-rendering="crispEdges"'
    if item.hatch is None:
        yield f'<path d="{d}" {look}{crisp}{clipped}/>'
        return
    fill = _look(item.fill, b"", item.pen)
    yield f'<g{clipped}>{_pattern(f"h{number}", item.hatch)}<path d="{d}" {fill}/>'
    yield f'<path d="{d}" fill="url(#h{number})"/>'
    yield f'<path d="{d}" {_look(b"", item.stroke, item.pen)}/></g>'


def _marks(number: int, item: Marks, clipped: str) -> Iterator[str]:
    places, turns = pairs(item.places), matrices(item.turns)
    fills, strokes = colors(item.fills), colors(item.strokes)
    pens = item.pens or (Pen(0.0),)
    shapes = [_d(shape) for shape in item.shapes]
    if not shapes or not len(places):
        return
    alone = len(shapes) > 1 and len(turns) == 0 and len(places) == 1
    yield f"<g{clipped}>"
    if not alone:
        yield "<defs>" + "".join(f'<path id="m{number}-{k}" d="{d}"/>' for k, d in enumerate(shapes)) + "</defs>"
    crisp = "" if item.smooth else ' shape-rendering="crispEdges"'
    for k in range(item.count):
        x, y = (float(part) for part in places[k % len(places)])
        if not (np.isfinite(x) and np.isfinite(y)):
            continue
        fill = fills[k % len(fills)].tobytes() if len(fills) else b""
        stroke = strokes[k % len(strokes)].tobytes() if len(strokes) else b""
        look = _look(fill, stroke, pens[k % len(pens)]) + crisp
        d = shapes[k % len(shapes)]
        if alone:
            move = f' transform="translate({_n(x)} {_n(y)})"' if x or y else ""
            yield f'<path d="{d}" {look}{move}/>'
        elif len(turns):
            a, b, c, e, f, g = (float(part) for part in turns[k % len(turns)])
            yield f'<path d="{_d_turned(item.shapes[k % len(shapes)], (a, b, c, e, f + x, g + y))}" {look}/>'
        else:
            yield f'<use xlink:href="#m{number}-{k % len(shapes)}" x="{_n(x)}" y="{_n(y)}" {look}/>'
    yield "</g>"


def _image(item: Image, clipped: str) -> str:
    a, b, c, d, e, f = item.matrix
    data = base64.b64encode(item.png).decode()
    # The size of a PNG stands in its header.
    width, height = int.from_bytes(item.png[16:20], "big"), int.from_bytes(item.png[20:24], "big")
    matrix = " ".join(map(_n, (a, b, c, d, e, f)))
    alpha = f' opacity="{_n(item.alpha)}"' if item.alpha < 1 else ""
    sharp = "" if item.smooth else ' style="image-rendering:pixelated"'
    return (
        f'<g{clipped}><image width="{width}" height="{height}" preserveAspectRatio="none" '
        f'transform="matrix({matrix})"{alpha}{sharp} xlink:href="data:image/png;base64,{data}"/></g>'
    )


def _clip(number: int, clip: Clip) -> list[str]:
    inner = ""
    parts = []
    if clip.box is not None and clip.shape is not None:
        parts.append(f'<clipPath id="b{number}">{_box(clip)}</clipPath>')
        inner = f' clip-path="url(#b{number})"'
    shape = _box(clip) if clip.shape is None else f'<path d="{_d(clip.shape)}"{inner}/>'
    return [*parts, f'<clipPath id="c{number}">{shape}</clipPath>']


def _box(clip: Clip) -> str:
    if clip.box is None:
        return ""
    left, top, width, height = clip.box
    return f'<rect x="{_n(left)}" y="{_n(top)}" width="{_n(max(0, width))}" height="{_n(max(0, height))}"/>'


def _pattern(id: str, hatch: Hatch) -> str:
    size, (color, alpha) = _n(hatch.size), _color(hatch.color)
    return (
        f'<pattern id="{id}" patternUnits="userSpaceOnUse" width="{size}" height="{size}"><path d="{_d(hatch.shape)}" '
        f'fill="{color}" stroke="{color}" opacity="{alpha}" stroke-width="{_n(hatch.width)}"/></pattern>'
    )


def _look(fill: bytes, stroke: bytes, pen: Pen) -> str:
    parts = ['fill="none"']
    if len(fill) == 4 and fill[3]:
        color, alpha = _color(fill)
        parts = [f'fill="{color}"'] + ([f'fill-opacity="{alpha}"'] if fill[3] < 255 else [])
    if len(stroke) == 4 and stroke[3] and pen.width > 0:
        color, alpha = _color(stroke)
        parts += [f'stroke="{color}"', f'stroke-width="{_n(pen.width)}"']
        parts += [f'stroke-opacity="{alpha}"'] if stroke[3] < 255 else []
        parts += [f'stroke-dasharray="{" ".join(map(_n, pen.dashes))}"'] if pen.dashes else []
        parts += [f'stroke-dashoffset="{_n(pen.offset)}"'] if pen.dashes and pen.offset else []
        parts.append(f'stroke-linecap="{_CAPS.get(pen.cap, "butt")}"')
        parts.append(f'stroke-linejoin="{_JOINS.get(pen.join, "round")}"')
    return " ".join(parts)


def _color(color: bytes) -> tuple[str, str]:
    """A colour without, and as a number from 0 to 1 its alpha."""
    red, green, blue, alpha = (*color, 0, 0, 0, 0)[:4]
    return f"#{red:02x}{green:02x}{blue:02x}", _n(alpha / 255)


def _d_turned(shape: Shape, matrix: tuple[float, ...]) -> str:
    kinds, points = points_of(shape)
    a, b, c, d, e, f = matrix
    x, y = points[:, 0].astype(float), points[:, 1].astype(float)
    return _written(kinds, np.stack([a * x + c * y + e, b * x + d * y + f], axis=1))


def _d(shape: Shape) -> str:
    return _written(*points_of(shape))


def _written(kinds: np.ndarray, points: np.ndarray) -> str:
    parts: list[str] = []
    running = 0  # points of a curve that are still to come
    for kind, (x, y) in zip(kinds.tolist(), points.tolist(), strict=True):
        if kind == CLOSE:
            parts.append("Z")
        elif kind in _LETTERS:
            parts.append(f"{_LETTERS[kind]}{_n(x)} {_n(y)}")
        elif running:
            running -= 1
            parts.append(f" {_n(x)} {_n(y)}")
        else:
            running = 2 if kind == CUBIC else 1
            parts.append(f"{'C' if kind == CUBIC else 'Q'}{_n(x)} {_n(y)}")
    return "".join(parts)


def _n(number: float) -> str:
    text = f"{number:.3f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _printable(text: str) -> str:
    """Without what may not stand in XML."""
    return "".join(sign for sign in text if sign in "\t\n" or (ord(sign) >= 32 and sign not in "\ufffe\uffff"))
