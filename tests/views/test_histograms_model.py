from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from tapeview.trace.query import Recording
from tapeview.trace.records import Source
from tapeview.views.histograms_model import HistogramsModel
from tapeview.views.spread import COLUMNS, Subject, kept_steps, sample, spread_of
from tapeview.views.workspace import Workspace
from tests.helpers.recordings import Regression, write_regression

Result = TypeVar("Result")


class Later:
    """A background that works when told to."""

    def __init__(self) -> None:
        self.jobs: list[Callable[[], None]] = []

    def submit(self, job: Callable[[], Result], done: Callable[[Result], object]) -> None:
        self.jobs.append(lambda: (done(job()), None)[1])

    def work(self, most: int = 1000) -> int:
        count = 0
        while self.jobs and count < most:
            self.jobs.pop(0)()
            count += 1
        return count


def train(scene: Regression, kernel: int, tensor: int, step: int) -> int:
    """A step with a weight matrix around its number."""
    scene.next_step()
    tape = scene.tape(0)
    x = scene.tensor(np.ones((4, 8), np.float32), "constant")
    _, hidden = scene.op("MatMul", [x, tensor], np.full((4, 8), float(step), np.float32), 0, tape)
    op, loss = scene.op("Sum", [hidden], np.float32(step), 0, tape)
    call, seed = scene.gradient(tape, loss, [Source(0, kernel)], 0)
    scene.back(call, op, seed, [np.ones((4, 8), np.float32)])
    return scene.assign(kernel, step + 1, np.linspace(step, step + 1, 64).reshape(8, 8), tensor, "SGD", 0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    scene = Regression(tmp_path / "h.tapeview")
    kernel, tensor = scene.variable(np.zeros((8, 8)), 0, "net/dense/kernel:0")
    for step in range(30):
        tensor = train(scene, kernel, tensor, step)
    return scene.finish()


def test_nothing_is_read_before_somebody_looks(path: Path) -> None:
    with Recording.open(path) as recording:
        workspace, later = Workspace(), Later()
        model = HistogramsModel(workspace, later)
        workspace.open(recording)
        assert not later.jobs
        model.look(True)
        assert model.busy
        assert model.note == "reading step 0 of 30 …"
        later.work(1)
        assert model.spread is not None
        assert 0 < len(model.spread.steps) < 30
        later.work()
        assert not model.busy
        assert model.note == "30 of 30 steps"
        assert model.spread.steps.tolist() == list(range(30))
        means = (model.spread.counts * (model.spread.edges[:-1] + model.spread.edges[1:]) / 2).sum(axis=1)
        assert np.all(np.diff(means[::3]) > 0)
        assert (model.spread.counts.sum(axis=1) == 64).all()
        model.dispose()


def test_it_can_be_given_up_and_is_remembered(path: Path) -> None:
    with Recording.open(path) as recording:
        workspace, later = Workspace(), Later()
        workspace.open(recording)
        model = HistogramsModel(workspace, later)
        model.look(True)
        names = [label for _, label in model.choices]
        assert "dense/kernel" in names
        kernel = next(subject for subject, label in model.choices if label == "dense/kernel")
        model.choose(kernel)
        later.work(3)
        model.cancel()
        later.work()
        assert not model.busy
        assert model.spread is not None
        some = len(model.spread.steps)
        assert 0 < some < 30
        model.look(False)
        model.look(True)
        later.work()
        assert len(model.spread.steps) == 30
        model.choose_kind("activations")
        later.work()
        assert model.subject == Subject("activations", 0, "MatMul")
        assert model.choices[0][1] == "MatMul" or model.choices[0][1].endswith("· MatMul")
        assert model.spread.edges[-1] == pytest.approx(29, rel=0.02)
        model.choose_kind("weights")
        assert later.work() <= 1, "it is remembered"
        assert model.subject == kernel
        workspace.move_to(12)
        found = model.at_cursor()
        assert found is not None
        assert found[0] == 12
        assert model.csv().count("\n") == 31
        model.go_to(3)
        model.go_to(99)
        assert workspace.cursor.step == 3
        model.dispose()
        with pytest.raises(ValueError, match="colours"):
            model.choose_kind("colours")


def test_a_recording_that_grows_adds_columns(tmp_path: Path) -> None:
    scene = Regression(tmp_path / "g.tapeview")
    kernel, tensor = scene.variable(np.zeros((8, 8)), 0, "kernel:0")
    for step in range(3):
        tensor = train(scene, kernel, tensor, step)
    scene.flush()
    scene.writer.commit()
    with Recording.open(tmp_path / "g.tapeview") as recording:
        workspace = Workspace()
        workspace.open(recording, state="running")
        model = HistogramsModel(workspace)
        model.look(True)
        assert model.spread is not None
        assert model.spread.steps.tolist() == [0, 1], "the third may still go on"
        for step in range(3, 6):
            tensor = train(scene, kernel, tensor, step)
        scene.flush()
        scene.writer.commit()
        assert recording.refresh()
        workspace.refreshed()
        assert model.spread.steps.tolist() == [0, 1, 2, 3, 4]
        model.dispose()
    scene.finish()


def test_without_values_it_says_so(tmp_path: Path) -> None:
    workspace = Workspace()
    model = HistogramsModel(workspace)
    model.look(True)
    assert model.note == "Nothing of this kind was recorded."
    with Recording.open(write_regression(tmp_path / "r.tapeview")) as recording:
        assert sample(recording, Subject("weights", 99), 0) is None
        assert sample(recording, Subject("activations", 5, "Nothing"), 0) is None
        assert sample(recording, Subject("weights", 1), 99) is None
    assert spread_of({}, [1, 2]) is None
    flat = spread_of({4: np.full(9, 2.5)}, [4])
    assert flat is not None
    assert flat.counts.sum() == 9
    assert flat.column(3) == 0


def test_many_steps_are_thinned_evenly(tmp_path: Path) -> None:
    with Recording.open(write_regression(tmp_path / "r.tapeview", steps=COLUMNS + 3)) as recording:
        steps = kept_steps(recording)
        assert steps == list(range(0, COLUMNS + 3, 2))
