from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tapeview.graph.fold import FAN, Group, tree, visible
from tapeview.graph.wiring import Wiring, wire
from tapeview.trace.query import Recording
from tapeview.trace.records import Frame, Op, ScopeOpened
from tests.helpers.recordings import write_chain
from tests.helpers.tapes import write_calls


def line(sites: list[int]) -> Wiring:
    """Ops in a row, called from these sites."""
    ops = tuple(Op(n, "Op", (), (), {}, site, (1,), 1) for n, site in enumerate(sites))
    return Wiring(
        ops, tuple((n - 1,) if n else () for n in range(len(ops))), (), {op.seq: n for n, op in enumerate(ops)}
    )


def frame(line: int, function: str = "<module>", column: int = 4) -> Frame:
    return Frame(1, function, line, line, column, column + 5)


def shape(members: tuple[Group | int, ...]) -> list[object]:
    """Groups as (kind, label, members), ops as numbers."""
    return [(m.kind, m.label, shape(m.members)) if isinstance(m, Group) else m for m in members]


def every_op(group: Group) -> list[int]:
    found: list[int] = []
    for member in group.members:
        found += every_op(member) if isinstance(member, Group) else [member]
    return found


def test_calls_of_functions_and_turns_of_loops_become_groups(tmp_path: Path) -> None:
    with Recording.open(write_calls(tmp_path / "c.tapeview", blocks=3)) as recording:
        root = tree(wire(recording.step(0), 0, recording.tensor), recording.frames)
    block = [("call", "block", [("call", "layer", [n, n + 1]), n + 2]) for n in (1, 4, 7)]
    assert shape(root.members) == [0, *block, 10]


def test_turns_of_a_loop_are_gathered_without_what_stands_around_it() -> None:
    frames = {1: (frame(1),), 2: (frame(3),), 3: (frame(4),), 4: (frame(6),)}
    root = tree(line([1, 2, 3, 2, 3, 2, 3, 4]), frames.__getitem__)
    assert shape(root.members) == [0, ("turn", "1", [1, 2]), ("turn", "2", [3, 4]), ("turn", "3", [5, 6]), 7]


def test_one_loop_after_another_are_told_apart() -> None:
    frames = {site: (frame(site),) for site in range(1, 8)}
    root = tree(line([1, 2, 3, 2, 3, 4, 5, 4, 5, 4, 5, 6]), frames.__getitem__)
    turns = [("turn", "1", [1, 2]), ("turn", "2", [3, 4])]
    others = [("turn", "1", [5, 6]), ("turn", "2", [7, 8]), ("turn", "3", [9, 10])]
    assert shape(root.members) == [0, *turns, *others, 11]


def test_what_all_ops_have_in_common_makes_no_group() -> None:
    outer = (frame(9), frame(8, "main"))
    frames = {1: (frame(1, "f"), *outer), 2: (frame(2, "f"), *outer)}
    assert shape(tree(line([1, 2]), frames.__getitem__).members) == [0, 1]


@pytest.mark.parametrize("count", [0, 1, 40, 41, 1000, 12_345])
def test_long_rows_are_cut_into_stretches_and_lose_nothing(count: int) -> None:
    root = tree(line([1] * count), lambda site: (frame(1),))
    assert every_op(root) == list(range(count))
    assert all(len(group.members) <= FAN for group in root.walk())
    assert all(group.count >= 2 for group in root.walk() if group is not root)


def test_unknown_call_sites_and_endless_recursion_are_survived() -> None:
    deep = tuple(frame(1, "f") for _ in range(900))
    for frames in ((), deep):
        root = tree(line([1] * 300), lambda site, frames=frames: frames)  # type: ignore[misc]
        assert every_op(root) == list(range(300))


def test_a_short_tape_is_shown_whole() -> None:
    root = tree(line([1] * 100), lambda site: (frame(1),))
    assert visible(root, 5) == list(range(100))


def test_a_long_tape_is_opened_to_a_comfortable_size(tmp_path: Path) -> None:
    with Recording.open(write_chain(tmp_path / "c.tapeview", 3000)) as recording:
        root = tree(wire(recording.step(0), 0, recording.tensor), recording.frames)
    shown = visible(root, 1)
    assert 40 <= len(shown) <= 120
    ops = [n for m in shown for n in (range(m.start, m.stop) if isinstance(m, Group) else (m,))]
    assert ops == list(range(3000))


def test_opening_a_group_opens_only_that_one() -> None:
    root = tree(line([1] * 9000), lambda site: (frame(1),))
    before = visible(root, 0)
    group = next(m for m in before if isinstance(m, Group))
    after = visible(root, 0, opened={group.key})
    others = {m.key for m in before if isinstance(m, Group)} - {group.key}
    assert others <= {m.key for m in after if isinstance(m, Group)}
    assert len(after) == len(before) - 1 + len(group.members)


def test_opening_stops_at_the_limit() -> None:
    root = tree(line([1] * 9000), lambda site: (frame(1),))
    everything = {group.key for group in root.walk()}
    assert len(visible(root, 0, opened=everything, limit=400)) <= 200


def test_a_closed_group_stays_closed_in_a_short_tape(tmp_path: Path) -> None:
    with Recording.open(write_calls(tmp_path / "c.tapeview", blocks=2)) as recording:
        root = tree(wire(recording.step(0), 0, recording.tensor), recording.frames)
    first = root.members[1]
    assert isinstance(first, Group)
    assert visible(root, 1, closed={first.key}) == [0, first, 4, 5, 6, 7]


def scoped(ops: list[tuple[int, tuple[ScopeOpened, ...]]], frames: Mapping[int, tuple[Frame, ...]]) -> Group:
    """The tree of ops given as (site, scopes, outermost first)."""
    paths = {scopes[-1].scope: scopes for _, scopes in ops if scopes}
    made = tuple(
        Op(n, "Op", (), (), {}, site, (1,), 1, scope=scopes[-1].scope if scopes else 0)
        for n, (site, scopes) in enumerate(ops)
    )
    wiring = Wiring(made, tuple(() for _ in made), (), {op.seq: op.seq for op in made})
    return tree(wiring, frames.__getitem__, lambda op: paths.get(op.scope, ()))


def layer(id: int, name: str, site: int, parent: int = 0, kind: str = "layer") -> ScopeOpened:
    return ScopeOpened(id, name, kind, 1, parent, site)


def test_layers_called_on_lines_of_the_script_become_groups() -> None:
    dense, flatten = layer(1, "dense", 1), layer(2, "flatten", 2)
    frames = {1: (frame(1),), 2: (frame(2),), 3: (frame(3),)}
    root = scoped([(1, (dense,)), (1, (dense,)), (2, (flatten,)), (3, ())], frames)
    assert shape(root.members) == [("layer", "dense", [0, 1]), ("layer", "flatten", [2]), 3]


def test_layers_of_a_model_written_by_the_user_stand_inside_its_call() -> None:
    model = layer(1, "my_model", 1)
    first, second = layer(2, "dense", 2, 1), layer(3, "dense_1", 3, 1)
    frames = {
        1: (frame(9),),
        2: (frame(1, "call"), frame(9)),
        3: (frame(2, "call"), frame(9)),
        4: (frame(3, "call"), frame(9)),
        5: (frame(10),),
    }
    root = scoped([(2, (model, first)), (2, (model, first)), (3, (model, second)), (4, (model,)), (5, ())], frames)
    inside = [("layer", "dense", [0, 1]), ("layer", "dense_1", [2]), 3]
    assert shape(root.members) == [("layer", "my_model", inside), 4]
    lowest = [group.label for group in root.walk() if group.is_layer]
    assert lowest == ["dense", "dense_1"]


def test_one_layer_called_in_a_loop_is_a_group_each_time() -> None:
    frames = {1: (frame(1),), 2: (frame(5),)}
    calls = [(layer(n, "dense", 1),) for n in (1, 2, 3)]
    root = scoped([(1, c) for c in calls for _ in range(2)] + [(2, ())], frames)
    assert shape(root.members) == [*[("layer", "dense", [2 * n, 2 * n + 1]) for n in range(3)], 6]


def test_a_named_block_holds_what_ran_in_it() -> None:
    block = layer(1, "encoder", 1, kind="block")
    frames = {site: (frame(site),) for site in (1, 2, 3, 4)}
    root = scoped([(2, (block,)), (3, (block,)), (4, ())], frames)
    assert shape(root.members) == [("block", "encoder", [0, 1]), 2]
    assert visible(root, 0, layers=True) == [0, 1, 2]


def test_layers_are_one_node_each_until_they_are_opened() -> None:
    dense, flatten = layer(1, "dense", 1), layer(2, "flatten", 2)
    root = scoped([(1, (dense,)), (1, (dense,)), (2, (flatten,)), (3, ())], {n: (frame(n),) for n in (1, 2, 3)})
    first, second, _ = root.members
    assert isinstance(first, Group)
    assert visible(root, 0, layers=True) == [first, second, 3]
    assert visible(root, 0, layers=True, opened={first.key}) == [0, 1, second, 3]
    assert visible(root, 0) == [0, 1, 2, 3]
