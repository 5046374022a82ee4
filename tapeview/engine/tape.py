"""``GradientTape``: records the ops that run while it is open, and differentiates what it recorded."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tapeview.engine import callsite, dispatch, memory, nest, observe, warn
from tapeview.engine.errors import InternalError
from tapeview.engine.state import state
from tapeview.engine.tensor import EagerTensor
from tapeview.engine.variable import ResourceVariable

Entry = tuple[Any, ...]
"""(OP, seq, op, inputs, outputs, attrs, site, tape_ids, on_path, call, stopped)

``seq`` counts the ops of the process; ``on_path`` is a bit mask over ``tape_ids`` (which of these tapes connects the
outputs to
something it watches); ``call`` is the gradient call whose rules ran the op (0 = none); ``stopped`` is true inside
``stop_recording``.
"""

_next_tape = itertools.count(1).__next__

_ONLY_ONCE = "A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians)"
_INSIDE = (
    "Calling GradientTape.gradient on a persistent tape inside its context is significantly less efficient than "
    "calling it outside "
    "the context (it causes the gradient ops to be recorded on the tape, leading to increased CPU and memory usage). "
    "Only call "
    "GradientTape.gradient inside the context if you actually want to trace the gradient in order to compute higher "
    "order derivatives."
)


class UnconnectedGradients:
    """What a gradient is where no path leads to the source: ``NONE`` or ``ZERO``."""

    NONE = "none"
    ZERO = "zero"


class GradientTape:
    """Records ops for automatic differentiation; see ``tf.GradientTape``.

    Args:
        persistent: allow several gradient calls.
        watch_accessed_variables: watch trainable variables when they are read.
    """

    def __new__(cls, *_: Any, **__: Any) -> Any:
        """A tape of symbolic tensors while a deferred graph is being built."""
        if dispatch.building():
            from tapeview.engine.deferred.symbolic_tape import SymbolicTape  # which needs this module

            return object.__new__(SymbolicTape)
        return object.__new__(cls)

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self.id = _next_tape()
        self._persistent = persistent
        self._watch_accessed = watch_accessed_variables
        self._recording = False
        self._paused = False
        self._live = False
        """True once entered, until a non-persistent tape is used up."""
        self._broken = False
        self._clear()

    def _clear(self) -> None:
        self._entries: list[Entry] = []
        self._tracked: set[int] = set()
        self._watched: dict[int, ResourceVariable] = {}
        self._versions: dict[int, list[EagerTensor]] = {}
        # `_tracked` holds object ids: every object named there must stay alive as long as the set does.
        self._alive: list[Any] = []

    # -- recording -------------------------------------------------------------------------------------------------

    def __enter__(self) -> GradientTape:
        if self._recording:
            raise ValueError("Tape is still recording, This can happen if you try to re-enter an already-active tape.")
        if not self._live:
            self._clear()
            self._live = True
        memory.tune()
        self._push()
        return self

    def __exit__(self, *_: object) -> None:
        if self._recording:
            self._pop()
            if self._persistent and observe.sink is not None:
                state.begin_updates()

    def _push(self) -> None:
        if observe.sink is not None:
            thread = threading.get_ident()
            site = callsite.here()
            if not state.tapes:
                observe.begun += 1
            opened = (
                observe.TAPE_OPENED,
                self.id,
                self._persistent,
                self._watch_accessed,
                thread,
                state.tape_ids,
                site,
                "" if state.tapes else threading.current_thread().name,
                observe.begun,
            )
            observe.sink(opened)
        self._recording = True
        state.set_tapes((*state.tapes, self))

    def _pop(self) -> None:
        self._recording = False
        state.set_tapes(tuple(t for t in state.tapes if t is not self))
        callsite.forget()
        if observe.sink is not None:
            observe.sink((observe.TAPE_CLOSED, self.id))

    @contextmanager
    def stop_recording(self) -> Iterator[None]:
        """Ops inside the block are not differentiated.

        Raises:
            RuntimeError: the tape was never entered or is used up.
            ValueError: the tape is not open.
        """
        if not self._live:
            raise RuntimeError("Trying to stop recording a tape which is not recording.")
        if not self._recording or self._paused:
            raise ValueError("Tape is not recording.")
        self._paused = True
        try:
            yield
        finally:
            self._paused = False
            # A gradient call in the pause may have used the tape up: recording goes on all the same.
            self._live = True

    def reset(self) -> None:
        """Forgets everything recorded and watched. Raises ValueError if the tape is not open."""
        if not self._recording or self._paused:
            raise ValueError("Tape is not recording.")
        self._pop()
        self._clear()
        self.id = _next_tape()
        self._push()

    # -- watching --------------------------------------------------------------------------------------------------

    def watch(self, tensor: Any) -> None:
        """Watches a tensor, a variable or a nested structure of them.

        Raises:
            ValueError: something that is neither.
            AttributeError: the tape was never entered, or is used up.
        """
        for target in nest.flatten(tensor):
            if hasattr(target, "_watch_parts"):
                for part in target._watch_parts():
                    self.watch(part)
                continue
            if not isinstance(target, (EagerTensor, ResourceVariable)):
                raise ValueError(
                    f"Passed in object {target} of type {type(target).__name__!r}, not tf.Tensor or tf.Variable or "
                    f"ExtensionType."
                )
            if target.dtype.numpy.kind not in "fc":
                warn.warn_first(
                    5, f"The dtype of the watched tensor must be floating (e.g. tf.float32), got {target.dtype!r}"
                )
            if not self._live:
                raise AttributeError("'NoneType' object has no attribute '_tape'")
            if not any(not tape._paused for tape in state.tapes):
                continue  # nothing is recording, and so TensorFlow does nothing
            if observe.sink is not None:
                observe.sink((observe.WATCHED, self.id, getattr(target, "_base", target), False, callsite.here()))
            if isinstance(target, ResourceVariable):
                self._watched.setdefault(id(target._base), target._base)
                self._track_version(target._base, target._value)
            else:
                self._alive.append(target)
                if target._array.dtype.kind in "fc":
                    self._tracked.add(id(target))

    def _accessed(self, variable: ResourceVariable, value: EagerTensor) -> None:
        """A version of a variable that is not tracked yet was read."""
        if self._paused:
            return
        base = variable._base
        if id(base) not in self._watched:
            if not (self._watch_accessed and base._trainable):
                return
            self._watched[id(base)] = base
            if observe.sink is not None:
                observe.sink((observe.WATCHED, self.id, base, True, callsite.here()))
        self._track_version(base, value)

    def _track_version(self, variable: ResourceVariable, value: EagerTensor) -> None:
        if id(value) not in self._tracked and value._array.dtype.kind in "fc":
            self._tracked.add(id(value))
            self._versions.setdefault(id(variable), []).append(value)

    def watched_variables(self) -> tuple[ResourceVariable, ...]:
        """The watched variables in the order in which they were constructed."""
        return tuple(sorted(self._watched.values(), key=lambda v: v._construction))

    # -- differentiating -------------------------------------------------------------------------------------------

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
    ) -> Any:
        """The gradients of ``target`` (the sum of its elements; of a list, the sum of all) with respect to ``sources``.

        Returns:
            A structure like ``sources``: per source a tensor of its shape and dtype (``IndexedSlices`` for gathered
            rows), or None.

        Raises:
            RuntimeError: a non-persistent tape was used before, or was never entered.
            TypeError: ``target`` is None.
            ValueError: an unknown ``unconnected_gradients``.
            LookupError: an op on the path has no gradient rule.
        """
        from tapeview.engine import backward

        self._begin_call()
        result = backward.gradient(self, target, sources, output_gradients, unconnected_gradients)
        self._end_call()
        return result

    def jacobian(
        self,
        target: Any,
        sources: Any,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """The derivative of each element of ``target``: per source a tensor of shape ``target.shape + source.shape``,
        or None.

        Raises:
            RuntimeError: as :meth:`gradient`; or ``experimental_use_pfor=False`` on a non-persistent tape.
        """
        from tapeview.engine import jacobians

        if self._live and not experimental_use_pfor and not self._persistent:
            raise RuntimeError(
                "GradientTape must be created with persistent=True to compute the jacobian with eager execution "
                "enabled and with  "
                "experimental_use_pfor set to False."
            )
        self._begin_call()
        result = jacobians.jacobian(self, target, sources, unconnected_gradients)
        self._end_call()
        return result

    def batch_jacobian(
        self,
        target: Any,
        source: Any,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """Per example the derivative of ``target[k]`` with respect to ``source[k]``: a tensor of shape ``[b,
        *target[0], *source[0]]``.

        Raises:
            ValueError: a rank below 2, or different first dimensions.
            RuntimeError: as :meth:`gradient`.
        """
        from tapeview.engine import jacobians

        if not self._live:
            # TensorFlow joins its two literals without a space here.
            raise RuntimeError(_ONLY_ONCE.replace("to compute", "tocompute"))
        jacobians.check_batch_shapes(target, source)
        if not experimental_use_pfor and not self._persistent:
            raise RuntimeError(
                "GradientTape must be created with persistent=True to compute the batch_jacobian with eager execution "
                "enabled and  with experimental_use_pfor set to False."
            )
        self._begin_call()
        result = jacobians.batch_jacobian(self, target, source, unconnected_gradients)
        self._end_call()
        return result

    def _begin_call(self) -> None:
        if not self._live:
            raise RuntimeError(_ONLY_ONCE)
        if self._broken:
            raise InternalError(
                None,
                None,
                "Internal state of the gradient tape is invalid: failed to find operation producing a tensor",
            )
        if self._recording and not self._paused:
            if not self._persistent:
                self._pop()
            else:
                warn.warn_first(1, _INSIDE)

    def _failed(self) -> None:
        """A rule raised: half of a non-persistent tape is used up."""
        self._broken = not self._persistent

    def _end_call(self) -> None:
        """The call returned; arguments that were refused do not use a tape up."""
        if not self._persistent:
            self._live = False
            watched = self._watched
            self._clear()
            self._watched = watched
        if observe.sink is not None:
            state.begin_updates()
