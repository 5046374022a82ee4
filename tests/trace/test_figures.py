"""Figures in a recording: what was put in comes out, equal pictures stand there once, damage is told."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tapeview.trace.check import check
from tapeview.trace.copying import Source
from tapeview.trace.picture import CLOSE, CUBIC, LINE, MOVE, QUADRATIC, Marks, Picture, Shape, pack, points_of, unpack
from tapeview.trace.picture import Path as Outline
from tapeview.trace.query import Recording
from tapeview.trace.replica import Replica
from tests.helpers.figures import FIGURE, drawn
from tests.helpers.recordings import Regression, write_regression


def shape(kinds: list[int], points: list[tuple[float, float]]) -> Shape:
    return Shape(bytes(kinds), np.array(points, "<f4").tobytes())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A recording of three training steps with a figure that was drawn in each, the last two times alike."""
    scene = Regression(tmp_path / "run.tapeview")
    for width in (100.0, 200.0, 200.0):
        scene.train()
        scene.flush()
        scene.writer.add_figure(*drawn(scene.step, width, site=scene.sites["update"]))
    return scene.finish()


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_what_was_drawn_comes_out_in_order(path: Path) -> None:
    with Recording.open(path) as recording:
        rows, entries = zip(*recording.figures.entries(), strict=True)
        assert rows == (1, 2, 3)
        assert [(one.step, one.width, one.picture) for one in entries] == [(0, 100.0, 1), (1, 200.0, 2), (2, 200.0, 2)]
        assert (entries[0].label, entries[0].title, entries[0].how) == (FIGURE.label, FIGURE.title, "shown")
        assert recording.frames(entries[0].site)[0].line > 0
        picture = recording.figures.picture(2)
        assert picture is not None
        assert (picture.width, picture.texts) == (200.0, ("손실",))
        assert list(recording.figures.entries(2)) == [(3, entries[2])]
    assert check(path) == []


def test_pictures_count_as_what_the_recording_weighs(tmp_path: Path) -> None:
    scene = Regression(tmp_path / "run.tapeview")
    entry, data = drawn(-1, 100.0)
    before = scene.writer.bytes_written
    scene.writer.add_figure(entry, data)
    once = scene.writer.bytes_written
    scene.writer.add_figure(entry, data)
    assert (once - before, scene.writer.bytes_written) == (len(data), once)
    scene.finish()


def test_a_recording_from_before_there_were_figures_has_none(tmp_path: Path) -> None:
    path = write_regression(tmp_path / "run.tapeview")
    change(path, "DROP TABLE figure", "DROP TABLE picture")
    with Recording.open(path) as recording:
        assert list(recording.figures.entries()) == []
        assert recording.figures.picture(1) is None
        assert list(recording.warnings) == []
    assert check(path) == []


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("UPDATE picture SET crc = 1 WHERE id = 2", "picture 2 is damaged: its checksum does not match"),
        (
            "UPDATE picture SET data = zeroblob(20000000) WHERE id = 2",
            "picture 2 is damaged: its checksum does not match",
        ),
        ("DELETE FROM picture WHERE id = 2", "entry 2 of the list of figures: its picture 2 is not there"),
        ("UPDATE figure SET step = 9 WHERE id = 1", "entry 1 of the list of figures: it was drawn in step 9, which is"),
        ("UPDATE figure SET width = 'x' WHERE id = 3", "entry 3 of the list of figures is damaged"),
    ],
)
def test_damage_is_told_and_the_rest_is_there(path: Path, damage: str, told: str) -> None:
    change(path, damage)
    assert any(problem.startswith(told) for problem in check(path))
    with Recording.open(path) as recording:
        assert len(recording.figures.entries()) >= 2
        assert recording.figures.picture(1) is not None


def test_bytes_that_are_no_picture_are_refused() -> None:
    whole = pack(Picture(10.0, 10.0, ()))
    for wrong in (b"", b"x" * 40, whole[:-3], pack(Picture(0.0, 10.0, ())), pack(Picture(float("nan"), 10.0, ()))):
        with pytest.raises(ValueError, match=r"picture|cut off|size"):
            unpack(wrong)
    assert unpack(whole).width == 10.0


@pytest.mark.parametrize(
    ("kinds", "sound"),
    [
        ([MOVE, LINE, CLOSE], True),
        ([MOVE, QUADRATIC, QUADRATIC, CUBIC, CUBIC, CUBIC], True),
        ([LINE, LINE], False),
        ([MOVE, QUADRATIC], False),
        ([MOVE, CUBIC, CUBIC, LINE, CUBIC], False),
        ([MOVE, 77], False),
        ([], False),
    ],
)
def test_shapes_that_make_no_sense_are_empty(kinds: list[int], sound: bool) -> None:
    found, points = points_of(shape(kinds, [(float(n), 0.0) for n in range(len(kinds))]))
    assert (len(found), len(points)) == ((len(kinds),) * 2 if sound else (0, 0))


def test_places_that_are_not_finite_make_a_shape_empty() -> None:
    assert len(points_of(shape([MOVE, LINE], [(0.0, 0.0), (float("inf"), 1.0)]))[0]) == 0
    assert len(points_of(Shape(bytes([MOVE, LINE]), b"short"))[0]) == 0


def test_a_picture_survives_packing() -> None:
    item = Outline(shape([MOVE, LINE], [(1.0, 2.0), (3.0, 4.0)]), b"\x00\x00\x00\xff")
    assert unpack(pack(Picture(5.0, 6.0, (item,)))) == Picture(5.0, 6.0, (item,))


def test_figures_are_copied_to_another_machine(path: Path, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).bytes(3 << 20)
    large = Picture(10.0, 10.0, (Marks(2, (), noise),))
    scene = Regression(tmp_path / "large.tapeview")
    scene.writer.add_figure(drawn(-1)[0], pack(large))
    original = scene.finish()
    with closing(Source(original)) as source, closing(Replica(tmp_path / "copy.tapeview")) as replica:
        for part in source.rows():
            replica.take(part)
    assert check(tmp_path / "copy.tapeview") == []
    with Recording.open(tmp_path / "copy.tapeview") as copy:
        assert copy.figures.picture(1) == large
        assert len(copy.figures.entries()) == 1
