"""Names read off sources. The sites are those that running Python really reports for them, whatever its version."""

from __future__ import annotations

import itertools
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np
import pytest

from tapeview.trace import names
from tapeview.trace.query import Recording
from tapeview.trace.records import SETUP, Frame, Op, Tensor, Variable
from tapeview.trace.store import Writer
from tests.helpers.recordings import write_chain, write_nones, write_regression
from tests.helpers.scene import Scene, run_info

FILE = "<script>"


class Tape:
    """Runs a script whose values are Things and writes down where each operation was called from."""

    def __init__(self, path: Path, text: str) -> None:
        self.text = textwrap.dedent(text)
        self.writer = Writer(path, run_info())
        self.file = self.writer.add_source("/home/user/s.py", self.text)
        self.sites: dict[str, int] = {}
        names = {name: Thing(self, name) for name in "abcwxy"}
        tf = Functions(self)
        exec(compile(self.text, FILE, "exec"), {"tf": tf, "__name__": "__main__", **names})
        self.writer.finish("finished", 0)
        self.recording = Recording.open(path)

    def op(self, label: str, frame: FrameType | None) -> Thing:
        """An operation happens; ``label`` says which, with a number from the second of its kind on."""
        frames = []
        while frame is not None:
            if frame.f_code.co_filename == FILE:
                frames.append(Frame(self.file, frame.f_code.co_name, *place(frame.f_code, frame.f_lasti)))
            frame = frame.f_back
        key = next(key for n in itertools.count(1) if (key := label if n == 1 else f"{label}{n}") not in self.sites)
        self.sites[key] = self.writer.add_stack(tuple(frames))
        return Thing(self, key)

    def name(self, label: str) -> str:
        return names.result_name(self.recording, self.sites[label])

    def expression(self, label: str) -> str:
        return names.expression(self.recording, self.sites[label])

    def operands(self, label: str, count: int) -> tuple[str, ...]:
        return names.operand_names(self.recording, self.sites[label], count)


def place(code: CodeType, instruction: int) -> tuple[int, int, int, int]:
    line, end, column, stop = next(itertools.islice(code.co_positions(), instruction // 2, None))
    return line or 0, end or 0, -1 if column is None else column, -1 if stop is None else stop


class Thing:
    def __init__(self, tape: Tape, label: str) -> None:
        self.tape, self.label = tape, label

    def __iter__(self) -> Any:
        return iter((Thing(self.tape, "first"), Thing(self.tape, "second")))

    def __getitem__(self, key: Any) -> Thing:
        return self.tape.op("item", sys._getframe(1))

    def method(self, *args: Any) -> Thing:
        return self.tape.op("method", sys._getframe(1))


def operator(label: str) -> Callable[..., Thing]:
    return lambda self, *other: self.tape.op(label, sys._getframe(1))


for dunder, label in (
    ("mul", "mul"),
    ("add", "add"),
    ("sub", "sub"),
    ("neg", "neg"),
    ("lt", "lt"),
    ("matmul", "matmul"),
):
    setattr(Thing, f"__{dunder}__", operator(label))
    setattr(Thing, f"__r{dunder}__", operator(label))


class Functions:
    def __init__(self, tape: Tape) -> None:
        self.tape = tape

    def __getattr__(self, name: str) -> Callable[..., Thing]:
        return lambda *args, **kwargs: self.tape.op(name, sys._getframe(1))


@pytest.fixture
def run(tmp_path: Path) -> Any:
    tapes = []

    def run(text: str) -> Tape:
        tapes.append(Tape(tmp_path / f"{len(tapes)}.tapeview", text))
        return tapes[-1]

    yield run
    for tape in tapes:
        tape.recording.close()


@pytest.mark.parametrize(
    ("text", "label", "name"),
    [
        ("r = w * x", "mul", "r"),
        ("r = (w * x)", "mul", "r"),
        ("r = w * x + b", "add", "r"),
        ("r = w * x + b", "mul", ""),
        ("r: int = w * x", "mul", "r"),
        ("print(r := w * x)", "mul", "r"),
        ("w *= x", "mul", "w"),
        ("w += x * y", "mul", ""),
        ("w += x * y", "add", "w"),
        ("r = s = w * x", "mul", "r"),
        ("p, q = w * x, w + x", "mul", "p"),
        ("p, q = w * x, w + x", "add", "q"),
        ("(p, [q, r]) = w * x, [w + x, w - x]", "sub", "r"),
        ("p, q = w * x, [w + x, w - x]", "sub", "q[1]"),
        ("p = *[b, b], w * x", "mul", ""),
        ("p, *q = w * x, w + x, w - x", "mul", "p"),
        ("p, *q = w * x, w + x, w - x", "add", ""),
        ("p, q = tf.split(w)", "split", ""),
        ("r = w * x if True else b", "mul", "r"),
        ("r = w if w * x else b", "mul", ""),
        ("r = [w * x]", "mul", "r[0]"),
        ("r = [[b, w * x]]", "mul", "r[0][1]"),
        ("r = {'k': w * x}", "mul", "r['k']"),
        ("r = {1: [b, w * x]}", "mul", "r[1][1]"),
        ("r = {b: w * x}", "mul", ""),
        ("r = {w * x: b}", "mul", ""),
        ("r = {**{'k': w * x}}", "mul", ""),
        ("r = dict(k=w * x)", "mul", "r['k']"),
        ("r = dict({}, k=w * x)", "mul", ""),
        ("r = {'a key that is long, though not at once': w * x}", "mul", ""),
        ("p, q = {'k': w * x, 'l': b}", "mul", ""),
        ("w * x", "mul", ""),
        ("r = -w", "neg", "r"),
        ("r = w < x", "lt", "r"),
        ("r = w @ x", "matmul", "r"),
        ("r = tf.square(w)", "square", "r"),
        ("r = tf.square(w * x)", "mul", ""),
        ("r = w.method(x)", "method", "r"),
        ("r = w[0]", "item", "r"),
        ("r = tf.relu(features=w)", "relu", "r"),
        ("class N: pass\nn = N()\nn.total = w * x", "mul", "n.total"),
        ("d = {}\nd['손실'] = w * x", "mul", "d['손실']"),
        ("d = {}\nd['a very long key that nobody would read'] = w * x", "mul", ""),
        ("손실 = w * x", "mul", "손실"),
        ("설명 = '한글'; r = w * x", "mul", "r"),
        ("r = (w *\n     x)", "mul", "r"),
        ("r = tf.square(\n    w,\n    name='two lines',\n)", "square", "r"),
        ("r = (w\n     .method(x)\n     .method(b))", "method2", "r"),
        ("r = (w\n     .method(x)\n     .method(b))", "method", ""),
        ("for i in range(2):\n    r = w * x", "mul2", "r"),
        ("if True:\n\tr = w * x", "mul", "r"),
        ("r = [w * i for i in range(2)]", "mul", ""),
        ("with open('/dev/null') as f: r = w * x", "mul", "r"),
        (
            "import asyncio\nasync def f(): return w * x\nasync def main():\n  r = await f()\nasyncio.run(main())",
            "mul",
            "r",
        ),
    ],
)
def test_the_name_that_a_result_gets(run: Any, text: str, label: str, name: str) -> None:
    assert run(text).name(label) == name


@pytest.mark.parametrize(
    ("text", "label", "name"),
    [
        ("def f(x):\n    return w * x + b\nr = f(x)", "add", "r"),
        ("def f(x):\n    return w * x + b\nr = f(x)", "mul", ""),
        ("def f(x):\n    h = w * x\n    return h\nr = f(x)", "mul", "h"),
        ("def f(x):\n    return w * x\ndef g(x):\n    return f(x)\nr = g(x)", "mul", "r"),
        ("def f(x):\n    return w * x\nr = f(x) + b", "mul", ""),
        ("def f(x):\n    return w * x\nr = f(x) + b", "add", "r"),
        ("f = lambda x: w * x\nr = f(x)", "mul", "r"),
        ("f = lambda x, y=w * x: y\nr = f(x)", "mul", ""),
        ("def f(x):\n    return w * x, w + x\np, q = f(x)", "mul", "p"),
        ("def f(x):\n    return w * x, w + x\np, q = f(x)", "add", "q"),
        ("def f(x):\n    return w * x, w + x\np = f(x)", "add", "p[1]"),
        ("def f(x):\n    return {'k': w * x}\np = [f(x)]", "mul", "p[0]['k']"),
        ("def f(x):\n    return tf.split(x)\np = [f(x)]", "split", "p[0]"),
        ("def f(x):\n    return w * x if True else b\nr = f(x)", "mul", "r"),
        ("class M:\n    def __call__(self, x):\n        return w * x\nm = M()\npred = m(x)", "mul", "pred"),
        ("class M:\n    def __add__(self, o):\n        return w * o\nr = M() + x", "mul", "r"),
        ("def f(x):\n    return w * x\nr = [f(i) for i in range(2)]", "mul", ""),
        ("def f():\n    yield w * x\nr = list(f())", "mul", ""),
    ],
)
def test_the_name_that_a_returned_result_gets(run: Any, text: str, label: str, name: str) -> None:
    assert run(text).name(label) == name


@pytest.mark.parametrize(
    ("text", "label", "expression"),
    [
        ("r = w*x + b", "mul", "w*x"),
        ("r = w*x + b", "add", "w*x + b"),
        ("설명 = '한글'; 손실 = w*x", "mul", "w*x"),
        ("r = tf.square(\n    w   -   x,\n    name='s')", "square", "tf.square( w - x, name='s')"),
        ("r = tf.square(\n    w   -   x)", "sub", "w - x"),
        ("w  -=  x", "sub", "w -= x"),
        ("r = w.method(x)", "method", "w.method(x)"),
    ],
)
def test_the_text_of_the_expression(run: Any, text: str, label: str, expression: str) -> None:
    assert run(text).expression(label) == expression


@pytest.mark.parametrize(
    ("text", "label", "count", "operands"),
    [
        ("r = w*x", "mul", 2, ("w", "x")),
        ("r = w*x", "mul", 3, ("", "", "")),
        ("r = w*x + b", "add", 2, ("w*x", "b")),
        ("r = -w", "neg", 1, ("w",)),
        ("w *= x", "mul", 2, ("w", "x")),
        ("r = w < x", "lt", 2, ("w", "x")),
        ("r = tf.square(w - x)", "square", 1, ("w - x",)),
        ("r = tf.pow(w, y=x)", "pow", 2, ("", "")),
        ("r = tf.pow(*[w, x])", "pow", 2, ("", "")),
        ("r = tf.concat([w, x, b], 0)", "concat", 3, ("w", "x", "b")),
        ("r = tf.concat([w, x], 0)", "concat", 2, ("w", "x")),
        ("r = tf.mean(a)", "mean", 0, ()),
        ("r = tf.square((w * x) + (x * y) + (w * x) + (x * y))", "square", 1, ("",)),
        ("r = w * (x\n   + y)", "mul", 2, ("w", "x + y")),
        ("r = w[0]", "item", 1, ("w",)),
        ("값 = w * x + b", "add", 2, ("w * x", "b")),
    ],
)
def test_the_text_of_the_operands(run: Any, text: str, label: str, count: int, operands: tuple[str, ...]) -> None:
    assert run(text).operands(label, count) == operands


@pytest.mark.parametrize(
    ("given", "text", "name"),
    [
        ("Variable:0", "kernel = tf.Variable(1.0)", "kernel"),
        ("Variable:0", "use(tf.Variable(1.0))", "Variable"),
        ("dense/kernel:0", "kernel = tf.Variable(1.0)", "dense/kernel"),
        ("w", "kernel = tf.Variable(1.0)", "w"),
        ("", "kernel = tf.Variable(1.0)", "kernel"),
        ("", "params = {'w': tf.Variable(1.0)}", "params['w']"),
        ("", "layers = [tf.Variable(1.0) for _ in range(2)]", "layers[…]"),
        ("", "layers = []\nlayers.append(tf.Variable(1.0))", "layers[…]"),
        ("", "layers = []\nlayers.extend([tf.Variable(1.0)])", "Variable"),
    ],
)
def test_a_variable_has_its_given_name_or_the_users(run: Any, given: str, text: str, name: str) -> None:
    tape = run(f"def use(v): pass\n{text}")
    variable = Variable(1, given, "float32", (), True, tape.sites["Variable"])
    assert names.variable_name(tape.recording, variable) == name


def test_series_without_a_name_get_that_of_their_target(run: Any) -> None:
    tape = run(
        """\
        loss = w * x
        g = tf.gradient(loss, [w])
        h = tf.gradient(sources=[w], target=loss)
        v = tf.Variable(1.0)
        l = [tf.Variable(i) for i in range(1)]
        k = tf.gradient(*[loss, w])
        tf.fit(x, y)
        """
    )

    def name(label: str, kind: str, stored: str = "") -> str:
        return names.series_name(tape.recording, stored, kind, tape.sites[label])

    assert name("gradient", "target") == "loss"
    assert name("gradient2", "target") == "loss"
    assert name("gradient3", "target") == "target"
    assert name("fit", "target") == "loss", "its first argument is data"
    assert name("Variable", "variable") == "v"
    assert name("Variable", "variable", "Variable:0") == "v"
    assert name("Variable2", "variable") == "l[…]"
    assert name("Variable", "variable", "dense/bias:0") == "dense/bias"
    assert name("gradient", "logged", "accuracy") == "accuracy"


def test_an_output_of_an_op_is_named_where_it_is_unpacked(run: Any) -> None:
    tape = run("p, q = tf.split(w)\nr = tf.split(w)\n(s, t), u = tf.split(w), b")

    def name(label: str) -> str:
        return names.result_name(tape.recording, tape.sites[label], 1)

    assert [name("split"), name("split2"), name("split3")] == ["q", "", "t"]


def test_unknown_sites_and_files_have_no_names(run: Any) -> None:
    recording = run("r = w * x").recording
    for site in (0, -1, 77):
        assert names.result_name(recording, site) == ""
        assert names.expression(recording, site) == ""
        assert names.operand_names(recording, site, 2) == ("", "")


def test_labels_of_the_tensors_of_a_step(tmp_path: Path) -> None:
    with Recording.open(write_regression(tmp_path / "run.tapeview")) as recording:
        step = recording.step(2)
        labels = [
            (
                [names.tensor_label(recording, step, id) for id in op.inputs],
                names.tensor_label(recording, 2, op.outputs[0]),
            )
            for op in step.ops.values()
        ]
        assert labels == [
            (["w", "x"], "w*x"),
            (["w*x", "b"], "y_pred"),
            (["y_pred", "y"], "y_pred - y"),
            (["y_pred - y"], "tf.square(y_pred - y)"),
            (["tf.square(y_pred - y)"], "loss"),
        ]
        assert names.tensor_label(recording, step, 10**6) == ""
        assert [names.variable_name(recording, v) for v in recording.variables().values()] == ["w", "b"]


def test_labels_of_outputs_constants_and_inner_ops(tmp_path: Path) -> None:
    text = "p, q = tf.split(x, 2)\nr = tf.softmax(p)\ns = tf.add(tf.numpy_thing(), p * 2.5)\n"
    writer = Writer(tmp_path / "run.tapeview", run_info())
    file = writer.add_source("/s.py", text)
    split = writer.add_stack((Frame(file, "<module>", 1, 1, 7, 21),))
    softmax = writer.add_stack((Frame(file, "<module>", 2, 2, 4, 17),))
    scale = writer.add_stack((Frame(file, "<module>", 3, 3, 29, 36),))
    records: list[Any] = [Tensor(id, "float32", (), b"abcd", "op" if id > 2 else "constant") for id in range(1, 10)]
    records.append(Tensor(10, "float32", (), b"abcd", "outside", 0, None, "Shuffle"))
    records += [
        Op(1, "Split", (1,), (3, 4), {}, split, (), 0),
        Op(2, "Exp", (3,), (5,), {}, softmax, (), 0),
        Op(3, "Sum", (5,), (6,), {}, softmax, (), 0),
        Op(4, "RealDiv", (5, 6), (7,), {}, softmax, (), 0),
        Op(5, "Mul", (3, 2), (8,), {}, scale, (), 0),
    ]
    writer.append(SETUP, records)
    writer.finish("finished", 0)
    with Recording.open(writer.path) as recording:
        labels = {id: names.tensor_label(recording, SETUP, id) for id in range(1, 11)}
    assert labels == {
        1: "",
        2: "2.5",
        3: "p",
        4: "q",
        5: "Exp",
        6: "Sum",
        7: "r",
        8: "p * 2.5",
        9: "",
        10: "Shuffle",
    }


def test_an_op_that_a_loop_repeats_is_not_a_part_of_something(tmp_path: Path) -> None:
    with Recording.open(write_chain(tmp_path / "run.tapeview", ops=6)) as recording:
        step = recording.step(0)
        assert [names.tensor_label(recording, step, op.outputs[0]) for op in step.ops.values()] == ["h"] * 6


def test_labels_where_every_reason_for_none_occurs(tmp_path: Path) -> None:
    with Recording.open(write_nones(tmp_path / "run.tapeview")) as recording:
        step = recording.step(0)
        found = [names.tensor_label(recording, step, op.outputs[0]) for op in step.ops.values()]
        assert found == ["y", "z", "s", "z + s", "total", "k"]


def test_a_gradient_rule_s_own_constant_is_called_by_its_value(tmp_path: Path) -> None:
    text = "with tf.GradientTape() as outer:\n    dy = inner.gradient(y, x)\n"
    scene = Scene(tmp_path / "r.tapeview", text)
    scene.next_step()
    tape = scene.tape(scene.site(scene.frame("with tf", "tf.GradientTape()")))
    one = scene.tensor(np.float32(1), "constant")
    rows = scene.tensor(np.ones(3, np.float32), "constant")
    site = scene.site(scene.frame("dy =", "inner.gradient(y, x)"))
    scene.op("Sub", (one, rows), np.zeros(3, np.float32), site, tape, call=1)
    with Recording.open(scene.finish()) as recording:
        assert [names.tensor_label(recording, 0, t) for t in (one, rows)] == ["1", ""]
