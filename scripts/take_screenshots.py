"""Takes the pictures that the README shows: the window on an example after a run, in the backward pass, light and dark.

xvfb-run -s "-screen 0 1600x1000x24" python scripts/take_screenshots.py [FOLDER]
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QDeadlineTimer
from PySide6.QtTest import QTest

from tapeview.trace.records import BackwardStep
from tapeview.ui.app import application, make_window
from tapeview.ui.settings import Settings
from tapeview.views.examples import examples

SIZE = (1440, 900)
STEP = 142
EXAMPLE = "linear_regression"


def until(done: Callable[[], bool], milliseconds: int = 60_000) -> None:
    """Lets the window work until something is true."""
    deadline = QDeadlineTimer(milliseconds)
    while not done():
        if deadline.hasExpired():
            sys.exit("the window did not get there")
        QTest.qWait(20)


def main(folder: Path) -> None:
    """Runs the example and saves ``window_light.png`` and ``window_dark.png``."""
    application()
    script = next(example.path for example in examples() if example.path.stem == EXAMPLE)
    with tempfile.TemporaryDirectory() as scratch:
        window = make_window(Settings(Path(scratch) / "settings.ini"))
        window.resize(*SIZE)
        window.open(script)
        window.show()
        until(lambda: QTest.qWaitForWindowExposed(window))
        window.session.run()
        workspace = window.workspace
        until(lambda: workspace.state == "finished")
        step = min(STEP, workspace.step_count - 1)
        assert workspace.recording is not None
        positions = workspace.recording.step(step).positions
        square = next(p.index for p in positions if isinstance(p.record, BackwardStep)) + 1
        workspace.move_to(step, square)
        bench = window.workbench
        assert bench is not None
        until(lambda: not bench.graph_model.laying_out)
        for theme in ("dark", "light"):
            window.set_theme(theme)
            QTest.qWait(800)
            picture = window.screen().grabWindow(window.winId())
            if not picture.save(str(folder / f"window_{theme}.png")):
                sys.exit(f"{folder} cannot be written")
        window.close()
        until(lambda: not window.isVisible())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "docs" / "images")
