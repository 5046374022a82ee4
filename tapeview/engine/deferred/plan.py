"""From what is fetched and fed to the nodes that have to run, in order, each as a function of the values so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tapeview.engine import nest, seeds
from tapeview.engine.deferred import structures
from tapeview.engine.deferred.operation import Operation
from tapeview.engine.deferred.run import NodeSeeds, Run
from tapeview.engine.deferred.symbolic import SymbolicTensor
from tapeview.engine.errors import InvalidArgumentError
from tapeview.engine.indexed_slices import IndexedSlices
from tapeview.engine.tensor import EagerTensor

Step = Callable[[list[Any], Run], None]
"""Works out one node: takes its inputs from the list of values and puts its outputs there."""


class Plan:
    """What one combination of fetches and fed tensors needs.

    Attributes:
        made: for each node, where its own outputs stand, also where others are fed in their place.
        nodes: the nodes that run, in order.
        steps: what runs them.
        start: the values at the beginning: those of constants, None for others.
        recorded: for each node, whether its ops have to be kept for a gradient node.
        watched: for each node, the places of outputs that gradients are asked for.
    """

    def __init__(
        self, fetched: Iterable[Operation], results: Iterable[SymbolicTensor], fed: list[SymbolicTensor]
    ) -> None:
        self.fed = fed
        self.slots: dict[int, int] = {}
        self.start: list[Any] = []
        self._kept: list[Any] = []
        fed_ids = {id(t) for t in fed}
        for t in fed:
            self._slot(t)
        needed = needed_nodes([*fetched, *[t.op for t in results if id(t) not in fed_ids]], fed_ids)
        ordered = sorted(needed, key=_rank)
        self.served = _served(ordered)
        self.nodes: list[Operation] = []
        self.steps: list[Step] = []
        self.constants: list[Operation] = []
        self.has_inner_gradients = False
        self.made: dict[Operation, list[int]] = {}
        self.late: dict[tuple[Operation, int], int] = {}
        for node in ordered:
            self._lay_out(node, fed_ids)
        self.has_gradients = self.has_inner_gradients or any(n.pseudo == "gradient" for n in self.nodes)
        self.recorded = [n in self.served or n.kind == "variable" or n.pseudo == "read" for n in self.nodes]
        self.watched, self.watched_first = self._sources()

    def slot(self, t: SymbolicTensor) -> int:
        """Where the value of a tensor stands. Raises KeyError if it is not worked out."""
        return self.slots[id(t)]

    def _slot(self, t: SymbolicTensor) -> int:
        key = id(t)
        if key not in self.slots:
            self.slots[key] = len(self.start)
            self.start.append(None)
            self._kept.append(t)
        return self.slots[key]

    def _lay_out(self, node: Operation, fed: set[int]) -> None:
        places = []
        for t in node.results:
            if id(t) in fed:
                self.start.append(None)  # what the node makes goes nowhere
                self._kept.append(t)
                places.append(len(self.start) - 1)
            else:
                places.append(self._slot(t))
        self.made[node] = places
        if node.constant is not None:
            self.start[places[0]] = node.constant
            self.constants.append(node)
            return
        self.nodes.append(node)
        self.steps.append(self._step(node, places))

    def _step(self, node: Operation, places: list[int]) -> Step:
        make = _PSEUDO.get(node.pseudo, call_step)
        late = (
            [t for t in node.all_inputs if t.op.pseudo == "read" and not t.op.controls_on] if node.controls_on else []
        )
        late = [t for t in late if not t.op.details.is_resource]
        return self._reading_late(make, node, places, late) if late and not node.pseudo else make(self, node, places)

    def _reading_late(self, make: Any, node: Operation, places: list[int], late: list[SymbolicTensor]) -> Step:
        """A node that waits for others sees what these have done to variables: in TensorFlow 1 a variable's value is
        its memory, and not a copy."""
        before = {id(t): self.slots[id(t)] for t in late}
        pairs = []
        for t in late:
            self.start.append(None)
            self.slots[id(t)] = self.late[node, id(t)] = len(self.start) - 1
            pairs.append((before[id(t)], self.slots[id(t)], t))
        step = make(self, node, places)
        self.slots.update(before)

        def reading(values: list[Any], run: Run) -> None:
            for old, new, t in pairs:
                value = values[old]
                variable = run.session.cell(t.op.details).variable
                values[new] = variable._read() if variable is not None and value._origin is variable else value
            step(values, run)

        return reading

    def input_slot(self, node: Operation, t: SymbolicTensor) -> int:
        """Where the value stands that a node takes as input ``t``."""
        return self.late.get((node, id(t))) or self.slots[id(t)]

    def _sources(self) -> tuple[dict[int, list[tuple[int, Any]]], list[int]]:
        calls = {id(n.details.call): n.details.call for n in self.nodes if n.pseudo == "gradient"}
        sources = {id(t): t for call in calls.values() for t in (*call.sources, *call.breaks)}
        watched: dict[int, list[tuple[int, Any]]] = {}
        first = []
        position = {node: k for k, node in enumerate(self.nodes)}
        for t in sources.values():
            if id(t) not in self.slots:
                continue
            k = position.get(t.op)
            if k is None:
                first.append(self.slots[id(t)])
            else:
                watched.setdefault(k, []).append((self.slots[id(t)], t))
                self.recorded[k] = True
        return watched, first


def _rank(node: Operation) -> tuple[int, int]:
    """Variables are read as early as possible; everything else runs in the order in which it was written."""
    early = node.kind == "variable" or (node.pseudo == "read" and not node.controls_on)
    return (0 if early else 1, node.number)


def needed_nodes(ends: Iterable[Operation], fed: set[int]) -> set[Operation]:
    """All nodes that have to run for ``ends``, given that tensors with ids in ``fed`` are there."""
    needed: set[Operation] = set()
    stack = list(ends)
    while stack:
        node = stack.pop()
        if node in needed:
            continue
        needed.add(node)
        if node.constant is None:
            stack += [t.op for t in node.all_inputs if id(t) not in fed and t.op not in needed]
        stack += [c for c in node.controls_on if c not in needed]
        if node.serves_node is not None:
            stack.append(node.serves_node)
    return needed


def _served(nodes: list[Operation]) -> set[Operation]:
    found: set[Operation] = set()
    for node in nodes:
        served = node.serves_node
        while served is not None and served not in found:
            found.add(served)
            served = served.serves_node
    return found


# -- steps ---------------------------------------------------------------------------------------------------------


def filler(plan: Plan, node: Operation) -> Callable[[list[Any]], tuple[Any, Any]]:
    """Gives, from the list of values, the arguments of a node's function."""
    slots = dict(plan.slots)
    if structures.is_shallow(node.args, node.kwargs):
        places = [(slots[id(a)], None) if isinstance(a, SymbolicTensor) else (None, a) for a in node.args]
        fixed = {k: v for k, v in node.kwargs.items() if not isinstance(v, SymbolicTensor)}
        named = [(k, slots[id(v)]) for k, v in node.kwargs.items() if isinstance(v, SymbolicTensor)]

        def fill_quickly(values: list[Any]) -> tuple[Any, Any]:
            args = [a if s is None else values[s] for s, a in places]
            return args, ({**fixed, **{k: values[s] for k, s in named}} if named else fixed)

        return fill_quickly

    makers = [_maker(v, slots) for v in node.args]
    by_name = [(k, _maker(v, slots)) for k, v in node.kwargs.items()]

    def fill(values: list[Any]) -> tuple[Any, Any]:
        return [make(values) for make in makers], {k: make(values) for k, make in by_name}

    return fill


def _maker(v: Any, slots: dict[int, int]) -> Callable[[list[Any]], Any]:
    """Gives one argument from the list of values."""
    if isinstance(v, SymbolicTensor):
        slot = slots[id(v)]
        return lambda values: values[slot]
    if not structures.symbolic_in(v, []):
        return lambda values: v
    if type(v) in (list, tuple):
        parts, kind = [_maker(part, slots) for part in v], type(v)
        if kind is list:
            return lambda values: [part(values) for part in parts]
        return lambda values: tuple([part(values) for part in parts])

    def fill(values: list[Any]) -> Any:
        return structures.replaced(
            v, lambda leaf: values[slots[id(leaf)]] if isinstance(leaf, SymbolicTensor) else leaf
        )

    return fill


def call_step(plan: Plan, node: Operation, places: list[int]) -> Step:
    """Calls the node's function."""
    function: Any = node.run_function
    if node.seeds is not None:
        function = _seeded(node, function)
    put = _put(node, places)
    if any(isinstance(v, SymbolicTensor) for v in node.kwargs.values()) or not structures.is_shallow(
        node.args, node.kwargs
    ):
        fill = filler(plan, node)

        def general(values: list[Any], run: Run) -> None:
            args, kwargs = fill(values)
            put(values, function(*args, **kwargs))

        return general
    return _plain_step(plan, node, places, function, put)


def _plain_step(plan: Plan, node: Operation, places: list[int], function: Any, put: Any) -> Step:
    args, kwargs = node.args, node.kwargs
    slots = [plan.slots[id(a)] if isinstance(a, SymbolicTensor) else None for a in args]
    given = [s for s in slots if s is not None]
    if node.single and not node.results[0].indexed and len(given) == len(slots):
        place = places[0]
        if len(given) == 1:
            (a,) = given
            if not kwargs:
                return lambda values, run: values.__setitem__(place, function(values[a]))
            return lambda values, run: values.__setitem__(place, function(values[a], **kwargs))
        if len(given) == 2 and not kwargs:
            x, y = given
            return lambda values, run: values.__setitem__(place, function(values[x], values[y]))
    picked = [(s, v) for s, v in zip(slots, args, strict=True)]

    def step(values: list[Any], run: Run) -> None:
        put(values, function(*[v if s is None else values[s] for s, v in picked], **kwargs))

    return step


def _put(node: Operation, places: list[int]) -> Callable[[list[Any], Any], None]:
    if len(places) == 1:
        place = places[0]

        def put_one(values: list[Any], result: Any) -> None:
            if result.__class__ is not EagerTensor:
                result = next(leaf for leaf in nest.flatten(result) if isinstance(leaf, (EagerTensor, IndexedSlices)))
            values[place] = result

        return put_one

    def put(values: list[Any], result: Any) -> None:
        leaves = [leaf for leaf in nest.flatten(result) if isinstance(leaf, (EagerTensor, IndexedSlices))]
        for place, leaf in zip(places, leaves, strict=True):
            values[place] = leaf

    return put


def _seeded(node: Operation, function: Any) -> Any:
    from tapeview.engine.deferred.mode import local

    def drawn(*args: Any, **kwargs: Any) -> Any:
        run = local.run
        assert run is not None
        streams = run.session.streams
        found = streams.get(node)
        if found is None:
            assert node.seeds is not None
            found = streams[node] = NodeSeeds(*node.seeds)
        with seeds.inside(found):
            return function(*args, **kwargs)

    return drawn


def _nothing(plan: Plan, node: Operation, places: list[int]) -> Step:
    return lambda values, run: None


def _missing(plan: Plan, node: Operation, places: list[int]) -> Step:
    t = node.results[0]
    shape = ""
    if t.sizes:
        from tapeview.engine.deferred.static_shapes import bracketed_shape

        shape = f" and shape {bracketed_shape(t.sizes)}"
    text = (
        f"You must feed a value for placeholder tensor '{node.name}' with dtype {t.dtype.word}{shape}\n\t "
        f"[[{{{{node {node.name}}}}}]]"
    )

    def refuse(values: list[Any], run: Run) -> None:
        raise InvalidArgumentError(node.node_def, node, text)

    return refuse


def _cell(plan: Plan, node: Operation, places: list[int]) -> Step:
    place, variable = places[0], node.details

    def step(values: list[Any], run: Run) -> None:
        values[place] = run.session.cell(variable)

    return step


def _reading(plan: Plan, node: Operation, places: list[int]) -> Step:
    place, source, name = places[0], plan.slots[id(node.all_inputs[0])], node.name

    def step(values: list[Any], run: Run) -> None:
        cell = values[source]
        values[place] = cell if cell.__class__ is EagerTensor else cell.known(name)._read()

    return step


def _with_run(plan: Plan, node: Operation, places: list[int]) -> Step:
    """The node's function gets the run as its first argument."""
    fill, put, function = filler(plan, node), _put(node, places), node.run_function
    assert function is not None
    if not node.kwargs and all(isinstance(a, SymbolicTensor) or not structures.symbolic_in(a, []) for a in node.args):
        picked = [(plan.slots[id(a)], None) if isinstance(a, SymbolicTensor) else (None, a) for a in node.args]

        def plain(values: list[Any], run: Run) -> None:
            result = function(run, *[v if s is None else values[s] for s, v in picked])
            if places:
                put(values, result)

        return plain

    def step(values: list[Any], run: Run) -> None:
        args, kwargs = fill(values)
        result = function(run, *args, **kwargs)
        if places:
            put(values, result)

    return step


def _bodies(plan: Plan, node: Operation, places: list[int]) -> Step:
    from tapeview.engine.deferred.bodies import bodies_step

    return bodies_step(plan, node, places)


def _gradient(plan: Plan, node: Operation, places: list[int]) -> Step:
    from tapeview.engine.deferred.gradient_nodes import gradient_step

    return gradient_step(plan, node, places)


_PSEUDO: dict[str, Callable[[Plan, Operation, list[int]], Step]] = {
    "nothing": _nothing,
    "placeholder": _missing,
    "variable": _cell,
    "read": _reading,
    "with run": _with_run,
    "gradient": _gradient,
    "bodies": _bodies,
}
