"""What the search field finds: first the nodes of the graph, then the lines of the file shown."""

from __future__ import annotations

from tapeview.views.graph_model import GraphModel
from tapeview.views.signal import Signal
from tapeview.views.source_model import SourceModel
from tapeview.views.text import tr
from tapeview.views.workspace import Reasons


class SearchModel:
    """One round through all matches. ``changed`` when their number or the current one changed."""

    def __init__(self, graph: GraphModel, source: SourceModel) -> None:
        self.changed: Signal[()] = Signal()
        self._graph, self._source = graph, source
        self._words = ""
        self._at = 0
        self.lines: tuple[int, ...] = ()
        self._disconnects = [
            graph.changed.connect(self._graph_changed),
            source.changed.connect(self._source_changed),
        ]

    def dispose(self) -> None:
        """Stop listening."""
        for disconnect in self._disconnects:
            disconnect()

    @property
    def count(self) -> int:
        """The number of matches."""
        return len(self._graph.matches) + len(self.lines)

    @property
    def text(self) -> str:
        """Where the search stands: ``2 of 5``, ``line 56 · 4 of 5``, ``nothing``; "" without one."""
        if not self._words:
            return ""
        if not self.count:
            return tr("nothing")
        at = min(self._at, self.count - 1)
        place = tr("{n} of {count}").format(n=at + 1, count=self.count)
        line = at - len(self._graph.matches)
        return place if line < 0 else tr("line {line}").format(line=self.lines[line]) + f" · {place}"

    def search(self, words: str) -> None:
        """Look for ``words`` in nodes and lines and bring the first match into view; "" ends the search."""
        self._words, self._at = words.strip(), 0
        self.lines = self._source.find(self._words)
        found = self._graph.search(words)
        if self.lines and not found:
            self._source.point_at_line(self.lines[0])
        self.changed.emit()

    def next(self, step: int = 1) -> None:
        """Go to the next match (-1: to the one before), round and round: a node is picked, a line is lit."""
        if not self.count:
            return
        nodes = len(self._graph.matches)
        picked = self._at < nodes and self._graph.selected == self._graph.matches[self._at]
        fresh = step > 0 and self._at == 0 and bool(nodes) and not picked
        # The first Return takes what typing has brought into view.
        self._at = 0 if fresh else (min(self._at, self.count - 1) + step) % self.count
        if self._at < nodes:
            self._graph.match = self._at - 1
            self._graph.next_match()
        else:
            self._source.point_at_line(self.lines[self._at - nodes])
        self.changed.emit()

    def _graph_changed(self, reasons: Reasons) -> None:
        if "matches" in reasons and self._words:
            self.changed.emit()

    def _source_changed(self, reasons: Reasons) -> None:
        if "text" in reasons and self._words:
            self.lines = self._source.find(self._words)
            self.changed.emit()
