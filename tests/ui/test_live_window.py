"""Live debugging as a user meets it: a window, keys and clicks, and a real script in its own process."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tapeview.breakpoints import parse
from tapeview.ui import code_gutter
from tests.ui.conftest import Person

pytestmark = pytest.mark.qt_log_ignore("does not support (raise|grabbing)", extend=True)
"""What the offscreen platform says of each menu and list."""
Key, Modifier = Qt.Key, Qt.KeyboardModifier
LEFT = Qt.MouseButton.LeftButton

TRAIN = """\
import tensorflow as tf
w = tf.Variable(3.0, name="w")
x = tf.constant([1.0, 2.0])

def predict(x):
    scaled = w * x
    return tf.square(scaled + 1.0)

for i in range(1000000):
    with tf.GradientTape() as tape:
        y = predict(x)
        loss = tf.reduce_sum(y)
    dw = tape.gradient(loss, w)
    w.assign_sub(0.00001 * dw)
"""

WRONG = """\
import tensorflow as tf
w = tf.Variable([1.0, 2.0])

def predict(rows):
    return rows + w

with tf.GradientTape() as tape:
    rows = tf.ones([2, 3])
    y = predict(rows)
"""


def into_the_first_step(person: Person) -> None:
    person.open(TRAIN)
    person.press(Key.Key_F5, Modifier.ControlModifier)
    person.paused()
    person.press(Key.Key_F11)
    person.until(lambda: person.workspace.position is not None)
    person.paused()


def gutter_point(person: Person, line: int) -> QPoint:
    top = person.docks.source.code.line_top(line)
    return QPoint(round(code_gutter.MIDDLE), round(top) + 10)


def text_point(person: Person, line: int) -> QPoint:
    return gutter_point(person, line) + QPoint(120, 0)


# -- control -----------------------------------------------------------------------------------------------------------


def test_start_paused_step_and_continue_with_keys(person: Person) -> None:
    person.open(TRAIN)
    run = person.window.commands.action("run")
    assert run.text() == "&Run"
    person.press(Key.Key_F5, Modifier.ControlModifier)
    person.paused()
    assert run.text() == "&Continue"
    assert person.window.toolbar.buttons["run"].text() == "Continue  F5"
    assert person.window.status.state.text() == "paused at the live edge"
    assert "paused" in person.window.windowTitle()
    assert "before the first" in person.docks.console.text.toPlainText()
    person.press(Key.Key_F11)
    person.until(lambda: person.workspace.position is not None)
    person.paused()
    assert person.workspace.position_text().endswith("forward 1 of 1 · Mul → scaled")
    for expected in ("AddV2", "Square", "Sum"):
        before = person.serial
        person.press(Key.Key_F10)
        person.until(lambda before=before: person.serial > before)  # type: ignore[misc]
        person.paused()
        assert f"· {expected}" in person.workspace.position_text()
        assert person.workspace.at_edge
    person.press(Key.Key_F5)
    person.until(lambda: person.workspace.step_count > 3)
    assert run.text() == "&Run"
    person.press(Key.Key_F6)
    person.paused()
    assert person.workspace.at_edge


def test_stepping_back_leaves_the_script_and_end_returns_to_it(person: Person) -> None:
    into_the_first_step(person)
    person.press(Key.Key_F10, Modifier.ControlModifier)  # to the end of the forward pass, in the script
    person.until(lambda: person.workspace.cursor.position >= 3 and person.session.settled)
    edge, serial = person.workspace.cursor, person.serial
    person.press(Key.Key_F10, Modifier.ShiftModifier)
    person.press(Key.Key_F10, Modifier.ShiftModifier)
    assert person.workspace.cursor.position == edge.position - 2
    assert person.workspace.edge == edge
    assert person.docks.timeline.view._model.edge == edge.position
    assert "End returns" in person.window.status.state.text()
    person.press(Key.Key_F10)
    assert person.workspace.cursor.position == edge.position - 1
    assert person.serial == serial, "the script was not touched"
    person.press(Key.Key_End)
    assert person.workspace.cursor == edge


def test_a_held_key_flows_and_nothing_comes_after_it(person: Person) -> None:
    into_the_first_step(person)
    before = person.serial
    person.hold(Key.Key_F10, True)
    person.until(lambda: person.serial > before + 20)
    person.hold(Key.Key_F10, False)
    person.until(lambda: person.session.settled)
    after = person.serial
    QTest.qWait(150)
    assert person.serial == after
    assert person.workspace.at_edge
    stopped = person.workspace.stopped
    assert stopped is not None
    assert stopped.serial == after, "what is shown is where it stands"


def test_a_held_key_stops_at_a_breakpoint(person: Person) -> None:
    into_the_first_step(person)
    person.workspace.breakpoints.add(parse("step:4"))
    person.hold(Key.Key_F10, True)
    person.until(lambda: (s := person.workspace.stopped) is not None and s.reason == "breakpoint")
    assert not person.window.held.holding
    serial = person.serial
    QTest.qWait(150)
    assert person.serial == serial
    person.hold(Key.Key_F10, False)


def test_run_to_the_line_and_to_the_node(person: Person) -> None:
    into_the_first_step(person)
    code = person.docks.source.code
    code.setFocus()
    code.set_current_line(12)
    person.press(Key.Key_Return, Modifier.ControlModifier)
    person.until(lambda: "Sum" in person.workspace.position_text())
    person.paused()
    person.docks.graph.view.setFocus()
    person.docks.graph_model.select(person.node("Square"))
    person.press(Key.Key_Return, Modifier.ControlModifier)
    person.until(lambda: person.workspace.cursor.step == 1)
    person.paused()
    assert "Square" in person.workspace.position_text()


def test_stop_and_restart(person: Person) -> None:
    into_the_first_step(person)
    person.press(Key.Key_F5, Modifier.ControlModifier | Modifier.ShiftModifier)
    person.until(lambda: person.workspace.state == "running" and person.workspace.step_count > 1)
    person.press(Key.Key_F5, Modifier.ShiftModifier)
    person.until(lambda: person.workspace.state != "running")
    assert person.workspace.state == "stopped"


# -- breakpoints -------------------------------------------------------------------------------------------------------


def test_a_click_in_the_gutter_stops_there(person: Person) -> None:
    person.open(TRAIN)
    code = person.docks.source.code
    person.qtbot.mouseClick(code.viewport(), LEFT, pos=gutter_point(person, 7))
    assert code.breakpoints()[7].state == "on"
    person.run_to_stop()
    assert code.paused() == 7
    assert "AddV2" in person.workspace.position_text()
    assert "line 7" in person.window.status.state.toolTip()
    person.qtbot.mouseClick(code.viewport(), LEFT, pos=gutter_point(person, 7))
    assert not code.breakpoints()


def test_f9_follows_the_keys(person: Person) -> None:
    person.open(TRAIN)
    code = person.docks.source.code
    code.setFocus()
    code.set_current_line(6)
    person.press(Key.Key_Down)
    person.press(Key.Key_F9)
    assert list(code.breakpoints()) == [7]
    person.press(Key.Key_F9)
    assert not code.breakpoints()
    into_the_first_step(person)
    person.docks.graph.view.setFocus()
    person.docks.graph_model.select(person.node("Mul"))
    person.press(Key.Key_F9)
    (one,) = person.workspace.breakpoints.items
    assert (one.line, one.column >= 0) == (6, True)


def test_the_menu_of_a_line(person: Person) -> None:
    into_the_first_step(person)
    code = person.docks.source.code
    person.press(Key.Key_F11)
    person.until(lambda: person.workspace.cursor.step == 1 and person.session.settled)
    person.press(Key.Key_Home)

    def menu(line: int) -> None:
        code.reveal(line)
        place = text_point(person, line)
        reason = QContextMenuEvent.Reason.Mouse
        QApplication.sendEvent(
            code.viewport(), QContextMenuEvent(reason, place, code.viewport().mapToGlobal(QPointF(place)).toPoint())
        )

    menu(7)
    person.choose(code, "tf.square")
    (one,) = person.workspace.breakpoints.items
    assert (one.line, one.column) == (7, 11)
    menu(7)
    person.choose(code, "Switch off")
    assert code.breakpoints()[7].state == "off"
    menu(7)
    person.choose(code, "Remove")
    assert not person.workspace.breakpoints.items
    menu(12)
    person.choose(code, "Run to this line")
    person.until(lambda: "Sum" in person.workspace.position_text())


def test_a_breakpoint_from_the_dialog_with_keys_alone(person: Person) -> None:
    person.open(TRAIN)
    person.press(Key.Key_B, Modifier.ControlModifier | Modifier.ShiftModifier)
    from tapeview.ui.breakpoint_dialog import BreakpointDialog

    (dialog,) = person.window.findChildren(BreakpointDialog)
    assert dialog.problem.text() == "Type the op's type, such as Conv2D*."
    assert not dialog.ok.isEnabled()
    dialog.name.setFocus()
    person.qtbot.keyClicks(dialog.name, "Squ*")
    assert dialog.text.text() == "op:Squ*"
    person.qtbot.keyClick(dialog.name, Key.Key_Return)
    person.until(lambda: bool(person.workspace.breakpoints.items))
    docks = person.docks
    assert docks.breakpoints.windowTitle() == "Breakpoints 1"
    person.press(Key.Key_B, Modifier.ControlModifier)
    person.until(docks.breakpoints.table.isVisible)
    assert docks.breakpoints.table.hasFocus()
    person.run_to_stop()
    assert "Square" in person.workspace.position_text()
    assert docks.breakpoints.rows.row(0).here
    docks.breakpoints.table.selectRow(0)
    docks.breakpoints.table.setFocus()
    person.press(Key.Key_Space)
    assert not person.workspace.breakpoints.items[0].enabled
    person.press(Key.Key_Delete)
    assert not person.workspace.breakpoints.items
    assert "F9" in docks.breakpoints._nothing.text()


def test_a_condition_that_raises_is_shown_and_stops_nothing(person: Person) -> None:
    person.open(TRAIN)
    person.workspace.breakpoints.add(parse(f"line:{person.workspace.script}:6 if nonsense"))
    person.workspace.breakpoints.add(parse("step:3"))
    person.run_to_stop()
    assert person.workspace.cursor.step == 2
    mark = person.docks.source.code.breakpoints()[6]
    assert mark.state == "error"
    assert "nonsense" in mark.tip


# -- call stack, watches, prompt ---------------------------------------------------------------------------------------


def test_the_call_stack_shows_variables_and_leads_to_the_source(person: Person) -> None:
    person.open(TRAIN)
    person.workspace.breakpoints.add(parse(f"line:{person.workspace.script}:7"))
    person.docks.bring_up(person.docks.stack)
    person.run_to_stop()
    tree = person.docks.stack.tree
    person.until(lambda: tree.topLevelItemCount() == 2)
    first, second = tree.topLevelItem(0), tree.topLevelItem(1)
    assert first is not None
    assert second is not None
    assert [first.text(0), second.text(0)] == ["predict", "<module>"]
    locals_ = {first.child(n).text(0): first.child(n).text(1) for n in range(first.childCount())}  # type: ignore[union-attr]
    assert set(locals_) == {"x", "scaled"}
    person.qtbot.mouseClick(tree.viewport(), LEFT, pos=tree.visualItemRect(second).center())
    assert person.docks.source.code.mark().line == 11
    person.until(lambda: tree.topLevelItem(1).childCount() > 3)  # type: ignore[union-attr]


def test_watches_follow_the_cursor(person: Person) -> None:
    into_the_first_step(person)
    docks = person.docks
    docks.bring_up(docks.watches)
    person.until(docks.watches.field.isVisible)
    docks.watches.field.setFocus()
    for text in ("scaled", "w", "i + 1"):
        person.qtbot.keyClicks(docks.watches.field, text)
        person.qtbot.keyClick(docks.watches.field, Key.Key_Return)
    rows = docks.watches.rows
    person.until(lambda: rows.rowCount() == 3 and rows.row(2).value == "1")
    assert [rows.row(n).text for n in range(3)] == ["scaled", "w", "i + 1"]
    assert rows.row(1).value == "3"
    assert "[3" in rows.row(0).value
    docks.watches.table.selectRow(2)
    docks.watches.table.setFocus()
    person.press(Key.Key_Delete)
    assert rows.rowCount() == 2
    person.press(Key.Key_F5)
    person.until(lambda: person.workspace.step_count > 4)
    person.press(Key.Key_F6)
    person.paused()
    person.until(lambda: (c := rows.curve(rows.row(1))) is not None and len(c.values) > 3)
    docks.watches.grab()


def test_the_prompt_evaluates_completes_and_remembers(person: Person) -> None:
    into_the_first_step(person)
    console = person.docks.console
    person.press(Key.Key_E, Modifier.ControlModifier)
    line = console.prompt.line
    assert line.hasFocus()
    person.qtbot.keyClicks(line, "w.sha")
    person.press(Key.Key_Tab)
    person.until(lambda: line.text() == "w.shape")
    person.press(Key.Key_Return)
    person.until(lambda: "TensorShape([])" in console.text.toPlainText())
    assert "› w.shape" in console.text.toPlainText()
    person.qtbot.keyClicks(line, "nonsense")
    person.press(Key.Key_Return)
    person.until(lambda: "NameError" in console.text.toPlainText())
    person.press(Key.Key_Up)
    assert line.text() == "nonsense"
    person.press(Key.Key_Up)
    assert line.text() == "w.shape"
    person.press(Key.Key_Down)
    assert line.text() == "nonsense"
    cursor = person.workspace.cursor
    person.press(Key.Key_Home)
    assert person.workspace.cursor == cursor, "the key belongs to the line"
    person.press(Key.Key_Escape)
    assert line.text() == ""
    count = person.workspace.position_count(0)
    person.qtbot.keyClicks(line, "w * 2")
    person.press(Key.Key_Return)
    person.until(lambda: "6.0" in console.text.toPlainText())
    assert person.workspace.position_count(0) == count, "nothing of it is on the tape"


def test_an_evaluation_that_does_not_end_can_be_given_up(person: Person) -> None:
    into_the_first_step(person)
    console = person.docks.console
    person.press(Key.Key_E, Modifier.ControlModifier)
    person.qtbot.keyClicks(console.prompt.line, "sum(1 for _ in iter(int, 1))")
    person.press(Key.Key_Return)
    person.until(lambda: "Esc" in console.prompt.line.placeholderText())
    person.press(Key.Key_Escape)
    person.until(lambda: "Esc" not in console.prompt.line.placeholderText())
    assert person.workspace.state == "paused"


def test_the_prompt_says_why_it_is_closed(person: Person) -> None:
    person.open(TRAIN)
    line = person.docks.console.prompt.line
    assert line.isReadOnly()
    assert "F5" in line.placeholderText()


# -- what went wrong ---------------------------------------------------------------------------------------------------


def test_a_script_that_raises_is_looked_at_where_it_failed(person: Person) -> None:
    person.open(WRONG)
    person.press(Key.Key_F5)
    person.until(lambda: person.workspace.state == "paused")
    docks = person.docks
    person.until(lambda: not docks.graph_model.laying_out)
    scene, state = docks.graph_model.scene, docks.graph_model.state
    assert scene is not None
    assert state is not None
    assert scene.faces[state.current].style == "failed"
    assert docks.inspector.tabs.tabText(docks.inspector.tabs.currentIndex()) == "Inputs"
    assert "Incompatible shapes" in docks.inspector.rule.text()
    code = docks.source.code
    assert code.paused() == 5
    assert "Incompatible shapes" in code._note[1]
    assert "function_node" not in code._note[1]
    note = code.note_rect()
    assert code.viewport().rect().contains(note.toRect())
    assert code.line_at(note.center().y()) == 0
    assert code.line_at(note.bottom() + 12) == 6
    person.until(docks.stack.tree.isVisible)
    person.until(lambda: docks.stack.tree.topLevelItemCount() == 2)
    assert person.window.status.state.text().startswith("paused · ")
    docks.bring_up(docks.variables)
    person.qtbot.mouseClick(code.viewport(), LEFT, pos=note.center().toPoint())
    person.until(docks.stack.tree.isVisible)
    person.press(Key.Key_F5)
    person.until(lambda: person.workspace.state == "failed")
    assert code.mark().line == 5


def test_large_values_are_fetched_from_the_script(person: Person) -> None:
    text = "import tensorflow as tf\nw = tf.Variable(tf.ones([700, 700]))\nwith tf.GradientTape() as tape:\n"
    person.open(text + "    y = w * 2.0\n    loss = tf.reduce_sum(y)\nprint(tape.gradient(loss, w).shape)\n")
    person.workspace.breakpoints.add(parse("op:Mul"))
    person.run_to_stop()
    inspector = person.docks.inspector
    fetch = inspector.fetch
    if inspector._model.tensor.state == "not kept":
        person.until(lambda: fetch.isVisible() and fetch.start.isVisible())
        person.qtbot.mouseClick(fetch.start, LEFT)
    person.until(lambda: inspector._model.tensor.state == "ready")
    assert not fetch.isVisible()
