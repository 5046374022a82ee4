"""The plotted series: their names, their points, and how they grow."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from tapeview.trace.query import Recording
from tapeview.trace.records import Frame, Variable
from tapeview.trace.series import TRAINING
from tapeview.trace.store import Writer
from tests.helpers.recordings import write_regression
from tests.helpers.scene import run_info

SOURCE = """\
w = tf.Variable(1.0)
w = tf.Variable(2.0)
g = tape.gradient(loss, w)
h = tape.gradient(loss, w)
"""


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    writer = Writer(tmp_path / "run.tapeview", run_info())
    writer.add_source("/s.py", SOURCE)
    return writer


def site(writer: Writer, line: int) -> int:
    text = SOURCE.split("\n")[line - 1]
    return writer.add_stack((Frame(1, "<module>", line, line, 4, len(text)),))


def shown(writer: Writer) -> dict[str, tuple[str, list[int], list[float]]]:
    writer.finish("finished", 0)
    with Recording.open(writer.path) as recording:
        return {
            name: (series.kind, series.steps.tolist(), series.values.tolist())
            for name, series in recording.scalars().items()
        }


def points(writer: Writer, series: int, *pairs: tuple[int, float]) -> None:
    for step, value in pairs:
        writer.add_scalar(series, step, value)


def test_variables_of_one_name_are_one_series_in_the_order_of_steps(writer: Writer) -> None:
    first = writer.add_series("", "variable", site(writer, 1))
    second = writer.add_series("Variable:0", "variable", site(writer, 2))
    points(writer, second, (1, 10.0), (3, 30.0))
    points(writer, first, (0, 0.0), (2, 20.0))
    assert shown(writer) == {"w": ("variable", [0, 1, 2, 3], [0.0, 10.0, 20.0, 30.0])}


def test_of_several_targets_of_one_name_the_longest_has_it_plain(writer: Writer) -> None:
    short = writer.add_series("loss", "target", site(writer, 3))
    long = writer.add_series("", "target", site(writer, 4))
    points(writer, short, (0, 1.0))
    points(writer, long, (1, 2.0), (2, 3.0))
    assert shown(writer) == {"loss (line 3)": ("target", [0], [1.0]), "loss": ("target", [1, 2], [2.0, 3.0])}


def test_names_stay_different_whatever_they_are(writer: Writer) -> None:
    for kind, where in (("target", 3), ("target", 4), ("logged", 3), ("variable", 3)):
        points(writer, writer.add_series("loss", kind, site(writer, where)), (0, 1.0))
    points(writer, writer.add_series("loss", "target", 0), (0, 1.0))
    points(writer, writer.add_series("loss (line 4)", "logged", 0), (0, 1.0))
    found = shown(writer)
    assert len(found) == 6
    assert {"loss", "loss (line 4)"} <= set(found)


def test_a_series_without_points_is_there(writer: Writer) -> None:
    writer.add_series("accuracy", "logged", 0)
    assert shown(writer) == {"accuracy": ("logged", [], [])}


def test_several_points_of_one_step_stay_in_order(writer: Writer) -> None:
    series = writer.add_series("loss", "target", site(writer, 3))
    points(writer, series, (0, 3.0), (0, 2.0), (1, 1.0), (1, 5.0))
    assert shown(writer) == {"loss": ("target", [0, 0, 1, 1], [3.0, 2.0, 1.0, 5.0])}


def test_arrays_are_read_only_and_of_the_promised_types(tmp_path: Path) -> None:
    with Recording.open(write_regression(tmp_path / "run.tapeview")) as recording:
        scalars = recording.scalars()
        assert list(scalars) == ["loss", "w", "b"]
        for name, series in scalars.items():
            assert series.name == name
            assert (series.steps.dtype, series.values.dtype) == (np.int64, np.float64)
            assert not series.steps.flags.writeable
            assert not series.values.flags.writeable
        assert recording.scalars() is scalars


def test_what_was_handed_out_does_not_grow(writer: Writer) -> None:
    series = writer.add_series("loss", "target", 0)
    points(writer, series, (0, 1.0))
    writer.commit()
    with Recording.open(writer.path) as recording:
        before = recording.scalars()["loss"]
        points(writer, series, (1, 2.0))
        writer.commit()
        assert recording.refresh()
        assert recording.scalars()["loss"].values.tolist() == [1.0, 2.0]
        assert before.values.tolist() == [1.0]
    writer.close()


def test_series_of_a_training_are_apart_and_named_after_variables(writer: Writer) -> None:
    writer.append(-1, [Variable(n, "Variable:0", "float32", (), True, site(writer, n)) for n in (1, 2)])
    for kind in ("gradient", "update"):
        for variable, step in ((1, 0), (2, 0)):
            series = writer.add_series("Variable", kind, site(writer, variable), variable)
            points(writer, series, (step, 1.0), (step + 2, 2.0))
    points(writer, writer.add_series("loss", "metric", 0), (1, 0.5))
    points(writer, writer.add_series("loss", "epoch", 0), (2, 0.25))
    points(writer, writer.add_series("loss", "logged", 0), (2, 0.125))
    writer.finish("finished", 0)
    with Recording.open(writer.path) as recording:
        assert list(recording.scalars()) == ["loss"]
        training = recording.training()
        assert list(training) == list(TRAINING)
        assert {name: series.variable for name, series in training["gradient"].items()} == {"w": 1, "w (2)": 2}
        assert training["update"]["w (2)"].steps.tolist() == [0, 2]
        assert {kind: list(training[kind]) for kind in ("metric", "epoch")} == {"metric": ["loss"], "epoch": ["loss"]}
        assert training["epoch"]["loss"].values.tolist() == [0.25]
        assert not training["rate"]


def test_a_recording_from_before_series_were_about_variables_opens(writer: Writer) -> None:
    points(writer, writer.add_series("loss", "logged", 0), (0, 1.0))
    points(writer, writer.add_series("down", "rate", 0), (0, 0.5))
    writer.finish("finished", 0)
    with contextlib.closing(sqlite3.connect(writer.path)) as connection:
        connection.execute("ALTER TABLE series DROP COLUMN variable")
        connection.commit()
    with Recording.open(writer.path) as recording:
        assert list(recording.scalars()) == ["loss"]
        assert recording.training()["rate"]["down"].values.tolist() == [0.5]
        assert not recording.warnings


def test_a_training_that_grows_is_read_on(writer: Writer) -> None:
    rate = writer.add_series("down", "rate", 0)
    points(writer, rate, (0, 0.5))
    writer.commit()
    with Recording.open(writer.path) as recording:
        assert recording.training()["rate"]["down"].steps.tolist() == [0]
        points(writer, rate, (1, 0.25))
        writer.commit()
        assert recording.refresh()
        assert recording.training()["rate"]["down"].steps.tolist() == [0, 1]
    writer.finish("finished", 0)


def test_what_was_fetched_takes_no_name_away_and_has_no_twin(writer: Writer) -> None:
    target, again = writer.add_series("", "target", site(writer, 3)), writer.add_series("loss", "fetched", 0)
    points(writer, target, (0, 3.0), (2, 2.0))
    points(writer, again, (1, 2.5), (3, 1.5), (4, 1.0))
    same, own = writer.add_series("w", "variable", site(writer, 1)), writer.add_series("w", "fetched", 0)
    points(writer, same, (0, 1.0), (2, 5.0))
    points(writer, own, (2, 5.0))
    assert shown(writer) == {
        "loss": ("target", [0, 2], [3.0, 2.0]),
        "loss, fetched": ("fetched", [1, 3, 4], [2.5, 1.5, 1.0]),
        "w": ("variable", [0, 2], [1.0, 5.0]),
    }
