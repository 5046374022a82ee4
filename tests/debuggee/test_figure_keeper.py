"""What is kept of figures that are drawn very often, or are very large; without matplotlib."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tapeview.debuggee import figures
from tapeview.debuggee.figures import Keeper
from tapeview.debuggee.recorder import Recorder
from tapeview.figures import Drawn
from tapeview.trace.picture import Marks, Picture
from tapeview.trace.query import Recording
from tapeview.trace.records import Figure
from tapeview.trace.store import Writer
from tests.helpers.figures import outline, square_picture
from tests.helpers.scene import run_info


class Bench:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.recorder = Recorder(Writer(path, run_info()))
        self.keeper = Keeper(self.recorder)

    def draw(self, width: int, number: int = 1, made: int = 0) -> None:
        picture = square_picture(float(width))
        self.keeper.take(Drawn(number, "", "", picture, "drawn", made))

    def entries(self) -> list[Figure]:
        self.keeper.finish()
        self.recorder.finish("finished", 0)
        with Recording.open(self.path) as recording:
            return [entry for _, entry in recording.figures.entries()]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "run.tapeview")
    yield made
    made.recorder.finish("finished", 0)


def test_a_long_history_is_thinned_and_ends_with_its_last_entry(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "ALL_UNTIL", 5)
    for width in range(101, 338):
        bench.draw(width)
    bench.draw(50, number=2)
    kept = bench.entries()
    assert [int(one.width) - 100 for one in kept if one.figure == 1] == [
        1,
        2,
        3,
        4,
        5,
        10,
        20,
        30,
        40,
        50,
        100,
        200,
        237,
    ]
    assert [one.width for one in kept if one.figure == 2] == [50.0]


def test_pictures_that_weigh_too_much_leave_the_last_of_each_figure(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "_MOST_BYTES", 400)
    for width in range(101, 121):
        bench.draw(width)
    bench.draw(7, number=2)
    kept = bench.entries()
    assert len(kept) < 10
    assert [kept[-2].width, kept[-1].width] == [7.0, 120.0]


def test_what_was_made_elsewhere_is_another_figure(bench: Bench) -> None:
    for width, number, made in ((1, 1, 3), (2, 1, 4), (3, 2, 3), (4, 1, 3)):
        bench.draw(width, number, made)
    assert [(one.width, one.figure) for one in bench.entries()] == [(1.0, 1), (2.0, 2), (3.0, 3), (4.0, 1)]


def test_a_picture_that_is_too_large_is_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(figures, "PICTURE_LIMIT", 2 << 20)
    noise = np.random.default_rng(0).bytes(3 << 20)
    marks = Marks(10, (outline((0, 0), (1, 1)),), noise)
    bench.keeper.take(Drawn(4, "", "", Picture(10.0, 10.0, (marks,)), "shown", 0))
    assert capsys.readouterr().err.startswith(
        "tapeview: figure 4 is not in the recording: its picture takes 3 MiB, and"
    )
    assert bench.entries() == []


def test_nothing_is_kept_after_the_end(bench: Bench) -> None:
    bench.draw(1)
    assert len(bench.entries()) == 1
    bench.draw(2)
    assert bench.keeper.site() == 0
    assert len(bench.entries()) == 1
