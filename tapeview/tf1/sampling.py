"""``tf.nn.nce_loss`` and ``tf.nn.sampled_softmax_loss``: losses over many classes that look at some of them only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from tapeview.engine import deferred, dtypes, seeds
from tapeview.engine.deferred import tf
from tapeview.engine.ops.random_philox import advanced, block
from tapeview.engine.tensor import Array, EagerTensor
from tapeview.tf1 import graphs

_RESERVED = 512
"""Blocks of a stream that TensorFlow sets aside for each class it draws."""
_LOWEST = float(np.finfo(np.float32).min)


class LogUniformCandidateSampler(NamedTuple):
    """Classes that were drawn, and how often the true and the drawn ones were to be expected among them."""

    sampled_candidates: Any
    true_expected_count: Any
    sampled_expected_count: Any


class UniformCandidateSampler(NamedTuple):
    """As :class:`LogUniformCandidateSampler`, where all classes are equally likely."""

    sampled_candidates: Any
    true_expected_count: Any
    sampled_expected_count: Any


class _Numbers:
    """Numbers from a stream, as TensorFlow's samplers take them."""

    def __init__(self, key: Any, counter: Any) -> None:
        self._words = self._all(key, counter)

    @staticmethod
    def _all(key: Any, counter: Any) -> Iterator[int]:
        while True:
            yield from block(key, counter)
            counter = advanced(counter, 1)

    def double(self) -> float:
        """In [0, 1)."""
        high, low = next(self._words) & 0xFFFFF, next(self._words)
        return ((high << 32) | low) / 2.0**52

    def below(self, limit: int) -> int:
        """An int in [0, limit)."""
        if limit & (limit - 1) == 0:
            return self._long() & (limit - 1)
        rest = (2**64 - 1) % limit + 1
        number = self._long()
        while number < rest:
            number = self._long()
        return number % limit

    def _long(self) -> int:
        low, high = next(self._words), next(self._words)
        return low | high << 32


def _log_uniform(numbers: _Numbers, range_max: int) -> int:
    return (int(np.exp(numbers.double() * np.log(range_max + 1))) - 1) % range_max


def _log_uniform_chance(classes: Array, range_max: int) -> Array:
    found: Array = np.log((classes + 2.0) / (classes + 1.0)) / np.log(range_max + 1)
    return found


def _uniform(numbers: _Numbers, range_max: int) -> int:
    return numbers.below(range_max)


def _uniform_chance(classes: Array, range_max: int) -> Array:
    return np.full(classes.shape, 1.0 / range_max)


def _draw(
    true_classes: Any, *, op: str, draw: Callable[..., int], chance: Callable[..., Array], count: int, unique: bool,
    range_max: int, seed: Any,
) -> list[EagerTensor]:  # fmt: skip
    """The candidates and both expected counts; computes at once."""
    numbers = _Numbers(*seeds.stream(op, "int64", seed, _RESERVED * count))
    drawn: list[int] = []
    seen: set[int] = set()
    tries = 0
    while len(drawn) < count:
        one = draw(numbers, range_max)
        tries += 1
        if not unique or one not in seen:
            seen.add(one)
            drawn.append(one)
    sampled = np.array(drawn, np.int64)

    def expected(classes: Array) -> EagerTensor:
        p = chance(classes.astype(np.float64), range_max).astype(np.float32)
        counts = p * np.float32(count) if tries == count else -np.expm1(tries * np.log1p(-p))
        return EagerTensor(counts.astype(np.float32))

    return [EagerTensor(sampled), expected(np.asarray(true_classes._array)), expected(sampled)]


def _sampler(kind: Any, draw: Callable[..., int], chance: Callable[..., Array], title: str) -> Callable[..., Any]:
    op = kind.__name__

    def sample(
        true_classes: Any, num_true: int, num_sampled: int, unique: bool, range_max: int, seed: Any = None,
        name: str | None = None,
    ) -> Any:  # fmt: skip
        if unique and num_sampled > range_max:
            raise ValueError(f"Sampler's range is too small: {num_sampled} classes are wanted of {range_max}.")
        settings: dict[str, Any] = {
            "op": op, "draw": draw, "chance": chance, "count": int(num_sampled), "unique": bool(unique),
            "range_max": int(range_max), "seed": seed,
        }  # fmt: skip
        classes = tf.cast(graphs.tensor(true_classes), dtypes.int64)
        return kind(*graphs.composed(name or op, lambda true: _draw(true, **settings), classes))

    sample.__name__ = sample.__qualname__ = title
    sample.__doc__ = f"""{title}: classes drawn at random, each at most once if ``unique``.

    Raises:
        ValueError: more different classes are wanted than there are.
    """
    return sample


log_uniform_candidate_sampler = _sampler(
    LogUniformCandidateSampler, _log_uniform, _log_uniform_chance, "log_uniform_candidate_sampler"
)
uniform_candidate_sampler = _sampler(UniformCandidateSampler, _uniform, _uniform_chance, "uniform_candidate_sampler")


def _logits(
    weights: Any, biases: Any, labels: Any, inputs: Any, num_sampled: int, num_classes: int, num_true: int,
    sampled_values: Any, remove_accidental_hits: bool, seed: Any,
) -> tuple[Any, Any]:  # fmt: skip
    """Logits of the true and of the drawn classes beside each other, less the log of how often each was to be
    expected; and labels for them, whose sum is 1."""
    table = weights[0] if isinstance(weights, list | tuple) and len(weights) == 1 else weights
    labels = tf.cast(graphs.tensor(labels), dtypes.int64)
    flat = tf.reshape(labels, [-1])
    if sampled_values is None:
        sampled_values = log_uniform_candidate_sampler(labels, num_true, num_sampled, True, num_classes, seed)
    sampled, true_count, sampled_count = [tf.stop_gradient(graphs.tensor(part)) for part in sampled_values]
    sampled = tf.cast(sampled, dtypes.int64)
    both = tf.concat([flat, sampled], 0)
    rows, bias = tf.nn.embedding_lookup(table, both), tf.nn.embedding_lookup(biases, both)
    of_true = tf.shape(flat)[0]
    depth = graphs.sizes(rows)
    width = tf.shape(rows)[1] if depth is None or depth[1] is None else depth[1]
    true_rows = tf.reshape(rows[:of_true], [-1, num_true, width])
    true_logits = tf.reduce_sum(tf.expand_dims(inputs, 1) * true_rows, 2)
    true_logits = true_logits + tf.reshape(bias[:of_true], [-1, num_true])
    logits = tf.matmul(inputs, rows[of_true:], transpose_b=True) + bias[of_true:]
    if remove_accidental_hits:
        if deferred.building():
            seeds.get_seed(None)  # TensorFlow's op for this takes a seed, which it does not use
        hit = tf.reduce_any(tf.equal(tf.expand_dims(labels, 2), sampled), 1)
        logits = logits + tf.cast(hit, logits.dtype) * _LOWEST
    true_logits = true_logits - tf.math.log(tf.reshape(true_count, [-1, num_true]))
    logits = logits - tf.math.log(sampled_count)
    ones = tf.ones_like(true_logits) / num_true
    return tf.concat([true_logits, logits], 1), tf.concat([ones, tf.zeros_like(logits)], 1)


def nce_loss(
    weights: Any, biases: Any, labels: Any, inputs: Any, num_sampled: int, num_classes: int, num_true: int = 1,
    sampled_values: Any = None, remove_accidental_hits: bool = False, partition_strategy: str = "mod",
    name: str = "nce_loss",
) -> Any:  # fmt: skip
    """Each example's noise-contrastive loss: true classes (examples, num_true) against ``num_sampled`` drawn ones.

    ``sampled_values``: what a sampler gave; one that prefers small numbers is used without it.
    """
    with graphs.name_scope(name, "nce_loss"):
        logits, labels = _logits(
            weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values,
            remove_accidental_hits, None,
        )  # fmt: skip
    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits, name="sampled_losses")
    return tf.reshape(tf.matmul(losses, tf.ones([tf.shape(losses)[1], 1], losses.dtype)), [-1])


def sampled_softmax_loss(
    weights: Any, biases: Any, labels: Any, inputs: Any, num_sampled: int, num_classes: int, num_true: int = 1,
    sampled_values: Any = None, remove_accidental_hits: bool = True, partition_strategy: str = "mod",
    name: str = "sampled_softmax_loss", seed: Any = None,
) -> Any:  # fmt: skip
    """Each example's softmax cross entropy over its true classes and ``num_sampled`` drawn ones."""
    with graphs.name_scope(name, "sampled_softmax_loss"):
        logits, labels = _logits(
            weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values,
            remove_accidental_hits, seed,
        )  # fmt: skip
    return tf.nn.softmax_cross_entropy_with_logits(labels=tf.stop_gradient(labels), logits=logits)
