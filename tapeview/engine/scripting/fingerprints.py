"""Hashes of texts that give the same numbers everywhere: FarmHash's fingerprint and SipHash, as in TensorFlow."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.tensor import EagerTensor

_ALL: Final = 2**64 - 1
_K0: Final = 0xC3A5C85C97CB3127
_K1: Final = 0xB492B66FBE98F273
_K2: Final = 0x9AE16A3B2F90404F

Two = tuple[int, int]


def _word(text: bytes, at: int, size: int = 8) -> int:
    return int.from_bytes(text[at : at + size], "little")


def _turned(value: int, by: int) -> int:
    """To the right."""
    value &= _ALL
    return (value >> by | value << (64 - by)) & _ALL


def _mixed(value: int) -> int:
    value &= _ALL
    return value ^ value >> 47


def _joined(u: int, v: int, factor: int) -> int:
    a = _mixed((u ^ v) * factor)
    return _mixed((v ^ a) * factor) * factor & _ALL


def fingerprint64(text: bytes) -> int:
    """FarmHash's fingerprint, below 2**64."""
    n = len(text)
    if n > 64:
        return _long(text)
    factor = _K2 + n * 2
    if n > 32:
        return _up_to_64(text, factor)
    if n > 16:
        a, b = _word(text, 0) * _K1, _word(text, 8)
        c, d = _word(text, n - 8) * factor, _word(text, n - 16) * _K2
        return _joined((_turned(a + b, 43) + _turned(c, 30) + d) & _ALL, (a + _turned(b + _K2, 18) + c) & _ALL, factor)
    if n >= 8:
        a, b = (_word(text, 0) + _K2) & _ALL, _word(text, n - 8)
        return _joined((_turned(b, 37) * factor + a) & _ALL, (_turned(a, 25) + b) * factor & _ALL, factor)
    if n >= 4:
        return _joined(n + (_word(text, 0, 4) << 3), _word(text, n - 4, 4), factor)
    if n:
        y, z = text[0] + (text[n >> 1] << 8), n + (text[n - 1] << 2)
        return _mixed(y * _K2 & _ALL ^ z * _K0 & _ALL) * _K2 & _ALL
    return _K2


def _up_to_64(text: bytes, factor: int) -> int:
    n = len(text)
    a, b = _word(text, 0) * _K2, _word(text, 8)
    c, d = _word(text, n - 8) * factor, _word(text, n - 16) * _K2
    y = (_turned(a + b, 43) + _turned(c, 30) + d) & _ALL
    z = _joined(y, (a + _turned(b + _K2, 18) + c) & _ALL, factor)
    e, f = _word(text, 16) * factor, _word(text, 24)
    g, h = (y + _word(text, n - 32)) * factor, (z + _word(text, n - 24)) * factor
    first = (_turned(e + f, 43) + _turned(g, 30) + h) & _ALL
    return _joined(first, (e + _turned(f + a, 18) + g) & _ALL, factor)


def _weak(text: bytes, at: int, a: int, b: int) -> Two:
    """32 bytes and two seeds."""
    w, x, y, z = (_word(text, at + k) for k in (0, 8, 16, 24))
    a += w
    b = _turned(b + a + z, 21)
    c = a
    a += x + y
    return (a + z) & _ALL, (b + _turned(a, 44) + c) & _ALL


def _round(text: bytes, at: int, x: int, y: int, z: int, v: Two, w: Two, factor: int, ninth: int) -> Any:
    x = _turned(x + y + v[0] + _word(text, at + 8), 37) * factor & _ALL
    y = _turned(y + v[1] + _word(text, at + 48), 42) * factor & _ALL
    x ^= w[1] * ninth & _ALL
    y = (y + v[0] * ninth + _word(text, at + 40)) & _ALL
    z = _turned(z + w[0], 33) * factor & _ALL
    v = _weak(text, at, v[1] * factor, x + w[0])
    w = _weak(text, at + 32, z + w[1], y + _word(text, at + 16))
    return z, y, x, v, w


def _long(text: bytes) -> int:
    n, seed = len(text), 81
    y = (seed * _K1 + 113) & _ALL
    z = _mixed(y * _K2 + 113) * _K2 & _ALL
    x = (seed * _K2 + _word(text, 0)) & _ALL
    v: Two = (0, 0)
    w: Two = (0, 0)
    for at in range(0, (n - 1) // 64 * 64, 64):
        x, y, z, v, w = _round(text, at, x, y, z, v, w, _K1, 1)
    factor = _K1 + ((z & 0xFF) << 1)
    w = (w[0] + (n - 1 & 63), w[1])
    v = (v[0] + w[0], v[1])
    w = (w[0] + v[0], w[1])
    x, y, z, v, w = _round(text, n - 64, x, y, z, v, w, factor, 9)
    first = (_joined(v[0], w[0], factor) + _mixed(y) * _K0 + z) & _ALL
    return _joined(first, (_joined(v[1], w[1], factor) + x) & _ALL, factor)


def siphash(key: Two, text: bytes) -> int:
    """SipHash-2-4, below 2**64."""
    starts = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
    v = [start ^ key[k % 2] & _ALL for k, start in enumerate(starts)]
    words = [_word(text, at) for at in range(0, len(text) // 8 * 8, 8)]
    words.append(_word(text, len(words) * 8) | (len(text) & 0xFF) << 56)
    for word in words:
        v[3] ^= word
        _sip_rounds(v, 2)
        v[0] ^= word
    v[2] ^= 0xFF
    _sip_rounds(v, 4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def _sip_rounds(v: list[int], times: int) -> None:
    for _ in range(times):
        for a, b, left, high in ((0, 1, 13, True), (2, 3, 16, False), (0, 3, 21, False), (2, 1, 17, True)):
            v[a] = (v[a] + v[b]) & _ALL
            v[b] = _turned(v[b], 64 - left) ^ v[a]
            if high:
                v[a] = _turned(v[a], 32)


def _buckets(number: Any, input: Any, count: int) -> EagerTensor:
    array = to_tensor(input)._array
    found = np.empty(array.shape, np.int64)
    for index in np.ndindex(array.shape):
        found[index] = number(array[index]) % count
    return EagerTensor(found)


def to_hash_bucket_fast(input: Any, num_buckets: int, name: str | None = None) -> EagerTensor:
    """For each text a number below ``num_buckets``, by FarmHash."""
    return _buckets(fingerprint64, input, num_buckets)


def to_hash_bucket_strong(input: Any, num_buckets: int, key: Any, name: str | None = None) -> EagerTensor:
    """For each text a number below ``num_buckets``, by SipHash with a key of two numbers."""
    return _buckets(lambda text: siphash((int(key[0]), int(key[1])), text), input, num_buckets)
