from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from tapeview.trace.query import Recording
from tapeview.ui import plot_export, plots_dock, theme
from tapeview.ui.app import application
from tapeview.ui.plots_dock import PlotsDock
from tapeview.ui.tensor_view import TensorView
from tapeview.ui.variables_dock import fitted_name
from tapeview.views.histograms_model import HistogramsModel
from tapeview.views.plots_model import PlotsModel
from tapeview.views.tensor_content import Meaning
from tapeview.views.tensor_model import TensorModel
from tapeview.views.workspace import Workspace
from tests.helpers.recordings import Regression
from tests.views.test_histograms_model import train
from tests.views.test_overlaid_runs import more, points, running
from tests.views.test_plot_pages import training

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
Shown = tuple[Workspace, PlotsModel, PlotsDock]


@pytest.fixture
def plots(qtbot: QtBot, qapp: QApplication) -> Iterator[Callable[[Path], Shown]]:
    application()
    theme.current().set_mode("light")
    made: list[tuple[Recording, PlotsDock, QMainWindow]] = []

    def show(path: Path) -> Shown:
        recording = Recording.open(path)
        workspace = Workspace()
        workspace.open(recording)
        model = PlotsModel(workspace)
        dock = PlotsDock(model, HistogramsModel(workspace))
        window = QMainWindow()
        qtbot.addWidget(window)
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
        window.resize(900, 300)
        window.show()
        qtbot.waitExposed(window)
        dock.load()
        made.append((recording, dock, window))
        return workspace, model, dock

    yield show
    for recording, dock, _ in made:
        dock.dispose()
        recording.close()


def colors(widget: QWidget) -> set[str]:
    image = widget.grab().toImage()
    return {image.pixelColor(x, y).name() for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}


class Painted(QObject):
    """Counts how often something is painted."""

    count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


def painted(size: QSize, paint: Callable[..., None], *more: object) -> np.ndarray:
    image = QImage(size, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    painter.translate(60, 10)
    paint(*more, painter, None, None)
    painter.end()
    flat = np.frombuffer(image.constBits(), np.uint8)
    return flat.reshape(image.height(), image.bytesPerLine() // 4, 4)[:, :, :3].astype(np.int16)


def test_chips_choose_the_page(plots: Callable[[Path], Shown], qtbot: QtBot, tmp_path: Path) -> None:
    _, model, dock = plots(training(tmp_path / "t.tapeview"))
    assert dock.pages["curves"].text() == "Loss && metrics"
    canvas = dock.canvas
    assert canvas is not None
    assert list(canvas.panels) == ["loss", "metrics"]
    qtbot.mouseClick(dock.pages["gradients"], LEFT)
    assert model.shown == ("gradients",)
    assert list(canvas.panels) == ["gradients"]
    assert [page for page, chip in dock.pages.items() if chip.isChecked()] == ["gradients"]
    model.choose_page("updates", beside=True)
    assert list(canvas.panels) == ["gradients", "updates"]
    assert canvas.panels["updates"].guide.isVisible()
    assert not canvas.panels["gradients"].guide.isVisible()
    assert canvas.panels["updates"].guide.value() == pytest.approx(-3)
    qtbot.mouseClick(dock.pages["updates"], LEFT)
    qtbot.mouseClick(dock.pages["updates"], LEFT)
    assert dock.pages["updates"].isChecked()
    assert next(action.text() for action in dock.more_menu().actions() if action.text()) == "Side by side"


def test_the_crosshair_is_shared(plots: Callable[[Path], Shown], qtbot: QtBot, tmp_path: Path) -> None:
    workspace, _, dock = plots(training(tmp_path / "t.tapeview"))
    canvas = dock.canvas
    assert canvas is not None
    loss, metrics = canvas.panels["loss"], canvas.panels["metrics"]
    canvas.grab()
    middle = sum(loss.view.viewRange()[1]) / 2
    place = loss.plot.mapFromScene(loss.view.mapViewToScene(QPointF(7.2, middle)))
    qtbot.mouseMove(loss.plot.viewport(), place)
    qtbot.waitUntil(lambda: metrics.cross.isVisible())
    assert metrics.cross.value() == loss.cross.value() == 7
    qtbot.mouseClick(loss.plot.viewport(), LEFT, pos=place)
    qtbot.waitUntil(lambda: workspace.cursor.step == 6)
    assert metrics.here.value() == 7
    loss.view.setRange(xRange=(3, 9), padding=0)
    loss.view.sigRangeChangedManually.emit([True, True])
    assert canvas.manual
    assert metrics.view.viewRange()[0] == pytest.approx([3, 9])
    loss.doubled.emit()
    assert not canvas.manual
    assert metrics.view.viewRange()[0][1] > 19


def test_axes_stay_for_some_time_while_there_is_more_to_come(plots: Callable[[Path], Shown], tmp_path: Path) -> None:
    workspace, _, dock = plots(training(tmp_path / "t.tapeview"))
    canvas = dock.canvas
    assert canvas is not None
    panel = canvas.panels["loss"]
    exact = panel.view.viewRange()
    workspace.set_state("running")
    panel.fit(30.0, growing=True)
    roomy = panel.view.viewRange()
    assert roomy[0][1] == pytest.approx(30 + 29 * 0.012 + 29 * 0.08)
    assert roomy[1][0] < exact[1][0]
    assert roomy[1][1] > exact[1][1]
    panel.fit(32.0, growing=True)
    assert panel.view.viewRange() == roomy, "what came had room"
    panel.fit(33.0, growing=True)
    assert panel.view.viewRange()[0][1] > 33
    workspace.set_state("finished")
    assert panel.view.viewRange() == exact


def test_axes_look_as_pyqtgraph_draws_them(plots: Callable[[Path], Shown], tmp_path: Path) -> None:
    scene = Regression(tmp_path / "t.tapeview")
    scene.train()
    scene.flush()
    series = scene.writer.add_series("wide", "target", 0)
    for step in range(30):
        scene.writer.add_scalar(series, step, 10.0**-step)
    scene.writer.commit()
    _, model, dock = plots(scene.finish())
    canvas = dock.canvas
    assert canvas is not None
    assert model.log, "with many lines"
    canvas.grab()  # the layout settles
    (panel,) = canvas.panels.values()
    for name in ("left", "bottom"):
        axis = panel.plot.getPlotItem().getAxis(name)
        ours = painted(panel.size(), axis.paint)
        axis.picture = None
        theirs = painted(
            panel.size(), next(c.paint for c in type(axis).__mro__ if c.__module__ != type(axis).__module__), axis
        )
        assert (theirs < 250).any()
        away = np.abs(ours - theirs).max(axis=2)
        assert (away > 8).sum() < 20, "but for a pixel at the ends of lines"


def test_new_points_are_painted_once(plots: Callable[[Path], Shown], qtbot: QtBot, tmp_path: Path) -> None:
    _, model, dock = plots(training(tmp_path / "t.tapeview"))
    canvas = dock.canvas
    assert canvas is not None
    panel = canvas.panels["loss"]
    qtbot.waitUntil(lambda: panel.plot.took > 0)
    seen = Painted()
    panel.plot.viewport().installEventFilter(seen)
    for curve in model.curves:
        curve.x = curve.x * 3.0
    canvas.refresh()
    qtbot.waitUntil(lambda: seen.count > 0)
    for _ in range(3):
        QApplication.processEvents()
    assert seen.count == 1, "with another range all was painted twice"


def test_another_run_that_grows_is_looked_at_again(
    plots: Callable[[Path], Shown], qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plots_dock, "EVERY", 20)
    scene = running(tmp_path / "other.tapeview")
    _, model, dock = plots(training(tmp_path / "t.tapeview"))
    model.add_run(scene.path)
    before = points(model.overlaid)
    more(scene)
    qtbot.waitUntil(lambda: points(model.overlaid) == before + 1)
    scene.finish()
    qtbot.waitUntil(lambda: not model.overlaid.growing)
    assert "Remove “other”" in [action.text() for action in dock.more_menu().actions()]


def test_ctrl_click_in_the_legend_shows_one_alone(plots: Callable[[Path], Shown], qtbot: QtBot, tmp_path: Path) -> None:
    _, model, dock = plots(training(tmp_path / "t.tapeview"))
    model.choose_page("gradients")
    qtbot.mouseClick(dock.legend, LEFT, CONTROL, QPoint(10, 10))
    assert [curve.visible for curve in model.curves] == [True, False, False]
    qtbot.mouseClick(dock.legend, LEFT, NONE, QPoint(10, 10))
    assert not model.curves[0].visible


def test_plots_are_saved_as_picture_drawing_and_table(plots: Callable[[Path], Shown], tmp_path: Path) -> None:
    _, model, dock = plots(training(tmp_path / "t.tapeview"))
    dock.grab()
    assert plot_export.save_png(dock, tmp_path / "p.png")
    image = QImage(str(tmp_path / "p.png"))
    assert image.width() == 2 * dock.width()
    assert plot_export.save_svg(dock, tmp_path / "p.svg")
    drawing = ElementTree.parse(tmp_path / "p.svg").getroot()
    assert drawing.tag.endswith("svg")
    assert len(list(drawing.iter("{http://www.w3.org/2000/svg}polyline"))) > 3
    assert plot_export.save_csv(model.csv(), tmp_path / "p.csv")
    lines = (tmp_path / "p.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith('step,loss,accuracy,"loss, epoch"')
    assert len(lines) == 21
    for save in (plot_export.save_png, plot_export.save_svg):
        assert not save(dock, tmp_path / "no" / "p")
    assert not plot_export.save_csv("", tmp_path / "no" / "p")


def test_forty_noisy_series_of_a_long_training_are_drawn_at_once(
    plots: Callable[[Path], Shown], tmp_path: Path
) -> None:
    scene = Regression(tmp_path / "n.tapeview")
    scene.train()
    scene.flush()
    noise = np.exp(np.random.default_rng(0).normal(size=7810)).tolist()
    for number in range(40):
        one = scene.writer.add_series(f"net/layer_{number}/kernel", "gradient", 0)
        for step, value in enumerate(noise):
            scene.writer.add_scalar(one, step, value)
    scene.writer.commit()
    _, model, dock = plots(scene.finish())
    model.choose_page("gradients")
    model.only("nobody")
    for curve in model.curves:
        if not curve.visible:
            model.toggle(curve.key)
    canvas = dock.canvas
    assert canvas is not None
    began = time.perf_counter()
    canvas.refresh()
    canvas.grab()
    assert time.perf_counter() - began < 2.0, "broad lines took half a minute"


def test_histograms_are_drawn_and_go_to_a_step(plots: Callable[[Path], Shown], qtbot: QtBot, tmp_path: Path) -> None:
    scene = Regression(tmp_path / "h.tapeview")
    kernel, tensor = scene.variable(np.zeros((8, 8)), 0, "net/dense/kernel:0")
    for step in range(12):
        tensor = train(scene, kernel, tensor, step)
    workspace, _, dock = plots(scene.finish())
    page = dock.histograms
    assert page is not None
    qtbot.mouseClick(dock.pages["histograms"], LEFT)
    assert page.isVisible()
    assert not dock.legend.isVisible()
    assert page.choice.currentText() == "dense/kernel"
    assert theme.current().palette.watch in colors(page.view)
    qtbot.mouseClick(page.view, LEFT, pos=QPoint(int(page.view._area().right()) - 1, 20))
    assert workspace.cursor.step == 11
    qtbot.mouseClick(page.kinds["activations"], LEFT)
    assert "MatMul" in page.choice.currentText()
    qtbot.mouseClick(page.kinds["gradients"], LEFT)
    assert not page.view.isVisible(), "no call has finished, so there is no gradient"
    assert page.csv() == "step\n"
    qtbot.mouseClick(dock.pages["curves"], LEFT)
    assert dock.legend.isVisible()


def test_tiles_and_classes_are_drawn(qtbot: QtBot, qapp: QApplication) -> None:
    application()
    parent = QWidget()
    qtbot.addWidget(parent)
    model = TensorModel()
    view = TensorView(model, parent)
    parent.resize(340, 700)
    view.resize(340, 700)
    parent.show()
    array = np.random.default_rng(0).normal(size=(3, 3, 4, 200)).astype(np.float32)
    model.show("a", lambda: array, lambda: None, meaning=Meaning("filters"))
    assert view.tiles.isVisible()
    assert view.own_scale.isVisible()
    assert view.caption.text() == "showing 1–64 of 200 filters"
    assert view.tiles.height() <= 420
    before = view.tiles.grab().toImage()
    qtbot.mouseClick(view.own_scale, LEFT)
    assert view.tiles.grab().toImage() != before
    wide = np.zeros((64, 200, 200, 3), np.uint8)
    model.show("b", lambda: wide, lambda: None, meaning=Meaning("pictures"))
    assert view.caption.text() == "64 pictures"
    view.grab()
    shares = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
    model.show("c", lambda: shares, lambda: None, meaning=Meaning(labels=lambda: np.array([0, 1])))
    assert view.classes.isVisible()
    assert not view.tiles.isVisible()
    assert view.caption.text() == "1 of 2 samples right"
    assert "(label)" in view.classes.accessibleDescription()
    view.grab()
    theme.current().set_mode("dark")
    view.grab()
    theme.current().set_mode("light")
    view.disconnect_model()


def test_of_a_path_the_kind_stays(qapp: QApplication) -> None:
    application()
    metrics = QFontMetrics(theme.ui_font(12))
    name = "very_long_separable_conv2d_17/pointwise_kernel"
    room = metrics.horizontalAdvance("separable…/pointwise_kernel")
    shown = fitted_name(name, metrics, room)
    assert shown.endswith("/pointwise_kernel")
    assert "…" in shown
    assert metrics.horizontalAdvance(shown) <= room
    assert fitted_name(name, metrics, 60).startswith("…")
    assert fitted_name("conv2d/bias", metrics, 500) == "conv2d/bias"
