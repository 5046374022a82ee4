"""Layers, losses, metrics and initializers of deferred graphs, as functions of ``tf`` and a running session."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.keras.frozen.values import plain, random
from tests.tf1.frozen.training import Case, named

IMAGES = (2, 6, 5, 3)
STEPS = (2, 5, 3)
VOLUMES = (2, 3, 5, 4, 2)
ROWS = (3, 4)
_KERNELS = ("MatMul", "BiasAdd", "Conv2D", "MaxPool", "AvgPool", "Relu", "Tanh", "Sigmoid", "Softmax", "Placeholder",
            "VariableV2")  # fmt: skip


def _filled(sess: Any, tf: Any) -> None:
    """Gives all variables numbers of their own; variances stay positive."""
    for k, v in enumerate(tf.global_variables()):
        value = random(*[int(d) for d in v.shape], seed=k + 7, low=-1)
        v.load(np.abs(value) + 0.5 if "variance" in v.name else value, sess)


def layered(make: Callable[[Any, Any], Any], shape: tuple[int, ...], training: bool = False) -> Case:
    """What a layer gives for made-up weights, its slopes, names, collections."""

    def case(tf: Any, sess: Any) -> Any:
        x = tf.placeholder(tf.float32, [None, *shape[1:]], name="x")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            y = make(tf, x)
        slope = tf.gradients(y, x)[0]
        sess.run(tf.global_variables_initializer())
        _filled(sess, tf)
        fed = {x: random(*shape, seed=3, low=-1)}
        found = sess.run([y, slope], fed)
        updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
        sess.run(updates, fed)
        losses = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
        return {
            "y": plain(found), "shape": y.shape.as_list(), "name": y.name,
            "variables": [v.name for v in tf.global_variables()],
            "trained": [v.name for v in tf.trainable_variables()],
            "after": plain(sess.run(tf.global_variables())) if updates else None, "updates": len(updates),
            "losses": [[t.name, float(sess.run(t))] for t in losses],
            "nodes": [n for n in named(tf.get_default_graph(), *_KERNELS) if "1d/" not in n and "Tensordot" not in n],
        }  # fmt: skip

    return case


def _cnn(tf: Any, x: Any) -> Any:
    """The network of a tutorial."""
    h = tf.layers.conv2d(x, filters=4, kernel_size=[3, 3], padding="same", activation=tf.nn.relu)
    h = tf.layers.max_pooling2d(h, pool_size=[2, 2], strides=2)
    h = tf.layers.conv2d(h, 5, 2, activation=tf.nn.relu)
    h = tf.layers.average_pooling2d(h, 2, 1, padding="same")
    h = tf.layers.flatten(h)
    h = tf.layers.dense(h, 6, activation=tf.nn.relu)
    h = tf.layers.dropout(h, rate=0.4, training=False)
    return tf.layers.dense(inputs=h, units=2)


def _reused(tf: Any, x: Any) -> Any:
    with tf.variable_scope("gen"):
        a = tf.layers.dense(x, 3, tf.nn.tanh, name="h")
    with tf.variable_scope("gen", reuse=True):
        b = tf.layers.dense(x * 2.0, 3, tf.nn.tanh, name="h")
    with tf.variable_scope("other", reuse=tf.AUTO_REUSE):
        c = tf.layers.dense(b, 3)
        d = tf.layers.dense(c, 3, name="last")
    e = tf.layers.dense(d, 3, name="top")
    return a + b + tf.layers.dense(e, 3, name="top", reuse=True)


def _shared(tf: Any, x: Any) -> Any:
    layer = tf.layers.Dense(4, activation=tf.nn.relu)
    return layer(layer(x))


def _regular(tf: Any, x: Any) -> Any:
    def square(w: Any) -> Any:
        return 0.1 * tf.reduce_sum(tf.square(w))

    h = tf.layers.dense(x, 3, kernel_regularizer=square, name="a")
    return tf.layers.dense(h, 2, use_bias=False, kernel_regularizer=square, kernel_initializer=tf.ones_initializer())


def _keras_parts(tf: Any, x: Any) -> Any:
    """Keras's regularizers, initializers and words in TensorFlow 1's layers."""
    K = tf.keras
    h = tf.layers.dense(x, 3, activation="tanh", kernel_regularizer=K.regularizers.l2(0.1), name="a")
    return tf.layers.dense(
        h, 2, kernel_initializer=K.initializers.he_normal(), kernel_regularizer=K.regularizers.l1(0.2)
    )


def _dropped(tf: Any, sess: Any) -> Any:
    tf.set_random_seed(7)
    training = tf.placeholder_with_default(False, [], "training")
    x = tf.ones([4, 50])
    y = tf.layers.dropout(x, rate=0.4, training=training)
    z = tf.layers.dropout(x, rate=0.4, training=True, seed=3)
    found = [sess.run(y), sess.run(y, {training: True}), sess.run(z)]
    kept = [np.unique(np.round(f[f != 0], 4)).tolist() for f in found]
    return {"kept": kept, "zeros": [bool((f == 0).any()) for f in found], "z": plain(found[2]), "name": z.name}


def _layer_errors(tf: Any, sess: Any) -> Any:
    def said(what: Callable[[], Any]) -> str:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                what()
        except (TypeError, ValueError) as error:
            return f"{type(error).__name__}: {error}".split("Originally defined")[0].strip()
        return "nothing"

    x = tf.placeholder(tf.float32, [None, 3], "x")
    unknown = tf.placeholder(tf.float32, [None, None], "unknown")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tf.layers.dense(x, 2, name="taken")
        return {
            "taken": said(lambda: tf.layers.dense(x, 2, name="taken")),
            "not there": said(lambda: tf.layers.dense(x, 2, name="new", reuse=True)),
            "unknown size": said(lambda: tf.layers.dense(unknown, 2)),
            "rank": said(lambda: tf.layers.conv2d(x, 2, 2)),
        }


LAYERS: dict[str, Case] = {
    "dense": layered(lambda tf, x: tf.layers.dense(x, 2), ROWS),
    "dense relu": layered(lambda tf, x: tf.layers.dense(x, 2, activation=tf.nn.relu, name="hidden"), ROWS),
    "dense softmax": layered(lambda tf, x: tf.layers.dense(x, 2, tf.nn.softmax), ROWS),
    "dense rank 3": layered(lambda tf, x: tf.layers.dense(x, 4, tf.sigmoid), STEPS),
    "dense no bias": layered(lambda tf, x: tf.layers.dense(x, 2, use_bias=False), ROWS),
    "conv1d": layered(lambda tf, x: tf.layers.conv1d(x, 4, 3, padding="same", activation=tf.nn.relu), STEPS),
    "conv2d": layered(lambda tf, x: tf.layers.conv2d(x, 4, 3, strides=(2, 1)), IMAGES),
    "conv3d": layered(lambda tf, x: tf.layers.conv3d(x, 2, 2, strides=(1, 2, 1), activation=tf.nn.relu), VOLUMES),
    "pooling3d": layered(
        lambda tf, x: tf.layers.average_pooling3d(tf.layers.max_pooling3d(x, 2, 1), 2, 2, padding="same"), VOLUMES
    ),
    "conv2d same": layered(lambda tf, x: tf.layers.conv2d(x, 4, [2, 3], padding="SAME", use_bias=False), IMAGES),
    "conv2d dilated": layered(lambda tf, x: tf.layers.conv2d(x, 2, 2, dilation_rate=2), IMAGES),
    "conv2d_transpose": layered(lambda tf, x: tf.layers.conv2d_transpose(x, 4, 3, strides=2, padding="same"), IMAGES),
    "conv2d_transpose valid": layered(lambda tf, x: tf.layers.conv2d_transpose(x, 2, 3, 2), IMAGES),
    "separable_conv2d": layered(lambda tf, x: tf.layers.separable_conv2d(x, 4, 3, depth_multiplier=2), IMAGES),
    "max_pooling1d": layered(lambda tf, x: tf.layers.max_pooling1d(x, 2, 2), STEPS),
    "average_pooling1d": layered(lambda tf, x: tf.layers.average_pooling1d(x, 2, 2, "same"), STEPS),
    "max_pooling2d": layered(lambda tf, x: tf.layers.max_pooling2d(x, 2, 2, padding="same"), IMAGES),
    "average_pooling2d": layered(lambda tf, x: tf.layers.average_pooling2d(x, (2, 3), (1, 2)), IMAGES),
    "flatten": layered(lambda tf, x: tf.layers.flatten(x), IMAGES),
    "batch_normalization": layered(lambda tf, x: tf.layers.batch_normalization(x, training=False), ROWS),
    "batch_normalization training": layered(lambda tf, x: tf.layers.batch_normalization(x, training=True), ROWS),
    "batch_normalization images": layered(
        lambda tf, x: tf.layers.batch_normalization(x, momentum=0.9, epsilon=0.01, training=True, name="bn"), IMAGES
    ),
    "batch_normalization bare": layered(
        lambda tf, x: tf.layers.batch_normalization(x, center=False, scale=False, training=True), IMAGES
    ),
    "cnn": layered(_cnn, IMAGES),
    "reused": layered(_reused, ROWS),
    "shared": layered(_shared, ROWS),
    "regular": layered(_regular, ROWS),
    "keras parts": layered(_keras_parts, ROWS),
    "dropout": _dropped,
    "errors": _layer_errors,
}


# -- losses ------------------------------------------------------------------------------------------------------------


def _shares(*shape: int, seed: int = 0) -> Any:
    raw = random(*shape, seed=seed) + np.float32(0.05)
    return raw / raw.sum(-1, keepdims=True) if hasattr(raw, "keepdims") else raw / raw.sum(-1)[..., None]


def lost(make: Callable[[Any, Any, dict[str, Any]], Any]) -> Case:
    """Values, slopes, names and collections of a loss without and with weights and in all reductions."""

    def case(tf: Any, sess: Any) -> Any:
        x = tf.constant(random(5, 4, seed=2, low=-3, high=3), name="x")
        weight = np.array([1.0, 0.0, 2.0, 0.5, 3.0], np.float32)
        found: dict[str, Any] = {}
        for name, given in {
            "plain": {}, "number": {"weights": 2.0}, "scoped": {"scope": "mine"},
            "per row": {"weights": weight},
            "sum": {"reduction": tf.losses.Reduction.SUM}, "none": {"reduction": "none"},
            "mean": {"reduction": tf.losses.Reduction.MEAN, "weights": 0.5},
            "batch": {"reduction": tf.losses.Reduction.SUM_OVER_BATCH_SIZE},
        }.items():  # fmt: skip
            try:
                value = make(tf, x, dict(given))
            except ValueError as error:
                found[name] = str(error)[:60]
                continue
            found[name] = [value.name, plain(sess.run([value, tf.gradients(value, x)[0]]))]
        found["losses"] = [t.name for t in tf.get_collection(tf.GraphKeys.LOSSES)]
        return found

    return case


_ONE_HOT = np.eye(4, dtype=np.float32)[[0, 2, 1, 3, 1]]
_NUMBERS = np.array([0, 2, 1, 3, 1])
_YES = (random(5, 4, seed=7) > 0.5).astype(np.float32)
_REAL = random(5, 4, seed=3, low=-2, high=2)


def _matrix_weights(make: Callable[[Any, Any, dict[str, Any]], Any]) -> Callable[[Any, Any, dict[str, Any]], Any]:
    """Losses of each element take weights for each row as a column."""

    def made(tf: Any, x: Any, given: dict[str, Any]) -> Any:
        if np.ndim(given.get("weights", 0)):
            given["weights"] = given["weights"][:, None]
        return make(tf, x, given)

    return made


def _total(tf: Any, sess: Any) -> Any:
    p = tf.placeholder(tf.float32, [None, 1], "p")
    a = tf.losses.mean_squared_error(p, tf.ones([2, 1]))
    tf.losses.add_loss(tf.constant(3.0, name="mine"))
    tf.add_to_collection(tf.GraphKeys.REGULARIZATION_LOSSES, tf.constant(0.25, name="regular"))
    total = tf.losses.get_total_loss()
    alone = tf.losses.get_total_loss(add_regularization_losses=False)
    weighted = tf.losses.compute_weighted_loss(tf.constant([1.0, 2.0, 3.0]), tf.constant([1.0, 0.0, 2.0]))
    return {
        "names": [t.name for t in tf.losses.get_losses()],
        "value": plain(sess.run([a, total, alone], {p: [[0.0], [3.0]]})),
        "total": total.name, "regular": [t.name for t in tf.losses.get_regularization_losses()],
        "regular loss": plain(sess.run(tf.losses.get_regularization_loss())),
        "weighted": plain(sess.run(weighted)),
    }  # fmt: skip


def _unknown_batch(tf: Any, sess: Any) -> Any:
    """Losses of placeholders of unknown batch size, and what they refuse."""
    x, y = tf.placeholder(tf.float32, [None, 3], "x"), tf.placeholder(tf.float32, [None, 3], "y")
    n = tf.placeholder(tf.int64, [None], "n")
    fed = {x: random(4, 3, seed=1), y: np.eye(3, dtype=np.float32)[[0, 1, 2, 1]], n: [0, 1, 2, 1]}
    found = [
        tf.losses.mean_squared_error(y, x), tf.losses.softmax_cross_entropy(y, x),
        tf.losses.sparse_softmax_cross_entropy(n, x), tf.losses.sigmoid_cross_entropy(y, x),
        tf.losses.softmax_cross_entropy(onehot_labels=y, logits=x, label_smoothing=0.1),
    ]  # fmt: skip
    said = []
    for labels in (None, np.zeros((4, 2), np.float32)):
        try:
            tf.losses.mean_squared_error(labels, x)
        except ValueError as error:
            said.append(str(error))
    return {"values": plain(sess.run(found, fed)), "names": [t.name for t in found],
            "shapes": [t.shape.as_list() for t in found], "said": said}  # fmt: skip


LOSSES: dict[str, Case] = {
    "mean_squared_error": lost(
        _matrix_weights(lambda tf, x, k: tf.losses.mean_squared_error(labels=_REAL, predictions=x, **k))
    ),
    "absolute_difference": lost(_matrix_weights(lambda tf, x, k: tf.losses.absolute_difference(_REAL, x, **k))),
    "huber_loss": lost(_matrix_weights(lambda tf, x, k: tf.losses.huber_loss(_REAL, x, delta=0.7, **k))),
    "log_loss": lost(_matrix_weights(lambda tf, x, k: tf.losses.log_loss(_YES, tf.nn.sigmoid(x), **k))),
    "hinge_loss": lost(_matrix_weights(lambda tf, x, k: tf.losses.hinge_loss(_YES, x, **k))),
    "cosine_distance": lost(_matrix_weights(lambda tf, x, k: tf.losses.cosine_distance(_REAL, x, axis=1, **k))),
    "mean_pairwise_squared_error": lost(
        lambda tf, x, k: tf.losses.mean_pairwise_squared_error(
            _REAL, x, **{w: v for w, v in k.items() if w != "reduction"}
        )
    ),
    "softmax_cross_entropy": lost(lambda tf, x, k: tf.losses.softmax_cross_entropy(_ONE_HOT, x, **k)),
    "softmax_cross_entropy smooth": lost(
        lambda tf, x, k: tf.losses.softmax_cross_entropy(_ONE_HOT, logits=x, label_smoothing=0.2, **k)
    ),
    "sparse_softmax_cross_entropy": lost(
        lambda tf, x, k: tf.losses.sparse_softmax_cross_entropy(labels=_NUMBERS, logits=x, **k)
    ),
    "sigmoid_cross_entropy": lost(_matrix_weights(lambda tf, x, k: tf.losses.sigmoid_cross_entropy(_YES, x, **k))),
    "sigmoid_cross_entropy smooth": lost(
        _matrix_weights(lambda tf, x, k: tf.losses.sigmoid_cross_entropy(_YES, logits=x, label_smoothing=0.1, **k))
    ),
    "total": _total,
    "unknown batch": _unknown_batch,
}


# -- metrics -----------------------------------------------------------------------------------------------------------


def measured(make: Callable[[Any, Any, Any, Any], Any], kind: str = "yes", weighted: bool = False) -> Case:
    """The value before, between and after two updates, with all names."""

    def case(tf: Any, sess: Any) -> Any:
        whole = kind in ("classes", "numbers")
        shape = [None, 3] if kind in ("numbers", "real") else [None]
        x = tf.placeholder(tf.int64 if kind == "classes" else tf.float32, shape, "x")
        y = tf.placeholder(tf.int64 if whole else tf.float32, shape if kind == "real" else [None], "y")
        w = tf.placeholder(tf.float32, [None, 1] if kind == "real" else [None], "w")
        value, update = make(tf, y, x, w)
        sess.run(tf.local_variables_initializer())
        seen = [sess.run(value)]
        for k in range(2):
            fed: dict[Any, Any] = {w: random(6, seed=k + 30)}
            if kind == "real":
                fed = {
                    w: random(6, 1, seed=k + 30),
                    x: random(6, 3, seed=k, high=2),
                    y: random(6, 3, seed=k + 5, high=2),
                }
            elif kind == "classes":
                fed |= {x: np.random.RandomState(k).randint(0, 3, 6), y: np.random.RandomState(k + 5).randint(0, 3, 6)}
            elif kind == "numbers":
                fed |= {x: random(6, 3, seed=k), y: np.random.RandomState(k + 5).randint(0, 3, 6)}
            else:
                fed |= {x: random(6, seed=k), y: (random(6, seed=k + 5) > 0.5).astype(np.float32)}
            seen += [sess.run(update, fed), sess.run(value)]
        return {
            "seen": plain(seen), "value": value.name, "update": update.name,
            "local": [v.name for v in tf.local_variables()], "global": [v.name for v in tf.global_variables()],
            "metric": [v.name for v in tf.get_collection(tf.GraphKeys.METRIC_VARIABLES)],
        }  # fmt: skip

    return case


METRICS: dict[str, Case] = {
    "accuracy": measured(lambda tf, y, x, w: tf.metrics.accuracy(labels=y, predictions=x), "classes"),
    "accuracy weighted": measured(lambda tf, y, x, w: tf.metrics.accuracy(y, x, weights=w, name="acc"), "classes"),
    "mean": measured(lambda tf, y, x, w: tf.metrics.mean(x)),
    "mean weighted": measured(lambda tf, y, x, w: tf.metrics.mean(x, w), "real"),
    "mean_tensor": measured(lambda tf, y, x, w: tf.metrics.mean_tensor(tf.reduce_sum(x, 0)), "real"),
    "precision": measured(lambda tf, y, x, w: tf.metrics.precision(y, tf.round(x))),
    "precision of lists": measured(lambda tf, y, x, w: tf.metrics.precision([1, 0, 1], [1, 1, 1])),
    "recall": measured(lambda tf, y, x, w: tf.metrics.recall(y, tf.round(x), weights=w)),
    "true_positives": measured(lambda tf, y, x, w: tf.metrics.true_positives(y, tf.round(x))),
    "true_negatives": measured(lambda tf, y, x, w: tf.metrics.true_negatives(y, tf.round(x))),
    "false_positives": measured(lambda tf, y, x, w: tf.metrics.false_positives(y, tf.round(x), w)),
    "false_negatives": measured(lambda tf, y, x, w: tf.metrics.false_negatives(y, tf.round(x))),
    "auc": measured(lambda tf, y, x, w: tf.metrics.auc(y, x)),
    "auc PR": measured(
        lambda tf, y, x, w: tf.metrics.auc(y, x, w, 20, curve="PR", summation_method="careful_interpolation")
    ),
    "mean_squared_error": measured(lambda tf, y, x, w: tf.metrics.mean_squared_error(y, x), "real"),
    "mean_squared_error weighted": measured(lambda tf, y, x, w: tf.metrics.mean_squared_error(y, x, w), "real"),
    "root_mean_squared_error": measured(lambda tf, y, x, w: tf.metrics.root_mean_squared_error(y, x), "real"),
    "mean_absolute_error": measured(lambda tf, y, x, w: tf.metrics.mean_absolute_error(y, x, w), "real"),
    "mean_relative_error": measured(lambda tf, y, x, w: tf.metrics.mean_relative_error(y, x, y + 1.0), "real"),
    "mean_cosine_distance": measured(lambda tf, y, x, w: tf.metrics.mean_cosine_distance(y, x, 1), "real"),
    "percentage_below": measured(lambda tf, y, x, w: tf.metrics.percentage_below(x, 0.5)),
    "mean_iou": measured(lambda tf, y, x, w: tf.metrics.mean_iou(y, x, 3), "classes"),
    "mean_per_class_accuracy": measured(lambda tf, y, x, w: tf.metrics.mean_per_class_accuracy(y, x, 3), "classes"),
}


# -- initializers ------------------------------------------------------------------------------------------------------


def drawn(make: Callable[[Any], Any], shape: tuple[int, ...] = (3, 4), *, value: bool = True) -> Case:
    """What a variable begins with, and what calling the initializer itself gives; names."""

    def case(tf: Any, sess: Any) -> Any:
        tf.set_random_seed(42)
        with tf.variable_scope("s"):
            v = tf.get_variable("v", shape, initializer=make(tf))
            u = tf.get_variable("u", shape, initializer=make(tf))
        called = make(tf)
        direct = (called() if isinstance(called, type) else called)(shape)
        sess.run(tf.global_variables_initializer())
        found = plain(sess.run([v, u, direct]))
        return {
            "values": found if value else None,
            "name": direct.name,
            "names": [v.name, v.op.name, v.initial_value.name],
        }

    return case


INITIALIZERS: dict[str, Case] = {
    "default": drawn(lambda tf: tf.glorot_uniform_initializer()),
    "zeros": drawn(lambda tf: tf.zeros_initializer()),
    "zeros class": drawn(lambda tf: tf.zeros_initializer),
    "ones": drawn(lambda tf: tf.ones_initializer()),
    "constant": drawn(lambda tf: tf.constant_initializer(2.5)),
    "constant list": drawn(lambda tf: tf.constant_initializer([1.0, 2.0, 3.0, 4.0]), (4,)),
    "random_normal": drawn(lambda tf: tf.random_normal_initializer(stddev=0.1)),
    "random_normal class": drawn(lambda tf: tf.random_normal_initializer),
    "random_normal seed": drawn(lambda tf: tf.random_normal_initializer(1.0, 2.0, seed=3)),
    "truncated_normal": drawn(lambda tf: tf.truncated_normal_initializer(stddev=0.02)),
    "random_uniform": drawn(lambda tf: tf.random_uniform_initializer(-1.0, 1.0)),
    "glorot_normal": drawn(lambda tf: tf.glorot_normal_initializer()),
    "variance_scaling": drawn(lambda tf: tf.variance_scaling_initializer()),
    "variance_scaling uniform": drawn(
        lambda tf: tf.variance_scaling_initializer(scale=2.0, mode="fan_out", distribution="uniform"), (2, 2, 3, 4)
    ),
    "uniform_unit_scaling": drawn(lambda tf: tf.uniform_unit_scaling_initializer(factor=1.2)),
    "he_normal": drawn(lambda tf: tf.initializers.he_normal()),
    "lecun_uniform": drawn(lambda tf: tf.initializers.lecun_uniform(seed=1)),
    "orthogonal": drawn(lambda tf: tf.orthogonal_initializer()),
    "orthogonal wide": drawn(lambda tf: tf.initializers.orthogonal(2.0), (6, 2)),
    "identity": drawn(lambda tf: tf.initializers.identity(0.5)),
}
