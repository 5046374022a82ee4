"""Recordings with tapes of special shapes: nested calls, an inner gradient, one thing used twice, nothing at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tapeview.trace.records import GradientFinished, Op, Source, SourceGradient, TapeClosed, Watched
from tests.helpers.scene import Scene

CALLS = """\
import tensorflow as tf

w = tf.Variable(0.5)
def layer(h):
    a = h * w
    return tf.tanh(a)
def block(h):
    return h + layer(h)
for step in range(2):
    with tf.GradientTape() as tape:
        h = tf.square(w)
        for i in range(n):
            h = block(h)
        loss = tf.reduce_mean(h)
    g = tape.gradient(loss, w)
"""


def write_calls(path: Path, blocks: int = 3, steps: int = 2) -> Path:
    """``CALLS``: per step Square, then per block Mul, Tanh (both in ``layer`` in ``block``) and AddV2 (in ``block``),
    then Mean.
    """
    scene = Scene(path, CALLS)
    f32 = np.float32
    main = scene.frame("h = block", "block(h)")
    inside = scene.frame("return h + layer", "layer(h)", "block")
    sites = {
        "Square": scene.site(scene.frame("h = tf.square", "tf.square(w)")),
        "Mul": scene.site(scene.frame("a = h * w", "h * w", "layer"), inside, main),
        "Tanh": scene.site(scene.frame("return tf.tanh", "tf.tanh(a)", "layer"), inside, main),
        "AddV2": scene.site(scene.frame("return h + layer", "h + layer(h)", "block"), main),
        "Mean": scene.site(scene.frame("loss =", "tf.reduce_mean(h)")),
    }
    tape_site = scene.site(scene.frame("with tf", "tf.GradientTape()"))
    gradient_site = scene.site(scene.frame("g = tape", "tape.gradient(loss, w)"))
    w, now = scene.variable(f32(0.5), scene.site(scene.frame("w = tf", "tf.Variable(0.5)")))
    for _ in range(steps):
        scene.next_step()
        tape = scene.tape(tape_site)
        scene.records.append(Watched(tape, 0, w, True, sites["Square"]))
        made = []
        _, h = scene.op("Square", (now,), f32(0.25), sites["Square"], tape)
        for _ in range(blocks):
            mul, a = scene.op("Mul", (h, now), f32(0.1), sites["Mul"], tape)
            tanh, t = scene.op("Tanh", (a,), f32(0.1), sites["Tanh"], tape)
            add, h = scene.op("AddV2", (h, t), f32(0.3), sites["AddV2"], tape)
            made.append((mul, tanh, add))
        mean, loss = scene.op("Mean", (h,), f32(0.3), sites["Mean"], tape)
        scene.records.append(TapeClosed(tape))
        call, seed = scene.gradient(tape, loss, (Source(0, w),), gradient_site)
        (down,) = scene.back(call, mean, seed, [f32(1)])
        for mul, tanh, add in reversed(made):
            straight, side = scene.back(call, add, down, [f32(2), f32(0.5)])
            (side,) = scene.back(call, tanh, side, [f32(0.25)])
            scene.back(call, mul, side, [f32(0.125), f32(0.0625)])
            down = straight
        scene.records.append(GradientFinished(call, (SourceGradient(down),)))
    return scene.finish()


INNER = """\
import tensorflow as tf

x = tf.Variable(3.0)
with tf.GradientTape() as outer:
    with tf.GradientTape() as inner:
        y = x * x
    dy = inner.gradient(y, x)
d2 = outer.gradient(dy, x)
"""


def write_inner(path: Path) -> Path:
    """A second derivative: the outer tape records Mul, and the two Muls and the AddV2 of its rule. Tapes 1 (outer)
    and 2.
    """
    scene = Scene(path, INNER)
    f32 = np.float32
    x, now = scene.variable(f32(3), scene.site(scene.frame("x = tf", "tf.Variable(3.0)")))
    scene.next_step()
    outer = scene.tape(scene.site(scene.frame("with tf", "tf.GradientTape()")))
    inner = scene.tape(scene.site(scene.frame("    with tf", "tf.GradientTape()")), parents=(outer,))
    product = scene.site(scene.frame("y = x", "x * x"))
    for tape in (outer, inner):
        scene.records.append(Watched(tape, 0, x, True, product))
    mul, y = scene.op("Mul", (now, now), f32(9), product, outer)
    scene.records[-1] = Op(mul, "Mul", (now, now), (y,), {}, product, (outer, inner), 3)
    scene.records.append(TapeClosed(inner))
    site = scene.site(scene.frame("dy =", "inner.gradient(y, x)"))
    call, seed = scene.gradient(inner, y, (Source(0, x),), site)
    first, a = scene.op("Mul", (seed, now), f32(3), site, outer, call=call)
    second, b = scene.op("Mul", (seed, now), f32(3), site, outer, call=call)
    third, dy = scene.op("AddV2", (a, b), f32(6), site, outer, call=call)
    scene.back(call, mul, seed, [f32(3), f32(3)])
    scene.records.append(GradientFinished(call, (SourceGradient(dy),)))
    scene.records.append(TapeClosed(outer))
    site = scene.site(scene.frame("d2 =", "outer.gradient(dy, x)"))
    call, seed = scene.gradient(outer, dy, (Source(0, x),), site)
    down, also = scene.back(call, third, seed, [f32(1), f32(1)])
    scene.back(call, second, also, [None, f32(1)])
    (_, dx) = scene.back(call, first, down, [None, f32(1)])
    scene.records.append(GradientFinished(call, (SourceGradient(dx),)))
    return scene.finish()


TWICE = """\
import tensorflow as tf

two = tf.constant(2.0)
with tf.GradientTape() as tape:
    a = two * two
    b = a + two
    c = tf.square(3.0)
"""


def write_twice(path: Path) -> Path:
    """A constant used three times, twice by one op; nothing is watched. Beside it an op with no connection to the
    others.
    """
    scene = Scene(path, TWICE)
    f32 = np.float32
    scene.next_step()
    two = scene.tensor(f32(2), "constant")
    tape = scene.tape(scene.site(scene.frame("with tf", "tf.GradientTape()")))
    _, a = scene.op("Mul", (two, two), f32(4), scene.site(scene.frame("a =", "two * two")), tape, False)
    scene.op("AddV2", (a, two), f32(6), scene.site(scene.frame("b =", "a + two")), tape, False)
    three = scene.tensor(f32(3), "constant")
    scene.op("Square", (three,), f32(9), scene.site(scene.frame("c =", "tf.square(3.0)")), tape, False)
    return scene.finish()


def write_empty(path: Path) -> Path:
    """One tape in which nothing ran."""
    scene = Scene(path, "with tf.GradientTape() as tape:\n    pass\n")
    scene.next_step()
    tape = scene.tape(scene.site(scene.frame("with tf", "tf.GradientTape()")))
    scene.records.append(TapeClosed(tape))
    return scene.finish()
