"""``tf.contrib.seq2seq.sequence_loss`` and ``tf.nn.seq2seq``: by the formulas, in graphs and at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tapeview.engine import deferred
from tapeview.tensorflow.loader import Namespace
from tapeview.tf1 import seq2seq

tf: Any = Namespace("tensorflow", "tf", tf1=True)
LOGITS = np.random.RandomState(0).randn(2, 3, 4).astype(np.float32)
TARGETS = np.array([[0, 1, 2], [3, 3, 0]])
WEIGHTS = np.array([[1.0, 1.0, 0.0], [0.5, 1.0, 2.0]], np.float32)
EACH = WEIGHTS * (np.log(np.exp(LOGITS).sum(2)) - np.take_along_axis(LOGITS, TARGETS[..., None], 2)[..., 0])


@pytest.mark.parametrize(
    ("steps", "batch", "expected"),
    [
        (True, True, EACH.sum() / WEIGHTS.sum()),
        (True, False, EACH.sum(1) / WEIGHTS.sum(1)),
        (False, True, EACH.sum(0) / WEIGHTS.sum(0)),
        (False, False, EACH),
    ],
)
def test_the_loss_of_sequences(steps: bool, batch: bool, expected: Any) -> None:
    loss = tf.contrib.seq2seq.sequence_loss(LOGITS, TARGETS, WEIGHTS, steps, batch)
    np.testing.assert_allclose(np.asarray(loss), expected, rtol=1e-5)


def test_other_ranks_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^Logits must be a \[batch_size x sequence_length x logits\] tensor$"):
        seq2seq.sequence_loss(LOGITS[0], TARGETS, WEIGHTS)
    with pytest.raises(ValueError, match=r"^Weights must be a \[batch_size x sequence_length\] tensor$"):
        seq2seq.sequence_loss(LOGITS, TARGETS, WEIGHTS[0])


def test_losses_of_lists() -> None:
    lists = [list(np.moveaxis(a, 1, 0)) for a in (LOGITS, TARGETS, WEIGHTS)]
    each = seq2seq.sequence_loss_by_example(*lists)
    np.testing.assert_allclose(np.asarray(each), EACH.sum(1) / WEIGHTS.sum(1), rtol=1e-5)
    whole = seq2seq.sequence_loss_by_example(*lists, average_across_timesteps=False)
    np.testing.assert_allclose(np.asarray(whole), EACH.sum(1), rtol=1e-5)
    mean = tf.nn.seq2seq.sequence_loss(*lists)
    np.testing.assert_allclose(float(mean), (EACH.sum(1) / WEIGHTS.sum(1)).mean(), rtol=1e-5)
    with pytest.raises(ValueError, match="Lengths of logits, weights, and targets must be the same 3, 3, 2"):
        seq2seq.sequence_loss_by_example(lists[0], lists[1][:2], lists[2])


def test_a_decoder_goes_on_from_a_state_and_may_feed_itself() -> None:
    deferred.enable()
    try:
        x = [tf.constant(np.full((2, 3), k, np.float32)) for k in range(3)]
        cell = tf.nn.rnn_cell.BasicRNNCell(3)
        begin = cell.zero_state(2, tf.float32)
        outputs, last = tf.nn.seq2seq.rnn_decoder(x, begin, cell)
        fed, _ = tf.nn.seq2seq.rnn_decoder(x, begin, cell, loop_function=lambda before, i: before * 0.0, scope="again")
        coded, _ = tf.nn.seq2seq.basic_rnn_seq2seq(x, x, tf.nn.rnn_cell.GRUCell(2))
        assert [v.name for v in tf.trainable_variables()][:2] == [
            "rnn_decoder/basic_rnn_cell/kernel:0", "rnn_decoder/basic_rnn_cell/bias:0",
        ]  # fmt: skip
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            values, state, own, shapes = sess.run([outputs, last, fed, coded])
            kernel = sess.run(tf.trainable_variables()[0])
        h = np.zeros((2, 3), np.float32)
        for k in range(3):
            h = np.tanh(np.concatenate([np.full((2, 3), k), h], 1) @ kernel)
            np.testing.assert_allclose(values[k], h, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(state, h, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(
            own[1], np.tanh(np.concatenate([0 * own[0], own[0]], 1) @ kernel), rtol=1e-4, atol=1e-6
        )
        assert [step.shape for step in shapes] == [(2, 2)] * 3
    finally:
        deferred.disable()
