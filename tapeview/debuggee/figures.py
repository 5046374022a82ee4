"""What a script draws with matplotlib gets into the recording, and a script without matplotlib is told how to get it.

matplotlib is the script's own: nothing of it is imported before the script does, and a script that has chosen a backend
keeps it.
"""

from __future__ import annotations

import hashlib
import importlib.abc
import importlib.machinery
import os
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType, ModuleType
from typing import Any

from tapeview import figures
from tapeview.debuggee.blame import is_ours
from tapeview.debuggee.recorder import Recorder
from tapeview.figures import Drawn
from tapeview.trace.picture import PICTURE_LIMIT, pack
from tapeview.trace.records import Figure
from tapeview.trace.store import Writer

ALL_UNTIL = 500
"""Of a figure that was drawn oftener every tenth entry is kept, from ten times as many on every hundredth, ..."""

_MOST_BYTES = 256 << 20
"""... and when all pictures weigh so much only the last one of each figure."""


class Keeper:
    """Receives pictures and writes them. Those of one figure that are equal one after the other are one entry."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._known: dict[tuple[int, int, str], int] = {}
        self._last: dict[int, bytes] = {}
        self._counts: dict[int, int] = {}
        self._waiting: dict[int, tuple[Figure, bytes]] = {}
        self._bytes = 0

    def site(self) -> int:
        # Of the libraries only those beside Python's own are known as such; matplotlib may be installed elsewhere.
        folder = os.path.join(os.path.dirname(getattr(sys.modules.get("matplotlib"), "__file__", None) or "?"), "")
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and (is_ours(frame.f_code.co_filename) or frame.f_code.co_filename.startswith(folder)):
            frame = frame.f_back
        return self._recorder.site_of(frame)

    def wait(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._recorder.look_out(_take_waiting_unless_busy)

    def trouble(self, sentence: str) -> None:
        if sys.stderr is not None:
            print(f"tapeview: {sentence}", file=sys.stderr)

    def take(self, drawn: Drawn) -> None:
        data = pack(drawn.picture)
        if len(data) > PICTURE_LIMIT:
            size, most = len(data) >> 20, PICTURE_LIMIT >> 20
            self.trouble(
                f"figure {drawn.number} is not in the recording: its picture takes {size} MiB, and pictures of more "
                f"than {most} MiB are not kept; make the figure smaller or its resolution lower"
            )
            return
        # What the script had drawn before belongs to where it was drawn, not to what it does now.
        site = drawn.made if drawn.how == "left" else self.site()
        figure = self._known.setdefault((drawn.made, drawn.number, drawn.label), len(self._known) + 1)
        self._recorder.keep(lambda writer, step, place: self._write(writer, drawn, figure, data, site, step, place))

    def finish(self) -> None:
        """The recording ends: what was left out and is the last of its figure is written. Nothing is drawn."""
        waiting, self._waiting = self._waiting, {}
        for entry, data in waiting.values():
            self._recorder.keep(lambda writer, *_, entry=entry, data=data: writer.add_figure(entry, data))

    def _write(self, writer: Writer, drawn: Drawn, figure: int, data: bytes, site: int, step: int, place: int) -> None:
        seen = hashlib.blake2b(data, digest_size=16).digest()
        if self._last.get(figure) == seen:
            return
        picture = drawn.picture
        entry = Figure(
            figure, drawn.number, drawn.label, drawn.title, step, place, site, drawn.made, drawn.how, time.time(), 0,
            picture.width, picture.height,
        )  # fmt: skip
        count = self._counts[figure] = self._counts.get(figure, 0) + 1
        self._last[figure] = seen
        apart = 1
        while count > ALL_UNTIL * apart:
            apart *= 10
        if count % apart or (self._bytes > _MOST_BYTES and count > 1):
            self._waiting[figure] = entry, data
            return
        self._waiting.pop(figure, None)
        before = writer.bytes_written
        writer.add_figure(entry, data)
        self._bytes += writer.bytes_written - before


class Finder(importlib.abc.MetaPathFinder):
    """Finds nothing, but hears of imports: it chooses the backend before ``matplotlib.pyplot`` is loaded."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname == "matplotlib.pyplot":
            _choose()
        return None


class Missing(importlib.abc.MetaPathFinder):
    """Stands behind all others: who asks it for matplotlib, and means to import it, has none."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname == "matplotlib" and _is_import():
            raise ModuleNotFoundError(
                "No module named 'matplotlib': install it with "
                f"`{sys.executable} -m pip install matplotlib`, and its figures are shown in the Figures dock",
                name="matplotlib",
            )
        return None


def install(recorder: Recorder) -> Keeper:
    """From now on figures are kept."""
    keeper = Keeper(recorder)
    figures.listen(keeper)
    sys.meta_path.insert(0, Finder())
    sys.meta_path.append(Missing())
    return keeper


def take_left() -> None:
    """The script waits or has ended: takes pictures of the figures that it left open, whatever their backend."""
    if "matplotlib._pylab_helpers" in sys.modules and figures.sink is not None:
        from tapeview.figures import film

        film.take_waiting()


def _take_waiting_unless_busy() -> None:
    from tapeview.figures import film

    film.take_waiting_unless_busy()


def _choose() -> None:
    """Makes matplotlib use our backend, unless the script, the user's settings or the environment name another."""
    matplotlib: Any = sys.modules.get("matplotlib")
    parameters: Any = getattr(matplotlib, "rcParams", None)
    automatic = getattr(getattr(matplotlib, "rcsetup", None), "_auto_backend_sentinel", None)
    # Asked in the ordinary way for its backend, matplotlib would choose one and load it.
    if automatic is not None and dict.get(parameters, "backend") is automatic:
        parameters["backend"] = figures.BACKEND


def _is_import() -> bool:
    """Whether the import system asks because of an ``import``, not `importlib.util.find_spec`, which wants None."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
        if frame.f_code.co_name == "_find_and_load":
            return True
        frame = frame.f_back
    return False
