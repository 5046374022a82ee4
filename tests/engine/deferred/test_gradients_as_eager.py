"""``tf.gradients`` of every op that has a sample, of first and second order, against tapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tapeview.engine import deferred
from tapeview.engine.deferred import constants
from tapeview.engine.ops import elementwise, reduction
from tapeview.engine.tape import GradientTape
from tapeview.engine.tensor import EagerTensor
from tests.engine.ops.sample import Sample, collect

SAMPLES = {name: samples[:2] for name, samples in collect().items()}


KNOWN = ("GatherGrad", "Unpack")
"""Ops whose samples need a first axis of known size: how many outputs there are depends on it."""


def weights(shape: Any) -> np.ndarray[Any, Any]:
    """A weight for each element, so that nothing cancels out."""
    return 1 + 0.5 * np.sin(np.arange(1, int(np.prod(shape)) + 1) * 1.7).reshape(shape)


def floats(s: Sample) -> list[int]:
    found = [k for k, v in enumerate(s.inputs) if v.dtype.kind == "f"]
    return found if s.wrt is None else [k for k in found if k in s.wrt]


def of_tapes(s: Sample, order: int) -> list[list[Any]]:
    tensors = [EagerTensor(v.copy()) for v in s.inputs]
    sources = [tensors[k] for k in floats(s)]
    with GradientTape() as outer:
        outer.watch(sources)
        with GradientTape() as inner:
            inner.watch(sources)
            target = total(flat(s.run(*tensors)))
            if target is None:
                return [[None] * len(sources)] * order
        first = inner.gradient(target, sources)
        second = total(first) if order > 1 else None
    found = [[arrays(g) for g in first]]
    if order > 1:
        curves = outer.gradient(second, sources) if second is not None else [None] * len(sources)
        found.append([arrays(g) for g in curves])
    return found


def arrays(g: Any) -> Any:
    return None if g is None else np.asarray(g._densify() if hasattr(g, "_densify") else g)


def flat(result: Any) -> list[Any]:
    parts = list(result) if isinstance(result, (list, tuple)) else [result]
    return [p for p in parts if p is not None and p.dtype.is_floating]


def total(parts: list[Any]) -> Any:
    """The weighted sum of all elements; of symbolic tensors a node."""
    known = [p for p in parts if p is not None]
    return None if not known else summed(*known)


def _sum(*parts: Any) -> Any:
    dense = [p._densify() if hasattr(p, "_densify") else p for p in parts]
    found = [reduction.reduce_sum(p * EagerTensor(weights(p._array.shape).astype(p._array.dtype))) for p in dense]
    result = found[0]
    for part in found[1:]:
        result = elementwise.add(elementwise.cast(result, part.dtype), part)
    return result


summed: Callable[..., Any] = deferred.lifted(_sum, "test.sum")


def of_graph(s: Sample, order: int, known: bool = False) -> list[list[Any]]:
    graph = deferred.Graph()
    with graph.as_default():
        first_size = (lambda v: v.shape[0]) if known else (lambda _: None)
        places = [constants.placeholder(v.dtype, [first_size(v), *v.shape[1:]] if v.ndim else []) for v in s.inputs]
        feed = dict(zip(places, s.inputs, strict=True))
        sources = [places[k] for k in floats(s)]
        outputs = flat(deferred.lifted(s.run, "test.sample")(*places))
        if not outputs:
            return [[None] * len(sources)] * order
        target = total(outputs)
        first = deferred.gradients(target, sources)
        asked: list[list[Any]] = [first]
        if order > 1:
            second = total(first)
            asked.append([None] * len(sources) if second is None else deferred.gradients(second, sources))
        dense = [[None if g is None else constants.convert_to_tensor(g) for g in gs] for gs in asked]
        session = deferred.Session()
        found = []
        for gs in dense:
            values = iter(session.run([g for g in gs if g is not None], feed))
            found.append([None if g is None else next(values) for g in gs])
        return found


def order_of(s: Sample) -> int:
    try:
        of_tapes(s, s.order)
    except LookupError:
        return 1
    return s.order


@pytest.mark.parametrize("name", SAMPLES)
def test_gradients_of_a_graph_are_those_of_a_tape(name: str) -> None:
    for s in SAMPLES[name]:
        if not floats(s):
            continue
        order = order_of(s)
        try:
            want = of_tapes(s, order)
        except LookupError:
            with pytest.raises(LookupError, match="No gradient defined for operation"):
                of_graph(s, 1)
            continue
        have = of_graph(s, order, known=name in KNOWN)
        for ours, theirs in zip(have, want, strict=True):
            for a, b in zip(ours, theirs, strict=True):
                if b is None:
                    assert a is None or not np.any(a), name
                else:
                    assert a is not None, name
                    np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-9)
