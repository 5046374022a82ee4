"""``tf.GradientTape`` while a graph is being built: its gradients are nodes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tapeview.engine import nest
from tapeview.engine.deferred import gradient_nodes
from tapeview.engine.deferred.gradients import gradients
from tapeview.engine.deferred.symbolic import SymbolicTensor
from tapeview.engine.tape import _ONLY_ONCE, GradientTape


class SymbolicTape(GradientTape):
    """Takes note of what is watched; the nodes know what depends on what."""

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        super().__init__(persistent, watch_accessed_variables)
        self._symbols: list[Any] = []
        self._used = False

    def _push(self) -> None:
        self._recording = True

    def _pop(self) -> None:
        self._recording = False

    def watch(self, tensor: Any) -> None:
        """Watches tensors and variables."""
        self._symbols += nest.flatten(tensor)

    @contextmanager
    def stop_recording(self) -> Iterator[None]:
        """A block; what is made inside is connected all the same."""
        yield

    def reset(self) -> None:
        """Forgets what was watched."""
        self._symbols = []

    def watched_variables(self) -> tuple[Any, ...]:
        """The variables that were watched by name."""
        return tuple([v for v in self._symbols if hasattr(type(v), "_symbolic_value")])

    def gradient(
        self, target: Any, sources: Any, output_gradients: Any = None, unconnected_gradients: Any = "none"
    ) -> Any:
        """The gradients of ``target`` as symbolic tensors, in the structure of ``sources``.

        Raises:
            RuntimeError: a tape that is not persistent was used before.
        """
        if self._used:
            raise RuntimeError(_ONLY_ONCE)
        self._used = not self._persistent
        flat = nest.flatten(sources)
        given = None if output_gradients is None else nest.flatten(output_gradients)
        found = gradients(
            nest.flatten(target), flat, given, name="gradient_tape", unconnected_gradients=unconnected_gradients
        )
        watched = [self._watches(s) for s in flat]
        zero = unconnected_gradients == "zero"
        kept = [g if w or zero else None for g, w in zip(found, watched, strict=True)]
        return nest.pack_like(sources, kept)

    def jacobian(
        self, target: Any, sources: Any, unconnected_gradients: Any = "none", parallel_iterations: Any = None,
        experimental_use_pfor: bool = True,
    ) -> Any:  # fmt: skip
        """The derivative of each element of ``target``, whose shape has to be known; see ``GradientTape.jacobian``.

        Raises:
            ValueError: the shape of ``target`` is not known.
        """
        from tapeview.engine.deferred.public import tf

        shape = target.shape.as_list()
        if None in shape:
            raise ValueError("tapeview works out `tape.jacobian` in a graph only where the target's shape is known.")
        flat = tf.reshape(target, [-1])
        found: list[Any] = []
        for source in nest.flatten(sources):
            rows = [gradients(flat[k], source, name="gradient_tape")[0] for k in range(math.prod(shape))]
            if all(row is None for row in rows) or not self._watches(source):
                found.append(None)
                continue
            known = [tf.zeros_like(source) if row is None else row for row in rows]
            found.append(tf.reshape(tf.stack(known), [*shape, *source.shape.as_list()]))
        return nest.pack_like(sources, found)

    def _watches(self, source: Any) -> bool:
        """Whether a source is watched, or depends on something that is."""
        if any(s is source for s in self._symbols):
            return True
        if hasattr(type(source), "_symbolic_value"):
            return bool(self._watch_accessed and source.trainable)
        seen: set[Any] = set()
        stack = [source]
        while stack:
            t: SymbolicTensor = stack.pop()
            if any(s is t for s in self._symbols):
                return True
            if t.op.pseudo == "read":
                variable = t.op.details
                if any(s is variable for s in self._symbols) or (self._watch_accessed and variable.trainable):
                    return True
            if t.op not in seen:
                seen.add(t.op)
                stack += gradient_nodes.depends_on(t.op)
        return False
