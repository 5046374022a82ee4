"""The picture of a deferred graph: its nodes as the script named them, folded by name scopes.

It is the same whatever runs: a run only lights some of its nodes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

from tapeview.graph.build import Edge, Node, TapeGraph, digest
from tapeview.graph.fold import COMFORTABLE, LIMIT, Group, GroupKey, bundled, visible
from tapeview.graph.wiring import Wiring
from tapeview.trace import names
from tapeview.trace.graph_records import GraphNode
from tapeview.trace.query import Recording

WHOLE = 40
"""Graphs of more nodes open folded to their scopes; of smaller ones only the variables are."""
FEW = 12
"""With fewer scopes than this, the largest are opened up to about so many nodes."""
CONTROL = -1
"""The operand of an edge that nothing flows along: its source is only evaluated before."""
SOURCES = ("constant", "placeholder", "variable")
NOTHING_RAN = Wiring((), (), (), {})


@dataclass(frozen=True)
class DeferredGraph(TapeGraph):
    """What is visible of a deferred graph. Nodes have the key ``("node", number)`` and the kind ``"node"``, or are
    groups with the key ``("scope", first node's number, last node's number)``; operands of edges are
    (minus the number of the reading node, input), with `CONTROL` for control inputs.

    Attributes:
        graph: the number of the graph.
        built: its nodes, those inside groups too. ``start`` … ``stop - 1`` of a node are places there.
        ran_as: for ops that ran, by ``Op.seq``, the node that they were part of.
    """

    graph: int = 0
    built: Sequence[GraphNode] = ()
    ran_as: Mapping[int, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many nodes there are, folded or not."""
        return len(self.built)

    @cached_property
    def has_layers(self) -> bool:
        """Whether there are scopes: then the graph can be folded to them."""
        return any(isinstance(member, Group) for member in self.root.members)

    def inside(self, node: Node) -> list[tuple[str, int]]:
        """(type, site) of each node of the graph that a node shows."""
        return [(one.type, one.site) for one in self.built[node.start : node.stop]]

    @cached_property
    def place(self) -> dict[int, int]:
        """Place in ``built`` by number."""
        return {node.number: place for place, node in enumerate(self.built)}

    @cached_property
    def shown_at(self) -> list[int]:
        """Structural number of the node that shows each of ``built``."""
        found = [0] * len(self.built)
        for number, node in enumerate(self.nodes):
            for place in range(node.start, node.stop):
                found[place] = number
        return found

    def node_of(self, seq: int) -> int:
        """The structural number of the node that shows the op ``seq``; -1 if it is not of this graph."""
        return self.node_of_number(self.ran_as.get(seq, 0))

    def node_of_number(self, number: int) -> int:
        """The structural number of the node that shows a node of the graph; -1 if there is none."""
        place = self.place.get(number)
        return -1 if place is None else self.shown_at[place]


def build_deferred(
    recording: Recording,
    graph: int,
    newest: int | None = None,
    opened: Collection[GroupKey] = (),
    closed: Collection[GroupKey] = (),
    *,
    scopes: bool = True,
    step: int = -1,
    ran_as: Mapping[int, int] | None = None,
    limit: int = LIMIT,
) -> DeferredGraph:
    """The picture of a graph up to its node number ``newest`` (None: all of it), with at most about ``limit`` nodes.

    With ``scopes`` variables are one node each, and large graphs are folded by their scopes of names; groups in
    ``opened`` are open all the same, and those in ``closed`` are not.
    """
    built = list(recording.graphs.nodes(graph))
    if newest is not None:
        while built and built[-1].number > newest:
            built.pop()
    root = scope_tree(built)
    shut = {*closed}
    if scopes:
        shut |= {group.key for group in root.walk() if group.kind == "variable"} - {*opened}
    whole, comfortable = (WHOLE, FEW) if scopes else (limit, COMFORTABLE)
    shown = visible(root, 0, opened, shut, limit, comfortable, whole=whole)
    return _Picture(recording, built, graph).made(root, shown, step, ran_as or {})


def scope_tree(built: Sequence[GraphNode]) -> Group:
    """The nodes as nested groups by the scopes in their names.

    A group is a run of nodes that follow each other, so that no two groups feed each other in a circle.
    """
    parts = [tuple(node.name.split("/")) for node in built]
    scopes = {path[:depth] for path in parts for depth in range(1, len(path))}
    # ``W`` is also a scope where there is a ``W/read``: it stands inside.
    paths = [path if path in scopes else path[:-1] for path in parts]
    variables = {parts[place] for place, node in enumerate(built) if node.kind == "variable"}
    return Group(0, len(built), "stretch", "", bundled(_level(paths, variables, 0, len(built), 0)))


def _level(
    paths: Sequence[tuple[str, ...]], variables: Collection[tuple[str, ...]], start: int, stop: int, depth: int
) -> list[Group | int]:
    members: list[Group | int] = []
    for head, places in groupby(range(start, stop), lambda place: paths[place][depth : depth + 1]):
        row = list(places)
        if not head:
            members += row
            continue
        scope = paths[row[0]][: depth + 1]
        inner = _level(paths, variables, row[0], row[-1] + 1, depth + 1)
        if len(inner) == 1:
            members += inner  # a scope of one thing says no more than its name
            continue
        kind = "variable" if scope in variables else "scope"
        members.append(Group(row[0], row[-1] + 1, kind, "/".join(scope), bundled(inner)))
    return members


class _Picture:
    def __init__(self, recording: Recording, built: Sequence[GraphNode], graph: int) -> None:
        self.recording, self.built, self.graph = recording, built, graph
        self.place = {node.number: place for place, node in enumerate(built)}
        # An expression that built several nodes has its name for the last one.
        self.named = {node.site: place for place, node in enumerate(built)}

    def made(self, root: Group, shown: Sequence[Group | int], step: int, ran_as: Mapping[int, int]) -> DeferredGraph:
        owner = [0] * len(self.built)
        nodes: list[Node] = []
        groups: dict[int, Group] = {}
        for number, member in enumerate(shown):
            if isinstance(member, Group):
                groups[number] = member
                owner[member.start : member.stop] = [number] * member.count
                nodes.append(self._group(member))
            else:
                owner[member] = number
                nodes.append(self._node(member))
        edges = self._edges(owner)
        return DeferredGraph(
            step, 0, NOTHING_RAN, root, tuple(nodes), edges, digest(nodes, edges), groups,
            graph=self.graph, built=self.built, ran_as=ran_as,
        )  # fmt: skip

    def _edges(self, owner: Sequence[int]) -> tuple[Edge, ...]:
        edges: dict[tuple[int, int, int], list[tuple[int, int]]] = {}
        for place, node in enumerate(self.built):
            reads = [(source, operand) for operand, (source, _) in enumerate(node.inputs)]
            for source, operand in (*reads, *((control, CONTROL) for control in node.controls)):
                start = owner[self.place[source]] if source in self.place else -1
                target = owner[place]
                # What was wired up later would run against the order; inside of a group nothing is drawn.
                if 0 <= start < target:
                    edges.setdefault((start, target, min(operand, 0)), []).append((-node.number, operand))
        return tuple(Edge(source, target, tuple(pairs)) for (source, target, _), pairs in edges.items())

    def _node(self, place: int) -> Node:
        node = self.built[place]
        output = node.outputs[0] if node.outputs else None
        name = names.result_name(self.recording, node.site) if self.named[node.site] == place else ""
        served = self.built[self.place[node.serves]].name if node.serves in self.place else ""
        return Node(
            ("node", node.number),
            "node",
            node.name,
            "" if name == node.name else name,
            0,
            output.shape if output is not None else None,
            output.dtype if output is not None else "",
            rule=node.type,
            start=place,
            stop=place + 1,
            role=node.kind,
            serves=served,
        )

    def _group(self, group: Group) -> Node:
        inside = self.built[group.start : group.stop]
        key = ("scope", inside[0].number, inside[-1].number)
        variable = next((node for node in inside if node.kind == "variable" and node.name == group.label), None)
        if variable is not None:
            shape, dtype = variable.outputs[0].shape, variable.outputs[0].dtype
            called = names.is_default(variable.name.rpartition("/")[2])
            shown = names.result_name(self.recording, variable.site, gathered=True) if called else ""
            return Node(
                key, "group", group.label, shown, 0, shape, dtype, start=group.start, stop=group.stop, role="variable"
            )
        label = group.label
        owned = {one.name.rpartition("/")[2].rstrip("_0123456789") for one in inside if one.kind == "variable"}
        scopes = tuple(f"{one.name}/" for one in inside if one.kind == "variable")
        if len(owned) == 1 and all(f"{one.name}/".startswith(scopes) for one in inside):
            label = f"{label} · {owned.pop()}"  # what an optimizer keeps for the variables of a scope
        scopes = tuple(member.label for member in group.members if isinstance(member, Group) and member.label)
        if group.kind == "stretch" and len(scopes) == len(group.members):
            label = f"{scopes[0]} … {scopes[-1]}"
        elif group.kind == "stretch":
            types = Counter(node.type for node in inside)
            first, last = inside[0].name, inside[-1].name
            label = f"{next(iter(types))} × {len(inside)}" if len(types) == 1 else f"{first} … {last}"
        gradients = all(node.kind == "gradient" or label.startswith("gradients") for node in inside)
        return Node(
            key, "group", label, "", 0, start=group.start, stop=group.stop, role="gradient" if gradients else ""
        )
