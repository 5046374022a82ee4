"""TensorFlow's random numbers: the generator Philox4x32-10 and the distributions, as its CPU kernels draw them.

A stream is named by a key (two 32-bit words) and a counter (four, the lowest first). Each value of the counter gives
one block of four 32-bit words. All functions here are pure: the same stream gives the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from tapeview.engine.tensor import Array

Key = tuple[int, int]
Counter = tuple[int, int, int, int]

_MASK = 0xFFFFFFFF
_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10
RESERVED = 256
"""Blocks that a kernel sets aside for each number it draws, whether it needs them or not."""
_FEW = 8


def words_of(number: int, count: int) -> tuple[int, ...]:
    """The low ``count`` 32-bit words of a number, the lowest first (two's complement)."""
    return tuple([(number >> (32 * k)) & _MASK for k in range(count)])


def advanced(counter: Counter, blocks: int) -> Counter:
    """The counter, ``blocks`` further on."""
    number = sum(word << (32 * k) for k, word in enumerate(counter)) + blocks
    a, b, c, d = words_of(number, 4)
    return a, b, c, d


def _keys(key: Key) -> list[Key]:
    """The key of each round."""
    (a, b), (da, db) = key, _KEY_STEPS
    return [((a + k * da) & _MASK, (b + k * db) & _MASK) for k in range(_ROUNDS)]


def block(key: Key, counter: Counter) -> tuple[int, int, int, int]:
    """One block, computed with Python's ints: faster than arrays for a few of them."""
    c0, c1, c2, c3 = counter
    for k0, k1 in _keys(key):
        a, b = c0 * _MULTIPLIERS[0], c2 * _MULTIPLIERS[1]
        c0, c1, c2, c3 = (b >> 32) ^ c1 ^ k0, b & _MASK, (a >> 32) ^ c3 ^ k1, a & _MASK
    return c0, c1, c2, c3


def _many_blocks(key: Key, low: Array, high: Array) -> Array:
    """The blocks for counters given as their low and high halves (uint64, of one shape (n,)): uint32, (n, 4)."""
    mask, half = np.uint64(_MASK), np.uint64(32)
    factors = np.array(_MULTIPLIERS, np.uint64)[:, None]
    keys = np.array(_keys(key), np.uint64)[:, :, None]
    even, odd = np.stack([low & mask, high & mask]), np.stack([low >> half, high >> half])
    for round_key in keys:
        product = even * factors
        even = (product[::-1] >> half) ^ odd
        even ^= round_key
        odd = product[::-1] & mask
    return np.stack([even[0], odd[0], even[1], odd[1]], -1).astype(np.uint32)


def blocks(key: Key, counter: Counter, offsets: Array) -> Array:
    """The blocks at ``counter + offsets`` (an int64 array): uint32, of the offsets' shape and an axis of 4."""
    if offsets.size <= _FEW:
        found = [block(key, advanced(counter, k)) for k in offsets.ravel().tolist()]
        return np.array(found, np.uint32).reshape((*offsets.shape, 4))
    start = np.uint64(counter[0] | counter[1] << 32)
    low = start + offsets.ravel().astype(np.uint64)
    high = np.uint64(counter[2] | counter[3] << 32) + (low < start).astype(np.uint64)
    return _many_blocks(key, low, high).reshape((*offsets.shape, 4))


def word_stream(key: Key, counter: Counter, count: int) -> Array:
    """The first ``count`` 32-bit words of a stream."""
    return blocks(key, counter, np.arange(-(-count // 4))).reshape(-1)[:count]


# -- floats --------------------------------------------------------------------------------------------------------


def _float32(words: Array) -> Array:
    """[0, 1) from the low 23 bits."""
    return (words & np.uint32(0x7FFFFF) | np.uint32(0x3F800000)).view(np.float32) - np.float32(1)


def _float64(words: Array) -> Array:
    """[0, 1) from pairs of words along the last axis: 20 bits of the first, 32 of the second."""
    high = (words[..., 0].astype(np.uint64) & np.uint64(0xFFFFF)) << np.uint64(32)
    return (high | words[..., 1].astype(np.uint64) | np.uint64(0x3FF << 52)).view(np.float64) - 1.0


def _float16(words: Array) -> Array:
    """[0, 1) from the low 10 bits."""
    return (words.astype(np.uint16) & np.uint16(0x3FF) | np.uint16(15 << 10)).view(np.float16) - np.float16(1)


def _box_muller(u: Array, v: Array) -> Array:
    """Two normal numbers from two uniform ones; the sine's first, along a new last axis.

    The C library rounds each float32 step from a double, so doubles are what this computes with.
    """
    kind = u.dtype
    logarithm = np.log(np.maximum(u, kind.type(1e-7)).astype(np.float64)).astype(kind)
    radius = np.sqrt(kind.type(-2) * logarithm)
    angle = (2 * math.pi * v.astype(np.float64)).astype(kind).astype(np.float64)
    return np.stack([np.sin(angle).astype(kind) * radius, np.cos(angle).astype(kind) * radius], -1)


def uniform(key: Key, counter: Counter, count: int, dtype: Any) -> Array:
    """``count`` numbers in [0, 1)."""
    if dtype == np.float64:
        return _float64(word_stream(key, counter, 2 * count).reshape(-1, 2))
    words = word_stream(key, counter, count)
    return _float16(words) if dtype == np.float16 else _float32(words)


def normal(key: Key, counter: Counter, count: int, dtype: Any) -> Array:
    """``count`` standard normal numbers."""
    pairs = -(-count // 2)
    return _normal_of(word_stream(key, counter, pairs * _words_per_pair(dtype)), dtype)[:count]


def _words_per_pair(dtype: Any) -> int:
    return 4 if dtype == np.float64 else 2


def _normal_of(words: Array, dtype: Any) -> Array:
    if dtype == np.float64:
        u = _float64(words.reshape(-1, 2, 2))
        return _box_muller(u[:, 0], u[:, 1]).reshape(-1)
    u = _float32(words.reshape(-1, 2))
    return _box_muller(u[:, 0], u[:, 1]).reshape(-1).astype(dtype)


def truncated_normal(key: Key, counter: Counter, count: int, dtype: Any) -> Array:
    """``count`` standard normal numbers within 2. Numbers come in groups, each from a part of the stream of its own."""
    group = 2 if dtype == np.float64 else 4
    apart = RESERVED * group // 4
    groups = -(-count // group)
    out = np.empty((groups, group), dtype)
    left = np.arange(groups)
    tries = 4
    while len(left):
        offsets = left[:, None] * apart + np.arange(tries)
        drawn = _normal_of(blocks(key, counter, offsets).reshape(-1), dtype).reshape(len(left), -1)
        kept = np.abs(drawn) < 2
        enough = kept.sum(1) >= group
        order = np.argsort(~kept[enough], axis=1, kind="stable")[:, :group]
        out[left[enough]] = np.take_along_axis(drawn[enough], order, 1)
        left = left[~enough]
        tries *= 4
    return out.reshape(-1)[:count]


# -- ints ----------------------------------------------------------------------------------------------------------


def full_ints(key: Key, counter: Counter, count: int, dtype: Any) -> Array:
    """``count`` ints of which every value of the type is as likely."""
    kind = np.dtype(dtype)
    if kind.itemsize == 8:
        return word_stream(key, counter, 2 * count).view(np.uint64).astype(kind)
    return word_stream(key, counter, count).astype(kind)


def ints(key: Key, counter: Counter, count: int, low: int, high: int, dtype: Any) -> Array:
    """``count`` ints in ``[low, high)``."""
    kind = np.dtype(dtype)
    wide = full_ints(key, counter, count, np.uint64 if kind.itemsize == 8 else np.uint32)
    drawn: Array = (wide % wide.dtype.type(high - low)).astype(kind)
    return np.asarray(drawn + kind.type(low))


def order(key: Key, counter: Counter, count: int) -> Array:
    """A permutation of ``count`` numbers (int64)."""
    places = list(range(count))
    for k, word in enumerate(word_stream(key, counter, max(count - 1, 0)).tolist()):
        other = k + word % (count - k)
        places[k], places[other] = places[other], places[k]
    return np.array(places, np.int64)


def classes(key: Key, counter: Counter, logits: Array, count: int) -> Array:
    """For each row of logits ``count`` draws from its softmax (int64)."""
    rows = len(logits)
    targets = _float64(word_stream(key, counter, 2 * rows * count).reshape(rows, count, 2))
    found = np.empty((rows, count), np.int64)
    for row, (scores, u) in enumerate(zip(logits.astype(np.float64), targets, strict=True)):
        finite = np.isfinite(scores)
        top = scores[finite].max() if finite.any() else 0.0
        running = np.cumsum(np.where(finite, np.exp(scores - top), 0.0))
        found[row] = np.searchsorted(running, u * running[-1], side="right")
    return found


# -- gamma and Poisson: each number from a part of the stream of its own ----------------------------------------------


def _doubles(key: Key, counter: Counter) -> Iterator[tuple[float, float]]:
    for offset in range(RESERVED):
        first, second = _float64(blocks(key, counter, np.array([offset])).reshape(2, 2)).tolist()
        yield first, second


class _Draws:
    """Single doubles out of a stream, as the kernels hand them out: block by block, the second of a block first."""

    def __init__(self, key: Key, counter: Counter) -> None:
        self._blocks = _doubles(key, counter)
        self._uniforms: list[float] = []
        self._normals: list[float] = []

    def uniform(self) -> float:
        if not self._uniforms:
            self._uniforms = list(next(self._blocks))
        return self._uniforms.pop()

    def normal(self) -> float:
        if not self._normals:
            u, v = next(self._blocks)
            self._normals = _box_muller(np.array([u]), np.array([v])).reshape(-1).tolist()
        return self._normals.pop()


def gamma(key: Key, counter: Counter, alpha: Array, samples: int) -> Array:
    """For each ``alpha`` ``samples`` draws of the gamma distribution with scale 1: float64, (samples, alphas)."""
    out = np.empty((samples, alpha.size))
    for place in range(out.size):
        which, sample = divmod(place, samples)
        draws = _Draws(key, advanced(counter, RESERVED * place))
        out[sample, which] = _gamma(draws, float(alpha[which]))
    return out


def _gamma(draws: _Draws, alpha: float) -> float:
    if alpha == 1:
        return -math.log1p(-draws.uniform())
    d = alpha + (2 / 3 if alpha < 1 else -1 / 3)
    c = 1 / 3 / math.sqrt(d)
    while True:
        x = draws.normal()
        v = 1 + c * x
        if v <= 0:
            continue
        v = v**3
        u = draws.uniform()
        if u < 1 - 0.0331 * (x * x) ** 2 or math.log(u) < 0.5 * x * x + d * (1 - v + math.log(v)):
            return d * v * (draws.uniform() ** (1 / alpha) if alpha < 1 else 1)


def poisson(key: Key, counter: Counter, rate: Array, samples: int) -> Array:
    """For each rate (flat) ``samples`` draws of the Poisson distribution: float64, (samples, rates)."""
    out = np.empty((samples, rate.size))
    for place in range(out.size):
        which, sample = divmod(place, samples)
        draws = _Draws(key, advanced(counter, RESERVED * place))
        out[sample, which] = _poisson(draws, float(rate[which]))
    return out


def _poisson(draws: _Draws, rate: float) -> float:
    if not math.isfinite(rate) or rate < 0:
        return math.nan
    if rate < 10:
        limit, product, count = math.exp(-rate), 1.0, 0.0
        while True:
            product *= draws.uniform()
            if product <= limit:
                return count
            count += 1
    # Hörmann's transformed rejection.
    log_rate = math.log(rate)
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    while True:
        u = draws.uniform() - 0.5
        v = draws.uniform()
        shifted = 0.5 - abs(u)
        k = math.floor((2 * a / shifted + b) * u + rate + 0.43)
        if shifted >= 0.07 and v <= 0.9277 - 3.6224 / (b - 2):
            return k
        if k < 0 or (shifted < 0.013 and v > shifted):
            continue
        s = math.log(v * inverse_alpha / (a / (shifted * shifted) + b))
        if s <= -rate + k * log_rate - math.lgamma(k + 1):
            return k
