"""The gradient's way as the Gradient path dock shows it, and the Inspector's tables of who sent a gradient."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tapeview.trace.query import Recording
from tapeview.trace.records import BackwardStep
from tapeview.views.inspector_model import InspectorModel
from tapeview.views.path_model import PathModel
from tapeview.views.workspace import Workspace
from tests.helpers.explained import BREAK, DEAD, FAN, NAN, write_explained


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_explained(tmp_path_factory.mktemp("explained"))


@pytest.fixture
def workspace(path: Path) -> Iterator[Workspace]:
    with Recording.open(path) as recording:
        made = Workspace()
        made.open(recording)
        yield made


def test_rows_bars_and_where_they_lead(workspace: Workspace) -> None:
    model = PathModel(workspace)
    workspace.move_to(FAN, 0)
    assert [choice.name for choice in model.choices] == ["x", "w"]
    assert (model.chosen, model.level, model.verdict) == (0, "ok", "Arrives")
    rows = model.rows
    assert (rows[0].name, rows[0].sender, rows[0].norm) == ("loss", "the target", "1")
    assert rows[-1].name == "x"
    assert "1 of 4 senders" in next(row.sender for row in rows if row.name == "h")
    assert model.high - model.low == 3
    route = model.route
    assert route is not None
    for row, station in zip(rows, route.stations, strict=True):
        assert station.norm is not None
        assert row.share == pytest.approx((math.log10(station.norm) - model.low) / 3)
    model.go(len(rows) - 1)
    position = workspace.position
    assert position is not None
    assert isinstance(position.record, BackwardStep)
    assert model.current == len(rows) - 1
    workspace.first()
    assert model.current == -1
    model.dispose()


def test_the_way_turns_to_another_sender(workspace: Workspace) -> None:
    model = PathModel(workspace)
    workspace.move_to(FAN, 0)
    place = next(n for n, row in enumerate(model.rows) if row.several)
    before = model.rows[place]
    assert "also sent by" in before.words
    assert "%)" in before.sender
    seen = {before.sender}
    while True:
        model.turn(next(n for n, row in enumerate(model.rows) if row.several))
        sender = next(row.sender for row in model.rows if row.several)
        if sender in seen:
            break
        seen.add(sender)
    assert len(seen) > 1
    assert sender == before.sender
    assert next(row.sender for row in model.rows if row.several) == before.sender
    model.turn(0)
    assert next(row.sender for row in model.rows if row.several) == before.sender
    model.dispose()


def test_the_choice_stays_and_follows_the_selection(workspace: Workspace) -> None:
    model = PathModel(workspace)
    workspace.move_to(FAN, 0)
    model.choose(1)
    assert model.rows[-1].name == "w"
    model.choose(7)
    assert model.chosen == 1
    workspace.move_to(NAN, 0)
    assert [choice.name for choice in model.choices] == ["x"]
    assert model.chosen == 0
    workspace.move_to(FAN, 0)
    assert model.chosen == 1
    assert workspace.recording is not None
    workspace.select("variable", next(v.id for v in workspace.recording.variables().values() if v.name == "x:0"))
    assert model.chosen == 0
    model.dispose()


def test_what_it_comes_to(workspace: Workspace) -> None:
    model = PathModel(workspace)
    workspace.move_to(NAN, 0)
    assert (model.level, model.verdict) == ("error", "NaN or Inf")
    assert [row.mark for row in model.rows] == ["", "", "bad", "bad"]
    assert model.rows[-1].norm == "NaN or Inf"
    workspace.move_to(DEAD, 0)
    assert (model.level, model.verdict) == ("warning", "Stops")
    assert "steepest" in [row.mark for row in model.rows]
    workspace.move_to(BREAK, 0)
    assert [choice.name for choice in model.choices] == ["w"]  # x got None
    model.dispose()


def test_words_where_there_is_nothing(workspace: Workspace) -> None:
    model = PathModel(Workspace())
    assert (model.rows, model.chosen, model.current) == ((), -1, -1)
    assert "at every hop" in model.text
    model.go(0)
    model.choose(0)
    model.dispose()


class Held:
    """Keeps jobs back until they are asked for."""

    def __init__(self) -> None:
        self.jobs: list[Callable[[], object]] = []

    def submit(self, job: Callable[[], Any], done: Callable[[Any], object]) -> None:
        self.jobs.append(lambda: done(job()))


def test_a_way_that_comes_too_late_is_dropped(workspace: Workspace) -> None:
    held = Held()
    model = PathModel(workspace, held)
    heard: list[int] = []
    model.changed.connect(lambda: heard.append(1))
    workspace.move_to(FAN, 0)
    assert model.rows == ()
    assert model.rows == ()
    (late,) = held.jobs
    model.choose(1)
    assert model.rows == ()
    late()
    assert model.rows == ()
    before = len(heard)
    held.jobs[1]()
    assert len(heard) == before + 1
    assert model.rows[-1].name == "w"
    model.take_longest(True)
    assert model.rows == ()
    held.jobs[2]()
    assert model.rows[-1].name == "w"
    model.dispose()


def test_the_table_of_senders_follows_the_cursor(workspace: Workspace) -> None:
    inspector = InspectorModel(workspace)
    step = workspace.step_at(FAN)
    assert step is not None
    h = next(op for op in step.ops.values() if op.op == "Mul")
    positions = [p.index for p in step.positions if isinstance(p.record, BackwardStep) and h.outputs[0] in
                 step.ops[p.record.op].inputs]  # fmt: skip
    workspace.move_to(FAN, positions[0])
    inspector.choose_tab("gradient")
    (table,) = inspector.senders
    assert table.title == "Who sent the gradient of “h”?"
    assert len(table.rows) == 4
    assert [row.later for row in table.rows].count(True) == 4 - sum(row.position <= positions[0] for row in table.rows)
    assert sum(row.share for row in table.rows) == pytest.approx(1.0)
    workspace.move_to(FAN, positions[-1])
    inspector.choose_tab("gradient")
    table = inspector.senders[0]
    assert not any(row.later for row in table.rows)
    assert "all have come" in table.text
    assert any(row.cosine_text.startswith("cos +") or row.cosine_text.startswith("cos -") for row in table.rows)
    inspector.go_to(table.rows[0].position)
    assert workspace.cursor.position == table.rows[0].position
    inspector.choose_tab("value")
    assert inspector.senders == ()
    inspector.dispose()
