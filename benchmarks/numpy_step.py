"""A training step of the CIFAR-100 CNN by hand: what NumPy can do at best, for the benchmark of trainings.

No tape and no ops: all arrays are made once and written in place, biases and relus in the convolution's own blocks,
masks instead of second looks. The gradients are those of the step with tapeview to float32's last digits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any
SCRATCH = 1 << 20
"""Bytes of convolution windows that are copied out at a time."""


def empty(*shape: int) -> Array:
    """A float32 array."""
    return np.empty(shape, np.float32)


class Conv:
    """A convolution (3 × 3) with bias and relu, and the pool of 2 × 2 behind it."""

    def __init__(self, size: int, side: int, cin: int, cout: int, rng: np.random.Generator, first: bool) -> None:
        self.out, self.pooled, self.first = side - 2, (side - 2) // 2, first
        limit = (6 / (9 * (cin + cout))) ** 0.5
        self.w = rng.uniform(-limit, limit, (3, 3, cin, cout)).astype(np.float32)
        self.b = np.zeros(cout, np.float32)
        out, half = self.out, self.pooled
        self.y, self.rows, self.top = (
            empty(size, out, out, cout),
            empty(size, out, half, cout),
            empty(size, half, half, cout),
        )
        self.dy, self.drows = np.zeros_like(self.y), np.zeros_like(self.rows)
        self.mask = np.empty(self.y.shape, bool)
        self.dx = empty(size, side, side, cin)
        self.block = max(1, SCRATCH // (out * out * 9 * cin * 4))
        self.columns = empty(self.block, out, out, 3, 3, cin)
        self.sent = empty(max(1, SCRATCH // (6 * out * out * max(cin, cout) * 4)) * out * out, cin)
        self.ones = np.ones(size * out * out, np.float32)

    def windows(self, x: Array) -> Array:
        """All windows of some images, a view."""
        n, h, w, c = x.strides
        return np.lib.stride_tricks.as_strided(x, (len(x), self.out, self.out, 3, 3, x.shape[3]), (n, h, w, h, w, c))

    def forward(self, x: Array) -> Array:
        """The pooled activations."""
        cout, k = self.w.shape[3], self.w[..., 0].size
        wide = np.tile(self.b, self.out)
        for start in range(0, len(x), self.block):
            part = slice(start, start + self.block)
            columns, y = self.columns[: len(x[part])], self.y[part]
            np.copyto(columns, self.windows(x[part]))
            np.matmul(columns.reshape(-1, k), self.w.reshape(k, cout), out=y.reshape(-1, cout))
            rows = y.reshape(-1, self.out * cout)
            np.add(rows, wide, out=rows)
            np.maximum(y, 0, out=y)
            np.maximum(y[:, :, 0 : 2 * self.pooled : 2], y[:, :, 1 : 2 * self.pooled : 2], out=self.rows[part])
            half = self.rows[part]
            np.maximum(half[:, 0 : 2 * self.pooled : 2], half[:, 1 : 2 * self.pooled : 2], out=self.top[part])
        self.x = x
        return self.top

    def backward(self, g: Array) -> tuple[Array, Array, Array]:
        """The gradients of the input (None for the first layer), of the filter and of the bias."""
        p, step = 2 * self.pooled, self.block
        first, second = slice(0, p, 2), slice(1, p, 2)
        cin, cout, k = self.w.shape[2], self.w.shape[3], self.w[..., 0].size
        dw = np.zeros((k, cout), np.float32)
        for start in range(0, len(g), step):
            part = slice(start, start + step)
            y, rows, drows, dy = self.y[part], self.rows[part], self.drows[part], self.dy[part]
            np.multiply(g[part], rows[:, first] == self.top[part], out=drows[:, first])
            np.subtract(g[part], drows[:, first], out=drows[:, second])
            np.multiply(drows, y[:, :, first] == rows, out=dy[:, :, first])
            np.subtract(drows, dy[:, :, first], out=dy[:, :, second])
            np.multiply(dy, np.greater(y, 0, out=self.mask[part]), out=dy)
            columns = self.columns[: len(dy)]
            np.copyto(columns, self.windows(self.x[part]))
            dw += columns.reshape(-1, k).T @ dy.reshape(-1, cout)
        db = self.ones @ self.dy.reshape(-1, cout)
        if self.first:
            return None, dw.reshape(self.w.shape), db
        turned = np.ascontiguousarray(self.w.transpose(0, 1, 3, 2))
        self.dx[:] = 0
        step = len(self.sent) // self.out**2
        for start in range(0, len(g), step):
            dx, dy = self.dx[start : start + step], self.dy[start : start + step].reshape(-1, cout)
            sent = self.sent[: len(dy)]
            for ky in range(3):
                for kx in range(3):
                    np.matmul(dy, turned[ky, kx], out=sent)
                    place = dx[:, ky : ky + self.out, kx : kx + self.out]
                    np.add(place, sent.reshape(-1, self.out, self.out, cin), out=place)
        return self.dx, dw.reshape(self.w.shape), db


def adam(weights: list[Array], block: int = 32768) -> Callable[[list[Array]], None]:
    """Changes the weights in place by Adam's rule, block by block."""
    slots = [(np.zeros(w.size, np.float32), np.zeros(w.size, np.float32)) for w in weights]
    t, u, count = empty(block), empty(block), 0

    def step(gradients: list[Array]) -> None:
        nonlocal count
        count += 1
        alpha = np.float32(1e-3 * (1 - 0.999**count) ** 0.5 / (1 - 0.9**count))
        for weight, gradient, (m, v) in zip(weights, gradients, slots, strict=True):
            flat, g = weight.reshape(-1), gradient.reshape(-1)
            for k in range(0, flat.size, block):
                part = slice(k, min(k + block, flat.size))
                a, b, gp, mp, vp = t[: part.stop - k], u[: part.stop - k], g[part], m[part], v[part]
                np.subtract(gp, mp, out=a)
                a *= np.float32(0.1)
                mp += a
                np.multiply(gp, gp, out=a)
                a -= vp
                a *= np.float32(0.001)
                vp += a
                np.sqrt(vp, out=a)
                a += np.float32(1e-7)
                np.multiply(mp, alpha, out=b)
                b /= a
                flat[part] -= b

    return step


def numpy_step(images: Array, labels: Array) -> Callable[[], Any]:
    """The step; a call returns the loss, and the gradients of the eight weights in Keras's order."""
    rng, size = np.random.default_rng(0), len(images)
    one, two = Conv(size, 32, 3, 16, rng, True), Conv(size, 15, 16, 32, rng, False)
    w1, b1 = (rng.uniform(-0.065, 0.065, (1152, 256)).astype(np.float32), np.zeros(256, np.float32))
    w2, b2 = (rng.uniform(-0.13, 0.13, (256, 100)).astype(np.float32), np.zeros(100, np.float32))
    places, targets = np.arange(size), labels.astype(np.int64)
    ones = np.ones(size, np.float32)
    h, out = empty(size, 256), empty(size, 100)
    update = adam([one.w, one.b, two.w, two.b, w1, b1, w2, b2])

    def step() -> Any:
        flat = two.forward(one.forward(images)).reshape(size, -1)
        np.matmul(flat, w1, out=h)
        np.add(h, b1, out=h)
        np.maximum(h, 0, out=h)
        np.matmul(h, w2, out=out)
        np.add(out, b2, out=out)
        np.subtract(out, out.max(1, keepdims=True), out=out)
        np.exp(out, out=out)
        np.divide(out, out.sum(1, keepdims=True), out=out)
        loss = -np.log(out[places, targets]).mean()
        out[places, targets] -= 1
        np.divide(out, np.float32(size), out=out)
        dw2, db2 = h.T @ out, ones @ out
        dh = out @ w2.T
        np.multiply(dh, h > 0, out=dh)
        dw1, db1 = flat.T @ dh, ones @ dh
        dtop, dk2, dc2 = two.backward((dh @ w1.T).reshape(two.top.shape))
        _, dk1, dc1 = one.backward(dtop)
        gradients = [dk1, dc1, dk2, dc2, dw1, db1, dw2, db2]
        update(gradients)
        return loss, gradients

    return step
