"""What was found out about the steps, which of it is looked at, and its path in the graph."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tapeview.explain import Finding, explain_step, why_none
from tapeview.trace.query import Recording
from tapeview.trace.records import BackwardStep, Op
from tapeview.views.background import Immediate
from tapeview.views.explained import Explained
from tapeview.views.findings_model import FindingsModel
from tapeview.views.graph_marks import GraphMarks
from tapeview.views.graph_model import GraphModel
from tapeview.views.inspector_model import InspectorModel
from tapeview.views.timeline_model import TimelineModel
from tapeview.views.trail import trail_of
from tapeview.views.workspace import Workspace
from tests.helpers.explained import BREAK, DEAD, FAN, NAN, write_explained
from tests.helpers.scripts import record_source


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_explained(tmp_path_factory.mktemp("explained"))


class Desk:
    """A workspace with the recording and all who share what was found out."""

    def __init__(self, recording: Recording) -> None:
        self.workspace = Workspace()
        self.explained = Explained(self.workspace, Immediate())
        self.findings = FindingsModel(self.workspace, self.explained)
        self.graph = GraphModel(self.workspace)
        self.marks = GraphMarks(self.graph, self.explained)
        self.timeline = TimelineModel(self.workspace, self.explained)
        self.inspector = InspectorModel(self.workspace, None, self.explained)
        self.reasons: list[str] = []
        self.explained.changed.connect(lambda reasons: self.reasons.extend(reasons))
        self.workspace.open(recording)

    def finding(self, step: int) -> Finding:
        return next(one.finding for one in self.explained.findings() if one.finding.step == step)

    def node(self, name: str) -> int:
        scene = self.graph.scene
        assert scene is not None
        return next(n for n, node in enumerate(scene.graph.nodes) if name in (node.label, node.name))


@pytest.fixture
def desk(path: Path) -> Iterator[Desk]:
    with Recording.open(path) as recording:
        made = Desk(recording)
        yield made
        for model in (made.findings, made.marks, made.timeline, made.inspector, made.graph, made.explained):
            model.dispose()


def test_counts_of_steps(desk: Desk) -> None:
    explained = desk.explained
    assert explained.counts(BREAK).worst == "error"
    assert explained.counts(NAN).errors == 1
    assert explained.counts(FAN).worst == ""
    assert explained.counts(DEAD).warnings == 1
    assert set(explained.steps_found()) >= {BREAK, NAN, DEAD}
    assert not explained.busy
    assert desk.timeline.found(NAN).errors == 1
    assert "1 error" in desk.timeline.step_tip(NAN)
    assert "error" not in desk.timeline.step_tip(FAN)


def test_the_edge_at_which_a_path_breaks(desk: Desk) -> None:
    finding = desk.finding(BREAK)
    desk.explained.look_at(finding)
    trail = desk.explained.trail
    assert trail is not None
    step = desk.workspace.step
    assert step is not None
    floor = next(op for op in step.ops.values() if op.op == "Floor")
    assert (trail.cut, trail.cut_words) == ((floor.seq, 0), "op without a gradient")
    assert [stop.hop.name for stop in trail.stops] == ["Mul", "Floor", "Mul", "Sum"]
    marks = desk.marks.shown
    assert desk.graph.scene is not None
    edges = desk.graph.scene.graph.edges
    nodes = desk.graph.scene.graph.nodes
    cut = edges[marks.cut]
    assert (nodes[cut.source].label, nodes[cut.target].label) == ("Mul", "Floor")
    assert marks.cut_words == "the path breaks here: op without a gradient"
    # Up to the break from x on; behind it what would have come.
    assert [(nodes[edges[e].source].label, nodes[edges[e].target].label) for e in marks.taken] == [("x", "Mul")]
    assert [nodes[edges[e].target].label for e in marks.missed] == ["Mul", "Sum"]
    assert [text for _, text in marks.stops] == ["1", "2", "3", "4"]
    assert marks.kind == "none"
    position = step.positions[desk.workspace.cursor.position].record
    assert position is floor


def test_stops_of_a_nan_can_be_gone_through(desk: Desk) -> None:
    explained, workspace = desk.explained, desk.workspace
    explained.look_at(desk.finding(NAN))
    bar = desk.marks.bar
    assert bar is not None
    assert (bar.title, bar.stop, bar.stops) == ("The gradient of x is not finite: made by a gradient rule", 0, 2)
    seen = []
    for _ in range(3):
        explained.along(1)
        step = workspace.step
        assert step is not None
        record = step.positions[workspace.cursor.position].record
        assert isinstance(record, BackwardStep)
        seen.append(step.ops[record.op].op)
        bar = desk.marks.bar
        assert bar is not None
    assert seen == ["Sqrt", "Mul", "Mul"]  # the last one stays
    assert (bar.stop, "gradient rule" in bar.words, "line 13" in bar.words) == (2, True, True)
    assert desk.marks.shown.current == desk.node("doubled")
    explained.along(-1)
    assert desk.marks.shown.current == desk.node("root")
    poisoned = desk.marks.shown.poisoned
    assert poisoned == (desk.node("root"), desk.node("doubled"))
    explained.leave()
    assert desk.marks.bar is None
    assert desk.marks.shown.kind == ""


def test_badges(desk: Desk) -> None:
    desk.workspace.move_to(NAN, 0)
    marks = desk.marks.shown
    node = desk.node("root")
    assert marks.badges[node].level == "error"
    assert marks.badges[node].texts == ("The gradient of x is not finite: made by a gradient rule",)
    assert desk.marks.look_at(node)
    assert desk.explained.trail is not None
    assert not desk.marks.look_at(desk.node("doubled"))
    card = desk.marks.card(desk.graph.card(node), node)
    assert card is not None
    assert [row.text for row in card.rows if row.label == "found"] == list(marks.badges[node].texts)
    desk.workspace.move_to(FAN, 0)
    assert desk.marks.shown.badges == {}
    assert desk.marks.shown.kind == ""  # its path is in another step
    desk.workspace.move_to(DEAD, 0)
    assert desk.marks.shown.badges[desk.node("r")].level == "warning"


def test_findings_are_gone_through_round_and_round(desk: Desk) -> None:
    model, workspace = desk.findings, desk.workspace
    assert model.can_go
    steps = []
    for _ in range(len(model.findings) + 1):
        model.next()
        steps.append((workspace.cursor.step, model.chosen))
    assert [chosen for _, chosen in steps] == [*range(len(model.findings)), 0]
    assert steps[0][0] >= steps[-2][0]  # the newest step first
    model.next(-1)
    assert model.chosen == len(model.findings) - 1
    groups = [finding.group for finding in model.findings]
    assert groups[-1].startswith("Step 1 · 1 error")
    assert model.summary.startswith("2 errors")


def test_a_stop_is_gone_to_from_the_card(desk: Desk) -> None:
    model = desk.findings
    nan = next(finding for finding in model.findings if finding.step == NAN and finding.hops)
    assert nan.hops == ("Sqrt (14) ∇", "Mul (13) ∇")
    assert nan.advice.startswith("What to do: ")
    assert nan.reached == "Reached: the gradient of x"
    model.go_to_hop(nan, 1)
    assert (model.stop, model.findings[model.chosen]) == (1, nan)
    step = desk.workspace.step
    assert step is not None
    record = step.positions[desk.workspace.cursor.position].record
    assert isinstance(record, BackwardStep)
    assert step.ops[record.op].op == "Mul"


def test_why_in_the_inspector_looks_at_the_answer(desk: Desk) -> None:
    workspace, inspector = desk.workspace, desk.inspector
    step = workspace.step_at(NAN)
    assert step is not None
    mul = next(op for op in step.ops.values() if op.op == "Mul")
    workspace.move_to(NAN, step.backward_of_op[mul.seq][0])
    inspector.choose_tab("gradient")
    asks = {entry.key: entry.ask for entry in inspector.entries}
    assert asks["to 0"] == "nonfinite"
    assert inspector.can_ask(next(entry for entry in inspector.entries if entry.key == "to 0"))
    inspector.ask("to 0")
    assert "asked" in desk.reasons
    trail = desk.explained.trail
    assert trail is not None
    assert (trail.finding.cause, trail.finding.op_name) == ("rule made it", "Sqrt")


def test_why_none_is_among_the_findings_then(desk: Desk) -> None:
    workspace, inspector = desk.workspace, desk.inspector
    workspace.move_to(BREAK, 99)
    variable = next(v.id for v in workspace.recording.variables().values() if v.name == "x:0")  # type: ignore[union-attr]
    workspace.select("variable", variable)
    inspector.choose_tab("gradient")
    (entry,) = inspector.entries
    assert (entry.brief, entry.ask) == ("None", "none")
    before = len(desk.findings.findings)
    inspector.ask(entry.key)
    assert desk.findings.findings[desk.findings.chosen].title == "The gradient of x is None: op without a gradient"
    assert len(desk.findings.findings) == before  # it was there


def test_what_was_asked_for_is_shown_although_it_is_ordinary(desk: Desk) -> None:
    recording = desk.workspace.recording
    assert recording is not None
    step = recording.step(BREAK)
    two = next(op for op in step.ops.values() if op.op == "Mul").inputs[1]
    desk.explained.ask(lambda: why_none(recording, BREAK, two))
    model = desk.findings
    assert model.chosen == 0
    assert model.findings[0].group == "Asked for"
    desk.explained.leave()
    assert model.findings[0].group != "Asked for"


def test_nothing_is_asked_about_ordinary_values(desk: Desk) -> None:
    desk.workspace.move_to(FAN, 0)
    assert all(not entry.ask for entry in desk.inspector.entries)
    desk.inspector.ask(desk.inspector.entries[0].key)
    assert desk.explained.trail is None


def test_another_recording_begins_anew(desk: Desk, path: Path) -> None:
    desk.explained.look_at(desk.finding(NAN))
    desk.workspace.close()
    assert desk.explained.trail is None
    assert desk.explained.findings() == []
    assert desk.explained.counts(NAN).worst == ""
    assert not desk.findings.can_go
    desk.findings.next()


def test_an_update_and_what_was_given_are_stops_too(desk: Desk) -> None:
    recording = desk.workspace.recording
    assert recording is not None
    step = recording.step(NAN)
    finding = next(one for one in explain_step(recording, NAN) if one.kind == "nonfinite")
    trail = trail_of(recording, step, finding)
    assert all(0 <= stop.position < len(step.positions) for stop in trail.stops)
    assert trail.standing(99).at == len(trail.stops) - 1
    assert trail.standing(-5).at == 0
    assert isinstance(step.positions[trail.stops[0].position].record, BackwardStep)
    op = step.ops[finding.op]
    assert isinstance(op, Op)


DEFERRED = """
import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 2], name="x")
w = tf.Variable([[1.0], [2.0]], name="w")
y = tf.matmul(x, w)
loss = tf.reduce_mean(tf.log(y))
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    session.run(loss, {x: [[1.0, 2.0], [0.0, 0.0]]})
"""


def test_a_run_of_a_deferred_graph_has_findings_and_paths(tmp_path: Path) -> None:
    with record_source(tmp_path, DEFERRED).recording() as recording:
        desk = Desk(recording)
        (card,) = [finding for finding in desk.findings.findings if finding.explanation is not None]
        assert card.title == "loss is not finite: log of zero"
        assert card.where.endswith("line 6 · run 2")
        assert card.group == "Run 2 · 1 error"
        desk.findings.next()
        marks = desk.marks.shown
        scene = desk.graph.scene
        assert scene is not None
        assert [scene.graph.nodes[node].label for node, _ in marks.stops] == ["Log", "Mean"]
        assert list(marks.badges) == [marks.stops[0][0]]
        (edge,) = [scene.graph.edges[edge] for edge in marks.taken]
        assert (edge.source, edge.target) == tuple(node for node, _ in marks.stops)
        for model in (desk.findings, desk.marks, desk.timeline, desk.inspector, desk.graph, desk.explained):
            model.dispose()


BROKEN_RUN = """
import tensorflow as tf
w = tf.Variable([0.0, 0.0], name="w")
u = tf.Variable([1.5, 2.5], name="u")
loss = tf.sqrt(tf.reduce_sum(w ** 2)) + tf.reduce_sum(tf.round(u * 2.0))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    session.run(train)
"""


def test_breaks_and_rules_of_a_deferred_graph_are_marked_at_its_nodes(tmp_path: Path) -> None:
    with record_source(tmp_path, BROKEN_RUN).recording() as recording:
        desk = Desk(recording)
        findings = {one.kind: one for one in (located.finding for located in desk.explained.findings())}
        desk.explained.look_at(findings["none"])
        scene, marks = desk.graph.scene, desk.marks.shown
        assert scene is not None
        label = [node.label for node in scene.graph.nodes]
        edge = scene.graph.edges[marks.cut]
        assert (label[edge.source], label[edge.target]) == ("mul", "Round")
        assert [label[scene.graph.edges[one].source] for one in marks.missed] == ["Round", "Sum_1"]
        desk.explained.look_at(findings["nonfinite"])
        marks = desk.marks.shown
        assert marks.cut == -1
        assert [label[node].endswith("SqrtGrad") for node, _ in marks.stops] == [True] + [False] * (
            len(marks.stops) - 1
        )
        assert len(marks.taken) == len(marks.stops) - 1 > 1
        # What is not finite answers "why?" also where a node of the graph sent it.
        trail = desk.explained.trail
        assert trail is not None
        desk.workspace.move_to(trail.step, trail.stops[0].position)
        desk.inspector.choose_tab("gradient")
        assert [entry.ask for entry in desk.inspector.entries] == ["", "nonfinite"]
        for model in (desk.findings, desk.marks, desk.timeline, desk.inspector, desk.graph, desk.explained):
            model.dispose()
