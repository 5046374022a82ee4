"""Layers of a script's own, training modes, masks, random layers, states: what frozen values do not show."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tapeview.engine import observe
from tests.engine.names import tf

keras = tf.keras
layers = keras.layers
X = np.random.default_rng(0).random((2, 5, 3)).astype(np.float32)


@pytest.fixture
def events() -> Iterator[list[Any]]:
    seen: list[Any] = []
    observe.listen(seen.append)
    yield seen
    observe.listen(None)


class Block(layers.Layer):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = layers.Dense(2, name="inner")
        self.drop = layers.Dropout(0.5)

    def build(self, shape: Any) -> None:
        self.w = self.add_weight("w", (shape[-1],), initializer="ones")
        super().build(shape)

    def call(self, x: Any) -> Any:
        return self.drop(self.inner(x * self.w))


# -- weights -----------------------------------------------------------------------------------------------------------


def test_lists_and_dicts_may_grow_later() -> None:
    block = layers.Layer()
    block.parts = []
    block.by_name = {}

    block.parts.append(layers.Dense(1))
    block.by_name["a"] = tf.Variable(1.0, name="late")
    block.parts[0](np.ones((1, 2)))

    assert len(block.trainable_weights) == 3
    assert block.trainable_weights[0] is block.by_name["a"]


def test_what_an_attribute_no_longer_holds_is_forgotten() -> None:
    block = layers.Layer()
    block.a = tf.Variable(1.0)
    block.b = layers.Dense(1)
    block.b(np.ones((1, 2)))
    block.c = block.b
    first, new = block.a, tf.Variable(2.0)

    block.a = new
    del block.c

    assert block.weights[0] is new
    assert not any(v is first for v in block.weights)
    assert len(block.weights) == 3
    del block.b
    assert len(block.weights) == 1


def test_a_shared_layer_counts_once() -> None:
    shared = layers.Dense(2)
    model = keras.Sequential([shared, shared])
    model.build((None, 2))

    assert len(model.weights) == 2


def test_weights_are_made_unseen_by_tapes(events: list[Any]) -> None:
    dense = layers.Dense(2)
    x = tf.constant(np.ones((1, 3), np.float32))

    with tf.GradientTape() as tape:
        y = dense(x)

    assert [e[2].name for e in tape._entries] == ["MatMul", "BiasAdd"]
    assert [g.shape for g in tape.gradient(y, dense.trainable_variables)] == [(3, 2), (2,)]


def test_given_weights_are_taken() -> None:
    kernel = np.arange(6, dtype=np.float32).reshape(3, 2)
    dense = layers.Dense(2, weights=[kernel, np.ones(2, np.float32)])

    dense(np.ones((1, 3)))

    np.testing.assert_array_equal(dense.get_weights()[0], kernel)


def test_constraints_belong_to_variables() -> None:
    dense = layers.Dense(1, kernel_constraint="non_neg", use_bias=False, kernel_initializer="ones")
    x = tf.constant([[100.0]])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(dense(x))

    keras.optimizers.SGD(1.0).apply_gradients([(tape.gradient(loss, dense.kernel), dense.kernel)])

    assert dense.kernel.numpy().tolist() == [[0.0]]


# -- types -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [np.ones((1, 3)), np.ones((1, 3), np.int64), tf.ones((1, 3), tf.float64)])
def test_inputs_get_the_layers_type(given: Any) -> None:
    assert layers.Dense(2)(given).dtype == tf.float32


def test_a_layer_of_doubles() -> None:
    dense = layers.Dense(2, dtype="float64")

    assert dense(np.ones((1, 3), np.float32)).dtype == tf.float64
    assert dense.kernel.dtype == tf.float64


def test_flatten_keeps_whole_numbers() -> None:
    assert layers.Flatten()(np.ones((2, 2, 2), np.int32)).dtype == tf.int32


def test_mixed_precision_computes_in_halves_and_keeps_singles() -> None:
    dense = layers.Dense(2, dtype="mixed_float16", kernel_initializer="ones")
    x = tf.constant(np.ones((1, 3), np.float32))

    with tf.GradientTape() as tape:
        y = dense(x)
        loss = tf.reduce_sum(y)

    assert y.dtype == tf.float16
    assert dense.kernel.dtype == tf.float32
    gradient = tape.gradient(loss, dense.kernel)
    assert gradient.dtype == tf.float32
    assert gradient.numpy().tolist() == [[1.0, 1.0]] * 3


# -- training and masks ------------------------------------------------------------------------------------------------


def test_inner_layers_follow_the_outer_call() -> None:
    block = Block()
    x = np.ones((4, 50), np.float32)
    tf.random.set_seed(1)

    assert np.count_nonzero(block(x).numpy() == 0) == 0
    assert np.count_nonzero(block(x, training=True).numpy() == 0) > 0
    assert np.count_nonzero(block(x, training=False).numpy() == 0) == 0


def test_a_training_argument_of_ones_own_wins_and_its_default_counts() -> None:
    seen: list[Any] = []

    class Noting(layers.Layer):
        def call(self, x: Any, training: Any = True) -> Any:
            seen.append(training)
            return x

    class Outer(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.n = Noting()

        def call(self, x: Any) -> Any:
            return self.n(x)

    noting, outer = Noting(), Outer()
    x = np.ones((1, 2))
    noting(x)
    noting(x, training=False)
    outer(x, training=False)
    outer(x)

    assert seen == [True, False, False, True]


def test_batch_normalization_that_is_frozen_does_not_learn() -> None:
    layer = layers.BatchNormalization()
    x = np.random.default_rng(0).random((8, 3)).astype(np.float32)
    layer(x, training=True)
    moved = layer.moving_mean.numpy()
    layer.trainable = False

    frozen = layer(x, training=True)

    np.testing.assert_array_equal(layer.moving_mean.numpy(), moved)
    np.testing.assert_allclose(frozen.numpy(), layer(x).numpy())
    assert moved == pytest.approx(x.mean(0) * 0.01, rel=1e-4)


def test_masks_go_from_layer_to_layer() -> None:
    model = keras.Sequential([layers.Embedding(5, 3, mask_zero=True), layers.Dropout(0.5),
                              layers.LSTM(2, return_sequences=True), layers.Dense(1)])  # fmt: skip
    numbers = np.array([[1, 2, 0], [3, 0, 0]])

    found = model(numbers)

    assert found._keras_mask.numpy().tolist() == [[True, True, False], [True, False, False]]
    np.testing.assert_array_equal(found.numpy()[1, 1], found.numpy()[1, 2])


def test_masked_steps_do_not_count_in_the_loss() -> None:
    model = keras.Sequential([layers.Masking(input_shape=(3, 1)), layers.Dense(1, kernel_initializer="ones")])
    model.compile("sgd", "mse")
    x = np.array([[[1.0], [2.0], [0.0]]])

    assert model.evaluate(x, np.zeros((1, 3, 1)), verbose=0) == pytest.approx(2.5)


# -- random layers -----------------------------------------------------------------------------------------------------


def test_dropout_draws_tensorflows_numbers() -> None:
    ones = np.ones((1, 10), np.float32)

    tf.random.set_seed(42)
    assert layers.Dropout(0.5)(ones, training=True).numpy().tolist() == [[2, 0, 0, 0, 0, 2, 2, 2, 0, 0]]
    tf.random.set_seed(42)
    assert layers.Dropout(0.5, seed=3)(ones, training=True).numpy().tolist() == [[2, 0, 0, 0, 0, 0, 0, 0, 0, 0]]
    keras.utils.set_random_seed(42)
    layer = layers.Dropout(0.5)
    layer(ones, training=True)
    assert layer(ones, training=True).numpy().tolist() == [[2, 0, 2, 0, 2, 2, 2, 2, 0, 2]]


def test_first_weights_are_tensorflows() -> None:
    keras.utils.set_random_seed(42)
    model = keras.Sequential([layers.Dense(2, input_shape=(3,)), layers.Dense(1)])

    assert model.get_weights()[0].ravel() == pytest.approx(
        [0.784753084, 0.356301308, -0.309549212, 0.985877752, -0.924421847, 0.333743334], rel=1e-6
    )
    assert model.get_weights()[2].ravel() == pytest.approx([1.35525763, -0.0508611202], rel=1e-6)


def test_spatial_dropout_drops_channels() -> None:
    tf.random.set_seed(1)
    found = layers.SpatialDropout2D(0.5)(np.ones((2, 3, 3, 8), np.float32), training=True).numpy()

    per_channel = found.reshape(2, 9, 8)
    assert (per_channel == per_channel[:, :1]).all()
    assert set(found.ravel().tolist()) == {0.0, 2.0}


@pytest.mark.parametrize("layer", [layers.GaussianNoise(0.5), layers.GaussianDropout(0.2), layers.AlphaDropout(0.2)])
def test_noise_keeps_the_mean(layer: Any) -> None:
    tf.random.set_seed(0)
    x = np.full((100, 100), 0.1, np.float32)

    noisy = layer(x, training=True).numpy()

    assert abs(noisy.mean() - 0.1) < 0.05
    assert noisy.std() > 0.01
    np.testing.assert_array_equal(layer(x).numpy(), x)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN"])
def test_dropout_in_recurrent_layers(kind: str) -> None:
    layer = getattr(layers, kind)(4, dropout=0.5, recurrent_dropout=0.3)
    plain = layer(X).numpy()
    tf.random.set_seed(1)

    one, two = layer(X, training=True).numpy(), layer(X, training=True).numpy()

    assert not np.allclose(one, two)
    np.testing.assert_array_equal(layer(X).numpy(), plain)


# -- recurrent layers --------------------------------------------------------------------------------------------------


def test_states_can_be_handed_on() -> None:
    lstm = layers.LSTM(4, return_state=True)
    whole, *_ = lstm(X)

    _, h, c = lstm(X[:, :2])
    rest, *_ = lstm(X[:, 2:], initial_state=[h, c])

    np.testing.assert_allclose(rest.numpy(), whole.numpy(), rtol=1e-5)


def test_a_stateful_layer_goes_on_until_it_is_reset() -> None:
    gru = layers.GRU(3, stateful=True, batch_input_shape=(2, None, 3))
    first = gru(X[:, :2]).numpy()
    second = gru(X[:, 2:]).numpy()

    gru.reset_states()

    np.testing.assert_allclose(gru(X).numpy(), second, rtol=1e-5)
    gru.reset_states()
    np.testing.assert_allclose(gru(X[:, :2]).numpy(), first, rtol=1e-5)


def test_a_cell_of_ones_own() -> None:
    class Sum(layers.Layer):
        state_size = 3

        def call(self, inputs: Any, states: Any) -> Any:
            total = states[0] + inputs
            return total, [total]

    found = layers.RNN(Sum(), return_sequences=True)(X)

    np.testing.assert_allclose(found.numpy(), X.cumsum(1), rtol=1e-5)


def test_an_encoder_and_a_decoder_share_states_in_a_graph() -> None:
    a, b = keras.Input((None, 3)), keras.Input((None, 3))
    _, h, c = layers.LSTM(4, return_state=True)(a)
    y = layers.LSTM(4, return_sequences=True)(b, initial_state=[h, c])
    model = keras.Model([a, b], layers.Dense(2)(y))

    assert model.output_shape == (None, None, 2)
    assert model([X, X[:, :2]]).shape == (2, 2, 2)


# -- losses, copies, scopes --------------------------------------------------------------------------------------------


def test_losses_are_those_of_the_last_call() -> None:
    class Penalty(layers.Layer):
        def call(self, x: Any) -> Any:
            self.add_loss(tf.reduce_sum(x))
            return x

    layer = Penalty()
    layer(np.ones((1, 2)))
    layer(np.ones((1, 3)))

    assert [float(v) for v in layer.losses] == [3.0]


def test_logits_reach_the_loss_through_a_stack() -> None:
    model = keras.Sequential([layers.Dense(3, activation="softmax", use_bias=False)])
    logits = tf.Variable([[100.0, 0.0, 0.0]])
    model(np.eye(3, dtype=np.float32))
    model.set_weights([np.eye(3)])

    with tf.GradientTape() as tape:
        loss = keras.losses.SparseCategoricalCrossentropy()([1], model(logits))

    assert float(loss) == 100.0
    assert tape.gradient(loss, logits).numpy()[0] == pytest.approx([1.0, -1.0, 0.0])


def test_layers_can_be_copied() -> None:
    block = Block(name="own")
    block(np.ones((1, 3)))

    other = copy.deepcopy(block)
    other.w.assign([2.0, 2.0, 2.0])

    assert block.w.numpy().tolist() == [1.0, 1.0, 1.0]
    assert len(other.weights) == 3
    assert not any(a is b for a in block.weights for b in other.weights)


def test_a_configuration_makes_an_equal_layer() -> None:
    for layer in (
        layers.Conv2D(3, 2, strides=2, padding="same", kernel_regularizer="l2"), layers.LSTM(2, dropout=0.1),
        layers.Bidirectional(layers.GRU(2), merge_mode="sum"), layers.TimeDistributed(layers.Dense(2)),
        layers.RNN([layers.LSTMCell(2), layers.SimpleRNNCell(3)]), layers.SeparableConv2D(2, 3),
        layers.DepthwiseConv2D(2), layers.Conv2DTranspose(2, 3), layers.Embedding(4, 2), layers.ReLU(6.0),
        layers.BatchNormalization(momentum=0.5), layers.UpSampling2D(3), layers.ZeroPadding2D(2),
        layers.Normalization(mean=1.0, variance=2.0), layers.Dot(1), layers.Masking(1.0),
    ):  # fmt: skip
        config = layer.get_config()
        assert type(layer).from_config(config).get_config() == config


def test_a_layer_with_arguments_has_to_describe_them() -> None:
    class Own(layers.Layer):
        def __init__(self, units: int) -> None:
            super().__init__()

    with pytest.raises(NotImplementedError, match=r"Layer Own has arguments \['units'\] in `__init__`"):
        Own(3).get_config()


def test_calls_of_layers_are_scopes(events: list[Any]) -> None:
    model = keras.Sequential([Block(name="block"), layers.ReLU(name="last")], name="net")
    model(np.ones((1, 3), np.float32))
    events.clear()

    model(np.ones((1, 3), np.float32))

    opened = [e for e in events if e[0] == observe.SCOPE_OPENED]
    by_number = {e[1]: e[2] for e in opened}
    assert [(e[2], e[3], by_number.get(e[5])) for e in opened if not e[2].startswith("dropout")] == [
        ("net", "layer", None), ("block", "layer", "net"), ("inner", "layer", "block"), ("last", "layer", "net"),
    ]  # fmt: skip
    assert sum(e[0] == observe.SCOPE_CLOSED for e in events) == len(opened)


def test_a_stack_that_has_seen_one_shape_says_what_is_wrong_with_another() -> None:
    model = keras.Sequential([layers.Dense(2, name="only")], name="stack")
    model(np.ones((2, 3), np.float32))

    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 3") as caught:
        model(np.ones((2, 5), np.float32))

    assert str(caught.value).startswith("Exception encountered when calling layer 'stack' (type Sequential).")
    assert model(np.ones((4, 3), np.float32)).shape == (4, 2)


def test_a_layer_of_a_script_is_shown_as_python_shows_objects() -> None:
    assert repr(Block()).startswith(f"<{__name__}.Block object at 0x")
    assert repr(layers.Dense(1)).startswith("<keras.src.layers.")
