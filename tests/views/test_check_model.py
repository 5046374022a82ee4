"""Is this gradient right: what is asked, what is shown while answers come, and what the results say."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from tapeview.explain.questions import (
    KINK,
    RIGHT,
    ROUNDED,
    UNKNOWN,
    WRONG,
    Answer,
    Cancelled,
    Checked,
    CheckQuestion,
    Checks,
    Element,
    Progress,
    Question,
    Refusal,
)
from tapeview.trace.graphs import node_id
from tapeview.trace.query import Recording
from tapeview.views.background import Immediate
from tapeview.views.check_heat import COLUMNS, ROWS, heat_of
from tapeview.views.check_model import CheckModel
from tapeview.views.check_results import CheckResults
from tapeview.views.check_targets import ALL, OWN, SOURCE, picked
from tapeview.views.check_words import element_text, explanation, row_of
from tapeview.views.replayer import Replayer
from tapeview.views.signal import Signal
from tapeview.views.workspace import Workspace
from tests.helpers.recordings import write_nones
from tests.helpers.scripts import record_source

SOURCE_TEXT = """\
import tensorflow as tf

@tf.custom_gradient
def cube(x):
    y = x ** 3.0
    def grad(upstream):
        return upstream * 2.0 * x ** 2.0
    return y, grad

기울기 = tf.Variable([1.0, 2.0], name="기울기")
b = tf.Variable(0.5, name="b")
for step in range(2):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(cube(기울기)) + tf.exp(b)
    d = tape.gradient(loss, [기울기, b])
    b.assign_sub(0.1 * d[1])
"""
CUBE_CALL, CUBE = 14, 4


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = record_source(tmp_path_factory.mktemp("wrong"), SOURCE_TEXT)
    assert run.code == 0, run.err
    return run.path


class Later:
    """A background whose jobs wait until somebody lets them run, and whose news come at once."""

    def __init__(self) -> None:
        self.jobs: list[Callable[[], None]] = []

    def submit(self, job: Callable[[], Any], done: Callable[[Any], object]) -> None:
        self.jobs.append(lambda: done(job()) and None)

    def tell(self, news: Callable[[], object]) -> None:
        news()

    def run(self) -> None:
        while self.jobs:
            self.jobs.pop(0)()


class Scripted:
    """Answers as it was told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[CheckQuestion] = []
        self.messages: list[Progress] = []
        self.answer: Answer = Cancelled()
        self.cancelled = self.closed = 0
        self.between: Callable[[], object] = lambda: None

    def __call__(self, path: Path) -> Scripted:
        return self

    def ask(self, question: Question, progress: Callable[[Progress], object] | None = None) -> Answer:
        assert isinstance(question, CheckQuestion)
        self.asked.append(question)
        for message in self.messages:
            assert progress is not None
            progress(message)
            self.between()
        return self.answer

    def cancel(self) -> None:
        self.cancelled += 1

    def close(self) -> None:
        self.closed += 1


def element(*index: int, error: float = 0.0, recorded: float | None = 1.0) -> Element:
    return Element(index, recorded, 1.0, 1.0 + error, error=error)


def checked(subject: str = "w", verdict: str = RIGHT, **more: Any) -> Checked:
    elements = more.pop("elements", (element(0),))
    worst = max(elements, key=lambda one: one.error)
    values: dict[str, Any] = {"call": 1, "line": 15, "size": len(elements), **more}
    return Checked(subject, worst=worst, elements=elements, verdict=verdict, **values)


class Desk:
    """A model with a recording, and somebody who answers as he is told."""

    def __init__(self, recording: Recording, path: Path) -> None:
        self.workspace = Workspace()
        self.workspace.open(recording, path)
        self.background, self.asker = Later(), Scripted()
        self.model = CheckModel(self.workspace, self.background, self.asker)
        self.wanted = 0
        self.model.wanted.connect(self._count)

    def _count(self) -> None:
        self.wanted += 1


@pytest.fixture
def desk(path: Path) -> Iterator[Desk]:
    with Recording.open(path) as recording:
        made = Desk(recording, path)
        yield made
        made.model.dispose()


# -- what can be checked -----------------------------------------------------------------------------------------------


def test_everything_functions_with_a_rule_of_their_own_and_sources(desk: Desk) -> None:
    model = desk.model
    assert [(one.kind, one.name) for one in model.targets] == [
        (ALL, "all gradients of the step"),
        (OWN, f"the function cube, line {CUBE_CALL}"),
        (SOURCE, "the gradient of 기울기"),
        (SOURCE, "the gradient of b"),
    ]
    assert model.target == 0
    model.choose(9)
    assert model.target == 0
    model.choose(3)
    desk.workspace.move_to(1, 0)
    assert model.target == 3, "the same thing in another step"
    assert "finite difference" in model.text


def test_what_is_asked_follows_what_is_picked(desk: Desk) -> None:
    model, workspace, asked = desk.model, desk.workspace, desk.asker.asked
    step = workspace.step
    assert step is not None
    ops = {op.op: op.seq for op in step.ops.values()}
    workspace.select("op", ops["Exp"])
    model.check_here()
    desk.background.run()
    workspace.select("op", ops["cube"])
    model.choose_amount(2)
    model.check_here()
    desk.background.run()
    assert workspace.recording is not None
    b = next(one.id for one in workspace.recording.variables().values() if one.name == "b:0")
    workspace.select("variable", b)
    model.check_here()
    desk.background.run()
    workspace.select("none")
    model.check_all()
    desk.background.run()
    assert [(one.op, one.call, one.source, one.elements) for one in asked] == [
        (ops["Exp"], 0, -1, 0),
        (ops["cube"], 0, -1, 100),
        (0, 1, 1, 100),
        (0, 0, -1, 100),
    ]
    assert asked[0].seconds == 2.0
    assert desk.wanted == 4, "a check that was asked for is to be seen"
    # An update stands for the gradient that it used.
    workspace.move_to(0, len(step.positions) - 1)
    model.check_here()
    assert model.targets[model.target].name == "the gradient of b"


def test_what_got_no_gradient_is_not_asked_about(desk: Desk) -> None:
    step = desk.workspace.step
    assert step is not None
    inside = next(op.seq for op in step.ops.values() if op.op == "Pow" and not op.call)
    desk.model.check_op(inside)
    assert desk.model.state == "refused"
    assert "got no gradient in this step" in desk.model.text
    assert not desk.background.jobs


def test_in_the_middle_of_a_backward_pass_single_ops_can_be_checked(tmp_path: Path) -> None:
    run = record_source(
        tmp_path,
        """
        import tensorflow as tf
        x = tf.Variable(2.0)

        @tf.custom_gradient
        def fails(x):
            def gradient(upstream):
                raise ValueError("here")
            return tf.identity(x), gradient

        with tf.GradientTape() as tape:
            loss = tf.exp(fails(x))
        tape.gradient(loss, x)
        """,
    )
    assert run.code == 1
    with Recording.open(run.path) as recording:
        workspace = Workspace()
        workspace.open(recording, run.path)
        model = CheckModel(workspace, Immediate(), Replayer)
        assert (model.targets, model.can_check) == ((), True)
        model.check_all()
        assert (model.state, "no gradient yet" in model.text) == ("refused", True)
        assert workspace.step is not None
        model.check_op(next(op.seq for op in workspace.step.ops.values() if op.op == "Exp"))
        assert [row.verdict for row in model.results.rows] == [RIGHT], model.text
        model.dispose()


def test_a_step_without_gradients(tmp_path: Path) -> None:
    path = write_nones(tmp_path / "nones.tapeview")
    with Recording.open(path) as recording:
        desk = Desk(recording, path)
        assert [one.name for one in desk.model.targets[1:]] == ["the gradient of x"]
        desk.model.dispose()
    model = CheckModel(Workspace(), Immediate(), Scripted())
    assert (model.targets, model.can_check, model.target) == ((), False, -1)
    assert "once a script has taken some" in model.text
    model.check_all()
    model.check_here()
    assert model.state == ""
    model.dispose()


# -- while it runs -----------------------------------------------------------------------------------------------------


def test_results_come_one_by_one(desk: Desk) -> None:
    model, results = desk.model, desk.model.results
    first, second = checked("기울기", ROUNDED), checked("b", WRONG, source=1)
    desk.asker.messages = [
        Progress(0, 2, "기울기"),
        Progress(1, 2, "기울기", first),
        Progress(1, 2, "b"),
        Progress(2, 2, "b", second),
    ]
    desk.asker.answer = Checks(0, (first, second))
    seen = []
    desk.asker.between = lambda: seen.append((model.progress_text, len(results.rows), results.row))
    model.check_all()
    assert (model.state, model.progress_text) == ("running", "The step is worked out again …")
    desk.background.run()
    assert seen == [("1 of 2 · 기울기", 0, -1), ("2 of 2 · 기울기", 1, 0), ("2 of 2 · b", 1, 0), ("2 of 2 · b", 2, 0)]
    assert (model.state, results.summary) == ("done", "1 WRONG · 1 right, rounded")
    assert model.heading == "all gradients of the step · step 1"
    assert results.row == 0, "what somebody looks at stays"
    desk.workspace.move_to(1, 0)
    assert model.heading.endswith("step 1"), "results are of the step that was checked"
    desk.workspace.close()
    assert (model.state, results.rows, desk.asker.closed) == ("", (), 1)


def test_the_worst_is_looked_at_first(desk: Desk) -> None:
    found = (checked("a"), checked("b", KINK), checked("c", WRONG), checked("d", UNKNOWN), checked("e", WRONG))
    desk.asker.answer = Checks(0, found)
    desk.model.check_all()
    desk.background.run()
    assert desk.model.results.row == 2
    assert desk.model.results.summary == "2 WRONG · 1 kink · 1 not known · 1 right"


def test_a_result_without_a_slope_is_looked_at_when_it_comes_again(desk: Desk) -> None:
    vague = msgspec.structs.replace(
        checked("a", UNKNOWN), elements=(Element((0,), 1.0, 1.0, math.nan),), worst=Element((0,), 1.0, 1.0, math.nan)
    )
    found = (vague, checked("b", WRONG, source=1))
    results = desk.model.results
    results.show(found)
    results.look_at(0)
    results.show(msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=tuple[Checked, ...]))
    assert results.row == 0


def test_cancelled_in_the_middle(desk: Desk) -> None:
    model = desk.model
    first = checked("기울기")
    desk.asker.messages = [Progress(1, 3, "기울기", first), Progress(2, 3, "b", checked("b", WRONG))]
    desk.asker.answer = Checks(0, (first,))
    desk.asker.between = model.cancel
    model.check_all()
    desk.background.run()
    assert (model.state, desk.asker.cancelled) == ("cancelled", 1)
    assert [row.name for row in model.results.rows] == ["기울기"], (
        "what was known already stays, what comes late does not"
    )
    assert model.cancelled_text == "cancelled after 1 of 3"
    # Cancelled before anything was known.
    model.check_all()
    model.cancel()
    desk.background.run()
    assert "before anything was known" in model.text
    # A new question gives up the one before it, which is not even asked if it has not been.
    asked = len(desk.asker.asked)
    model.check_all()
    model.check_all()
    desk.background.run()
    assert desk.asker.cancelled == 4
    assert len(desk.asker.asked) == asked + 1


def test_refused_with_the_names_of_what_was_not_kept(desk: Desk) -> None:
    desk.asker.answer = Refusal("step 1 cannot be worked out again: of “w” no value was kept", ("w",))
    desk.model.check_all()
    desk.background.run()
    assert desk.model.state == "refused"
    assert desk.model.text == "Step 1 cannot be worked out again: of “w” no value was kept."
    desk.asker.answer = Checks(0, ())
    desk.model.check_all()
    desk.background.run()
    assert "nothing to check" in desk.model.text


# -- what the results say ----------------------------------------------------------------------------------------------


def test_a_row_has_everything_for_those_who_hear_it() -> None:
    worst = Element((3, 7), -0.25, 0.5, 0.5, error=1.5)
    row = row_of(checked("w", WRONG, elements=(worst, element(0, 0)), size=12_000), False)
    assert (row.text, row.worst, row.recorded, row.by_rules) == ("✗ WRONG", "[3,7]", "-0.25", "0.5")
    assert (row.error, row.looked) == ("1.5", "2 of 12,000")
    for part in ("WRONG", "[3,7]", "recorded -0.25", "2 of 12,000"):
        assert part in row.spoken
    scalar = row_of(checked("b", elements=(element(),)), True)
    assert (scalar.name, scalar.worst, scalar.looked) == ("b (line 15)", "scalar", "1")
    own = row_of(checked("x", UNKNOWN, elements=(Element((0,), None, None, 1.0),), op=4, op_type="cube"), False)
    assert (own.name, own.recorded, own.by_rules) == ("cube → “x”", "not kept", "–")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (checked(), ("slope", "moved a tiny step")),
        (checked(verdict=ROUNDED, elements=(Element((0,), 1.25, 1.5, 1.5),)), ("1.25", "float32", "seven digits")),
        (checked(verdict=KINK), ("w[0]", "corner", "nothing need be done")),
        (checked(verdict=UNKNOWN, why="It is NaN."), ("no slope", "It is NaN.")),
        (checked(verdict=WRONG, culprits=("cube (line 9)",)), ("cube (line 9)", "derivative", "straight-through")),
        (checked(verdict=WRONG), ("No function of the script", "one by one")),
    ],
)
def test_each_verdict_says_what_it_means_and_what_to_do(found: Checked, words: tuple[str, ...]) -> None:
    text = explanation(found)
    assert [word for word in words if word not in text] == []
    assert "{" not in text


# -- the picture -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "grid", "last"),
    [
        ((), (1, 1), 1),
        ((7,), (1, 7), 7),
        ((1, 7), (1, 7), 7),
        ((500,), (13, 39), 500),
        ((12, 8), (12, 8), 96),
        ((2, 3, 4), (6, 4), 24),
        ((3, 3, 4, 9), (9, 36), 324),
    ],
)
def test_any_rank_is_a_picture(shape: tuple[int, ...], grid: tuple[int, int], last: int) -> None:
    several = tuple(element(*(int(k) for k in index)) for index in np.ndindex(shape))
    heat = heat_of(several, shape, several[-1])
    assert (heat.rows, heat.columns, heat.last) == (*grid, last)
    assert len(heat.elements) == math.prod(shape)
    assert heat.worst == divmod(math.prod(shape) - 1, grid[1])
    assert set(heat.levels.values()) == {0.0}


def test_a_million_elements_of_which_few_were_looked_at() -> None:
    rng = np.random.default_rng(0)
    places = {(int(a), int(b)) for a, b in rng.integers(0, 1000, (60, 2))}
    several = tuple(element(*place, error=10.0**-k) for k, place in enumerate(sorted(places)))
    heat = heat_of(several, (1000, 1000), several[0])
    assert heat.rows <= ROWS
    assert heat.columns <= COLUMNS
    assert heat.elements[heat.worst] is several[0]
    assert heat.levels[heat.worst] == 1.0
    assert "1 cell: 11 × 7" in heat.axes
    # Two in a cell: the larger error is shown.
    pair = (element(0, 0, error=1e-9), element(0, 1, error=1e-2))
    assert heat_of(pair, (1000, 1000), pair[1]).elements == {(0, 0): pair[1]}


def test_levels_are_logarithmic_and_nothing_is_infinite() -> None:
    several = tuple(element(k, error=error) for k, error in enumerate((0.0, 1e-9, 1e-3, 1.0, math.inf)))
    levels = heat_of(several, (5,), several[4]).levels
    assert [round(levels[0, k], 3) for k in range(5)] == [0.0, 0.0, 0.5, 1.0, 1.0]
    absolute = heat_of(several[:4], (6,), several[3], relative=False)
    assert (absolute.high, absolute.levels[0, 3], absolute.levels[0, 0]) == (1.0, 1.0, 0.0)


def test_where_no_slope_could_be_measured_there_is_no_colour() -> None:
    several = (Element((0,), 1.0, 1.0, math.nan), element(1, error=0.5))
    heat = heat_of(several, (2,), several[0])
    assert set(heat.elements) == {(0, 0), (0, 1)}
    assert set(heat.levels) == {(0, 1)}
    assert element_text("w", several[0]) == "w[0]: recorded 1 · by the rules 1 · there is no slope"


def test_arrows_go_from_element_to_element() -> None:
    looked = tuple(element(*index, error=0.1 * (index == (2, 5))) for index in ((0, 0), (0, 5), (2, 5), (7, 1)))
    results = CheckResults(Signal(), lambda found: (8, 8) if found.subject == "w" else (1,))
    results.show((checked("w", elements=looked, size=64), checked("b")))
    assert results.cell == (2, 5)
    results.move_cell(-1, 0)
    assert results.cell == (0, 5)
    results.move_cell(0, -1)
    assert results.cell == (0, 0)
    results.move_cell(0, -1)
    assert results.cell == (0, 0), "there is none further left"
    results.move_cell(1, 0)
    assert results.cell == (7, 1)
    results.look_at_cell((4, 4))
    assert results.cell == (7, 1), "nobody looked at that one"
    assert results.element_words((4, 4)) == "not looked at"
    results.measure(False)
    assert results.cell == (7, 1), "the same element in the other measure"
    results.look_at_worst()
    assert results.element_words().startswith("w[2,5]: recorded 1 · by the rules 1 · by finite differences 1.1")
    results.look_at(1)
    assert results.element_words().startswith("b[0]")


# -- the real thing ----------------------------------------------------------------------------------------------------


def test_a_wrong_rule_is_found_and_leads_to_its_function(path: Path) -> None:
    with Recording.open(path) as recording:
        workspace = Workspace()
        workspace.open(recording, path)
        model = CheckModel(workspace, Immediate(), Replayer)
        lines: list[int] = []
        model.show_line.connect(lambda _file, line: lines.append(line))
        model.check_all()
        results = model.results
        assert {(row.name, row.verdict) for row in results.rows} >= {("기울기", WRONG), ("b", RIGHT)}
        results.look_at([row.name for row in results.rows].index("기울기"))
        assert f"cube (line {CUBE_CALL})" in model.text
        assert model.go_text == "Show cube in the graph"
        model.go()
        assert workspace.position_text().startswith("step 1 of 2 · backward")
        assert "cube" in workspace.position_text()
        assert model.definition_text == f"Its definition, line {CUBE}"
        model.go_to_definition()
        assert lines == [CUBE]
        assert model.verdict_here()[0] == WRONG
        results.look_at([row.name for row in results.rows].index("b"))
        model.go()
        assert workspace.selection.kind == "variable"
        verdict, words = model.verdict_here()
        assert verdict == RIGHT
        assert "largest error" in words
        workspace.move_to(1, 0)
        assert model.verdict_here() == ("", ""), "that is another step"
        # One op: what its rule sends, with what arrived as it was recorded.
        step = workspace.step
        assert step is not None
        model.check_op(next(op.seq for op in step.ops.values() if op.op == "Exp"))
        assert [(row.name, row.verdict) for row in results.rows] == [("Exp → “b”", RIGHT)]
        model.dispose()


def test_nodes_of_a_deferred_graph_stand_for_what_they_ran(tmp_path: Path) -> None:
    script = """
    import tensorflow.compat.v1 as tf
    tf.disable_v2_behavior()
    x = tf.placeholder(tf.float32, name="x")
    a = tf.get_variable("a", initializer=2.0)
    loss = tf.square(tf.sin(a * x), name="loss")
    (slope,) = tf.gradients(loss, [a])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run([loss, slope], {x: 3.0})
    """
    run = record_source(tmp_path, script)
    assert run.code == 0, run.err
    with run.recording() as recording:
        workspace = Workspace()
        workspace.open(recording, run.path)
        workspace.move_to(recording.step_count - 1, 0)
        step = workspace.step
        assert step is not None
        assert step.run is not None
        graph = step.run.started.graph
        found = {}
        for node in recording.graphs.nodes(graph):
            workspace.select("node", node_id(graph, node.number))
            subject = picked(workspace)
            if subject is not None:
                found[node.name] = subject.kind if subject.kind != "op" else step.ops[subject.id].op
        assert found["a"] == "variable"
        assert (found["Sin"], found["loss"]) == ("Sin", "Square")
        assert {op for name, op in found.items() if name.startswith("gradients/Sin_grad")} == {"Sin"}
        assert "x" not in found, "what is fed is computed by nothing"
