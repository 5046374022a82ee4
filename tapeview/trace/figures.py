"""The figures of a recording: what the script drew, as the tables ``figure`` and ``picture`` have it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tapeview.trace.create import storable
from tapeview.trace.database import Database
from tapeview.trace.picture import PICTURE_LIMIT, Picture, unpack
from tapeview.trace.records import Figure
from tapeview.trace.values import checksum

_COLUMNS = "figure, number, label, title, step, position, site, made, how, time, picture, width, height"
_WHOLE = (0, 1, 4, 5, 6, 7, 10)
_TEXTS = (2, 3, 8)
_LONGEST = 1_000


def figure_row(figure: Figure, picture: int) -> tuple[Any, ...]:
    """The row of the table ``figure`` for a figure that shows a picture."""
    texts = [storable(text[:_LONGEST]) for text in (figure.label, figure.title, figure.how)]
    where = int(figure.step), int(figure.position), int(figure.site), int(figure.made)
    size = float(figure.width), float(figure.height)
    head = int(figure.figure), int(figure.number), texts[0], texts[1]
    return (*head, *where, texts[2], float(figure.time), int(picture), *size)


class Figures:
    """Reads them. What is damaged is missing, and a warning says so."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def entries(self, after: int = 0) -> Sequence[tuple[int, Figure]]:
        """(row, figure) for everything drawn behind row ``after``, in the order in which it was drawn."""
        if not self._database.has("figure"):
            return ()
        sql = f"SELECT id, {_COLUMNS} FROM figure WHERE id > ? ORDER BY id"
        found = []
        for row, *cells in self._database.readable(sql, (after,), "the list of figures"):
            entry = _figure(cells)
            if entry is None:
                self._database.warn(f"entry {row} of the list of figures is damaged")
            else:
                found.append((row, entry))
        return found

    def picture(self, id: int) -> Picture | None:
        """What is to be seen on a figure; None if it is not there or damaged. May be called from any thread."""
        if not self._database.has("picture"):
            return None
        sql = f"SELECT crc, CASE WHEN length(data) <= {PICTURE_LIMIT} THEN data END FROM picture WHERE id = ?"
        rows = self._database.readable(sql, (id,), "a picture")
        if not rows:
            return None
        crc, data = rows[0]
        try:
            if not isinstance(data, bytes) or checksum(data) != crc:
                raise ValueError("its checksum does not match")
            return unpack(data)
        except ValueError as error:
            self._database.warn(f"picture {id} is damaged: {error}")
            return None


def _figure(cells: Sequence[Any]) -> Figure | None:
    sound = (
        all(isinstance(cells[place], int) for place in _WHOLE)
        and all(isinstance(cells[place], str) for place in _TEXTS)
        and all(isinstance(cells[place], int | float) and math.isfinite(cells[place]) for place in (9, 11, 12))
    )
    return Figure(*cells) if sound else None
