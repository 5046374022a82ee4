"""Other recordings over the curves: read in the background, followed while they grow."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tapeview.views.overlaid_runs import OverlaidRuns
from tests.helpers.recordings import Regression, Scene, run_info


class Later:
    """A background whose jobs run when the test says so."""

    def __init__(self) -> None:
        self.jobs: list[tuple[Callable[[], Any], Callable[[Any], object]]] = []

    def submit(self, job: Callable[[], Any], done: Callable[[Any], object]) -> None:
        self.jobs.append((job, done))

    def work(self) -> None:
        job, done = self.jobs.pop(0)
        done(job())


def running(path: Path) -> Regression:
    """A recording of a script that runs, with two steps."""
    scene = Regression(path, run_info(pid=os.getpid()))
    scene.train()
    more(scene)
    return scene


def more(scene: Regression) -> None:
    scene.train()
    scene.flush()
    scene.writer.commit()


def points(runs: OverlaidRuns) -> int:
    return len(next(entry for entry in runs.runs[0].entries["curves"] if entry.name == "loss").steps)


def test_a_recording_that_grows_is_followed_to_its_end(tmp_path: Path) -> None:
    scene = running(tmp_path / "other.tapeview")
    background = Later()
    runs, heard = OverlaidRuns(background), []
    runs.changed.connect(lambda: heard.append(runs.growing))
    runs.add(scene.path, None)
    assert runs.runs == []  # nobody waits for it
    background.work()
    before = points(runs)
    assert heard == [True]
    more(scene)
    runs.look()
    runs.look()
    assert len(background.jobs) == 1, "one that is being read is not read twice"
    background.work()
    assert points(runs) == before + 1
    runs.look()
    background.work()
    assert heard == [True, True], "nothing new, nothing said"
    more(scene)
    scene.finish()
    runs.look()
    background.work()
    assert (points(runs), heard[-1]) == (before + 2, False)
    runs.look()
    assert background.jobs == []


def test_what_was_taken_away_while_it_was_read_stays_away(tmp_path: Path) -> None:
    scene = running(tmp_path / "other.tapeview")
    background = Later()
    runs, heard = OverlaidRuns(background), []
    runs.changed.connect(lambda: heard.append("changed"))
    runs.refused.connect(heard.append)
    runs.add(scene.path, None)
    runs.clear()
    background.work()
    runs.add(scene.path, None)
    background.work()
    runs.look()
    runs.remove(scene.path)
    background.work()
    assert heard == ["changed", "changed"]
    assert not runs.growing
    scene.finish()
    leftover = [path.name for path in tmp_path.iterdir()]
    assert leftover == ["other.tapeview"], "nobody reads it any more"


def test_a_recording_without_curves_is_refused(tmp_path: Path) -> None:
    runs, heard = OverlaidRuns(), []
    runs.refused.connect(heard.append)
    runs.add(Scene(tmp_path / "empty.tapeview", "x = 1\n").finish(), None)
    assert heard == ["There is nothing to plot in empty.tapeview."]
    assert runs.runs == []
