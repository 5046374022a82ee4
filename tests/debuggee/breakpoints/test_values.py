"""Breakpoints on op types, named results and values: forward, backward and at updates."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tapeview.engine import observe
from tests.debuggee.breakpoints.listening import listening, run

PATH = "/anywhere/train.py"

STEP = dedent("""\
    w = tf.Variable([1.0, 2.0], name="w")
    for turn in range(2):
        with tf.GradientTape() as tape:
            z = w * w
            y_pred = tf.math.log(z)
            loss = tf.reduce_sum(y_pred)
        g = tape.gradient(loss, w)
        w.assign_sub(0.1 * g)
    """)


def test_an_op_type_by_glob() -> None:
    with listening("op:Lo*", "op:[MS]*", "op:mul") as heard:
        run(STEP, PATH)
    assert heard.ops() == ["Mul", "Log", "Sum"] * 2
    assert heard.hits() == [2, 4, 0]
    assert heard.texts()[1] == "Log has run"


@pytest.mark.parametrize(("name", "op"), [("y_pred", "Log"), ("z", "Mul"), ("loss", "Sum")])
def test_a_named_result(name: str, op: str) -> None:
    with listening(f"node:{name}") as heard:
        run(STEP, PATH)
    assert heard.ops() == [op] * 2
    assert heard.texts() == [f"{name} is made by {op}"] * 2


def test_the_gradient_calls_result_is_no_node() -> None:
    with listening("node:g") as heard:
        run(STEP.replace("GradientTape()", "GradientTape(persistent=True)"), PATH)
    assert heard.stops == []


def test_a_name_is_found_through_functions() -> None:
    source = dedent("""\
        w = tf.Variable(1.0)
        def model(x):
            hidden = x * w
            return hidden + 1.0
        with tf.GradientTape() as tape:
            for x in (1.0, 2.0):
                y = model(x)
        """)
    with listening("node:y", "node:hidden") as heard:
        run(source, PATH)
    assert heard.ops() == ["Mul", "AddV2"] * 2


def test_of_a_call_that_runs_several_ops_the_last_makes_the_result() -> None:
    def square_plus_one(x: object) -> object:
        from tests.engine.names import tf

        squared = tf.square(x)
        made = squared + 1.0
        print(end="")  # so nobody can tell from the code that no further op comes
        return made

    from tapeview.debuggee.adapters import aside
    from tapeview.engine import callsite

    # As a library function of ours would be.
    aside._users[square_plus_one.__code__.co_filename] = False
    callsite._kinds[id(square_plus_one.__code__)] = 0
    callsite._codes[id(square_plus_one.__code__)] = square_plus_one.__code__
    source = dedent("""\
        w = tf.Variable(1.0)
        with tf.GradientTape() as tape:
            for k in range(3):
                y = f(w)
                other = y * 2.0
        """)
    try:
        with listening("node:y") as heard:
            run(source, PATH, f=square_plus_one)
    finally:
        del aside._users[square_plus_one.__code__.co_filename]
    # The first time one op late, and it says which op is meant; then exactly there.
    meant = [halt.op for halt, _ in heard.stops]
    ops = {event[1]: event[2].name for event in heard.events if event[0] == observe.OP}
    assert [ops[seq or 0] for seq in meant] == ["AddV2"] * 3
    assert heard.ops() == ["Mul", "AddV2", "AddV2"]


def test_a_nan_is_caught_at_the_op_that_makes_it_first() -> None:
    source = STEP.replace("[1.0, 2.0]", "[1.0, -2.0]").replace("w * w", "w * 1.0")
    with listening("nan") as heard:
        run(source, PATH)
    assert heard.ops()[0] == "Log"
    assert heard.lines()[0] == 5
    assert heard.texts()[0] == "the output of Log holds NaN"


def test_an_infinity_is_caught() -> None:
    with listening("inf") as heard:
        run(STEP.replace("[1.0, 2.0]", "[1.0, 0.0]"), PATH)
    assert heard.ops()[0] == "Log"


def test_a_nan_that_a_rule_makes_is_caught_in_the_backward_pass() -> None:
    source = dedent("""\
        x = tf.Variable([1.0, 0.0])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.where(x > 0.0, tf.math.log(x), 0.0))
        g = tape.gradient(loss, x)
        """)
    with listening("nan") as heard:
        run(source, PATH)
    (first, event), *_ = heard.stops
    assert event[0] == observe.BACKWARD
    assert first.text == "a gradient that the rule of Log sends holds NaN"
    assert first.op == event[2]
    log = next(e for e in heard.events if e[0] == observe.OP and e[2].name == "Log")
    assert event[2] == log[1]


def test_a_nan_that_comes_from_adding_gradients_up_is_caught() -> None:
    source = dedent("""\
        x = tf.Variable(1.0)
        with tf.GradientTape() as tape:
            loss = x * inf + x * -inf
        g = tape.gradient(loss, x)
        """)
    with listening("nan if op != 'AddV2'") as heard:
        run(source, PATH, inf=float("inf"))
    (first, event), *_ = heard.stops
    assert event[0] == observe.BACKWARD
    assert event[5] is not event[4]
    assert first.text == "a gradient that the rule of Mul sends holds NaN"


def test_gathered_rows_are_looked_at() -> None:
    source = dedent("""\
        table = tf.Variable([[1.0, 2.0], [3.0, 4.0]], name="table")
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.gather(table, [0, 0])) * 1e9
        g = tape.gradient(loss, table)
        """)
    with listening("max>1e8 if op == 'GatherV2'") as heard:
        run(source, PATH)
    assert heard.texts() == ["a gradient that the rule of GatherV2 sends holds a magnitude above 1e+08"]


def test_what_is_assigned_is_looked_at_but_not_how_a_variable_begins() -> None:
    source = "w = tf.Variable([0.0, 0.0], name='w')\nw.assign([1.0, 1.0])\nw.assign([0.0, 0.0])\n"
    with listening("zero", "max>0.5") as heard:
        run(source, PATH)
    assert heard.lines() == [2, 3]
    assert heard.texts() == ["the new value of w holds a magnitude above 0.5", "the new value of w is zero everywhere"]


def test_an_expression_over_the_value() -> None:
    with listening("value:value.ndim == 1 and value.max() > 1.2") as heard:
        run(STEP, PATH)
    assert heard.ops()[0] == "Mul"
    assert {event[0] for _, event in heard.stops} == {observe.OP, observe.ASSIGNED, observe.BACKWARD}


def test_an_expression_that_raises_is_told_and_disturbs_nobody() -> None:
    with listening("value:value > 1") as heard:
        run(STEP, PATH)
    (hits,) = heard.checker.hits()
    assert heard.ops() == ["Sum"], "of one number it can be told, of two it cannot"
    assert hits.error.startswith("the expression 'value > 1' raised ValueError: The truth value of an array")


def test_the_value_cannot_be_changed() -> None:
    with listening("value:value.fill(3.0)") as heard:
        names = run(STEP, PATH)
    assert "read-only" in heard.checker.hits()[0].error
    assert float(names["y_pred"][0]) != 3.0


def test_whole_numbers_and_texts_disturb_nobody() -> None:
    source = dedent("""\
        with tf.GradientTape() as tape:
            a = tf.constant([0, 0]) * 0
            b = tf.strings.join(["a", "b"]) if hasattr(tf.strings, "join") else a
            c = tf.equal(a, 5)
        """)
    with listening("nan", "inf", "zero", "max>-1", "value:False") as heard:
        run(source, PATH)
    assert heard.stops == []
    assert not any(one.error for one in heard.checker.hits())
