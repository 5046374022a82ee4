"""Large values in a training: of which steps they are written, and that these steps then have all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tapeview.debuggee.adapters.keeping import Keeper, Thinning
from tapeview.debuggee.adapters.shelf import MIB, Shelf
from tapeview.engine import observe
from tapeview.trace import records as r
from tapeview.trace.check import check
from tapeview.trace.query import Recording
from tests.debuggee.test_engine_adapter import Bench
from tests.engine.names import tf

SIDE = 200
VALUE = SIDE * SIDE * 4


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    yield
    observe.listen(None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.tapeview"


# -- which steps -----------------------------------------------------------------------------------------------------


def steps_of(thinning: Thinning, count: int, size: int) -> list[int]:
    found = []
    for step in range(count):
        if thinning.begins(step):
            found.append(step)
            thinning.wrote(size)
    return found


def test_light_steps_are_all_written() -> None:
    assert steps_of(Thinning(0, MIB), 300, 4000) == list(range(300))
    assert steps_of(Thinning(MIB, 1), 256, 4096) == list(range(256))


def test_heavy_steps_lie_ever_farther_apart() -> None:
    assert steps_of(Thinning(3 * MIB, MIB), 300, MIB) == [0, 1, 2, 3, 6, 11, 19, 33, 56, 95, 161, 273]
    thinning = Thinning(0, 10 * MIB)
    found = steps_of(thinning, 8000, MIB)
    for start in (1000, 2000, 4000):
        assert sum(start <= step < 2 * start for step in found) == pytest.approx(10, abs=1)
    assert thinning.apart == pytest.approx(8000 * np.log(2) / 10, rel=0.1)


def test_a_step_that_is_wanted_is_written_and_the_next_is_counted_from_it() -> None:
    thinning = Thinning(0, MIB)
    steps_of(thinning, 50, MIB)
    assert not thinning.begins(50)
    assert thinning.begins(51, wanted=True)
    thinning.wrote(MIB)
    assert [step for step in range(52, 100) if thinning.begins(step)] == [87]


# -- a training --------------------------------------------------------------------------------------------------------


class Training:
    """Steps with a weight of 160 kB and three results of that size each."""

    def __init__(self, path: Path, shelf: Shelf | None = None, **keeper: Any) -> None:
        self.path = path
        words = {"head": VALUE, "spread": 10 * VALUE, "spread_of_variables": 8 * VALUE}
        self.bench = Bench(path, Keeper(**{**words, **keeper}), shelf)
        self.weight = tf.Variable(np.full((SIDE, SIDE), 0.01, np.float32), name="weight")
        self.bias = tf.Variable(np.zeros(3, np.float32), name="bias")

    def run(self, steps: int, image: Any = 1.0) -> None:
        for _ in range(steps):
            with tf.GradientTape() as tape:
                x = tf.constant(np.full((SIDE, SIDE), image, np.float32))
                y = tf.nn.relu(x @ self.weight)
                loss = tf.reduce_mean(y * y) + tf.reduce_sum(self.bias)
            for v, g in zip((self.weight, self.bias), tape.gradient(loss, [self.weight, self.bias]), strict=True):
                v.assign_sub(0.001 * g)
            self.bench.flush()

    def end(self) -> Recording:
        self.bench.translator.end()
        recording = self.bench.read()
        assert check(self.path) == []
        return recording


def tensors_of(recording: Recording, step: int) -> set[int]:
    """The tensors that a step made or used."""
    found: set[int] = set()
    for record in recording.step(step).records:
        if isinstance(record, r.Op):
            found |= {*record.inputs, *record.outputs}
        elif isinstance(record, r.BackwardStep):
            found |= {*record.upstream, *record.contributions, *record.totals}
        elif isinstance(record, r.Assigned):
            found |= {record.tensor, record.previous, record.gradient}
    return found - {0}


def whole(recording: Recording) -> list[int]:
    """The steps of which every value is there, and that have any."""
    return [
        step
        for step in range(recording.step_count)
        if (tensors := tensors_of(recording, step)) and all(recording.value_kept(tensor) for tensor in tensors)
    ]


def test_the_first_the_last_and_a_sample_of_steps_have_all_values(path: Path) -> None:
    training = Training(path)
    training.run(20)
    recording = training.end()
    complete = whole(recording)
    assert complete[0] == 0
    assert complete[-1] == 19
    assert 4 <= len(complete) < 15
    # The weight that such a step reads was made by the step before, of which little is kept.
    assert any(step - 1 not in complete for step in complete[1:-1])
    infos = recording.step_infos()
    assert [info.step for info in infos if info.kept == "all"] == complete
    assert {info.kept for info in infos} == {"all", "small values"}
    thinned = next(info.step for info in infos if info.kept != "all")
    assert len(recording.step(thinned).positions) == len(recording.step(0).positions)
    missing = [t for t in tensors_of(recording, thinned) if not recording.value_kept(t)]
    assert missing
    assert all(recording.tensor(t).data is None for t in missing)
    assert all(recording.stats(t) is None for t in missing if recording.tensor(t).dtype == "float32")


def test_weights_are_written_more_often_than_all_else(path: Path) -> None:
    training = Training(path, spread=VALUE)
    training.run(60)
    recording = training.end()
    versions = [
        step
        for step in range(60)
        for record in recording.step(step).records
        if isinstance(record, r.Assigned)
        and recording.variables()[record.variable].name == "weight:0"
        and recording.value_kept(record.tensor)
    ]
    assert len(whole(recording)) < 10
    assert len(versions) > 20
    assert versions[-1] == 59


def test_a_training_whose_values_are_small_is_kept_whole(path: Path) -> None:
    bench = Bench(path, Keeper(head=0, spread=1, spread_of_variables=1))
    w = tf.Variable(np.ones(1000, np.float32))
    for _ in range(30):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(w * w)
        w.assign_sub(0.1 * tape.gradient(loss, w))
    recording = bench.read()
    assert whole(recording) == list(range(30))
    assert {info.kept for info in recording.step_infos()} == {"all"}


def test_every_step_is_kept_if_that_is_wished(path: Path) -> None:
    training = Training(path, every=1)
    training.run(12)
    recording = training.end()
    assert whole(recording) == list(range(12))
    assert {info.kept for info in recording.step_infos()} == {"all"}


def test_where_the_script_stops_what_was_left_out_is_written(path: Path) -> None:
    training = Training(path, head=0, spread=1, spread_of_variables=1)
    training.run(6)
    with tf.GradientTape():
        y = tf.nn.relu(tf.ones((SIDE, SIDE)) @ training.weight)
        training.bench.flush()
        training.bench.translator.promote()
        y = y * y
    training.bench.flush()
    training.run(3)
    recording = training.end()
    assert 6 in whole(recording)
    assert recording.step_info(6).kept == "all"
    assert not {5, 7} & set(whole(recording))


@pytest.mark.parametrize("thinned_out", [False, True])
def test_the_first_steps_with_nan_are_kept_whole(path: Path, thinned_out: bool) -> None:
    limits = {"full_until": 0, "tenth_until": 0} if thinned_out else {}
    training = Training(path, head=0, spread=1, spread_of_variables=1, **limits)
    training.run(7)
    training.run(4, image=np.nan)
    recording = training.end()
    # The first two, and the last, which is kept in any case.
    assert whole(recording)[-3:] == [7, 8, 10]
    assert [recording.step_info(step).kept == "all" for step in (6, 7, 8, 9, 10)] == [False, True, True, False, True]


def test_a_step_beyond_the_budget_is_not_written_for_its_weights(path: Path) -> None:
    training = Training(path, full_until=0, tenth_until=0, budget=0)
    training.run(5)
    infos = training.bench.read().step_infos()
    assert {info.kept for info in infos} == {"scalars"}


def test_while_fewer_steps_are_kept_those_with_weights_are_among_them(path: Path) -> None:
    training = Training(path, full_until=0, tenth_until=1 << 40, budget=1 << 41, head=0, spread=1)
    training.weight.assign(training.weight + 1.0)
    training.run(45)
    recording = training.bench.read()
    kept = {info.step for info in recording.step_infos() if info.kept != "scalars"}
    assert {0, 10, 20, 30, 40} <= kept
    assert len(kept) < 12
