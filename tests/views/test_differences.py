"""Differences that are looked at: comparing in the background, rows and their order, both values, marks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tapeview.explain.compare import CHANGED, GONE, NEW, SAME, UNKNOWN, Difference
from tapeview.trace.query import Recording
from tapeview.trace.records import Assigned, BackwardStep, Op
from tapeview.views import differences_compare
from tapeview.views.background import Immediate
from tapeview.views.differences import COMPARE, WHAT_IF, Differences
from tapeview.views.differences_compare import Comparing, Side
from tapeview.views.differences_marks import DifferenceMarks
from tapeview.views.differences_model import DifferencesModel, detail
from tapeview.views.differences_value import AFTER, APART, BEFORE, DifferenceValue
from tapeview.views.graph_model import GraphModel
from tapeview.views.workspace import Workspace
from tests.helpers.differences import write_pair
from tests.helpers.scripts import record_source


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_pair(tmp_path_factory.mktemp("pair"))


class Desk:
    """A workspace with what belongs to differences."""

    def __init__(self, recording: Recording, background: Any = None) -> None:
        background = background or Immediate()
        self.workspace = Workspace()
        self.workspace.open(recording, recording.path)
        self.shared = Differences(self.workspace)
        self.comparing = Comparing(self.workspace, background, self.shared)
        self.model = DifferencesModel(self.shared, DifferenceValue(self.shared, background))
        self.graph = GraphModel(self.workspace)
        self.marks = DifferenceMarks(self.workspace, self.graph, self.shared)

    def close(self) -> None:
        for one in (self.marks, self.graph, self.model, self.comparing, self.shared):
            one.dispose()

    def compare(self, first: int = 0, second: int = 1) -> None:
        self.comparing.choose_step(0, first)
        self.comparing.choose_step(1, second)
        self.comparing.run()

    def with_other(self, path: Path) -> None:
        """The first steps of both recordings."""
        self.comparing.open_other(1, path)
        self.compare(0, 0)

    @property
    def names(self) -> list[tuple[str, str]]:
        return [(row.state, row.name) for row in map(self.model.row, self.model.order)]

    def node(self, label: str) -> int:
        scene = self.graph.scene
        assert scene is not None
        return next(n for n, one in enumerate(scene.graph.nodes) if label in (one.label, one.name))


@pytest.fixture
def desk(pair: tuple[Path, Path]) -> Iterator[Desk]:
    with Recording.open(pair[0]) as recording:
        made = Desk(recording)
        yield made
        made.close()


class Held:
    """Keeps jobs back until they are asked for; what they tell of their progress comes at once."""

    def __init__(self) -> None:
        self.jobs: list[Callable[[], object]] = []

    def submit(self, job: Callable[[], Any], done: Callable[[Any], object]) -> None:
        self.jobs.append(lambda: done(job()))

    def tell(self, news: Callable[[], object]) -> None:
        news()


# -- comparing ---------------------------------------------------------------------------------------------------------


def test_the_first_step_with_the_last_unless_somebody_chose(desk: Desk) -> None:
    comparing = desk.comparing
    assert comparing.sides == (Side(0), Side(2))
    comparing.choose_step(1, 99)
    assert comparing.sides[1] == Side(2)
    comparing.choose_step(1, 1)
    comparing.swap()
    assert comparing.sides == (Side(1), Side(0))
    comparing.run()
    shown = desk.shared.shown
    assert shown is not None
    assert (shown.kind, shown.heading, shown.steps) == (COMPARE, "step 2 and step 1", (1, 0))
    comparing.choose_step(0, 0)
    assert not comparing.can_run
    comparing.run()
    assert "same step" in comparing.problem
    assert desk.shared.shown is shown


def test_with_the_step_before(desk: Desk) -> None:
    desk.workspace.move_to(2, 0)
    assert desk.comparing.before == 1
    desk.comparing.with_before()
    assert desk.shared.shown is not None
    assert desk.shared.shown.steps == (1, 2)
    desk.comparing.with_step(0)
    assert desk.shared.shown.steps == (0, 2)
    desk.workspace.move_to(0, 0)
    assert desk.comparing.before == 0


RUNS = """\
import tensorflow as tf
x = tf.placeholder(tf.float32, [2], name="x")
w = tf.get_variable("w", initializer=[1.0, 2.0])
loss = tf.reduce_sum(w * x, name="loss")
double = tf.multiply(loss, 2.0, name="double")
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for step in range(2):
        session.run(loss, {x: [1.0 + step, 2.0]})
        session.run(double, {x: [1.0, 2.0]})
"""


def test_runs_of_a_deferred_graph(tmp_path: Path) -> None:
    with record_source(tmp_path, RUNS).recording() as recording:
        desk = Desk(recording)
        comparing = desk.comparing
        assert (recording.step_count, comparing.step_word) == (5, "run")
        desk.workspace.move_to(3, 0)
        assert comparing.before == 1  # what was asked for the same
        comparing.with_before()
        assert [name for _, name in desk.names] == ["x", "mul", "loss"]
        painted = desk.marks.painted
        assert set(painted.nodes) == {desk.node(name) for name in ("x", "mul", "loss")}
        assert painted.edges == {}
        assert desk.marks.bar is not None
        assert desk.marks.bar.title == "What changed: run 2 and run 4"
        desk.close()


def test_another_recording(desk: Desk, pair: tuple[Path, Path], tmp_path: Path) -> None:
    comparing = desk.comparing
    comparing.choose_recording(1, other=True)
    assert comparing.sides[1] == Side(2)  # none is open
    (tmp_path / "no.tapeview").write_text("nothing")
    comparing.open_other(1, tmp_path / "no.tapeview")
    assert "no.tapeview is not a tapeview recording" in comparing.problem
    assert comparing.other_name == ""
    comparing.open_other(1, pair[1])
    assert (comparing.problem, comparing.other_name) == ("", "changed")
    assert comparing.sides == (Side(0), Side(2, True))
    desk.compare(0, 0)
    shown = desk.shared.shown
    assert shown is not None
    assert (shown.heading, shown.steps) == ("step 1 and step 1 of changed", (0, -1))
    comparing.choose_recording(0, other=True)  # one side is always the window's
    assert [side.other for side in comparing.sides] == [True, False]
    comparing.open_other(0, pair[0])
    assert [side.other for side in comparing.sides] == [False, False]
    comparing.choose_recording(1, other=True)
    assert [side.other for side in comparing.sides] == [False, True]
    desk.workspace.close()
    assert desk.shared.shown is None
    assert comparing.other_name == ""


def test_it_tells_how_far_it_is(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differences_compare, "TELLING", -1.0)
    shares: list[float] = []
    desk.comparing.changed.connect(lambda: shares.append(desk.comparing.share))
    desk.compare()
    assert shares == sorted(shares)
    assert 0.9 < shares[-1] < 1.0


def test_it_is_done_in_the_background_and_can_be_given_up(pair: tuple[Path, Path]) -> None:
    with Recording.open(pair[0]) as recording:
        held = Held()
        desk = Desk(recording, held)
        desk.comparing.run()
        assert desk.comparing.busy
        desk.comparing.cancel()
        assert not desk.comparing.busy
        held.jobs.pop()()
        assert desk.shared.shown is None
        desk.comparing.run()
        held.jobs.pop()()
        assert desk.shared.shown is not None
        desk.comparing.open_other(1, pair[1])
        desk.comparing.dispose()
        held.jobs.pop()()  # it comes too late, and is closed
        assert desk.comparing.other_name == ""
        desk.close()


# -- rows --------------------------------------------------------------------------------------------------------------


def test_rows_chips_filter_and_order(desk: Desk) -> None:
    model = desk.model
    assert (model.order, model.chips) == ((), ())
    assert "Choose two steps" in model.summary
    desk.compare()
    shown = desk.shared.shown
    assert shown is not None
    assert [chip.state for chip in model.chips] == [CHANGED, SAME]
    assert model.chips[0].text == f"≠ {shown.counts[CHANGED]} changed"
    assert {state for state, _ in desk.names} == {CHANGED}
    first = model.row(shown.first)
    assert (first.name, first.sign, first.first, first.where) == ("w1", "≠", True, "variable · line 8")
    assert model.summary.startswith("The first difference is w1 (variable · line 8)")
    assert "the first difference" in first.words
    model.list_state(SAME, True)
    assert (SAME, "x") in desk.names
    model.set_search("∇matmul")
    assert {model.row(n).where.split(" · ")[0] for n in model.order} == {"∇MatMul"}
    model.set_search("")
    model.sort(True)
    sizes = [shown.rows[n].difference for n in model.order]
    assert sizes == sorted(sizes, key=lambda size: -(size or 0.0))
    model.set_search("nowhere")
    assert "filter" in model.nothing
    model.set_search("")
    model.tolerate(10.0)
    assert desk.shared.shown is not None
    assert desk.shared.shown.changes == ()
    assert "up to 10 of the largest element" in model.summary
    model.list_state(SAME, False)
    assert model.nothing == model.summary


def test_going_through_the_differences(desk: Desk) -> None:
    desk.workspace.move_to(1, 0)
    desk.compare()
    shared, workspace = desk.shared, desk.workspace
    shared.go(1)
    assert shared.shown is not None
    assert shared.shown.at == shared.shown.first
    assert workspace.cursor.step == 1  # the side on which one is
    assert workspace.selection.kind == "variable"
    shared.go(-1)
    assert shared.shown.at == shared.shown.first
    for _ in shared.shown.changes:
        shared.go(1)
    assert shared.shown.at == shared.shown.changes[-1]
    assert workspace.position is not None
    assert isinstance(workspace.position.record, BackwardStep | Assigned)
    relu = next(n for n, row in enumerate(shared.shown.rows) if row.op == "Relu" and row.phase == "forward")
    shared.look_at(relu)
    assert workspace.selection.kind == "none"
    assert isinstance(workspace.position.record, Op)
    assert shared.can_turn
    shared.turn()
    assert workspace.cursor.step == 0
    assert workspace.position.record.op == "Relu"
    assert desk.model.at == desk.model.order.index(relu)
    shared.look_at(9_999)
    assert shared.shown.at == relu
    shared.leave()
    shared.go(1)
    shared.go_first()
    shared.turn()
    assert shared.shown is None


def test_ops_that_came_and_went_stand_in_order(desk: Desk, pair: tuple[Path, Path]) -> None:
    desk.with_other(pair[1])
    rows = desk.names
    assert rows[:3] == [(GONE, "hidden"), (NEW, "hidden"), (NEW, "2.0")]
    assert (NEW, "hidden * 2.0") in rows or rows.count((NEW, "hidden")) == 2
    assert (CHANGED, "y") in rows
    first = desk.model.row(desk.model.order[0])
    assert (first.sign, first.said, first.after) == ("−", "only in step 1", "")
    assert desk.model.row(desk.model.order[1]).said == "only in step 1 of changed"
    # What is not in this recording is shown at the place before it.
    desk.model.look_at(1)
    position = desk.workspace.position
    assert position is not None
    assert isinstance(position.record, Op)
    assert position.record.op == "Relu"
    assert not desk.shared.can_turn


def test_what_is_infinite_or_not_known_is_told() -> None:
    row = Difference(
        "forward", "y", "Log", 3, CHANGED, 0, 0, math.inf, (1.0, None), (1, 1), True, "all finite and 1 NaN"
    )  # fmt: skip
    assert detail(row) == "There is no figure for this difference: all finite and 1 NaN."
    few = Difference("forward", "y", "Log", 3, SAME, 0, 0, 0.0, (1.0, 1.0), (1, 1), False)
    assert "Only the statistics were kept" in detail(few)
    none = Difference("forward", "y", "Log", 3, UNKNOWN, 0, 0, None, (None, None), (1, 1))
    shared = Differences(Workspace())
    shared.show(WHAT_IF, "step 1 with w = 2", (row, few, none), (0, 0), ("recorded", "what if"), tolerance=1e-5)
    model = DifferencesModel(shared, DifferenceValue(shared, Immediate()))
    assert [chip.text for chip in model.chips] == ["≠ 1 changed", "? 1 not kept", "= 1 the same"]
    told = model.row(0)
    assert (told.figure, told.share, told.before, told.after) == ("∞", 1.0, "1", "")
    assert "not kept" in detail(none) or "was not kept" in detail(none)
    shared.look_at(0)
    shared.show(WHAT_IF, "again", (row, few, none), (0, 0), ("a", "b"), tolerance=1e-5, keep=True)
    assert shared.shown is not None
    assert shared.shown.at == 0
    model.dispose()
    shared.dispose()


# -- both values -------------------------------------------------------------------------------------------------------


def test_both_values_and_what_lies_between(desk: Desk) -> None:
    value = desk.model.value
    value.load()
    assert value.facts() == []
    desk.compare()
    desk.shared.go(1)
    value.load()
    assert value.both is not None
    before, after, apart = value.both.values
    assert before is not None
    assert after is not None
    np.testing.assert_allclose(apart, after - before, rtol=1e-6)
    assert value.choices == (BEFORE, AFTER, APART)
    np.testing.assert_array_equal(value.tensor.content.array, apart)
    value.choose(BEFORE)
    np.testing.assert_array_equal(value.tensor.content.array, before)
    assert [name for name, _, _ in value.facts()] == ["shape", "norm ‖·‖", "mean", "min", "max"]
    shown = desk.shared.shown
    assert shown is not None
    desk.shared.look_at(next(n for n, row in enumerate(shown.rows) if row.name == "loss"))
    value.load()
    assert [name for name, _, _ in value.facts()] == ["value", "shape"]


def test_a_side_that_is_not_there_has_no_value(desk: Desk, pair: tuple[Path, Path]) -> None:
    desk.with_other(pair[1])
    value = desk.model.value
    desk.model.look_at(0)
    value.load()
    assert value.choices == (BEFORE,)
    desk.model.look_at(1)
    value.load()
    assert value.choices == (AFTER,)
    assert value.facts()[0] == ("shape", "", "(2, 2)")


def test_values_that_come_too_late_are_dropped(pair: tuple[Path, Path]) -> None:
    with Recording.open(pair[0]) as recording:
        held = Held()
        desk = Desk(recording, held)
        desk.comparing.run()
        held.jobs.pop()()
        desk.shared.go(1)
        desk.model.value.load()
        assert desk.model.value.busy
        desk.shared.go(1)
        desk.model.value.load()
        late, now = held.jobs
        late()
        assert desk.model.value.both is None
        now()
        assert desk.model.value.both is not None
        desk.close()


# -- the graph ---------------------------------------------------------------------------------------------------------


def test_marks_on_the_graph_of_either_side(desk: Desk) -> None:
    desk.workspace.move_to(1, 0)
    assert desk.marks.painted.nodes == {}
    assert desk.marks.bar is None
    desk.compare()
    painted = desk.marks.painted
    assert painted.nodes[desk.node("w1")].state == CHANGED
    assert painted.nodes[desk.node("loss")].figure
    assert desk.node("x") not in painted.nodes
    assert painted.edges
    assert all(0.0 < strength <= 1.0 for strength in painted.edges.values())
    bar = desk.marks.bar
    assert bar is not None
    assert bar.title == "What changed: step 1 and step 2"
    assert bar.words.endswith("this is step 2")
    assert desk.marks.turn_words == "See step 1"
    desk.marks.go(1)
    assert desk.marks.painted.at == desk.node("w1")
    bar = desk.marks.bar
    assert bar is not None
    assert (bar.stop, bar.words) == (1, "≠ w1 · variable · line 8 · this is step 2")
    desk.workspace.move_to(2, 0)
    assert desk.marks.painted.nodes == {}
    assert desk.marks.bar is not None
    assert "another step" in desk.marks.bar.words
    desk.workspace.move_to(0, 0)
    assert desk.marks.painted.nodes[desk.node("w2")].state == CHANGED
    card = desk.graph.card(desk.node("loss"))
    marked = desk.marks.card(card, desk.node("loss"))
    assert marked is not None
    assert marked.rows[-1].label == "difference"
    assert [entry.sample for entry in desk.marks.legend] == ["changed", "changed gradient"]
    desk.marks.leave()
    assert desk.marks.bar is None


def test_nodes_that_went_and_came(desk: Desk, pair: tuple[Path, Path]) -> None:
    desk.with_other(pair[1])
    assert desk.marks.painted.nodes[desk.node("Relu")].state == GONE
    assert "gone" in [entry.sample for entry in desk.marks.legend]
    assert desk.marks.turn_words == ""
    with Recording.open(pair[1]) as changed:
        other = Desk(changed)
        other.comparing.open_other(0, pair[0])
        other.compare(0, 0)
        assert other.marks.painted.nodes[other.node("Tanh")].state == NEW
        card = other.marks.card(other.graph.card(other.node("Tanh")), other.node("Tanh"))
        assert card is not None
        assert card.rows[-1].text == "not in step 1 of train"
        other.close()
