"""Recordings of scripts with deferred graphs, written through the real Writer."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tapeview.trace.graph_records import Fed, Fetched, GraphNode, NodeRan, Output, RunFinished, RunStarted
from tapeview.trace.records import (
    GradientFinished,
    Op,
    RunInfo,
    ScopeClosed,
    ScopeOpened,
    Source,
    SourceGradient,
    TapeClosed,
    Watched,
)
from tests.helpers.scene import Scene

DEFERRED = """\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None], name="x")
W = tf.Variable(2.0, name="W")
y = W * x
with tf.name_scope("error"):
    loss = tf.reduce_mean(tf.square(y))
dW, = tf.gradients(loss, [W])
update_W = tf.assign(W, W - 0.1 * dW)
init = tf.global_variables_initializer()
with tf.Session() as sess:
    sess.run(init)
    for i in range(n):
        sess.run([update_W, loss], {x: [1.0, 2.0]})
"""
"""The script that ``write_deferred`` is a recording of."""

F32 = np.float32
UNKNOWN, SCALAR = (None,), ()


class Deferred(Scene):
    """``DEFERRED`` as it runs. ``build`` adds the nodes, ``run_init`` and ``train`` are a run each."""

    def __init__(self, path: Path, info: RunInfo | None = None) -> None:
        super().__init__(path, DEFERRED, info=info)
        places = {
            "x": self.frame("x = tf", 'tf.placeholder(tf.float32, [None], name="x")'),
            "W": self.frame("W = tf", 'tf.Variable(2.0, name="W")'),
            "y": self.frame("y = W", "W * x"),
            "square": self.frame("loss =", "tf.square(y)"),
            "loss": self.frame("loss =", "tf.reduce_mean(tf.square(y))"),
            "gradients": self.frame("dW, =", "tf.gradients(loss, [W])"),
            "scaled": self.frame("update_W =", "0.1 * dW"),
            "difference": self.frame("update_W =", "W - 0.1 * dW"),
            "update_W": self.frame("update_W =", "tf.assign(W, W - 0.1 * dW)"),
            "init": self.frame("init =", "tf.global_variables_initializer()"),
            "run init": self.frame("sess.run(init)", "sess.run(init)"),
            "run": self.frame("sess.run([", "sess.run([update_W, loss], {x: [1.0, 2.0]})"),
        }
        self.sites = {name: self.site(frame) for name, frame in places.items()}
        self.nodes: list[GraphNode] = []
        self.node_numbers: dict[str, int] = {}
        self.runs = self._scope = 0

    # -- the graph -------------------------------------------------------------------------------------------------

    def node(
        self,
        name: str,
        type: str,
        kind: str,
        site: str,
        inputs: tuple[str, ...] = (),
        shape: tuple[int | None, ...] | None = SCALAR,
        *,
        serves: str = "",
        controls: tuple[str, ...] = (),
        outputs: int = 1,
        graph: int = 1,
    ) -> GraphNode:
        """Add a node; others go by their names."""
        number = sum(node.graph == graph for node in self.nodes) + 1
        made = GraphNode(
            graph,
            number,
            name,
            type,
            kind,
            tuple((self.node_numbers[one], 0) for one in inputs),
            tuple(self.node_numbers[one] for one in controls),
            (Output("float32", shape),) * outputs,
            self.node_numbers[serves] if serves else 0,
            self.sites[site],
        )
        self.nodes.append(made)
        self.node_numbers[name] = number
        self.writer.add_node(made)
        return made

    def build(self) -> None:
        """The script's graph: 17 nodes."""
        add = self.node
        add("x", "Placeholder", "placeholder", "x", (), UNKNOWN)
        add("W/initial_value", "Const", "constant", "W")
        add("W", "VariableV2", "variable", "W")
        add("W/Assign", "Assign", "assign", "W", ("W", "W/initial_value"))
        add("W/read", "Identity", "op", "W", ("W",))
        add("mul", "Mul", "op", "y", ("W/read", "x"), UNKNOWN)
        add("error/Square", "Square", "op", "square", ("mul",), UNKNOWN)
        add("error/Mean", "Mean", "op", "loss", ("error/Square",))
        add("gradients/grad_ys_0", "Fill", "constant", "gradients")
        gradient = "gradients/error"
        ones = "gradients/grad_ys_0"
        add(f"{gradient}/Mean_grad/truediv", "RealDiv", "gradient", "gradients", (ones,), UNKNOWN, serves="error/Mean")
        up = f"{gradient}/Mean_grad/truediv"
        add(f"{gradient}/Square_grad/Mul", "Mul", "gradient", "gradients", (up,), UNKNOWN, serves="error/Square")
        up = f"{gradient}/Square_grad/Mul"
        add("gradients/mul_grad/Mul", "Mul", "gradient", "gradients", (up,), SCALAR, serves="mul")
        add("mul_1/x", "Const", "constant", "scaled")
        add("mul_1", "Mul", "op", "scaled", ("mul_1/x", "gradients/mul_grad/Mul"))
        add("sub", "Sub", "op", "difference", ("W/read", "mul_1"))
        add("Assign", "Assign", "assign", "update_W", ("W", "sub"))
        add("init", "NoOp", "op", "init", controls=("W/Assign",), outputs=0)

    # -- runs ------------------------------------------------------------------------------------------------------

    def begin(self, site: str, fetches: tuple[str, ...], fed: tuple[Fed, ...] = (), graph: int = 1) -> int:
        """A run begins, and a step with it: its tape."""
        self.next_step()
        tape = self.tape(self.sites[site], persistent=True)
        self.runs += 1
        known = sum(node.graph == graph for node in self.nodes)
        self.records.append(RunStarted(self.runs, graph, known, fetches, fed, self.sites[site]))
        self.writer.add_run(self.step, self.runs, graph, known, self.sites[site], fetches)
        return tape

    def ran(self, name: str, *outputs: int) -> None:
        """A node was evaluated."""
        self.records.append(NodeRan(self.node_numbers[name], outputs))

    def compute(self, name: str, kind: str, inputs: tuple[int, ...], value: object, site: str, tape: int) -> int:
        """A node that runs one op: the op's output. The op's ``seq`` is the last one then."""
        self._scope += 1
        self.records.append(ScopeOpened(self._scope, name, "node", 1, 0, self.sites[site]))
        seq, made = self.op(kind, inputs, value, self.sites[site], tape)
        at = next(k for k in reversed(range(len(self.records))) if isinstance(self.records[k], Op))
        op = self.records[at]
        assert isinstance(op, Op)
        self.records[at] = Op(seq, kind, op.inputs, op.outputs, op.attrs, op.site, op.tapes, 1, scope=self._scope)
        self.ran(name, made)
        self.records.append(ScopeClosed(self._scope))
        return made

    def end(self, tape: int, *results: Fetched, error: str = "") -> None:
        """The run ends."""
        self.records.append(RunFinished(results, error))
        self.records.append(TapeClosed(tape))

    def run_init(self) -> None:
        """``sess.run(init)``: one update."""
        tape = self.begin("run init", ("init",))
        start = self.tensor(F32(2), "constant")
        self.ran("W/initial_value", start)
        self.w, self.w_now = self.variable(F32(2), self.sites["W"], "W:0")
        self.version = 0
        self.ran("W/Assign", self.w_now)
        self.ran("init")
        self.end(tape, Fetched("init", 0))

    def train(self) -> None:
        """``sess.run([update_W, loss], ...)``: 6 ops, 3 backward steps among them, an update."""
        x = np.array([1, 2], F32)
        # What is fed gets its id before the step's other records.
        self.flush()
        given = self.tensor(x, "constant")
        fed = (Fed(self.node_numbers["x"], 0, given),)
        pending, self.records = self.records, []
        tape = self.begin("run", ("Assign:0", "error/Mean:0"), fed)
        self.records[1:1] = pending
        w = self.arrays[self.w_now]
        self.ran("x", given)
        self.ran("W", self.w_now)
        self.ran("W/read", self.w_now)
        self.records.append(Watched(tape, 0, self.w, True, self.sites["y"]))
        y = self.compute("mul", "Mul", (self.w_now, given), w * x, "y", tape)
        mul = self._seq
        squared = self.compute("error/Square", "Square", (y,), (w * x) ** 2, "square", tape)
        square = self._seq
        loss = self.compute("error/Mean", "Mean", (squared,), np.mean((w * x) ** 2, dtype=F32), "loss", tape)
        mean = self._seq
        call, seed = self.gradient(tape, loss, (Source(0, self.w),), self.sites["gradients"])
        self.ran("gradients/grad_ys_0", seed)
        (from_mean,) = self.back(call, mean, seed, [np.full(2, 0.5, F32)])
        self.ran("gradients/error/Mean_grad/truediv", from_mean)
        (from_square,) = self.back(call, square, from_mean, [w * x])
        self.ran("gradients/error/Square_grad/Mul", from_square)
        dw, _ = self.back(call, mul, from_square, [np.sum(w * x * x, dtype=F32), None])
        self.ran("gradients/mul_grad/Mul", dw)
        self.records.append(GradientFinished(call, (SourceGradient(dw),)))
        rate = self.tensor(F32(0.1), "constant")
        self.ran("mul_1/x", rate)
        step = F32(0.1) * self.arrays[dw]
        scaled = self.compute("mul_1", "Mul", (rate, dw), step, "scaled", tape)
        self.compute("sub", "Sub", (self.w_now, scaled), w - step, "difference", tape)
        self.version += 1
        self.w_now = self.assign(self.w, self.version, w - step, self.w_now, "assign", self.sites["update_W"])
        self.ran("Assign", self.w_now)
        self.end(tape, Fetched("Assign:0", self.w_now), Fetched("error/Mean:0", loss))
        series = self.writer.add_series("", "target", self.sites["gradients"])
        self.writer.add_scalar(series, self.step, float(self.arrays[loss]))


def write_deferred(path: Path, trains: int = 3) -> Path:
    """``DEFERRED``: a run of ``init``, then ``trains`` runs that train."""
    scene = Deferred(path)
    scene.build()
    scene.run_init()
    for _ in range(trains):
        scene.train()
    return scene.finish()


def write_built(path: Path) -> Path:
    """``DEFERRED`` before its first run."""
    scene = Deferred(path)
    scene.build()
    return scene.finish()


MANY = """\
import tensorflow as tf

x = tf.placeholder(tf.float32, [], name="x")
for layer in range(n):
    with tf.name_scope("layer"):
        for i in range(m):
            x = x + 1.0
"""


def write_many(path: Path, layers: int = 100, ops: int = 100) -> Path:
    """A graph of ``layers`` × ``ops`` nodes in name scopes, and a placeholder; nothing has run."""
    scene = Scene(path, MANY)
    here = scene.site(scene.frame("x = x", "x + 1.0"))
    number = 1
    scene.writer.add_node(GraphNode(1, 1, "x", "Placeholder", "placeholder", (), (), (Output("float32", ()),), 0, here))
    for layer in range(layers):
        scope = "layer" if layer == 0 else f"layer_{layer}"
        for k in range(ops):
            number += 1
            name = f"{scope}/add" if k == 0 else f"{scope}/add_{k}"
            inputs = ((number - 1, 0),)
            scene.writer.add_node(
                GraphNode(1, number, name, "AddV2", "op", inputs, (), (Output("float32", ()),), 0, here)
            )
    return scene.finish()
