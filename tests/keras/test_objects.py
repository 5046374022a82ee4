"""Objects by name and as configurations; words and errors of losses, metrics, optimizers and initializers."""

from __future__ import annotations

import json
import random
import warnings
from typing import Any

import numpy as np
import pytest

from tapeview.keras import rng
from tests.engine.names import tf

keras = tf.keras
K = keras


@pytest.fixture(autouse=True)
def _no_seed_stays() -> Any:
    yield
    rng.forget_seed()


# -- names and configurations ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "name", "kind"),
    [
        ("initializers", "he_normal", "HeNormal"), ("initializers", "HeNormal", "HeNormal"),
        ("initializers", "uniform", "RandomUniform"), ("regularizers", "l2", "L2"), ("regularizers", "l1_l2", "L1L2"),
        ("constraints", "max_norm", "MaxNorm"), ("losses", "MeanSquaredError", "MeanSquaredError"),
        ("metrics", "accuracy", "Accuracy"), ("metrics", "AUC", "AUC"), ("optimizers", "adam", "Adam"),
        ("optimizers", "SGD", "SGD"), ("optimizers", "RMSprop", "RMSprop"),
    ],
)  # fmt: skip
def test_a_name_stands_for_an_object(module: str, name: str, kind: str) -> None:
    assert type(getattr(K, module).get(name)).__name__ == kind


@pytest.mark.parametrize(
    ("module", "name", "word"),
    [
        ("initializers", "he", "initializer"), ("regularizers", "l3", "regularizer"),
        ("constraints", "norm", "constraint"), ("losses", "mean", "loss function"),
        ("metrics", "acuracy", "metric function"), ("optimizers", "adams", "optimizer"),
    ],
)  # fmt: skip
def test_an_unknown_name_is_told(module: str, name: str, word: str) -> None:
    with pytest.raises(ValueError, match=f"^Unknown {word}: '{name}'. Please ensure"):
        getattr(K, module).get(name)


def every_object() -> list[Any]:
    S = K.optimizers.schedules
    return [
        K.initializers.VarianceScaling(2.0, "fan_out", "uniform", 3), K.initializers.Constant(2.0),
        K.initializers.Orthogonal(0.5, 1), K.regularizers.L1L2(0.1, 0.2), K.regularizers.OrthogonalRegularizer(0.1),
        K.constraints.MinMaxNorm(0.1, 2.0, 0.5, 1), K.losses.Huber(0.5), K.losses.BinaryFocalCrossentropy(gamma=3.0),
        K.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=1), K.metrics.Precision([0.1, 0.5]),
        K.metrics.AUC(50, "PR", "minoring"), K.metrics.MeanIoU(3), K.metrics.FBetaScore("macro", 2.0),
        K.metrics.TopKCategoricalAccuracy(3), K.metrics.RecallAtPrecision(0.7), K.metrics.R2Score(),
        K.optimizers.Adam(S.CosineDecay(0.1, 10), 0.8, amsgrad=True, clipnorm=1.0), K.optimizers.Ftrl(0.1, beta=0.2),
        K.optimizers.AdamW(0.1, 0.01), K.optimizers.RMSprop(0.1, momentum=0.5, use_ema=True),
        K.optimizers.legacy.Adam(0.1, decay=0.1, clipvalue=2.0), S.PiecewiseConstantDecay([1], [0.1, 0.2]),
    ]  # fmt: skip


@pytest.mark.parametrize("thing", every_object(), ids=lambda thing: type(thing).__name__)
def test_a_configuration_makes_an_equal_object(thing: Any) -> None:
    text = json.dumps(K.utils.serialize_keras_object(thing))

    again = K.utils.deserialize_keras_object(json.loads(text))

    assert type(again) is type(thing)
    assert json.dumps(K.utils.serialize_keras_object(again)) == text


def test_a_configuration_names_nothing_but_keras() -> None:
    with pytest.raises(ValueError, match=r"^Unknown object: 'system'"):
        K.utils.deserialize_keras_object({"module": "os", "class_name": "system", "config": {}})
    with pytest.raises(ValueError, match=r"^Unknown object: 'Any'"):
        K.utils.deserialize_keras_object({"module": "keras.losses", "class_name": "Any", "config": {}})


def test_a_scripts_own_functions_and_classes() -> None:
    @K.utils.register_keras_serializable("mine", "Twice")
    class Twice(K.initializers.Initializer):  # type: ignore[misc, name-defined]
        def __call__(self, shape: Any, dtype: Any = None, **_: Any) -> Any:
            return tf.fill(shape, 2.0)

    def cube(x: Any) -> Any:
        return x * x * x

    found = K.initializers.deserialize(K.initializers.serialize(Twice()))
    with K.utils.custom_object_scope({"cube": cube}):
        inside = K.activations.get("cube")

    assert type(found) is Twice
    assert K.utils.get_registered_name(Twice) == "mine>Twice"
    assert inside is cube
    with pytest.raises(ValueError, match=r"^Unknown activation function 'cube' cannot be deserialized\.$"):
        K.activations.get("cube")
    assert [K.activations.serialize(f) for f in (K.activations.relu, tf.nn.relu)] == ["relu", "relu"]


# -- numbers -----------------------------------------------------------------------------------------------------------


def test_initial_weights_follow_pythons_seed_and_not_tensorflows() -> None:
    rng.forget_seed()
    drawn = []
    for seed in (5, 5, None):
        tf.random.set_seed(42)
        if seed is not None:
            random.seed(seed)
        drawn.append(K.initializers.GlorotUniform()((2, 2)).numpy().tolist())

    assert drawn[0] == drawn[1] != drawn[2]


def test_one_initializer_gives_the_same_numbers_and_warns() -> None:
    unseeded = K.initializers.HeNormal()
    first = unseeded((2, 2)).numpy()
    with pytest.warns(UserWarning, match=r"^The initializer HeNormal is unseeded and being called multiple times"):
        assert (unseeded((2, 2)).numpy() == first).all()


def test_dropout_draws_from_the_global_seed() -> None:
    tf.random.set_seed(42)
    drops = keras.layers.Dropout(0.5)(tf.ones((1, 10)), training=True)

    assert drops.numpy().tolist() == [[2, 0, 0, 0, 0, 2, 2, 2, 0, 0]]


# -- losses and metrics ------------------------------------------------------------------------------------------------


def test_logits_behind_a_softmax_are_told_from_claimed_ones() -> None:
    probabilities = K.activations.softmax(tf.constant([[1.0, 2.0]]))

    with pytest.warns(
        UserWarning, match="received `from_logits=True`, but the `output` argument was produced by a Soft"
    ):
        K.losses.SparseCategoricalCrossentropy(from_logits=True)([1], probabilities)


def test_the_probabilities_get_no_gradient_when_the_logits_are_used() -> None:
    x = tf.constant([[100.0, 0.0, 0.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        probabilities = K.activations.softmax(x)
        loss = K.losses.SparseCategoricalCrossentropy()([1], probabilities)

    assert float(loss) == 100.0
    assert tape.gradient(loss, x).numpy().tolist() == [pytest.approx([1, -1, 0])]
    assert tape.gradient(loss, probabilities) is None


def test_wrong_shapes_and_reductions() -> None:
    with pytest.raises(ValueError, match=r"^Shapes \(2,\) and \(2, 2\) are incompatible"):
        K.losses.CategoricalCrossentropy()(tf.constant([0.0, 1.0]), tf.constant([[0.5, 0.5], [0.5, 0.5]]))
    with pytest.raises(ValueError, match=r"^Invalid Reduction Key: mean\."):
        K.losses.Loss(reduction="mean")
    with pytest.warns(SyntaxWarning, match=r"^In loss categorical_crossentropy, expected y_pred.shape"):
        K.losses.categorical_crossentropy([[1.0]], [[0.5]])


def test_a_scripts_own_loss_is_weighted_and_reduced() -> None:
    class Off(K.losses.Loss):  # type: ignore[misc, name-defined]
        def call(self, y_true: Any, y_pred: Any) -> Any:
            return tf.reduce_sum(tf.abs(y_pred - y_true), -1)

    y = tf.constant([[1.0, 2.0], [3.0, 4.0]])

    assert float(Off()(y, y + 1)) == 2
    assert float(Off(reduction="sum")(y, y + 1, sample_weight=[1.0, 0.5])) == 3


def test_metrics_have_names_and_forget() -> None:
    keras.backend.clear_session()
    first, second = (K.metrics.Precision() for _ in range(2))
    first.update_state([1, 0], [0.9, 0.8])

    assert (first.name, second.name, K.metrics.Mean("loss").name) == ("precision", "precision_1", "loss")
    assert float(first.result()) == 0.5
    first.reset_states()
    assert float(first.result()) == 0
    assert [v.name for v in first.variables] == ["true_positives:0", "false_positives:0"]


def test_a_scripts_own_metric() -> None:
    class Largest(K.metrics.Metric):  # type: ignore[misc, name-defined]
        def __init__(self, name: str = "largest") -> None:
            super().__init__(name=name)
            self.top = self.add_weight(name="top", initializer="zeros")

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            self.top.assign(tf.maximum(self.top, tf.reduce_max(y_pred)))

        def result(self) -> Any:
            return self.top

    metric = Largest()
    metric(None, tf.constant([1.0, 5.0]))
    assert isinstance(metric(None, tf.constant([2.0])), tf.Tensor)
    assert float(metric.result()) == 5
    metric.reset_state()
    assert float(metric.result()) == 0


# -- optimizers --------------------------------------------------------------------------------------------------------


def test_an_earlier_value_of_a_slot_stays_what_it_was() -> None:
    w = tf.Variable([1.0, 2.0])
    adam = K.optimizers.Adam(0.1)
    adam.apply_gradients([(tf.constant([1.0, 1.0]), w)])
    held = adam.variables[1].value()
    array = np.asarray(adam.variables[2])
    before = held.numpy(), array.copy()

    adam.apply_gradients([(tf.constant([5.0, 5.0]), w)])

    assert (held.numpy() == before[0]).all()
    assert (array == before[1]).all()


def test_large_weights_are_changed_as_small_ones_are() -> None:
    gradient = np.random.RandomState(0).normal(size=(300, 70)).astype(np.float32)
    for make in (lambda: K.optimizers.Adam(0.1), lambda: K.optimizers.legacy.RMSprop(0.1, momentum=0.9, centered=True)):
        large, small = make(), make()
        whole, part = tf.Variable(tf.ones((300, 70))), tf.Variable(tf.ones((2, 70)))
        for _ in range(3):
            large.apply_gradients([(tf.constant(gradient), whole)])
            small.apply_gradients([(tf.constant(gradient[-2:]), part)])
        assert (whole.numpy()[-2:] == part.numpy()).all()


@pytest.mark.parametrize("shape", [(3,), (2, 1)])
def test_a_gradient_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    for optimizer in (K.optimizers.Adam(), K.optimizers.legacy.Adam()):
        with pytest.raises((tf.errors.InvalidArgumentError, ValueError)):
            optimizer.apply_gradients([(tf.ones(shape), tf.Variable([1.0, 2.0]))])


def test_weights_that_do_not_decay() -> None:
    optimizer = K.optimizers.SGD(0.1, weight_decay=0.5)
    kernel, bias = tf.Variable([1.0], name="kernel"), tf.Variable([1.0], name="bias")
    optimizer.exclude_from_weight_decay(var_names=["bias"])

    optimizer.apply_gradients([(tf.constant([0.0]), kernel), (tf.constant([0.0]), bias)])

    assert (float(kernel[0]), float(bias[0])) == (pytest.approx(0.95), 1.0)


def test_a_scripts_own_optimizer() -> None:
    class Sign(K.optimizers.Optimizer):  # type: ignore[misc, name-defined]
        def __init__(self, learning_rate: float = 0.1, name: str = "Sign", **kwargs: Any) -> None:
            super().__init__(name=name, **kwargs)
            self._learning_rate = self._build_learning_rate(learning_rate)

        def build(self, var_list: Any) -> None:
            super().build(var_list)
            if hasattr(self, "_built") and self._built:
                return
            self._built = True
            self.steps = [self.add_variable_from_reference(v, "steps") for v in var_list]

        def update_step(self, gradient: Any, variable: Any) -> None:
            self.steps[self._index_dict[self._var_key(variable)]].assign_add(tf.ones_like(gradient))
            variable.assign_sub(tf.cast(self.learning_rate, variable.dtype) * tf.sign(gradient))

    w = tf.Variable([1.0, -1.0], name="w")
    optimizer = Sign()
    for _ in range(2):
        optimizer.apply_gradients([(tf.constant([3.0, -4.0]), w)])

    assert w.numpy().tolist() == pytest.approx([0.8, -0.8])
    assert [v.name for v in optimizer.variables] == ["iteration:0", "Sign/steps/w:0"]
    assert optimizer.variables[1].numpy().tolist() == [2, 2]


def test_words_of_older_scripts_about_adam(caplog: pytest.LogCaptureFixture) -> None:
    assert float(K.optimizers.Adam(lr=0.5).learning_rate) == pytest.approx(0.001)
    assert "`lr` is deprecated in Keras optimizer" in caplog.messages[0]
    with pytest.raises(ValueError, match=r"^decay is deprecated in the new Keras optimizer"):
        K.optimizers.Adam(decay=0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert float(K.optimizers.legacy.Adam(lr=0.5).learning_rate) == 0.5
