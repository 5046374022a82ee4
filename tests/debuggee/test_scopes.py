"""Named parts of the computation: from ``tapeview.scope`` to the ops of a recording."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import tapeview
from tapeview.engine import observe
from tapeview.engine.scopes import scope
from tapeview.engine.tape import GradientTape
from tapeview.engine.variable import Variable
from tapeview.trace import records as r
from tapeview.trace.check import check
from tests.debuggee.test_engine_adapter import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    yield Bench(tmp_path / "run.tapeview")
    observe.listen(None)


def test_an_op_names_the_innermost_scope_and_the_step_its_path(bench: Bench) -> None:
    w = Variable(2.0)
    with GradientTape() as tape:
        plain = w * w
        with tapeview.scope("encoder"):
            outer = plain * w
            with scope("dense_1", "layer"):
                inner = outer * w
            last = inner * w
    tape.gradient(last, w)
    step = bench.read().step(0)
    paths = [[(s.kind, s.name) for s in step.scope_of(op)] for op in step.ops.values()]
    encoder, layer = ("block", "encoder"), ("layer", "dense_1")
    assert paths == [[], [encoder], [encoder, layer], [encoder]]
    assert sum(isinstance(record, r.ScopeClosed) for record in step.records) == 2
    (opened, _) = step.scopes.values()
    assert opened.site
    assert check(bench.path) == []


def test_a_scope_that_stays_open_is_told_in_each_step_that_has_ops_in_it(bench: Bench) -> None:
    w = Variable(2.0)
    with scope("training"):
        for _ in range(2):
            with GradientTape():
                _ = w * w
    recording = bench.read()
    for number in (0, 1):
        step = recording.step(number)
        assert [[s.name for s in step.scope_of(op)] for op in step.ops.values()] == [["training"]]
    assert check(bench.path) == []


def test_a_scope_without_recorded_ops_leaves_nothing(bench: Bench) -> None:
    w = Variable(2.0)
    with scope("evaluation", "layer"):
        _ = w * w
    with GradientTape(), scope("empty"):
        pass
    recording = bench.read()
    records = [*recording.step(r.SETUP).records, *recording.step(0).records]
    assert not [record for record in records if isinstance(record, r.ScopeOpened | r.ScopeClosed)]


def test_a_scope_that_began_before_anybody_listened_is_no_scope(tmp_path: Path) -> None:
    w = Variable(2.0)
    with scope("early"):
        bench = Bench(tmp_path / "run.tapeview")
        with GradientTape(), scope("late"):
            _ = w * w
        step = bench.read().step(0)
    assert [[s.name for s in step.scope_of(op)] for op in step.ops.values()] == [["late"]]
    assert check(bench.path) == []


def test_an_exception_leaves_the_scope(bench: Bench) -> None:
    w = Variable(2.0)
    with GradientTape():
        with pytest.raises(ValueError, match="no"), scope("bad"):
            raise ValueError("no")
        _ = w * w
    (op,) = bench.read().step(0).ops.values()
    assert op.scope == 0


def test_a_scope_named_its_own_parent_by_a_damaged_file_ends() -> None:
    from tapeview.trace.step import build_step

    op = r.Op(1, "Mul", (), (), {}, 0, (), 0, scope=3)
    step = build_step(0, [r.ScopeOpened(3, "a", "block", 1, 3), op])
    assert {s.name for s in step.scope_of(op)} == {"a"}
