"""What is kept: the options, thinned steps that are recorded after all, and values that stay in memory."""

from __future__ import annotations

import argparse
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tapeview.debuggee.adapters import keeping
from tapeview.debuggee.adapters.fetching import CANCELLED, fetch
from tapeview.debuggee.adapters.keeping import Keeper
from tapeview.debuggee.adapters.shelf import Shelf, machine_share
from tapeview.engine import observe
from tapeview.engine.convert import to_tensor
from tapeview.engine.ops.reduction import reduce_sum
from tapeview.engine.scopes import scope
from tapeview.engine.tape import GradientTape
from tapeview.engine.variable import Variable
from tapeview.trace import records as r
from tapeview.trace import stored
from tapeview.trace.check import check
from tapeview.trace.query import Recording
from tapeview.trace.schema import PIECE
from tapeview.trace.store import RecordingError
from tests.debuggee.test_engine_adapter import Bench, regression_step

NOTHING = Keeper(full_until=0, tenth_until=0, budget=0)


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    yield
    observe.listen(None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.tapeview"


# -- options ---------------------------------------------------------------------------------------------------------


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    keeping.add_options(parser)
    return parser.parse_args(words)


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("4096", 4096), ("512K", 1 << 19), ("1.5m", 3 << 19), ("2 GiB", 2 << 30), ("1GB", 1 << 30)],
)
def test_sizes(text: str, size: int) -> None:
    assert keeping.keeper_of(parsed("--keep-values", text)).value_limit == size
    assert keeping.memory_of(parsed("--keep-memory", text)) == size


@pytest.mark.parametrize("words", [("--keep-values", "much"), ("--keep-values", "-1"), ("--keep-steps", "0"),
                                   ("--keep-steps", "some"), ("--keep-memory", "1T")])  # fmt: skip
def test_what_is_no_size_and_no_number_of_steps_is_refused(words: tuple[str, str]) -> None:
    with pytest.raises(argparse.ArgumentError, match=r"is not a size|neither 'all' nor|expected one argument"):
        parsed(*words)


def test_without_options_nothing_is_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(keeping.VARIABLE, raising=False)
    keeping.hand_over(parsed())
    assert keeping.VARIABLE not in os.environ
    assert keeping.handed_over() == keeping.arguments(parsed()) == []
    assert keeping.keeper_of(parsed()) == Keeper()


def test_options_reach_another_process_as_they_are_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(keeping.VARIABLE, "")
    options = parsed("--keep-values", "16M", "--keep-steps", "all", "--keep-memory", "1G")
    keeping.hand_over(options)
    assert parsed(*keeping.handed_over()) == options
    assert keeping.handed_over() == []


def test_every_nth_step_however_large_the_recording_is() -> None:
    every = Keeper(every=3)
    assert [every.kept(step, 1 << 40) for step in range(4)] == ["all", "scalars", "scalars", "all"]
    assert every.has_room(1 << 40)


# -- promotion -------------------------------------------------------------------------------------------------------


def test_a_thinned_step_is_recorded_in_full_once_somebody_stops_in_it(path: Path) -> None:
    bench = Bench(path, NOTHING)
    w, b = Variable(4.0), Variable(1.0)
    regression_step(w, b)
    with scope("outer"), GradientTape() as tape:
        y = w * b
        with scope("inner", "layer"):
            y = y * w
        bench.flush()
        bench.translator.promote()
        place = bench.translator.place()
        y = y * y
    gradient = tape.gradient(y, w)
    w.assign_sub(0.1 * gradient)
    regression_step(w, b)
    recording = bench.read()
    assert [info.kept for info in recording.step_infos()] == ["scalars", "all", "scalars"]
    step = recording.step(1)
    assert place == (1, 3)
    phases = ["update"] * 2 + ["forward"] * 3 + ["backward"] * 3 + ["update"]
    assert [p.phase for p in step.positions][:9] == phases
    scopes = [[s.name for s in step.scope_of(op)] for op in step.ops.values()]
    assert scopes == [["outer"], ["outer", "inner"], ["outer"]]
    (first, second, last) = [record for record in step.records if isinstance(record, r.Assigned)]
    assert [first.how, second.how, last.how] == ["not kept", "not kept", "assign_sub"]
    product = next(iter(step.ops.values()))
    assert product.inputs == (first.tensor, second.tensor)
    assert check(path) == []


def test_points_of_a_promoted_step_are_there_once(path: Path) -> None:
    bench = Bench(path, NOTHING)
    w, b = Variable(4.0), Variable(1.0)
    regression_step(w, b)
    bench.flush()
    bench.translator.promote()
    bench.translator.promote()
    recording = bench.read()
    series = recording.scalars()
    assert list(series["loss"].steps) == [0]
    assert list(series["w"].steps) == [-1, 0]
    assert len(recording.step(0).positions) == 12
    assert bench.translator.ops == 5


def test_an_op_that_raised_in_a_thinned_step_is_there_when_the_script_fails(path: Path) -> None:
    bench = Bench(path, NOTHING)
    x = to_tensor(np.ones((2, 3), np.float32))
    y = to_tensor(np.ones((4, 5), np.float32))
    with GradientTape():
        _ = x * x
        with pytest.raises(Exception, match="Incompatible shapes") as caught:
            _ = x * y
    bench.flush()
    seq = bench.translator.failing(caught.value, caught.tb)
    step = bench.read().step(0)
    assert "Incompatible shapes" in step.ops[seq].error
    assert [op.op for op in step.ops.values()] == ["Mul", "Mul"]


def test_while_the_user_looks_on_every_step_is_kept(path: Path) -> None:
    bench = Bench(path, NOTHING)
    w, b = Variable(4.0), Variable(1.0)
    for looks in (False, True, False):
        bench.translator.keep_all = looks
        regression_step(w, b)
        bench.flush()
    assert [info.kept for info in bench.read().step_infos()] == ["scalars", "all", "scalars"]


def test_a_thinned_step_that_outgrows_the_memory_stays_thinned(path: Path) -> None:
    bench = Bench(path, NOTHING, Shelf(limit=20_000))
    w = Variable(np.ones(2000, np.float32))
    with GradientTape():
        y = w * w
        for _ in range(3):
            y = y * w
        bench.flush()
        bench.translator.promote()
    recording = bench.read()
    assert recording.step_info(0).kept == "scalars"
    assert check(path) == []


# -- values ----------------------------------------------------------------------------------------------------------


def array(kib: int) -> np.ndarray:
    return np.zeros(kib << 8, np.float32)


def test_the_oldest_values_of_the_past_go_first() -> None:
    shelf = Shelf(past_limit=2048, limit=1 << 20)
    for tensor in (1, 2, 3):
        shelf.put(0, tensor, array(1))
    assert shelf.size == 3072
    shelf.running([1])
    assert [shelf.get(tensor) is not None for tensor in (1, 2, 3)] == [False, True, True]
    shelf.put(1, 4, array(1))
    shelf.running([1, 2])
    assert shelf.size == 3072
    shelf.running([2])
    assert [shelf.get(tensor) is not None for tensor in (2, 3, 4)] == [False, True, True]
    shelf.clear()
    assert (shelf.size, shelf.get(4)) == (0, None)


def test_values_of_a_running_step_stay_up_to_the_limit() -> None:
    shelf = Shelf(past_limit=0, limit=2048)
    for tensor in (1, 2, 3):
        shelf.put(0, tensor, array(1))
    assert shelf.take(2048, 1000) == ([], set())
    assert shelf.take(10, 2048) == ([], {0})
    taken, staying = shelf.take(1500, 2048)
    assert [tensor for tensor, _ in taken] == [3]
    assert (staying, shelf.size) == ({0}, 1024)
    assert [tensor for tensor, _ in shelf.take(1500, 2048)[0]] == [2]
    assert shelf.size == 0
    assert machine_share() > 1 << 26


class Big:
    """Two steps whose ops make tensors of ``kib`` each, of which no value is written."""

    def __init__(self, path: Path, kib: int, shelf: Shelf | None = None) -> None:
        self.shelf = shelf or Shelf()
        self.keeper = Keeper(value_limit=100)
        self.bench = Bench(path, self.keeper, self.shelf)
        self.writer = self.bench._writer
        self.x = to_tensor(np.arange(kib << 8, dtype=np.float32))
        self.made: list[np.ndarray] = []
        for factor in (2.0, 3.0):
            with GradientTape():
                self.made.append((self.x * factor).numpy())
        self.bench.flush()
        with Recording.open(path) as recording:
            self.ids = [next(iter(recording.step(n).ops.values())).outputs[0] for n in (0, 1)]
            assert not any(recording.value_kept(id) for id in self.ids)
        self.told: list[tuple[int, int]] = []

    def fetch(self, *tensors: int, until: int = 1 << 60) -> tuple[int, int, dict[int, str]]:
        return fetch(
            self.writer,
            self.keeper,
            self.shelf,
            tensors,
            lambda done, total: self.told.append((done, total)),
            lambda: bool(self.told) and self.told[-1][0] >= until,
        )


def test_values_are_fetched_in_pieces_and_seen_after_a_refresh(path: Path) -> None:
    big = Big(path, 10 << 10)
    size = big.made[0].nbytes
    with Recording.open(path) as recording:
        assert recording.value(big.ids[0]) is None
        done, total, missing = big.fetch(*big.ids, big.ids[0])
        assert (done, total, missing) == (2 * size, 2 * size, {})
        assert [told for told, _ in big.told[:3]] == [PIECE, 2 * PIECE, size]
        assert recording.refresh()
        for id, made in zip(big.ids, big.made, strict=True):
            assert recording.value_kept(id)
            value = recording.value(id)
            assert value is not None
            assert not value.flags.writeable
            np.testing.assert_array_equal(value, made)
        assert big.fetch(big.ids[0]) == (size, size, {})
    big.bench.read().close()
    assert check(path) == []


def test_a_fetch_that_is_given_up_goes_on_where_it_was(path: Path) -> None:
    big = Big(path, 10 << 10)
    size = big.made[0].nbytes
    assert big.fetch(*big.ids, until=PIECE) == (PIECE, 2 * size, dict.fromkeys(big.ids, CANCELLED))
    with Recording.open(path) as recording:
        assert recording.value(big.ids[0]) is None
        assert not recording.value_kept(big.ids[0])
        assert recording.warnings == ()
    big.told.clear()
    assert big.fetch(big.ids[0]) == (size, size, {})
    assert [done for done, _ in big.told] == [PIECE, 2 * PIECE, size]
    with Recording.open(path) as recording:
        np.testing.assert_array_equal(recording.value(big.ids[0]), big.made[0])
    big.bench.read().close()
    assert check(path) == []


def test_a_value_that_is_not_contiguous_is_fetched_slice_by_slice(path: Path) -> None:
    big = Big(path, 8)
    turned = np.arange(3 << 20, dtype=np.float32).reshape(3, -1).T
    big.shelf.put(1, big.ids[1], turned)
    done, total, missing = big.fetch(big.ids[1])
    assert (done, total, missing) == (turned.nbytes, turned.nbytes, {})
    with closing(sqlite3.connect(path)) as connection:
        pieces = [data for (data,) in connection.execute("SELECT data FROM piece ORDER BY number")]
    assert b"".join(pieces) == turned.tobytes()
    assert len(pieces) == 3


def test_what_cannot_be_had_is_answered_with_a_sentence(path: Path) -> None:
    big = Big(path, 8, Shelf(past_limit=0))
    _, _, missing = big.fetch(big.ids[0], 10**9)
    assert missing == {
        big.ids[0]: f"The value of tensor {big.ids[0]} of step 0 (8 KiB) is not in memory any more: those of earlier "
        "steps stay up to 0 bytes in all (--keep-memory SIZE), and values above 100 bytes are not written "
        "(--keep-values SIZE).",
        10**9: "There is no tensor 1000000000 in the recording.",
    }
    big.shelf.clear()
    assert big.fetch(big.ids[1])[2][big.ids[1]].endswith("in all; make the step smaller.")
    big.keeper = Keeper(full_until=0)
    assert big.fetch(big.ids[0])[2][big.ids[0]].endswith("are written of some steps only (--keep-steps all).")


def test_a_value_that_stands_in_its_record_is_not_missing(path: Path) -> None:
    big = Big(path, 8)
    with Recording.open(path) as recording:
        factor = next(iter(recording.step(0).ops.values())).inputs[1]
        assert recording.value_kept(factor)
    assert big.fetch(factor) == (0, 0, {})


def test_a_recording_that_takes_nothing_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    big = Big(path, 8)

    def full(*_: object) -> None:
        raise RecordingError("cannot write run.tapeview: disk full")

    monkeypatch.setattr(big.writer, "add_piece", full)
    _, _, missing = big.fetch(big.ids[0])
    assert missing[big.ids[0]].endswith("the recording cannot take it: cannot write run.tapeview: disk full.")


def test_a_value_that_one_blob_could_not_hold_is_fetched(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    big = Big(path, 10 << 10)
    big.fetch(big.ids[0])
    monkeypatch.setattr(stored, "VALUE_LIMIT", 1000)
    with Recording.open(path) as recording:
        np.testing.assert_array_equal(recording.value(big.ids[0]), big.made[0])


def test_the_values_of_the_last_step_are_written_at_the_end(path: Path) -> None:
    big = Big(path, 8)
    big.bench.translator.end()
    with big.bench.read() as recording:
        assert [recording.value_kept(id) for id in big.ids] == [False, True]
        np.testing.assert_array_equal(recording.value(big.ids[1]), big.made[1])
    assert check(path) == []


def test_the_last_step_is_kept_whatever_was_thinned_out(path: Path) -> None:
    bench = Bench(path, NOTHING)
    w, b = Variable(4.0), Variable(1.0)
    regression_step(w, b)
    regression_step(w, b)
    bench.flush()
    bench.translator.end()
    assert [info.kept for info in bench.read().step_infos()] == ["scalars", "all"]
    assert check(path) == []


def test_sums_of_gradients_and_all_other_ops_can_be_promoted(path: Path) -> None:
    bench = Bench(path, NOTHING)
    w = Variable(np.ones((2, 3), np.float32))
    with GradientTape() as tape:
        loss = reduce_sum(w * w + w)
    tape.gradient(loss, w)
    bench.flush()
    bench.translator.promote()
    step = bench.read().step(0)
    assert [op.op for op in step.ops.values()] == ["Mul", "AddV2", "Sum"]
    assert any(b.totals != b.contributions for b in step.records if isinstance(b, r.BackwardStep))
    assert check(path) == []
