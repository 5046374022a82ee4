"""Iterators of datasets in graphs: ``get_next()`` is a node that gives the next element in each run."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from tapeview.engine import dtypes, nest
from tapeview.engine.deferred import probing
from tapeview.engine.deferred.controls import waited_for
from tapeview.engine.deferred.graph import get_default_graph
from tapeview.engine.deferred.lifting import finish, node_name
from tapeview.engine.deferred.mode import eagerly
from tapeview.engine.deferred.operation import Operation
from tapeview.engine.deferred.static_shapes import sizes
from tapeview.engine.deferred.structures import replaced, symbolic_in
from tapeview.engine.deferred.symbolic import SymbolicTensor
from tapeview.engine.errors import FailedPreconditionError, OutOfRangeError
from tapeview.engine.scripting import structure
from tapeview.engine.scripting.specs import TensorSpec

_next_number = itertools.count().__next__


class DatasetRecipe:
    """A dataset that takes symbolic tensors: it is made when its iterator is initialized.

    Attributes:
        symbols: the symbolic tensors it takes.
        build: makes the dataset, from a function that gives the value of a symbolic tensor.
    """

    def __init__(self, symbols: list[SymbolicTensor], build: Callable[[Callable[[Any], Any]], Any]) -> None:
        self.symbols = symbols
        self.build = build

    @property
    def element_spec(self) -> Any:
        """The shapes and types of an element, in its structure."""
        with eagerly():
            pair = [self.build(lambda t, k=k: t.probes[k] if t.probes else None).element_spec for k in (0, 1)]  # type: ignore[misc]
        first, second = [structure.flatten(p) for p in pair]
        merged = [_merged_spec(a, b) for a, b in zip(first, second, strict=True)]
        return structure.pack_sequence_as(pair[0], merged)

    @property
    def output_types(self) -> Any:
        """The types of an element."""
        return structure.map_structure(lambda s: s.dtype, self.element_spec)

    @property
    def output_shapes(self) -> Any:
        """The shapes of an element."""
        return structure.map_structure(lambda s: s.shape, self.element_spec)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)

        def method(*args: Any, **kwargs: Any) -> DatasetRecipe:
            symbols = symbolic_in(kwargs, symbolic_in(args, list(self.symbols)))

            def build(value: Callable[[Any], Any]) -> Any:
                def leaf(v: Any) -> Any:
                    return value(v) if isinstance(v, SymbolicTensor) else v

                return getattr(self.build(value), name)(*replaced(args, leaf), **replaced(kwargs, leaf))

            return DatasetRecipe(symbols, build)

        return method

    def make_one_shot_iterator(self) -> GraphIterator:
        """Not possible: it takes symbolic tensors. Raises ValueError."""
        raise ValueError(
            "A dataset of symbolic tensors has no one-shot iterator; use `tf.data.make_initializable_iterator` and run "
            "its initializer."
        )

    def make_initializable_iterator(self, shared_name: str | None = None) -> GraphIterator:
        """An iterator that begins when its initializer runs."""
        return make_initializable_iterator(self)


def _merged_spec(a: Any, b: Any) -> Any:
    shape = [m if m == n else None for m, n in zip(a.shape, b.shape, strict=True)]
    return TensorSpec(shape, a.dtype)


def recipe(method: Callable[..., Any], args: tuple[Any, ...]) -> DatasetRecipe | None:
    """A dataset made of symbolic tensors; None if there are none."""
    symbols = symbolic_in(args, [])
    if not symbols:
        return None

    def build(value: Callable[[Any], Any]) -> Any:
        return method(*replaced(args, lambda v: value(v) if isinstance(v, SymbolicTensor) else v))

    return DatasetRecipe(symbols, build)


class GraphIterator:
    """What gives the elements of a dataset, one in each run.

    Attributes:
        initializer: the node that begins again.
    """

    def __init__(self, dataset: Any, spec: Any, starts_itself: bool) -> None:
        self._dataset = dataset
        self._spec = spec
        self._starts_itself = starts_itself
        self._number = _next_number()
        self._initializer: Operation | None = None

    @property
    def initializer(self) -> Operation:
        """The node that begins again. Raises ValueError for an iterator that needs none."""
        if self._starts_itself:
            raise ValueError("Iterator does not have an initializer.")
        if self._initializer is None:
            if self._dataset is None:
                raise ValueError("Iterator does not have an initializer.")
            self._initializer = self.make_initializer(self._dataset)
        return self._initializer

    @property
    def element_spec(self) -> Any:
        """The shapes and types of an element, in its structure."""
        return self._spec

    @property
    def output_types(self) -> Any:
        """The types of an element."""
        return structure.map_structure(lambda s: s.dtype, self._spec)

    @property
    def output_shapes(self) -> Any:
        """The shapes of an element."""
        return structure.map_structure(lambda s: s.shape, self._spec)

    def make_initializer(self, dataset: Any, name: str | None = None) -> Operation:
        """A node that begins with the elements of ``dataset``."""
        graph = get_default_graph()
        symbols = list(dataset.symbols) if isinstance(dataset, DatasetRecipe) else []

        def begin(run: Any, *values: Any) -> None:
            made = dataset
            if isinstance(dataset, DatasetRecipe):
                known = {id(t): v for t, v in zip(symbols, values, strict=True)}
                made = dataset.build(lambda t: known[id(t)])
            run.session.kept[self._number] = iter(made)

        node = Operation(
            graph, node_name(graph, name or "MakeIterator", ""), "MakeIterator", "op", begin, tuple(symbols),
            inputs=symbols, controls=waited_for(graph, symbols),
        )  # fmt: skip
        node.pseudo = "with run"
        finish(node)
        return node

    def get_next(self, name: str | None = None) -> Any:
        """The next element as symbolic tensors. Runs raise OutOfRangeError at the end."""
        graph = get_default_graph()
        node = Operation(graph, node_name(graph, name or "IteratorGetNext", ""), "IteratorGetNext", "op", self._next)
        node.controls_on = waited_for(graph, ())
        node.pseudo = "with run"
        for k, spec in enumerate(structure.flatten(self._spec)):
            kind, shape = dtypes.as_dtype(spec.dtype), sizes(spec.shape)
            node.results.append(SymbolicTensor(node, k, kind, shape, probing.made_up(shape, kind)))
        finish(node)
        return structure.pack_sequence_as(self._spec, node.results)

    def _next(self, run: Any) -> Any:
        kept = run.session.kept
        found: Iterator[Any] | None = kept.get(self._number)
        if found is None:
            if not self._starts_itself:
                raise FailedPreconditionError(
                    None, None, "GetNext() failed because the iterator has not been initialized. Ensure that you have "
                    "run the initializer operation for this iterator before getting the next element."
                )  # fmt: skip
            found = kept[self._number] = iter(self._dataset)
        try:
            return nest.flatten(structure.flatten(next(found)))
        except StopIteration:
            raise OutOfRangeError(None, None, "End of sequence") from None

    @staticmethod
    def from_structure(
        output_types: Any, output_shapes: Any = None, shared_name: str | None = None, output_classes: Any = None
    ) -> GraphIterator:
        """An iterator that ``make_initializer`` gives the elements of several datasets in turn."""
        kinds = structure.flatten(output_types)
        shapes = structure.flatten(output_shapes) if output_shapes is not None else [None] * len(kinds)
        specs = [_Spec(k, s) for k, s in zip(kinds, shapes, strict=True)]
        return GraphIterator(None, structure.pack_sequence_as(output_types, specs), False)


GraphIterator.__name__ = "Iterator"


class _Spec:
    def __init__(self, dtype: Any, shape: Any) -> None:
        self.dtype = dtypes.as_dtype(dtype)
        self.shape = shape


def _spec_of(dataset: Any) -> Any:
    with eagerly():
        return dataset.element_spec


def make_one_shot_iterator(dataset: Any) -> GraphIterator:
    """An iterator that begins by itself in each session."""
    if isinstance(dataset, DatasetRecipe):
        return dataset.make_one_shot_iterator()
    return GraphIterator(dataset, _spec_of(dataset), True)


def make_initializable_iterator(dataset: Any, shared_name: str | None = None) -> GraphIterator:
    """An iterator that begins when its initializer runs."""
    made = GraphIterator(dataset, _spec_of(dataset), False)
    _ = made.initializer
    return made
