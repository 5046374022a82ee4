"""The op at which a script raised is in the recording, with what it was given and what it said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapeview.trace.query import Recording
from tapeview.trace.records import SETUP, Op
from tests.helpers.scripts import record_source

BEGINNING = """\
import numpy as np
import tensorflow as tf
w = tf.Variable([1.0, 2.0], name="w")
x = tf.ones([2, 3])
"""

ON_A_TAPE = {
    "a kernel": ("w + tf.constant([1.0, 2.0, 3.0])", "AddV2", [(2,), (3,)]),
    "a check before the kernel": ("tf.matmul(x, w)", "MatMul", [(2, 3), (2,)]),
    "an op of one input": ("tf.reshape(x, [7])", "Reshape", [(2, 3)]),
    "an op of many inputs": ("tf.concat([x, tf.ones([3, 4])], 0)", "ConcatV2", [(2, 3), (3, 4)]),
    "an error in better words": ("tf.where(w > 0.0, x, w)", "SelectV2", [(2,), (2, 3), (2,)]),
    "one in other words": ("w < [1.0, 2.0, 3.0]", "Less", [(2,), (3,)]),
    "one of a function": ("tf.broadcast_to(x, [2])", "BroadcastTo", [(2, 3)]),
    "types that do not meet": ("w * tf.constant([1, 2])", "Mul", [(2,), (2,)]),
    "inside a function": ("f(x)", "MatMul", [(2, 3), (2, 3)]),
    "inside a layer": ("layer(tf.ones([4]))", None, [(4,)]),
}


def failed_ops(path: Path, step: int) -> list[tuple[Op, list[tuple[int, ...]]]]:
    """The ops of a step that raised, each with the shapes of its inputs."""
    with Recording.open(path) as recording:
        read = recording.step(step)
        ops = [position.record for position in read.positions if isinstance(position.record, Op)]
        return [(op, [recording.tensor(one).shape for one in op.inputs]) for op in ops if op.error]


@pytest.mark.parametrize(("expression", "name", "shapes"), ON_A_TAPE.values(), ids=ON_A_TAPE.keys())
def test_an_op_that_ends_the_script(
    tmp_path: Path, expression: str, name: str | None, shapes: list[tuple[int, ...]]
) -> None:
    source = (
        f"{BEGINNING}layer = tf.keras.layers.Dense(2)\n"
        "def f(a):\n    return tf.matmul(a, a)\n"
        f"with tf.GradientTape() as tape:\n    z = x * 2.0\n    y = {expression}\n"
    )
    run = record_source(tmp_path, source)
    assert run.code == 1
    ((op, given),) = failed_ops(run.path, 0)
    assert op.op == (name or op.op)
    assert given == shapes
    assert op.outputs == ()
    with Recording.open(run.path) as recording:
        last = recording.step(0).positions[-1].record
        (failure,) = recording.failures()
        lines = {recording.frames(site)[-1].line for site in (op.site, failure.site)}
    assert last == op
    # (what the kernel said, where a function then says it better)
    assert op.error == failure.message or expression.startswith("tf.where")
    assert lines == {source.splitlines().index(f"    y = {expression}") + 1}


def test_an_op_without_a_tape_belongs_to_where_the_script_is(tmp_path: Path) -> None:
    run = record_source(tmp_path, f"{BEGINNING}tf.reshape(x, [7])\n")
    ((op, given),) = failed_ops(run.path, SETUP)
    assert (op.op, given, op.tapes) == ("Reshape", [(2, 3)], ())


def test_an_error_that_the_script_handles_stays_beside_what_follows(tmp_path: Path) -> None:
    run = record_source(
        tmp_path,
        f"{BEGINNING}with tf.GradientTape() as tape:\n    try:\n        tf.reshape(w, [7])\n"
        "    except tf.errors.InvalidArgumentError:\n        y = w * 2.0\n",
    )
    assert run.code == 0
    ((op, _),) = failed_ops(run.path, 0)
    assert op.op == "Reshape"
    assert op.tapes == (1,)
    with Recording.open(run.path) as recording:
        names = [p.record.op for p in recording.step(0).positions if isinstance(p.record, Op)]
        numbers = [p.record.seq for p in recording.step(0).positions if isinstance(p.record, Op)]
        assert not recording.failures()
    assert names == ["Reshape", "Mul"]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize(
    "source",
    [
        "with tf.GradientTape() as tape:\n    y = w * 2.0\n    1 / 0\n",
        "with tf.GradientTape() as tape:\n    y = w * 2.0\nint('x')\n",
        "y = tf.map_fn(lambda v: [][1], w)\n",
        "raise ValueError(w * 2.0)\n",
    ],
    ids=["in the tape", "after it", "in a function that an op calls", "raised by hand"],
)
def test_what_the_scripts_own_code_raises_is_no_op_s_fault(tmp_path: Path, source: str) -> None:
    run = record_source(tmp_path, BEGINNING + source)
    assert run.code == 1
    with Recording.open(run.path) as recording:
        steps = range(recording.step_count)
    assert [failed_ops(run.path, step) for step in (SETUP, *steps)] == [[] for _ in (SETUP, *steps)]


def test_an_error_that_was_made_into_another_one_is_told_once(tmp_path: Path) -> None:
    run = record_source(
        tmp_path,
        f"{BEGINNING}with tf.GradientTape() as tape:\n    try:\n        tf.reshape(w, [7])\n"
        "    except tf.errors.InvalidArgumentError as error:\n        raise RuntimeError('no luck') from error\n",
    )
    assert run.code == 1
    assert [op.op for op, _ in failed_ops(run.path, 0)] == ["Reshape"]
