"""The window: menus, tool bar, status bar, and in the middle the first page or the workbench."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, QUrl
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QFont, QPaintEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMenu,
    QMenuBar,
    QMessageBox,
    QStackedWidget,
    QWidget,
)

from tapeview import __version__
from tapeview.ui import menus, text, theme
from tapeview.ui.background import QtBackground
from tapeview.ui.bridge import Bridge
from tapeview.ui.dialogs import keys_text, tell
from tapeview.ui.held_key import HeldKeys
from tapeview.ui.live_verbs import LiveVerbs
from tapeview.ui.settings import Settings
from tapeview.ui.status_bar import StatusBar
from tapeview.ui.text import tr
from tapeview.ui.toolbar import ToolBar
from tapeview.ui.turns import Turns
from tapeview.ui.welcome import Welcome
from tapeview.views.examples import Example, examples
from tapeview.views.rule_book import RuleBook
from tapeview.views.session import SUFFIX, Check, SessionModel
from tapeview.views.standing import trouble
from tapeview.views.status_model import StatusModel
from tapeview.views.workspace import Reasons, Workspace

if TYPE_CHECKING:
    from tapeview.ui.workbench import Workbench

FIRST_SIZE = QSize(1440, 900)


class MainWindow(QMainWindow):
    """Binds the workspace and the session to widgets.

    The workbench with its docks is made when the first script or recording is opened, pyqtgraph is loaded after the
    first paint.
    """

    def __init__(self, settings: Settings | None = None, check: Check | None = None) -> None:
        super().__init__()
        text.install()
        self.settings = settings or Settings()
        theme.current().set_mode(self.settings.theme)
        self.rules = RuleBook(self.settings.rules)
        self.workspace = Workspace()
        self.background = QtBackground(self)
        self.session = SessionModel(self.workspace, check, self._wake)
        self.turns = Turns(self)
        self.bridge = Bridge(self._poll, lambda: self.session.needs_polling, self, lambda: self.session.urgent)
        self.workbench: Workbench | None = None
        self.live = LiveVerbs(self)
        self.recent_menu = self.examples_menu = self.docks_menu = QMenu()
        self.setObjectName("tapeview")
        self.setWindowTitle("tapeview")
        self.setAcceptDrops(True)
        self.setMinimumSize(900, 560)
        self.commands = menus.declare(self)
        menus.build(self, self._make_menu_bar(), self.commands)
        self.held = HeldKeys(self)
        self.held.add(self.commands.action("forward"), lambda: self.session.can_step, self._flow)
        self.held.add(self.commands.action("back"), lambda: True)
        self.toolbar = ToolBar(self.commands, self.workspace)
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, self.toolbar)
        self.status = StatusBar(StatusModel(self.workspace))
        self.setStatusBar(self.status)
        self._examples: list[Example] = examples()
        self.welcome = Welcome(self._examples, self.choose_file)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.welcome)
        self.setCentralWidget(self.pages)
        self._painted = False
        self._restored = False
        self._connect()
        self._fill_files()
        self._restore()
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # not in the round of the Tab key
        self.setFocus()
        self._state_changed(frozenset({"recording", "state", "cursor"}))

    # -- commands ------------------------------------------------------------------------------------------------------

    def open(self, path: Path) -> bool:
        """Open a script or a recording; tells the user if that fails."""
        return self.session.open(path)

    def choose_file(self) -> None:
        """Ask for a script or a recording and open it."""
        kinds = ";;".join(
            (
                tr("Scripts and recordings") + f" (*.py *{SUFFIX})",
                tr("Python scripts") + " (*.py)",
                tr("Recordings") + f" (*{SUFFIX})",
                tr("All files") + " (*)",
            )
        )
        recent = self.settings.recent()
        start = self.workspace.script or self.workspace.path or (recent[0] if recent else Path.cwd() / "x")
        name, _ = QFileDialog.getOpenFileName(self, tr("Open a script or a recording"), str(start.parent), kinds)
        if name:
            self.open(Path(name))

    def choose_copy(self) -> None:
        """Ask for a file name and save the recording there."""
        source, script = self.workspace.path, self.workspace.script
        if source is None:
            return
        stem = script.stem if script is not None else source.stem
        start = (script.parent if script is not None else Path.cwd()) / f"{stem}{SUFFIX}"
        name, _ = QFileDialog.getSaveFileName(
            self, tr("Save the recording"), str(start), tr("Recordings") + f" (*{SUFFIX})"
        )
        if name and self.session.save_copy(Path(name)):
            self.settings.remember(Path(name).absolute())
            self._fill_files()

    def close_file(self) -> None:
        """Close what is open and show the first page."""
        self.session.close()

    def focus_search(self) -> None:
        self.toolbar.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.toolbar.search.selectAll()

    def fit_graph(self) -> None:
        if self.workbench is not None:
            self.workbench.graph.view.fit()

    def clear_selection(self) -> None:
        """Pick nothing; where nothing was picked, show no differences."""
        if self.workspace.selection.kind == "none" and self.workbench is not None:
            self.workbench.differences.leave()
        self.workspace.select("none")

    def reset_layout(self) -> None:
        if self.workbench is not None:
            self.workbench.reset()

    def set_theme(self, mode: str) -> None:
        """Switch to ``system``, ``light`` or ``dark`` and remember it."""
        self.settings.theme = mode
        theme.current().set_mode(mode)
        self.commands.update()

    def show_keys(self) -> None:
        tell(self, tr("Keys"), keys_text(self.commands))

    def show_about(self) -> None:
        words = tr("A visual debugger for gradient tapes.")
        tell(self, "tapeview", f"<h3>tapeview {__version__}</h3><p>{words}</p>")

    # -- set-up --------------------------------------------------------------------------------------------------------

    def _make_menu_bar(self) -> QMenuBar:
        """The menu bar with the program's name before it; where the desktop has one menu bar for all, that one."""
        if sys.platform == "darwin":
            return self.menuBar()
        bar, name, strip = QMenuBar(), QLabel("tapeview"), QWidget()
        name.setFont(theme.ui_font(13, QFont.Weight.Bold))
        strip.setObjectName("menuStrip")
        strip.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(strip)
        row.setContentsMargins(14, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(name)
        row.addWidget(bar, 1)
        self.setMenuWidget(strip)
        return bar

    def _connect(self) -> None:
        self._disconnects = [
            self.status.model.changed.connect(self._name_window),
            self.workspace.changed.connect(self._state_changed),
            self.session.problem.connect(self._problem),
            self.rules.changed.connect(self._rules_changed),
            self.workspace.breakpoints.take_rules(self.rules),
            self.session.opened.connect(self._opened),
        ]
        self.welcome.chosen.connect(self.open)
        self.status.theme.clicked.connect(lambda: self.set_theme("light" if theme.current().palette.dark else "dark"))
        search = self.toolbar.search
        search.textChanged.connect(self._search)
        search.next.connect(self._next_match)
        search.left.connect(lambda: self.workbench.graph.view.setFocus() if self.workbench is not None else None)

    def _restore(self) -> None:
        geometry = self.settings.bytes("geometry")
        if geometry.isEmpty() or not self.restoreGeometry(geometry):
            screen = self.screen().availableSize()
            self.resize(FIRST_SIZE.boundedTo(QSize(screen.width() - 40, screen.height() - 60)))

    def _make_workbench(self) -> Workbench:
        if self.workbench is None:
            # Only now: the first page comes up sooner without it.
            from tapeview.ui.workbench import Workbench

            bench = self.workbench = Workbench(self.workspace, self.background, self.rules)
            for dock in (bench.graph, *bench.docks):
                dock.turns = self.turns
            self.pages.addWidget(bench)
            bench.source.runToWanted.connect(self.session.run_to_line)
            for dock in bench.docks:
                self.docks_menu.addAction(dock.toggleViewAction())
            self._disconnects.append(
                bench.search.changed.connect(lambda: self.toolbar.search.set_count(bench.search.text))
            )
            for news in (bench.explained.changed, bench.differences.changed):
                self._disconnects.append(news.connect(lambda _reasons: self.commands.update()))
            self._disconnects.append(bench.what_if.experiment.changed.connect(self._experiment_changed))
            if self._painted:
                QTimer.singleShot(0, bench.plots.load)
        return self.workbench

    def _experiment_changed(self, reasons: Reasons) -> None:
        if "edits" in reasons:
            self.commands.update()

    def _show_page(self) -> None:
        empty = self.workspace.state == "empty"
        bench = self._make_workbench() if not empty else None
        if bench is None:
            self.pages.setCurrentWidget(self.welcome)
            return
        if self.pages.currentWidget() is not bench:
            self.pages.setCurrentWidget(bench)
            bench.graph.view.setFocus()
            if not self._restored:
                self._restored = True
                self._place_docks()
                if not self.isVisible():
                    QTimer.singleShot(0, self._place_docks)

    def _place_docks(self) -> None:
        """Sizes of docks mean something only once the window has its own."""
        if self.workbench is None:
            return
        for widget in (self, self.workbench):
            arrangement = widget.layout()
            if arrangement is not None:
                arrangement.activate()
        self.workbench.arrange(self.settings.bytes("layout"))

    def _fill_files(self) -> None:
        recent = self.settings.recent()
        self.welcome.show_recent(recent)
        self.recent_menu.clear()
        for path in recent:
            action = self.recent_menu.addAction(path.name)
            action.setToolTip(str(path))
            action.triggered.connect(lambda _checked=False, path=path: self.open(path))
        self.recent_menu.addSeparator()
        forget = self.recent_menu.addAction(tr("Forget these"))
        forget.triggered.connect(self._forget_recent)
        self.recent_menu.setEnabled(bool(recent))
        self.examples_menu.clear()
        for before, example in zip([None, *self._examples], self._examples, strict=False):
            if before is not None and before.group != example.group:
                self.examples_menu.addSeparator()
            action = self.examples_menu.addAction(example.title)
            action.triggered.connect(lambda _checked=False, path=example.path: self.open(path))
        self.examples_menu.setEnabled(bool(self._examples))

    def _forget_recent(self) -> None:
        self.settings.forget_recent()
        self._fill_files()

    # -- what happens --------------------------------------------------------------------------------------------------

    def _state_changed(self, reasons: Reasons) -> None:
        if reasons & {"recording", "state"}:
            self._show_page()
            if self.session.needs_polling:
                self.bridge.start()
            if self.workbench is not None and self.workspace.state == "failed":
                self.workbench.bring_up(self.workbench.findings)
        stopped = self.workspace.stopped
        if "stop" in reasons and stopped is not None and stopped.reason != "step":
            self.held.release()  # whoever holds the key down wants to see this
        if "stop" in reasons and self.workbench is not None and stopped is not None:
            self.workbench.show_stop(bool(trouble(self.workspace)[1]))
        self.commands.update()

    def _name_window(self) -> None:
        if self.windowTitle() != self.status.model.title:
            self.setWindowTitle(self.status.model.title)

    def _problem(self, sentence: str) -> None:
        tell(self, tr("That did not work"), sentence, QMessageBox.Icon.Warning)

    def _opened(self, path: Path) -> None:
        self.settings.remember(path)
        self._fill_files()

    def _rules_changed(self, names: frozenset[str]) -> None:
        self.settings.rules = self.rules.texts()

    def _flow(self, held: bool) -> None:
        """The step key is held down, or no longer."""
        self.session.flow(held)
        self.bridge.post()

    def _wake(self) -> None:
        """Called by the session from another thread."""
        self.bridge.post()

    def _poll(self) -> None:
        if self.workspace.state != "running" or self.session.urgent:
            self.session.poll()
        elif not self.turns.busy:  # else it would be one turn with that of a dock
            with self.turns.taken():
                self.session.poll()

    def _search(self, words: str) -> None:
        if self.workbench is not None:
            self.workbench.search.search(words)

    def _next_match(self, step: int) -> None:
        if self.workbench is not None:
            self.workbench.search.next(step)

    # -- Qt ------------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            if self.workbench is not None:
                QTimer.singleShot(0, self.workbench.plots.load)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._dropped(event.mimeData().urls()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = self._dropped(event.mimeData().urls())
        if path is not None:
            event.acceptProposedAction()
            self.open(path)

    @staticmethod
    def _dropped(urls: Sequence[QUrl]) -> Path | None:
        paths = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
        return next((path for path in paths if path.suffix in (".py", SUFFIX)), None)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.settings.set_bytes("geometry", self.saveGeometry())
        if self.workbench is not None:
            self.settings.set_bytes("layout", self.workbench.arrangement())
        self.settings.save()
        for disconnect in self._disconnects:
            disconnect()
        self.held.close()
        self.bridge.close()
        self.turns.close()
        self.session.end()
        self.toolbar.dispose()
        self.status.dispose()
        if self.workbench is not None:
            self.workbench.dispose()
        self.background.close()
        event.accept()
