"""Folding: a tape too long to be read is shown as groups that can be opened.

A group is a run of ops that follow each other: a layer or another named scope, a call of a user's function, one turn of
a loop, or simply a stretch. Runs keep the picture free of cycles. Groups are named by the numbers of their ops, so that
steps of the same structure fold alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import groupby

from tapeview.graph.wiring import Wiring
from tapeview.trace.records import Frame, Op, ScopeOpened

LIMIT = 2_000
"""Most nodes in a picture."""
COMFORTABLE = 120
"""How many nodes a picture that must be folded is opened to."""
FAN = 40
"""Most members of a group."""
DEEPEST = 40
"""Frames beyond this depth make no groups: endless recursion is one stretch."""

GroupKey = tuple[int, int]
Place = tuple[int, int, int, int, int]
Inside = tuple[str, str, int]
"""A scope on an op's path: kind, name, id."""
Part = Place | Inside
Unit = tuple[object, "Group | int"]
"""A member of a group, and the place by which the turns of a loop are told."""


@dataclass(frozen=True, slots=True)
class Group:
    """Ops ``start`` … ``stop - 1``. ``kind`` is ``"layer"`` or another kind of scope (``label`` is its name),
    ``"call"`` (of function ``label``), ``"turn"`` (of a loop; ``label`` counts from 1) or ``"stretch"``; in a deferred
    graph ``"scope"`` (of names) or ``"variable"``. ``members`` are groups and numbers of ops, in order.
    """

    start: int
    stop: int
    kind: str
    label: str
    members: tuple[Group | int, ...]

    @property
    def key(self) -> GroupKey:
        return self.start, self.stop

    @property
    def count(self) -> int:
        """The number of ops inside."""
        return self.stop - self.start

    @property
    def is_layer(self) -> bool:
        """Whether this is a layer with no other layer inside."""
        return self.kind == "layer" and not any(group.kind == "layer" for group in list(self.walk())[1:])

    def walk(self) -> Iterator[Group]:
        """This group and all groups inside."""
        yield self
        for member in self.members:
            if isinstance(member, Group):
                yield from member.walk()


def tree(
    wiring: Wiring,
    frames: Callable[[int], Sequence[Frame]],
    scopes: Callable[[Op], Sequence[ScopeOpened]] = lambda op: (),
) -> Group:
    """The whole tape as nested groups. ``frames`` gives a call site's frames, innermost first, ``scopes`` an op's
    scopes, outermost first.
    """
    paths: dict[tuple[int, int], tuple[Part, ...]] = {}
    names: dict[Part, str] = {}
    keys = [(op.site, op.scope) for op in wiring.ops]
    for op, key in zip(wiring.ops, keys, strict=True):
        if key not in paths:
            found = tuple(reversed(frames(op.site)))[:DEEPEST]
            path: list[Part] = [(f.file, f.line, f.column, f.end_line, f.end_column) for f in found]
            for place, frame in zip(path, found, strict=True):
                names[place] = frame.function
            for scope in reversed(scopes(op)):
                # It was opened in one of the frames: what this frame and those inside do belongs to it.
                depth = min(max(0, len(frames(scope.site)) - 1), len(found))
                path.insert(depth, (scope.kind, scope.name, scope.scope))
            paths[key] = tuple(path)
    members = _level([op.site for op in wiring.ops], [paths[key] for key in keys], names, 0, len(keys), 0)
    return Group(0, len(keys), "stretch", "", bundled(members))


def _level(
    sites: list[int], paths: list[tuple[Part, ...]], names: dict[Part, str], start: int, stop: int, depth: int
) -> list[Group | int]:
    """What ops ``start`` … ``stop - 1``, which share the first ``depth`` parts of their paths, consist of."""
    # While all of them come from one call, there is nothing to tell apart.
    while depth < len(paths[start]) - 1 if start < stop else False:
        head = paths[start][depth]
        if all(len(paths[i]) > depth + 1 and paths[i][depth] == head for i in range(start, stop)):
            depth += 1
        else:
            break
    units: list[Unit] = []
    at = start
    while at < stop:
        path = paths[at]
        if len(path) <= depth + 1 and not (len(path) > depth and _is_scope(path[depth])):
            units.append((path[depth] if depth < len(path) else None, at))
            at += 1
            continue
        head, first = path[depth], sites[at]
        scoped = _is_scope(head)
        end = at + 1
        # The same expression called again in a loop starts again at the site at which it began; a scope has an id.
        while end < stop and len(paths[end]) > depth and paths[end][depth] == head:
            if not scoped and (len(paths[end]) == depth + 1 or sites[end] == first):
                break
            end += 1
        if scoped:
            inner = _level(sites, paths, names, at, end, depth + 1)
            # Two calls of a layer are turns of a loop if the same expression made them.
            units.append(
                ((head[:2], path[depth + 1 :][:1]), Group(at, end, str(head[0]), str(head[1]), bundled(inner)))
            )
        elif end - at == 1:
            units.append((head, at))
        else:
            inner = _level(sites, paths, names, at, end, depth + 1)
            units.append((head, Group(at, end, "call", _function(path[depth + 1 :], names), bundled(inner))))
        at = end
    return _turns(units)


def _is_scope(part: Part) -> bool:
    return len(part) == 3


def _function(path: Sequence[Part], names: dict[Part, str]) -> str:
    """The function that the outermost frame on a path belongs to."""
    return next((names[part] for part in path if not _is_scope(part)), "")


def _turns(units: list[Unit]) -> list[Group | int]:
    """Members with the turns of loops gathered: a turn begins where a place comes up again."""
    pieces: list[list[Unit]] = [[]]
    seen: set[object] = set()
    for unit in units:
        if unit[0] in seen:
            pieces.append([])
            seen = set()
        seen.add(unit[0])
        pieces[-1].append(unit)
    # Where a loop begins in the middle of a piece, what stands before it belongs to no turn of it.
    cut: list[list[Unit]] = []
    for piece, following in zip(pieces, [*pieces[1:], []], strict=True):
        places = [place for place, _ in piece]
        at = places.index(following[0][0]) if following and following[0][0] in places else 0
        cut += [piece[:at], piece[at:]] if at else [piece]
    found: list[Group | int] = []
    for _, loop in groupby((piece for piece in cut if piece), key=lambda piece: piece[0][0]):
        turns = list(loop)
        usual = {place for turn in turns[:-1] for place, _ in turn}
        end = len(turns[-1])
        while len(turns) > 1 and end > 1 and turns[-1][end - 1][0] not in usual:
            end -= 1
        turns[-1], after = turns[-1][:end], turns[-1][end:]
        for number, turn in enumerate(turns, 1):
            members = [member for _, member in turn]
            if len(turns) == 1 or len(members) == 1:
                found += members
            else:
                found.append(Group(_first(members[0]), _end(members[-1]), "turn", str(number), bundled(members)))
        found += [member for _, member in after]
    return found


def bundled(members: Sequence[Group | int]) -> tuple[Group | int, ...]:
    """At most ``FAN`` members: longer rows are cut into stretches of about equal length."""
    row = list(members)
    while len(row) > FAN:
        size = max(2, -(-len(row) // FAN))
        row = [
            part[0] if len(part) == 1 else Group(_first(part[0]), _end(part[-1]), "stretch", "", bundled(part))
            for part in (row[i : i + size] for i in range(0, len(row), size))
        ]
    return tuple(row)


def _first(member: Group | int) -> int:
    return member.start if isinstance(member, Group) else member


def _end(member: Group | int) -> int:
    return member.stop if isinstance(member, Group) else member + 1


def visible(
    root: Group,
    leaves: int,
    opened: Collection[GroupKey] = (),
    closed: Collection[GroupKey] = (),
    limit: int = LIMIT,
    comfortable: int = COMFORTABLE,
    layers: bool = False,
    whole: int | None = None,
) -> list[Group | int]:
    """What of the tree is shown, in order of execution: folded groups and numbers of ops.

    All ops as long as they and the ``leaves`` are at most ``whole`` nodes (default: ``limit``); else the groups are
    opened from the outside, the largest first, up to ``comfortable`` nodes. Groups in ``opened`` are opened as well, as
    far as the limit allows, and those in ``closed`` are not opened at all. With ``layers`` each layer that holds no
    other is one node, unless it stands in ``opened``.
    """
    everything = root.count + leaves <= (limit if whole is None else whole)
    wanted = frozenset(opened)
    shut = frozenset(closed)
    if layers:
        shut |= {group.key for group in root.walk() if group.is_layer} - wanted
    shown: dict[int, Group | int] = {_first(member): member for member in root.members}
    heap = [(0, -m.count, m.start, m) for m in root.members if isinstance(m, Group) and m.key not in shut]
    heapify(heap)
    while heap:
        depth, _, start, group = heappop(heap)
        if not everything and len(shown) - 1 + len(group.members) > comfortable:
            continue
        del shown[start]
        for member in group.members:
            shown[_first(member)] = member
            if isinstance(member, Group) and member.key not in shut:
                heappush(heap, (depth + 1, -member.count, member.start, member))
    # Half of the limit is for ops, so that what feeds them has room too.
    room = limit if everything or root.count + leaves <= limit else limit // 2
    waiting = [m for m in shown.values() if isinstance(m, Group) and m.key in wanted]
    while waiting:
        group = waiting.pop()
        if len(shown) - 1 + len(group.members) <= room:
            del shown[group.start]
            for member in group.members:
                shown[_first(member)] = member
                if isinstance(member, Group) and member.key in wanted:
                    waiting.append(member)
    return [shown[start] for start in sorted(shown)]
