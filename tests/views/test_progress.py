from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from tapeview.trace.query import Recording
from tapeview.trace.series import Series
from tapeview.views.progress import Progress, duration, progress_of
from tapeview.views.status_model import UNSETTLED, StatusModel
from tapeview.views.workspace import Workspace
from tests.helpers.recordings import Regression


def one(name: str, points: dict[int, float]) -> Series:
    return Series(name, "progress", 0, np.array(list(points), np.int64), np.array(list(points.values()), np.float64))


def test_epochs_batches_speed_and_what_remains() -> None:
    found = progress_of(
        {
            "epoch": one("epoch", {0: 1, 50: 2}),
            "epochs": one("epochs", {0: 4, 50: 4}),
            "batches": one("batches", {0: 50, 50: 50}),
            "batch": one("batch", {step: step % 50 + 1.0 for step in range(75)}),
            "time": one("time", {step: 100.0 + step / 20 for step in range(0, 75, 5)}),
        }
    )
    assert (found.epoch, found.epochs, found.batch, found.batches) == (2, 4, 25, 50)
    assert found.share == pytest.approx(75 / 200)
    assert found.percent == "37 %"
    assert found.speed == pytest.approx(20)
    assert found.remaining == pytest.approx(125 / 20)
    assert found.words() == "epoch 2 of 4 · batch 25 of 50 · 20 steps/s · 7 s left"


def test_a_new_epoch_has_no_batch_yet() -> None:
    series = {
        "epoch": one("epoch", {0: 1, 50: 2}),
        "epochs": one("epochs", {0: 2, 50: 2}),
        "batches": one("batches", {0: 50, 50: 50}),
        "batch": one("batch", {48: 49, 49: 50}),
    }
    found = progress_of(series)
    assert found.share == pytest.approx(0.5)
    assert found.words() == "epoch 2 of 2"
    assert math.isnan(found.remaining)


def test_several_tapes_for_a_batch_count_for_the_time_that_remains() -> None:
    series = {
        "epoch": one("epoch", {0: 1}),
        "epochs": one("epochs", {0: 1}),
        "batches": one("batches", {0: 10}),
        "batch": one("batch", {1: 1, 3: 2, 5: 3}),
        "time": one("time", {0: 0.0, 5: 5.0}),
    }
    assert progress_of(series).remaining == pytest.approx(7 * 2)


def test_without_epochs_there_is_a_speed_and_nothing_else() -> None:
    found = progress_of({"time": one("time", {0: 0.0, 10: 20.0})})
    assert found.words() == "0.50 steps/s"
    assert found.percent == ""
    assert progress_of({}).words() == Progress().words() == ""
    assert progress_of({"time": one("time", {0: 5.0, 10: 5.0})}).words() == ""


def test_an_endless_data_set_has_only_epochs() -> None:
    found = progress_of({"epoch": one("epoch", {0: 1, 9: 2}), "epochs": one("epochs", {0: 4})})
    assert (found.percent, found.words()) == ("25 %", "epoch 2 of 4")


def test_times_are_short() -> None:
    assert [duration(seconds) for seconds in (0.2, 89, 91, 3600, 7260)] == [
        "1 s",
        "89 s",
        "2 min",
        "60 min",
        "2 h 1 min",
    ]


def test_the_status_bar_and_the_title_tell_it_while_it_runs(tmp_path: Path) -> None:
    scene = Regression(tmp_path / "live.tapeview")
    for _ in range(4):
        scene.train()
    scene.flush()
    for name, value in (("epoch", 1.0), ("epochs", 2.0), ("batches", 4.0)):
        scene.writer.add_scalar(scene.writer.add_series(name, "progress", 0), 0, value)
    scene.writer.add_scalar(scene.writer.add_series("batch", "progress", 0), 3, 3.0)
    scene.writer.commit()
    with Recording.open(tmp_path / "live.tapeview") as recording:
        workspace = Workspace()
        workspace.open(recording, tmp_path / "live.tapeview", state="running", follow=True)
        status = StatusModel(workspace)
        assert status.facts[0] == "epoch 1 of 2 · batch 3 of 4"
        assert status.title == "37 % · live.tapeview · tapeview"
        workspace.set_state("finished")
        assert "epoch" not in status.facts[0]
        assert status.title == "live.tapeview · tapeview"
    scene.finish()


def test_what_was_kept_is_told_of_all_steps(tmp_path: Path) -> None:
    path = tmp_path / "live.tapeview"
    scene = Regression(path)
    steps = UNSETTLED + 20

    def go_on(kept: dict[int, str]) -> None:
        for step, how in kept.items():
            scene.writer.set_kept(step, how)
        scene.flush()
        scene.writer.commit()

    for _ in range(steps):
        scene.train()
    go_on({3: "scalars", steps - 1: "scalars"})
    with Recording.open(path) as recording:
        workspace = Workspace()
        workspace.open(recording, path, state="running", follow=True)
        status = StatusModel(workspace)
        assert status.facts[-1].endswith(f"{steps - 2} of {steps} steps kept")
        scene.train()
        go_on({steps - 2: "scalars"})
        assert recording.refresh()
        workspace.refreshed()
        assert status.facts[-1].endswith(f"{steps - 2} of {steps + 1} steps kept"), "one of the last steps has changed"
        go_on({3: "all"})
        assert recording.refresh()
        workspace.refreshed()
        workspace.set_state("finished")
        assert status.facts[-1].endswith(f"{steps - 1} of {steps + 1} steps kept"), "one of the first ones has"
    scene.finish()
