"""Breakpoints in runs of deferred graphs: nodes by name, the lines where they were built, the line of the run."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import dedent

import pytest

from tapeview.engine import deferred, observe
from tests.debuggee.breakpoints.listening import Heard, listening, run

PATH = "/anywhere/my scripts/deferred.py"

SCRIPT = dedent("""\
    from tapeview.engine import deferred as d
    d.enable(); d.reset_default_graph()
    def model(x):
        return w * x + 1.0
    x = d.placeholder("float32", [None], name="x")
    w = d.Variable(2.0, name="w")
    y = model(x)
    loss = d.tf.reduce_mean(d.tf.square(y))
    g, = d.gradients(loss, [w])
    train = d.assign(w, w - 0.1 * g)
    with d.Session() as session:
        session.run(d.global_variables_initializer())
        for turn in range(3):
            session.run([train, loss], {x: [1.0, 2.0]})
        session.run(w)
    """)


@pytest.fixture(autouse=True)
def eager_again() -> Iterator[None]:
    yield
    deferred.disable()


def heard_at(*texts: str) -> Heard:
    with listening(*texts) as heard:
        run(SCRIPT, PATH)
    assert sum(heard.hits()) >= len(heard.stops)
    return heard


def kinds(heard: Heard) -> list[int]:
    return [event[0] for _, event in heard.stops]


@pytest.mark.parametrize("name", ["Mean", "Mean:0", "loss"])
def test_a_node_goes_by_its_name_or_by_the_users(name: str) -> None:
    heard = heard_at(f"node:{name}" if ":" not in name else 'node:"Mean:0"')
    assert [halt.text for halt, _ in heard.stops] == ["node Mean has run"] * 3
    assert kinds(heard) == [observe.NODE_RAN] * 3


def test_a_gradient_node_too() -> None:
    assert len(heard_at("node:gradients/mul_grad/Mul").stops) == 3


def test_the_users_name_is_that_of_the_whole_expression_not_of_its_parts() -> None:
    (first, *_) = heard_at("node:train").stops
    assert first[0].text == "node Assign has run"


def test_a_condition_sees_the_nodes_value() -> None:
    heard = heard_at("node:loss if value < 1", "node:loss log loss is {value}")
    assert len(heard.said) == 3
    assert len(heard.stops) < 3


def test_the_line_of_the_run_stops_before_anything_of_it_has_run() -> None:
    heard = heard_at("line:deferred.py:14")
    assert kinds(heard) == [observe.RUN_STARTED] * 3


def test_a_line_that_asks_for_a_run_without_ops() -> None:
    assert kinds(heard_at("line:deferred.py:15")) == [observe.RUN_STARTED]


@pytest.mark.parametrize("line", [4, 7, 8, 9, 10])
def test_a_line_where_nodes_were_built_stops_once_in_each_run_that_evaluates_them(line: int) -> None:
    heard = heard_at(f"line:deferred.py:{line}")
    assert kinds(heard) == [observe.NODE_RAN] * 3
    assert f"built at line {line} of deferred.py, has run" in heard.stops[0][0].text


def test_a_line_that_builds_and_runs_stops_once() -> None:
    assert kinds(heard_at("line:deferred.py:12")) == [observe.RUN_STARTED]


def test_other_breakpoints_work_in_runs() -> None:
    assert len(heard_at("op:Square").stops) == 3
    assert len(heard_at("step:3").stops) == 1
    assert len(heard_at("gradient:w:norm>0").stops) == 3
