"""A picture as an SVG: every part of it, and nothing that would break the file."""

from __future__ import annotations

from xml.dom.minidom import Element, parseString

import msgspec
import numpy as np

from tapeview.trace.picture import Clip, Hatch, Image, Marks, Path, Pen, Picture
from tapeview.views.picture_svg import svg
from tests.helpers.figures import BLACK, RED, outline, square_picture

HEAD_OF_PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)


def root_of(picture: Picture, title: str = "") -> Element:
    found = parseString(svg(picture, title).encode()).documentElement
    assert found is not None
    return found


def test_shapes_marks_and_clips_are_there() -> None:
    root = root_of(square_picture(), "a & <b>\x01")
    (title,) = root.getElementsByTagName("title")
    assert title.firstChild is not None
    assert title.firstChild.nodeValue == "a & <b>"
    (clip,) = root.getElementsByTagName("clipPath")
    square = next(one for one in root.getElementsByTagName("path") if one.getAttribute("clip-path"))
    assert square.getAttribute("clip-path") == f"url(#{clip.getAttribute('id')})"
    assert (square.getAttribute("fill"), square.getAttribute("d")) == ("#ff0000", "M20 20L60 20L60 60L20 60Z")
    uses = root.getElementsByTagName("use")
    assert [(one.getAttribute("x"), one.getAttribute("fill")) for one in uses] == [
        ("70", "#ff0000"), ("80", "#000000"), ("90", "#ff0000"),
    ]  # fmt: skip


def test_pens_hatches_and_images_are_there() -> None:
    line = outline((0, 0), (10, 0), closed=False)
    pen = Pen(2.0, (4.0, 2.0), 1.0, "projecting", "bevel")
    hatch = Hatch(line, 72.0, RED, 1.0)
    picture = Picture(
        50.0,
        40.0,
        (
            Path(line, stroke=b"\x00\x00\xff\x80", pen=pen),
            Path(outline((0, 0), (10, 0), (10, 10)), fill=BLACK, hatch=hatch),
            Image(
                b"\x89PNG\r\n\x1a\n" + bytes(8) + (3).to_bytes(4, "big") + (2).to_bytes(4, "big"), (2, 0, 0, 2, 5, 6)
            ),
        ),
    )
    root = root_of(picture)
    first = root.getElementsByTagName("path")[0]
    for name, value in (
        ("stroke", "#0000ff"), ("stroke-opacity", "0.502"), ("stroke-dasharray", "4 2"), ("stroke-dashoffset", "1"),
        ("stroke-linecap", "square"), ("stroke-linejoin", "bevel"), ("stroke-width", "2"), ("fill", "none"),
    ):  # fmt: skip
        assert first.getAttribute(name) == value
    (pattern,) = root.getElementsByTagName("pattern")
    assert any(
        one.getAttribute("fill") == f"url(#{pattern.getAttribute('id')})" for one in root.getElementsByTagName("path")
    )
    (image,) = root.getElementsByTagName("image")
    assert (image.getAttribute("width"), image.getAttribute("height")) == ("3", "2")
    assert image.getAttribute("transform") == "matrix(2 0 0 2 5 6)"


def test_marks_that_are_turned_stand_where_they_belong() -> None:
    turns = np.array([2, 0, 0, 2, 0, 0, 1, 0, 0, 1, 0, 0], "<f4").tobytes()
    places = np.array([10, 20, np.nan, 0, 30, 40], "<f4").tobytes()
    marks = Marks(3, (outline((0, 0), (1, 0), (1, 1)),), places, turns, RED)
    paths = root_of(Picture(50.0, 50.0, (marks,))).getElementsByTagName("path")
    assert [one.getAttribute("d") for one in paths if one.getAttribute("fill")] == [
        "M10 20L12 20L12 22Z", "M30 40L32 40L32 42Z",
    ]  # fmt: skip


def test_what_makes_no_sense_is_left_out() -> None:
    picture = msgspec.structs.replace(
        square_picture(), clips=(Clip(None), Clip((0, 0, -5, 3), outline((0, 0), (1, 1), (2, 0))))
    )
    broken = msgspec.structs.replace(
        picture, items=(*picture.items, Path(outline((np.nan, 0), (1, 1)), RED, clip=77), Marks(9, (), b""))
    )
    assert len(root_of(broken).getElementsByTagName("path")) == len(root_of(picture).getElementsByTagName("path"))
