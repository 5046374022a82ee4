"""Random numbers, number by number as TensorFlow 2.15 drew them on a CPU.

``FIRST`` rows are the first call after ``tf.random.set_seed(42)``. Uniform numbers, ints and orders are exact; normal
ones may be off by the last digit of a float32.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tapeview.engine import seeds
from tests.engine.names import tf
from tests.engine.raised import raised


@pytest.fixture(autouse=True)
def _fresh_seeds() -> Iterator[None]:
    yield
    seeds.set_seed(None)


def flat(result: Any) -> np.ndarray[Any, Any]:
    parts = result if isinstance(result, (list, tuple)) else [result]
    return np.concatenate([np.ravel(p.numpy()) for p in parts])


FIRST: list[tuple[Callable[[], Any], list[float]]] = [
    (lambda: tf.random.normal([5]), [0.327468514, -0.842625797, 0.319433689, -1.40755188, -2.38805985]),
    (lambda: tf.random.uniform([5]), [0.664562106, 0.44100678, 0.352882504, 0.464482546, 0.0336604118]),
    (
        lambda: tf.random.truncated_normal([8]),
        [0.327468514, -0.842625797, 0.319433689, -1.40755188, -0.567741215, 0.0636179298, 0.876501024, 1.14620793],
    ),
    (lambda: tf.random.uniform([5], -1, 1), [0.329124212, -0.117986441, -0.294234991, -0.0710349083, -0.932679176]),
    (lambda: tf.random.uniform([8], 0, 10, tf.int32), [7, 9, 1, 6, 2, 4, 3, 3]),
    (lambda: tf.random.uniform([8], 0, 10, tf.int64), [1, 7, 6, 1, 7, 2, 7, 8]),
    (
        lambda: tf.random.normal([5], dtype=tf.float64),
        [-1.35982758, 0.672122782, -0.771979098, 1.4240882, 0.0686624539],
    ),
    (
        lambda: tf.random.uniform([5], dtype=tf.float64),
        [0.316497468, 0.823060648, 0.269283793, 0.920940203, 0.810611396],
    ),
    (
        lambda: tf.random.truncated_normal([5], dtype=tf.float64),
        [-1.35982758, 0.672122782, 0.311771941, 1.12050978, -0.603287621],
    ),
    (lambda: tf.random.normal([5], 5, 2), [5.65493679, 3.31474829, 5.63886738, 2.18489623, 0.223880291]),
    (lambda: tf.random.shuffle(tf.range(10)), [7, 6, 3, 0, 8, 9, 5, 4, 1, 2]),
    (lambda: tf.random.shuffle(tf.reshape(tf.range(8), [4, 2])), [6, 7, 0, 1, 2, 3, 4, 5]),
    (lambda: tf.random.categorical([[0.0, 1, 2]], 10), [1, 2, 1, 2, 2, 2, 0, 2, 0, 0]),
    (lambda: tf.random.categorical([[0.0, 1, 2], [2, 1, 0]], 5), [1, 2, 1, 2, 2, 0, 0, 0, 0, 0]),
    (lambda: tf.random.gamma([3], 2.0), [2.69366717, 2.09400868, 0.981420517]),
    (lambda: tf.random.poisson([5], 3.0), [4, 3, 5, 1, 2]),
    (
        lambda: [tf.random.normal([2]), tf.random.normal([2]), tf.random.uniform([2])],
        [0.327468514, -0.842625797, 0.0842245817, -0.86090374, 0.741367817, 0.628546238],
    ),
    (
        lambda: tf.random.normal([5], seed=1),
        [-1.49994695, -1.24204946, 0.52283144, -0.358792484, -0.0639113784],
    ),
    (
        lambda: [tf.random.normal([2], seed=1), tf.random.normal([2], seed=1), tf.random.normal([2], seed=2)],
        [-1.49994695, -1.24204946, -0.894476473, 1.09862924, 0.119353838, -0.101384878],
    ),
    (
        lambda: [tf.random.uniform([3], seed=7), tf.random.uniform([3])],
        [0.862767696, 0.6567626, 0.990545869, 0.664562106, 0.44100678, 0.352882504],
    ),
    (lambda: tf.random_normal_initializer()((3,)), [0.0163734257, -0.0421312898, 0.0159716848]),
    (lambda: tf.random_uniform_initializer()((3,)), [0.0164562128, -0.00589932129, -0.0147117488]),
    (lambda: tf.random_normal_initializer(seed=1)((3,)), [0.00633251527, -0.0246508289, 0.0315595381]),
    (lambda: tf.nn.dropout(tf.ones(10), 0.5), [2, 0, 0, 0, 0, 2, 2, 2, 0, 0]),
    (lambda: tf.nn.dropout(tf.ones(10), 0.2), [1.25, 1.25, 1.25, 1.25, 0, 1.25, 1.25, 1.25, 1.25, 1.25]),
]


@pytest.mark.parametrize(("call", "expected"), FIRST)
def test_first_call_after_seed_42(call: Callable[[], Any], expected: list[float]) -> None:
    tf.random.set_seed(42)
    np.testing.assert_allclose(flat(call()), expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        (0, [1.51106262, 0.422922045, -0.41969493]),
        (1, [-1.10122025, 1.54575169, 0.383644015]),
        (123, [-0.898083687, -1.82591438, -0.444418073]),
        (-1, [-0.173955351, 1.27238035, -0.445645869]),
        (2**40 + 5, [-0.0572910942, -2.34129643, 0.615666032]),
    ],
)
def test_seeds_of_all_sizes(seed: int, expected: list[float]) -> None:
    tf.random.set_seed(seed)
    np.testing.assert_allclose(tf.random.normal([3]).numpy(), expected, rtol=1e-6)


def test_uniform_under_seed_123() -> None:
    tf.random.set_seed(123)
    np.testing.assert_allclose(tf.random.uniform([3]).numpy(), [0.126153111, 0.572751284, 0.299313307], rtol=1e-7)


def test_a_seed_of_the_call_without_a_global_one() -> None:
    seeds.set_seed(None)
    first = tf.random.normal([3], seed=1)
    np.testing.assert_allclose(first.numpy(), [-0.811318219, 1.48459876, 0.0653293729], rtol=1e-6)
    assert not np.array_equal(tf.random.normal([3], seed=1).numpy(), first.numpy())


def test_without_any_seed_numbers_differ() -> None:
    seeds.set_seed(None)
    assert not np.array_equal(tf.random.uniform([4]).numpy(), tf.random.uniform([4]).numpy())


def test_setting_the_seed_again_starts_over() -> None:
    tf.random.set_seed(3)
    before = [tf.random.normal([2], seed=1).numpy(), tf.random.uniform([2]).numpy()]
    tf.random.set_seed(3)
    again = [tf.random.normal([2], seed=1).numpy(), tf.random.uniform([2]).numpy()]
    np.testing.assert_array_equal(before, again)


def test_a_seeded_shuffle_and_categorical_go_on() -> None:
    tf.random.set_seed(42)
    orders = [tf.random.shuffle(tf.range(6), seed=1).numpy().tolist() for _ in range(2)]
    assert orders[0] != orders[1]
    draws = [tf.random.categorical([[0.0, 0.0]], 20, seed=1).numpy().tolist() for _ in range(2)]
    assert draws[0] != draws[1]


GENERATOR: list[tuple[Callable[[Any], Any], list[float]]] = [
    (
        lambda g: [g.normal([5]), g.uniform([5])],
        [
            -0.756580293, -0.0685470179, 0.0759502575, -1.25738442, -0.231937632,
            0.751263022, 0.725299239, 0.907687902, 0.374033928, 0.959760547,
        ],
    ),
    (lambda g: g.uniform([5]), [0.749344707, 0.735619664, 0.45230794, 0.490398169, 0.188931704]),
    (
        lambda g: [g.skip(5), g.uniform([5], 0, 10, tf.int32)][1],
        [5, 5, 2, 4, 7],
    ),
    (
        lambda g: [g.skip(10), g.truncated_normal([5])][1],
        [-1.12567484, 0.612745821, -0.73513031, -0.845692933, 1.21808112],
    ),
    (
        lambda g: [g.skip(15), g.uniform_full_int([3], tf.uint32)][1],
        [1278958550, 4253868216, 2222057158],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "expected"), GENERATOR)
def test_generator_from_seed_42(call: Callable[[Any], Any], expected: list[float]) -> None:
    np.testing.assert_allclose(flat(call(tf.random.Generator.from_seed(42))), expected, rtol=1e-6)


def test_generator_state() -> None:
    g = tf.random.Generator.from_seed(42)
    assert g.state.numpy().tolist() == [42, 0, 0]
    g.normal([5])
    assert g.state.numpy().tolist() == [1322, 0, 0]
    assert g.skip(3).numpy().tolist() == [1322, 0, 0]
    assert g.state.numpy().tolist() == [2090, 0, 0]
    assert tf.random.Generator.from_seed(-1).state.numpy().tolist() == [-1, -1, -1]
    assert tf.random.Generator.from_seed(2**70 + 3).state.numpy().tolist() == [3, 64, 0]
    assert tf.random.create_rng_state([5, 6], "philox").numpy().tolist() == [0, 5, 6]
    made = tf.random.Generator.from_key_counter(key=7, counter=[1, 2], alg="philox")
    assert made.state.numpy().tolist() == [1, 2, 7]
    np.testing.assert_allclose(
        tf.random.Generator.from_state(state=[1, 2, 3], alg="philox").normal([2]).numpy(), [-0.26016375, -1.220522],
        rtol=1e-6,
    )  # fmt: skip
    with pytest.raises(tf.errors.UnimplementedError, match="ThreeFry"):
        tf.random.Generator.from_seed(1, alg="threefry")


def test_generator_seeds_and_split() -> None:
    g = tf.random.Generator.from_state(state=[3626, 0, 0], alg="philox")
    assert g.make_seeds(3).numpy().tolist() == [
        [4532038312908175290, 7141040166500047682, -423836264123989273],
        [0, 0, 0],
    ]
    assert [s.state.numpy().tolist() for s in g.split(2)] == [
        [0, 0, 5972584346348095013],
        [0, 0, -1217600518059230195],
    ]
    assert g.state.numpy().tolist() == [4906, 0, 0]


def test_the_shared_generator() -> None:
    tf.random.set_global_generator(tf.random.Generator.from_seed(42))
    assert tf.random.get_global_generator().key.numpy() == 0
    assert tf.random.get_global_generator().algorithm == 1


STATELESS: list[tuple[Callable[[], Any], list[float]]] = [
    (
        lambda: tf.random.stateless_uniform([5], [1, 2]),
        [0.844060421, 0.192045331, 0.996223211, 0.160387397, 0.27199018],
    ),
    (
        lambda: tf.random.stateless_normal([5], [1, 2]),
        [0.544110119, 0.20738031, 0.0735643208, 0.0464345515, -1.30158985],
    ),
    (
        lambda: tf.random.stateless_uniform([5], [42, 0]),
        [0.282433152, 0.498416901, 0.715458512, 0.0202020407, 0.0785981417],
    ),
    (
        lambda: tf.random.stateless_normal([5], [42, 0]),
        [0.015817076, -1.59008694, 0.10359446, 0.811745942, -1.61035502],
    ),
    (
        lambda: tf.random.stateless_truncated_normal([8], [42, 0]),
        [0.015817076, -1.59008694, 0.10359446, 0.811745942, -0.0214078501, 0.118076958, -0.00559799001, -0.144797638],
    ),
    (lambda: tf.random.stateless_uniform([5], [1, 2], 0, 10, tf.int32), [0, 9, 4, 9, 7]),
    (lambda: tf.random.stateless_categorical([[0.0, 1, 2]], 6, [1, 2]), [2, 2, 1, 2, 2, 2]),
    (
        lambda: tf.random.stateless_uniform([3], [1, 2], dtype=tf.float64),
        [0.752483754, 0.969785773, 0.175922339],
    ),
    (lambda: tf.random.experimental.stateless_shuffle(tf.range(6), [1, 2]), [4, 5, 0, 3, 1, 2]),
    (lambda: tf.random.experimental.stateless_shuffle(tf.range(8), [1, 2]), [4, 2, 1, 7, 3, 6, 0, 5]),
    (lambda: tf.random.stateless_gamma([3], [1, 2], alpha=[0.5, 2.0, 3.0]), [0.06695361, 1.9241365, 4.674579]),
    (lambda: tf.random.stateless_gamma([2], [1, 2], alpha=2.0), [2.8172736, 1.9241365]),
    (lambda: tf.random.stateless_poisson([3], [1, 2], lam=[0.5, 2.0, 30.0]), [3, 4, 38]),
    (lambda: tf.random.fold_in([1, 2], 3), [1105988140, 3]),
    (lambda: tf.random.split([1, 2], 2), [1105988140, 1738052849, -335576002, 370444179]),
    (lambda: tf.nn.experimental.stateless_dropout(tf.ones(6), 0.5, seed=[1, 2]), [2, 0, 2, 0, 0, 2]),
]


@pytest.mark.parametrize(("call", "expected"), STATELESS)
def test_stateless(call: Callable[[], Any], expected: list[float]) -> None:
    np.testing.assert_allclose(flat(call()), expected, rtol=1e-6)


def test_gradients_reach_the_parameters() -> None:
    tf.random.set_seed(1)
    mean, width = tf.constant(1.0), tf.constant(2.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([mean, width])
        y = tf.random.normal([3], mean, width)
        u = tf.random.uniform([3], mean, width)
        shuffled = tf.random.shuffle(tf.stack([mean, width]))
    assert tape.gradient(y, mean).numpy() == 3.0
    np.testing.assert_allclose(tape.gradient(y, width).numpy(), (y.numpy() - 1.0).sum() / 2, rtol=1e-6)
    share = (u.numpy() - 1.0).sum()
    np.testing.assert_allclose([g.numpy() for g in tape.gradient(u, [mean, width])], [3 - share, share], rtol=1e-5)
    assert tape.gradient(shuffled, [mean, width]) == [None, None]


def test_a_plain_draw_is_one_op() -> None:
    with tf.GradientTape() as tape:
        tf.random.normal([2])
        tf.random.uniform([2])
        tf.random.uniform([2], 0.0, 3.0)
    assert [entry[2].name for entry in tape._entries] == [
        "RandomStandardNormal",
        "RandomUniform",
        "RandomUniform",
        "Mul",
    ]


def test_a_recorded_draw_can_be_run_again() -> None:
    with tf.GradientTape() as tape:
        y = tf.random.normal([4])
    _, _, op, inputs, *_ = entry = tape._entries[0]
    np.testing.assert_array_equal(op.forward(*inputs, **entry[5]), y.numpy())


DEVICE = "{{{{function_node __wrapped__{0}_device_/job:localhost/replica:0/task:0/device:CPU:0}}}} "


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: tf.random.uniform([2], dtype=tf.int32),
            "ValueError: Must specify maxval for integer dtype tf.int32",
        ),
        (
            lambda: tf.random.uniform([2], 5, 5, tf.int32),
            "InvalidArgumentError: " + DEVICE.format("RandomUniformInt")
            + "Need minval < maxval, got 5 >= 5 [Op:RandomUniformInt] name: ",
        ),
        (
            lambda: tf.random.uniform([2], dtype=tf.uint8),
            "ValueError: Argument `dtype` got invalid value <dtype: 'uint8'>. Accepted dtypes are "
            "(tf.float16, tf.bfloat16, tf.float32, tf.float64, tf.int32, tf.int64).",
        ),
        (
            lambda: tf.random.normal(3),
            "InvalidArgumentError: " + DEVICE.format("RandomStandardNormal")
            + "shape must be a vector of {int32,int64}, got shape [] [Op:RandomStandardNormal] name: ",
        ),
        (
            lambda: tf.random.normal([-1]),
            "InvalidArgumentError: " + DEVICE.format("RandomStandardNormal")
            + "Dimension -1 must be >= 0 [Op:RandomStandardNormal] name: ",
        ),
        (lambda: tf.random.normal([2], dtype=tf.int32), "TypeError: Cannot convert 0.0 to EagerTensor of dtype int32"),
        (
            lambda: tf.random.categorical([1.0, 2.0], 2),
            "InvalidArgumentError: " + DEVICE.format("Multinomial")
            + "logits should be a matrix, got shape [2] [Op:Multinomial] name: ",
        ),
        (
            lambda: tf.random.stateless_normal([2], [1, 2, 3]),
            "InvalidArgumentError: " + DEVICE.format("StatelessRandomGetKeyCounter")
            + "seed must have shape [2], not [3] [Op:StatelessRandomGetKeyCounter]",
        ),
        (
            lambda: tf.random.stateless_uniform([2], [1, 2], dtype=tf.int32),
            "ValueError: For integer `dtype` argument <dtype: 'int32'>, argument `minval` and `maxval` must be both "
            "None or not None. Got `minval`=0 and `maxval`=None.",
        ),
        (
            lambda: tf.nn.dropout(tf.ones(3), 1.0),
            "ValueError: `rate` must be a scalar tensor or a float in the range [0, 1). Received: rate=1.0",
        ),
        (
            lambda: tf.nn.dropout(tf.ones(3, tf.int32), 0.5),
            "ValueError: `x.dtype` must be a floating point tensor as `x` will be scaled. Received: "
            "x_dtype=<dtype: 'int32'>",
        ),
    ],
)  # fmt: skip
def test_errors(call: Callable[[], object], text: str) -> None:
    assert raised(call) == text
