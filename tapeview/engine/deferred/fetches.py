"""What ``session.run`` is asked for, and the form in which it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from tapeview.engine.deferred.graph import Graph
from tapeview.engine.deferred.operation import Operation
from tapeview.engine.deferred.symbolic import SymbolicTensor
from tapeview.engine.indexed_slices import IndexedSlices


class InaccessibleTensorError(ValueError):
    """A tensor of a branch or of a loop body was asked for from outside."""


InaccessibleTensorError.__module__ = "tensorflow.python.framework.errors_impl"


class IndexedSlicesValue(NamedTuple):
    """The value of an ``IndexedSlices`` that was fetched."""

    values: Any
    indices: Any
    dense_shape: Any


class Fetches:
    """Fetches, checked: which elements of the graph they are, and how results are put together.

    Attributes:
        elements: tensors and nodes, each once.
        pack: gives the answer, from the values of ``elements``.
    """

    def __init__(self, graph: Graph, fetches: Any) -> None:
        self.elements: list[SymbolicTensor | Operation] = []
        self._places: dict[int, int] = {}
        self._graph = graph
        self.pack = self._packer(fetches)

    @property
    def tensors(self) -> list[SymbolicTensor]:
        """The tensors among the elements."""
        return [e for e in self.elements if isinstance(e, SymbolicTensor)]

    @property
    def operations(self) -> list[Operation]:
        """The nodes that are fetched themselves."""
        return [e for e in self.elements if isinstance(e, Operation)]

    @property
    def names(self) -> list[str]:
        """The names of the elements."""
        return [e.name for e in self.elements]

    def _packer(self, fetch: Any) -> Callable[[list[Any]], Any]:
        if fetch is None:
            raise TypeError(f'Argument `fetch` = {fetch} has invalid type "{type(fetch).__name__}". Cannot be None')
        if isinstance(fetch, (list, tuple)) and not hasattr(fetch, "_as_graph_element"):
            parts = [self._packer(f) for f in fetch]
            if hasattr(fetch, "_fields"):
                return lambda values: type(fetch)(*[p(values) for p in parts])
            kind: Any = list if isinstance(fetch, list) else tuple
            return lambda values: kind([p(values) for p in parts])
        if isinstance(fetch, Mapping):
            named = [(k, self._packer(v)) for k, v in fetch.items()]
            made: Any = type(fetch)
            return lambda values: made([(k, p(values)) for k, p in named])
        return self._leaf(fetch)

    def _leaf(self, fetch: Any) -> Callable[[list[Any]], Any]:
        try:
            element = self._graph.as_graph_element(fetch)
        except TypeError as error:
            raise TypeError(
                f'Argument `fetch` = {fetch} has invalid type "{type(fetch).__name__}" must be a string or Tensor. '
                f"({error})"
            ) from None
        except (ValueError, KeyError) as error:
            raise ValueError(f"Argument `fetch` = {fetch} cannot be interpreted as a Tensor. ({error})") from None
        if element.op.body is not None:
            raise InaccessibleTensorError(
                f"Operation {element.op.name} has been marked as not fetchable. Typically this happens when it is "
                "defined in another function or code block. Use return values, explicit Python locals or TensorFlow "
                "collections to access it."
            )
        place = self._places.get(id(element))
        if place is None:
            place = self._places[id(element)] = len(self.elements)
            self.elements.append(element)
        return lambda values: values[place]


def key_of(fetch: Any) -> Any:
    """Tells fetches apart quickly: two with the same key ask for the same in the same form."""
    kind = type(fetch)
    if kind is SymbolicTensor or kind is Operation:
        return id(fetch)
    if kind is list or kind is tuple:
        return (kind, *[key_of(f) for f in fetch])
    if isinstance(fetch, str):
        return fetch
    if isinstance(fetch, Mapping):
        return (kind, *[(k, key_of(v)) for k, v in fetch.items()])
    if isinstance(fetch, tuple):
        return (kind, *[key_of(f) for f in fetch])
    return id(fetch)


def as_numpy(value: Any) -> Any:
    """A tensor's value as the script gets it: an array of its own, a NumPy scalar, or an ``IndexedSlicesValue``."""
    if isinstance(value, IndexedSlices):
        shape = None if value.dense_shape is None else np.array(as_numpy(value.dense_shape))
        return IndexedSlicesValue(as_numpy(value.values), as_numpy(value.indices), shape)
    array = value._array
    return array[()] if array.ndim == 0 else array.copy()
