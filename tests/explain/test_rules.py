"""A real script for each rule, with what it is about and where; settings; what a rule costs."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tapeview.cli import main
from tapeview.explain import explain
from tapeview.explain.rules import OF_KIND, RULES, SettingError, Settings, kept, parse, rule_of
from tests.explain.reading import BEGIN, explained
from tests.helpers.scripts import record_source

TRAIN = """
def train(steps, loss_of, variables, rate):
    for step in range(steps):
        with tf.GradientTape() as tape:
            loss = loss_of(step)
        gradients = tape.gradient(loss, variables)
        for v, g in zip(variables, gradients):
            v.assign_sub(rate * g)
tf.random.set_seed(1)
x = tf.random.normal([16, 10])
y = tf.reduce_sum(x, axis=1, keepdims=True)
"""

CASES = {
    "constant-loss": (
        """
        w = tf.Variable(1.0)
        train(6, lambda step: tf.reduce_sum(w * 0.0 + 3.0), [w], 0.1)
        """,
        "loss",
    ),
    "loss-not-falling": (
        """
        w = tf.Variable(1.0)
        train(24, lambda step: 5.0 + 0.001 * (step % 2) + 0.0 * w, [w], 0.1)
        """,
        "loss",
    ),
    "loss-rising": (
        """
        w = tf.Variable(1.0)
        train(20, lambda step: w ** 2, [w], -0.1)
        """,
        "loss",
    ),
    "vanishing-gradient": (
        """
        layers = [tf.Variable(0.01 * tf.random.normal([10, 10])) for _ in range(5)]
        last = tf.Variable(tf.random.normal([10, 1]))
        def loss_of(step):
            h = x
            for w in layers:
                h = tf.sigmoid(h @ w)
            return tf.reduce_mean((h @ last - y) ** 2)
        train(4, loss_of, [*layers, last], 0.001)
        """,
        "layers[…]",
    ),
    "exploding-gradient": (
        """
        a, b = tf.Variable(tf.random.normal([10, 10])), tf.Variable(1e6 * tf.random.normal([10, 1]))
        train(2, lambda step: tf.reduce_mean(x @ a @ b), [a, b], 1e-9)
        """,
        "a",
    ),
    "update-ratio": (
        """
        w = tf.Variable(tf.random.normal([10, 10]))
        train(12, lambda step: tf.reduce_mean((x @ w - y) ** 2), [w], 2e-5)
        """,
        "w",
    ),
    "unchanged-weights": (
        """
        w = tf.Variable(tf.random.normal([10, 10]))
        train(12, lambda step: tf.reduce_mean((x @ w - y) ** 2), [w], 1e-7)
        """,
        "w",
    ),
    "never-updated": (
        """
        w = tf.Variable(tf.random.normal([10, 1]))
        b = tf.Variable([0.5])  # here
        for step in range(5):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((x @ w + b - y) ** 2)
            gradients = tape.gradient(loss, [w, b])
            w.assign_sub(0.01 * gradients[0])
        """,
        "b",
    ),
    "unused-variable": (
        """
        w = tf.Variable(tf.random.normal([10, 1]))
        forgotten = tf.Variable(tf.zeros([1]))  # here
        train(3, lambda step: tf.reduce_mean((x @ w - y) ** 2), [w], 0.01)
        """,
        "forgotten",
    ),
    "dead-relu": (
        """
        w = tf.Variable(tf.random.normal([10, 8]))
        b = tf.Variable(tf.constant([-50.0] * 6 + [0.0] * 2))
        with tf.GradientTape() as tape:
            hidden = tf.nn.relu(x @ w + b)  # here
            loss = tf.reduce_mean(hidden)
        tape.gradient(loss, [w, b])
        """,
        "hidden",
    ),
    "saturated": (
        """
        w, v = tf.Variable(100.0 * tf.random.normal([10, 8])), tf.Variable(tf.random.normal([8, 1]))
        with tf.GradientTape() as tape:
            hidden = tf.tanh(x @ w)  # here
            loss = tf.reduce_mean(hidden @ v)
        tape.gradient(loss, [w, v])
        """,
        "hidden",
    ),
    "initial-loss": (
        """
        w = tf.Variable(30.0 * tf.random.normal([10, 5]))
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits([0] * 16, x @ w)  # here
            loss = tf.reduce_mean(losses)
        tape.gradient(loss, w)
        """,
        "losses",
    ),
    "input-range": (
        """
        images = x * 255.0
        w = tf.Variable(0.01 * tf.random.normal([10, 1]))
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((images @ w - y) ** 2)  # here
        tape.gradient(loss, w)
        """,
        "images",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rule(tmp_path: Path, name: str) -> None:
    body, subject = CASES[name]
    found, line = explained(tmp_path, TRAIN + dedent(body))
    (finding,) = [one for one in found if one.kind == "rule"]
    assert (finding.cause, finding.subject, finding.level) == (name, subject, RULES[name].level)
    assert line in (0, finding.line)
    # The threshold that was crossed is said with the evidence.
    assert any(word in finding.text for word in ("limit", "first 5 steps", "first 3 steps"))
    assert finding.advice == RULES[name].advice


def test_overfitting(tmp_path: Path) -> None:
    found, _ = explained(
        tmp_path,
        """
        tf.keras.utils.set_random_seed(3)
        x, y = np.random.randn(24, 20), np.random.randn(24, 1)
        model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
        model.compile("adam", "mse")
        model.optimizer.learning_rate = 0.05
        model.fit(x[:12], y[:12], validation_data=(x[12:], y[12:]), epochs=40, verbose=0)
        """,
    )
    assert ("overfitting", "val_loss", "note") in [(one.cause, one.subject, one.level) for one in found]


def test_every_rule_has_a_script() -> None:
    finders = {rule.name for rule in OF_KIND.values()}
    assert set(RULES) == {*CASES, "overfitting", "unreachable", *finders}


def test_settings_change_levels_and_limits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body, _ = CASES["dead-relu"]
    in_vain = "loss = tf.reduce_mean(hidden)\n    vain = w * 2.0"
    run = record_source(tmp_path, BEGIN + TRAIN + dedent(body).replace("loss = tf.reduce_mean(hidden)", in_vain))
    with run.recording() as recording:
        rules = parse(["dead-relu=error", "dead-relu.units=0.6", "unreachable=note"], RULES)
        found = {one.cause: one for one in explain(recording, rules=rules)}
        assert found["dead-relu"].level == "error"
        assert "75% of the 8 units" in found["dead-relu"].text
        assert "(limit 60%)" in found["dead-relu"].text
        assert found["unreachable"].op_name == "Mul"
        for off in (["dead-relu=off"], ["dead-relu.units=0.75"]):
            assert "dead-relu" not in {one.cause for one in explain(recording, rules=parse(off, RULES))}
    assert main(["explain", str(run.path)]) == 0
    assert "dead ReLU: hidden" in capsys.readouterr().out
    assert main(["explain", str(run.path), "--rule", "dead-relu=error"]) == 4
    assert main(["explain", str(run.path), "--rule", "dead-relu=nonsense"]) == 2
    assert "is no level of the rule dead-relu" in capsys.readouterr().err


BROKEN = """
x, n = tf.Variable([0.0, 1.0]), tf.Variable(2.0)
with tf.GradientTape(persistent=True) as tape:
    loss = tf.reduce_sum(tf.math.log(x))
tape.gradient(loss, [x, n])
"""


def test_findings_of_a_kind_have_a_level_too(tmp_path: Path) -> None:
    run = record_source(tmp_path, BEGIN + BROKEN)
    with run.recording() as recording:
        before = {one.kind: one for one in explain(recording)}
        assert {"nonfinite", "none"} <= set(before)
        assert before["none"].level != "note"
        assert rule_of(before["none"]) is OF_KIND["none"]
        found = explain(recording, rules=parse(["not-finite=off", "none-gradient=note"], RULES))
        assert {(one.kind, one.level) for one in found} == {("none", "note")}


REFUSED = [
    "nothing=off", "dead-relu", "dead-relu=7", "dead-relu=found", "dead-relu.rows=many", "dead-relu.x=1",
    "dead-relu.units=nan", "dead-relu.units=-1", "dead-relu.rows=0", "dead-relu.rows=2.5", "huge-numbers.limit=inf",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_what_sets_no_rule_is_refused(text: str) -> None:
    with pytest.raises(SettingError):
        parse([text], RULES)


def test_settings_as_texts() -> None:
    texts = ["dead-relu=off", "dead-relu.units=0.7"]
    assert parse(texts, RULES).texts() == texts
    assert Settings().texts() == []
    assert parse(["dead-relu.units=65%"], RULES).limits == {("dead-relu", "units"): 0.65}
    precise = ["update-ratio.least=1.00000012e-05"]
    assert parse(precise, RULES).texts() == ["update-ratio.least=1.00000012e-05"]


def test_what_another_version_kept_is_taken_as_far_as_it_is_known() -> None:
    assert kept([*REFUSED, "dead-relu=off", 7, "of-tomorrow=error"], RULES).texts() == ["dead-relu=off"]


def test_settings_forget_what_is_as_it_was() -> None:
    rule = RULES["dead-relu"]
    units = rule.threshold("units")
    changed = Settings().with_level(rule, "error").with_limit(rule, units, 0.5)
    assert changed.texts() == ["dead-relu=error", "dead-relu.units=0.5"]
    assert changed.changes(rule)
    assert changed.with_level(rule, rule.level).with_limit(rule, units, units.default) == Settings()
    assert changed.without(rule) == Settings()
    assert not changed.changes(RULES["saturated"])
