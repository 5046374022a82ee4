"""Event files, which TensorBoard shows: records of protocol buffers, written by hand."""

from __future__ import annotations

import itertools
import os
import socket
import struct
import time
from collections.abc import Iterable
from typing import Any

import numpy as np

_next = itertools.count().__next__


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_TABLE = _crc_table()


def masked_crc(data: bytes) -> int:
    """CRC-32C of some bytes, turned and shifted as records want it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


# -- protocol buffers --------------------------------------------------------------------------------------------------


def _varint(number: int) -> bytes:
    number &= 2**64 - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _int(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _float(number: int, value: float) -> bytes:
    return _varint(number << 3 | 5) + struct.pack("<f", value)


def _doubles(number: int, values: Iterable[float]) -> bytes:
    return _field(number, b"".join(struct.pack("<d", value) for value in values))


def _double(number: int, value: float) -> bytes:
    return _varint(number << 3 | 1) + struct.pack("<d", value)


def _tensor(array: Any, kind: int) -> bytes:
    """A TensorProto of numbers."""
    shape = b"".join(_field(2, _int(1, size)) for size in array.shape)
    return _int(1, kind) + _field(2, shape) + _field(4, array.tobytes())


def _strings(values: list[bytes]) -> bytes:
    """A TensorProto of strings."""
    return _int(1, 7) + _field(2, _field(2, _int(1, len(values)))) + b"".join(_field(8, v) for v in values)


# -- summaries as version 1 writes them --------------------------------------------------------------------------------


def _tagged(tag: str, what: bytes) -> bytes:
    return _field(1, _field(1, tag.encode()) + what)


def number_summary(tag: str, value: float) -> bytes:
    """A summary of a number."""
    with np.errstate(over="ignore"):
        return _tagged(tag, _float(2, float(np.float32(value))))


def histogram_summary(tag: str, numbers: Any, limits: list[float], counts: list[float]) -> bytes:
    """A summary of how ``numbers`` are spread: so many (``counts``) below each of ``limits``."""
    low, high = (float(numbers.min()), float(numbers.max())) if numbers.size else (0.0, 0.0)
    totals = ((1, low), (2, high), (3, numbers.size), (4, float(numbers.sum())), (5, float((numbers**2).sum())))
    head = b"".join(_double(number, value) for number, value in totals)
    return _tagged(tag, _field(5, head + _doubles(6, limits) + _doubles(7, counts)))


def image_summary(tag: str, png: bytes, rows: int, columns: int, channels: int) -> bytes:
    """A summary of an encoded image."""
    return _tagged(tag, _field(4, _int(1, rows) + _int(2, columns) + _int(3, channels) + _field(4, png)))


def text_summary(tag: str, values: list[bytes]) -> bytes:
    """A summary of texts."""
    return _tagged(tag, _field(8, _strings(values)) + _field(9, _field(1, _field(1, b"text"))))


class EventFile:
    """One event file in a folder (which is made if it is not there)."""

    def __init__(self, folder: str, suffix: str = "") -> None:
        os.makedirs(folder, exist_ok=True)
        stamp = f"{int(time.time())}.{socket.gethostname()}.{os.getpid()}.{_next()}"
        self.path = os.path.join(folder, f"events.out.tfevents.{stamp}.v2{suffix}")
        self._file = open(self.path, "wb")  # noqa: SIM115
        self._event(0, _field(3, b"brain.Event:2"))
        self.flush()

    def scalar(self, tag: str, value: Any, step: int) -> None:
        """A number."""
        array = np.asarray(getattr(value, "_array", value), np.float32)
        self._value(tag, step, "scalars", _tensor(array, 1))

    def histogram(self, tag: str, value: Any, step: int, buckets: int = 30) -> None:
        """The numbers of a tensor, counted in ``buckets`` ranges of one width."""
        numbers = np.asarray(getattr(value, "_array", value), np.float64).ravel()
        rows = np.zeros((0, 3)) if not numbers.size else _buckets(numbers, buckets)
        self._value(tag, step, "histograms", _tensor(np.ascontiguousarray(rows, np.float64), 2))

    def text(self, tag: str, value: str, step: int) -> None:
        """A text."""
        self._value(tag, step, "text", _strings([value.encode()]))

    def images(self, tag: str, pngs: list[bytes], width: int, height: int, step: int) -> None:
        """Encoded images of one size."""
        sizes = [str(width).encode(), str(height).encode()]
        self._value(tag, step, "images", _strings([*sizes, *pngs]))

    def summary(self, data: bytes, step: int) -> None:
        """A serialised summary."""
        self._event(step, _field(5, data))

    def _value(self, tag: str, step: int, plugin: str, tensor: bytes) -> None:
        # SummaryMetadata: the plugin's name, and which kind of data (a scalar, a series of tensors, of blobs).
        kind = {"scalars": 1, "images": 3}.get(plugin, 2)
        metadata = _field(1, _field(1, plugin.encode())) + _int(4, kind)
        value = _field(1, tag.encode()) + _field(8, tensor) + _field(9, metadata)
        self._event(step, _field(5, _field(1, value)))

    def _event(self, step: int, what: bytes) -> None:
        data = _double(1, time.time()) + (_int(2, step) if step else b"") + what
        header = struct.pack("<Q", len(data))
        self._file.write(header + struct.pack("<I", masked_crc(header)) + data + struct.pack("<I", masked_crc(data)))

    def flush(self) -> None:
        """Everything written so far is in the file."""
        self._file.flush()

    def close(self) -> None:
        """Nothing more is written."""
        self._file.close()


def _buckets(numbers: Any, count: int) -> Any:
    low, high = numbers.min(), numbers.max()
    if low == high:
        return np.array([[low - 0.5, high + 0.5, numbers.size]])
    counts, edges = np.histogram(numbers, count, (low, high))
    return np.stack([edges[:-1], edges[1:], counts], 1)
