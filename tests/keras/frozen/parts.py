"""What losses, metrics, optimizers, schedules and initializers give, as functions of ``tf``.

The same functions run on TensorFlow (`make_parts.py` writes what they give to ``parts.json``) and on tapeview
(``test_frozen_parts.py`` compares). Values are nested lists of floats by the name of the case.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.keras.frozen.drawn import drawn
from tests.keras.frozen.pipelines import pipelines
from tests.keras.frozen.preprocessing import preprocessing
from tests.keras.frozen.values import Values, plain, random


def _shares(*shape: int, seed: int = 0) -> Any:
    raw = random(*shape, seed=seed) + np.float32(0.05)
    return raw / raw.sum(-1, keepdims=True)


# -- losses ------------------------------------------------------------------------------------------------------------


def _of_loss(tf: Any, loss: Any, y_true: Any, y_pred: Any, weight: Any = None) -> Any:
    pred = tf.constant(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(pred)
        value = loss(y_true, pred, sample_weight=weight) if weight is not None else loss(y_true, pred)
    return [value, tape.gradient(value, pred)]


def losses(tf: Any) -> Values:
    """Values and gradients of each loss, in each reduction, and per sample."""
    L = tf.keras.losses
    one_hot = np.eye(4, dtype=np.float32)[[0, 2, 1, 3, 1]]
    numbers = np.array([0, 2, 1, 3, 1])
    shares, scores = _shares(5, 4, seed=1), random(5, 4, seed=2, low=-3, high=3)
    real, guess = random(5, 4, seed=3, low=-2, high=2), random(5, 4, seed=4, low=-2, high=2)
    positive, near = random(5, 4, seed=5, low=0.1, high=3), random(5, 4, seed=6, low=0.1, high=3)
    yes = (random(5, 4, seed=7) > 0.5).astype(np.float32)
    weight = np.array([1.0, 0.0, 2.0, 0.5, 3.0], np.float32)
    found: Values = {}
    cases: dict[str, tuple[Any, Any, Any]] = {
        "MeanSquaredError": (L.MeanSquaredError, real, guess),
        "MeanAbsoluteError": (L.MeanAbsoluteError, real, guess),
        "MeanAbsolutePercentageError": (L.MeanAbsolutePercentageError, positive, near),
        "MeanSquaredLogarithmicError": (L.MeanSquaredLogarithmicError, positive, near),
        "BinaryCrossentropy": (L.BinaryCrossentropy, yes, shares),
        "BinaryCrossentropy logits": (lambda **k: L.BinaryCrossentropy(from_logits=True, **k), yes, scores),
        "BinaryCrossentropy smooth": (lambda **k: L.BinaryCrossentropy(label_smoothing=0.2, **k), yes, shares),
        "CategoricalCrossentropy": (L.CategoricalCrossentropy, one_hot, shares),
        "CategoricalCrossentropy logits": (
            lambda **k: L.CategoricalCrossentropy(from_logits=True, **k), one_hot, scores,
        ),
        "CategoricalCrossentropy smooth": (
            lambda **k: L.CategoricalCrossentropy(label_smoothing=0.1, **k), one_hot, shares,
        ),
        "SparseCategoricalCrossentropy": (L.SparseCategoricalCrossentropy, numbers, shares),
        "SparseCategoricalCrossentropy logits": (
            lambda **k: L.SparseCategoricalCrossentropy(from_logits=True, **k), numbers.reshape(-1, 1), scores,
        ),
        "SparseCategoricalCrossentropy ignore": (
            lambda **k: L.SparseCategoricalCrossentropy(ignore_class=1, **k), numbers, shares,
        ),
        "BinaryFocalCrossentropy": (L.BinaryFocalCrossentropy, yes, shares),
        "BinaryFocalCrossentropy balanced": (
            lambda **k: L.BinaryFocalCrossentropy(apply_class_balancing=True, from_logits=True, **k), yes, scores,
        ),
        "CategoricalFocalCrossentropy": (L.CategoricalFocalCrossentropy, one_hot, shares),
        "Hinge": (L.Hinge, yes, guess),
        "SquaredHinge": (L.SquaredHinge, yes * 2 - 1, guess),
        "CategoricalHinge": (L.CategoricalHinge, one_hot, guess),
        "Poisson": (L.Poisson, positive, near),
        "LogCosh": (L.LogCosh, real, guess),
        "KLDivergence": (L.KLDivergence, _shares(5, 4, seed=8), shares),
        "Huber": (L.Huber, real, guess),
        "Huber 0.3": (lambda **k: L.Huber(delta=0.3, **k), real, guess),
        "CosineSimilarity": (L.CosineSimilarity, real, guess),
    }  # fmt: skip
    for name, (make, y_true, y_pred) in cases.items():
        for reduction in ("sum_over_batch_size", "sum", "none"):
            found[f"{name} {reduction}"] = _of_loss(tf, make(reduction=reduction), y_true, y_pred)
        found[f"{name} weighted"] = _of_loss(tf, make(), y_true, y_pred, weight)
    for name in (
        "mean_squared_error", "mean_absolute_error", "hinge", "squared_hinge", "log_cosh", "huber", "cosine_similarity",
        "categorical_hinge", "mse", "mae",
    ):  # fmt: skip
        found[name] = getattr(L, name)(real, guess)
    # Ranks that differ by one; a softmax and a sigmoid of Keras before the loss.
    found["squeezed"] = L.MeanSquaredError()(tf.constant([1.0, 2.0]), tf.constant([[2.0], [0.0]]))
    found["not squeezed"] = L.mse(tf.constant([1.0, 2.0]), tf.constant([[2.0], [0.0]]))
    for name, activation, loss, labels in (
        ("softmax", tf.keras.activations.softmax, L.SparseCategoricalCrossentropy(), numbers),
        ("softmax categorical", tf.keras.activations.softmax, L.CategoricalCrossentropy(), one_hot),
        ("sigmoid", tf.keras.activations.sigmoid, L.BinaryCrossentropy(), yes),
        ("tf softmax", tf.nn.softmax, L.SparseCategoricalCrossentropy(), numbers),
    ):
        x = tf.constant(scores * 20)
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = loss(labels, activation(x))
        found[f"behind {name}"] = [value, tape.gradient(value, x)]
    return found


# -- metrics -----------------------------------------------------------------------------------------------------------


def metrics(tf: Any) -> Values:
    """Results after one batch, after another with weights, and the variables."""
    M = tf.keras.metrics
    yes = [(random(8, seed=k) > 0.5).astype(np.float32) for k in (10, 11)]
    share = [random(8, seed=k) for k in (12, 13)]
    numbers = [np.random.RandomState(k).randint(0, 4, 8) for k in (14, 15)]
    shares = [_shares(8, 4, seed=k) for k in (16, 17)]
    one_hot = [np.eye(4, dtype=np.float32)[n] for n in numbers]
    classes = [np.random.RandomState(k).randint(0, 4, 8) for k in (18, 19)]
    real, guess = ([random(8, 3, seed=k + d, low=0.1, high=2) for k in (20, 21)] for d in (0, 5))
    weight = random(8, seed=30)
    pairs = {
        "yes": (yes, share), "column": ([y[:, None] for y in yes], [s[:, None] for s in share]),
        "numbers": (numbers, shares), "column numbers": ([n[:, None] for n in numbers], shares),
        "one_hot": (one_hot, shares), "classes": (numbers, classes), "real": (real, guess),
    }  # fmt: skip
    cases: dict[str, tuple[Any, str]] = {
        "Accuracy": (lambda: M.Accuracy(), "classes"),
        "BinaryAccuracy": (lambda: M.BinaryAccuracy(), "column"),
        "BinaryAccuracy 0.7": (lambda: M.BinaryAccuracy(threshold=0.7), "column"),
        "CategoricalAccuracy": (lambda: M.CategoricalAccuracy(), "one_hot"),
        "SparseCategoricalAccuracy": (lambda: M.SparseCategoricalAccuracy(), "numbers"),
        "SparseCategoricalAccuracy column": (lambda: M.SparseCategoricalAccuracy(), "column numbers"),
        "TopKCategoricalAccuracy": (lambda: M.TopKCategoricalAccuracy(k=2), "one_hot"),
        "SparseTopKCategoricalAccuracy": (lambda: M.SparseTopKCategoricalAccuracy(k=2), "numbers"),
        "TruePositives": (lambda: M.TruePositives(), "yes"),
        "TrueNegatives": (lambda: M.TrueNegatives([0.3, 0.6]), "yes"),
        "FalsePositives": (lambda: M.FalsePositives(), "yes"),
        "FalseNegatives": (lambda: M.FalseNegatives(), "yes"),
        "Precision": (lambda: M.Precision(), "yes"),
        "Precision levels": (lambda: M.Precision(thresholds=[0.2, 0.5, 0.9]), "yes"),
        "Precision top_k": (lambda: M.Precision(top_k=2), "one_hot"),
        "Recall": (lambda: M.Recall(), "yes"),
        "Recall class": (lambda: M.Recall(class_id=1, thresholds=0.2), "one_hot"),
        "AUC": (lambda: M.AUC(), "yes"),
        "AUC PR": (lambda: M.AUC(curve="PR", num_thresholds=50), "yes"),
        "AUC minoring": (lambda: M.AUC(summation_method="minoring"), "yes"),
        "AUC PR majoring": (lambda: M.AUC(curve="PR", summation_method="majoring"), "yes"),
        "AUC logits": (lambda: M.AUC(from_logits=True), "yes"),
        "AUC labels": (lambda: M.AUC(multi_label=True, num_labels=4), "one_hot"),
        "SensitivityAtSpecificity": (lambda: M.SensitivityAtSpecificity(0.5), "yes"),
        "SpecificityAtSensitivity": (lambda: M.SpecificityAtSensitivity(0.5), "yes"),
        "PrecisionAtRecall": (lambda: M.PrecisionAtRecall(0.5), "yes"),
        "RecallAtPrecision": (lambda: M.RecallAtPrecision(0.5), "yes"),
        "MeanSquaredError": (lambda: M.MeanSquaredError(), "real"),
        "RootMeanSquaredError": (lambda: M.RootMeanSquaredError(), "real"),
        "MeanAbsoluteError": (lambda: M.MeanAbsoluteError(), "real"),
        "MeanAbsolutePercentageError": (lambda: M.MeanAbsolutePercentageError(), "real"),
        "MeanSquaredLogarithmicError": (lambda: M.MeanSquaredLogarithmicError(), "real"),
        "MeanRelativeError": (lambda: M.MeanRelativeError(normalizer=[1.0, 2.0, 0.5]), "real"),
        "CosineSimilarity": (lambda: M.CosineSimilarity(), "real"),
        "LogCoshError": (lambda: M.LogCoshError(), "real"),
        "Poisson": (lambda: M.Poisson(), "real"),
        "KLDivergence": (lambda: M.KLDivergence(), "real"),
        "Hinge": (lambda: M.Hinge(), "column"),
        "SquaredHinge": (lambda: M.SquaredHinge(), "column"),
        "CategoricalHinge": (lambda: M.CategoricalHinge(), "one_hot"),
        "BinaryCrossentropy": (lambda: M.BinaryCrossentropy(), "column"),
        "CategoricalCrossentropy": (lambda: M.CategoricalCrossentropy(), "one_hot"),
        "SparseCategoricalCrossentropy": (lambda: M.SparseCategoricalCrossentropy(), "numbers"),
        "MeanIoU": (lambda: M.MeanIoU(num_classes=4), "classes"),
        "IoU": (lambda: M.IoU(num_classes=4, target_class_ids=[0, 2]), "classes"),
        "BinaryIoU": (lambda: M.BinaryIoU(threshold=0.4), "yes"),
        "OneHotMeanIoU": (lambda: M.OneHotMeanIoU(num_classes=4), "one_hot"),
        "OneHotIoU": (lambda: M.OneHotIoU(num_classes=4, target_class_ids=[1]), "one_hot"),
        "F1Score": (lambda: M.F1Score(), "one_hot"),
        "FBetaScore": (lambda: M.FBetaScore(average="weighted", beta=2.0, threshold=0.3), "one_hot"),
        "R2Score": (lambda: M.R2Score(), "real"),
        "R2Score variance": (lambda: M.R2Score(class_aggregation="variance_weighted_average"), "real"),
    }  # fmt: skip
    found: Values = {}
    for name, (make, which) in cases.items():
        trues, preds = pairs[which]
        metric = make()
        metric.update_state(trues[0], preds[0])
        first = plain(metric.result())
        metric.update_state(trues[1], preds[1], sample_weight=weight)
        both = plain(metric.result())
        state = plain([v for v in metric.variables if v.shape.rank is not None])
        metric.reset_state()
        found[name] = {"first": first, "both": both, "state": state if len(str(state)) < 2000 else None}
    for name, make in {"Mean": M.Mean, "Sum": M.Sum, "MeanTensor": M.MeanTensor}.items():
        metric = make()
        metric.update_state(real[0])
        metric.update_state(real[1], sample_weight=weight[:, None])
        found[name] = metric.result()
    found["functions"] = [
        M.binary_accuracy(yes[0], share[0]), M.categorical_accuracy(one_hot[0], shares[0]),
        M.sparse_categorical_accuracy(numbers[0], shares[0]), M.top_k_categorical_accuracy(one_hot[0], shares[0], k=2),
        M.sparse_top_k_categorical_accuracy(numbers[0], shares[0], k=2),
    ]  # fmt: skip
    return found


# -- optimizers --------------------------------------------------------------------------------------------------------


def _ten_steps(tf: Any, optimizer: Any, sparse: bool = False) -> Any:
    """The weights after each of ten steps, and the optimizer's variables by name."""
    w, b = tf.Variable(random(3, 2, seed=40, low=-1), name="w"), tf.Variable([0.5, -0.5], name="b")
    seen = []
    for k in range(10):
        gradient = tf.constant(random(3, 2, seed=50 + k, low=-1))
        if sparse:
            rows = [k % 3, 0, k % 3]
            gradient = tf.IndexedSlices(tf.gather(gradient, rows), tf.constant(rows), tf.constant([3, 2]))
        optimizer.apply_gradients([(gradient, w), (tf.constant(random(2, seed=70 + k, low=-1)), b)])
        seen.append(plain([w, b]))
    held = optimizer.variables() if callable(optimizer.variables) else optimizer.variables
    return {"steps": seen, "names": [v.name for v in held], "held": plain(list(held))}


def optimizers(tf: Any) -> Values:
    """Ten steps of each optimizer, with and without its options, dense and sparse."""
    K, S = tf.keras.optimizers, tf.keras.optimizers.schedules
    L = K.legacy
    new: dict[str, Callable[[], Any]] = {
        "SGD": lambda: K.SGD(0.1), "SGD momentum": lambda: K.SGD(0.1, momentum=0.9),
        "SGD nesterov": lambda: K.SGD(0.1, momentum=0.9, nesterov=True),
        "SGD decay": lambda: K.SGD(0.1, weight_decay=0.1), "SGD clipnorm": lambda: K.SGD(0.1, clipnorm=0.5),
        "SGD clipvalue": lambda: K.SGD(0.1, clipvalue=0.2), "SGD global": lambda: K.SGD(0.1, global_clipnorm=0.5),
        "SGD ema": lambda: K.SGD(0.1, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=3),
        "SGD schedule": lambda: K.SGD(S.ExponentialDecay(0.1, 2, 0.5)),
        "Adam": lambda: K.Adam(0.1), "Adam amsgrad": lambda: K.Adam(0.1, amsgrad=True),
        "Adam betas": lambda: K.Adam(0.1, beta_1=0.5, beta_2=0.9, epsilon=0.01), "AdamW": lambda: K.AdamW(0.1),
        "RMSprop": lambda: K.RMSprop(0.1), "RMSprop momentum": lambda: K.RMSprop(0.1, momentum=0.9),
        "RMSprop centered": lambda: K.RMSprop(0.1, centered=True, momentum=0.5, rho=0.7),
        "Adagrad": lambda: K.Adagrad(0.1), "Adadelta": lambda: K.Adadelta(1.0), "Adamax": lambda: K.Adamax(0.1),
        "Nadam": lambda: K.Nadam(0.1), "Ftrl": lambda: K.Ftrl(0.1),
        "Ftrl options": lambda: K.Ftrl(0.1, -0.4, 0.2, 0.01, 0.02, 0.03, 0.1), "Lion": lambda: K.Lion(0.1),
        "Adafactor": lambda: K.Adafactor(0.1),
        "Adafactor options": lambda: K.Adafactor(0.1, -0.5, 1e-20, 0.1, 0.5, relative_step=False),
    }  # fmt: skip
    old: dict[str, Callable[[], Any]] = {
        "SGD": lambda: L.SGD(0.1), "SGD momentum": lambda: L.SGD(0.1, momentum=0.9),
        "SGD nesterov": lambda: L.SGD(0.1, momentum=0.9, nesterov=True), "SGD decay": lambda: L.SGD(0.1, decay=0.5),
        "Adam": lambda: L.Adam(0.1), "Adam amsgrad": lambda: L.Adam(0.1, amsgrad=True),
        "RMSprop": lambda: L.RMSprop(0.1), "RMSprop momentum": lambda: L.RMSprop(0.1, momentum=0.9),
        "RMSprop centered": lambda: L.RMSprop(0.1, centered=True), "Adagrad": lambda: L.Adagrad(0.1),
        "RMSprop centered momentum": lambda: L.RMSprop(0.1, centered=True, momentum=0.5),
        "Adadelta": lambda: L.Adadelta(1.0), "Adamax": lambda: L.Adamax(0.1), "Nadam": lambda: L.Nadam(0.1),
        "Ftrl": lambda: L.Ftrl(0.1), "Ftrl options": lambda: L.Ftrl(0.1, -0.5, 0.2, 0.01, 0.02, beta=0.1),
    }  # fmt: skip
    found = {name: _ten_steps(tf, make()) for name, make in new.items()}
    found |= {f"legacy {name}": _ten_steps(tf, make()) for name, make in old.items()}
    found |= {f"sparse {name}": _ten_steps(tf, make(), True) for name, make in new.items() if name != "Nadam"}
    found |= {f"sparse legacy {name}": _ten_steps(tf, make(), True) for name, make in old.items()}
    return found


def schedules(tf: Any) -> Values:
    """Each schedule at some steps."""
    S = tf.keras.optimizers.schedules
    made = {
        "ExponentialDecay": S.ExponentialDecay(0.1, 10, 0.5),
        "ExponentialDecay staircase": S.ExponentialDecay(0.1, 10, 0.5, staircase=True),
        "PiecewiseConstantDecay": S.PiecewiseConstantDecay([2, 4], [1.0, 0.5, 0.1]),
        "PolynomialDecay": S.PolynomialDecay(0.1, 10),
        "PolynomialDecay cycle": S.PolynomialDecay(0.1, 4, 0.01, power=2.0, cycle=True),
        "InverseTimeDecay": S.InverseTimeDecay(0.1, 10, 0.5),
        "InverseTimeDecay staircase": S.InverseTimeDecay(0.1, 4, 0.5, staircase=True),
        "CosineDecay": S.CosineDecay(0.1, 10, alpha=0.1),
        "CosineDecay warmup": S.CosineDecay(0.0, 10, warmup_target=0.1, warmup_steps=3),
        "CosineDecayRestarts": S.CosineDecayRestarts(0.1, 3, t_mul=2.0, m_mul=0.9, alpha=0.01),
        "CosineDecayRestarts even": S.CosineDecayRestarts(0.1, 3, t_mul=1.0),
    }
    return {name: [schedule(tf.constant(k, tf.int64)) for k in range(16)] for name, schedule in made.items()}


# -- initializers ------------------------------------------------------------------------------------------------------


def initializers(tf: Any) -> Values:
    """Each initializer with a seed and after ``set_random_seed``."""
    K = tf.keras.initializers
    drawn = [
        "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform", "RandomNormal",
        "RandomUniform", "TruncatedNormal", "VarianceScaling", "Orthogonal",
    ]  # fmt: skip
    found: Values = {}
    for name in drawn:
        kind = getattr(K, name)
        found[name] = [kind(seed=k)(shape) for k, shape in ((42, (3, 2)), (7, (2, 5)), (1, (3, 3, 2, 4)))]
        tf.keras.utils.set_random_seed(42)
        found[f"{name} after set_random_seed"] = [kind()((3, 2)), kind()((2, 3))]
    for name in ("fan_out", "fan_avg"):
        for distribution in ("uniform", "untruncated_normal", "truncated_normal"):
            made = K.VarianceScaling(3.0, name, distribution, seed=5)
            found[f"VarianceScaling {name} {distribution}"] = made((4, 2))
    found["Zeros"], found["Ones"] = K.Zeros()((2, 2)), K.Ones()((2, 2))
    found["Constant"], found["Identity"] = K.Constant(3.0)((2, 2)), K.Identity(2.0)((2, 3))
    return found


def small_parts(tf: Any) -> Values:
    """Activations with gradients, regularizers, constraints, utilities, ``keras.backend``."""
    A, R, C, B = tf.keras.activations, tf.keras.regularizers, tf.keras.constraints, tf.keras.backend
    x = tf.constant(random(3, 4, seed=60, low=-4, high=7))
    found: Values = {}
    plain_ones = (
        "elu", "exponential", "gelu", "hard_sigmoid", "linear", "mish", "relu", "selu", "sigmoid", "softmax",
        "softplus", "softsign", "swish", "tanh",
    )  # fmt: skip
    shapes: dict[str, Callable[[Any], Any]] = {name: getattr(A, name) for name in plain_ones}
    shapes |= {
        "relu options": lambda v: A.relu(v, alpha=0.1, max_value=3.0, threshold=0.5),
        "relu 6": lambda v: A.relu(v, max_value=6), "relu alpha": lambda v: A.relu(v, alpha=0.3),
        "elu 0.5": lambda v: A.elu(v, alpha=0.5), "gelu tanh": lambda v: A.gelu(v, approximate=True),
    }  # fmt: skip
    for name, function in shapes.items():
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
            total = tf.reduce_sum(y * y)
        found[f"activation {name}"] = [y, tape.gradient(total, x)]
    w = tf.constant(random(4, 3, seed=61, low=-2, high=2))
    for name, penalty in {
        "l1": R.L1(0.1), "l2": R.L2(0.1), "l1_l2": R.L1L2(0.1, 0.2), "default": R.l1_l2(),
        "orthogonal": R.OrthogonalRegularizer(0.1), "columns": R.OrthogonalRegularizer(0.1, mode="columns"),
    }.items():  # fmt: skip
        found[f"regularizer {name}"] = penalty(w)
    for name, rule in {
        "max_norm": C.MaxNorm(1.0), "non_neg": C.NonNeg(), "unit_norm": C.UnitNorm(axis=1),
        "min_max": C.MinMaxNorm(0.5, 1.0, 0.5),
    }.items():  # fmt: skip
        found[f"constraint {name}"] = rule(w)
    for size in (3, 4):
        found[f"constraint radial {size}"] = C.RadialConstraint()(tf.constant(random(size, size, 2, 3, seed=62)))
    a, b = tf.constant(random(2, 3, 4, seed=63)), tf.constant(random(2, 4, 5, seed=64))
    found["backend"] = [
        B.batch_dot(a, b), B.batch_dot(a, b, axes=[2, 1]), B.batch_dot(a[:, 0], a[:, 1], axes=1), B.dot(a, b[0]),
        B.mean(a > 0.5, axis=1), B.std(a, axis=[0, 1]), B.var(a, axis=-1), B.sqrt(a - 0.5), B.clip(a, 0.2, 0.1),
        B.repeat_elements(a, 2, 1), B.permute_dimensions(a, (2, 0, 1)), B.l2_normalize(a, axis=-1),
        B.batch_flatten(a), B.one_hot(tf.constant([0, 2]), 3), B.concatenate([a, a]), B.argmax(a), B.repeat(a[0], 2),
    ]  # fmt: skip
    U = tf.keras.utils
    found["utils"] = [
        U.to_categorical([0, 2, 1]), U.to_categorical([[1], [0]], 4), U.normalize(np.arange(6.0).reshape(2, 3)),
        U.pad_sequences([[1, 2, 3], [4], [5, 6]]), U.pad_sequences([[1, 2, 3], [4]], maxlen=2, padding="post"),
        U.pad_sequences([[1, 2, 3], [4]], maxlen=2, truncating="post", value=-1.0, dtype="float32"),
    ]  # fmt: skip
    return found


PARTS: dict[str, Callable[[Any], Values]] = {
    "losses": losses, "metrics": metrics, "optimizers": optimizers, "schedules": schedules,
    "initializers": initializers, "small_parts": small_parts, "pipelines": pipelines,
    "preprocessing": preprocessing, "drawn": drawn,
}  # fmt: skip


def evaluated(tf: Any, part: str) -> dict[str, Any]:
    """The values of one part as plain data, with names (of variables) as they are."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = PARTS[part](tf)
    return {name: _data(value) for name, value in found.items()}


def _data(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _data(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_data(v) for v in value]
    if value is None or isinstance(value, (str, float, int)):
        return value
    return plain(value)
