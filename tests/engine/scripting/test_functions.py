"""``tf.function``: plain Python that takes arrays as tensors and draws random numbers as TensorFlow's graphs do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tapeview.engine import observe, seeds
from tests.engine.names import tf


@pytest.fixture(autouse=True)
def _fresh_seeds() -> Iterator[None]:
    yield
    seeds.set_seed(None)


def near(got: Any, expected: Any) -> None:
    np.testing.assert_allclose(np.ravel([g.numpy() for g in got]), expected, rtol=1e-6)


def test_it_runs_and_is_differentiated() -> None:
    w = tf.Variable(2.0)

    @tf.function
    def loss(x: Any) -> Any:
        """The loss."""
        return w * x * x

    with tf.GradientTape() as tape:
        y = loss(tf.constant(3.0))
    assert y.numpy() == 18.0
    assert tape.gradient(y, w).numpy() == 9.0
    assert (loss.__name__, loss.__doc__) == ("loss", "The loss.")
    assert loss.python_function(1.0).numpy() == 2.0


def test_it_runs_anew_with_each_call() -> None:
    calls = []

    @tf.function(input_signature=None, jit_compile=True)
    def f(x: Any) -> Any:
        calls.append(x)
        return x

    f(1)
    f(1)
    assert len(calls) == 2
    assert f.experimental_get_tracing_count() == 1


def test_arrays_and_numbers_become_tensors() -> None:
    @tf.function
    def f(a: Any, b: Any, flag: Any) -> Any:
        assert tf.is_tensor(a["x"])
        assert isinstance(b, float)
        assert flag is True
        return {"a": a["x"], "b": b, "none": None, "list": [1, tf.Variable(2.0)]}

    found = f({"x": np.array([1.0])}, 2.0, flag=True)
    assert tf.is_tensor(found["b"])
    assert found["b"].dtype == tf.float32
    assert found["none"] is None
    assert found["a"].dtype == tf.float64
    assert repr(found["list"][1]) == "<tf.Tensor: shape=(), dtype=float32, numpy=2.0>"


def test_a_signature_converts_and_checks() -> None:
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def f(x: Any) -> Any:
        return tf.reduce_sum(x)

    assert f([1, 2]).numpy() == 3.0
    nested = tf.function(lambda d: d["x"], input_signature=[{"x": tf.TensorSpec([2], tf.float32)}])
    assert nested({"x": [1, 2]}).numpy().tolist() == [1.0, 2.0]
    with pytest.raises(TypeError, match="Can not cast TensorSpec"):
        f(tf.constant(1.0))
    with pytest.raises(TypeError, match="takes 1 positional arguments, but got 2"):
        f([1.0], [2.0])
    assert f.get_concrete_function()([1.0]).numpy() == 1.0


def test_a_method_is_bound() -> None:
    class Model:
        def __init__(self, w: float) -> None:
            self.w = tf.Variable(w)

        @tf.function
        def __call__(self, x: Any) -> Any:
            return self.w * x

        @tf.function(input_signature=[tf.TensorSpec([], tf.float32)])
        def half(self, x: Any) -> Any:
            return self.w * x / 2

    assert Model(3.0)(2.0).numpy() == 6.0
    assert Model(3.0).half(2).numpy() == 3.0
    assert Model.half.input_signature is not None


def test_whether_one_is_inside() -> None:
    seen = []

    @tf.function
    def f() -> None:
        seen.append((tf.executing_eagerly(), tf.inside_function()))
        with tf.init_scope():
            seen.append((tf.executing_eagerly(), tf.inside_function()))

    f()
    assert seen == [(False, True), (True, False)]
    assert tf.executing_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        f()
        assert tf.config.functions_run_eagerly()
    finally:
        tf.config.run_functions_eagerly(False)
    assert seen[2] == (True, False)


def test_an_exception_leaves_the_function() -> None:
    @tf.function
    def f() -> None:
        raise KeyError("no")

    with pytest.raises(KeyError, match="no"):
        f()
    assert tf.executing_eagerly()


def test_autograph_leaves_functions_as_they_are() -> None:
    def f(x: Any) -> Any:
        return x

    assert tf.autograph.experimental.do_not_convert(f) is f
    assert tf.autograph.experimental.do_not_convert()(f) is f
    assert tf.autograph.to_graph(tf.function(f)) is f


# -- random numbers: TensorFlow's, call by call ----------------------------------------------------------------------


def draw(**options: Any) -> Any:
    @tf.function
    def f() -> Any:
        return tf.random.normal([2], **options)

    return f


def test_a_function_has_a_stream_of_its_own() -> None:
    tf.random.set_seed(42)
    f = draw()
    near([f(), f()], [-0.301015675, 0.518591642, 0.309164912, 0.0363379419])
    tf.random.set_seed(42)
    near([f()], [-0.301015675, 0.518591642])


def test_the_first_call_fixes_the_global_seed() -> None:
    tf.random.set_seed(42)
    f = draw()
    f()
    tf.random.set_seed(7)
    near([f()], [-0.301015675, 0.518591642])


def test_calls_with_a_seed_are_not_counted() -> None:
    tf.random.set_seed(7)

    @tf.function
    def f() -> Any:
        return (
            tf.random.normal([2], seed=1), tf.random.normal([2], seed=1), tf.random.uniform([1]), tf.random.normal([1])
        )  # fmt: skip

    first = np.concatenate([v.numpy() for v in f()])
    np.testing.assert_allclose(first, [-0.5408054, 1.122033, -0.5408054, 1.122033, 0.7537285, -0.5408054], rtol=1e-6)
    second = np.concatenate([v.numpy() for v in f()])
    expected = [0.7477177, -0.20272484, 0.7477177, -0.20272484, 0.58760154, 1.0006256]
    np.testing.assert_allclose(second, expected, rtol=1e-6)


def test_a_function_inside_a_function_starts_anew_at_each_place() -> None:
    tf.random.set_seed(42)
    f = draw()
    f()
    tf.random.set_seed(7)

    @tf.function
    def g() -> Any:
        return f(), f(), tf.random.normal([2])

    inner = [-0.301015675, 0.518591642]
    near(g(), [*inner, *inner, 0.3536911, 0.6635877])


def test_two_objects_draw_the_same() -> None:
    tf.random.set_seed(42)

    class Noise:
        @tf.function
        def draw(self) -> Any:
            return tf.random.normal([2])

    a, b = Noise(), Noise()
    near([a.draw(), b.draw(), a.draw()], [-0.301015675, 0.518591642] * 2 + [0.309164912, 0.0363379419])


def test_a_call_is_a_scope() -> None:
    events: list[Any] = []

    @tf.function
    def encode(x: Any) -> Any:
        return x * 2.0

    observe.listen(events.append)
    try:
        with tf.GradientTape() as tape:
            encode(tf.constant(3.0))
        del tape
    finally:
        observe.listen(None)
    kinds = [event[0] for event in events]
    opened = kinds.index(observe.SCOPE_OPENED)
    assert events[opened][2:4] == ("encode", "function")
    assert opened < kinds.index(observe.OP) < kinds.index(observe.SCOPE_CLOSED)
