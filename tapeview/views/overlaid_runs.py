"""Other recordings whose curves are drawn over those that are looked at."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from tapeview.trace.query import Recording, RecordingError
from tapeview.views.background import Background, Immediate
from tapeview.views.plot_pages import Entry, entries_of
from tapeview.views.signal import Signal
from tapeview.views.text import tr

Entries = dict[str, list[Entry]]


@dataclass(slots=True)
class Run:
    """Another recording: its series, page by page.

    ``growing`` while its script runs; ``reading`` while it is being read.
    """

    name: str
    path: Path
    entries: Entries
    growing: bool = False
    reading: bool = True


class OverlaidRuns:
    """``runs``, read in the background, and again by `look` while they grow.

    ``changed`` after one was read, or taken away; ``refused`` carries a sentence where one cannot be added.
    """

    def __init__(self, background: Background | None = None) -> None:
        self.changed: Signal[()] = Signal()
        self.refused: Signal[str] = Signal()
        self._background = background or Immediate()
        self._lock = threading.Lock()
        self._recordings: dict[Path, Recording] = {}
        self._wanted: dict[Path, Run] = {}

    @property
    def runs(self) -> list[Run]:
        """Those that have something to show."""
        return [run for run in self._wanted.values() if run.entries]

    @property
    def growing(self) -> bool:
        """Whether one of them may still grow."""
        return any(run.growing for run in self._wanted.values())

    def add(self, path: Path, own: Path | None) -> None:
        """Read a recording, unless it is there already or the one that is looked at (``own``)."""
        path = path.absolute()
        if path == own or path in self._wanted:
            self.refused.emit(tr("{name} is shown already.").format(name=path.name))
            return
        run = self._wanted[path] = Run(path.stem, path, {})
        self._read(run)

    def look(self) -> None:
        """Read again those that have grown."""
        for run in list(self._wanted.values()):
            if run.growing and not run.reading:
                self._read(run)

    def remove(self, path: Path) -> None:
        """Take a recording away."""
        if self._wanted.pop(path, None) is not None:
            self._close(path)
            self.changed.emit()

    def clear(self) -> None:
        """Take all of them away, and say nothing."""
        self._wanted.clear()
        for path in list(self._recordings):
            self._close(path)

    def _close(self, path: Path) -> None:
        with self._lock:
            recording = self._recordings.pop(path, None)
        if recording is not None:
            recording.close()

    def _read(self, run: Run) -> None:
        run.reading = True
        first = not run.entries

        def job() -> tuple[Entries | None, bool] | str:
            try:
                return self._look_into(run)
            except RecordingError as error:
                return str(error)

        def done(found: tuple[Entries | None, bool] | str) -> None:
            run.reading = False
            if self._wanted.get(run.path) is not run:
                return  # taken away meanwhile
            if isinstance(found, str):
                run.growing = False
                if first:
                    del self._wanted[run.path]
                    self.refused.emit(found)
                return
            entries, run.growing = found
            if entries is not None:
                run.entries = entries
            if not run.entries and not run.growing:
                del self._wanted[run.path]
                self.refused.emit(tr("There is nothing to plot in {name}.").format(name=run.path.name))
            elif entries is not None or not run.growing:
                self.changed.emit()

        self._background.submit(job, done)

    def _look_into(self, run: Run) -> tuple[Entries | None, bool]:
        """The series if they are others than before, and whether there may be more; in the background."""
        recording = self._recordings.get(run.path)
        new = recording is None
        if recording is None:
            recording = Recording.open(run.path)
        try:
            growing = recording.state == "running"  # looked at first: what is written before the end is seen below
            entries = entries_of(recording) if recording.refresh() or new else None
            growing = growing and recording.run.ended is None
        except RecordingError:
            recording.close()
            raise
        with self._lock:
            keep = growing and self._wanted.get(run.path) is run
            if keep:
                self._recordings[run.path] = recording
            else:
                self._recordings.pop(run.path, None)
        if not keep:
            recording.close()
        return entries, growing
