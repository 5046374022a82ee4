"""Functional models: shapes found out by running, functions and operators of symbolic tensors, models in models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.engine.names import tf

keras = tf.keras
layers = keras.layers


def test_finding_out_shapes_leaves_no_trace(capsys: pytest.CaptureFixture[str]) -> None:
    class Sampling(layers.Layer):
        def call(self, inputs: Any) -> Any:
            print("called")
            mean, spread = inputs
            return mean + spread * tf.random.normal(tf.shape(mean))

    tf.random.set_seed(42)
    expected = tf.random.normal([2]).numpy().tolist()
    tf.random.set_seed(42)
    state = np.random.get_state()[1].copy()
    a = keras.Input((4,))
    z = Sampling()([layers.Dense(2)(a), layers.Dense(2)(a)])

    assert z.shape == (None, 2)
    assert capsys.readouterr().out == "called\n"
    assert tf.random.normal([2]).numpy().tolist() == expected
    assert (np.random.get_state()[1] == state).all()


def test_a_shape_can_be_computed_with() -> None:
    a = keras.Input((None, 6))
    batch, length = tf.shape(a)[0], tf.shape(a)[1]
    b = tf.reshape(a, (batch * length, 2, 3))
    model = keras.Model(a, [b, tf.transpose(a, (0, 2, 1))])

    assert list(model.output_shape) == [(None, 2, 3), (None, 6, None)]
    assert [t.shape for t in model(np.ones((4, 5, 6), np.float32))] == [(20, 2, 3), (4, 6, 5)]


def test_a_tensor_beside_a_symbolic_one() -> None:
    a = keras.Input((2,))
    w = tf.Variable([1.0, 2.0])
    model = keras.Model(a, [tf.constant([1.0, 1.0]) + a, w * a, 2.0 - a, a @ tf.ones((2, 1))])

    found = [t.numpy().tolist() for t in model(np.ones((1, 2), np.float32))]

    assert found == [[[2.0, 2.0]], [[1.0, 2.0]], [[1.0, 1.0]], [[2.0]]]


def test_models_inside_models_and_parts_of_models() -> None:
    base = keras.Sequential([layers.Conv2D(4, 3, input_shape=(8, 8, 3)), layers.GlobalAveragePooling2D()], name="base")
    a = keras.Input((8, 8, 3))
    model = keras.Model(a, layers.Dense(2)(base(a)))
    features = keras.Model(base.inputs, base.layers[0].output)

    assert [layer.name for layer in model.layers][1] == "base"
    assert model.get_layer("base") is base
    assert features(np.ones((1, 8, 8, 3))).shape == (1, 6, 6, 4)
    assert len(model.trainable_weights) == 4


def test_inputs_by_name() -> None:
    a, b = keras.Input((1,), name="a"), keras.Input((1,), name="b")
    model = keras.Model([a, b], a - b)
    one, two = np.ones((1, 1)), np.full((1, 1), 2.0)

    assert model({"b": two, "a": one}).numpy().tolist() == [[-1.0]]
    assert model.predict({"a": two, "b": one}, verbose=0).tolist() == [[1.0]]
    assert model([two, one]).numpy().tolist() == [[1.0]]
