"""The chunks of a recording: the records of a step, and tensors by their ids."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from typing import Any

from tapeview.trace.database import Database
from tapeview.trace.decode import decode_chunk
from tapeview.trace.records import Record, Tensor
from tapeview.trace.schema import CHUNK_LIMIT, STEP_LIMIT

_BYTES_CACHED = 96 << 20
_BYTES_PER_RECORD = 400
_LARGEST_ID = (1 << 63) - 1
_COLUMNS = f"id, step, seq, count, crc, CASE WHEN length(data) <= {CHUNK_LIMIT} THEN data END"


class _Chunk:
    """A decoded chunk. Chunks never change, so one that was read stays valid while the file grows."""

    __slots__ = ("_tensors", "cost", "records")

    def __init__(self, records: tuple[Record, ...], size: int) -> None:
        self.records = records
        self.cost = size + len(records) * _BYTES_PER_RECORD
        self._tensors: dict[int, Tensor] | None = None

    @property
    def tensors(self) -> dict[int, Tensor]:
        if self._tensors is None:
            self._tensors = {record.id: record for record in self.records if isinstance(record, Tensor)}
        return self._tensors


class Chunks:
    """Decodes chunks when they are needed and keeps the last ones."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cache: OrderedDict[int, _Chunk] = OrderedDict()
        self._held = 0
        self._lasts: list[int] = []
        self._ranges: list[tuple[int, int]] = []
        """Of the chunks that were looked up, by ``_lasts``: the first tensor's id, and the chunk's."""

    def records(self, step: int) -> list[Record]:
        """The records of a step, in order, without those that cannot be read."""
        records: list[Record] = []
        size = 0
        with self._database.lock:
            sql = "SELECT id, length(data) FROM chunk WHERE step = ? ORDER BY seq"
            for id, length in self._database.readable(sql, (step,), f"step {step}"):
                size += length if isinstance(length, int) else 0
                if size > STEP_LIMIT:
                    self._database.warn(f"step {step} has too many records: only its beginning is shown")
                    break
                records += self._chunk(id, f"step {step}").records
        return records

    def tensor(self, id: int) -> Tensor | None:
        """The record of a tensor; None if no chunk that can be read has it."""
        if not 0 < id <= _LARGEST_ID:
            return None
        with self._database.lock:
            chunk = self._find(id)
            tensor = self._chunk(chunk, f"tensor {id}").tensors.get(id) if chunk is not None else None
            if tensor is not None:
                return tensor
            # In a damaged file the index may have lost a chunk that was read by its step.
            held = (one.tensors[id] for one in self._cache.values() if id in one.tensors)
            return next(held, None)

    def _find(self, id: int) -> int | None:
        """The chunk that holds a tensor, None if none does. Chunks never change, so each is looked up once."""
        place = bisect_left(self._lasts, id)
        if place < len(self._lasts) and self._ranges[place][0] <= id:
            return self._ranges[place][1]
        sql = "SELECT first_tensor, last_tensor, id FROM chunk WHERE last_tensor >= ? ORDER BY last_tensor LIMIT 1"
        rows = self._database.readable(sql, (id,), f"tensor {id}")
        if not rows or not all(isinstance(number, int) for number in rows[0]) or rows[0][0] > id:
            return None
        first, last, chunk = rows[0]
        place = bisect_left(self._lasts, last)
        self._lasts.insert(place, last)
        self._ranges.insert(place, (first, chunk))
        return int(chunk)

    def _chunk(self, id: int, what: str) -> _Chunk:
        if id in self._cache:
            self._cache.move_to_end(id)
            return self._cache[id]
        rows = self._database.readable(f"SELECT {_COLUMNS} FROM chunk WHERE id = ?", (id,), what)
        data = rows[0][-1] if rows else None
        chunk = _Chunk(self._decoded(rows[0]) if rows else (), len(data) if isinstance(data, bytes) else 0)
        self._cache[id] = chunk
        self._held += chunk.cost
        while self._held > _BYTES_CACHED and len(self._cache) > 1:
            self._held -= self._cache.popitem(last=False)[1].cost
        return chunk

    def _decoded(self, row: tuple[Any, ...]) -> tuple[Record, ...]:
        _, step, seq, count, crc, data = row
        decoded = decode_chunk(data, crc)
        where = f"step {step}, chunk {seq}"
        if decoded.error:
            self._database.warn(f"{where}: {count} records cannot be read because {decoded.error}")
        if decoded.unknown:
            self._database.warn(f"{where}: {decoded.unknown} records of a newer tapeview were skipped")
        if decoded.damaged:
            self._database.warn(f"{where}: {decoded.damaged} records are damaged and were skipped")
        return decoded.records
