from __future__ import annotations

import math
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tapeview.trace.query import Recording
from tapeview.trace.records import Stats, Tensor
from tapeview.views import graph_subject
from tapeview.views.graph_model import GraphModel
from tapeview.views.graph_values import magnitude, spoiled
from tapeview.views.workspace import Cursor, Selection, Workspace
from tests.helpers.recordings import Regression, write_chain, write_nones, write_nonfinite, write_regression
from tests.helpers.tapes import write_calls, write_empty, write_inner, write_twice

# Nodes of the regression: w 0, x 1, Mul 2, b 3, AddV2 4, y 5, Sub 6, Square 7, Mean 8.
W, X, MUL, B, ADD, Y, SUB, SQUARE, MEAN = range(9)

Opened = tuple[Workspace, GraphModel]


class Held:
    """A background that does its jobs when told to."""

    def __init__(self) -> None:
        self.jobs: list[tuple[Callable[[], Any], Callable[[Any], object]]] = []

    def submit(self, job: Callable[[], Any], done: Callable[[Any], object]) -> None:
        self.jobs.append((job, done))

    def run(self) -> None:
        for job, done in self.jobs:
            done(job())
        self.jobs = []


@pytest.fixture
def opened() -> Iterator[Callable[..., Opened]]:
    recordings: list[Recording] = []
    models: list[GraphModel] = []

    def open(path: Path, *position: int, background: Held | None = None) -> Opened:
        recordings.append(Recording.open(path))
        workspace = Workspace()
        models.append(GraphModel(workspace, background))
        workspace.open(recordings[-1])
        if position:
            workspace.move_to(*position)
        return workspace, models[-1]

    yield open
    for model in models:
        model.dispose()
    for recording in recordings:
        recording.close()


@pytest.fixture
def regression(tmp_path: Path, opened: Callable[..., Opened]) -> Opened:
    return opened(write_regression(tmp_path / "r.tapeview", 4), 2, 0)


def details(model: GraphModel) -> list[str]:
    scene, state = model.scene, model.state
    assert scene is not None
    assert state is not None
    return [scene.detail(node, state) for node in range(len(scene.faces))]


def titles(model: GraphModel) -> list[str]:
    assert model.scene is not None
    return [face.title for face in model.scene.faces]


def folded(model: GraphModel) -> list[str]:
    assert model.scene is not None
    return [face.title for face in model.scene.faces if face.style == "group"]


def ends(model: GraphModel, edges: np.ndarray) -> list[tuple[int, int]]:
    """The edges of a mask as (source, target)."""
    assert model.scene is not None
    return [(model.scene.graph.edges[e].source, model.scene.graph.edges[e].target) for e in numbers(edges)]


def numbers(flags: np.ndarray) -> list[int]:
    return np.flatnonzero(flags).tolist()


# -- what has happened -----------------------------------------------------------------------------------------------


def test_forward_what_ran_is_executed_and_its_inputs_are_lit(regression: Opened) -> None:
    workspace, model = regression
    workspace.move_to(2, 1)
    state = model.state
    assert state is not None
    assert state.current == ADD
    assert numbers(state.executed) == [W, X, MUL, B, ADD]
    assert ends(model, state.lit) == [(MUL, ADD), (B, ADD)]
    assert np.isnan(state.norms).all()
    assert state.call == 0


def test_backward_gradients_run_back_with_their_norms(regression: Opened) -> None:
    workspace, model = regression
    workspace.move_to(2, 6)
    scene, state = model.scene, model.state
    assert scene is not None
    assert state is not None
    assert state.current == SQUARE
    assert details(model)[SQUARE] == "stepping back · 2 of 5"
    assert ends(model, ~np.isnan(state.norms)) == [(SUB, SQUARE), (SQUARE, MEAN)]
    assert state.norms[-1] == pytest.approx(math.sqrt(0.1))
    assert ends(model, state.running) == [(SUB, SQUARE)]
    assert ends(model, state.coming) == [(ADD, SUB)]
    assert numbers(state.passed) == [SQUARE, MEAN]
    assert state.executed.all()


def test_a_gradient_that_was_not_kept_is_not_said_to_be_zero(
    tmp_path: Path, opened: Callable[..., Opened], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tapeview.views.graph_state.magnitude", lambda tensor: (math.nan, ""))
    workspace, model = opened(write_regression(tmp_path / "r.tapeview", 4), 2, 0)
    workspace.move_to(2, 9)
    state = model.state
    assert state is not None
    passed = numbers(~np.isnan(state.norms))
    assert passed
    assert {state.norm_text(edge) for edge in passed} == {"not kept"}
    assert not state.weights[passed].any()


def test_widths_grow_with_the_norm_and_do_not_change_while_stepping(regression: Opened) -> None:
    workspace, model = regression
    weights = []
    for position in (7, 9):
        workspace.move_to(2, position)
        assert model.state is not None
        weights.append(model.state.weights.copy())
    state = model.state
    assert state is not None
    known = ~np.isnan(state.norms)
    order = np.argsort(state.norms[known])
    assert (np.diff(state.weights[known][order]) >= 0).all()
    assert 0.0 <= state.weights.min() <= state.weights.max() <= 1.0
    before = weights[0] > 0
    assert np.array_equal(weights[0][before], weights[1][before])


def test_in_the_updates_the_gradients_stay_and_the_variable_is_current(regression: Opened) -> None:
    workspace, model = regression
    workspace.move_to(2, 10)
    state = model.state
    assert state is not None
    assert state.current == W
    assert details(model)[W].startswith("updated to ")
    assert np.count_nonzero(~np.isnan(state.norms)) == 6


def test_going_back_gives_the_same_state(regression: Opened) -> None:
    workspace, model = regression
    workspace.move_to(2, 7)
    first = model.state
    workspace.forward()
    assert model.state is not first
    workspace.back()
    second = model.state
    assert first is not None
    assert second is not None
    assert first.current == second.current
    assert np.array_equal(first.norms, second.norms, equal_nan=True)


def test_texts_are_names_shapes_and_values_once_they_exist(regression: Opened) -> None:
    workspace, model = regression
    scene = model.scene
    assert scene is not None
    assert [face.title for face in scene.faces][MEAN] == "Mean → loss"
    assert details(model)[MUL] == "w*x · (10)"
    assert details(model)[MEAN] == "()"
    assert details(model)[Y] == "constant · (10)"
    workspace.move_to(2, 4)
    loss = np.float32(workspace.recording.value(scene.graph.nodes[MEAN].tensor))  # type: ignore[union-attr]
    assert details(model)[MEAN] == f"() · {loss:.5g}"
    assert details(model)[W].startswith("watched · ")


def test_nan_and_inf_show_once_they_ran(tmp_path: Path, opened: Callable[..., Opened]) -> None:
    workspace, model = opened(write_nonfinite(tmp_path / "f.tapeview"))
    assert model.state is not None
    assert numbers(model.state.bad) == [1]
    workspace.forward()
    assert numbers(model.state.bad) == [1, 2]
    workspace.move_to(0, 3)
    state = model.state
    assert [state.norm_text(e) for e in range(2)] == ["Inf", "0.577"]
    assert state.weights[0] >= 0


def test_none_and_paths_are_told(tmp_path: Path, opened: Callable[..., Opened]) -> None:
    _, model = opened(write_nones(tmp_path / "n.tapeview"), 0, 7)
    scene, state = model.scene, model.state
    assert scene is not None
    assert state is not None
    names = [node.name for node in scene.graph.nodes]
    assert [names[n] for n in numbers(scene.none)] == ["frozen", "held", "s", "n"]
    assert [names[n] for n in numbers(scene.faint)] == ["s", "k"]
    assert [names[n] for n in numbers(state.silent)] == ["s", "k"]
    assert [face.style for face in scene.faces][:4] == ["watched", "unwatched", "op", "constant"]
    assert numbers(scene.targets) == [names.index("total")]


def test_an_inner_gradient_has_its_own_calls(tmp_path: Path, opened: Callable[..., Opened]) -> None:
    workspace, model = opened(write_inner(tmp_path / "i.tapeview"))
    scene = model.scene
    assert scene is not None
    assert [face.style for face in scene.faces] == ["watched", "op", "constant", "rule", "rule", "rule"]
    assert scene.faces[3].detail == "rule of Mul · ()"
    calls = []
    for position in range(len(workspace.step.positions)):  # type: ignore[union-attr]
        workspace.move_to(0, position)
        assert model.state is not None
        calls.append((model.state.call, model.state.current))
    assert calls == [(0, 1), (1, 3), (1, 4), (1, 5), (1, 1), (2, 5), (2, 4), (2, 3)]


# -- steps and layouts -----------------------------------------------------------------------------------------------


def test_the_next_step_of_the_same_structure_keeps_the_layout(regression: Opened) -> None:
    workspace, model = regression
    before = model.scene
    workspace.next_step()
    after = model.scene
    assert before is not None
    assert after is not None
    assert after is not before
    assert after.layout is before.layout
    assert after.graph.step == 3


def test_a_layout_is_made_in_the_background_and_the_old_scene_stays_meanwhile(
    tmp_path: Path, opened: Callable[..., Opened]
) -> None:
    held = Held()
    _, model = opened(write_calls(tmp_path / "c.tapeview"), background=held)
    heard: list[frozenset[str]] = []
    model.changed.connect(heard.append)
    assert model.scene is None
    assert model.laying_out
    assert model.title == "tape 1 · 11 ops · laying out …"
    held.run()
    assert not model.laying_out
    scene = model.scene
    assert scene is not None
    assert "scene" in heard[-1]
    assert model.title.startswith("tape 1 · 11 ops · laid out in ")
    model.fold_all(True)
    assert model.scene is scene
    assert model.laying_out
    held.run()
    assert model.scene is not scene


def test_a_cancelled_layout_is_not_taken_and_can_be_asked_for_again(
    tmp_path: Path, opened: Callable[..., Opened]
) -> None:
    held = Held()
    _, model = opened(write_calls(tmp_path / "c.tapeview"), background=held)
    assert model.scene is None
    model.cancel()
    assert model.given_up
    assert "not laid out" in model.title
    held.run()
    assert model.scene is None
    model.retry()
    assert model.scene is None
    held.run()
    assert model.scene is not None
    assert not model.given_up


def test_only_the_last_layout_asked_for_counts(tmp_path: Path, opened: Callable[..., Opened]) -> None:
    held = Held()
    _, model = opened(write_calls(tmp_path / "c.tapeview"), background=held)
    assert model.scene is None
    held.run()
    whole = model.scene
    model.fold_all(True)
    assert model.scene is whole
    model.fold(titles(model).index("Mul"))
    assert model.scene is whole
    first, last = held.jobs
    last[1](last[0]())
    wanted = model.scene
    assert wanted is not whole
    first[1](first[0]())
    assert model.scene is wanted


def test_a_large_tape_is_taken_apart_in_the_background(
    tmp_path: Path, opened: Callable[..., Opened], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph_subject, "LARGE", 10)
    held = Held()
    _, model = opened(write_calls(tmp_path / "c.tapeview"), background=held)
    heard: list[frozenset[str]] = []
    model.changed.connect(heard.append)
    assert model.scene is None
    assert model.title == "tape 1 · 11 ops · laying out …"
    ((picture, done),) = held.jobs
    held.jobs = []
    done(picture())
    assert model.scene is None
    assert model.laying_out
    held.run()
    scene = model.scene
    assert scene is not None
    assert not model.laying_out
    assert {"scene", "layout"} <= heard[-1]
    model.fold_all(True)
    assert model.scene is scene
    model.fold_all(False)
    assert model.scene is scene
    first, last = held.jobs
    held.jobs = []
    assert first[0]() is None, "nobody waits for it any more"
    last[1](last[0]())
    assert not model.laying_out, "this layout is known"
    again = model.scene
    assert again is not scene
    assert again is not None
    assert again.layout is scene.layout


def test_a_growing_step_is_drawn_again(tmp_path: Path) -> None:
    path = tmp_path / "live.tapeview"
    script = Regression(path)
    script.train()
    script.flush()
    script.writer.commit()
    with Recording.open(path) as recording:
        workspace = Workspace()
        model = GraphModel(workspace)
        workspace.open(recording, follow=True)
        assert model.scene is not None
        first = model.scene
        script.train()
        script.flush()
        script.writer.commit()
        assert recording.refresh()
        workspace.refreshed()
        assert model.scene is not first
        assert model.scene is not None
        assert model.scene.graph.step == 1
        model.dispose()
    script.finish()


# -- verbs -----------------------------------------------------------------------------------------------------------


def test_a_click_selects_ops_variables_and_constants(regression: Opened) -> None:
    workspace, model = regression
    scene = model.scene
    assert scene is not None
    for node, kind in ((SUB, "op"), (B, "variable"), (Y, "tensor")):
        model.select(node)
        assert workspace.selection == Selection(kind, scene.graph.nodes[node].key[1])  # type: ignore[arg-type]
        assert model.selected == node
    model.select(-1)
    assert workspace.selection == Selection()
    assert model.selected == -1


def test_a_selection_made_elsewhere_is_found(regression: Opened) -> None:
    workspace, model = regression
    scene = model.scene
    assert scene is not None
    workspace.select("tensor", scene.graph.nodes[ADD].tensor)
    assert model.selected == ADD
    workspace.select("tensor", scene.graph.nodes[Y].tensor)
    assert model.selected == Y


def test_a_double_click_moves_to_where_the_op_ran(regression: Opened) -> None:
    workspace, model = regression
    model.activate(SUB)
    assert workspace.cursor == Cursor(2, 2)
    model.activate(B)
    assert workspace.cursor == Cursor(2, 1)


def test_in_the_backward_pass_a_double_click_moves_to_its_backward_step(regression: Opened) -> None:
    workspace, model = regression
    workspace.move_to(2, 5)
    model.activate(ADD)
    assert workspace.cursor == Cursor(2, 8)


def test_an_op_that_the_backward_pass_never_reaches_leads_to_where_it_ran(
    tmp_path: Path, opened: Callable[..., Opened]
) -> None:
    workspace, model = opened(write_nones(tmp_path / "n.tapeview"), 0, 8)
    scene = model.scene
    assert scene is not None
    stopped = next(n for n, node in enumerate(scene.graph.nodes) if node.stopped)
    model.activate(stopped)
    assert workspace.cursor == Cursor(0, 2)


def test_search_finds_types_names_and_expressions(regression: Opened) -> None:
    _, model = regression
    heard: list[frozenset[str]] = []
    model.changed.connect(heard.append)
    assert model.search("y_pred") == 3
    assert model.matches == (ADD, SUB, SQUARE)
    assert (model.match, model.reveal) == (0, ADD)
    assert "reveal" in heard[-1]
    assert model.search("MUL") == 1
    assert model.search("square y_pred") == 1
    assert model.search("nothing like it") == 0
    assert model.search("") == 0
    assert model.matches == ()


def test_matches_are_gone_through_round_and_round(regression: Opened) -> None:
    _, model = regression
    model.search("y_pred")
    seen = []
    for _ in range(3):
        model.next_match()
        seen.append(model.reveal)
    assert seen == [SUB, SQUARE, ADD]
    assert model.selected == ADD
    model.next_match(-1)
    assert model.reveal == SQUARE


def test_a_search_goes_on_in_the_next_step(regression: Opened) -> None:
    workspace, model = regression
    model.search("y_pred")
    workspace.next_step()
    assert model.scene is not None
    assert model.matches == (ADD, SUB, SQUARE)


# -- folding ---------------------------------------------------------------------------------------------------------


def test_groups_open_close_and_remember_across_steps(tmp_path: Path, opened: Callable[..., Opened]) -> None:
    workspace, model = opened(write_calls(tmp_path / "c.tapeview", blocks=3))
    assert model.can_fold is False  # 11 ops are read as they are
    model.fold_all(True)
    assert model.folded
    scene = model.scene
    assert scene is not None
    assert [face.title for face in scene.faces] == ["w", "Square", "block()", "block()", "block()", "Mean → loss"]
    assert scene.faces[2].detail == "3 ops"
    model.unfold(3)
    assert folded(model) == ["block()", "block()"]
    workspace.next_step()
    assert folded(model) == ["block()", "block()"]
    model.fold(titles(model).index("Mul"))
    assert folded(model) == ["block()", "layer()", "block()"]
    layer = titles(model).index("layer()")
    group = model.group_around(layer)
    assert group is not None
    assert group.label == "block"
    model.fold(layer)
    assert folded(model) == ["block()"] * 3
    assert model.group_around(1) is None
    model.fold_all(False)
    assert not model.scene.graph.groups


def test_inside_a_folded_group_the_cursor_says_where_it_is(tmp_path: Path, opened: Callable[..., Opened]) -> None:
    workspace, model = opened(write_calls(tmp_path / "c.tapeview", blocks=3))
    model.fold_all(True)
    workspace.move_to(0, 5)
    assert model.state is not None
    assert model.state.current == 3
    assert details(model)[3] == "Tanh · 2 of 3"
    assert numbers(model.state.executed) == [0, 1, 2, 3]


def test_a_picked_group_stays_picked_until_something_else_is(tmp_path: Path, opened: Callable[..., Opened]) -> None:
    workspace, model = opened(write_calls(tmp_path / "c.tapeview", blocks=3))
    model.fold_all(True)
    model.select(3)
    assert model.selected == 3
    assert workspace.selection.kind == "none"
    model.select(1)
    assert model.selected == 1


def test_search_looks_into_folded_groups(tmp_path: Path, opened: Callable[..., Opened]) -> None:
    _, model = opened(write_chain(tmp_path / "c.tapeview", 5000))
    assert model.can_fold
    assert 1 < model.search("AddV2") <= 130
    assert "folded to" in model.title


# -- words -----------------------------------------------------------------------------------------------------------


def test_the_card_of_an_op_has_its_rules_value_and_gradient(regression: Opened) -> None:
    workspace, model = regression
    workspace.move_to(2, 6)
    card = model.card(SQUARE)
    assert card is not None
    rows = {row.label: row.text for row in card.rows if row.label}
    assert card.title == "Square"
    assert card.subtitle == "tf.square(y_pred - y)"
    assert rows["shape"] == "(10,) float32"
    assert rows["∂L/∂x"] == "= g * 2 * x"
    assert rows["line"] == "14"
    assert rows["gradient"] == f"‖g‖ {math.sqrt(0.1):.4g}"
    assert "‖·‖" in rows["value"]
    waiting = model.card(ADD)
    assert waiting is not None
    assert ("gradient", "has not arrived yet") in [row[:2] for row in waiting.rows]


def test_the_card_of_what_has_no_gradient_says_why(tmp_path: Path, opened: Callable[..., Opened]) -> None:
    _, model = opened(write_nones(tmp_path / "n.tapeview"), 0, 7)
    card = model.card(1)
    assert card is not None
    assert card.title == "frozen"
    assert ("gradient", "None", "bad") in [tuple(row) for row in card.rows]
    assert "trainable=False" in card.rows[-1].text


def test_cards_before_and_after_an_op_ran(regression: Opened) -> None:
    _, model = regression
    card = model.card(MEAN)
    assert card is not None
    assert ("value", "not yet run") in [row[:2] for row in card.rows]
    assert model.card(99) is None
    assert "Mul" in model.describe(MUL)


def test_the_card_of_a_group_counts_what_is_inside(tmp_path: Path, opened: Callable[..., Opened]) -> None:
    _, model = opened(write_calls(tmp_path / "c.tapeview", blocks=3))
    model.fold_all(True)
    card = model.card(2)
    assert card is not None
    assert {row.label: row.text for row in card.rows} == {"inside": "Mul × 1 · Tanh × 1 · AddV2 × 1", "lines": "5–8"}


def test_the_legend_explains_only_what_there_is(
    regression: Opened, tmp_path: Path, opened: Callable[..., Opened]
) -> None:
    _, model = regression
    samples = [entry.sample for entry in model.legend]
    assert samples == ["watched", "constant", "op", "current", "target", "gradient", "bad", "none"]
    _, other = opened(write_nones(tmp_path / "n.tapeview"))
    assert {"unwatched", "faint"} < {entry.sample for entry in other.legend}


def test_titles_and_empty_states(tmp_path: Path, opened: Callable[..., Opened]) -> None:
    workspace = Workspace()
    model = GraphModel(workspace)
    assert model.scene is None
    assert model.title == ""
    assert model.empty_text == "Open a script or a recording to see its tape."
    workspace.load_script(Path("s.py"), "")
    assert model.empty_text == "Run the script with F5 to see its tape."
    workspace.set_state("running")
    assert model.empty_text == "Waiting for the first tape …"
    model.dispose()
    _, model = opened(write_empty(tmp_path / "e.tapeview"))
    assert model.scene is None
    assert model.title == "tape 1 · 0 ops"
    assert model.empty_text == "No op was recorded in this tape."
    thin = write_empty(tmp_path / "t.tapeview")
    with closing(sqlite3.connect(thin, isolation_level=None)) as connection:
        connection.execute("UPDATE step SET kept = 'scalars'")
    _, thinned = opened(thin)
    assert thinned.empty_text == "Only the scalars of this step were kept; --keep-steps all would have kept its ops."
    assert model.state is None
    assert model.legend == ()
    assert model.search("x") == 0
    model.select(0)
    model.activate(0)


def test_a_step_with_several_tapes_lets_one_choose(tmp_path: Path, opened: Callable[..., Opened]) -> None:
    _, model = opened(write_inner(tmp_path / "i.tapeview"))
    assert model.tapes == ("all tapes", "tape #1", "tape #2")
    assert model.scene is not None
    assert len(model.scene.faces) == 6
    model.show_tape(2)
    assert [face.title for face in model.scene.faces] == ["x", "Mul → y"]


def test_one_tape_offers_no_choice(regression: Opened) -> None:
    assert regression[1].tapes == ()


# -- values ----------------------------------------------------------------------------------------------------------


def tensor(id: int, values: list[float], dtype: str = "float32") -> Tensor:
    array = np.array(values, dtype)
    return Tensor(id, dtype, array.shape, array.tobytes())


def test_magnitudes() -> None:
    assert magnitude(tensor(1, [3.0, 4.0])) == (5.0, "")
    assert magnitude(tensor(1, [3.0, math.inf, 4.0])) == (5.0, "Inf")
    assert magnitude(tensor(1, [math.nan, math.inf])) == (0.0, "NaN")
    assert magnitude(tensor(1, [3e300, 4e300], "float64")) == (pytest.approx(5e300), "")
    assert magnitude(tensor(1, [3, 4], "int32")) == (5.0, "")
    assert magnitude(tensor(1, [])) == (0.0, "")
    assert math.isnan(magnitude(Tensor(1, "float32", (9,), None))[0])
    assert math.isnan(magnitude(Tensor(1, "<U3", (), b"x" * 12))[0])
    assert magnitude(Tensor(1, "float32", (9,), None, stats=Stats(0, 1, 0, 7.0, 1, 0, 0))) == (7.0, "NaN")
    assert magnitude(Tensor(1, "float32", (1,), b"odd")) == (pytest.approx(math.nan, nan_ok=True), "")


def test_spoiled_values_are_found_among_many() -> None:
    bad = Tensor(7, "float32", (99,), None, stats=Stats(0, 1, 0, 7.0, 0, 2, 0))
    several = [
        tensor(1, [1.0]),
        tensor(2, [math.nan, 1.0]),
        tensor(3, [1.0, math.inf], "float64"),
        tensor(4, [1, 2], "int64"),
        tensor(5, []),
        tensor(6, [2.0, 3.0, 4.0]),
        bad,
        Tensor(8, "float32", (1,), b"odd"),
        Tensor(9, "bfloat16", (2,), np.array([0x3F80, 0x7FC0], "<u2").tobytes()),
    ]
    assert spoiled(several) == {2, 3, 7, 9}
    assert spoiled([]) == set()


def test_a_thing_used_twice_and_unwatched_tapes(tmp_path: Path, opened: Callable[..., Opened]) -> None:
    _, model = opened(write_twice(tmp_path / "t.tapeview"))
    scene = model.scene
    assert scene is not None
    assert scene.dashed.all()
    assert numbers(scene.faint) == [1, 2, 4]


def test_no_qt_is_needed() -> None:
    code = "import sys, tapeview.views.graph_model; print([m for m in sys.modules if 'PySide' in m or m == 'networkx'])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
