"""``tf.Summary``: numbers under tags as an object, and as TensorFlow serialises them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Any

from tapeview.engine.scripting import event_files


class SummaryValue:
    """One value of a summary: a number (``simple_value``) or something of another kind, of which the bytes are kept."""

    def __init__(self, tag: str = "", simple_value: float | None = None, node_name: str = "", **_: Any) -> None:
        self.tag = tag
        self.simple_value = None if simple_value is None else float(simple_value)
        self.node_name = node_name
        self._bytes: bytes | None = None

    def in_summary(self) -> bytes:
        """A serialised summary with only this value."""
        if self._bytes is not None:
            return self._bytes
        return event_files.number_summary(self.tag, 0.0 if self.simple_value is None else self.simple_value)

    def HasField(self, name: str) -> bool:
        """Whether a field is there."""
        return name == "simple_value" and self.simple_value is not None

    def __repr__(self) -> str:
        number = "" if self.simple_value is None else f"simple_value: {self.simple_value:g}\n"
        return f'tag: "{self.tag}"\n{number}'


class _Values(list[SummaryValue]):
    def add(self, **fields: Any) -> SummaryValue:
        """Adds a value with these fields and returns it."""
        self.append(SummaryValue(**fields))
        return self[-1]


class Summary:
    """Values under tags."""

    Value = SummaryValue

    def __init__(self, value: Iterable[SummaryValue] = ()) -> None:
        self.value = _Values(value)

    def SerializeToString(self) -> bytes:
        """As TensorFlow serialises it."""
        return b"".join(v.in_summary() for v in self.value)

    def ParseFromString(self, serialized: bytes) -> int:
        """Takes over what was serialised; returns how many bytes that were."""
        self.value = _Values(_parsed(serialized))
        return len(serialized)

    MergeFromString = ParseFromString

    @classmethod
    def FromString(cls, serialized: bytes) -> Summary:
        """What was serialised."""
        return cls(_parsed(serialized))

    def __repr__(self) -> str:
        return "".join(
            "value {\n" + "".join(f"  {line}\n" for line in repr(v).splitlines()) + "}\n" for v in self.value
        )


def _fields(data: bytes) -> Iterator[tuple[int, Any, bytes]]:
    """(number, value, all its bytes) of each field of a message."""
    at = 0
    while at < len(data):
        start = at
        key, at = _varint(data, at)
        kind = key & 7
        found: Any
        if kind == 0:
            found, at = _varint(data, at)
        elif kind == 2:
            size, at = _varint(data, at)
            found, at = data[at : at + size], at + size
        else:
            size = 8 if kind == 1 else 4
            found, at = struct.unpack("<d" if kind == 1 else "<f", data[at : at + size])[0], at + size
        yield key >> 3, found, data[start:at]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    found = shift = 0
    while True:
        byte = data[at]
        at += 1
        found |= (byte & 0x7F) << shift
        if byte < 0x80:
            return found, at
        shift += 7


def _parsed(data: bytes) -> list[SummaryValue]:
    values = []
    for number, inner, whole in _fields(data):
        if number != 1:
            continue
        value = SummaryValue()
        for field, found, _ in _fields(inner):
            if field == 1:
                value.tag = found.decode()
            elif field == 2:
                value.simple_value = found
        value._bytes = whole
        values.append(value)
    return values
