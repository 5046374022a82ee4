"""The docks and where they stand."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, Qt, QTimer
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QMenu, QTabBar, QTabWidget

from tapeview.ui import theme
from tapeview.ui.breakpoints_dock import BreakpointsDock
from tapeview.ui.breaks import Breaks
from tapeview.ui.checks import Checks
from tapeview.ui.console_dock import ConsoleDock
from tapeview.ui.differences_desk import DifferencesDesk
from tapeview.ui.dock import Dock, caps_font
from tapeview.ui.figures_dock import FiguresDock
from tapeview.ui.findings_dock import FindingsDock
from tapeview.ui.graph_dock import GraphDock
from tapeview.ui.inspector_dock import InspectorDock
from tapeview.ui.path_dock import PathDock
from tapeview.ui.plots_dock import PlotsDock
from tapeview.ui.rules_dialog import RulesDialog
from tapeview.ui.settings import LAYOUT_VERSION
from tapeview.ui.source_dock import SourceDock
from tapeview.ui.stack_dock import StackDock
from tapeview.ui.tape_dock import TapeDock
from tapeview.ui.text import tr
from tapeview.ui.timeline_dock import TimelineDock
from tapeview.ui.variables_dock import VariablesDock
from tapeview.ui.watches_dock import WatchesDock
from tapeview.ui.whatif_desk import WhatIfDesk
from tapeview.views.background import Reporting
from tapeview.views.breakpoints_model import BreakpointsModel
from tapeview.views.console_model import ConsoleModel
from tapeview.views.explained import Explained
from tapeview.views.figures_model import FiguresModel
from tapeview.views.findings_model import FindingsModel
from tapeview.views.graph_marks import GraphMarks
from tapeview.views.graph_model import GraphModel
from tapeview.views.histograms_model import HistogramsModel
from tapeview.views.inspector_model import InspectorModel
from tapeview.views.path_model import PathModel
from tapeview.views.plots_model import PlotsModel
from tapeview.views.rule_book import RuleBook
from tapeview.views.rules_model import RulesModel
from tapeview.views.search_model import SearchModel
from tapeview.views.source_model import SourceModel
from tapeview.views.stack_model import StackModel
from tapeview.views.tape_model import TapeModel
from tapeview.views.timeline_model import TimelineModel
from tapeview.views.variables_model import VariablesModel
from tapeview.views.watch_model import WatchModel
from tapeview.views.workspace import Reasons, Workspace

AREA = Qt.DockWidgetArea
TABS = "dockTabs"


class Workbench(QMainWindow):
    """Makes each view-model and its dock; none of them knows another."""

    def __init__(self, workspace: Workspace, background: Reporting, rules: RuleBook | None = None) -> None:
        super().__init__()
        self.setObjectName("workbench")
        self.setWindowFlags(Qt.WindowType.Widget)
        self.explained = Explained(workspace, background, rules)
        self.graph_model = GraphModel(workspace, background)
        self.marks = GraphMarks(self.graph_model, self.explained)
        self.differing = DifferencesDesk(workspace, background, self.graph_model, self.bring_up)
        self.differences = self.differing.shared
        self.what_if = WhatIfDesk(workspace, self.differing, self.bring_up)
        self.graph = GraphDock(self.graph_model, self.marks, self.differing.marks)
        # It stands in the middle and takes what room the others leave, so it neither moves nor closes.
        self.graph.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        source = SourceModel(workspace, background)
        breakpoints, stack = BreakpointsModel(workspace), StackModel(workspace)
        self.breaks = Breaks(self, breakpoints, lambda: self.source.files_shown())
        self.source = SourceDock(source, self.breaks)
        self.breakpoints = BreakpointsDock(breakpoints, self.breaks)
        self.stack = StackDock(stack)
        watches = WatchModel(workspace, background)
        self.watches = WatchesDock(watches)
        self.search = SearchModel(self.graph_model, source)
        self.variables = VariablesDock(VariablesModel(workspace))
        inspector = InspectorModel(workspace, background, self.explained, self.what_if.experiment)
        self.inspector = InspectorDock(inspector)
        self.what_if.join(self.inspector)
        self.checks = Checks(self, workspace, self.bring_up)
        self.inspector.add_card(self.checks.card(inspector))
        self.inspector.offer_sender = self.checks.offer_position
        self.timeline = TimelineDock(TimelineModel(workspace, self.explained))
        self.plots = PlotsDock(PlotsModel(workspace, watches, background), HistogramsModel(workspace, background))
        self.figures_model = FiguresModel(workspace)
        self.figures = FiguresDock(self.figures_model, background)
        self.tape = TapeDock(TapeModel(workspace))
        self.findings_model = findings = FindingsModel(workspace, self.explained)
        self.findings = FindingsDock(findings)
        self.path = PathDock(PathModel(workspace, background))
        self.console = ConsoleDock(ConsoleModel(workspace))
        self.docks: tuple[Dock, ...] = (
            self.source, self.variables, self.stack, self.watches, self.inspector, self.timeline, self.plots,
            self.figures, self.tape, self.findings, self.path, self.differing.dock, self.checks.dock,
            self.breakpoints, self.console,
        )  # fmt: skip
        self.findings.on_dispose(findings.show_line.connect(self._show_line))
        self.checks.dock.on_dispose(self.checks.model.show_line.connect(self._show_line))
        self.rules: RulesDialog | None = None
        self.findings.on_dispose(findings.show_rule.connect(self.show_rules), self._close_rules)
        self.findings.on_dispose(self.explained.changed.connect(self._explained))
        self.figures.on_dispose(self.figures_model.show_line.connect(self._show_line))
        self.figures.on_dispose(self.figures_model.arrived.connect(self._show_figures))
        self.breakpoints.on_dispose(breakpoints.show_line.connect(self._show_path))
        self.stack.on_dispose(stack.show_line.connect(self._show_path))
        self.source.watchWanted.connect(self._watch)
        self.source.noteClicked.connect(lambda: self.bring_up(self.stack))
        self.graph.view.offer = self._offer_node
        self.tape.offer = self._offer_op
        self.variables.offer = self._offer_variable
        self.plots.offer = self.breaks.offer_point
        self.timeline.view.menuWanted.connect(self.differing.step_menu)
        self.setDockOptions(
            QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AnimatedDocks
        )
        self.setTabPosition(AREA.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.setDocumentMode(True)
        for corner in (Qt.Corner.BottomLeftCorner, Qt.Corner.BottomRightCorner):
            self.setCorner(corner, AREA.BottomDockWidgetArea)
        self.setCentralWidget(self.graph)
        self._arrange()
        self._titles = QTimer(self)
        self._titles.setSingleShot(True)
        self._titles.timeout.connect(self._fit_titles)
        for dock in self.docks:
            dock.dockLocationChanged.connect(self._titles_soon)
            dock.visibilityChanged.connect(self._titles_soon)
            dock.topLevelChanged.connect(self._titles_soon)
        theme.current().changed.connect(self._titles_soon)
        theme.current().changed.connect(self._show_focus)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._show_focus)
        self._application = application
        self._fit_titles()
        self._standard = self.saveState(LAYOUT_VERSION)

    def arrange(self, layout: QByteArray) -> None:
        """Put the docks where a saved layout has them; with one of another version they stand as at the first start."""
        if layout.isEmpty() or not self._restore(layout):
            self.fit_sizes()

    def arrangement(self) -> QByteArray:
        """The layout, to be saved."""
        return self.saveState(LAYOUT_VERSION)

    def reset(self) -> None:
        """Put all docks back where they were at first."""
        for dock in self.docks:
            dock.setFloating(False)
            dock.show()
        self._restore(self._standard)
        self.fit_sizes()

    def fit_sizes(self) -> None:
        """The sizes of the first start, for the window as it is now."""
        width, height = self.width(), self.height()
        side = max(260, min(352, width // 4))
        self.resizeDocks([self.source, self.inspector], [side, min(340, side)], Qt.Orientation.Horizontal)
        bottom = max(150, min(280, height * 3 // 10))
        self.resizeDocks([self.timeline, self.plots], [62, bottom], Qt.Orientation.Vertical)
        left = height - 62 - bottom
        self.resizeDocks([self.source, self.variables], [left * 2 // 3, left // 3], Qt.Orientation.Vertical)
        console = max(300, min(420, width * 3 // 10))
        self.resizeDocks([self.plots, self.console], [width - console, console], Qt.Orientation.Horizontal)

    def dispose(self) -> None:
        """Let go of everything."""
        self._titles.stop()
        self.search.dispose()
        self._application.focusChanged.disconnect(self._show_focus)
        for dock in (*self.docks, self.graph):
            dock.dispose()
        self.checks.dispose()
        self.explained.dispose()

    def _arrange(self) -> None:
        self.addDockWidget(AREA.LeftDockWidgetArea, self.source)
        self.splitDockWidget(self.source, self.variables, Qt.Orientation.Vertical)
        self.addDockWidget(AREA.RightDockWidgetArea, self.inspector)
        self.addDockWidget(AREA.BottomDockWidgetArea, self.timeline)
        self.splitDockWidget(self.timeline, self.plots, Qt.Orientation.Vertical)
        self.splitDockWidget(self.plots, self.console, Qt.Orientation.Horizontal)
        self.tabifyDockWidget(self.plots, self.figures)
        self.tabifyDockWidget(self.figures, self.tape)
        self.tabifyDockWidget(self.tape, self.findings)
        self.tabifyDockWidget(self.findings, self.path)
        self.tabifyDockWidget(self.path, self.differing.dock)
        self.tabifyDockWidget(self.differing.dock, self.checks.dock)
        self.tabifyDockWidget(self.checks.dock, self.breakpoints)
        self.tabifyDockWidget(self.variables, self.stack)
        self.tabifyDockWidget(self.stack, self.watches)
        self.plots.raise_()
        self.variables.raise_()
        self.checks.dock.hide()  # until somebody asks for a check

    def _tab_bars(self) -> list[QTabBar]:
        return self.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)

    def _restore(self, layout: QByteArray) -> bool:
        """``restoreState``, and whether it did, without the tab bars it leaves behind: Qt makes new ones and forgets
        those there were, which would stay in sight, painted over other docks.
        """
        before = [bar for bar in self._tab_bars() if not bar.isHidden()]
        restored = self.restoreState(layout, LAYOUT_VERSION)
        if restored:
            for bar in before:
                bar.hide()
        self._titles.start(0)
        return restored

    def _show_focus(self, *_: object) -> None:
        focus = QApplication.focusWidget()
        for dock in (*self.docks, self.graph):
            dock.header.set_active(focus is not None and dock.isAncestorOf(focus))

    def _titles_soon(self, *_: object) -> None:
        self._titles.start(0)

    def _fit_titles(self) -> None:
        for dock in self.docks:
            dock.fit_title()
        groups = [{one.windowTitle() for one in (dock, *self.tabifiedDockWidgets(dock))} for dock in self.docks]
        for bar in self._tab_bars():
            if bar.isVisible() and {bar.tabText(tab) for tab in range(bar.count())} not in groups:
                bar.hide()  # of a group that has grown since: Qt made another one for that
            if bar.objectName() != TABS:
                bar.setObjectName(TABS)
                bar.setDrawBase(False)
                bar.setExpanding(False)
                bar.setElideMode(Qt.TextElideMode.ElideNone)
                bar.setFocusPolicy(Qt.FocusPolicy.TabFocus)
                # It was dressed before it had this name.
                bar.style().unpolish(bar)
                bar.style().polish(bar)
            bar.setFont(caps_font())  # each style sheet brings its own

    def _show_figures(self) -> None:
        """The first figure of a run has come: it comes up, unless somebody works in one of the docks over it."""
        focus = QApplication.focusWidget()
        over = [self.figures, *self.tabifiedDockWidgets(self.figures)]
        if self.figures.isVisible() and not any(focus is not None and dock.isAncestorOf(focus) for dock in over):
            self.figures.raise_()

    def show_stop(self, wrong: bool) -> None:
        """The script has come to a stop: where something went ``wrong``, the calls that led there come up; where a rule
        fired, what was found."""
        if self.breaks.model.stands_at_rule:
            self.bring_up(self.findings)
        elif wrong:
            self.bring_up(self.stack)

    def picks_ops(self) -> bool:
        """Whether the keys are where ops are picked: the graph, the tape or the inspector."""
        focus = QApplication.focusWidget()
        return focus is not None and any(dock.isAncestorOf(focus) for dock in (self.graph, self.tape, self.inspector))

    def _offer_node(self, menu: QMenu, node: int) -> None:
        scene = self.graph_model.scene
        if scene is None or not 0 <= node < len(scene.graph.nodes):
            return
        shown = scene.graph.nodes[node]
        if node in self.marks.shown.badges:
            menu.addAction(tr("Show what was found here"), lambda: self.marks.look_at(node))
        if shown.kind in ("watched", "unwatched") and shown.key[0] == "var":
            self.graph_model.select(node)
            self._offer_variable(menu, shown.name)
        elif shown.kind == "op":
            self.graph_model.select(node)
            self._offer_op(menu, shown.label, shown.name)
        elif shown.leaf:
            self.graph_model.select(node)
            self.what_if.offer(menu, shown.name)
        elif shown.kind == "node" or shown.role == "variable":
            self.graph_model.select(node)
            self.breaks.offer_node(menu, shown.label)
            self.checks.offer_op(menu)

    def _offer_op(self, menu: QMenu, op: str, name: str) -> None:
        self.breaks.offer_op(menu, op, name if name.isidentifier() else "")
        self.checks.offer_op(menu)
        self.what_if.offer(menu, name, op)
        self._offer_watch(menu, name)

    def _offer_variable(self, menu: QMenu, name: str) -> None:
        self.breaks.offer_variable(menu, name)
        self.checks.offer_variable(menu)
        self.what_if.offer(menu, name)
        self._offer_watch(menu, name)

    def _offer_watch(self, menu: QMenu, name: str) -> None:
        if name:
            words = tr("Watch “{expression}”").format(expression=name).replace("&", "&&")
            menu.addAction(words, lambda: self._watch(name))

    def _watch(self, expression: str) -> None:
        self.watches.watch(expression)
        self.bring_up(self.watches)

    def _explained(self, reasons: Reasons) -> None:
        if "asked" in reasons:
            self.bring_up(self.findings)

    def show_rules(self, name: str = "") -> None:
        """Open the dialog of the rules, at one of them."""
        if self.rules is None:
            model = RulesModel(self.explained.rules, self.explained)
            self.rules = RulesDialog(self.window(), model, self.breaks.model.add_text)
            self.rules.finished.connect(self._rules_closed)
        self.rules.choose(name)
        self.rules.show()
        self.rules.raise_()
        self.rules.activateWindow()

    def _rules_closed(self) -> None:
        self.rules = None

    def _close_rules(self) -> None:
        if self.rules is not None:
            self.rules.close()

    def _show_path(self, path: str, line: int) -> None:
        self.source.show_path(path, line)
        self.bring_up(self.source)

    def _show_line(self, file: int, line: int) -> None:
        self.source.show_line(file, line)
        self.bring_up(self.source)

    @staticmethod
    def bring_up(dock: QDockWidget) -> None:
        """Show a dock, whatever tab hides it."""
        dock.show()
        dock.raise_()
