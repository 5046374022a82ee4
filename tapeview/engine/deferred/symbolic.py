"""Symbolic tensors: what a node will make when a session runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from tapeview.engine.deferred.static_shapes import GraphShape, Sizes, bracketed_shape, shape_text, sizes
from tapeview.engine.dtypes import DType
from tapeview.engine.errors import OperatorNotAllowedInGraphError
from tapeview.engine.tensor import EagerTensor, Reference, Tensor

if TYPE_CHECKING:
    from tapeview.engine.deferred.graph import Graph
    from tapeview.engine.deferred.operation import Operation

Probes = tuple[EagerTensor, EagerTensor] | None
"""Two made-up values, for two sizes of what is not known; None if they can not be made."""

_AS_BOOL = (
    "Using a symbolic `tf.Tensor` as a Python `bool` is not allowed. You can attempt the following resolutions to the "
    "problem: If you are running in Graph mode, use Eager execution mode or decorate this function with @tf.function. "
    "If you are using AutoGraph, you can try decorating this function with @tf.function. If that does not work, then "
    "you may be using an unsupported feature or your source code may not be visible to AutoGraph. See "
    "https://github.com/tensorflow/tensorflow/blob/master/tensorflow/python/autograph/g3doc/reference/limitations.md"
    "#access-to-source-code for more information."
)
_ITERATED = _AS_BOOL.replace("Using a symbolic `tf.Tensor` as a Python `bool`", "Iterating over a symbolic `tf.Tensor`")


class SymbolicTensor(Tensor):
    """An output of a node."""

    __array_priority__ = 200

    def __init__(self, op: Operation, value_index: int, dtype: DType, shape: Sizes, probes: Probes = None) -> None:
        self.op = op
        self.value_index = value_index
        self._dtype = dtype
        self.sizes = shape
        self.probes = probes
        self.alias = ""
        """A name instead of that of the node, with ``:0``."""
        self.indexed = False
        """Whether its value is an ``IndexedSlices``."""

    # -- facts -----------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The node's name with the number of the output (``"add:0"``)."""
        return self.alias or f"{self.op.name}:{self.value_index}"

    @property
    def graph(self) -> Graph:
        """The graph it belongs to."""
        return self.op.graph

    @property
    def dtype(self) -> DType:
        """The element type."""
        return self._dtype

    @property
    def shape(self) -> GraphShape:
        """What is known of the shape."""
        return GraphShape(self.sizes)

    @property
    def ndim(self) -> Any:
        """The number of dimensions; None if it is not known."""
        return None if self.sizes is None else len(self.sizes)

    @property
    def device(self) -> str:
        """The device the script put the node on; mostly none."""
        return self.op.device

    def get_shape(self) -> GraphShape:
        """The same as ``shape``."""
        return self.shape

    def _shape_as_list(self) -> list[int | None] | None:
        return None if self.sizes is None else list(self.sizes)

    def set_shape(self, shape: Any) -> None:
        """Fills in what is not known of the shape. Raises ValueError for another than what is known."""
        from tapeview.engine.deferred import probing

        given = GraphShape(sizes(shape))
        if not self.shape.is_compatible_with(given):
            raise _does_not_fit(self.sizes, sizes(given))
        merged = sizes(self.shape.merge_with(given))
        if merged != self.sizes:
            self.sizes = merged
            self.probes = probing.made_up(merged, self._dtype)

    def consumers(self) -> list[Operation]:
        """The nodes that take it."""
        return [node for node in self.graph.nodes if any(t is self for t in node.all_inputs)]

    def ref(self) -> Reference:
        """A hashable stand-in."""
        return Reference(self)

    experimental_ref = ref

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Its value in the default session.

        Raises:
            ValueError: there is no default session.
        """
        from tapeview.engine.deferred.session import default_session_for

        return default_session_for(self.graph, session, "tensor").run(self, feed_dict)

    # -- not a value -----------------------------------------------------------------------------------------------

    def __bool__(self) -> NoReturn:
        raise OperatorNotAllowedInGraphError(_AS_BOOL)

    def __iter__(self) -> Iterator[Any]:
        raise OperatorNotAllowedInGraphError(_ITERATED)

    def __len__(self) -> NoReturn:
        raise TypeError(
            f"len is not well defined for a symbolic Tensor ({self.name}). Please call `x.shape` rather than `len(x)` "
            "for shape information."
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise NotImplementedError(
            f"Cannot convert a symbolic tf.Tensor ({self.name}) to a numpy array. This error may indicate that you're "
            "trying to pass a Tensor to a NumPy call, which is not supported."
        )

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> Any:
        return self is other

    def __ne__(self, other: object) -> Any:
        return self is not other

    def __copy__(self) -> SymbolicTensor:
        return self

    def __deepcopy__(self, memo: Any) -> SymbolicTensor:
        return self

    def __getattr__(self, name: str) -> Any:
        if name in ("values", "indices", "dense_shape") and self.__dict__.get("indexed"):
            from tapeview.engine.deferred import slices

            return slices.part(self, name)
        raise AttributeError(f"'SymbolicTensor' object has no attribute '{name}'")

    def _read(self) -> NoReturn:
        """Functions that compute come here when they are given a symbolic tensor."""
        raise TypeError(
            f"{self!r} has no value yet: this function computes at once, and a symbolic tensor gets its value in "
            "`session.run`. Use TensorFlow's functions on it, or `tf.py_func` for a function of your own."
        )

    def __repr__(self) -> str:
        return f"<tf.Tensor '{self.name}' shape={shape_text(self.sizes)} dtype={self._dtype.name}>"

    def __str__(self) -> str:
        shape = "" if self.sizes is None else f", shape={shape_text(self.sizes)}"
        return f'Tensor("{self.name}"{shape}, dtype={self._dtype.name})'

    def __format__(self, spec: str) -> str:
        return str(self).__format__(spec)


def _does_not_fit(a: Sizes, b: Sizes) -> ValueError:
    assert a is not None
    assert b is not None
    if len(a) != len(b):
        return ValueError(f"Shapes must be equal rank, but are {len(a)} and {len(b)}")
    k = next(i for i, (m, n) in enumerate(zip(a, b, strict=True)) if m != n and m is not None and n is not None)
    return ValueError(
        f"Dimension {k} in both shapes must be equal, but are {a[k]} and {b[k]}. Shapes are {bracketed_shape(a)} and "
        f"{bracketed_shape(b)}."
    )


SymbolicTensor.__module__ = "tensorflow.python.framework.ops"
