"""All that the window has about differences: what is compared, the dock with the rows, the marks on the graph."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu

from tapeview.ui.differences_dock import DifferencesDock
from tapeview.ui.dock import Dock
from tapeview.ui.text import tr
from tapeview.views.background import Reporting
from tapeview.views.differences import Differences
from tapeview.views.differences_compare import Comparing
from tapeview.views.differences_marks import DifferenceMarks
from tapeview.views.differences_model import DifferencesModel
from tapeview.views.differences_value import DifferenceValue
from tapeview.views.graph_model import GraphModel
from tapeview.views.runs import step_name
from tapeview.views.workspace import Workspace


class DifferencesDesk:
    """Makes the models and the dock; ``shared`` are the differences that are looked at."""

    def __init__(
        self, workspace: Workspace, background: Reporting, graph: GraphModel, bring_up: Callable[[Dock], object]
    ) -> None:
        self._workspace, self._bring_up = workspace, bring_up
        self.shared = Differences(workspace)
        self.comparing = Comparing(workspace, background, self.shared)
        self.marks = DifferenceMarks(workspace, graph, self.shared)
        self.model = DifferencesModel(self.shared, DifferenceValue(self.shared, background))
        self.dock = DifferencesDock(self.model, self.comparing)
        self.dock.on_dispose(self.shared.dispose, self.comparing.started.connect(lambda: bring_up(self.dock)))

    def step_menu(self, step: int, place: QPoint) -> None:
        """A menu comes up with what can be done with a step of the timeline."""
        menu = QMenu(self.dock.window())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._offer(menu, step)
        if menu.isEmpty():
            menu.close()
        else:
            menu.popup(place)

    def _offer(self, menu: QMenu, step: int) -> None:
        recording, here = self._workspace.recording, self._workspace.cursor.step
        if recording is None:
            return
        if step != here:
            words = tr("Compare {here} with {step}").format(
                here=step_name(recording, here), step=step_name(recording, step)
            )
            menu.addAction(words, lambda: self.comparing.with_step(step))
        elif self.comparing.before != here:
            words = tr("Compare with {step}").format(step=step_name(recording, self.comparing.before))
            menu.addAction(words, self.comparing.with_before)

    def go(self, by: int) -> None:
        """To the first or next difference, or back (-1); where none are looked at the dock comes up and asks what to
        compare."""
        if self.shared.shown is None:
            self.ask()
        else:
            self.shared.go(by)

    def ask(self) -> None:
        """Bring up the dock, with the keys where the steps are chosen."""
        self._bring_up(self.dock)
        if self.dock.question.isVisible():
            self.dock.question.steps[0].setFocus()
            self.dock.question.steps[0].selectAll()
