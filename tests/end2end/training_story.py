"""A person who watches a network train in a real window, as a program. Prints what the window said, in one line of
JSON.

python training_story.py SCRIPT FOLDER
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QDeadlineTimer, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from tapeview.ui.app import application, make_window

PATIENCE = 90_000
LEFT = Qt.MouseButton.LeftButton


def main(script: Path, folder: Path) -> None:
    """Tells the story."""
    application()
    window = make_window()
    window.set_theme("light")
    window.resize(1440, 900)
    assert window.open(script)
    window.show()
    workspace, said = window.workspace, {}

    def until(done: Callable[[], object]) -> None:
        deadline = QDeadlineTimer(PATIENCE)
        while not done():
            if deadline.hasExpired():
                window.session.end()
                sys.exit(f"the window did not get there: {workspace.state} {workspace.position_text()} {said}")
            QTest.qWait(5)

    def shoot(name: str) -> None:
        QTest.qWait(200)  # what the docks have to show is painted in their turns
        window.screen().grabWindow(0).save(str(folder / f"{name}.png"))

    until(lambda: window.isVisible() and QTest.qWaitForWindowExposed(window))
    window.activateWindow()
    until(window.isActiveWindow)
    bench = window.workbench
    assert bench is not None
    plots, graph = bench.plots, bench.graph_model
    until(lambda: plots.canvas is not None)
    QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_F5)

    # While it trains: curves, how far it is, in the status bar and in the title that the task bar shows.
    until(lambda: any(len(curve.x) > 20 for curve in plots._model.curves))
    until(lambda: " left" in window.status.facts.whole() and " % ·" in window.windowTitle())
    said["while it runs"] = [workspace.state, window.status.facts.whole().split("      ")[0], window.windowTitle()]
    until(lambda: any(panel.extent() > 20 for panel in plots.canvas.panels.values()))
    shoot("running")
    until(lambda: workspace.state == "finished")
    said["at the end"] = [workspace.step_count, window.windowTitle()]

    # The graph reads like the model; a layer unfolds to its ops and folds again.
    until(lambda: not graph.laying_out and graph.scene is not None)

    def names() -> list[str]:
        until(lambda: not graph.laying_out)
        return [node.name or node.label for node in graph.scene.graph.nodes]

    folded = names()
    layer = next(place for place, node in enumerate(graph.scene.graph.nodes) if node.label == "conv2d")
    graph.unfold(layer)
    unfolded = names()
    said["unfolded"] = len(unfolded) > len(folded)
    shoot("unfolded")

    # Filters and feature maps as pictures.
    tiles = {}
    inspector = bench.inspector
    for label in ("conv2d/kernel", "Conv2D"):
        graph.select(next(k for k, node in enumerate(graph.scene.graph.nodes) if label in (node.label, node.name)))
        until(lambda: inspector.tensor.modes["tiles"].isVisible())
        QTest.mouseClick(inspector.tensor.modes["tiles"], LEFT)
        until(inspector.tensor.tiles.isVisible)
        tiles[label] = inspector.tensor.tiles._tiles.shown
    said["tiles"] = tiles
    shoot("tiles")

    graph.fold_all(True)
    said["folded again"] = names() == folded

    # A click on a curve is a step.
    panel = next(iter(plots.canvas.panels.values()))
    middle = sum(panel.view.viewRange()[1]) / 2
    place = panel.plot.mapFromScene(panel.view.mapViewToScene(QPointF(50.0, middle)))
    QTest.mouseClick(panel.plot.viewport(), LEFT, pos=place)
    until(lambda: abs(workspace.cursor.step + 1 - 50) <= 1)
    said["clicked"] = True

    # Histograms of the weights over the steps.
    QTest.mouseClick(plots.pages["histograms"], LEFT)
    until(lambda: plots.histograms is not None and plots.histograms.view.isVisible())
    until(lambda: plots.histograms._model.spread is not None and not plots.histograms._model.busy)
    said["histograms of"] = [plots.histograms._model.choices[0][1], len(plots.histograms._model.spread.steps) > 2]
    shoot("histograms")

    # Exports.
    QTest.mouseClick(plots.pages["curves"], LEFT)
    said["exported"] = []
    for kind in ("PNG", "SVG", "CSV"):
        target = folder / f"curves.{kind.lower()}"
        QFileDialog.getSaveFileName = staticmethod(lambda *_, target=target: (str(target), ""))
        next(action for action in plots.more_menu().actions() if kind in action.text()).trigger()
        until(target.exists)
        said["exported"].append(target.name)
    window.close()
    until(lambda: not window.isVisible())
    print(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
