"""The window as a user meets it: keys, menus, what stands where."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QFont
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from tapeview.examples import GROUPS
from tapeview.ui import theme
from tapeview.ui.app import make_window
from tapeview.ui.main_window import MainWindow
from tapeview.ui.settings import Settings
from tapeview.ui.workbench import Workbench
from tests.helpers.recordings import write_nonfinite, write_regression
from tests.helpers.scripts import TAPE

Key = Qt.Key
Modifier = Qt.KeyboardModifier
MakeWindow = Callable[[], MainWindow]


@pytest.fixture
def make(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeWindow]:
    monkeypatch.setenv("TAPEVIEW_RECORDINGS", str(tmp_path / "recordings"))
    made: list[MainWindow] = []

    def make() -> MainWindow:
        window = make_window(Settings(tmp_path / "settings.ini"))
        qtbot.addWidget(window)
        made.append(window)
        window.resize(1280, 800)
        window.show()
        qtbot.waitExposed(window)
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        return window

    yield make
    for window in made:
        window.close()
    theme.current().set_mode("system")


@pytest.fixture
def window(make: MakeWindow) -> MainWindow:
    return make()


@pytest.fixture
def opened(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> MainWindow:
    assert window.open(write_regression(tmp_path / "r.tapeview", steps=5))
    qtbot.waitUntil(lambda: bench(window).plots.canvas is not None)
    return window


def bench(window: MainWindow) -> Workbench:
    assert window.workbench is not None
    return window.workbench


def press(qtbot: QtBot, key: Qt.Key, modifier: Qt.KeyboardModifier = Modifier.NoModifier) -> None:
    """A key press to whatever has the focus."""
    focus = QApplication.focusWidget()
    assert focus is not None
    qtbot.keyClick(focus, key, modifier)


def boxes(window: MainWindow) -> list[QMessageBox]:
    return [box for box in window.findChildren(QMessageBox) if box.isVisible()]


def test_an_empty_window_offers_examples_and_recent_files(window: MainWindow) -> None:
    assert window.pages.currentWidget() is window.welcome
    assert window.workbench is None
    assert [tile.path.suffix for tile in window.welcome.tiles] == [".py"] * len(window.welcome.tiles)
    headings = [label.text() for label in window.welcome.findChildren(QLabel, "dockTitleText")]
    assert sorted(headings) == sorted([*GROUPS, "Recent files"])
    assert not window.commands.action("run").isEnabled()
    assert not window.commands.action("forward").isEnabled()


def test_an_example_is_one_click_away(window: MainWindow, qtbot: QtBot) -> None:
    tile = window.welcome.tiles[0]
    qtbot.mouseClick(tile, Qt.MouseButton.LeftButton)
    assert window.workspace.script == tile.path
    assert window.pages.currentWidget() is window.workbench
    assert window.commands.action("run").isEnabled()
    assert window.settings.recent() == [tile.path]


def test_keys_step_through_the_recording(opened: MainWindow, qtbot: QtBot) -> None:
    workspace = opened.workspace
    for key, modifier, cursor in (
        (Key.Key_F10, Modifier.NoModifier, (0, 1)),
        (Key.Key_F10, Modifier.ShiftModifier, (0, 0)),
        (Key.Key_F10, Modifier.ControlModifier, (0, 4)),
        (Key.Key_F10, Modifier.NoModifier, (0, 5)),
        (Key.Key_PageDown, Modifier.NoModifier, (1, 5)),
        (Key.Key_PageDown, Modifier.NoModifier, (2, 5)),
        (Key.Key_PageUp, Modifier.NoModifier, (1, 5)),
        (Key.Key_F10, Modifier.ControlModifier, (1, 9)),
        (Key.Key_F10, Modifier.ControlModifier | Modifier.ShiftModifier, (1, 5)),
        (Key.Key_End, Modifier.NoModifier, (4, 11)),
        (Key.Key_Home, Modifier.NoModifier, (0, 0)),
    ):
        press(qtbot, key, modifier)
        assert workspace.cursor == cursor, key
    assert opened.toolbar.position.text() == "step 1 of 5 · forward 1 of 5 · Mul → w*x"


def test_keys_step_wherever_the_focus_is(opened: MainWindow, qtbot: QtBot) -> None:
    docks = bench(opened)
    docks.bring_up(docks.tape)
    for widget in (
        docks.source.code,
        docks.graph.view,
        docks.variables.table,
        docks.tape.table,
        docks.console.text,
        docks.timeline.view,
        docks.inspector.list,
        opened.toolbar.buttons["back"],
    ):
        opened.workspace.move_to(1, 5)
        widget.setFocus()
        qtbot.waitUntil(widget.hasFocus)
        for key, cursor in (
            (Key.Key_PageDown, (2, 5)),
            (Key.Key_PageUp, (1, 5)),
            (Key.Key_F10, (1, 6)),
            (Key.Key_End, (4, 11)),
            (Key.Key_Home, (0, 0)),
        ):
            qtbot.keyClick(widget, key)
            assert opened.workspace.cursor == cursor, (widget, key)
        qtbot.keyClick(widget, Key.Key_F10, Modifier.ShiftModifier)


def test_keys_belong_to_the_search_field_while_somebody_types(opened: MainWindow, qtbot: QtBot) -> None:
    opened.workspace.move_to(1, 5)
    press(qtbot, Key.Key_F, Modifier.ControlModifier)
    field = opened.toolbar.search
    assert field.hasFocus()
    qtbot.keyClicks(field, "square")
    for key in (Key.Key_Home, Key.Key_End, Key.Key_PageUp, Key.Key_PageDown):
        qtbot.keyClick(field, key)
    assert opened.workspace.cursor == (1, 5)
    qtbot.waitUntil(lambda: field.count.text() == "1 of 2")
    qtbot.keyClick(field, Key.Key_Return)
    step = opened.workspace.step
    assert step is not None
    assert step.ops[opened.workspace.selection.id].op == "Square"
    qtbot.keyClick(field, Key.Key_Return)
    code = bench(opened).source.code
    assert "tf.square" in code._lines[code.mark().line - 1]
    assert field.count.text() == f"line {code.mark().line} · 2 of 2"
    qtbot.keyClick(field, Key.Key_Return, Modifier.ShiftModifier)
    assert field.count.text() == "1 of 2"
    qtbot.keyClick(field, Key.Key_Escape)
    assert field.text() == ""
    assert not field.hasFocus()


def test_the_position_is_written_out_with_its_phase(opened: MainWindow) -> None:
    position = opened.toolbar.position
    opened.workspace.move_to(2, 6)
    assert position.chip.text() == "backward"
    assert position.step.text() == "step 3 of 5 ·"
    assert position.what.whole() == "2 of 5 · Square → gradient of “y_pred - y”"
    assert theme.current().palette.grad in position.chip.styleSheet()
    opened.workspace.move_to(2, 0)
    assert theme.current().palette.accent in position.chip.styleSheet()


def test_buttons_are_off_where_there_is_nowhere_to_go(opened: MainWindow) -> None:
    buttons = opened.toolbar.buttons
    assert [buttons[id].isEnabled() for id in ("back", "forward", "previous_step", "next_step")] == [
        False, True, False, True,
    ]  # fmt: skip
    opened.workspace.last()
    assert [buttons[id].isEnabled() for id in ("back", "forward", "previous_step", "next_step")] == [
        True, False, True, False,
    ]  # fmt: skip


def test_f5_runs_the_script_and_the_window_follows(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    script = tmp_path / "s.py"
    script.write_text(TAPE + "print('끝')\n", encoding="utf-8")
    window.open(script)
    qtbot.waitUntil(lambda: bench(window).plots.canvas is not None)
    press(qtbot, Key.Key_F5)
    assert window.workspace.state == "running"
    assert not window.commands.action("run").isEnabled()
    assert window.commands.action("stop").isEnabled()
    qtbot.waitUntil(lambda: window.workspace.state != "running", timeout=60_000)
    assert window.workspace.state == "finished", window.workspace.message
    docks = bench(window)
    assert "gradient 6.0" in docks.console.text.toPlainText()
    assert docks.console.text.toPlainText().endswith("끝\n")
    assert docks.timeline.view.step_at(5000) == 0
    assert window.status.state.text() == "finished"
    assert [row.name for row in docks.variables.rows._rows] == ["w"]


def test_shift_f5_stops_an_endless_script(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    script = tmp_path / "s.py"
    script.write_text("print('ready', flush=True)\nwhile True:\n    pass\n", encoding="utf-8")
    window.open(script)
    press(qtbot, Key.Key_F5)
    qtbot.waitUntil(lambda: "ready" in bench(window).console.text.toPlainText(), timeout=60_000)
    press(qtbot, Key.Key_F5, Modifier.ShiftModifier)
    qtbot.waitUntil(lambda: window.workspace.state != "running", timeout=60_000)
    assert window.workspace.state in ("stopped", "killed")


def test_closing_the_window_ends_what_runs(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    script = tmp_path / "s.py"
    script.write_text("while True:\n    pass\n", encoding="utf-8")
    window.open(script)
    press(qtbot, Key.Key_F5)
    live = window.session._live
    assert live is not None
    window.close()
    assert live.ended


def test_a_failure_comes_up_with_its_traceback(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window.open(write_nonfinite(tmp_path / "b.tapeview"))
    docks = bench(window)
    qtbot.waitUntil(docks.findings.isVisible)
    # The failure, and where the NaN began.
    qtbot.waitUntil(lambda: docks.findings.windowTitle() == "Findings 2" and len(docks.findings.cards) == 2)
    card, _ = docks.findings.cards
    trace = card.findChild(QWidget, "trace")
    trace.linkActivated.emit("1:9")  # type: ignore[attr-defined]
    assert docks.source.code.mark().line == 9
    assert window.status.state.text() == "ValueError: 손실이 NaN입니다"


def test_what_cannot_be_opened_is_said_in_a_sentence(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    garbage = tmp_path / "g.tapeview"
    garbage.write_bytes(b"?" * 100)
    assert not window.open(garbage)
    (box,) = boxes(window)
    assert box.text().endswith("is not a tapeview recording.")
    assert window.pages.currentWidget() is window.welcome
    box.close()


def test_a_file_can_be_dropped(window: MainWindow, tmp_path: Path) -> None:
    path = write_regression(tmp_path / "r.tapeview", steps=1)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "picture.png")), QUrl.fromLocalFile(str(path))])
    action, buttons = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    window.dropEvent(QDropEvent(QPointF(9, 9), action, data, buttons, Modifier.NoModifier))
    assert window.workspace.path == path


def test_closing_a_file_brings_the_first_page_back(opened: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, Key.Key_W, Modifier.ControlModifier)
    assert opened.pages.currentWidget() is opened.welcome
    assert opened.workspace.recording is None
    assert [tile.path.name for tile in opened.welcome.tiles][-1] == "r.tapeview"


def test_escape_drops_the_selection(opened: MainWindow, qtbot: QtBot) -> None:
    opened.workspace.select("variable", 1)
    press(qtbot, Key.Key_Escape)
    assert opened.workspace.selection.kind == "none"


def test_layout_theme_and_recent_files_are_remembered(make: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = write_regression(tmp_path / "r.tapeview", steps=1)
    first = make()
    first.open(path)
    first.set_theme("dark")
    bench(first).console.hide()
    first.close()
    second = make()
    assert theme.current().palette.name == "dark"
    assert second.settings.recent() == [path]
    second.open(path)
    qtbot.waitUntil(lambda: bench(second).console.isHidden())
    second.reset_layout()
    qtbot.waitUntil(bench(second).console.isVisible)


def test_the_theme_can_be_switched_from_the_status_bar(opened: MainWindow, qtbot: QtBot) -> None:
    opened.set_theme("light")
    qtbot.mouseClick(opened.status.theme, Qt.MouseButton.LeftButton)
    assert theme.current().palette.name == "dark"
    assert opened.commands.action("theme_dark").isChecked()
    image = bench(opened).timeline.view.grab().toImage()
    assert image.pixelColor(2, 2).name() == theme.current().palette.panel


def test_keys_and_about_are_told(opened: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, Key.Key_F1)
    (box,) = boxes(opened)
    assert "Shift+F10" in box.text()
    box.close()
    opened.show_about()
    assert "tapeview" in boxes(opened)[0].text()
    boxes(opened)[0].close()


def test_every_command_is_in_a_menu_and_keys_are_not_taken_twice(window: MainWindow) -> None:
    keys = [key.toString() for action in window.actions() for key in action.shortcuts()]
    assert len(keys) == len(set(keys))
    with pytest.raises(ValueError, match="twice"):
        window.commands.add(next(iter(window.commands)))


def tab_bars(window: MainWindow) -> list[QTabBar]:
    bars = bench(window).findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return [bar for bar in bars if not bar.isHidden()]


@pytest.mark.parametrize("size", [(1440, 900), (1280, 800)])
def test_there_is_one_tab_bar_for_each_group_whatever_happens(
    qtbot: QtBot, tmp_path: Path, size: tuple[int, int]
) -> None:
    path = write_regression(tmp_path / "r.tapeview", steps=2)
    for _ in range(2):  # the second time there is a layout to restore
        window = make_window(Settings(tmp_path / "settings.ini"))
        qtbot.addWidget(window)
        window.resize(*size)
        assert window.open(path), "before it is shown"
        window.show()
        qtbot.waitExposed(window)
        docks = bench(window)
        for change in ("", "dark", "resize", "reset", "light", "reset"):
            if change == "resize":
                window.resize(1000, 700)
            elif change == "reset":
                window.reset_layout()
            elif change:
                window.set_theme(change)
            qtbot.waitUntil(lambda docks=docks: not docks._titles.isActive())  # type: ignore[misc]
            QApplication.processEvents()
            bars = tab_bars(window)
            assert len(bars) == 2, "above the plots, and above the variables"
            for bar, dock in zip(sorted(bars, key=lambda bar: -bar.y()), (docks.plots, docks.variables), strict=True):
                assert bar.font().capitalization() == QFont.Capitalization.AllUppercase
                assert bar.geometry().left() == dock.geometry().left()
                assert abs(dock.geometry().top() - bar.geometry().bottom()) <= 2
        window.close()
    theme.current().set_mode("system")


def test_step_buttons_say_where_they_lead(opened: MainWindow, qtbot: QtBot) -> None:
    before, after = (opened.toolbar.buttons[id] for id in ("previous_step", "next_step"))
    opened.resize(1500, 900)
    opened.workspace.move_to(2, 3)
    beside = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
    qtbot.waitUntil(lambda: before.toolButtonStyle() == beside)
    assert (before.text(), after.text()) == ("step 2", "step 4")
    width = after.width()
    for mode in ("dark", "light"):
        opened.set_theme(mode)
        assert (before.text(), after.text()) == ("step 2", "step 4")
    opened.workspace.last()
    assert (before.text(), after.text()) == ("step 4", "step –")
    assert after.width() == width
    opened.resize(1200, 900)
    qtbot.waitUntil(lambda: before.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly)


def test_the_tool_bar_is_as_high_in_every_theme(opened: MainWindow, qtbot: QtBot) -> None:
    height = opened.toolbar.height()
    for mode in ("dark", "light"):
        opened.set_theme(mode)
        QApplication.processEvents()
        assert opened.toolbar.height() == height


def test_the_tab_key_goes_round_what_can_be_seen(opened: MainWindow, qtbot: QtBot) -> None:
    docks = bench(opened)
    docks.graph.view.setFocus()
    visited: list[QWidget] = []
    for _ in range(60):
        press(qtbot, Key.Key_Tab)
        focus = QApplication.focusWidget()
        assert focus is not None
        if focus is docks.graph.view:
            break
        visited.append(focus)
    assert QApplication.focusWidget() is docks.graph.view, "it comes back"
    for widget in (docks.source.code, docks.variables.table, docks.console.text, opened.toolbar.search):
        assert widget in visited
    assert docks.tape.table not in visited
    assert opened not in visited
    docks.bring_up(docks.tape)
    qtbot.waitUntil(docks.tape.table.isEnabled)
    docks.tape.table.setFocus()
    assert docks.tape.table.hasFocus()


def test_the_dock_with_the_keys_is_told_by_its_title(opened: MainWindow, qtbot: QtBot) -> None:
    docks, accent = bench(opened), theme.current().palette.accent
    docks.variables.table.setFocus()
    assert accent in docks.variables.header._label.styleSheet()
    docks.source.code.setFocus()
    assert accent in docks.source.header._label.styleSheet()
    assert not docks.variables.header._label.styleSheet()


def test_before_the_run_the_inspector_says_what_to_do(window: MainWindow, tmp_path: Path) -> None:
    script = tmp_path / "s.py"
    script.write_text("x = 1\n", encoding="utf-8")
    window.open(script)
    assert "F5" in bench(window).inspector._nothing.text()
    window.workspace.set_state("running")
    assert "as soon as" in bench(window).inspector._nothing.text()


def test_of_which_tensorflow_a_script_is_may_be_chosen(window: MainWindow, tmp_path: Path) -> None:
    assert not window.commands.action("mode_1").isEnabled()
    path = tmp_path / "s.py"
    path.write_text(TAPE, encoding="utf-8")
    window.open(path)

    def chosen() -> list[str]:
        return [era for era in ("", "1", "2") if window.commands.action(f"mode_{era}").isChecked()]

    assert (chosen(), window.session.mode) == ([""], "")
    window.commands.action("mode_1").trigger()
    assert (chosen(), window.session.mode) == (["1"], "1")
    window.commands.action("mode_").trigger()
    assert (chosen(), window.session.mode) == ([""], "")
