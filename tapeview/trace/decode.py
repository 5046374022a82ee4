"""Chunks back into records. What a newer tapeview added is skipped and counted, and so is what is damaged."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from tapeview.trace.graph_records import NodeRan, RunFinished, RunStarted
from tapeview.trace.records import (
    Assigned,
    BackwardStep,
    Exit,
    GradientFinished,
    GradientStarted,
    Op,
    Record,
    ScopeClosed,
    ScopeOpened,
    TapeClosed,
    TapeOpened,
    Tensor,
    Variable,
    Watched,
)
from tapeview.trace.update_records import Applied, Outside

RECORD_TYPES: tuple[type, ...] = (
    Tensor,
    Variable,
    TapeOpened,
    TapeClosed,
    Watched,
    Op,
    Exit,
    GradientStarted,
    BackwardStep,
    GradientFinished,
    Assigned,
    ScopeOpened,
    ScopeClosed,
    RunStarted,
    NodeRan,
    RunFinished,
    Applied,
    Outside,
)
_TAGS = frozenset(range(1, len(RECORD_TYPES) + 1))

_CHUNK = msgspec.msgpack.Decoder(tuple[Record, ...])
_PARTS = msgspec.msgpack.Decoder(list[msgspec.Raw])
_RECORD: msgspec.msgpack.Decoder[Record] = msgspec.msgpack.Decoder(Record)
_ANYTHING = msgspec.msgpack.Decoder(list[Any])
_BROKEN = (msgspec.DecodeError, RecursionError, MemoryError, UnicodeDecodeError, OverflowError)

_MOST_DAMAGED = 1000
"""After so many the rest of a chunk is not looked at: it was not made by tapeview."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Decoded:
    """The readable records of a chunk, how many are of unknown kinds or damaged, and ``error`` if none is readable."""

    records: tuple[Record, ...]
    unknown: int = 0
    damaged: int = 0
    error: str = ""


def decode_chunk(data: object, crc: object) -> Decoded:
    """The records in a chunk's bytes. Never raises."""
    if not isinstance(data, bytes):
        return Decoded((), error="it is not a blob, or too large")
    if zlib.crc32(data) != crc:
        return Decoded((), error="its checksum does not match")
    try:
        return Decoded(_CHUNK.decode(data))
    except _BROKEN:
        pass
    try:
        parts = _PARTS.decode(data)
    except _BROKEN as error:
        return Decoded((), error=f"it is not a list of records: {error}")
    records: list[Record] = []
    unknown = damaged = 0
    for number, part in enumerate(parts):
        try:
            records.append(_RECORD.decode(part))
        except _BROKEN:
            if damaged == _MOST_DAMAGED:
                damaged += len(parts) - number
                break
            if _has_unknown_tag(part):
                unknown += 1
            else:
                damaged += 1
    return Decoded(tuple(records), unknown, damaged)


def _has_unknown_tag(part: msgspec.Raw) -> bool:
    try:
        values = _ANYTHING.decode(part)
    except _BROKEN:
        return False
    return bool(values) and isinstance(values[0], int) and values[0] not in _TAGS


def read(decoder: msgspec.msgpack.Decoder[T], data: object) -> T | None:
    """What the bytes hold, or None if they are damaged."""
    if not isinstance(data, bytes):
        return None
    try:
        return decoder.decode(data)
    except _BROKEN:
        return None
