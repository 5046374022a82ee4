"""Breakpoints on lines: once for each visit, wherever the op itself runs."""

from __future__ import annotations

import threading
import weakref
from textwrap import dedent
from typing import Any

from tapeview.engine import observe
from tests.debuggee.breakpoints.listening import listening, run

PATH = "/anywhere/my scripts/train.py"

LOOP = dedent("""\
    w = tf.Variable(2.0, name="w")
    def model(x):
        y = x * w
        return tf.nn.relu(y) + 1.0
    for turn in range(3):
        with tf.GradientTape() as tape:
            loss = model(3.0) + model(4.0)
        g = tape.gradient(loss, w)
        w.assign_sub(0.1 * g)
    """)


def stops_of(text: str, source: str = LOOP) -> list[int]:
    with listening(text) as heard:
        run(source, PATH)
    assert heard.hits() == [len(heard.stops)]
    return heard.lines()


def test_a_line_is_one_visit_with_all_that_is_called_from_it_and_a_loop_comes_back() -> None:
    assert len(stops_of("line:train.py:7")) == 3


def test_a_line_of_a_function_is_visited_once_for_each_call() -> None:
    assert stops_of("line:train.py:3") == [3] * 6
    assert stops_of("line:train.py:4") == [4] * 6


def test_lines_that_open_a_tape_differentiate_or_assign() -> None:
    assert stops_of("line:train.py:1") == [1]
    assert stops_of("line:train.py:6") == [6] * 3
    assert stops_of("line:train.py:8") == [8] * 3
    assert stops_of("line:train.py:9") == [9] * 3


def test_a_loop_with_one_op_only_is_seen_to_come_back() -> None:
    source = "w = tf.Variable(1.0)\nx = w\nwith tf.GradientTape() as tape:\n    for k in range(5):\n        x = x * w\n"
    assert stops_of("line:train.py:5", source) == [5] * 5


def test_recursion_visits_the_line_in_each_frame() -> None:
    source = dedent("""\
        w = tf.Variable(1.0)
        def power(n):
            return w if n == 0 else w * power(n - 1)
        with tf.GradientTape() as tape:
            power(3)
        """)
    assert stops_of("line:train.py:3", source) == [3] * 3
    assert len(stops_of("line:train.py:5", source)) == 1


def test_what_stands_inside_an_expression_belongs_to_the_visit_around_it() -> None:
    source = dedent("""\
        w = tf.Variable(1.0)
        def apply(f):
            return f(w) + f(w)
        with tf.GradientTape() as tape:
            y = apply(lambda t: t * 2.0)
        """)
    assert len(stops_of("line:train.py:5", source)) == 1


def test_the_file_is_a_whole_path_or_its_last_parts() -> None:
    for file in ("train.py", "./train.py", "my scripts/train.py", PATH):
        assert len(stops_of(f"line:{file}:7")) == 3, file
    for file in ("rain.py", "scripts/train.py", "/train.py", "train.pyc"):
        assert stops_of(f"line:{file}:7") == [], file


def test_columns_say_which_expression_of_the_line_is_meant() -> None:
    # 'loss = model(3.0) + model(4.0)': the second call, whose ops run in the function, and the sum.
    with listening("line:train.py:7:28-38", "line:train.py:7:15-38", "line:train.py:7:15-16") as heard:
        run(LOOP, PATH)
    assert heard.hits() == [3, 3, 0]
    assert [halt.breakpoint for halt, _ in heard.stops] == [1, 2] * 3


def test_the_first_line_of_a_statement_stands_for_all_of_it() -> None:
    source = dedent("""\
        w = tf.Variable(1.0)
        with tf.GradientTape() as tape:
            loss = (
                w * w
                + w
            )
            other = w
        """)
    assert len(stops_of("line:train.py:3", source)) == 1
    assert len(stops_of("line:train.py:4", source)) == 1
    assert len(stops_of("line:train.py:6", source)) == 0


def test_a_breakpoint_that_is_set_while_the_script_stands_there_waits_for_the_next_visit() -> None:
    source = dedent("""\
        w = tf.Variable(1.0)
        with tf.GradientTape() as tape:
            for k in range(2):
                y = (w * w) + (w * 3.0)
        """)
    went: list[int] = []
    first = threading.Event()
    set_now = threading.Event()

    held: list[int] = []
    with listening(held=lambda: tuple(held)) as heard:

        def wait(event: Any) -> None:
            if event[0] == observe.OP and not first.is_set():
                held.append(threading.get_ident())
                first.set()
                set_now.wait(30)

        heard.after = wait
        script = threading.Thread(target=run, args=(source, PATH))
        script.start()
        assert first.wait(30)
        heard.set("line:train.py:4")
        set_now.set()
        script.join(30)
        went += heard.lines()
    assert went == [4]
    assert heard.stops[0][1][1] == next(e[1] for e in heard.events if e[0] == observe.OP) + 3


def test_no_frame_is_held_once_the_tape_is_closed() -> None:
    class Big:
        pass

    kept: list[weakref.ref[Big]] = []

    def note(value: Big) -> Big:
        kept.append(weakref.ref(value))
        return value

    source = dedent("""\
        w = tf.Variable(1.0)
        def model():
            big = note(Big())
            return w * w
        with tf.GradientTape() as tape:
            y = model()
        """)
    with listening("line:train.py:6", "node:y") as heard:
        run(source, PATH, note=note, Big=Big)
        assert heard.hits() == [1, 1]
        heard.events.clear()
        heard.stops.clear()
        assert kept[0]() is None
