"""Small, realistic recordings for everybody's tests, written through the real Writer.

Each ``write_…`` function makes a file and gives its path back. ``Regression`` grows a recording step by step, and
``Scene`` is what they are made with.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from tapeview.trace.records import (
    BackwardStep,
    Exit,
    Failure,
    GradientFinished,
    Output,
    RunInfo,
    Source,
    SourceGradient,
    TapeClosed,
    Watched,
)
from tests.helpers.scene import Scene, run_info

__all__ = [
    "CHAIN",
    "NONES",
    "NONE_REASONS",
    "NONFINITE",
    "REGRESSION",
    "Regression",
    "Scene",
    "run_info",
    "write_chain",
    "write_nones",
    "write_nonfinite",
    "write_regression",
]

REGRESSION = """\
import numpy as np
import tensorflow as tf

# 배울 값: 기울기와 절편
w = tf.Variable(4.0)
b = tf.Variable(1.0)

# 직선의 식
def predict(x):
  return w*x + b

# 오차 제곱의 평균
def mean_error(y_pred, y):
  return tf.reduce_mean(tf.square(y_pred - y))

# 맞출 점들
x = np.arange(1, 11)
y = x * 10 + 13
print(f"x: {x}")

# 경사 하강, 보폭 0.01
optimizer = tf.optimizers.SGD(learning_rate=0.01)

for i in range(501):
    with tf.GradientTape() as tape:
        # 지금의 직선
        y_pred = predict(x)

        # 그 오차
        loss = mean_error(y_pred, y)

    # 오차의 기울기
    gradients = tape.gradient(loss, [w, b])

    # 한 걸음
    optimizer.apply_gradients(zip(gradients, [w, b]))

    if i % 50 == 0:
        print("epoch : {:3} | 기울기 {:5.4f} | 절편 {:5.4}".format(i, w.numpy(), b.numpy()))
"""
"""The script that ``write_regression`` is a recording of."""


class Regression(Scene):
    """``REGRESSION`` as it runs: ``train()`` adds one step. Positions of a step: 5 forward, 5 backward, 2 updates."""

    def __init__(self, path: Path, info: RunInfo | None = None) -> None:
        super().__init__(path, REGRESSION, info=info)
        sites = {
            "w": self.frame("w = tf", "tf.Variable(4.0)"),
            "b": self.frame("b = tf", "tf.Variable(1.0)"),
            "tape": self.frame("with", "tf.GradientTape()"),
            "gradient": self.frame("gradients =", "tape.gradient(loss, [w, b])"),
            "update": self.frame("optimizer.apply", "optimizer.apply_gradients(zip(gradients, [w, b]))"),
        }
        self.sites = {name: self.site(frame) for name, frame in sites.items()}
        predict = self.frame("y_pred = predict", "predict(x)")
        lose = self.frame("loss = mean", "mean_error(y_pred, y)")
        self.sites["Mul"] = self.site(self.frame("return w*x", "w*x", "predict"), predict)
        self.sites["AddV2"] = self.site(self.frame("return w*x", "w*x + b", "predict"), predict)
        self.sites["Sub"] = self.site(self.frame("y_pred - y", "y_pred - y", "mean_error"), lose)
        self.sites["Square"] = self.site(self.frame("tf.square", "tf.square(y_pred - y)", "mean_error"), lose)
        whole = "tf.reduce_mean(tf.square(y_pred - y))"
        self.sites["Mean"] = self.site(self.frame("tf.reduce_mean", whole, "mean_error"), lose)
        self.w, self.w_now = self.variable(np.float32(4.0), self.sites["w"])
        self.b, self.b_now = self.variable(np.float32(1.0), self.sites["b"])
        self.say("x: [ 1  2  3  4  5  6  7  8  9 10]\n")
        self.series = {
            "loss": self.writer.add_series("loss", "target", self.sites["gradient"]),
            "w": self.writer.add_series("w", "variable", self.sites["w"]),
            "b": self.writer.add_series("b", "variable", self.sites["b"]),
        }
        self.loss = np.float32(0)

    def say(self, text: str, stream: str = "stdout") -> None:
        """The script writes something."""
        self.writer.add_output(Output(stream, text, time.time(), self.step))

    def train(self) -> None:
        """One round of the loop."""
        self.next_step()
        f32, sites = np.float32, self.sites
        w, b = self.arrays[self.w_now], self.arrays[self.b_now]
        x, y = np.arange(1, 11, dtype=f32), np.arange(1, 11, dtype=f32) * f32(10) + f32(13)
        tape = self.tape(sites["tape"])
        self.records.append(Watched(tape, 0, self.w, True, sites["Mul"]))
        x_now = self.tensor(x, "constant")
        mul, wx = self.op("Mul", (self.w_now, x_now), w * x, sites["Mul"], tape)
        self.records.append(Watched(tape, 0, self.b, True, sites["AddV2"]))
        add, y_pred = self.op("AddV2", (wx, self.b_now), w * x + b, sites["AddV2"], tape)
        y_now = self.tensor(y, "constant")
        error = self.arrays[y_pred] - y
        sub, difference = self.op("Sub", (y_pred, y_now), error, sites["Sub"], tape)
        square, squared = self.op("Square", (difference,), error * error, sites["Square"], tape)
        self.loss = np.mean(error * error, dtype=f32)
        mean, loss = self.op("Mean", (squared,), self.loss, sites["Mean"], tape, attrs={"axis": [0], "keepdims": False})
        self.records.append(TapeClosed(tape))
        sources = (Source(0, self.w, "[0]"), Source(0, self.b, "[1]"))
        call, seed = self.gradient(tape, loss, sources, sites["gradient"])
        (from_mean,) = self.back(call, mean, seed, [np.full(10, 0.1, f32)])
        (from_square,) = self.back(call, square, from_mean, [f32(0.2) * error])
        from_sub, _ = self.back(call, sub, from_square, [f32(0.2) * error, None])
        from_add, db = self.back(call, add, from_sub, [f32(0.2) * error, np.sum(f32(0.2) * error, dtype=f32)])
        dw, _ = self.back(call, mul, from_add, [np.sum(f32(0.2) * error * x, dtype=f32), None])
        self.records.append(GradientFinished(call, (SourceGradient(dw), SourceGradient(db))))
        rate, version = f32(0.01), self.step + 1
        new_w, new_b = w - rate * self.arrays[dw], b - rate * self.arrays[db]
        self.w_now = self.assign(self.w, version, new_w, self.w_now, "SGD", sites["update"], dw)
        self.b_now = self.assign(self.b, version, new_b, self.b_now, "SGD", sites["update"], db)
        for name, value in (("loss", self.loss), ("w", new_w), ("b", new_b)):
            self.writer.add_scalar(self.series[name], self.step, float(value))
        if self.step % 50 == 0:
            self.say(f"epoch : {self.step:3} | 기울기 {new_w:5.4f} | 절편 {new_b:5.4}\n")


def write_regression(path: Path, steps: int = 5, finish: bool = True) -> Path:
    """A linear regression with SGD, ``steps`` training steps. With ``finish=False`` the script was killed."""
    scene = Regression(path)
    for _ in range(steps):
        scene.train()
    if finish:
        return scene.finish()
    scene.flush()
    scene.writer.commit()
    scene.writer.close()
    return path


NONES = """\
import tensorflow as tf

x = tf.Variable(3.0)
frozen = tf.Variable(2.0, trainable=False)
count = tf.Variable(7)
lonely = tf.Variable(1.0)
held = tf.constant(5.0)
with tf.GradientTape(persistent=True) as tape:
    tape.watch(count)
    y = x * frozen
    z = y + held
    with tape.stop_recording():
        s = x * x
    n = x.numpy() * 2.0
    total = z + s + n
    k = tf.argmax([x, total])
dx = tape.gradient(total, {"x": x, "frozen": frozen, "count": count, "lonely": lonely, "held": held, "s": s, "n": n})
"""
"""The script that ``write_nones`` is a recording of."""

NONE_REASONS = (
    "not trainable",
    "integer dtype",
    "not connected to the target",
    "not watched",
    "stopped",
    "computed outside the tape",
)


def write_nones(path: Path) -> Path:
    """One tape whose gradient call has a source for every reason why there is none, and one that has a gradient.

    Also: a persistent tape, an explicit watch, an op off the path, an op without rules, an op under
    ``stop_recording``, an exit.
    """
    scene = Scene(path, NONES)
    f32 = np.float32

    def here(marker: str, snippet: str) -> int:
        return scene.site(scene.frame(marker, snippet))

    x, x_now = scene.variable(f32(3), here("x = tf", "tf.Variable(3.0)"))
    frozen, frozen_now = scene.variable(f32(2), here("frozen =", "tf.Variable(2.0, trainable=False)"), trainable=False)
    count, _ = scene.variable(np.int32(7), here("count =", "tf.Variable(7)"))
    lonely, _ = scene.variable(f32(1), here("lonely =", "tf.Variable(1.0)"), "lonely:0")
    scene.next_step()
    held = scene.tensor(f32(5), "constant")
    tape = scene.tape(here("with tf", "tf.GradientTape(persistent=True)"), persistent=True)
    scene.records.append(Watched(tape, 0, count, False, here("tape.watch", "tape.watch(count)")))
    scene.records.append(Watched(tape, 0, x, True, here("y = x", "x * frozen")))
    mul, y = scene.op("Mul", (x_now, frozen_now), f32(6), here("y = x", "x * frozen"), tape)
    add, z = scene.op("AddV2", (y, held), f32(11), here("z = y", "y + held"), tape)
    stopped, s = scene.op("Mul", (x_now, x_now), f32(9), here("s = x", "x * x"), 0, False, stopped=True)
    scene.records.append(Exit(x_now, "numpy", here("n = x", "x.numpy()")))
    n = scene.tensor(f32(6), "constant")
    more, part = scene.op("AddV2", (z, s), f32(20), here("total =", "z + s"), tape)
    last, total = scene.op("AddV2", (part, n), f32(26), here("total =", "z + s + n"), tape)
    scene.op("Argmax", (total,), np.int64(1), here("k = tf", "tf.argmax([x, total])"), tape, False)
    scene.records.append(TapeClosed(tape))
    sources = (
        Source(0, x, "['x']"),
        Source(0, frozen, "['frozen']"),
        Source(0, count, "['count']"),
        Source(0, lonely, "['lonely']"),
        Source(held, 0, "['held']"),
        Source(s, 0, "['s']"),
        Source(n, 0, "['n']"),
    )
    marker = "dx = tape"
    whole = next(line for line in NONES.split("\n") if marker in line).removeprefix("dx = ")
    call, seed = scene.gradient(tape, total, sources, here(marker, whole))
    (down, _) = scene.back(call, last, seed, [f32(1), None])
    (down, _) = scene.back(call, more, down, [f32(1), None])
    (down, _) = scene.back(call, add, down, [f32(1), None])
    (dx, _) = scene.back(call, mul, down, [f32(2), None])
    breaks = (mul, 0, 0, add, stopped, last)
    results = [SourceGradient(0, reason, op) for reason, op in zip(NONE_REASONS, breaks, strict=True)]
    scene.records.append(GradientFinished(call, (SourceGradient(dx), *results)))
    series = scene.writer.add_series("total", "target", here(marker, whole))
    scene.writer.add_scalar(series, 0, 26.0)
    return scene.finish()


NONFINITE = """\
import tensorflow as tf

x = tf.Variable([1.0, 0.0, -1.0])
with tf.GradientTape() as tape:
    logs = tf.math.log(x)
    loss = tf.reduce_mean(logs)
dx = tape.gradient(loss, x)
x.assign(x - dx)
raise ValueError("손실이 NaN입니다")
"""
"""The script that ``write_nonfinite`` is a recording of."""


def write_nonfinite(path: Path) -> Path:
    """One tape with an infinity and a NaN in it, forward and backward, and a script that fails in the end."""
    scene = Scene(path, NONFINITE)
    f32 = np.float32
    value = np.array([1, 0, -1], f32)

    def here(marker: str, snippet: str) -> int:
        return scene.site(scene.frame(marker, snippet))

    x, x_now = scene.variable(value, here("x = tf", "tf.Variable([1.0, 0.0, -1.0])"))
    scene.next_step()
    tape = scene.tape(here("with tf", "tf.GradientTape()"))
    log_site = here("logs =", "tf.math.log(x)")
    scene.records.append(Watched(tape, 0, x, True, log_site))
    log, logs = scene.op("Log", (x_now,), np.array([0, -np.inf, np.nan], f32), log_site, tape)
    mean, loss = scene.op("Mean", (logs,), f32(np.nan), here("loss =", "tf.reduce_mean(logs)"), tape)
    scene.records.append(TapeClosed(tape))
    gradient_site = here("dx =", "tape.gradient(loss, x)")
    call, seed = scene.gradient(tape, loss, (Source(0, x),), gradient_site)
    third = f32(1) / f32(3)
    (down,) = scene.back(call, mean, seed, [np.full(3, third, f32)])
    (dx,) = scene.back(call, log, down, [np.array([third, np.inf, -third], f32)])
    scene.records.append(GradientFinished(call, (SourceGradient(dx),)))
    update = np.array([1 - third, -np.inf, -1 + third], f32)
    scene.assign(x, 1, update, x_now, "assign", here("x.assign", "x.assign(x - dx)"))
    scene.writer.add_scalar(scene.writer.add_series("loss", "target", gradient_site), 0, float("nan"))
    site = here("raise", 'raise ValueError("손실이 NaN입니다")')
    message = "손실이 NaN입니다"
    where = f'Traceback (most recent call last):\n  File "{scene.script}", line 9, in <module>\n'
    trace = f"{where}ValueError: {message}\n"
    scene.writer.add_failure(Failure("script", "ValueError", message, trace, site, 0))
    return scene.finish("failed", 1)


CHAIN = """\
import tensorflow as tf

h0 = tf.Variable(0.5)
h = skip = h0
with tf.GradientTape() as tape:
    for i in range(n):
        h = tf.tanh(h)
        if i % 10 == 9:
            h = skip = h + skip
gradient = tape.gradient(h, h0)
"""
"""The script that ``write_chain`` is a recording of."""


def write_chain(path: Path, ops: int = 1000, residual: bool = True) -> Path:
    """One tape of ``ops`` ops in a row, with (``residual``) an addition of an earlier result at every tenth; and its
    gradient.
    """
    scene = Scene(path, CHAIN)
    f32 = np.float32
    w, now = scene.variable(f32(0.5), scene.site(scene.frame("h0 =", "tf.Variable(0.5)")))
    scene.next_step()
    tape = scene.tape(scene.site(scene.frame("with tf", "tf.GradientTape()")))
    tanh_site = scene.site(scene.frame("h = tf.tanh", "tf.tanh(h)"))
    add_site = scene.site(scene.frame("h = skip = h +", "h + skip"))
    scene.records.append(Watched(tape, 0, w, True, tanh_site))
    skip = now
    made: list[tuple[int, int, int]] = []
    for number in range(ops):
        value = scene.arrays[now]
        if residual and number % 10 == 9:
            seq, output = scene.op("AddV2", (now, skip), value + scene.arrays[skip], add_site, tape)
            made.append((seq, now, skip))
            skip = output
        else:
            seq, output = scene.op("Tanh", (now,), np.tanh(value), tanh_site, tape)
            made.append((seq, now, 0))
        now = output
    scene.records.append(TapeClosed(tape))
    site = scene.site(scene.frame("gradient =", "tape.gradient(h, h0)"))
    call, down = scene.gradient(tape, now, (Source(0, w),), site)
    waiting: dict[int, list[int]] = {}
    for seq, first, second in reversed(made):
        gradient = scene.arrays[down]
        if second:
            sent = scene.back(call, seq, down, [gradient, gradient])
            waiting.setdefault(second, []).append(sent[1])
            down = sent[0]
        else:
            local = gradient * (1 - np.tanh(scene.arrays[first]) ** 2)
            sum_ = local + sum(scene.arrays[tensor] for tensor in waiting.get(first, ()))
            (down,) = scene.back(call, seq, down, [f32(local)])
            if first in waiting:
                total = scene.tensor(f32(sum_))
                last = scene.records.pop(-2)
                assert isinstance(last, BackwardStep)
                scene.records.append(BackwardStep(call, seq, last.upstream, last.contributions, (total,)))
                down = total
    scene.records.append(GradientFinished(call, (SourceGradient(down),)))
    scene.writer.add_scalar(scene.writer.add_series("h", "target", site), 0, float(scene.arrays[now]))
    return scene.finish()
