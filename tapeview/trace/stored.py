"""Values that stand outside their records: in one blob, or in pieces if they were asked for later."""

from __future__ import annotations

from tapeview.trace import values
from tapeview.trace.database import Database
from tapeview.trace.records import Tensor
from tapeview.trace.schema import PIECE, VALUE_LIMIT, RecordingError


class StoredValues:
    """The tables ``value`` and ``piece``. What is damaged is missing, and a warning says so."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def found(self, tensor: Tensor) -> bool:
        """Whether all bytes of a value are there; they are not read."""
        expected = values.byte_count(tensor.dtype, tensor.shape)
        if expected is None:
            return False
        sql = "SELECT 1 FROM value WHERE tensor = ? AND length(data) = ?"
        if self._database.readable(sql, (tensor.id, expected), "a value"):
            return True
        return bool(self._pieces(tensor, expected))

    def value(self, tensor: Tensor) -> bytes | memoryview | None:
        """The bytes of a tensor, None if they are not there, or not all of them."""
        expected = values.byte_count(tensor.dtype, tensor.shape)
        if expected is None:
            return None
        if expected <= VALUE_LIMIT:
            whole = self._whole(tensor, expected)
            if whole is not None:
                return whole
        return self._put_together(tensor, expected)

    def _whole(self, tensor: Tensor, expected: int) -> bytes | None:
        rows = self._database.readable("SELECT length(data), crc FROM value WHERE tensor = ?", (tensor.id,), "a value")
        if not rows:
            return None
        if rows[0][0] != expected:
            self._damaged(tensor, f"{rows[0][0]} bytes instead of {expected}")
            return None
        try:
            data = self._database.value(tensor.id)
        except RecordingError as error:
            self._database.warn(str(error))
            return None
        if not isinstance(data, bytes) or values.checksum(data) != rows[0][1]:
            self._damaged(tensor, "its checksum does not match")
            return None
        return data

    def _pieces(self, tensor: Tensor, expected: int) -> list[tuple[int, int]]:
        """(length, checksum) of the pieces of a value, if they are all there."""
        if not self._database.has("piece") or expected > self._database.size():
            return []
        # Asked for in steps: a damaged file may have any number of them.
        most = expected // PIECE + 2
        sql = f"SELECT number, length(data), crc FROM piece WHERE tensor = ? ORDER BY number LIMIT {most}"
        rows = self._database.readable(sql, (tensor.id,), "the pieces of a value")
        if not all(isinstance(number, int) for row in rows for number in row):
            self._damaged(tensor, "its pieces have no numbers or lengths")
            return []
        if any(number != place or size > PIECE for place, (number, size, _) in enumerate(rows)):
            self._damaged(tensor, "its pieces do not fit together")
            return []
        total = sum(size for _, size, _ in rows)
        if total > expected:
            self._damaged(tensor, f"its pieces have {total} bytes instead of {expected}")
        return [(size, crc) for _, size, crc in rows] if total == expected else []

    def _put_together(self, tensor: Tensor, expected: int) -> memoryview | None:
        pieces = self._pieces(tensor, expected)
        if not pieces:
            return None
        try:
            whole = bytearray(expected)
        except MemoryError:
            self._database.warn(f"there is not enough memory for the {expected} bytes of tensor {tensor.id}")
            return None
        place = 0
        for number, (size, crc) in enumerate(pieces):
            sql = "SELECT data FROM piece WHERE tensor = ? AND number = ?"
            rows = self._database.readable(sql, (tensor.id, number), "a piece of a value")
            data = rows[0][0] if rows else None
            if not isinstance(data, bytes) or len(data) != size or values.checksum(data) != crc:
                self._damaged(tensor, f"the checksum of its piece {number} does not match")
                return None
            whole[place : place + size] = data
            place += size
        return memoryview(whole).toreadonly()

    def _damaged(self, tensor: Tensor, how: str) -> None:
        self._database.warn(f"the value of tensor {tensor.id} is damaged: {how}")
