"""Makes scenes of graphs: at once where the layout is known, else with the help of another thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tapeview.graph.build import TapeGraph
from tapeview.graph.deferred import SOURCES
from tapeview.graph.layout import Cancelled, Layout, LayoutCache, lay_out
from tapeview.trace.query import Recording, Step
from tapeview.views.background import Background
from tapeview.views.graph_face import Face, Measure, face, size
from tapeview.views.graph_runs import scene_of
from tapeview.views.graph_scene import Scene


@dataclass(slots=True)
class _Pending:
    """A layout somebody works on."""

    key: tuple[object, ...]
    recording: Recording
    step: Step
    graph: TapeGraph
    faces: tuple[Face, ...]
    stopped: bool = field(default=False)

    def cancelled(self) -> bool:
        return self.stopped


class Drawing:
    """Remembers layouts by structure. Works on one at a time; ``done`` gets the scene of a layout that was waited
    for.
    """

    def __init__(self, background: Background, done: Callable[[Scene], None]) -> None:
        self._background, self._done = background, done
        self._cache = LayoutCache()
        self._pending: _Pending | None = None

    @property
    def busy(self) -> bool:
        """Whether a layout is being made."""
        return self._pending is not None

    def stop(self) -> None:
        """Give up the layout being made: what still comes of it is only remembered."""
        if self._pending is not None:
            self._pending.stopped = True
            self._pending = None

    def draw(self, recording: Recording, step: Step, graph: TapeGraph, measure: Measure) -> Scene | None:
        """The scene of ``graph``, or None if its layout has to be made first."""
        self.stop()
        faces = tuple(face(node) for node in graph.nodes)
        # Names count for the widths, shapes and values do not: the last, smaller batch must not move anything.
        key = (graph.digest, tuple(words.title for words in faces), tuple(node.name for node in graph.nodes))
        known = self._cache.get(key)
        if known is not None:
            return scene_of(recording, step, graph, known, faces)
        pending = self._pending = _Pending(key, recording, step, graph, faces)
        sizes = [size(words, measure) for words in faces]
        edges = [(edge.source, edge.target) for edge in graph.edges]
        fed = {target for _, target in edges}
        leaves = [node.leaf or (node.role in SOURCES and n not in fed) for n, node in enumerate(graph.nodes)]

        def work() -> Layout | None:
            try:
                return lay_out(edges, leaves, sizes, pending.cancelled)
            except Cancelled:
                return None

        self._background.submit(work, lambda layout: self._laid_out(pending, layout))
        return None

    def _laid_out(self, pending: _Pending, layout: Layout | None) -> None:
        if layout is None:
            return
        self._cache.put(pending.key, layout)
        if self._pending is pending:
            self._pending = None
            self._done(scene_of(pending.recording, pending.step, pending.graph, layout, pending.faces))
