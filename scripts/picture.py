"""Save a picture of tapeview's window showing a recording; needs no display.

scripts/picture.py RECORDING PICTURE.png [--theme dark] [--step 3] [--position 9] [--size 1600x1000]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QElapsedTimer, QEventLoop, QTimer, qInstallMessageHandler

from tapeview.trace.query import Recording, RecordingError
from tapeview.ui.app import make_window
from tapeview.ui.main_window import MainWindow
from tapeview.ui.settings import Settings
from tapeview.views.workspace import Workspace

PATIENCE_MS = 60_000
SETTLE_MS = 400
"""For what cannot be asked about: fonts, curves and docks finding their places."""


def main() -> int:
    """Exit code 0, or 2 and one sentence on stderr."""
    parser = argparse.ArgumentParser(description="Save a picture of tapeview's window showing a recording.")
    parser.add_argument("recording", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--step", type=int, default=3, help="training step, counted from 1 (default: 3)")
    parser.add_argument("--position", type=int, default=0, help="from 1 (default: inside the backward pass)")
    parser.add_argument("--size", default="1600x1000", help="width and height in pixels (default: %(default)s)")
    options = parser.parse_args()
    try:
        Recording.open(options.recording).close()
    except RecordingError as error:
        return fail(str(error))
    qInstallMessageHandler(pass_on)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(Path(folder) / "settings.ini")
        settings.theme = options.theme
        window = make_window(settings)
        window.resize(*map(int, options.size.split("x")))
        window.session.open_recording(options.recording)
        window.show()
        wait_until(lambda: False, SETTLE_MS)  # docks scroll to the cursor: they need their sizes before it moves
        place_cursor(window.workspace, options.step - 1, options.position - 1)
        if not wait_until(lambda: graph_is_drawn(window), PATIENCE_MS):
            return fail(f"the graph was not laid out within {PATIENCE_MS // 1000} s")
        wait_until(lambda: False, SETTLE_MS)
        options.picture.parent.mkdir(parents=True, exist_ok=True)
        saved = window.grab().save(str(options.picture))
        window.close()
        if not saved:
            return fail(f"{options.picture} cannot be written")
    return 0


def pass_on(_kind: object, _context: object, message: str) -> None:
    """Qt's messages, but for the one that the offscreen platform has for every window with a size of its own."""
    if "propagateSizeHints" not in message:
        print(message, file=sys.stderr)


def fail(sentence: str) -> int:
    """Say it and return the exit code for it."""
    print(f"picture: {sentence}", file=sys.stderr)
    return 2


def place_cursor(workspace: Workspace, step: int, position: int) -> None:
    """Move to a position of a step (as far as there are that many); below 0: to the middle of its backward pass."""
    index = max(0, min(step, workspace.step_count - 1))
    decoded = workspace.step_at(index)
    if position < 0 and decoded is not None:
        backward = [place.index for place in decoded.positions if place.phase == "backward"]
        position = backward[len(backward) // 2] if backward else 0
    workspace.move_to(index, max(0, position))


def graph_is_drawn(window: MainWindow) -> bool:
    """Whether the picture of the tape has come back from its worker."""
    bench = window.workbench
    return bench is not None and not bench.graph_model.laying_out and bench.graph_model.scene is not None


def wait_until(holds: Callable[[], bool], milliseconds: int) -> bool:
    """Run the event loop until ``holds`` or the time is up; whether it holds."""
    loop, clock, timer = QEventLoop(), QElapsedTimer(), QTimer()
    clock.start()

    def look() -> None:
        if holds() or clock.elapsed() > milliseconds:
            loop.quit()

    timer.timeout.connect(look)
    timer.start(20)
    loop.exec()
    timer.stop()
    return holds()


if __name__ == "__main__":
    sys.exit(main())
