"""The index of a step: positions, phases, tapes, calls."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tapeview.trace.records import (
    Assigned,
    BackwardStep,
    GradientFinished,
    GradientStarted,
    Op,
    Record,
    TapeClosed,
    TapeOpened,
    Tensor,
    Watched,
)
from tapeview.trace.step import build_step


def op(seq: int, call: int = 0, inputs: tuple[int, ...] = (), outputs: tuple[int, ...] = ()) -> Op:
    return Op(seq, "Mul", inputs, outputs, {}, 0, (1,), 1, False, call)


def back(call: int, seq: int) -> BackwardStep:
    return BackwardStep(call, seq, (), (), ())


def test_positions_and_phases_of_a_step_that_goes_back_and_forth() -> None:
    records: list[Record] = [
        TapeOpened(1, False, True, 1, (), 0),
        op(1),
        Tensor(1, "float32", (), b"abcd"),
        op(2),
        GradientStarted(1, 1, "gradient", (), (), (), 0),
        back(1, 2),
        op(3, call=1),
        back(1, 1),
        GradientFinished(1, ()),
        op(4),
        Assigned(1, 1, 1, 0, "assign", 0),
    ]
    step = build_step(5, records)
    assert step.index == 5
    assert step.records == tuple(records)
    assert step.phases() == (("forward", 0, 2), ("backward", 2, 5), ("forward", 5, 6), ("update", 6, 7))
    assert [(p.index, p.phase, p.number, p.count) for p in step.positions] == [
        (0, "forward", 1, 2),
        (1, "forward", 2, 2),
        (2, "backward", 1, 3),
        (3, "backward", 2, 3),
        (4, "backward", 3, 3),
        (5, "forward", 1, 1),
        (6, "update", 1, 1),
    ]
    assert all(records[position.at] is position.record for position in step.positions)
    assert step.calls[1].steps == (back(1, 2), back(1, 1))
    assert step.calls[1].finished == GradientFinished(1, ())
    assert step.position_of_op == {1: 0, 2: 1, 3: 3, 4: 5}
    assert step.backward_of_op == {1: (4,), 2: (2,)}


def test_an_empty_step() -> None:
    step = build_step(0, [])
    assert (step.positions, step.phases(), step.tapes, step.ops, step.consumers) == ((), (), (), {}, {})


def test_tapes_with_what_they_watch_and_when_they_were_open() -> None:
    by_read, by_hand = Watched(1, 0, 7, True, 0), Watched(2, 3, 0, False, 0)
    step = build_step(
        0,
        [
            TapeOpened(1, True, True, 1, (), 4),
            TapeOpened(2, False, False, 1, (1,), 5),
            by_read,
            by_hand,
            TapeClosed(2),
            op(1),
            TapeClosed(1),
            TapeOpened(1, True, True, 1, (), 4),
        ],
    )
    outer, inner = step.tapes
    assert (outer.id, outer.persistent, outer.parents, outer.site, outer.start, outer.stop) == (1, True, (), 4, 0, None)
    assert (inner.id, inner.watch_accessed, inner.parents, inner.start, inner.stop) == (2, False, (1,), 1, 4)
    assert (outer.watched, inner.watched) == ((by_read,), (by_hand,))
    assert (step.watched, step.watched_variables) == ({3}, {7})


def test_who_made_and_who_reads_a_tensor() -> None:
    step = build_step(0, [op(1, inputs=(1, 1), outputs=(2,)), op(2, inputs=(2, 1), outputs=(3, 4))])
    assert step.made_by == {2: 1, 3: 2, 4: 2}
    assert step.consumers == {1: ((1, 0), (1, 1), (2, 1)), 2: ((2, 0),)}


def test_rules_and_ends_of_calls_that_never_began_are_survived() -> None:
    step = build_step(0, [back(9, 1), GradientFinished(8, ()), TapeClosed(3)])
    assert step.calls == {}
    assert len(step.positions) == 1


events = st.lists(st.sampled_from(["forward", "backward", "inner", "update", "tensor", "closed"]), max_size=40)


@given(events)
def test_positions_are_numbered_inside_their_runs(kinds: list[str]) -> None:
    make: dict[str, Record] = {
        "forward": op(1),
        "backward": back(1, 1),
        "inner": op(2, call=1),
        "update": Assigned(1, 1, 1, 0, "assign", 0),
        "tensor": Tensor(1, "float32", (), b"abcd"),
        "closed": TapeClosed(1),
    }
    step = build_step(0, [make[kind] for kind in kinds])
    phases = ["backward" if kind == "inner" else kind for kind in kinds if kind not in ("tensor", "closed")]
    assert [position.phase for position in step.positions] == phases
    assert [position.index for position in step.positions] == list(range(len(phases)))
    covered = []
    for phase, start, stop in step.phases():
        assert start < stop
        assert start == 0 or phases[start - 1] != phase
        for position in step.positions[start:stop]:
            assert (position.phase, position.number, position.count) == (
                phase,
                position.index - start + 1,
                stop - start,
            )
        covered += range(start, stop)
    assert covered == list(range(len(phases)))
