"""Where NaN, Inf and zeros begin, as it comes in real scripts: forward and backward, in layers, updates and graphs of
TensorFlow 1. Each names the cause, the op ("" = none), whether it is a rule's doing, the line, and a piece of what is
said or advised. All that is eager runs in one process.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tapeview.explain import Finding
from tests.explain.reading import explained, explained_together

Case = tuple[str, str, str, bool, str]

CASES: dict[str, Case] = {
    "exp in a branch not chosen": ("""
        x = tf.Variable([200.0, -1.0])
        with tf.GradientTape() as tape:
            y = tf.where(x > 0, x, tf.exp(x) - 1.0)  # here
            loss = tf.reduce_sum(y)
        tape.gradient(loss, x)
        """, "gradient of the branch not chosen", "Exp", True, "tf.exp(tf.where(condition, x, 0.0))"),
    "the mean of nothing": ("""
        x = tf.Variable([1.0, -2.0])
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.boolean_mask(x, x > 5.0))  # here
        tape.gradient(loss, x)
        """, "no elements", "Mean", False, "has no elements"),
    "a row that is masked everywhere": ("""
        q = tf.Variable([[1.0, 2.0]])
        with tf.GradientTape() as tape:
            scores = tf.where([[False, False]], q, -np.inf)
            loss = tf.reduce_sum(tf.nn.softmax(scores))  # here
        tape.gradient(loss, q)
        """, "everything masked", "Softmax", False, "scores[0, :]"),
    "a table with a NaN": ("""
        numbers = np.ones((4, 2), np.float32)
        numbers[2] = np.nan
        table = tf.Variable(numbers)  # here
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.gather(table, [0, 2]) ** 2)
        tape.gradient(loss, table)
        """, "bad from the beginning", "", False, "[2, 0] = NaN"),
    "an infinite learning rate": ("""
        w = tf.Variable([1.0, 2.0])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(w ** 2)
        w.assign_sub(float("inf") * tape.gradient(loss, w))  # here
        """, "bad update", "", False, "the learning rate first"),
    "float16": ("""
        w = tf.Variable(tf.constant([300.0, 2.0], tf.float16))
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(w * w)  # here
        tape.gradient(loss, w)
        """, "overflow", "Mul", False, "float16 ends at 65504"),
    "a difference is divided by a deviation": ("""
        x = tf.constant([[1.0, 5.0], [1.0, 7.0]])
        w = tf.Variable([[1.0], [1.0]])
        with tf.GradientTape() as tape:
            mean, variance = tf.nn.moments(x, [0])
            z = (x - mean) / tf.sqrt(variance)  # here
            loss = tf.reduce_sum(z @ w)
        tape.gradient(loss, w)
        """, "division by zero", "RealDiv", False, "(x - mean)[0, 0] = 0"),
    "a rule of the script's own": ("""
        @tf.custom_gradient
        def steep(x):
            return tf.math.log(x + 1.0), lambda upstream: upstream / x
        v = tf.Variable([0.0, 1.0])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(steep(v))  # here
        tape.gradient(loss, v)
        """, "rule made it", "steep", True, "the gradient function that steep gives"),
    "the distance of equal points": ("""
        layer = tf.keras.layers.Dense(3, use_bias=False)
        a = tf.ones((2, 4))
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.norm(layer(a) - layer(a), axis=1))  # here
        tape.gradient(loss, layer.trainable_variables)
        """, "rule made it", "Sqrt", True, "tf.sqrt(x + 1e-12)"),
    "a rule whose ops another tape records": ("""
        x = tf.Variable([0.0, 2.0])
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                y = tf.reduce_sum(tf.sqrt(x))  # here
            slope = inner.gradient(y, x)
            loss = tf.reduce_sum(slope)
        """, "rule made it", "Sqrt", True, "result of Sqrt[0] = 0 → Inf"),
    "a logarithm in a loss of fit": ("""
        def my_loss(truth, guess):
            return -tf.reduce_mean(truth * tf.math.log(guess))  # here
        model = tf.keras.Sequential(
            [tf.keras.layers.Dense(1, "relu", kernel_initializer=tf.constant_initializer(-1.0), input_shape=(2,))])
        model.compile("sgd", my_loss)
        model.fit(np.ones((4, 2), np.float32), np.ones((4, 1), np.float32), verbose=0)
        """, "log of zero", "Log", False, "minus infinity"),
    "einsum": ("""
        a = np.ones((2, 3), np.float32)
        a[1, 2] = 3e38
        x = tf.Variable(a)
        with tf.GradientTape() as tape:
            loss = tf.einsum("ij,kj->ik", x, tf.fill([2, 3], 4.0))  # here
        tape.gradient(loss, x)
        """, "overflow", "Einsum", False, "x[1, :] and tf.fill([2, 3], 4.0)[0, :], largest x[1, 2] = 3e+38"),
    "a depthwise convolution": ("""
        a = np.zeros((1, 4, 4, 2), np.float32)
        a[0, 2, 1, 1] = 3e38
        x = tf.Variable(a)
        layer = tf.keras.layers.DepthwiseConv2D(2, depthwise_initializer=tf.constant_initializer(4.0))
        with tf.GradientTape() as tape:
            loss = layer(x)  # here
        tape.gradient(loss, x)
        """, "overflow", "DepthwiseConv2dNative", False, "x[0, 1:3, :2, 1]"),
    "a segment": ("""
        x = tf.Variable([1.0, 3e38, 2e38, 1.0])
        with tf.GradientTape() as tape:
            loss = tf.math.segment_sum(x, [0, 1, 1, 2])  # here
        tape.gradient(loss, x)
        """, "overflow", "SegmentSum", False, "x[1:3], largest x[1] = 3e+38"),
    "the rule of a running sum": ("""
        x = tf.Variable([1.0, 1.0, 1.0])
        with tf.GradientTape() as tape:
            loss = tf.cumsum(x)  # here
        tape.gradient(loss, x, output_gradients=tf.constant([2e38, 1e38, 3e38]))
        """, "rule made it", "Cumsum", True, "upstream gradient[1:]"),
    "the rule of a product with a batch": ("""
        x = tf.Variable(tf.ones((2, 1, 3)))
        y = tf.fill([2, 3, 2], 1e38)
        with tf.GradientTape() as tape:
            loss = tf.matmul(x, y) * 1e-30  # here
        tape.gradient(loss, x, output_gradients=tf.fill([2, 1, 2], 3e30))
        """, "rule made it", "BatchMatMulV2", True, "y[0, 0, :]"),
}  # fmt: skip

ZEROS: dict[str, Case] = {
    "relu6 at its top": ("""
        w = tf.Variable([10.0, 20.0])
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(tf.nn.relu6(w))  # here
        tape.gradient(y, w)
        """, "saturation", "Relu6", True, "(from 10 to 20)"),
    "a softmax over one unit": ("""
        layer = tf.keras.layers.Dense(1, "softmax", use_bias=False)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((layer(tf.ones((8, 3))) - 0.5) ** 2)  # here
        tape.gradient(loss, layer.trainable_variables)
        """, "softmax of one", "Softmax", True, "use a sigmoid"),
    "a batch of one row": ("""
        layer = tf.keras.layers.Dense(3, use_bias=False)
        normal = tf.keras.layers.BatchNormalization(scale=False)
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum((normal(layer(tf.constant([[1.0, 2.0]])), training=True) - 1.0) ** 2)  # here
        tape.gradient(loss, layer.trainable_variables)
        """, "one row to normalize", "Mul", True, "LayerNormalization"),
    "the sum of a softmax": ("""
        w = tf.Variable([0.0, 0.0])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.nn.softmax(w))  # here
        tape.gradient(loss, w)
        """, "sum of a softmax", "Softmax", True, "always adds up to 1"),
    "a factor with a name": ("""
        w = tf.Variable([1.0, 2.0])
        mask = tf.zeros(2)
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(w * mask)  # here
        tape.gradient(loss, w)
        """, "factor zero", "Mul", True, "by “mask”, which is zero"),
    "sign": ("""
        w = tf.Variable([3.0, -4.0])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.sign(w))  # here
        tape.gradient(loss, w)
        """, "flat between jumps", "Sign", True, "tf.tanh for tf.sign"),
    "too small for float16": ("""
        w = tf.Variable(tf.constant([1.0, 2.0], tf.float16))
        with tf.GradientTape() as tape:
            h = w * tf.constant(1e-4, tf.float16)  # here
            loss = tf.reduce_sum(h) * tf.constant(1e-4, tf.float16)
        tape.gradient(loss, w)
        """, "underflow", "Mul", True, "LossScaleOptimizer"),
    "an empty mask": ("""
        x = tf.Variable([1.0, -2.0])
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.boolean_mask(x, x > 5.0))  # here
        tape.gradient(loss, x)
        """, "nothing chosen", "GatherV2", True, "should they be empty?"),
}  # fmt: skip

Found = dict[str, tuple[list[Finding], list[int]]]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    folder = tmp_path_factory.mktemp("beginnings")
    return explained_together(folder, {name: case[0] for name, case in (CASES | ZEROS).items()})


@pytest.mark.parametrize("name", CASES | ZEROS)
def test_cause_op_line_and_words(found: Found, name: str) -> None:
    _, cause, op, backward, said = (CASES | ZEROS)[name]
    findings, (line,) = found[name]
    kind = "zero" if name in ZEROS else "nonfinite"
    (finding,) = [one for one in findings if one.kind == kind]
    assert (finding.cause, finding.op_name, finding.backward, finding.line) == (cause, op, backward, line)
    assert said in f"{finding.text} {finding.advice}"
    assert finding.path
    for sentence in (finding.text, finding.advice):
        assert sentence.endswith((".", "?"))
        assert "{" not in sentence


def test_a_variable_that_was_bad_before_the_first_step(tmp_path: Path) -> None:
    body = """
        w = tf.Variable([1.0, np.nan])  # here
        for step in range(2):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(w * 2.0)
            w.assign_sub(tape.gradient(loss, w))
        """
    findings, line = explained(tmp_path, body)
    (finding,) = [one for one in findings if one.kind == "nonfinite"]
    assert (finding.cause, finding.line, finding.op_name) == ("bad from the beginning", line, "Mul")
    assert (finding.subject, finding.elements) == ("loss", ("[1] = NaN",))


def test_upstream_gradients_that_were_bad_when_they_came(tmp_path: Path) -> None:
    body = """
        w = tf.Variable([1.0, 2.0])
        with tf.GradientTape() as tape:
            y = w * 2.0
        tape.gradient(y, w, output_gradients=tf.constant([np.nan, 1.0]))  # here
        """
    findings, line = explained(tmp_path, body)
    (finding,) = [one for one in findings if one.kind == "nonfinite"]
    assert (finding.cause, finding.line) == ("bad data", line)
    assert "was given as output_gradients" in finding.text


def test_a_graph_of_tensorflow_1_names_the_lines_where_its_nodes_were_built(tmp_path: Path) -> None:
    findings, line = explained(
        tmp_path,
        """
        tf = tf.compat.v1
        tf.disable_v2_behavior()
        w = tf.get_variable("w", [2], initializer=tf.zeros_initializer())
        u = tf.get_variable("u", [2], initializer=tf.ones_initializer())
        loss = tf.sqrt(tf.reduce_sum(w ** 2)) + tf.reduce_sum(tf.round(u))  # here
        train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            session.run(train)
        """,
    )
    told = {(one.kind, one.cause, one.op_name, one.line, one.backward, one.subject) for one in findings}
    assert told == {
        ("nonfinite", "rule made it", "Sqrt", line, True, "the gradient of w"),
        ("none", "op without a gradient", "Round", line, False, "u"),
    }
