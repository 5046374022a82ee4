"""The causes of a None as they come in real scripts: in functions, layers, loops, lists and classes. Each names the
cause, the op ("" = none), the line, and a piece of what is said or advised. All run in one process.
"""

from __future__ import annotations

import pytest

from tapeview.explain import Finding
from tests.explain.reading import explained_together

Case = tuple[str, str, str, str]

CASES: dict[str, Case] = {
    "weights of a batch normalization": ("""
        model = tf.keras.Sequential([tf.keras.layers.Dense(2, input_shape=(3,)), tf.keras.layers.BatchNormalization()])
        x = tf.random.normal((8, 3))
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(model(x, training=True) ** 3)
        tape.gradient(loss, model.weights)  # here
        """, "not trainable", "", "Ask for the gradients of model.trainable_variables"),
    "a dict of constants": ("""
        params = {"w": tf.random.normal((3, 2)), "v": tf.Variable(1.0)}
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.ones((4, 3)) @ params["w"]) * params["v"]  # here
        tape.gradient(loss, params)
        """, "not watched", "MatMul", "tape.watch(params['w'])"),
    "the second tape does not watch": ("""
        x = tf.constant([0.5, 1.5])
        with tf.GradientTape() as t2:
            with tf.GradientTape() as t1:
                t1.watch(x)
                u = tf.sin(x)
            first = t1.gradient(u, x)  # here
        t2.gradient(first, x)
        """, "not watched", "Cos", "t2.watch(x)"),
    "the model is called before the tape": ("""
        model = tf.keras.Sequential([tf.keras.layers.Dense(1, use_bias=False, input_shape=(3,))])
        loss_fn = tf.keras.losses.MeanSquaredError()
        x, y = tf.ones((4, 3)), tf.zeros((4, 1))
        for step in range(2):
            y_pred = model(x)  # here
            with tf.GradientTape() as tape:
                loss = loss_fn(y, y_pred)
            tape.gradient(loss, model.trainable_variables)
        """, "before the tape began", "SquaredDifference", "computed in line"),
    "the model is called by the caller": ("""
        model = tf.keras.Sequential([tf.keras.layers.Dense(1, use_bias=False, input_shape=(3,))])
        def gradients(y_true, y_pred):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(y_true - y_pred))
            return tape.gradient(loss, model.trainable_variables)
        pred = model(tf.ones((4, 3)))  # here
        gradients(tf.zeros((4, 1)), pred)
        """, "before the tape began", "Sub", "“y_pred”, the result of MatMul"),
    "features of a data set": ("""
        layer = tf.keras.layers.Dense(2, use_bias=False)
        features = layer(tf.ones((8, 3)))
        for batch in tf.data.Dataset.from_tensor_slices(features).batch(8):  # here
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(batch ** 2)
            tape.gradient(loss, layer.trainable_variables)
        """, "before the tape began", "Pow", "Move that computation"),
    "the loss is computed in the call": ("""
        w = tf.Variable([1.0, 2.0])
        with tf.GradientTape() as tape:
            y = w * w
        tape.gradient(tf.reduce_mean(y), w)  # here
        """, "after the tape ended", "", "with block"),
    "an attribute is replaced": ("""
        class Model:
            def __init__(self):
                self.w = tf.Variable(5.0)
        def train(m):
            with tf.GradientTape() as tape:
                loss = (m.w * 2.0 - 3.0) ** 2
            dw = tape.gradient(loss, m.w)
            if dw is not None:
                m.w = m.w - 0.1 * dw  # here
        model = Model()
        train(model)
        train(model)
        """, "replaced by a tensor", "Mul", "m.w.assign_sub"),
    "a list is replaced": ("""
        params = [tf.Variable([1.0, 2.0])]
        for step in range(2):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(params[0] ** 2)
            grads = tape.gradient(loss, params)
            if grads[0] is not None:
                params = [p - 0.1 * g for p, g in zip(params, grads)]  # here
        """, "replaced by a tensor", "Pow", "assign_sub"),
    "the numbers of rows": ("""
        table = tf.Variable(tf.ones((5, 2)))
        tokens = tf.constant([1, 2])  # here
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.gather(table, tokens) ** 2)
        tape.gradient(loss, tokens)
        """, "integer dtype", "GatherV2", "watch what is looked up"),
    "np.mean in a loss": ("""
        def my_loss(truth, guess):
            return np.mean((guess - truth) ** 2)  # here
        w = tf.Variable([1.0, 2.0])
        with tf.GradientTape() as tape:
            loss = my_loss(np.ones(2, np.float32), tf.tanh(w))
            loss = tf.convert_to_tensor(loss) * 2.0
        tape.gradient(loss, w)
        """, "left through NumPy", "Mul", "tf.reduce_mean instead of np.mean"),
    "math.sqrt": ("""
        import math
        x = tf.Variable(4.0)
        with tf.GradientTape() as tape:
            y = tf.constant(3.0) * math.sqrt(x)  # here
        tape.gradient(y, x)
        """, "left through NumPy", "Mul", "tf.sqrt instead of math.sqrt"),
    "tf.numpy_function": ("""
        w = tf.Variable([1.0, 2.0])
        with tf.GradientTape() as tape:
            y = tf.numpy_function(lambda a: a * 2.0, [w], tf.float32)  # here
            loss = tf.reduce_sum(y)
        tape.gradient(loss, w)
        """, "left through NumPy", "Sum", "tf.custom_gradient"),
    "predict": ("""
        model = tf.keras.Sequential([tf.keras.layers.Dense(1, use_bias=False, input_shape=(2,))])
        with tf.GradientTape() as tape:
            p = model.predict(np.ones((4, 2), np.float32), verbose=0)  # here
            loss = tf.reduce_mean(tf.square(p - 1.0))
        tape.gradient(loss, model.trainable_variables)
        """, "left through NumPy", "MatMul", "Call the model itself"),
    "places of the largest": ("""
        x = tf.Variable([1.0, 5.0, 3.0])
        with tf.GradientTape() as tape:
            _, places = tf.nn.top_k(x, 2)  # here
            y = tf.reduce_sum(tf.cast(places, tf.float32))
        tape.gradient(y, x)
        """, "op without a gradient", "TopKV2", "the values in place of the places"),
    "a shape stands beside the way": ("""
        x = tf.Variable([[1.2, 5.7, 3.1]])
        with tf.GradientTape() as tape:
            n = tf.shape(x)
            y = tf.reduce_sum(tf.reshape(tf.round(x), [n[1], 1]))  # here
        tape.gradient(y, x)
        """, "op without a gradient", "Round", "flat between them"),
    "a histogram": ("""
        w = tf.Variable([0.1, 0.5, 0.9])
        with tf.GradientTape() as tape:
            h = tf.histogram_fixed_width(w, [0.0, 1.0], nbins=4)  # here
            loss = tf.reduce_sum(tf.cast(h, tf.float32))
        tape.gradient(loss, w)
        """, "op without a gradient", "", "tf.histogram_fixed_width"),
    "a new variable in the tape": ("""
        weights = [tf.Variable(1.0)]
        with tf.GradientTape() as tape:
            fast = [tf.Variable(w * 2.0) for w in weights]  # here
            loss = fast[0] ** 2
        tape.gradient(loss, weights)
        """, "copied", "Pow", "tf.identity"),
    "copied in a function": ("""
        v = tf.Variable([1.0, 2.0])
        def loss_of(p):
            c = tf.constant(p)  # here
            return tf.reduce_sum(c * c)
        with tf.GradientTape() as tape:
            loss = loss_of(v)
        tape.gradient(loss, v)
        """, "copied", "Mul", "c = tf.constant(p)"),
    "written into a state": ("""
        state = tf.Variable([0.0, 0.0])
        layer = tf.keras.layers.Dense(2, use_bias=False)
        with tf.GradientTape() as tape:
            state.assign(layer(tf.ones((1, 2)))[0])  # here
            loss = tf.reduce_sum(state ** 2)
        tape.gradient(loss, layer.trainable_variables)
        """, "assign", "Pow", "“state”"),
    "a head that was not called": ("""
        class Heads(tf.keras.Model):
            def __init__(self):
                super().__init__()
                self.first = tf.keras.layers.Dense(1, use_bias=False)
                self.second = tf.keras.layers.Dense(1, use_bias=False)
                self.first.build((None, 2))
                self.second.build((None, 2))
            def call(self, x, deep=False):
                if deep:  # here
                    return self.second(x)
                return self.first(x)
        heads = Heads()
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(heads(tf.ones((1, 2))))
        tape.gradient(loss, heads.trainable_variables)
        """, "branch did not run", "", "did not run this time"),
    "tf.cond": ("""
        a, b = tf.Variable(1.0), tf.Variable(2.0)
        x = tf.constant(3.0)
        with tf.GradientTape() as tape:
            y = tf.cond(x > 0, lambda: a * x, lambda: b * x)  # here
        tape.gradient(y, [a, b])
        """, "branch did not run", "", "“b”"),
    "a gradient penalty in two tapes": ("""
        critic = tf.keras.layers.Dense(1, use_bias=False)
        x = tf.ones((4, 2))
        with tf.GradientTape() as first:
            first.watch(x)
            score = critic(x) ** 2
        slopes = first.gradient(score, x)  # here
        with tf.GradientTape() as tape:
            penalty = tf.reduce_mean((tf.reduce_sum(slopes ** 2, axis=1) - 1.0) ** 2)
        tape.gradient(penalty, critic.trainable_variables)
        """, "inner gradient outside the outer tape", "Pow", "inside the with block of the outer tape"),
    "the second derivative of a line": ("""
        x = tf.Variable(2.0)
        with tf.GradientTape() as t2:
            with tf.GradientTape() as t1:
                y = 3.0 * x + 1.0
            dy = t1.gradient(y, x)  # here
        t2.gradient(dy, x)
        """, "constant slope", "Mul", "straight line"),
    "batch_jacobian gives zeros": ("""
        x = tf.random.normal((3, 2))
        layer = tf.keras.layers.Dense(4, activation="tanh")
        with tf.GradientTape() as tape:
            y = layer(x)  # here
        tape.batch_jacobian(y, x)
        """, "not watched", "MatMul", "batch_jacobian gives zeros there"),
    "fit with a loss of places": ("""
        model = tf.keras.Sequential([tf.keras.layers.Dense(3, use_bias=False, input_shape=(2,))])
        def my_loss(truth, guess):
            return tf.reduce_mean(tf.cast(tf.argmax(guess, -1), tf.float32) - truth)  # here
        model.compile("sgd", my_loss)
        try:
            model.fit(np.ones((4, 2), np.float32), np.zeros(4, np.float32), verbose=0)
        except ValueError as error:
            assert "No gradients provided" in str(error)
        """, "op without a gradient", "ArgMax", "tf.nn.softmax"),
}  # fmt: skip

Found = dict[str, tuple[list[Finding], list[int]]]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return explained_together(tmp_path_factory.mktemp("disguises"), {name: case[0] for name, case in CASES.items()})


@pytest.mark.parametrize("name", CASES)
def test_cause_op_line_and_advice(found: Found, name: str) -> None:
    _, cause, op, said = CASES[name]
    findings, (line,) = found[name]
    assert {(one.kind, one.cause, one.op_name, one.line) for one in findings} == {("none", cause, op, line)}
    finding = findings[0]
    assert said in f"{finding.text} {finding.advice}"
    for sentence in (finding.text, finding.advice):
        assert sentence.endswith(".")
        assert "{" not in sentence
        assert "…" not in finding.subject
