"""``tf.contrib.seq2seq`` and ``tf.nn.seq2seq``: losses of sequences, and a decoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tapeview.engine import deferred
from tapeview.engine.deferred import tf
from tapeview.tf1 import graphs

_TINY = 1e-12
"""Keeps a sum of weights that are all 0 from being a divisor."""


def sequence_loss(
    logits: Any, targets: Any, weights: Any, average_across_timesteps: bool = True, average_across_batch: bool = True,
    softmax_loss_function: Callable[..., Any] | None = None, name: str | None = None,
) -> Any:  # fmt: skip
    """The weighted cross entropy of logits (examples, time, classes) with targets (examples, time).

    The sum along an axis that is averaged across is divided by that of the weights.

    Raises:
        ValueError: logits, targets or weights of another rank.
    """
    for title, value, rank, words in (
        ("Logits", logits, 3, "[batch_size x sequence_length x logits]"),
        ("Targets", targets, 2, "[batch_size x sequence_length]"),
        ("Weights", weights, 2, "[batch_size x sequence_length]"),
    ):
        known = graphs.sizes(graphs.tensor(value))
        if known is not None and len(known) != rank:
            raise ValueError(f"{title} must be a {words} tensor")
    loss = softmax_loss_function or tf.nn.sparse_softmax_cross_entropy_with_logits
    with graphs.name_scope(name, "sequence_loss"):
        weights = graphs.tensor(weights)
        flat = tf.reshape(logits, [-1, tf.shape(logits)[2]])
        found = loss(labels=tf.reshape(targets, [-1]), logits=flat) * tf.reshape(weights, [-1])
        if average_across_timesteps and average_across_batch:
            return tf.reduce_sum(found) / (tf.reduce_sum(weights) + _TINY)
        shape = tf.shape(logits)
        found = tf.reshape(found, [shape[0], shape[1]])
        if not average_across_timesteps and not average_across_batch:
            return found
        axis = 1 if average_across_timesteps else 0
        return tf.reduce_sum(found, axis) / (tf.reduce_sum(weights, axis) + _TINY)


def sequence_loss_by_example(
    logits: Sequence[Any], targets: Sequence[Any], weights: Sequence[Any], average_across_timesteps: bool = True,
    softmax_loss_function: Callable[..., Any] | None = None, name: str | None = None,
) -> Any:  # fmt: skip
    """Each example's weighted cross entropy, of lists with an element for each step.

    Raises:
        ValueError: lists of different lengths.
    """
    if len(targets) != len(logits) or len(weights) != len(logits):
        raise ValueError(
            f"Lengths of logits, weights, and targets must be the same {len(logits)}, {len(weights)}, {len(targets)}."
        )
    loss = softmax_loss_function or tf.nn.sparse_softmax_cross_entropy_with_logits
    with graphs.name_scope(name, "sequence_loss_by_example"):
        steps = [
            loss(labels=tf.reshape(target, [-1]), logits=logit) * weight
            for logit, target, weight in zip(logits, targets, weights, strict=True)
        ]
        total = tf.add_n(steps)
        if not average_across_timesteps:
            return total
        return total / (tf.add_n([graphs.tensor(weight) for weight in weights]) + _TINY)


def sequence_loss_of_lists(
    logits: Sequence[Any], targets: Sequence[Any], weights: Sequence[Any], average_across_timesteps: bool = True,
    average_across_batch: bool = True, softmax_loss_function: Callable[..., Any] | None = None, name: str | None = None,
) -> Any:  # fmt: skip
    """The sum of :func:`sequence_loss_by_example`, divided by the number of examples. Raises as it does."""
    with graphs.name_scope(name, "sequence_loss"):
        each = sequence_loss_by_example(logits, targets, weights, average_across_timesteps, softmax_loss_function)
        cost = tf.reduce_sum(each)
        if not average_across_batch:
            return cost
        return cost / tf.cast(tf.shape(targets[0])[0], cost.dtype)


def rnn_decoder(
    decoder_inputs: Sequence[Any], initial_state: Any, cell: Any, loop_function: Callable[..., Any] | None = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:  # fmt: skip
    """A cell along a list of inputs, from a given state: (outputs, last state).

    ``loop_function(output, i)``: makes the i-th input of the output before, in place of the given one.
    """
    state, outputs, before = initial_state, [], None
    with graphs.variable_scope(scope, "rnn_decoder"):
        for i, given in enumerate(decoder_inputs):
            if loop_function is not None and before is not None:
                with graphs.variable_scope("loop_function", "loop_function", reuse=True):
                    given = loop_function(before, i)
            if i and deferred.building():
                deferred.get_variable_scope().reuse_variables()
            output, state = cell(given, state)
            outputs.append(output)
            before = output
    return outputs, state


def basic_rnn_seq2seq(
    encoder_inputs: Sequence[Any], decoder_inputs: Sequence[Any], cell: Any, dtype: Any = "float32", scope: Any = None
) -> tuple[list[Any], Any]:
    """An encoder, whose last state a decoder of the same kind begins with: (outputs, last state)."""
    import copy

    from tapeview.tf1.rnn.loops import static_rnn

    with graphs.variable_scope(scope, "basic_rnn_seq2seq"):
        _, state = static_rnn(copy.deepcopy(cell), encoder_inputs, dtype=dtype)
        return rnn_decoder(decoder_inputs, state, cell)
