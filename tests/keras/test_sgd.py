"""Stochastic gradient descent, as it is since Keras 2.11 and as it was before (``legacy``)."""

from __future__ import annotations

import logging
import warnings
from typing import Any

import pytest

from tests.engine.names import tf
from tests.engine.raised import raised

new = tf.keras.optimizers.SGD
legacy = tf.keras.optimizers.legacy.SGD

both = pytest.mark.parametrize("sgd", [new, legacy], ids=["new", "legacy"])


def three_steps(optimizer: Any) -> list[list[float]]:
    """w after each of three steps down from [1, 2]; its gradient is w * [1, 3]."""
    w = tf.Variable([1.0, 2.0], name="w")
    seen = []
    for _ in range(3):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(w * w * [0.5, 1.5])
        optimizer.apply_gradients([(tape.gradient(loss, w), w)])
        seen.append([float(v) for v in w.numpy()])
    return seen


def near(rows: list[list[float]]) -> Any:
    return [pytest.approx(row, rel=3e-7) for row in rows]


# -- values ------------------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    ("arguments", "rows"),
    [
        (
            {},
            [[0.899999976, 1.39999998], [0.810000002, 0.980000019], [0.728999972, 0.68599999]],
        ),
        (
            {"momentum": 0.9},
            [[0.899999976, 1.39999998], [0.719999969, 0.439999938], [0.486000001, -0.556000054]],
        ),
        (
            {"momentum": 0.9, "nesterov": True},
            [[0.810000002, 0.859999895], [0.575100005, -0.116200089], [0.327320993, -0.696346045]],
        ),
        (
            {"clipnorm": 1.0},
            [[0.983560085, 1.90136063], [0.966567755, 1.80281496], [0.948975027, 1.70437467]],
        ),
        (
            {"global_clipnorm": 1.0},
            [[0.983560085, 1.90136063], [0.966567755, 1.80281496], [0.948975027, 1.70437467]],
        ),
        (
            {"clipvalue": 1.0},
            [[0.899999976, 1.89999998], [0.810000002, 1.79999995], [0.728999972, 1.69999993]],
        ),
    ],
    ids=["plain", "momentum", "nesterov", "clipnorm", "global_clipnorm", "clipvalue"],
)
def test_three_steps(sgd: Any, arguments: dict[str, Any], rows: list[list[float]]) -> None:
    assert three_steps(sgd(learning_rate=0.1, **arguments)) == near(rows)


def test_weights_shrink_before_each_step() -> None:
    rows = [[0.889999986, 1.38], [0.792100012, 0.952199936], [0.704969049, 0.657017946]]

    assert three_steps(new(learning_rate=0.1, weight_decay=0.1)) == near(rows)


def test_the_legacy_rate_decays_with_the_steps() -> None:
    rows = [[0.899999976, 1.39999998], [0.839999974, 1.12], [0.797999978, 0.952000022]]

    assert three_steps(legacy(learning_rate=0.1, decay=0.5)) == near(rows)


@both
def test_a_schedule_sees_the_step_count_before_the_update(sgd: Any) -> None:
    schedule = tf.keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
    rows = [[0.899999976, 1.39999998], [0.854999959, 1.18999994], [0.833624959, 1.10074997]]

    assert three_steps(sgd(learning_rate=schedule)) == near(rows)


def test_a_learning_rate_that_is_a_function_is_asked_once() -> None:
    rates = iter([0.1, 0.0, 0.0])

    assert three_steps(new(learning_rate=lambda: next(rates))) == three_steps(new(learning_rate=0.1))


def test_the_legacy_optimizer_asks_for_the_learning_rate_at_each_step() -> None:
    rates = iter([0.1, 0.0, 0.0])

    rows = three_steps(legacy(learning_rate=lambda: next(rates)))

    assert rows == [pytest.approx([0.9, 1.4])] * 3


@both
def test_a_variable_as_learning_rate_is_copied_or_by_the_legacy_optimizer_kept(sgd: Any) -> None:
    rate, w = tf.Variable(0.5), tf.Variable(1.0)
    optimizer = sgd(learning_rate=rate)

    rate.assign(0.25)
    optimizer.apply_gradients([(tf.constant(1.0), w)])

    assert float(w) == {new: 0.5, legacy: 0.75}[sgd]


@both
def test_rows_of_a_table_move_by_the_sum_of_their_gradients(sgd: Any) -> None:
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        y = tf.gather(v, [1, 1])

    sgd(learning_rate=0.5).apply_gradients([(tape.gradient(y, v), v)])

    assert v.numpy().tolist() == [[1.0, 2.0], [2.0, 3.0]]


@both
def test_a_double_variable_stays_double(sgd: Any) -> None:
    v = tf.Variable([1.0], dtype=tf.float64)

    sgd(learning_rate=0.5).apply_gradients([(tf.constant([1.0], tf.float64), v)])

    assert v.dtype == tf.float64
    assert v.numpy().tolist() == [0.5]


@both
def test_a_constraint_holds_after_each_step(sgd: Any) -> None:
    v = tf.Variable(1.0, constraint=lambda w: tf.maximum(w, 0.75))

    sgd(learning_rate=0.5).apply_gradients([(tf.constant(1.0), v)])

    assert float(v) == 0.75


# -- arguments ---------------------------------------------------------------------------------------------------------


@both
def test_the_learning_rate_is_one_hundredth(sgd: Any) -> None:
    assert float(sgd().learning_rate) == pytest.approx(0.01)


def test_lr_is_accepted_and_ignored(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        optimizer = new(lr=0.1)

    assert float(optimizer.learning_rate) == pytest.approx(0.01)
    assert [(r.name, r.getMessage()) for r in caplog.records] == [
        (
            "absl",
            "`lr` is deprecated in Keras optimizer, please use `learning_rate` or use the legacy optimizer, "
            "e.g.,tf.keras.optimizers.legacy.SGD.",
        )
    ]


def test_lr_of_the_legacy_optimizer_counts() -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        optimizer = legacy(lr=0.1)

    assert float(optimizer.learning_rate) == pytest.approx(0.1)
    assert [str(w.message) for w in seen] == ["The `lr` argument is deprecated, use `learning_rate` instead."]


def test_decay_is_refused() -> None:
    assert raised(lambda: new(decay=0.1)) == (
        "ValueError: decay is deprecated in the new Keras optimizer, please check the docstring for valid arguments, "
        "or "
        "use the legacy optimizer, e.g., tf.keras.optimizers.legacy.SGD."
    )


def test_an_unknown_argument_is_refused() -> None:
    assert raised(lambda: new(foo=1)) == (
        "TypeError: foo is not a valid argument, kwargs should be empty  for `optimizer_experimental.Optimizer`."
    )


def test_an_unknown_argument_of_the_legacy_optimizer_is_refused() -> None:
    text = raised(lambda: legacy(foo=1))

    assert text.startswith("TypeError: Unexpected keyword argument passed to optimizer: foo. Allowed kwargs are {")


def test_a_momentum_beyond_one_is_refused() -> None:
    assert raised(lambda: new(momentum=2.0)) == "ValueError: `momentum` must be between [0, 1]."


def test_a_legacy_momentum_beyond_one_is_refused() -> None:
    assert raised(lambda: legacy(momentum=2.0)) == (
        "ValueError: `momentum` must be between [0, 1]. Received: momentum=2.0 (of type <class 'float'>)."
    )


def test_two_norms_are_refused() -> None:
    assert raised(lambda: new(clipnorm=1.0, global_clipnorm=0.5)) == (
        "ValueError: At most one of `clipnorm` and `global_clipnorm` can be set. Received: clipnorm=1.0, "
        "global_clipnorm=0.5."
    )
    assert raised(lambda: legacy(clipnorm=1.0, global_clipnorm=0.5)) == (
        "ValueError: Cannot accept both `clipnorm` and `global_clipnorm`. Received: `clipnorm`=1.0, "
        "`global_clipnorm`=0.5."
    )


def test_a_norm_goes_before_a_value() -> None:
    w = tf.Variable([1.0, 2.0])

    new(1.0, clipnorm=1.0, clipvalue=0.5).apply_gradients([(tf.constant([10.0, 1.0]), w)])

    assert w.numpy().tolist() == pytest.approx([0.0049628, 1.9004962])


@pytest.mark.parametrize("name", ["decay", "clipnorm"])
def test_the_legacy_optimizer_refuses_what_is_below_zero(name: str) -> None:
    assert raised(lambda: legacy(**{name: -1.0})) == f"ValueError: Expected {name} >= 0, received: -1.0"


# -- attributes --------------------------------------------------------------------------------------------------------


@both
def test_the_learning_rate_reads_as_a_variable(sgd: Any) -> None:
    optimizer = sgd(learning_rate=0.5)

    assert optimizer.learning_rate.name == "learning_rate:0"
    assert isinstance(optimizer.learning_rate, tf.Variable)


@both
@pytest.mark.parametrize(
    "change",
    [
        lambda o: setattr(o, "learning_rate", 0.25),
        lambda o: o.learning_rate.assign(0.25),
        lambda o: setattr(o, "lr", 0.25),
        lambda o: o.lr.assign(0.25),
    ],
    ids=["set", "assign", "set lr", "assign lr"],
)
def test_the_learning_rate_can_be_changed(sgd: Any, change: Any) -> None:
    optimizer = sgd(learning_rate=0.5)
    optimizer.learning_rate  # noqa: B018 - reading it is what makes legacy optimizers keep a variable
    change(optimizer)
    w = tf.Variable(1.0)

    optimizer.apply_gradients([(tf.constant(1.0), w)])

    assert float(w) == 0.75


@both
def test_steps_are_counted(sgd: Any) -> None:
    optimizer = sgd()
    w = tf.Variable(1.0)

    before = int(optimizer.iterations)
    optimizer.apply_gradients([(tf.constant(1.0), w)])

    assert (before, int(optimizer.iterations)) == (0, 1)
    assert optimizer.iterations.dtype == tf.int64


def test_the_step_count_has_a_name() -> None:
    assert new().iterations.name == "iteration:0"


def test_the_variables_can_be_listed_and_called() -> None:
    optimizer = new()
    w = tf.Variable(1.0, name="w")
    optimizer.apply_gradients([(tf.constant(1.0), w)])

    names = [v.name for v in optimizer.variables]

    assert names == ["iteration:0", "SGD/m/w:0"]
    assert [v.name for v in optimizer.variables()] == names


def test_slots_made_by_build_have_no_prefix() -> None:
    optimizer = new(momentum=0.9)

    optimizer.build([tf.Variable(1.0, name="w")])

    assert [v.name for v in optimizer.variables] == ["iteration:0", "m/w:0"]


def test_the_name_can_be_chosen() -> None:
    assert new(name="mine").name == "mine"


@pytest.mark.parametrize("name", ["get_weights", "weights", "_name"])
def test_what_the_new_optimizer_does_not_have(name: str) -> None:
    assert raised(lambda: getattr(new(), name)) == f"AttributeError: 'SGD' object has no attribute '{name}'"


def test_a_configuration_makes_an_equal_optimizer() -> None:
    optimizer = new(learning_rate=0.25, momentum=0.5, nesterov=True, clipnorm=2.0)

    config = optimizer.get_config()
    again = new.from_config(config)

    assert config["learning_rate"] == 0.25
    assert (config["momentum"], config["nesterov"], config["clipnorm"], config["name"]) == (0.5, True, 2.0, "SGD")
    assert again.get_config() == config


def test_slots_are_not_watched() -> None:
    optimizer = new(momentum=0.9)
    w = tf.Variable(1.0)

    with tf.GradientTape() as tape:
        y = w * w
        optimizer.apply_gradients([(tf.constant(1.0), w)])

    assert [v is w for v in tape.watched_variables()] == [True]
    assert float(tape.gradient(y, w)) == 2.0


def test_a_schedule_shows_the_rate_of_the_last_step() -> None:
    optimizer = new(learning_rate=tf.keras.optimizers.schedules.ExponentialDecay(0.5, 1, 0.5))
    w = tf.Variable(1.0)
    seen = [float(optimizer.learning_rate)]

    for _ in range(2):
        optimizer.apply_gradients([(tf.constant(1.0), w)])
        seen.append(float(optimizer.learning_rate))

    assert optimizer.learning_rate.name == "current_learning_rate:0"
    assert seen == [0.5, 0.5, 0.25]


def test_a_rate_by_schedule_cannot_be_set() -> None:
    optimizer = new(learning_rate=tf.keras.optimizers.schedules.ExponentialDecay(0.5, 1, 0.5))

    assert raised(lambda: setattr(optimizer, "learning_rate", 0.1)) == (
        "TypeError: This optimizer was created with a `LearningRateSchedule` object as its `learning_rate` constructor "
        "argument, hence its learning rate is not settable. If you need the learning rate to be settable, you should "
        "instantiate the optimizer with a float `learning_rate` argument."
    )


def test_the_legacy_optimizer_hands_its_schedule_back() -> None:
    schedule = tf.keras.optimizers.schedules.ExponentialDecay(0.5, 1, 0.5)

    assert legacy(learning_rate=schedule).learning_rate is schedule


@both
def test_a_schedule_survives_in_the_configuration(sgd: Any) -> None:
    schedule = tf.keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)

    again = sgd.from_config(sgd(learning_rate=schedule, momentum=0.0).get_config())

    assert three_steps(again) == three_steps(sgd(learning_rate=schedule))


def test_the_legacy_variables_are_the_count_and_the_slots() -> None:
    optimizer = legacy(momentum=0.9)
    w = tf.Variable([1.0, 2.0], name="w")
    optimizer.apply_gradients([(tf.constant([1.0, 2.0]), w)])

    assert [v.name for v in optimizer.variables()] == ["SGD/iter:0", "SGD/w/momentum:0"]
    assert [v.name for v in optimizer.weights] == ["SGD/iter:0", "SGD/w/momentum:0"]
    assert optimizer.get_slot_names() == ["momentum"]
    assert optimizer.get_slot(w, "momentum").numpy().tolist() == pytest.approx([-0.01, -0.02])


@pytest.mark.parametrize("name", ["compute_gradients", "name"])
def test_what_the_legacy_optimizer_does_not_have(name: str) -> None:
    assert raised(lambda: getattr(legacy(), name)) == f"AttributeError: 'SGD' object has no attribute '{name}'"


# -- apply_gradients ---------------------------------------------------------------------------------------------------


def test_a_step_returns_the_step_count() -> None:
    done = new().apply_gradients([(tf.constant(1.0), tf.Variable(1.0))])

    assert repr(done) == "<tf.Variable 'UnreadVariable' shape=() dtype=int64, numpy=1>"


def test_a_step_of_the_legacy_optimizer_returns_the_step_count() -> None:
    done = legacy().apply_gradients([(tf.constant(1.0), tf.Variable(1.0))])

    assert int(done) == 1


def test_a_step_without_variables_does_nothing() -> None:
    optimizer = new()

    done = optimizer.apply_gradients([])

    assert repr(done) == "<tf.Variable 'iteration:0' shape=() dtype=int64, numpy=0>"


def test_a_step_of_the_legacy_optimizer_without_variables_returns_none() -> None:
    assert legacy().apply_gradients([]) is None


@both
def test_an_iterator_of_pairs_is_enough(sgd: Any) -> None:
    w, b = tf.Variable(1.0), tf.Variable(1.0)

    sgd(learning_rate=0.5).apply_gradients(zip([tf.constant(1.0), tf.constant(2.0)], [w, b], strict=True))

    assert (float(w), float(b)) == (0.5, 0.0)


@both
def test_gradients_that_are_all_none_are_refused(sgd: Any) -> None:
    w = tf.Variable([1.0, 2.0], name="w")

    assert raised(lambda: sgd().apply_gradients([(None, w)])) == (
        "ValueError: No gradients provided for any variable: (['w:0'],). Provided `grads_and_vars` is ((None, "
        "<tf.Variable "
        "'w:0' shape=(2,) dtype=float32, numpy=array([1., 2.], dtype=float32)>),)."
    )


@both
def test_variables_without_a_gradient_are_warned_of(sgd: Any, caplog: pytest.LogCaptureFixture) -> None:
    w, b = tf.Variable(1.0, name="w"), tf.Variable(1.0, name="b")

    with caplog.at_level(logging.WARNING):
        sgd(learning_rate=0.5).apply_gradients([(tf.constant(1.0), w), (None, b)])

    assert (float(w), float(b)) == (0.5, 1.0)
    assert [(r.name, r.getMessage()) for r in caplog.records] == [
        (
            "tensorflow",
            "Gradients do not exist for variables ['b:0'] when minimizing the loss. If you're using `model.compile()`, "
            "did "
            "you forget to provide a `loss` argument?",
        )
    ] * {new: 2, legacy: 1}[sgd]


def test_a_gradient_of_another_shape_is_refused() -> None:
    text = raised(lambda: new().apply_gradients([(tf.ones([3]), tf.Variable([1.0, 2.0]))]))

    assert text == (
        "InvalidArgumentError: {{function_node __wrapped__AddV2_device_/job:localhost/replica:0/task:0/device:CPU:0}} "
        "Incompatible shapes: [3] vs. [2] [Op:AddV2] name: "
    )


@both
def test_a_gradient_of_another_type_is_refused(sgd: Any) -> None:
    text = raised(lambda: sgd().apply_gradients([(tf.ones([2], tf.float64), tf.Variable([1.0, 2.0]))]))

    op, position, expected, got = {
        new: ("Mul", 1, "double", "float"),
        legacy: ("ResourceApplyGradientDescent", 2, "float", "double"),
    }[sgd]
    assert text == (
        f"InvalidArgumentError: cannot compute {op} as input #{position}(zero-based) was expected to be a {expected} "
        f"tensor but is a {got} tensor [Op:{op}] name: "
    )


def test_a_scalar_gradient_counts_for_all_elements() -> None:
    w = tf.Variable([1.0, 2.0])

    new(learning_rate=0.5).apply_gradients([(tf.constant(1.0), w)])

    assert w.numpy().tolist() == [0.5, 1.5]


def test_a_gradient_of_another_shape_is_refused_by_the_legacy_optimizer() -> None:
    text = raised(lambda: legacy().apply_gradients([(tf.ones([3]), tf.Variable([1.0, 2.0]))]))

    assert text == (
        "InvalidArgumentError: {{function_node __wrapped__ResourceApplyGradientDescent_device_/job:localhost/replica:0/"
        "task:0/device:CPU:0}} var and delta do not have the same shape[2] [3] [Op:ResourceApplyGradientDescent] name: "
    )


def test_a_list_is_no_gradient() -> None:
    text = raised(lambda: new().apply_gradients([([1.0, 1.0], tf.Variable([1.0, 2.0]))]))

    assert text == "TypeError: bad operand type for unary -: 'list'"


def test_a_list_is_a_gradient_for_the_legacy_optimizer() -> None:
    w = tf.Variable([1.0, 2.0])

    legacy(learning_rate=0.5).apply_gradients([([1.0, 1.0], w)])

    assert w.numpy().tolist() == [0.5, 1.5]


def test_a_tensor_cannot_be_updated() -> None:
    text = raised(lambda: new().apply_gradients([(tf.ones([2]), tf.ones([2]))]))

    assert text == "AttributeError: 'tensorflow.python.framework.ops.EagerTensor' object has no attribute '_unique_id'"


def test_a_tensor_cannot_be_updated_by_the_legacy_optimizer() -> None:
    text = raised(lambda: legacy().apply_gradients([(tf.ones([2]), tf.ones([2]))]))

    assert text == "NotImplementedError: Updating a `Tensor` is not implemented. Received: var=[1. 1.]."


def test_a_variable_that_was_not_there_at_the_first_step_is_refused() -> None:
    optimizer = new()
    optimizer.apply_gradients([(tf.constant(1.0), tf.Variable(1.0))])

    text = raised(lambda: optimizer.apply_gradients([(tf.constant(1.0), tf.Variable(1.0, name="u"))]))

    assert text == (
        "KeyError: 'The optimizer cannot recognize variable u:0. This usually means you are trying to call the "
        "optimizer to update different parts of the model separately. Please call `optimizer.build(variables)` with "
        "the "
        "full list of trainable variables before the training loop or use legacy optimizer "
        "`tf.keras.optimizers.legacy.SGD.'"
    )


def test_a_variable_without_a_gradient_at_the_first_step_is_known_later(caplog: pytest.LogCaptureFixture) -> None:
    optimizer = new(learning_rate=0.5)
    w, b = tf.Variable(1.0), tf.Variable(1.0)
    optimizer.apply_gradients([(tf.constant(1.0), w), (None, b)])

    optimizer.apply_gradients([(tf.constant(1.0), b)])

    assert float(b) == 0.5


def test_the_legacy_optimizer_takes_any_variable() -> None:
    optimizer = legacy(learning_rate=0.5, momentum=0.5)
    optimizer.apply_gradients([(tf.constant(1.0), tf.Variable(1.0))])
    u = tf.Variable(1.0)

    optimizer.apply_gradients([(tf.constant(1.0), u)])

    assert float(u) == 0.5


# -- minimize ----------------------------------------------------------------------------------------------------------


def test_minimize_takes_a_function() -> None:
    w = tf.Variable(2.0)

    done = new(learning_rate=0.25).minimize(lambda: w * w, [w])

    assert done is None
    assert float(w) == 1.0


def test_minimize_of_the_legacy_optimizer_returns_the_step_count() -> None:
    w = tf.Variable(2.0)

    done = legacy(learning_rate=0.25).minimize(lambda: w * w, var_list=[w])

    assert int(done) == 1
    assert float(w) == 1.0


@both
def test_minimize_takes_a_tensor_and_its_tape(sgd: Any) -> None:
    w = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        loss = w * w

    sgd(learning_rate=0.25).minimize(loss, [w], tape=tape)

    assert float(w) == 1.0


@both
def test_minimize_of_a_tensor_needs_its_tape(sgd: Any) -> None:
    w = tf.Variable(2.0)
    loss = w * w

    assert raised(lambda: sgd().minimize(loss, [w])) == (
        "ValueError: `tape` is required when a `Tensor` loss is passed. Received: loss=4.0, tape=None."
    )


def test_minimize_needs_variables() -> None:
    text = raised(lambda: new().minimize(lambda: tf.constant(1.0)))

    assert text == "TypeError: _BaseOptimizer.minimize() missing 1 required positional argument: 'var_list'"


def test_minimize_of_the_legacy_optimizer_needs_variables() -> None:
    text = raised(lambda: legacy().minimize(lambda: tf.constant(1.0)))

    assert text == "TypeError: OptimizerV2.minimize() missing 1 required positional argument: 'var_list'"


# -- schedules ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("staircase", "rates"), [(False, [0.1, 0.0707106814, 0.05]), (True, [0.1, 0.1, 0.05])], ids=["smooth", "staircase"]
)
def test_exponential_decay(staircase: bool, rates: list[float]) -> None:
    schedule = tf.keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5, staircase=staircase)

    assert [float(schedule(k)) for k in (0, 5, 10)] == pytest.approx(rates, rel=2e-7)


def test_the_optimizers_have_several_names() -> None:
    assert tf.optimizers.SGD is new
    assert tf.keras.optimizers.experimental.SGD is new
    assert tf.optimizers.legacy.SGD is legacy
