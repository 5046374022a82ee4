"""What recorders hear of a graph and its runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tapeview.engine import observe
from tapeview.engine.deferred.operation import Described
from tapeview.engine.state import state


def told(events: list[Any], *kinds: int) -> list[Any]:
    return [e for e in events if e[0] in kinds]


@pytest.fixture
def events() -> list[Any]:
    found: list[Any] = []
    observe.listen(found.append)
    return found


def linear(tf: Any) -> tuple[Any, ...]:
    x = tf.placeholder(tf.float32, [None], name="x")
    w = tf.Variable(2.0, name="w")
    loss = tf.reduce_mean(tf.square(w * x), name="loss")
    (dw,) = tf.gradients(loss, [w])
    return x, w, loss, dw


def test_nodes_are_told_as_they_are_added(tf: Any, events: list[Any]) -> None:
    linear(tf)
    nodes = [e[2] for e in told(events, observe.NODE)]
    assert all(isinstance(n, Described) for n in nodes)
    assert [n.number for n in nodes] == list(range(1, len(nodes) + 1))
    by_name = {n.name: n for n in nodes}
    assert by_name["x"].kind == "placeholder"
    assert by_name["x"].outputs == [("float32", (None,))]
    assert by_name["w"].kind == "variable"
    assert by_name["w/Assign"].kind == "assign"
    assert by_name["w/initial_value"].kind == "constant"
    assert by_name["mul"].inputs == [(by_name["w/read"].number, 0), (by_name["x"].number, 0)]
    gradient = by_name["gradients/Square_grad/Mul_1"]
    assert gradient.kind == "gradient"
    assert gradient.serves == by_name["Square"].number
    assert {e[3] for e in told(events, observe.NODE)} != {0}


def test_making_nodes_runs_no_op_that_anybody_hears_of(tf: Any, events: list[Any]) -> None:
    linear(tf)
    assert {e[0] for e in events} == {observe.NODE}


def test_nodes_behind_a_gradient_of_a_tape_are_no_updates_of_variables(tf: Any, events: list[Any]) -> None:
    state.begin_updates()
    try:
        linear(tf)
        assert {e[0] for e in events} == {observe.NODE}
        assert state.context is not None
    finally:
        state.end_updates()


def test_a_run_is_one_tape(tf: Any, events: list[Any]) -> None:
    x, w, loss, dw = linear(tf)
    session = tf.Session()
    session.run(w.initializer)
    events.clear()
    session.run([loss, dw, w.op], {x: [1.0, 2.0]})
    kinds = [e[0] for e in events]
    assert kinds[:2] == [observe.TAPE_OPENED, observe.RUN_STARTED]
    assert kinds[-2:] == [observe.RUN_FINISHED, observe.TAPE_CLOSED]
    tape = events[0][1]
    started, finished = events[1], events[-2]
    assert started[1] == finished[1] == tape
    assert started[4] == ["loss:0", dw.name, "w"]
    [(number, index, fed)] = started[5]
    assert (number, index) == (x.op.number, 0)
    assert fed.numpy().tolist() == [1.0, 2.0]
    assert [(n, None if v is None else float(v.numpy())) for n, v in finished[2]] == [
        ("loss:0", 10.0), (dw.name, 10.0), ("w", None),
    ]  # fmt: skip
    assert finished[3] is None
    ops = [e[2].name for e in told(events, observe.OP)]
    assert ops[:3] == ["Mul", "Square", "Mean"]


def test_each_node_of_a_run_is_told_with_its_ops(tf: Any, events: list[Any]) -> None:
    x, w, loss, dw = linear(tf)
    session = tf.Session()
    session.run(w.initializer)
    events.clear()
    session.run([loss, dw], {x: [1.0, 2.0]})
    names = {n.number: n.name for n in (e[2] for e in told(events, observe.NODE))}
    names |= {node.number: node.name for node in tf.get_default_graph().get_operations()}
    ran = [names[e[2]] for e in told(events, observe.NODE_RAN)]
    assert ran == [
        "w", "w/read", "mul", "Square", "loss", "gradients/grad_ys_0", "gradients/loss_grad/truediv",
        "gradients/Square_grad/Mul_1", "gradients/mul_grad/Mul",
    ]  # fmt: skip
    opened = {e[1]: e[2] for e in told(events, observe.SCOPE_OPENED)}
    inside: list[str] = []
    mul = 0
    for e in events:
        if e[0] == observe.SCOPE_OPENED:
            inside.append(opened[e[1]])
        elif e[0] == observe.SCOPE_CLOSED:
            inside.pop()
        elif e[0] == observe.OP and inside == ["mul"]:
            mul += 1
            assert e[2].name == "Mul"
    assert mul == 1


def test_gradient_nodes_of_one_call_share_its_number(tf: Any, events: list[Any]) -> None:
    x, w, _, dw = linear(tf)
    session = tf.Session()
    session.run(w.initializer)
    events.clear()
    session.run(dw, {x: [1.0, 2.0]})
    [started] = told(events, observe.GRADIENT_STARTED)
    [finished] = told(events, observe.GRADIENT_FINISHED)
    call = started[1]
    assert finished[1] == call
    assert {e[1] for e in told(events, observe.BACKWARD)} == {call}
    assert [e[1] for e in told(events, observe.WATCHED)] == [started[2]]
    [(source, _)] = started[5]
    assert source.name == "w:0"
    [(gradient, reason, _)] = finished[2]
    assert float(gradient.numpy()) == 10.0
    assert reason == ""


def test_variables_are_told_when_an_initializer_makes_them(tf: Any, events: list[Any]) -> None:
    w = tf.Variable([1.0, 2.0], name="w")
    u = tf.assign_add(w, [1.0, 1.0])
    session = tf.Session()
    assert not told(events, observe.VARIABLE)
    session.run(w.initializer)
    [made] = told(events, observe.VARIABLE)
    assert made[1].name == "w:0"
    session.run(u)
    assigned = told(events, observe.ASSIGNED)
    assert [(e[2], e[5], e[3].numpy().tolist()) for e in assigned] == [
        (0, "create", [1.0, 2.0]), (1, "assign_add", [2.0, 3.0]),
    ]  # fmt: skip
    assert all(e[1] is made[1] for e in assigned)


def test_a_failed_run_says_why(tf: Any, events: list[Any]) -> None:
    x = tf.placeholder(tf.float32, [None, None], name="x")
    y = tf.matmul(x, x, name="product")
    session = tf.Session()
    with pytest.raises(tf.errors.InvalidArgumentError, match="node product"):
        session.run(y, {x: np.ones((2, 3))})
    [finished] = told(events, observe.RUN_FINISHED)
    assert finished[2] == []
    assert finished[3].startswith("InvalidArgumentError: ")
    assert [e[1].name for e in told(events, observe.FAILED)] == ["MatMul"]
    assert events[-1][0] == observe.TAPE_CLOSED
