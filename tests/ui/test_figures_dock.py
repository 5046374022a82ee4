"""The Figures dock bound to its model, and the widget that shows a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QMainWindow
from pytestqt.qtbot import QtBot

from tapeview.trace.picture import Clip, Hatch, Image, Marks, Pen, Picture
from tapeview.trace.picture import Path as Outline
from tapeview.trace.query import Recording
from tapeview.ui import figures_dock, theme
from tapeview.ui.app import application
from tapeview.ui.background import QtBackground
from tapeview.ui.figures_dock import FiguresDock
from tapeview.ui.picture_paint import PicturePainter
from tapeview.ui.picture_view import HEAVY, PictureView
from tapeview.views.background import Background, Immediate
from tapeview.views.figures_model import FiguresModel
from tapeview.views.workspace import Workspace
from tests.helpers.figures import BLACK, RED, drawn, outline, square_picture
from tests.helpers.recordings import Regression, write_regression

Key = Qt.Key


@pytest.fixture
def workspace(qapp: QApplication, tmp_path: Path) -> Iterator[Workspace]:
    """Three entries of one figure and one of another."""
    application()
    theme.current().set_mode("light")
    scene = Regression(tmp_path / "run.tapeview")
    for width in (100.0, 120.0, 140.0):
        scene.train()
        scene.flush()
        scene.writer.add_figure(*drawn(scene.step, width, site=scene.sites["update"]))
    scene.writer.add_figure(*drawn(scene.step, 200.0, figure=2, number=2, label="둘"))
    made = Workspace()
    made.open(Recording.open(scene.finish()))
    yield made
    assert made.recording is not None
    made.recording.close()


Show = Callable[..., FiguresDock]


@pytest.fixture
def show(qtbot: QtBot) -> Iterator[Show]:
    shown: list[tuple[FiguresDock, QMainWindow]] = []

    def show(workspace: Workspace, background: Background | None = None) -> FiguresDock:
        dock = FiguresDock(FiguresModel(workspace), background or Immediate())
        window = QMainWindow()
        shown.append((dock, window))
        qtbot.addWidget(window)
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
        window.resize(900, 420)
        window.show()
        qtbot.waitExposed(window)
        window.activateWindow()
        return dock

    yield show
    for dock, _ in shown:
        dock.dispose()


def color(image: QImage, x: float, y: float) -> str:
    return str(image.pixelColor(int(x), int(y)).name())


def test_all_that_was_drawn_can_be_reached(workspace: Workspace, show: Show, qtbot: QtBot) -> None:
    dock = show(workspace)
    assert [dock.strip.item(row).text() for row in range(2)] == ["Figure 1\n손실\n3 ×", "둘\n손실"]
    assert dock.strip.currentRow() == 1
    assert dock.words.whole() == "step 3"
    dock.strip.setCurrentRow(0)
    assert dock.words.whole().startswith("3 of 3 · step 3 · line ")
    qtbot.mouseClick(dock.back, Qt.MouseButton.LeftButton)
    dock.slider.setValue(0)
    assert dock.words.whole().startswith("1 of 3 · step 1 · line ")
    assert (dock.back.isEnabled(), dock.forward.isEnabled()) == (False, True)
    assert dock.strip.item(0).icon().availableSizes()


def test_keys_go_through_the_history_and_the_figures(workspace: Workspace, show: Show, qtbot: QtBot) -> None:
    dock = show(workspace)
    dock.strip.setFocus()
    qtbot.keyClick(dock.strip, Key.Key_Up)
    qtbot.keyClick(dock.strip, Key.Key_Left)
    assert dock.words.whole().startswith("2 of 3")
    dock.view.setFocus()
    qtbot.keyClick(dock.view, Key.Key_Right)
    assert dock.words.whole().startswith("3 of 3")
    qtbot.keyClick(dock.view, Key.Key_Down)
    assert dock.words.whole() == "step 3"


def test_another_theme_changes_nothing_but_colours(workspace: Workspace, show: Show) -> None:
    dock = show(workspace)
    dock.strip.setCurrentRow(0)
    theme.current().set_mode("dark")
    QApplication.processEvents()
    assert dock.words.whole().startswith("3 of 3")
    assert dock.strip.count() == 2
    assert dock.strip.item(1).icon().availableSizes()
    theme.current().set_mode("light")


def test_the_cursor_is_followed(workspace: Workspace, show: Show, qtbot: QtBot) -> None:
    dock = show(workspace)
    dock.strip.setCurrentRow(0)
    workspace.move_to(0)
    qtbot.mouseClick(dock.follow, Qt.MouseButton.LeftButton)
    assert dock.words.whole().startswith("1 of 3")
    dock.strip.setCurrentRow(1)
    assert dock.words.whole().startswith("둘 was not drawn yet at this step")
    assert not dock.more.isEnabled()


def test_where_nothing_was_drawn_it_says_what_will_come(show: Show, tmp_path: Path, qapp: QApplication) -> None:
    made = Workspace()
    dock = show(made)
    with Recording.open(write_regression(tmp_path / "run.tapeview")) as recording:
        made.open(recording)
        QApplication.processEvents()
        assert not dock.strip.isVisible()
        assert "matplotlib" in dock.view._words
        assert dock.view.grab().toImage().size().width() > 100


def test_a_damaged_picture_is_told(workspace: Workspace, show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FiguresModel, "picture", lambda self, id: None)
    dock = show(workspace)
    assert dock.view._words == "This figure is not in the recording, or damaged."
    assert not dock.save(Path("nowhere.png"))


def test_it_is_saved_and_copied(
    workspace: Workspace, show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dock = show(workspace)
    names = iter((str(tmp_path / "a.png"), str(tmp_path / "b"), str(tmp_path / "no" / "c.svg"), ""))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (next(names), ""))
    told: list[str] = []
    monkeypatch.setattr(figures_dock, "tell", lambda parent, title, text, icon: told.append(text))
    for words in ("Save as PNG …", "Save as SVG …", "Save as SVG …", "Save as PNG …"):
        (action,) = [one for one in dock.more_menu().actions() if one.text() == words]
        action.trigger()
    image = QImage(str(tmp_path / "a.png"))
    assert (image.width(), image.height(), color(image, 60, 60)) == (400, 160, "#ff0000")
    assert (tmp_path / "b.svg").read_text(encoding="utf-8").startswith("<svg")
    assert len(told) == 1
    assert "c.svg" in told[0]
    dock.copy()
    copied = QGuiApplication.clipboard().image()
    assert color(copied, copied.width() * 60 // 400, copied.height() * 60 // 160) == "#ff0000"


def test_what_came_while_nobody_looked_is_counted_in_words(workspace: Workspace, show: Show) -> None:
    dock = show(workspace)
    model = dock._model
    dock.hide()
    model.unseen = 2
    model.changed.emit()
    assert dock.windowTitle() == "Figures (2 new)"
    dock.show()
    QApplication.processEvents()
    assert dock.windowTitle() == "Figures"


# -- the view --------------------------------------------------------------------------------------------------------


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[PictureView]:
    background = QtBackground()
    made = PictureView(background)
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.dispose()
    background.close()


def at(view: PictureView, x: float, y: float) -> str:
    """The colour of the window where a place of the picture is shown."""
    corner, scale = view._corner(), view.scale
    return color(view.grab().toImage(), corner.x() + x * scale, corner.y() + y * scale)


def test_it_fits_and_zooms_around_a_place(view: PictureView, qtbot: QtBot) -> None:
    view.show_picture(PicturePainter(square_picture()))
    assert view.scale == pytest.approx(284 / 80)
    assert [at(view, 40, 40), at(view, 55, 40), at(view, 80, 10)] == ["#ff0000", "#ffffff", "#000000"]
    where = QPointF(view.width() / 2 + 40, view.height() / 2)
    before = (where - view._corner()) / view.scale
    wheel = QWheelEvent(
        where, view.mapToGlobal(where), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, wheel)
    after = (where - view._corner()) / view.scale
    assert (after.x(), after.y()) == (pytest.approx(before.x(), abs=0.2), pytest.approx(before.y(), abs=0.2))
    assert view.scale == pytest.approx(284 / 80 * 1.25**2)
    qtbot.keyClick(view, "1")
    assert (view.scale, view.fits) == (1.0, False)
    qtbot.keyClick(view, "+")
    qtbot.keyClick(view, "-")
    assert view.scale == pytest.approx(1.0)
    qtbot.keyClick(view, "0")
    assert view.fits
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton)
    assert view.scale == 1.0


def test_it_is_pushed_around_and_never_out_of_sight(view: PictureView, qtbot: QtBot) -> None:
    view.show_picture(PicturePainter(square_picture()))
    view.set_zoom(20.0)
    middle = QPoint(200, 150)
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseMove(view, middle + QPoint(30, 0))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=middle)
    left = view._corner().x()
    for _ in range(100):
        qtbot.keyClick(view, Key.Key_Left)
    assert left < view._corner().x() == pytest.approx(0.0)
    for _ in range(100):
        qtbot.keyClick(view, Key.Key_Down)
    assert view._corner().y() == pytest.approx(300 - 80 * 20)


def test_many_marks_are_painted_in_the_background(view: PictureView, qtbot: QtBot) -> None:
    rng = np.random.default_rng(0)
    places = rng.uniform(10, 90, (20_000, 2)).astype("<f4").tobytes()
    dot = outline((-1, -1), (1, -1), (1, 1), (-1, 1))
    picture = Picture(100.0, 100.0, (Marks(20_000, (dot,), places, fills=b"\x00\x00\xff\x80"),))
    painter = PicturePainter(picture)
    assert painter.weight > HEAVY
    view.show_picture(painter)
    view.repaint()
    assert not view.complete
    qtbot.waitUntil(lambda: view.complete, timeout=20_000)
    assert QColor(at(view, 50, 50)).blue() > 200 > QColor(at(view, 50, 50)).red()
    view.set_zoom(3.0)
    view.repaint()  # meanwhile the old one is shown, stretched
    assert QColor(at(view, 50, 50)).red() < 200
    qtbot.waitUntil(lambda: view.complete, timeout=20_000)


def test_stamped_marks_look_like_drawn_ones() -> None:
    rng = np.random.default_rng(1)
    spots = rng.uniform(10, 190, (500, 2)).astype("<f4").tobytes()
    dot = outline((-4, -4), (4, -4), (4, 4), (-4, 4))

    def image(count: int) -> np.ndarray:
        marks = Marks(count, (dot,), spots[: count * 8], fills=RED, strokes=BLACK, pens=(Pen(1.5),))
        return pixels(PicturePainter(Picture(200.0, 200.0, (marks,))).image(1.0))

    few = Picture(
        200.0, 200.0,
        tuple(Marks(250, (dot,), spots[k * 2_000 : k * 2_000 + 2_000], fills=RED, strokes=BLACK, pens=(Pen(1.5),))
              for k in range(2)),
    )  # fmt: skip
    assert np.abs(image(500) - pixels(PicturePainter(few).image(1.0))).mean() < 6.0


def test_long_lines_look_like_short_ones_and_do_not_add_up() -> None:
    angle = np.linspace(0, 20, 400)
    points = [(100 + 60 * float(np.cos(a)), 100 + 60 * float(np.sin(a))) for a in angle]
    line = Outline(outline(*points, closed=False), stroke=b"\x00\x00\x00\x80", pen=Pen(5.0))
    shown = pixels(PicturePainter(Picture(200.0, 200.0, (line,))).image(1.0))
    assert 120 < shown.min() < 135  # half black on white, everywhere once


def test_dashes_go_on_where_a_long_line_is_cut() -> None:
    points = [(float(x), 50.0) for x in range(5, 195)]
    pen = Pen(3.0, (10.0, 10.0))
    long = Outline(outline(*points, closed=False), stroke=BLACK, pen=pen)
    short = Outline(outline(points[0], points[-1], closed=False), stroke=BLACK, pen=pen)
    images = [pixels(PicturePainter(Picture(200.0, 100.0, (one,))).image(1.0)) for one in (long, short)]
    assert np.abs(images[0] - images[1]).mean() < 0.5
    assert images[0].min() < 50


def test_strange_pictures_are_painted_as_far_as_they_make_sense() -> None:
    nan = float("nan")
    strange = (
        Outline(outline((nan, 0), (1, 1)), RED),
        Outline(
            outline((10, 10), (30, 10), (30, 30)), RED, clip=55, hatch=Hatch(outline((0, 0), (1, 1)), 1e9, RED, 1.0)
        ),
        Outline(outline((50, 10), (70, 10), (70, 30)), b"", b"\x00\xff\x00\xff", Pen(1.0, (0.0, 0.0), nan, "?", "?")),
        Marks(10**9, (), b"", fills=RED),
        Marks(3, (outline((0, 0), (5, 0), (5, 5)),), np.array([nan, 1], "<f4").tobytes(), b"x", RED),
        Image(b"no png", (1, 0, 0, 1, 0, 0)),
        Image(b"", (nan, 0, 0, 1, 0, 0)),
    )
    clips = (Clip((nan, 0, 1, 1)), Clip(None))
    picture = msgspec.structs.replace(square_picture(), items=strange, clips=clips)
    image = PicturePainter(picture).image(1.0)
    assert color(image, 28, 12) == "#ff0000"
    assert PicturePainter(msgspec.structs.replace(picture, width=90_000.0)).image(1.0).isNull()


def pixels(image: QImage) -> np.ndarray:
    grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
    return np.frombuffer(grey.constBits(), np.uint8).reshape(grey.height(), grey.bytesPerLine()).astype(int)
