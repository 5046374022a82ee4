"""Makes scenes of graphs: at once where the layout is known, else with the help of another thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tapeview.graph.build import TapeGraph
from tapeview.graph.deferred import SOURCES, DeferredGraph
from tapeview.graph.layout import Cancelled, LayoutCache, lay_out
from tapeview.trace.query import Recording, Step
from tapeview.views.background import Background
from tapeview.views.graph_face import Measure, face, size
from tapeview.views.graph_runs import scene_of
from tapeview.views.graph_scene import Scene

Picture = Callable[[], TapeGraph]


@dataclass(slots=True)
class _Pending:
    """A scene somebody works on."""

    recording: Recording
    step: Step
    measure: Measure
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

    def draw(self, recording: Recording, step: Step, picture: Picture, measure: Measure, large: bool) -> Scene | None:
        """The scene of a graph, or None if that takes a while: its layout has to be made first, or the picture itself,
        where the graph is ``large``.
        """
        self.stop()
        pending = self._pending = _Pending(recording, step, measure)
        if not large:
            return self._lay_out(pending, picture())

        def work() -> TapeGraph | None:
            return None if pending.stopped else _indexed(picture(), step)

        self._background.submit(work, lambda graph: self._pictured(pending, graph))
        return None

    def _pictured(self, pending: _Pending, graph: TapeGraph | None) -> None:
        if graph is not None and self._pending is pending:
            scene = self._lay_out(pending, graph)
            if scene is not None:
                self._done(scene)

    def _lay_out(self, pending: _Pending, graph: TapeGraph) -> Scene | None:
        """The scene, if its layout is known."""
        recording, step, measure = pending.recording, pending.step, pending.measure
        faces = tuple(face(node) for node in graph.nodes)
        # Names count for the widths, shapes and values do not: the last, smaller batch must not move anything.
        key = (graph.digest, tuple(words.title for words in faces), tuple(node.name for node in graph.nodes))
        known = self._cache.get(key)
        if known is not None:
            self._pending = None
            return scene_of(recording, step, graph, known, faces)
        sizes = [size(words, measure) for words in faces]
        edges = [(edge.source, edge.target) for edge in graph.edges]
        fed = {target for _, target in edges}
        leaves = [node.leaf or (node.role in SOURCES and n not in fed) for n, node in enumerate(graph.nodes)]

        def work() -> Callable[[], Scene] | None:
            try:
                layout = lay_out(edges, leaves, sizes, pending.cancelled)
            except Cancelled:
                return None
            self._cache.put(key, layout)
            if isinstance(graph, DeferredGraph):  # which may be growing
                return lambda: scene_of(recording, step, graph, layout, faces)
            scene = scene_of(recording, step, graph, layout, faces)
            scene.states.at(len(step.positions) - 1)  # which works out what all its states have in common
            return lambda: scene

        self._background.submit(work, lambda made: self._laid_out(pending, made))
        return None

    def _laid_out(self, pending: _Pending, made: Callable[[], Scene] | None) -> None:
        if made is not None and self._pending is pending:
            self._pending = None
            self._done(made())


def _indexed(graph: TapeGraph, step: Step) -> TapeGraph:
    """The graph; what the window looks up in a step of very many ops has been worked out by the way."""
    for _ in (graph.has_layers, step.tensors, step.consumers, step.position_of_op, step.backward_of_op, step.sites):
        pass
    return graph
