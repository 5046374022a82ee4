"""What if: changes of a step, undo and redo, questions that supersede each other, what is said, real answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tapeview.explain.compare import CHANGED, SAME, Difference
from tapeview.explain.questions import (
    BLOCK,
    NOISE,
    RATE,
    SCALE,
    SET,
    ZERO,
    Answer,
    Cancelled,
    Change,
    Loss,
    Progress,
    Question,
    Refusal,
    Value,
    ValueQuestion,
    WhatIf,
    WhatIfQuestion,
)
from tapeview.trace.query import Recording
from tapeview.trace.records import Assigned
from tapeview.views.background import Immediate, Result
from tapeview.views.differences import COMPARE, WHAT_IF, Differences
from tapeview.views.replayer import Replayer
from tapeview.views.whatif import Experiment
from tapeview.views.whatif_course import Course, course_of, course_table, course_words, recorded_rate
from tapeview.views.whatif_edits import Subject, change_of, change_words, rate_of
from tapeview.views.whatif_form import NO_GRADIENT, Form
from tapeview.views.whatif_words import Notice, doubts, heading, notice, outcome_words, told
from tapeview.views.workspace import Workspace
from tests.helpers.recordings import write_regression
from tests.helpers.scripts import record_source

ROWS = tuple(
    Difference("forward", name, "Mul", 1, state, 0, 0, 0.5, (1.0, 2.0), (7, 7))
    for name, state in (("a", CHANGED), ("b", SAME), ("c", CHANGED))
)


class FakeAsker:
    """Answers at once, with what it is told to."""

    def __init__(self, path: Path) -> None:
        self.path, self.asked, self.cancelled, self.closed = path, list[Question](), 0, False
        self.answer: Callable[[WhatIfQuestion], Answer] = lambda q: WhatIf("", q.step, ROWS, ())

    def ask(self, question: Question, progress: Callable[[Progress], object] | None = None) -> Answer:
        self.asked.append(question)
        if isinstance(question, ValueQuestion):
            return Value(np.float32(5.0 + question.tensor).tobytes(), "float32", ())
        assert isinstance(question, WhatIfQuestion)
        if progress is not None:
            progress(Progress(1, 2, "half of it"))
        return self.answer(question)

    def cancel(self) -> None:
        self.cancelled += 1

    def close(self) -> None:
        self.closed = True

    @property
    def questions(self) -> list[WhatIfQuestion]:
        return [one for one in self.asked if isinstance(one, WhatIfQuestion)]


class Waiting(Immediate):
    """A background whose jobs run when the test says so."""

    def __init__(self) -> None:
        self.jobs: list[Callable[[], object]] = []

    def submit(self, job: Callable[[], Result], done: Callable[[Result], object]) -> None:
        self.jobs.append(lambda: done(job()))

    def work(self) -> None:
        while self.jobs:
            self.jobs.pop(0)()


class Table:
    """A recording with an experiment on it."""

    def __init__(self, path: Path, background: Immediate | None = None) -> None:
        self.recording = Recording.open(path)
        self.workspace = Workspace()
        self.workspace.open(self.recording, path)
        self.differences = Differences(self.workspace)
        self.askers: list[FakeAsker] = []
        self.background = background or Immediate()
        self.experiment = Experiment(self.workspace, self.background, self.differences, self.make, pause=0.0)
        self.seen: list[str] = []
        self.experiment.changed.connect(lambda reasons: self.seen.extend(sorted(reasons)))

    def make(self, path: Path) -> FakeAsker:
        self.askers.append(FakeAsker(path))
        return self.askers[-1]

    @property
    def asker(self) -> FakeAsker:
        return self.askers[-1]

    def tensor(self, name: str) -> int:
        """The first tensor of the step at the cursor that goes by a name."""
        step = self.workspace.step
        assert step is not None
        for op in step.ops.values():
            for tensor in (*op.inputs, *op.outputs):
                found = self.experiment.subject(tensor)
                if isinstance(found, Subject) and found.name == name:
                    return tensor
        raise AssertionError(name)

    def change(self, name: str, how: str, value: str = "", place: str = "") -> Change:
        subject = self.experiment.subject(self.tensor(name))
        assert isinstance(subject, Subject)
        made = change_of(subject, how, value, place)
        assert isinstance(made, Change), made
        return made

    def close(self) -> None:
        self.experiment.dispose()
        self.differences.dispose()
        self.recording.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "run.tapeview"
    write_regression(made, steps=4)
    return made


@pytest.fixture
def table(path: Path) -> Iterator[Table]:
    made = Table(path)
    yield made
    made.close()


# -- changes -----------------------------------------------------------------------------------------------------------


def test_a_change_is_asked_about_and_its_rows_are_shown(table: Table) -> None:
    experiment, change = table.experiment, table.change("w", SCALE, "2")
    experiment.add(change)
    assert table.asker.questions == [WhatIfQuestion(0, (change,))]
    assert experiment.state == "shown"
    shown = table.differences.shown
    assert shown is not None
    assert (shown.kind, shown.rows, shown.steps) == (WHAT_IF, ROWS, (0, 0))
    assert shown.heading == heading(experiment) == "Step 1 with w × 2: 2 of 3 values change"
    assert [one.name for one in experiment.outcomes] == ["loss"]
    assert told(experiment)[0][0] == "w × 2"
    assert "recorded: 4" in told(experiment)[0][1]
    assert shown.values is not None
    after = shown.values(ROWS[0], 1)
    assert after is not None
    assert float(after) == 12.0
    assert table.seen[-1] == "edits"
    assert "progress" in table.seen


def test_the_same_value_has_one_change_and_another_its_own(table: Table) -> None:
    experiment = table.experiment
    experiment.add(table.change("w", SCALE, "2"))
    experiment.add(table.change("b", SET, "1"))
    experiment.add(table.change("w", ZERO))
    assert [change_words(edit.change) for edit in experiment.edits] == ["w = 0", "b = 1"]
    experiment.add(Change(RATE, "", value=0.5))
    experiment.add(Change(RATE, "", value=0.25))
    assert [change_words(edit.change) for edit in experiment.edits][2:] == ["learning rate 0.25"]


def test_undo_and_redo_go_through_everything_that_was_done(table: Table) -> None:
    experiment = table.experiment

    def words() -> list[str]:
        return [f"{change_words(edit.change)} {edit.on}" for edit in experiment.edits]

    experiment.add(table.change("w", SCALE, "2"))
    experiment.add(table.change("b", ZERO))
    experiment.switch(0, False)
    experiment.remove(1)
    assert words() == ["w × 2 False"]
    assert experiment.state == ""
    assert table.differences.shown is None
    assert heading(experiment) == "Step 1: no change is switched on"
    experiment.undo()
    assert words() == ["w × 2 False", "b = 0 True"]
    assert len(table.asker.questions[-1].changes) == 1
    experiment.undo()
    assert words() == ["w × 2 True", "b = 0 True"]
    experiment.reset()
    assert words() == []
    assert experiment.step == -1
    assert table.differences.shown is None
    assert not experiment.can_redo
    experiment.undo()
    assert words() == ["w × 2 True", "b = 0 True"]
    assert table.differences.shown is not None
    experiment.redo()
    assert words() == []
    experiment.redo()  # there is nothing more
    for _ in range(9):
        experiment.undo()
    assert not experiment.can_undo
    assert words() == []


def test_a_newer_question_takes_the_place_of_one_under_way(path: Path) -> None:
    background = Waiting()
    table = Table(path, background)
    experiment = table.experiment
    experiment.add(table.change("w", SCALE, "2"))
    first = len(background.jobs)
    experiment.add(table.change("w", SCALE, "3"))
    experiment.add(table.change("w", SCALE, "4"))
    assert (first, len(background.jobs)) == (1, 1)  # never two at a time
    assert experiment.state == "working"
    assert table.asker.cancelled == 2
    background.work()
    assert [question.changes[0].value for question in table.asker.questions] == [4.0]
    assert experiment.state == "shown"
    table.close()


def test_while_somebody_types_the_answer_is_prepared(path: Path) -> None:
    background = Waiting()
    table = Table(path, background)
    experiment, form = table.experiment, Form(table.workspace, table.experiment)
    form.show(table.tensor("w"))
    form.show(table.tensor("b"))
    assert len(background.jobs) == 1
    form.choose(SCALE)
    assert form.apply()
    assert table.asker.cancelled == 0  # what is being worked out is of use
    background.work()
    assert [len(question.changes) for question in table.asker.questions] == [0, 1]
    assert experiment.state == "shown"
    form.show(table.tensor("w"))  # an answer is there already
    assert background.jobs == []
    form.dispose()
    table.close()


def test_work_can_be_given_up_and_taken_up_again(path: Path) -> None:
    background = Waiting()
    table = Table(path, background)
    experiment = table.experiment
    experiment.add(table.change("w", SCALE, "2"))
    experiment.cancel()
    background.work()
    assert experiment.state == "cancelled"
    assert table.asker.questions == []
    assert table.differences.shown is None
    assert (notice(experiment).verb, notice(experiment).act) == ("Work it out", "again")
    experiment.again()
    background.work()
    assert experiment.state == "shown"
    assert notice(experiment).text == ""
    table.close()


def test_the_process_is_of_one_recording_and_ends_with_it(table: Table, path: Path, tmp_path: Path) -> None:
    table.experiment.add(table.change("w", SCALE, "2"))
    other = tmp_path / "other.tapeview"
    write_regression(other, steps=2)
    with Recording.open(other) as recording:
        table.workspace.open(recording, other)
        assert table.askers[0].closed
        assert (table.experiment.step, table.experiment.edits, table.experiment.can_undo) == (-1, (), False)
        table.experiment.add(table.change("w", SCALE, "2"))
        assert [asker.path for asker in table.askers] == [path, other]
        table.workspace.close()


def test_a_refusal_says_why(table: Table) -> None:
    experiment, change = table.experiment, table.change("w", SCALE, "2")
    experiment.add(table.change("b", ZERO))
    table.asker.answer = lambda _: Refusal("of “x” no value was kept; record with --keep-steps all")
    experiment.add(change)
    assert experiment.state == "refused"
    assert notice(experiment).text == "Of “x” no value was kept; record with --keep-steps all."
    assert (notice(experiment).level, notice(experiment).act) == ("error", "again")
    assert table.differences.shown is None
    table.asker.answer = lambda _: Refusal("of “x” no value was kept", ("x",))
    experiment.again()
    assert notice(experiment).act == ""  # it would say the same again
    table.asker.answer = lambda _: Cancelled()
    experiment.again()
    assert experiment.state == "cancelled"
    table.asker.answer = lambda question: WhatIf("", question.step, ROWS, ("MatMul (line 3)",))
    experiment.again()
    assert "MatMul (line 3)" in doubts(experiment)
    assert notice(experiment).level == "warning"
    shown = table.differences.shown
    assert shown is not None
    assert shown.note == doubts(experiment)


# -- steps -------------------------------------------------------------------------------------------------------------


def test_changes_belong_to_a_step_and_can_be_made_in_another(table: Table) -> None:
    experiment, workspace = table.experiment, table.workspace
    experiment.add(table.change("w", SCALE, "2"))
    experiment.add(table.change("y_pred", ZERO))
    experiment.add(Change(BLOCK, "y_pred", ops=table.change("y_pred", BLOCK).ops))
    workspace.move_to(0, 3)
    assert experiment.here
    assert notice(experiment).text == ""
    workspace.move_to(2, 0)
    assert not experiment.here
    said = notice(experiment)
    assert said.text == "These changes were made in step 1; you are looking at step 3."
    assert (said.verb, said.back) == ("Apply to step 3", "Go to step 1")
    experiment.go_there()
    assert workspace.cursor.step == 0
    workspace.move_to(2, 0)
    experiment.apply_here()
    assert experiment.here
    assert notice(experiment).text == ""
    changes = table.asker.questions[-1].changes
    assert [change_words(change) for change in changes] == ["w × 2", "y_pred = 0", "no gradient through y_pred"]
    step = workspace.step
    assert step is not None
    assert changes[0].tensors[0] in step.consumers
    assert changes[1].tensors[0] in step.made_by
    assert changes[2].ops[0] in step.ops
    experiment.undo()
    assert experiment.step == 0


def test_what_another_step_has_not_is_told(table: Table) -> None:
    experiment = table.experiment
    experiment.add(table.change("w", SCALE, "2"))
    experiment.add(Change(BLOCK, "gone", ops=(10**6,)))
    table.workspace.move_to(1, 0)
    experiment.apply_here()
    assert [change_words(edit.change) for edit in experiment.edits] == ["w × 2"]
    assert notice(experiment).text == "Step 2 has no such values: no gradient through gone."
    table.workspace.close()
    assert experiment.remark == ""


def test_other_differences_push_it_aside_and_it_comes_back(table: Table) -> None:
    experiment = table.experiment
    experiment.add(table.change("w", SCALE, "2"))
    table.differences.show(COMPARE, "step 1 and step 2", ROWS, (0, 1), ("step 1", "step 2"), tolerance=1e-5)
    assert not experiment.shown
    assert notice(experiment).act == "again"
    experiment.again()
    assert experiment.shown


def test_a_step_that_the_script_is_still_in_is_not_changed(table: Table) -> None:
    table.workspace.set_state("paused")
    table.workspace.move_to(3, 0)
    refusal = table.experiment.subject(1)
    assert isinstance(refusal, str)
    assert refusal.startswith("Step 4 is not complete: the script is still in it.")
    table.workspace.move_to(2, 0)
    assert table.tensor("w")


def test_what_follows_is_drawn_beside_what_was_recorded(table: Table) -> None:
    experiment = table.experiment
    losses = tuple(
        Loss(step, name, before, after)
        for step, before, after in ((0, 4.0, 8.0), (1, 3.0, 4.0), (2, 2.0, math.nan))
        for name in ("penalty", "loss")
    )
    experiment.follow(2)
    assert table.askers == []  # nothing is changed, so there is nothing to ask
    experiment.add(table.change("w", SCALE, "2"))
    assert table.asker.questions[-1].following == 2
    assert course_of(experiment.answer) is None
    table.asker.answer = lambda question: WhatIf("", 0, ROWS, (), losses, "the recording ends with step 3")
    experiment.again()  # that shows what is known
    experiment.set_rate("0.5")
    course = course_of(experiment.answer)
    assert course is not None
    assert [(one.step, one.name) for one in course.points] == [(0, "loss"), (1, "loss"), (2, "loss")]
    before, after = course.lines()
    assert before == [(0.0, 1 / 3), (0.5, 1 / 6), (1.0, 0.0)]
    assert after == [(0.0, 1.0), (0.5, 1 / 3)]
    assert course_words(table.recording, course) == "step 3: 2 → NaN"
    assert course_table(table.recording, course).splitlines()[0] == "step 1: 4 → 8"
    assert notice(experiment) == Notice("The recording ends with step 3.")
    steep = Course("loss", (Loss(0, "loss", 1.0, 1.0), Loss(1, "loss", 1.0, 100.0), Loss(2, "loss", 1.0, 1e4)))
    np.testing.assert_allclose([y for _, y in steep.lines()[1]], [0.0, 0.5, 1.0])
    assert experiment.rate == "0.5"
    experiment.set_rate("")
    assert (experiment.rate, [change_words(edit.change) for edit in experiment.edits]) == ("", ["w × 2"])
    experiment.set_rate("quick")
    assert notice(experiment).text.startswith("“quick” is no number.")
    assert recorded_rate(None, 0) == recorded_rate(table.recording, 99) == ""


def test_a_question_waits_whether_there_is_a_newer_one(path: Path) -> None:
    background = Waiting()
    table = Table(path, background)
    experiment = Experiment(table.workspace, background, table.differences, table.make, pause=60.0)
    experiment.add(table.change("w", SCALE, "2"))
    experiment.cancel()
    background.work()  # it would wait for a minute if nobody had given it up
    assert table.asker.questions == []
    experiment.dispose()
    table.close()


# -- what may be changed ----------------------------------------------------------------------------------------------


def test_a_variable_is_changed_in_the_version_that_the_step_reads(table: Table) -> None:
    workspace, step = table.workspace, table.workspace.step
    assert step is not None
    w = table.experiment.subject(table.tensor("w"))
    assert isinstance(w, Subject)
    assert (w.name, w.shape, w.ops, len(w.tensors)) == ("w", (), (), 1)
    updated = next(tensor for tensor, variable in step.variable_tensors.items() if variable and tensor not in w.tensors)
    again = table.experiment.subject(updated)
    assert isinstance(again, Subject)
    assert again.tensors[0] in step.consumers
    y_pred = table.experiment.subject(table.tensor("y_pred"))
    assert isinstance(y_pred, Subject)
    assert y_pred.op == "AddV2"
    assert y_pred.ops == (step.made_by[y_pred.tensors[0]],)
    gradient = next(iter(step.calls.values())).steps[0].contributions[0]
    assert "A gradient is worked out" in str(table.experiment.subject(gradient))
    assert "Pick a value first" in str(table.experiment.subject(0))
    assert "Nothing is known" in str(table.experiment.subject(10**9))
    workspace.close()
    assert "Pick a value first" in str(table.experiment.subject(1))


def test_what_is_typed_becomes_a_change_or_a_sentence() -> None:
    subject = Subject(0, "w", (3,), (2, 3), "float32", (9,), "MatMul")
    assert change_of(subject, SET, " 3.5 ", "") == Change(SET, "w", (3,), value=3.5)
    assert change_of(subject, SET, "−1", "[1, -1]") == Change(SET, "w", (3,), index=(1, 2), value=-1.0)
    assert change_of(subject, SCALE, "2", "1") == Change(SCALE, "w", (3,), index=(1,), value=2.0)
    assert change_of(subject, ZERO, "no number needed", "") == Change(ZERO, "w", (3,))
    assert change_of(subject, BLOCK) == Change(BLOCK, "w", ops=(9,))
    assert change_of(subject, SET, "two", "") == "“two” is no number."
    assert change_of(subject, SET, " ", "") == "Type a number."
    assert change_of(subject, NOISE, "-1", "") == "A standard deviation is not negative."
    for place in ("2, 0", "0, 3", "0, 0, 0", "a", "0;1"):
        assert str(change_of(subject, SET, "1", place)).startswith("There is no element ["), place
    assert rate_of("0.1") == Change(RATE, "", value=0.1)
    assert rate_of("nan") == "“nan” is no number."
    words = [change_words(Change(how, "w", index=(0, 2), value=0.5)) for how in (SET, SCALE, ZERO, NOISE)]
    assert change_words(Change(SCALE, "w * x", value=2.0)) == "(w * x) × 2"
    assert words == ["w[0, 2] = 0.5", "w[0, 2] × 0.5", "w[0, 2] = 0", "w[0, 2] + noise 0.5"]


def test_the_form_begins_with_what_was_recorded(table: Table) -> None:
    form = Form(table.workspace, table.experiment)
    table.workspace.move_to(0, 3)
    form.show(table.tensor("w"))
    assert (form.how, form.value, form.place, form.takes_place) == (SET, "4.0", "", False)
    assert form.title == "What if “w” were another value?"
    assert NO_GRADIENT not in dict(form.ways)
    form.show(table.tensor("y_pred"), picked=(3,))
    assert (form.place, form.takes_place) == ("3", True)
    assert form.value == str(np.float32(4.0 * 4 + 1.0))
    assert "recorded at [3]" in form.hint
    form.pick(None)
    assert (form.value, form.place) == ("", "")
    assert "all 10 elements" in form.hint
    form.choose(SCALE)
    assert form.value == "2"
    form.write("much", "")
    assert not form.apply()
    assert form.error == "“much” is no number."
    for place in ("--1", "²"):
        form.write("2", place)
        assert form.hint
        assert not form.apply()
        assert form.error.startswith(f"There is no element [{place}]")
    form.write("2", "")
    assert form.error == ""
    assert form.apply()
    assert not form.open
    assert [change_words(edit.change) for edit in table.experiment.edits] == ["y_pred × 2"]
    form.show(table.tensor("y_pred"), NO_GRADIENT)
    assert form.title == "What if AddV2 passed no gradient on?"
    assert not form.takes_value
    assert not form.takes_place
    table.workspace.move_to(0, 1)
    assert not form.open
    form.show(0)
    assert form.open
    assert form.subject is None
    assert not form.apply()
    assert form.title == "This cannot be changed"
    assert form.error == "Pick a value first: an op, a variable or a constant."
    form.dispose()


def test_values_with_the_changes_come_when_somebody_looks(path: Path) -> None:
    background = Waiting()
    table = Table(path, background)
    experiment, tensor = table.experiment, table.tensor("w")
    assert experiment.after(tensor) is None
    experiment.add(table.change("w", SCALE, "2"))
    assert experiment.after(tensor) is None  # while it is being worked out nobody asks for more
    background.work()
    table.seen.clear()
    assert experiment.after(tensor) is None
    assert len(background.jobs) == 1
    background.work()
    assert table.seen == ["values"]
    after = experiment.after(tensor)
    assert after is not None
    assert float(after) == 5.0 + tensor
    table.workspace.move_to(1, 0)
    assert experiment.after(tensor) is None
    table.close()


# -- with the process that works it out ------------------------------------------------------------------------------

SCRIPT = """
import tensorflow as tf
w = tf.Variable([1.0, 2.0], name="w")
x = tf.constant([3.0, 4.0])
with tf.GradientTape() as tape:
    y = w * x
    loss = tf.reduce_sum(y * y)
w.assign_sub(0.5 * tape.gradient(loss, w))
"""


def test_the_real_process_works_it_out(tmp_path: Path) -> None:
    run = record_source(tmp_path, SCRIPT)
    assert run.code == 0, run.err
    table = Table(run.path)
    experiment = Experiment(table.workspace, Immediate(), table.differences, Replayer, pause=0.0)
    experiment.add(table.change("w", SET, "0", "0"))
    assert experiment.state == "shown", experiment.message
    (outcome,) = experiment.outcomes
    assert (outcome.name, outcome_words(outcome.before), outcome_words(outcome.after)) == ("loss", "73", "64")
    y = experiment.after(table.tensor("y"))
    assert y is not None
    np.testing.assert_allclose(y, [0.0, 8.0])
    step = table.workspace.step
    assert step is not None
    (updated,) = (record.tensor for _, record in step.changes if isinstance(record, Assigned) and record.previous)
    w = experiment.after(updated)
    assert w is not None
    np.testing.assert_allclose(w, [0.0, -30.0])
    experiment.add(table.change("y", BLOCK))
    rows = {row.name: row for row in table.differences.shown.rows} if table.differences.shown is not None else {}
    assert rows["gradient of w"].state == CHANGED
    assert rows["gradient of w"].why == "None now"
    experiment.reset()
    assert table.differences.shown is None
    experiment.dispose()
    table.close()
