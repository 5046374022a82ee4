"""What the models of all tables with headings share."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

Index = QModelIndex | QPersistentModelIndex
NO_INDEX = QModelIndex()
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class HeadedTable(QAbstractTableModel):
    """A table whose columns have ``headings`` and perhaps ``tips``; those with the numbers in ``right`` stand to the
    right.
    """

    def __init__(self, headings: Sequence[str], right: Collection[int] = (), tips: Sequence[str] = ()) -> None:
        super().__init__()
        self._headings, self._right, self._tips = headings, right, tips

    def columnCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._headings)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return self._headings[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return self.side(section)
            if role == Qt.ItemDataRole.ToolTipRole and self._tips:
                return self._tips[section]
        return None

    def side(self, column: int) -> Qt.AlignmentFlag:
        """Where the words of a column stand."""
        return RIGHT if column in self._right else LEFT
