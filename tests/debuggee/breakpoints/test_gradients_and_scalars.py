"""Breakpoints on gradients, on the loss and logged numbers, on steps, and on exceptions in ops."""

from __future__ import annotations

import threading
from textwrap import dedent

import pytest

import tapeview as tv
from tapeview.engine import observe
from tests.debuggee.breakpoints.listening import listening, run

PATH = "/anywhere/train.py"

GRADIENTS = dedent("""\
    a = tf.Variable([3.0, 4.0], name="dense/a")
    b = tf.Variable(0.0, name="dense/b")
    unused = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(a * a) / 2.0 + b * b
    da, db, du = tape.gradient(loss, [a, b, unused])
    """)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gradient:none", ["the gradient for unused is None: not connected to the target"]),
        ("gradient:unused:none", ["the gradient for unused is None: not connected to the target"]),
        ("gradient:a:none", []),
        ("gradient:zero", ["the gradient for dense/b is zero everywhere"]),
        ("gradient:norm>4.9", ["the gradient for dense/a has the norm 5, above 4.9"]),
        ("gradient:norm>5.1", []),
        ("gradient:norm<1e-8", ["the gradient for dense/b has the norm 0, below 1e-08"]),
        ("gradient:dense/*:norm<6", ["the gradient for dense/a has the norm 5, below 6"]),
        ("gradient:a:norm<6", ["the gradient for dense/a has the norm 5, below 6"]),
        ("gradient:nan", []),
        ("gradient:inf", []),
    ],
)
def test_what_a_gradient_call_finds(text: str, said: list[str]) -> None:
    with listening(text) as heard:
        run(GRADIENTS, PATH)
    assert heard.texts() == said
    assert all(event[0] == observe.GRADIENT_FINISHED for _, event in heard.stops)


def test_several_gradients_of_a_call_are_several_hits_and_one_stop() -> None:
    with listening("gradient:dense/*:norm<6") as heard:
        run(GRADIENTS, PATH)
    assert heard.hits() == [2]


@pytest.mark.parametrize(("number", "test"), [("nan", "nan"), ("inf", "inf")])
def test_numbers_that_are_none(number: str, test: str) -> None:
    source = GRADIENTS.replace("b * b", f"b * float('{number}')")
    with listening(f"gradient:{test}") as heard:
        run(source, PATH)
    assert [text.split()[3] for text in heard.texts()] == ["dense/b"]


def test_the_users_name_of_a_variable_without_one_and_of_a_watched_tensor() -> None:
    source = dedent("""\
        weights = [tf.Variable(1.0), tf.Variable(2.0)]
        x = tf.constant(3.0)
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = weights[0] * weights[1] * x
        tape.gradient(loss, {"w": weights, "x": x})
        """)
    with listening("gradient:weights[[]1]:norm>0", "gradient:*'x'*:norm>0") as heard:
        run(source, PATH)
    assert heard.hits() == [1, 1]


def test_rows_that_are_gathered_twice_are_added_before_they_are_measured() -> None:
    source = dedent("""\
        table = tf.Variable([[1.0, 2.0], [3.0, 4.0]], name="table")
        with tf.GradientTape() as tape:
            rows = tf.gather(table, [1, 1])
            loss = tf.reduce_sum(rows * [[3.0, 0.0], [0.0, 4.0]])
        tape.gradient(loss, table)
        """)
    with listening("gradient:norm>4.999", "gradient:norm>5.001") as heard:
        run(source, PATH)
    assert heard.hits() == [1, 0]


def test_a_call_that_began_before_the_breakpoint_was_set_is_looked_at_without_names() -> None:
    with listening() as heard:
        heard.after = lambda event: (
            heard.set("gradient:none", "gradient:unused:none") if event[0] == observe.BACKWARD else None
        )
        run(GRADIENTS, PATH)
    assert heard.texts() == ["the gradient is None: not connected to the target"]


LOSSES = dedent("""\
    w = tf.Variable(1.0)
    for number in numbers:
        with tf.GradientTape() as tape:
            loss = w * number
        tape.gradient(loss, w)
        log("accuracy", number / 2)
    """)


@pytest.mark.parametrize(
    ("text", "numbers", "said"),
    [
        ("loss>3", [1.0, 4.0, 2.0], ["loss is 4, above 3"]),
        ("loss<1.5", [1.0, 4.0, 2.0], ["loss is 1, below 1.5"]),
        ("loss rises 50%", [1.0, 1.4, 2.2, 2.0], ["loss has risen from 1.4 to 2.2"]),
        ("loss rises 0%", [-2.0, -1.0, -1.0], ["loss has risen from -2 to -1"]),
        ("loss rises 50%", [1.0, float("nan"), 9.0], []),
        ("accuracy>1.9", [1.0, 4.0], ["accuracy is 2, above 1.9"]),
        ("accuracy rises 10%", [1.0, 4.0], ["accuracy has risen from 0.5 to 2"]),
        ("other>0", [1.0, 4.0], []),
    ],
)
def test_a_scalar(text: str, numbers: list[float], said: list[str]) -> None:
    with listening(text) as heard:
        run(LOSSES, PATH, numbers=numbers, log=tv.log)
    assert heard.texts() == said


def test_the_loss_is_looked_at_before_the_backward_pass() -> None:
    with listening("loss>0") as heard:
        run(LOSSES, PATH, numbers=[1.0], log=tv.log)
    assert [event[0] for _, event in heard.stops] == [observe.GRADIENT_STARTED]


def test_two_gradients_in_a_step_are_compared_with_the_step_before() -> None:
    source = dedent("""\
        w = tf.Variable(1.0)
        for numbers in ([1.0, 3.0], [3.1, 3.2], [1.0, 2.0]):
            with tf.GradientTape(persistent=True) as tape:
                losses = [w * number for number in numbers]
            for loss in losses:
                tape.gradient(loss, w)
        """)
    with listening("loss rises 5%") as heard:
        run(source, PATH)
    assert heard.texts() == ["loss has risen from 3 to 3.2"]


def test_a_step_number_and_every_nth_stop_at_the_first_op() -> None:
    with listening("step:2", "every:3") as heard:
        run(LOSSES, PATH, numbers=[1.0] * 7, log=tv.log)
    assert heard.ops() == ["Mul"] * 3
    assert heard.texts() == ["step 2 begins", "step 3 begins", "step 6 begins"]
    assert heard.hits() == [1, 2]


def test_steps_that_were_begun_before_count() -> None:
    with listening() as heard:
        run(LOSSES, PATH, numbers=[1.0] * 3, log=tv.log)
        heard.set("step:5", "op:Mul if step == 4")
        run(LOSSES, PATH, numbers=[1.0] * 3, log=tv.log)
        assert heard.texts() == ["Mul has run", "step 5 begins"]
        heard.set()
        run(LOSSES, PATH, numbers=[1.0] * 3, log=tv.log)
        heard.set("step:11")
        run(LOSSES, PATH, numbers=[1.0] * 3, log=tv.log)
    assert heard.begun == 12
    assert heard.texts()[2:] == ["step 11 begins"]


def test_each_thread_stops_at_the_first_op_of_its_own_step() -> None:
    with listening("every:1") as heard:
        threads = [
            threading.Thread(target=run, args=(LOSSES, PATH), kwargs={"numbers": [1.0] * 20, "log": tv.log})
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert heard.hits() == [80]


def test_an_exception_in_an_op_is_caught_where_it_is_raised() -> None:
    source = dedent("""\
        x = tf.Variable([1.0, 2.0])
        try:
            y = x + [1.0, 2.0, 3.0]
        except Exception:
            caught = True
        """)
    with listening("exception", "exception if len(x.shape) > 1") as heard:
        names = run(source, PATH)
    assert names["caught"]
    ((halt, event),) = heard.stops
    assert event[0] == observe.FAILED
    assert halt.text.startswith("AddV2 raised InvalidArgumentError: ")
    assert "\n" not in halt.text
    assert heard.hits() == [1, 0]
