"""matplotlib's figures as pictures: what Qt paints of them is what matplotlib's own Agg draws."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtGui import QImage

matplotlib = pytest.importorskip("matplotlib")

from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.patches import Circle  # noqa: E402

from tapeview.figures.film import has_content, title_of  # noqa: E402
from tapeview.figures.renderer import PictureRenderer  # noqa: E402
from tapeview.trace.picture import Image, Marks, Path, Picture, pack, unpack  # noqa: E402
from tapeview.ui.picture_paint import PicturePainter  # noqa: E402

RNG = np.random.default_rng(0)
DRAWINGS: dict[str, Callable[[Figure], object]] = {}


def drawing(function: Callable[[Figure], object]) -> Callable[[Figure], object]:
    DRAWINGS[function.__name__] = function
    return function


@drawing
def lines_that_leave_the_axes(figure: Figure) -> None:
    axes = figure.add_subplot()
    x = np.linspace(0, 10, 300)
    axes.plot(x, np.sin(x), "r--", label=r"$\sin x$")
    axes.plot(x, np.cos(x), "g-.", lw=3, alpha=0.5, label="cos")
    axes.set_xlim(2, 8)
    axes.set_ylim(-0.5, 0.9)
    axes.legend()
    axes.grid(True)
    axes.set_title("lines")


@drawing
def marks_of_many_sizes_and_colours(figure: Figure) -> None:
    axes = figure.add_subplot()
    places = RNG.normal(size=(2, 60))
    axes.scatter(*places, s=RNG.uniform(5, 300, 60), c=RNG.uniform(size=60), alpha=0.5, edgecolors="k")
    axes.plot(*RNG.normal(size=(2, 30)), "b^")


@drawing
def images(figure: Figure) -> None:
    left, right = figure.subplots(1, 2)
    left.imshow(RNG.uniform(size=(6, 6)))
    shown = right.imshow(RNG.uniform(size=(7, 7)), cmap="gray", interpolation="none", alpha=0.8)
    shown.set_clip_path(Circle((3, 3), 2.5, transform=right.transData))


@drawing
def bars_with_hatches(figure: Figure) -> None:
    axes = figure.add_subplot()
    axes.bar(range(4), [3, 5, 2, 4], hatch="//", color="w", edgecolor="b")
    axes.errorbar(range(4), [3, 5, 2, 4], yerr=0.4, fmt="k.", capsize=4)
    axes.fill_between(range(4), [1, 2, 1, 2], alpha=0.3)


@drawing
def surfaces(figure: Figure) -> None:
    left, right = figure.subplots(1, 2)
    heights = RNG.normal(size=(12, 12))
    left.contourf(heights)
    left.contour(heights, colors="k", linewidths=0.5)
    right.pcolormesh(RNG.uniform(size=(9, 12)))


@drawing
def many_cells_and_flowing_colours(figure: Figure) -> None:
    left, right = figure.subplots(1, 2)
    left.pcolormesh(np.linspace(0, 1, 60 * 60).reshape(60, 60))
    right.pcolormesh(np.linspace(0, 1, 100).reshape(10, 10), shading="gouraud")


@drawing
def polar_and_three_dimensions(figure: Figure) -> None:
    polar = figure.add_subplot(1, 2, 1, projection="polar")
    polar.plot(np.linspace(0, 6, 50), np.linspace(0, 6, 50), "o-", ms=3)
    solid = figure.add_subplot(1, 2, 2, projection="3d")
    x, y = np.meshgrid(np.linspace(-2, 2, 12), np.linspace(-2, 2, 12))
    solid.plot_surface(x, y, np.exp(-(x**2) - y**2))


@drawing
def texts(figure: Figure) -> None:
    axes = figure.add_subplot()
    axes.text(0.2, 0.5, "turned", rotation=45, fontsize=20, bbox={"boxstyle": "round", "fc": "y"})
    axes.annotate("here", (0.8, 0.2), (0.4, 0.8), arrowprops={"arrowstyle": "->"})
    axes.set_xlabel(r"$\frac{\partial L}{\partial w}$", fontsize=18)


def made(draw: Callable[[Figure], object]) -> Figure:
    figure = Figure(figsize=(5, 3.5))
    FigureCanvasAgg(figure)
    draw(figure)
    return figure


def picture_of(figure: Figure) -> Picture:
    renderer = PictureRenderer(figure.bbox.width, figure.bbox.height, figure.dpi)
    figure.draw(renderer)
    return unpack(pack(renderer.picture()))


def painted(picture: Picture) -> np.ndarray:
    image = PicturePainter(picture).image(1.0).convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).astype(int)


@pytest.mark.parametrize("name", DRAWINGS)
def test_qt_paints_what_agg_draws(name: str) -> None:
    figure = made(DRAWINGS[name])
    figure.canvas.draw()
    agg = np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)  # type: ignore[attr-defined]

    own = painted(picture_of(figure))

    assert own.shape == agg.shape
    # Edges are smoothed a little differently; averaged over a few pixels nothing may be elsewhere or of another colour.
    rows, columns = (size // 5 * 5 for size in agg.shape[:2])
    difference = (own - agg)[:rows, :columns].reshape(rows // 5, 5, columns // 5, 5, 3).mean(axis=(1, 3))
    assert np.abs(difference).mean() < 2.5
    assert (np.abs(difference) > 70).mean() < 0.004


def test_a_wrong_picture_would_be_noticed() -> None:
    figure = made(lines_that_leave_the_axes)
    whole = picture_of(figure)
    unclipped = Picture(whole.width, whole.height, whole.items, (), whole.texts)
    assert np.abs(painted(whole) - painted(unclipped)).max() > 100


def test_drawing_twice_gives_the_same_bytes() -> None:
    figure = made(marks_of_many_sizes_and_colours)
    assert pack(picture_of(figure)) == pack(picture_of(figure))


def test_texts_are_shapes_and_are_told_as_well() -> None:
    picture = picture_of(made(texts))
    assert {"turned", "here"} <= set(picture.texts)
    assert sum(len(item.shape.kinds) for item in picture.items if isinstance(item, Path)) > 1_000


def test_a_hundred_thousand_marks_are_one_item() -> None:
    figure = Figure()
    FigureCanvasAgg(figure)
    figure.add_subplot().scatter(*RNG.normal(size=(2, 100_000)), c=RNG.uniform(size=100_000), s=4)
    (marks,) = [item for item in picture_of(figure).items if isinstance(item, Marks) and item.count > 1_000]
    assert marks.count == 100_000
    assert (len(marks.shapes), len(marks.places), len(marks.fills)) == (1, 800_000, 400_000)


def test_many_cells_are_an_image_and_few_are_not() -> None:
    for side, images in ((20, 0), (80, 1)):
        figure = Figure()
        FigureCanvasAgg(figure)
        figure.add_subplot().pcolormesh(RNG.uniform(size=(side, side)))
        assert sum(isinstance(item, Image) for item in picture_of(figure).items) == images


def test_what_is_drawn_at_no_place_is_left_out() -> None:
    figure = Figure()
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.plot([1, np.nan, 3], "o")
    axes.scatter([1, np.nan, 2], [1, 2, np.nan])
    axes.plot([], [])
    assert painted(picture_of(figure)).shape == (480, 640, 3)


def test_a_missing_glyph_is_told_by_matplotlib_as_ever() -> None:
    figure = made(lambda figure: figure.suptitle("한글"))
    with pytest.warns(UserWarning, match="Glyph"):
        picture_of(figure)


def test_a_figure_is_called_by_its_title() -> None:
    assert title_of(made(lambda figure: figure.suptitle("whole"))) == "whole"
    assert title_of(made(lambda figure: figure.add_subplot(title="a\nb"))) == "a b"
    assert title_of(made(lambda figure: figure.add_subplot(ylabel="loss"))) == "loss"
    assert title_of(Figure()) == ""


def test_empty_axes_are_nothing_to_take_a_picture_of() -> None:
    assert not has_content(Figure())
    assert not has_content(made(lambda figure: figure.subplots(2, 2)))
    assert has_content(made(lambda figure: figure.add_subplot().plot([1, 2])))
    assert has_content(made(lambda figure: figure.text(0.5, 0.5, "only this")))


def test_no_warning_comes_of_drawing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for draw in DRAWINGS.values():
            picture_of(made(draw))
