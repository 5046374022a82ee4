"""The picture of a tape as a networkx graph: what is visible, how it hangs together, what is known of it whatever the
cursor.

Nodes stand in an order of execution; a node's place in that order is its *structural number*. Two steps of the same
structure give each part the same number, so that they share a layout.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from tapeview.graph.fold import LIMIT, Group, GroupKey, tree, visible
from tapeview.graph.wiring import Leaf, Wiring, wire
from tapeview.trace import names
from tapeview.trace.query import Recording, Step
from tapeview.trace.records import BackwardStep, Op, Tensor

if TYPE_CHECKING:  # importing networkx takes 0.2 s, which the window's first paint need not wait for
    import networkx

NodeKey = tuple[Any, ...]
"""``("op", seq)``, ``("var", variable id)``, ``("tensor", tensor id)`` or ``("group", first op's seq, last op's
seq)``.
"""
MANY_VARIABLES = 100
"""Up to so many variables all stay visible, also those that only one folded group reads."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node. ``kind`` is ``"op"``, ``"group"``, ``"watched"``, ``"unwatched"`` (a variable), ``"constant"``,
    ``"seed"`` (the gradient a call starts with), ``"outside"`` or ``"node"`` (of a deferred graph: see `deferred`).

    ``label`` is the op type (of a leaf: its name), ``name`` the user's name for the result. ``tensor`` is its (first)
    output, 0 for groups. ``start`` … ``stop - 1`` are the numbers of its ops in the wiring (empty for leaves).
    ``call`` is the gradient call whose rules ran it, else 0; ``rule`` the type of the op whose rule that was.
    ``reason`` tells why the gradient for it is ``None`` ("" = it is not, or nobody asked). ``error`` is the message of
    an op that raised (of a group: of one inside it).
    """

    key: NodeKey
    kind: str
    label: str
    name: str
    tensor: int
    shape: tuple[int | None, ...] | None = None
    dtype: str = ""
    on_path: bool = True
    stopped: bool = False
    target: bool = False
    trainable: bool = True
    reason: str = ""
    call: int = 0
    rule: str = ""
    start: int = 0
    stop: int = 0
    error: str = ""
    role: str = ""
    """Of nodes of deferred graphs their kind, of groups "variable" for one that is a variable with what belongs to it.
    """
    serves: str = ""
    """Of a gradient node the name of the forward node."""

    @property
    def leaf(self) -> bool:
        return self.start == self.stop


@dataclass(frozen=True, slots=True)
class Edge:
    """A line from node ``source`` to node ``target`` (structural numbers) for these (``Op.seq``, input number)
    pairs.
    """

    source: int
    target: int
    operands: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class TapeGraph:
    """What is visible of a tape. ``of_op`` and ``of_leaf`` give the node that shows an op (by number) or a leaf (by
    key).
    """

    step: int
    tape: int
    wiring: Wiring
    root: Group
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    digest: str
    groups: dict[int, Group] = field(default_factory=dict)
    """The folded groups by structural number."""

    @cached_property
    def has_layers(self) -> bool:
        """Whether ops of the tape ran inside layers."""
        return any(group.kind == "layer" for group in self.root.walk())

    @property
    def count(self) -> int:
        """How many ops there are, folded or not."""
        return len(self.wiring.ops)

    def inside(self, node: Node) -> list[tuple[str, int]]:
        """(type, site) of each op that a node shows."""
        return [(op.op, op.site) for op in self.wiring.ops[node.start : node.stop]]

    @cached_property
    def number(self) -> dict[NodeKey, int]:
        """Structural number by key."""
        return {node.key: number for number, node in enumerate(self.nodes)}

    @cached_property
    def node_of_op(self) -> list[int]:
        """Structural number of the node that shows each op of the wiring."""
        found = [0] * len(self.wiring.ops)
        for number, node in enumerate(self.nodes):
            for op in range(node.start, node.stop):
                found[op] = number
        return found

    def node_of(self, seq: int) -> int:
        """The structural number of the node that shows the op ``seq``; -1 if it is not in this tape."""
        op = self.wiring.number_of.get(seq)
        return -1 if op is None else self.node_of_op[op]

    @cached_property
    def networkx(self) -> networkx.MultiDiGraph[NodeKey]:
        """The same as a networkx graph: attributes as in ``Node``; parallel edges are told apart by their key, the
        operand's number (of groups: 0), and have the attribute ``operands``.
        """
        import networkx

        graph: networkx.MultiDiGraph[NodeKey] = networkx.MultiDiGraph(
            step=self.step, tape=self.tape, digest=self.digest
        )
        for node in self.nodes:
            attributes = {slot: getattr(node, slot) for slot in Node.__slots__ if slot not in ("key", "start", "stop")}
            graph.add_node(node.key, **attributes)
        for edge in self.edges:
            single = len(edge.operands) == 1 and self.nodes[edge.target].kind == "op"
            key = edge.operands[0][1] if single else 0
            graph.add_edge(self.nodes[edge.source].key, self.nodes[edge.target].key, key=key, operands=edge.operands)
        return graph


def build(
    recording: Recording,
    step: Step,
    tape: int = 0,
    opened: Collection[GroupKey] = (),
    closed: Collection[GroupKey] = (),
    limit: int = LIMIT,
    layers: bool = False,
) -> TapeGraph:
    """The picture of ``tape`` in ``step`` (0: all that ran in the step), with at most about ``limit`` nodes.

    ``opened``, ``closed`` and ``layers`` are those of `fold.visible`.
    """
    found = {record.id: record for record in step.records if isinstance(record, Tensor)}

    def tensor(id: int) -> Tensor:
        return found[id] if id in found else recording.tensor(id)

    wiring = wire(step, tape, tensor)
    root = tree(wiring, recording.frames, step.scope_of)
    shown = visible(root, len(wiring.leaves), opened, closed, limit, layers=layers)
    return _Builder(recording, step, tape, wiring, tensor).graph(root, shown, limit)


class _Builder:
    def __init__(
        self, recording: Recording, step: Step, tape: int, wiring: Wiring, tensor: Callable[[int], Tensor]
    ) -> None:
        self.recording, self.step, self.tape, self.wiring, self.tensor = recording, step, tape, wiring, tensor
        started = [call.started for call in step.calls.values() if not tape or call.started.tape == tape]
        self.targets = {target for start in started for target in start.targets}
        self.seeds = {seed for call in step.calls.values() for seed in call.started.seeds}
        watched = [w for view in step.tapes for w in view.watched if not tape or w.tape == tape]
        self.watched_tensors = {w.tensor for w in watched if w.tensor}
        self.watched_variables = {w.variable for w in watched if w.variable}
        self.reasons = self._reasons()
        self.rules = self._rules()
        results = (call.finished.results for call in step.calls.values() if call.finished is not None)
        self.gradients = {result.tensor for several in results for result in several}

    def graph(self, root: Group, shown: Sequence[Group | int], limit: int) -> TapeGraph:
        wiring = self.wiring
        owner = [0] * len(wiring.ops)
        for place, member in enumerate(shown):
            for op in range(member.start, member.stop) if isinstance(member, Group) else (member,):
                owner[op] = place
        readers: list[set[int]] = [set() for _ in wiring.leaves]
        for op, row in enumerate(wiring.inputs):
            for source in row:
                if source < 0:
                    readers[-1 - source].add(owner[op])
        keep = self._leaves_kept(shown, readers, limit)
        nodes: list[Node] = []
        groups: dict[int, Group] = {}
        place_of: list[int] = []
        leaf_at: dict[int, int] = {}
        # A leaf's number comes before that of its first reader: numbers are an order of execution.
        for member in shown:
            first, last = (member.start, member.stop) if isinstance(member, Group) else (member, member + 1)
            for op in range(first, last):
                for source in wiring.inputs[op]:
                    if source < 0 and -1 - source in keep and -1 - source not in leaf_at:
                        leaf_at[-1 - source] = len(nodes)
                        nodes.append(self._leaf(wiring.leaves[-1 - source]))
            place_of.append(len(nodes))
            if isinstance(member, Group):
                groups[len(nodes)] = member
                nodes.append(self._group(member))
            else:
                nodes.append(self._op(member))
        edges = self._edges(shown, owner, place_of, leaf_at)
        return TapeGraph(self.step.index, self.tape, wiring, root, tuple(nodes), edges, digest(nodes, edges), groups)

    def _leaves_kept(self, shown: Sequence[Group | int], readers: list[set[int]], limit: int) -> set[int]:
        folded = [isinstance(member, Group) for member in shown]
        variables = sum(leaf.kind == "variable" for leaf in self.wiring.leaves)
        kept, shared = set(), []
        for number, (leaf, places) in enumerate(zip(self.wiring.leaves, readers, strict=True)):
            if not all(folded[place] for place in places) or (leaf.kind == "variable" and variables <= MANY_VARIABLES):
                kept.add(number)
            elif len(places) > 1:
                shared.append(number)
        return kept | set(shared) if len(shown) + len(kept) + len(shared) <= limit else kept

    def _edges(
        self, shown: Sequence[Group | int], owner: list[int], place_of: list[int], leaf_at: dict[int, int]
    ) -> tuple[Edge, ...]:
        edges: dict[tuple[int, int, int], list[tuple[int, int]]] = {}
        for op, (record, row) in enumerate(zip(self.wiring.ops, self.wiring.inputs, strict=True)):
            place = owner[op]
            target = place_of[place]
            single = not isinstance(shown[place], Group)
            for operand, source in enumerate(row):
                node = leaf_at.get(-1 - source, target) if source < 0 else place_of[owner[source]]
                if node == target:
                    continue
                grouped = not single or (source >= 0 and isinstance(shown[owner[source]], Group))
                key = (node, target, -1 if grouped else operand)
                edges.setdefault(key, []).append((record.seq, operand))
        return tuple(Edge(source, target, tuple(pairs)) for (source, target, _), pairs in edges.items())

    # -- nodes -------------------------------------------------------------------------------------------------------

    def _op(self, number: int) -> Node:
        op = self.wiring.ops[number]
        output = op.outputs[0] if op.outputs else 0
        shape, dtype = self._type(output)
        # Everything a gradient call runs stands at the call's place in the source: only its results go by that name.
        named = not op.call or output in self.gradients
        name = names.tensor_label(self.recording, self.step, output) if named else ""
        if op.error:
            name = names.result_name(self.recording, op.site)
        return Node(
            ("op", op.seq),
            "op",
            op.op,
            "" if name == op.op else name,
            output,
            shape,
            dtype,
            on_path=self._on_path(op),
            stopped=op.stopped,
            target=not self.targets.isdisjoint(op.outputs),
            reason=self._reason(op.outputs, 0),
            call=op.call,
            rule=self.rules.get(op.seq, ""),
            start=number,
            stop=number + 1,
            error=op.error,
        )

    def _group(self, group: Group) -> Node:
        ops = self.wiring.ops[group.start : group.stop]
        first, last = ops[0], ops[-1]
        types = list(dict.fromkeys(op.op for op in ops))
        label = f"{types[0]} × {len(ops)}" if len(types) == 1 else f"{first.op} … {last.op}"
        inside = {(m.kind, m.label) if isinstance(m, Group) else ("op", "") for m in group.members}
        turns = [m.label for m in group.members if isinstance(m, Group) and m.kind == "turn"]
        name = group.label if group.kind == "turn" else ""
        shape: tuple[int, ...] | None = None
        if group.kind not in ("call", "turn", "stretch"):
            label = group.label
            shape, _ = self._type(last.outputs[0]) if last.outputs else (None, "")
        elif group.kind == "call" and _callable(group.label):
            label = f"{group.label}()"
        elif group.kind == "stretch" and len(turns) == len(group.members) > 0:
            name = f"{turns[0]}–{turns[-1]}"
        elif group.kind != "call" and len(inside) == 1 and (one := inside.pop())[0] == "call" and _callable(one[1]):
            label = f"{one[1]}() × {len(group.members)}" if len(group.members) > 1 else f"{one[1]}()"
        calls = {op.call for op in ops}
        return Node(
            ("group", first.seq, last.seq),
            "group",
            label,
            name,
            0,
            shape,
            on_path=any(self._on_path(op) for op in ops),
            target=any(not self.targets.isdisjoint(op.outputs) for op in ops),
            call=calls.pop() if len(calls) == 1 else 0,
            start=group.start,
            stop=group.stop,
            error=next((op.error for op in ops if op.error), ""),
        )

    def _leaf(self, leaf: Leaf) -> Node:
        shape, dtype = self._type(leaf.tensor)
        name = names.tensor_label(self.recording, self.step, leaf.tensor)
        if leaf.kind == "variable":
            watched, trainable = leaf.id in self.watched_variables, True
            if not watched:
                variable = self.recording.variables().get(leaf.id)
                trainable = variable is None or variable.trainable
            key: NodeKey = ("var", leaf.id)
            kind, reason = "watched" if watched else "unwatched", self._reason((), leaf.id)
        else:
            key = ("tensor", leaf.id, leaf.copy) if leaf.copy else ("tensor", leaf.id)
            watched, trainable = leaf.id in self.watched_tensors, True
            kind = "watched" if watched else "seed" if leaf.id in self.seeds else leaf.kind
            reason = self._reason((leaf.id,), 0)
        target = leaf.tensor in self.targets
        return Node(key, kind, name, name, leaf.tensor, shape, dtype, watched, False, target, trainable, reason)

    def _type(self, id: int) -> tuple[tuple[int, ...] | None, str]:
        try:
            record = self.tensor(id)
        except KeyError:
            return None, ""
        return record.shape, record.dtype

    def _on_path(self, op: Op) -> bool:
        if not self.tape:
            return op.on_path != 0
        return self.tape in op.tapes and bool(op.on_path >> op.tapes.index(self.tape) & 1)

    def _reasons(self) -> dict[tuple[str, int], str]:
        """Why the gradient for a source is None in every call that asked for it."""
        reasons: dict[tuple[str, int], str] = {}
        given: set[tuple[str, int]] = set()
        for call in self.step.calls.values():
            if call.finished is None or (self.tape and call.started.tape != self.tape):
                continue
            for source, result in zip(call.started.sources, call.finished.results, strict=False):
                key = ("var", source.variable) if source.variable else ("tensor", source.tensor)
                if result.reason:
                    reasons[key] = result.reason
                else:
                    given.add(key)
        return {key: reason for key, reason in reasons.items() if key not in given}

    def _rules(self) -> dict[int, str]:
        """For every op that ran as part of a gradient rule, the type of the op whose rule it was."""
        rules: dict[int, str] = {}
        if not any(op.call for op in self.wiring.ops):
            return rules
        waiting: dict[int, list[int]] = {}
        for position in self.step.positions:
            record = position.record
            if isinstance(record, Op) and record.call:
                waiting.setdefault(record.call, []).append(record.seq)
            elif isinstance(record, BackwardStep):
                forward = self.step.ops.get(record.op)
                for seq in waiting.pop(record.call, ()):
                    rules[seq] = forward.op if forward is not None else ""
        return rules

    def _reason(self, tensors: Sequence[int], variable: int) -> str:
        if variable:
            return self.reasons.get(("var", variable), "")
        return next((self.reasons[key] for t in tensors if (key := ("tensor", t)) in self.reasons), "")


def _callable(name: str) -> bool:
    """Whether a frame's function has a name of the user's."""
    return bool(name) and not name.startswith("<")


def digest(nodes: Sequence[Node], edges: Sequence[Edge]) -> str:
    """What a layout belongs to: op types, wiring and kinds, not ids, shapes or values."""
    form = [
        (node.kind, node.label if node.kind == "op" else "", node.start, node.stop, node.on_path, node.target)
        + ((True,) if node.error else ())
        for node in nodes
    ]
    wires = [(edge.source, edge.target, tuple(operand for _, operand in edge.operands[:8])) for edge in edges]
    return blake2b(repr((form, wires)).encode(), digest_size=16).hexdigest()
