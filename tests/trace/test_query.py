"""What a recording answers, against what its records say when one goes through all of them."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tapeview.trace.query import Recording, SourceFile
from tapeview.trace.records import (
    SETUP,
    Assigned,
    Frame,
    GradientFinished,
    GradientStarted,
    Op,
    Record,
    Source,
    SourceGradient,
    TapeOpened,
    Tensor,
    Variable,
    Watched,
)
from tapeview.trace.store import Writer
from tests.helpers.recordings import (
    NONE_REASONS,
    NONES,
    Regression,
    write_chain,
    write_nones,
    write_nonfinite,
    write_regression,
)
from tests.helpers.scene import run_info


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.tapeview"


def test_a_regression_is_what_it_was(path: Path) -> None:
    with Recording.open(write_regression(path, steps=7)) as recording:
        assert recording.step_count == 7
        assert recording.run.script == "/home/user/s.py"
        infos = recording.step_infos()
        assert [(info.forward, info.backward, info.updates, info.kept) for info in infos] == [(5, 5, 2, "all")] * 7
        assert [info.tape for info in infos] == list(range(1, 8))
        frame = recording.frames(infos[0].site)[0]
        assert recording.source(frame.file).text.split("\n")[frame.line - 1] == "    with tf.GradientTape() as tape:"
        setup = recording.step_info(SETUP)
        assert (setup.forward, setup.backward, setup.updates, setup.tape) == (0, 0, 2, 0)
        step = recording.step(0)
        assert step.phases() == (("forward", 0, 5), ("backward", 5, 10), ("update", 10, 12))
        loss = recording.value(step.ops[5].outputs[0])
        assert loss is not None
        assert loss.dtype == np.float32
        assert float(loss) == 2322.0
        assert [round(float(value), 4) for value in recording.scalars()["w"].values[:2]] == [9.94, 11.2072]
        assert "기울기 9.9400" in recording.output()[-1][1].text


def test_steps_that_are_not_there_are_an_index_error(path: Path) -> None:
    with Recording.open(write_regression(path, steps=3)) as recording:
        for index in (3, 99, -2, -3):
            with pytest.raises(IndexError):
                recording.step(index)
            with pytest.raises(IndexError):
                recording.step_info(index)
            with pytest.raises(IndexError):
                recording.variables_at(index, 0)


def test_a_recording_of_a_script_without_tapes(path: Path) -> None:
    writer = Writer(path, run_info())
    writer.finish("finished", 0)
    with Recording.open(path) as recording:
        assert (recording.step_count, recording.step_infos(), recording.state) == (0, (), "finished")
        assert recording.step(SETUP).records == ()
        assert recording.variables_at(SETUP, 0) == []
        assert (recording.scalars(), recording.output(), recording.failures()) == ({}, [], [])
        assert recording.sources() == []
        assert recording.source(1) == SourceFile(1, "", "")


@pytest.mark.parametrize(
    ("how", "exit", "state"),
    [
        ("finished", 0, "finished"),
        ("failed", 1, "failed"),
        ("exited", 0, "finished"),
        ("exited", None, "finished"),
        ("exited", 3, "failed"),
        ("stopped", None, "stopped"),
        ("killed", None, "killed"),
    ],
)
def test_the_state_of_a_run_that_ended(path: Path, how: str, exit: int | None, state: str) -> None:
    started = time.time()
    writer = Writer(path, run_info())
    writer.finish(how, exit)
    with Recording.open(path) as recording:
        assert recording.state == state
        assert recording.run.exit == exit
        assert recording.run.ended is not None
        assert started - 1 <= recording.run.ended <= time.time() + 1


def test_every_reason_for_none_is_kept(path: Path) -> None:
    with Recording.open(write_nones(path)) as recording:
        step = recording.step(0)
        (call,) = step.calls.values()
        assert call.finished is not None
        assert tuple(result.reason for result in call.finished.results[1:]) == NONE_REASONS
        assert recording.source(1).text == NONES
        states = {state.name: state for state in recording.variables_at(0, len(step.positions) - 1)}
        assert [(name, state.watched, state.automatic, state.used) for name, state in states.items()] == [
            ("x", True, True, True),
            ("frozen", False, False, True),
            ("count", True, False, False),
            ("lonely", False, False, False),
        ]
        reasons = [state.gradient.reason if state.gradient else None for state in states.values()]
        assert reasons == ["", "not trainable", "integer dtype", "not connected to the target"]
        assert all(state.gradient is None for state in recording.variables_at(0, 5))


def test_infinities_and_nans_are_counted(path: Path) -> None:
    with Recording.open(write_nonfinite(path)) as recording:
        assert recording.state == "failed"
        assert recording.failures()[0].message == "손실이 NaN입니다"
        op = recording.step(0).ops[1]
        stats = recording.stats(op.outputs[0])
        assert stats is not None
        assert (stats.nans, stats.infs, stats.zeros) == (1, 1, 1)
        assert np.isnan(recording.scalars()["loss"].values[0])


def test_a_long_chain_is_read_whole(path: Path) -> None:
    with Recording.open(write_chain(path, 3000)) as recording:
        step = recording.step(0)
        assert (len(step.ops), len(step.positions)) == (3000, 6000)
        assert [step.position_of_op[seq] for seq in (1, 2, 3000)] == [0, 1, 2999]
        assert step.backward_of_op[3000] == (3000,)
        assert step.backward_of_op[1] == (5999,)
        assert recording.variables_at(0, 5999)[0].gradient is not None


def test_large_values_come_back_and_missing_ones_are_none(path: Path) -> None:
    scene = Regression(path)
    scene.train()
    kept = np.arange(4000, dtype=np.float32).reshape(40, 100)[:, ::2]
    with_value, without = scene.tensor(kept), scene.tensor(kept, keep=False)
    empty = scene.tensor(np.zeros((0, 3), np.int64))
    scene.finish()
    with Recording.open(path) as recording:
        value = recording.value(with_value)
        np.testing.assert_array_equal(value, kept)
        assert value is not None
        assert not value.flags.writeable
        assert recording.value(without) is None
        assert recording.stats(without) == recording.stats(with_value)
        found = recording.value(empty)
        assert found is not None
        assert (found.shape, found.dtype) == ((0, 3), np.int64)
        assert recording.value(10**9) is None
        assert recording.stats(10**9) is None


def test_tensors_are_found_whatever_was_read_before(path: Path) -> None:
    writer = Writer(path, run_info())
    wanted: dict[int, Tensor] = {}
    rng = np.random.default_rng(3)
    id = 0
    for step in range(200):
        records: list[Record] = [TapeOpened(step, False, True, 1, (), 0)]
        for _ in range(rng.integers(0, 4)):
            id += int(rng.integers(1, 5))  # ids may be left out
            wanted[id] = Tensor(id, "float32", (), b"abcd")
            records.append(wanted[id])
        writer.append(step, records)
        if rng.random() < 0.3:
            writer.commit()
    writer.finish("finished", 0)
    with Recording.open(path) as recording:
        for each in rng.integers(-5, id + 20, 2000).tolist():
            if each in wanted:
                assert recording.tensor(each) == wanted[each]
            else:
                with pytest.raises(KeyError):
                    recording.tensor(each)


class Story:
    """A random run: makes records and remembers, for every position, the variables as a plain replay finds them."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.site = 0
        self.tensor = 0
        self.step = SETUP
        self.call = 0
        self.state: dict[int, dict[str, Any]] = {}
        self.records: list[Record] = []
        self.expected: dict[tuple[int, int], dict[int, dict[str, Any]]] = {}
        self.positions = 0

    def next_step(self) -> None:
        self.flush()
        self.step += 1
        self.positions = 0
        for state in self.state.values():
            state.update(watched=False, automatic=False, used=False, gradient=None)
        self.records.append(TapeOpened(self.step + 1, False, True, 1, (), 0))

    def flush(self) -> None:
        self.writer.append(self.step, self.records)
        self.records = []

    def new_tensor(self, variable: int = 0) -> int:
        self.tensor += 1
        self.records.append(Tensor(self.tensor, "float32", (), b"abcd", "variable" if variable else "op", variable))
        return self.tensor

    def happened(self) -> None:
        self.expected[self.step, self.positions] = {id: dict(state) for id, state in self.state.items()}
        self.positions += 1

    def create(self) -> None:
        id = len(self.state) + 1
        self.records.append(Variable(id, f"v{id}", "float32", (), True, 0))
        tensor = self.new_tensor(id)
        self.records.append(Assigned(id, 0, tensor, 0, "create", 0))
        nothing = {"watched": False, "automatic": False, "used": False, "gradient": None}
        self.state[id] = {"tensor": tensor, "version": 0, "previous": 0, "updated_step": self.step, **nothing}
        self.happened()

    def assign(self, variable: int) -> None:
        state = self.state[variable]
        previous, tensor = state["tensor"], self.new_tensor(variable)
        version = state["version"] + 1
        self.records.append(Assigned(variable, version, tensor, previous, "assign", 0))
        state.update(tensor=tensor, version=version, previous=previous, updated_step=self.step)
        self.happened()

    def watch(self, variable: int, automatic: bool) -> None:
        state = self.state[variable]
        self.records.append(Watched(self.step + 1, 0, variable, automatic, 0))
        state["automatic"] = automatic and (state["automatic"] or not state["watched"])
        state["watched"] = True

    def read(self, variable: int) -> None:
        output = self.new_tensor()
        self.records.append(Op(self.tensor, "Neg", (self.state[variable]["tensor"],), (output,), {}, 0, (), 0))
        self.happened()
        # Whether a step uses a variable is told for the whole step.
        for (step, _), states in self.expected.items():
            if step == self.step and variable in states:
                states[variable]["used"] = True
        self.state[variable]["used"] = True

    def gradient(self, variable: int) -> None:
        """It belongs to the event before it."""
        self.call += 1
        tensor = self.new_tensor()
        result = SourceGradient(tensor)
        self.records.append(GradientStarted(self.call, self.step + 1, "gradient", (), (Source(0, variable),), (), 0))
        self.records.append(GradientFinished(self.call, (result,)))
        self.state[variable]["gradient"] = result
        last = self.expected.get((self.step, self.positions - 1), {})
        if variable in last:
            last[variable]["gradient"] = result


actions = st.lists(
    st.tuples(
        st.sampled_from(["step", "create", "assign", "assign", "assign", "watch", "read", "gradient", "commit"]),
        st.integers(0, 20),
    ),
    max_size=60,
)


@settings(max_examples=60)
@given(actions)
def test_variables_at_every_position_are_as_in_a_replay(plan: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        writer = Writer(Path(folder) / "run.tapeview", run_info())
        story = Story(writer)
        for action, number in plan:
            if action == "step":
                story.next_step()
            elif action == "create":
                story.create()
            elif action == "commit":
                story.flush()
                writer.commit()
            elif story.state:
                variable = number % len(story.state) + 1
                if action == "watch":
                    story.watch(variable, number % 2 == 0)
                else:
                    getattr(story, action)(variable)
        story.flush()
        writer.finish("finished", 0)
        with Recording.open(writer.path) as recording:
            order = list(story.expected.items())
            for (step, position), states in [*order, *order[::-3]]:
                found = {
                    state.variable.id: {key: getattr(state, key) for key in states[state.variable.id]}
                    for state in recording.variables_at(step, position)
                    if state.variable.id in states
                }
                last = position == len(recording.step(step).positions) - 1
                for id, state in found.items():
                    expected = dict(states[id])
                    if last:  # what comes after the last position belongs to it
                        expected.update(watched=state["watched"], automatic=state["automatic"])
                    assert state == expected, (step, position, id)
                assert set(found) == set(states)
            assert recording.warnings == ()


def test_a_variable_made_anew_in_every_round_is_one(path: Path) -> None:
    writer = Writer(path, run_info())
    file = writer.add_source("/s.py", "for i in range(9):\n    w = tf.Variable(w - g)\nother = tf.Variable(1.0)\n")

    site = writer.add_stack((Frame(file, "<module>", 2, 2, 8, 26),))
    other = writer.add_stack((Frame(file, "<module>", 3, 3, 8, 24),))
    tensor = 1
    writer.append(
        SETUP,
        [
            Variable(1, "Variable:0", "float32", (), True, other),
            Tensor(1, "float32", (), b"abcd", "variable", 1),
            Assigned(1, 0, 1, 0, "create", other),
        ],
    )
    for step in range(9):
        tensor += 1
        writer.append(
            step,
            [
                TapeOpened(step + 1, False, True, 1, (), 0),
                Variable(step + 2, "Variable:0", "float32", (), True, site),
                Tensor(tensor, "float32", (), b"abcd", "variable", step + 2),
                Assigned(step + 2, 0, tensor, 0, "create", site),
            ],
        )
    writer.finish("finished", 0)
    with Recording.open(path) as recording:
        for step in range(9):
            states = [(state.name, state.variable.id) for state in recording.variables_at(step, 0)]
            assert states == [("other", 1), ("w", step + 2)]
        assert len(recording.variables()) == 10


def test_one_recording_serves_several_threads(path: Path) -> None:
    errors: list[BaseException] = []
    with Recording.open(write_regression(path, steps=60)) as recording:

        def read(start: int) -> None:
            try:
                for index in range(60):
                    step = recording.step((index * 7 + start) % 60)
                    assert len(step.positions) == 12
                    recording.variables_at(step.index, 3)
                    recording.tensor(step.ops[min(step.ops)].outputs[0])
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=read, args=(start,)) for start in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not errors


def test_output_can_be_read_on_from_any_row(path: Path) -> None:
    scene = Regression(path)
    for number in range(5):
        scene.say(f"{number}\n")
    scene.finish()
    with Recording.open(path) as recording:
        rows = recording.output()
        assert [output.text for _, output in rows] == [
            "x: [ 1  2  3  4  5  6  7  8  9 10]\n",
            *(f"{n}\n" for n in range(5)),
        ]
        assert recording.output(rows[2][0]) == rows[3:]
        assert recording.output(rows[-1][0]) == []


def test_a_file_opened_before_its_log_was_there_is_seen_to_grow(tmp_path: Path) -> None:
    whole, early = write_regression(tmp_path / "whole.tapeview", steps=3), tmp_path / "early.tapeview"
    scene = Regression(tmp_path / "begun.tapeview")
    shutil.copyfile(tmp_path / "begun.tapeview", early)  # as it is between its first bytes and its log
    scene.finish()
    with Recording.open(early) as recording:
        assert recording.step_count == 0
        assert not recording.refresh()
        shutil.copyfile(whole, early)  # all the rest of the writer's life goes by
        assert recording.refresh()
        assert recording.step_count == 3
        assert not recording.refresh()
