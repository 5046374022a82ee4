"""Derivatives carried forward (``tf.autodiff.ForwardAccumulator``)."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine import nest, warn
from tapeview.engine.convert import is_tensor_like, to_tensor
from tapeview.engine.tape import GradientTape, UnconnectedGradients
from tapeview.engine.tensor import EagerTensor


class ForwardAccumulator:
    """Computes how results of the ops in its block change when ``primals`` move along ``tangents``.

    It is a tape of its own: a product with the Jacobian from the right is the derivative of the products from the left
    with respect to their weights, and these are gradients.

    Args:
        primals: a tensor, a variable, or a nested structure of them.
        tangents: tensors in the same structure.

    Raises:
        ValueError: the structures differ.
    """

    def __init__(self, primals: Any, tangents: Any) -> None:
        self._primals = nest.flatten(primals)
        self._tangents = [to_tensor(t) for t in nest.flatten(tangents)]
        if len(self._primals) != len(self._tangents) or is_tensor_like(primals) != is_tensor_like(tangents):
            raise ValueError(
                "The two structures don't have the same nested structure.\n\n"
                f"First structure: type={type(primals).__name__} str={primals}\n\n"
                f"Second structure: type={type(tangents).__name__} str={tangents}"
            )
        for primal in self._primals:
            if primal.dtype.numpy.kind not in "fc":
                text = f"The dtype of the watched primal must be floating (e.g. tf.float32), got {primal.dtype!r}"
                warn.warn_first(5, text)
        self._tape = GradientTape(persistent=True, watch_accessed_variables=False)

    def __enter__(self) -> ForwardAccumulator:
        if self._tape._recording:
            raise ValueError("Accumulator is already recording.")
        self._tape.__enter__()
        for primal in self._primals:
            if primal.dtype.numpy.kind in "fc":
                self._tape.watch(primal)
        return self

    def __exit__(self, *_: object) -> None:
        self._tape.__exit__()

    def jvp(self, primals: Any, unconnected_gradients: Any = UnconnectedGradients.NONE) -> Any:
        """The change of each tensor of ``primals``, in their structure; None (or zeros) for what does not change.

        Raises:
            ValueError: an unknown ``unconnected_gradients``.
            LookupError: an op on the path has no gradient rule.
        """
        if unconnected_gradients not in (UnconnectedGradients.NONE, UnconnectedGradients.ZERO):
            raise ValueError(f"Unknown value for unconnected_gradients: {unconnected_gradients!r}")
        zero = unconnected_gradients == UnconnectedGradients.ZERO
        return nest.pack_like(primals, [self._change_of(t, zero) for t in nest.flatten(primals)])

    def _change_of(self, target: Any, zero: bool) -> Any:
        if self._tape._recording and not self._tape._paused:
            with self._tape.stop_recording():
                change = self._product(target)
        else:
            change = self._product(target)
        if change is None and zero:
            return EagerTensor(np.zeros_like(target._array))
        return change

    def _product(self, target: Any) -> Any:
        weights = EagerTensor(np.zeros_like(target._array))
        with GradientTape(watch_accessed_variables=False) as outer:
            outer.watch(weights)
            rows = self._tape.gradient(target, self._primals, output_gradients=[weights])
        pairs = [(r, t) for r, t in zip(rows, self._tangents, strict=True) if r is not None]
        if not pairs:
            return None
        return outer.gradient([r for r, _ in pairs], weights, output_gradients=[t for _, t in pairs])
