"""Models and layers as a script sees them: names, summaries, errors. Each case is a function of ``tf`` that returns
plain data; an exception is its type and text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

ONES = np.ones((2, 4), np.float32)


def _names(thing: Any) -> list[str]:
    return [v.name for v in thing.weights]


def _printed(model: Any, **kwargs: Any) -> list[str]:
    lines: list[str] = []
    model.summary(print_fn=lines.append, **kwargs)
    return lines


def _small(tf: Any) -> Any:
    keras = tf.keras

    class Small(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.first = keras.layers.Dense(3)
            self.stack = keras.Sequential([keras.layers.Dense(3), keras.layers.Dense(2)])
            self.scale = tf.Variable(1.0, name="scale")
            self.later = [keras.layers.Dense(2), {"b": keras.layers.Dense(1), "a": keras.layers.Dense(2)}]

        def call(self, x: Any) -> Any:
            x = self.later[0](self.stack(self.first(x))) * self.scale
            return self.later[1]["b"](self.later[1]["a"](x))

    return Small()


def _block(tf: Any) -> Any:
    class Block(tf.keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.inner = tf.keras.layers.Dense(2)
            self.free = tf.Variable(1.0, name="free")

        def build(self, shape: Any) -> None:
            self.k = self.add_weight("k", (2,), trainable=False)
            self.j = self.add_weight(shape=(shape[-1], 2), initializer="ones")

        def call(self, x: Any) -> Any:
            return self.inner(x) + self.k

    return Block()


def names_of_a_model(tf: Any) -> Any:
    model = _small(tf)
    model(ONES)
    return [model.name, _names(model), [v.name for v in model.trainable_variables], [x.name for x in model.layers]]


def names_of_a_layer(tf: Any) -> Any:
    block = _block(tf)
    block(ONES)
    return [_names(block), [v.name for v in block.trainable_variables], [v.name for v in block.non_trainable_variables]]


def names_count_up(tf: Any) -> Any:
    k = tf.keras.layers
    made = [k.Dense(1), k.Dense(1), k.Conv2D(1, 1), k.MaxPooling2D(), k.ReLU(), k.LeakyReLU(), k.BatchNormalization(),
            k.LSTM(1), k.Dense(1, name="dense_2"), k.Dense(1), k.GlobalAveragePooling2D(), k.Conv2DTranspose(1, 1),
            k.SeparableConv1D(1, 1), k.TimeDistributed(k.Dense(1)), k.Bidirectional(k.GRU(1))]  # fmt: skip
    return [x.name for x in made]


def frozen_layers(tf: Any) -> Any:
    model = _small(tf)
    model(ONES)
    model.first.trainable = False
    before = [v.name for v in model.trainable_variables]
    model.trainable = False
    return [before, [v.name for v in model.trainable_variables], [v.name for v in model.non_trainable_variables]]


def summary_of_a_class(tf: Any) -> Any:
    model = _small(tf)
    model(ONES)
    return _printed(model)


def summary_of_a_stack(tf: Any) -> Any:
    k = tf.keras.layers
    model = tf.keras.Sequential(
        [k.Conv2D(8, 3, activation="relu", input_shape=(28, 28, 1)), k.BatchNormalization(), k.MaxPooling2D(),
         k.Dropout(0.2), k.Flatten(), k.Dense(10, activation="softmax", name="a_long_name_for_the_last_layer")]
    )  # fmt: skip
    return _printed(model)


def summary_after_a_call(tf: Any) -> Any:
    model = tf.keras.Sequential([tf.keras.layers.Dense(3), tf.keras.layers.Dense(1)])
    model(ONES)
    first = _printed(model)
    model(np.ones((5, 4), np.float32))
    return [first, _printed(model)]


def summary_of_a_graph(tf: Any) -> Any:
    k = tf.keras.layers
    a, b = tf.keras.Input((8, 8, 3), name="image"), tf.keras.Input((4,), name="extra")
    shared = k.Dense(6)
    x = k.GlobalAveragePooling2D()(k.Conv2D(4, 3, padding="same")(a))
    x = k.Concatenate()([shared(x), shared(b)])
    y = tf.nn.relu(x)[:, :5] * 2.0 + 1.0
    inner = tf.keras.Sequential([k.Dense(3), k.Dense(2)], name="head")
    model = tf.keras.Model([a, b], [inner(y), tf.reduce_mean(x, axis=1)])
    return [_printed(model), _printed(model, expand_nested=True), model.output_names, model.input_names,
            [list(s) for s in model.output_shape], _names(model)]  # fmt: skip


def outputs_of_layers(tf: Any) -> Any:
    k = tf.keras.layers
    model = tf.keras.Sequential([k.Dense(3, activation="relu", input_shape=(4,), kernel_initializer="ones"),
                                 k.Dense(2, kernel_initializer="ones", name="last")])  # fmt: skip
    part = tf.keras.Model(model.input, [layer.output for layer in model.layers])
    rest = tf.keras.Model(model.get_layer("last").input, model.output)
    return [[np.asarray(v).tolist() for v in part(ONES)], np.asarray(rest(np.ones((1, 3)))).tolist(),
            list(model.layers[0].output_shape), list(model.layers[1].input_shape), model.count_params()]  # fmt: skip


def symbolic_tensors(tf: Any) -> Any:
    x = tf.keras.Input((4,), name="x")
    y = tf.concat([x, x], -1)
    custom = _block(tf)(x)
    batch = tf.shape(x)[0]
    wide = tf.reshape(x, (batch, 2, 2))
    found = [x, y, 1 - x, x / 2, -x, x**2, x > 0, tf.cast(x, "int32"), x @ tf.ones((4, 3)), custom, wide, y[:, 0],
             tf.reduce_sum(x), tf.expand_dims(x, 1)]  # fmt: skip
    return [[list(t.shape), t.dtype.name, t._keras_history.layer.name] for t in found]


def configs(tf: Any) -> Any:
    k = tf.keras.layers
    layers = [k.Dense(3, activation="relu"), k.Conv2D(2, 3, kernel_regularizer="l2"), k.LSTM(2), k.Dropout(0.3),
              k.BatchNormalization(), k.Embedding(5, 2), k.Flatten(), k.MaxPooling1D(), k.GRU(3)]  # fmt: skip
    skipped = ("dtype", "implementation", "time_major", "batch_input_shape", "groups")
    return [{n: v for n, v in sorted(layer.get_config().items()) if n not in skipped} for layer in layers]


NAMES: dict[str, Callable[[Any], Any]] = {
    f.__name__: f
    for f in (
        names_of_a_model, names_of_a_layer, names_count_up, frozen_layers, summary_of_a_class, summary_of_a_stack,
        summary_after_a_call, summary_of_a_graph, outputs_of_layers, symbolic_tensors, configs,
    )
}  # fmt: skip


def _built(tf: Any) -> Any:
    dense = tf.keras.layers.Dense(2)
    dense(np.ones((1, 3), np.float32))
    return dense


def _unstarted(tf: Any) -> Any:
    class M(tf.keras.Model):
        def __init__(self) -> None:
            self.d = tf.keras.layers.Dense(1)

    return M()


def _unstarted_layer(tf: Any) -> Any:
    class L(tf.keras.layers.Layer):
        def __init__(self) -> None:
            pass

    return L()(ONES)


def _inside(tf: Any) -> Any:
    class M(tf.keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.d = tf.keras.layers.Dense(1)

        def call(self, x: Any) -> Any:
            return self.d(x)

    model = M()
    model(np.ones((1, 3), np.float32))
    return model(np.ones((1, 4), np.float32))


def _stack(tf: Any, **kwargs: Any) -> Any:
    return tf.keras.Sequential([tf.keras.layers.Dense(2, **kwargs)])


def _fit(tf: Any, x: Any, y: Any, **kwargs: Any) -> Any:
    model = _stack(tf, input_shape=(4,))
    model.compile("sgd", "mse")
    return model.fit(x, y, verbose=0, **kwargs)


ERRORS: dict[str, Callable[[Any], Any]] = {
    "dense_other_size": lambda tf: _built(tf)(np.ones((1, 4), np.float32)),
    "dense_rank_1": lambda tf: tf.keras.layers.Dense(2)(np.ones(3, np.float32)),
    "dense_nested_list": lambda tf: tf.keras.layers.Dense(2)([[1.0, 2.0]]),
    "dense_units": lambda tf: tf.keras.layers.Dense(-1),
    "dense_keyword": lambda tf: tf.keras.layers.Dense(2, foo=1),
    "dense_string_activation": lambda tf: tf.keras.layers.Dense(2, activation="rellu"),
    "conv_rank": lambda tf: tf.keras.layers.Conv2D(2, 3)(np.ones((1, 5, 5), np.float32)),
    "conv_padding": lambda tf: tf.keras.layers.Conv2D(2, 3, padding="full"),
    "conv_causal": lambda tf: tf.keras.layers.Conv2D(2, 3, padding="causal"),
    "conv_strides_and_dilation": lambda tf: tf.keras.layers.Conv2D(2, 3, strides=2, dilation_rate=2),
    "conv_kernel": lambda tf: tf.keras.layers.Conv2D(2, (3, 3, 3)),
    "pool_rank": lambda tf: tf.keras.layers.MaxPool2D()(np.ones((1, 5, 5), np.float32)),
    "lstm_rank": lambda tf: tf.keras.layers.LSTM(2)(ONES),
    "reshape": lambda tf: tf.keras.layers.Reshape((3, 3))(ONES),
    "permute": lambda tf: tf.keras.layers.Permute((1, 3)),
    "dropout_rate": lambda tf: tf.keras.layers.Dropout(1.5),
    "merge_one": lambda tf: tf.keras.layers.Add()(ONES),
    "merge_shapes": lambda tf: tf.keras.layers.Concatenate(axis=0)([np.ones((2, 3)), np.ones((2, 4))]),
    "repeat_vector": lambda tf: tf.keras.layers.RepeatVector(2.0),
    "sequential_shape": lambda tf: _stack(tf, input_shape=(3,))(np.ones((1, 4), np.float32)),
    "sequential_no_weights": lambda tf: _stack(tf).weights,
    "sequential_no_layer": lambda tf: tf.keras.Sequential([1]),
    "sequential_same_names": lambda tf: tf.keras.Sequential(
        [tf.keras.layers.Dense(1, name="a"), tf.keras.layers.Dense(1, name="a")]
    ),
    "inside_a_model": _inside,
    "model_unstarted": _unstarted,
    "layer_unstarted": _unstarted_layer,
    "model_without_call": lambda tf: tf.keras.Model()(ONES),
    "summary_unbuilt": lambda tf: _stack(tf).summary(),
    "fit_uncompiled": lambda tf: _stack(tf, input_shape=(4,)).fit(ONES, ONES),
    "fit_lengths": lambda tf: _fit(tf, ONES, np.ones((3, 2), np.float32)),
    "fit_split": lambda tf: _fit(tf, ONES[:1], np.ones((1, 2), np.float32), validation_split=0.5),
    "compile_keyword": lambda tf: _stack(tf).compile("sgd", foo=1),
    "get_layer": lambda tf: _stack(tf, input_shape=(4,), name="d").get_layer("e"),
    "set_weights_count": lambda tf: _built(tf).set_weights([np.ones((3, 2))]),
    "set_weights_shape": lambda tf: _built(tf).set_weights([np.ones((3, 3)), np.ones(2)]),
    "input_without_shape": lambda tf: tf.keras.Input(),
    "not_connected": lambda tf: tf.keras.Model(
        tf.keras.Input((3,), name="a"), tf.keras.layers.Dense(1)(tf.keras.Input((3,), name="b"))
    ),
    "output_unconnected": lambda tf: tf.keras.layers.Dense(1).output,
    "bool_of_symbolic": lambda tf: bool(tf.keras.Input((3,), name="a")),
    "iterate_symbolic": lambda tf: list(tf.keras.Input((3,), name="a")),
    "embedding_sizes": lambda tf: tf.keras.layers.Embedding(0, 2),
    "bidirectional_mode": lambda tf: tf.keras.layers.Bidirectional(tf.keras.layers.LSTM(1), merge_mode="max"),
    "count_params": lambda tf: tf.keras.layers.Dense(1).count_params(),
    "add_weight_keyword": lambda tf: tf.keras.layers.Layer().add_weight("a", (1,), foo=1),
    "first_argument": lambda tf: tf.keras.layers.Dense(1)(),
}


def evaluated(tf: Any, case: Callable[[Any], Any], fresh: Callable[[], Any]) -> Any:
    """What a case gives with names counted anew, or its exception."""
    fresh()
    try:
        found = case(tf)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return found
