"""``tf.data`` beside its values (which are frozen): errors, iterators, tapes, training from it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.engine.names import tf

D = tf.data.Dataset


def test_iterators_end_in_both_ways() -> None:
    iterator = iter(D.range(1))

    assert int(iterator.get_next()) == 0
    with pytest.raises(tf.errors.OutOfRangeError, match="End of sequence"):
        iterator.get_next()
    with pytest.raises(StopIteration):
        next(iterator)


def test_lengths_that_are_not_known() -> None:
    with pytest.raises(TypeError, match=r"^The dataset is infinite\."):
        len(D.range(3).repeat())
    with pytest.raises(TypeError, match=r"^The dataset length is unknown\."):
        len(D.range(3).filter(lambda x: x > 1))
    assert len(D.range(10).batch(3)) == 4


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: D.from_tensor_slices((np.zeros(3), np.zeros(4))), ValueError, "Dimensions 3 and 4 are not compatible"),
        (lambda: D.from_tensor_slices(1.0), ValueError, "only supported for rank >= 1"),
        (lambda: D.from_generator([1, 2], tf.int32), TypeError, r"`generator` must be a Python callable\."),
        (lambda: D.from_generator(lambda: iter([1])), TypeError, "Either `output_signature` or `output_types` must"),
        (lambda: D.range(3).shuffle(0), ValueError, "`buffer_size` must be positive"),
        (lambda: D.range(3).concatenate(D.from_tensors(1.5)), TypeError, "Incompatible types of input datasets"),
        (lambda: D.zip([1, 2]), TypeError, "must be a .nested. structure of `Dataset` objects"),
        (lambda: list(D.range(3).flat_map(lambda x: x)), TypeError, "must return a `Dataset` object"),
    ],
)  # fmt: skip
def test_what_can_not_be_made_says_why(make: Any, error: Any, text: str) -> None:
    with pytest.raises(error, match=text):
        make()


def test_elements_of_different_shapes_are_no_batch() -> None:
    uneven = D.from_generator(lambda: iter([[1], [1, 2]]), output_types=tf.int32)

    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"First element had shape \[1\] and element 1 had shape \[2\]"
    ):
        list(uneven.batch(2))


def test_a_generator_must_keep_its_word() -> None:
    wrong = D.from_generator(lambda: iter([[1, 2, 3]]), output_signature=tf.TensorSpec((2,), tf.int32))

    with pytest.raises(TypeError, match=r"yielded an element of shape \(3,\) where an element of shape \(2,\) was"):
        list(wrong)


def test_a_tape_does_not_see_what_makes_the_elements() -> None:
    w = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        (x,) = D.from_tensors(3.0).map(lambda v: v * w)
        y = x * w

    assert float(x) == 6.0
    assert float(tape.gradient(y, w)) == 6.0  # and not 12: the way through the dataset is broken


def test_elements_are_made_when_they_are_needed() -> None:
    made: list[int] = []

    def numbers() -> Any:
        for k in range(100):
            made.append(k)
            yield k

    taken = [int(x) for x in D.from_generator(numbers, tf.int32).map(lambda x: x + 1).batch(2).take(2).unbatch()]

    assert taken == [1, 2, 3, 4]
    assert made == [0, 1, 2, 3]


def test_the_element_spec_of_a_map_finds_out_what_depends_on_the_batch() -> None:
    rows = D.from_tensor_slices(np.zeros((5, 4), np.float32)).batch(2)

    spec = rows.map(lambda x: (x, tf.reduce_sum(x, 0), tf.shape(x))).element_spec

    assert [tuple(s.shape) for s in spec] == [(None, 4), (4,), (2,)]


def test_batches_of_rows_are_the_rows() -> None:
    x = np.random.RandomState(0).rand(100, 3).astype(np.float32)
    shuffled = D.from_tensor_slices((x, np.arange(100))).shuffle(100, seed=3).repeat(2).batch(7)

    rows = [(a, b) for a, b in shuffled.as_numpy_iterator()]

    assert all((a == x[b]).all() for a, b in rows)
    assert sorted(np.concatenate([b for _, b in rows])) == sorted([*range(100), *range(100)])


def fit(make: Any, **arguments: Any) -> list[float]:
    """The losses of two epochs after one seed."""
    keras = tf.keras
    keras.utils.set_random_seed(42)
    x = np.random.rand(200, 8).astype("float32")
    y = (x.sum(1) > 4).astype("int64")
    model = keras.Sequential([keras.layers.Dense(16, activation="relu"), keras.layers.Dense(2, activation="softmax")])
    model.compile("adam", loss="sparse_categorical_crossentropy")
    return [float(v) for v in model.fit(*make(x, y), epochs=2, verbose=0, **arguments).history["loss"]]


@pytest.mark.parametrize(
    ("make", "arguments", "losses"),
    [
        (lambda x, y: (x, y), {"shuffle": False}, [0.6849312782287598, 0.6820938587188721]),
        (lambda x, y: (x, y), {}, [0.6846156120300293, 0.6819570064544678]),
        (lambda x, y: (D.from_tensor_slices((x, y)).batch(32),), {}, [0.6849312782287598, 0.6820938587188721]),
        (
            lambda x, y: (D.from_tensor_slices((x, y)).shuffle(200).batch(32),), {},
            [0.6849620938301086, 0.6819743514060974],
        ),
        (
            lambda x, y: (D.from_tensor_slices((x, y)).shuffle(200, seed=3).batch(32),), {},
            [0.6848410964012146, 0.6818351745605469],
        ),
    ],
    ids=["arrays", "shuffled arrays", "dataset", "shuffled dataset", "dataset with a seed"],
)  # fmt: skip
def test_trainings_after_one_seed_have_tensorflows_losses(make: Any, arguments: Any, losses: list[float]) -> None:
    assert fit(make, **arguments) == pytest.approx(losses, rel=1e-6)
