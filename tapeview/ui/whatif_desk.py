"""What-ifs in the window: the experiment, its strip above the differences, and the menus that begin one."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu

from tapeview.ui.background import QtBackground
from tapeview.ui.differences_desk import DifferencesDesk
from tapeview.ui.dock import Dock
from tapeview.ui.inspector_dock import InspectorDock
from tapeview.ui.text import tr
from tapeview.ui.whatif_strip import WhatIfStrip
from tapeview.views.replayer import Replayer
from tapeview.views.whatif import Experiment
from tapeview.views.whatif_form import NO_GRADIENT
from tapeview.views.workspace import Reasons, Workspace


class WhatIfDesk(QObject):
    """The ``experiment`` of a window and the ``strip`` that shows it.

    What is worked out has a thread of its own: it may take long, and the window's have other things to do.
    """

    def __init__(self, workspace: Workspace, differing: DifferencesDesk, bring_up: Callable[[Dock], object]) -> None:
        super().__init__()
        self._background = QtBackground(self, threads=1)
        self.experiment = Experiment(workspace, self._background, differing.shared, Replayer)
        self.strip = WhatIfStrip(self.experiment, self.begin)
        self._bring_up, self._dock = bring_up, differing.dock
        self._inspector: InspectorDock | None = None
        self._dock.put_on_top(self.strip, lambda: not (self.experiment.edits or self.experiment.following))
        self._dock.on_dispose(self.experiment.changed.connect(self._changed), self.dispose)

    def join(self, inspector: InspectorDock) -> None:
        """Values are changed in this Inspector."""
        self._inspector = inspector

    def begin(self, how: str = "") -> None:
        """Open the form in which the value that is picked is changed."""
        if self._inspector is not None:
            self._bring_up(self._inspector)
            self._inspector.ask_what_if(how)

    def offer(self, menu: QMenu, name: str, op: str = "") -> None:
        """What a menu offers for a value, or for the result of an op, that has just been picked."""
        words = tr("What if “{name}” …").format(name=name).replace("&", "&&") if name else tr("What if …")
        menu.addAction(words, lambda: self.begin())
        if self.experiment.passes(op):
            menu.addAction(tr("What if {op} passed no gradient on …").format(op=op), lambda: self.begin(NO_GRADIENT))

    def dispose(self) -> None:
        """End what is being worked out."""
        self.experiment.dispose()
        self._background.close()

    def _changed(self, reasons: Reasons) -> None:
        if "edits" in reasons and self.experiment.edits and self.experiment.here:
            self._bring_up(self._dock)
        if reasons != {"values"}:  # the strip shows none
            self._dock.later("what if", self._show)

    def _show(self) -> None:
        self.strip.refresh()
        self._dock.fit_top()
