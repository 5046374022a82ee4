"""``tf.gradients``: adds, for each node between ``xs`` and ``ys``, a node that sends the gradient back through it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from tapeview.engine import nest
from tapeview.engine.backward import check_unconnected
from tapeview.engine.deferred import custom_rules, gradient_names, gradient_nodes
from tapeview.engine.deferred.constants import as_tensor
from tapeview.engine.deferred.graph import Graph, get_default_graph
from tapeview.engine.deferred.lifting import add_node
from tapeview.engine.deferred.operation import Operation
from tapeview.engine.deferred.symbolic import SymbolicTensor
from tapeview.engine.ops import arithmetic, elementwise

_next_call = itertools.count(1).__next__

Grads = dict[int, list[SymbolicTensor]]


class GradientsCall:
    """One call of ``tf.gradients``, or of a part of it.

    Attributes:
        targets, sources: ``ys``, and the tensors that stand for ``xs``.
        keys: how the script named each source.
        results: what it returned for each source.
        breaks: outputs of nodes with a rule of the script's own: gradients of these are asked for, too.
    """

    def __init__(self, graph: Graph, targets: list[SymbolicTensor], sources: list[SymbolicTensor]) -> None:
        self.number = _next_call()
        self.graph = graph
        self.targets = targets
        self.sources = sources
        self.owners: list[Any] = []
        self.breaks: list[SymbolicTensor] = []
        self.seeds: list[Any] = []
        self.results: list[Any] = []


def gradients(
    ys: Any, xs: Any, grad_ys: Any = None, name: str = "gradients", colocate_gradients_with_ops: bool = False,
    gate_gradients: Any = False, aggregation_method: Any = None, stop_gradients: Any = None,
    unconnected_gradients: Any = "none",
) -> list[Any]:  # fmt: skip
    """The derivatives of the sum of ``ys`` with respect to each of ``xs``, as a list of symbolic tensors and None.

    Raises:
        ValueError: ``grad_ys`` of another length, an unknown ``unconnected_gradients``.
        LookupError: a node on the path has no gradient.
        TypeError: gradients of ints that are given, or given for another type.
    """
    targets = [_target(y) for y in _listed(ys)]
    given = _listed(grad_ys) if grad_ys is not None else [None] * len(targets)
    if len(given) != len(targets):
        raise ValueError(f"Length mismatch. Passed {len(given)} grad_ys for {len(targets)} ys")
    zero = check_unconnected(unconnected_gradients)
    owners = _listed(xs)
    graph = targets[0].graph if targets else get_default_graph()
    stops = {id(s) for v in _listed(stop_gradients) if v is not None for s in _sources(v)}
    with graph.as_default(), graph.name_scope(name) as scope:
        sources = [_sources(x) for x in owners]
        call = GradientsCall(graph, targets, [s for group in sources for s in group])
        call.owners = owners
        path = Path(call.sources, targets, stops)
        grads = _seeded(graph, path, targets, given, call)
        _send_back(graph, path, grads, call, scope)
        results = [_total(graph, [g for s in group for g in grads.get(id(s), ())]) for group in sources]
        filled = [
            _zeros(group[0]) if r is None and zero and group else r for r, group in zip(results, sources, strict=True)
        ]
    call.results = filled
    return filled


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return nest.flatten(value) if isinstance(value, (list, tuple, dict)) else [value]


def _target(y: Any) -> SymbolicTensor:
    return as_tensor(y, None, "y") if not isinstance(y, SymbolicTensor) else y


def _sources(x: Any) -> list[SymbolicTensor]:
    """The tensors through which ``x`` takes part: itself, or every reading of a variable."""
    if isinstance(x, SymbolicTensor):
        if x.op.kind == "variable":
            return [t.op.results[0] for t in _readings(x.op.details)]
        return [x]
    if hasattr(type(x), "_symbolic_value"):
        return _readings(x)
    return []


def _readings(variable: Any) -> list[SymbolicTensor]:
    return [n.results[0] for n in variable.graph.nodes if n.pseudo == "read" and n.details is variable]


class Path:
    """The nodes between sources and targets.

    Attributes:
        nodes: those on it, last first.
        on_path: ids of tensors that depend on a source.
    """

    def __init__(self, sources: Sequence[SymbolicTensor], targets: Sequence[SymbolicTensor], stops: set[int]) -> None:
        self.stops = stops
        self.sources = {id(s) for s in sources}
        self.on_path = set(self.sources)
        before: set[Operation] = set()
        stack = [t.op for t in targets]
        while stack:
            node = stack.pop()
            if node not in before:
                before.add(node)
                stack += [t.op for t in gradient_nodes.depends_on(node)]
        ordered = sorted(before, key=lambda n: n.number)
        self.nodes: list[Operation] = []
        for node in ordered:
            if all(id(t) in stops for t in node.results):
                continue
            if any(self.passes(t) for t in gradient_nodes.depends_on(node)):
                self.nodes.append(node)
                for t in node.results:
                    if t.dtype.numpy.kind in "fc" and id(t) not in stops:
                        self.on_path.add(id(t))
        self.nodes.reverse()

    def passes(self, t: SymbolicTensor) -> bool:
        """Whether a gradient of this tensor is of use."""
        return id(t) in self.on_path and t.dtype.numpy.kind in "fc"


def _seeded(
    graph: Graph, path: Path, targets: Sequence[SymbolicTensor], given: Sequence[Any], call: GradientsCall
) -> Grads:
    grads: Grads = {}
    for k, (y, seed) in enumerate(zip(targets, given, strict=True)):
        if seed is None:
            if id(y) not in path.on_path:
                continue
            if y.dtype.numpy.kind not in "fc":
                continue
            seed = add_node(elementwise.ones_like, (y,), f"grad_ys_{k}", "Fill")
        else:
            kind = y.dtype.base_dtype
            seed = as_tensor(seed, None if isinstance(seed, SymbolicTensor) else kind, f"grad_ys_{k}")
            if seed.dtype.base_dtype is not kind:
                raise TypeError(
                    f"Gradient type {seed.dtype.base_dtype.name} generated for tensor {y} with type {kind.name} "
                    "must be of the same type."
                )
        call.seeds.append(seed)
        if id(y) in path.on_path:
            grads.setdefault(id(y), []).append(seed)
    return grads


def _send_back(graph: Graph, path: Path, grads: Grads, call: GradientsCall, scope: str) -> None:
    for node in path.nodes:
        upstream = [None if id(t) in path.stops else _total(graph, grads.get(id(t), [])) for t in node.results]
        for t, g in zip(node.results, upstream, strict=True):
            if g is not None and id(t) in grads:
                grads[id(t)] = [g]
        if all(g is None for g in upstream):
            continue
        own = custom_rules.sent_back(node, upstream)
        if own is not None:
            call.breaks += [t for t, g in zip(node.results, upstream, strict=True) if g is not None]
            for t, g in own:
                if g is not None and path.passes(t):
                    grads.setdefault(id(t), []).append(as_tensor(g, t.dtype.base_dtype))
            continue
        wanted = [t for t in gradient_nodes.depends_on(node) if path.passes(t)]
        with graph.name_scope(f"{gradient_names.base(node)}_grad"):
            sent = gradient_nodes.add(graph, node, upstream, wanted, call)
        for t, g in zip(wanted, sent, strict=True):
            if g is not None:
                grads.setdefault(id(t), []).append(g)


def _total(graph: Graph, parts: list[SymbolicTensor]) -> SymbolicTensor | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    return add_node(_sum_of, tuple(parts), None, "AddN", default_name="AddN")  # type: ignore[no-any-return]


def _sum_of(*parts: Any) -> Any:
    from tapeview.engine.backward import _sum

    total = parts[0]
    if len(parts) > 1 and not any(hasattr(p, "_densify") for p in parts):
        return arithmetic.add_n(list(parts))
    for part in parts[1:]:
        total = _sum(total, part)
    return total


def _zeros(x: SymbolicTensor) -> SymbolicTensor:
    return add_node(elementwise.zeros_like, (x,), None, "ZerosLike", default_name="zeros_like")  # type: ignore[no-any-return]


def hessians(
    ys: Any, xs: Any, name: str = "hessians", colocate_gradients_with_ops: bool = False, gate_gradients: bool = False,
    aggregation_method: Any = None,
) -> list[Any]:  # fmt: skip
    """The second derivatives of the sum of ``ys``: for each of ``xs`` a tensor of shape ``x.shape + x.shape``.

    Raises:
        ValueError: a shape of ``xs`` is not known.
    """
    from tapeview.engine.deferred.public import tf

    found = []
    graph = get_default_graph()
    for gradient, x in zip(gradients(ys, xs), _listed(xs), strict=True):
        with graph.name_scope(name):
            sizes = x.shape.as_list()
            if None in sizes:
                raise ValueError("tapeview works out `tf.hessians` only where the shape of `xs` is known.")
            flat = tf.reshape(gradient, [-1])
            rows = [gradients(flat[k], x)[0] for k in range(math.prod(sizes))]
            rows = [tf.zeros_like(x) if row is None else row for row in rows]
            found.append(tf.reshape(tf.stack(rows), [*sizes, *sizes]))
    return found
