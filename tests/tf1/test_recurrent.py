"""Recurrent networks of TensorFlow 1: what is refused, wrappers that TensorFlow 2 no longer has, and eager calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tapeview.engine import deferred
from tapeview.tensorflow.loader import Namespace

tf: Any = Namespace("tensorflow", "tf", tf1=True)
cells = tf.nn.rnn_cell


@pytest.fixture
def _graphs() -> Iterator[None]:
    deferred.enable()
    yield
    deferred.disable()


def placed(*shape: int | None) -> Any:
    return tf.placeholder(tf.float32, shape)


@pytest.mark.usefixtures("_graphs")
@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: tf.nn.dynamic_rnn(cells.GRUCell(3), placed(None, 4, 2)), ValueError,
         "If no initial_state is provided, argument `dtype` must be specified"),
        (lambda: tf.nn.dynamic_rnn(cells.GRUCell(3), placed(None, 4, None), dtype=tf.float32), ValueError,
         r"Input size \(depth of inputs\) must be accessible via shape inference, but saw value None for input="),
        (lambda: tf.nn.dynamic_rnn(cells.GRUCell(3), placed(2, 4, 2), [[1]], dtype=tf.float32), ValueError,
         "Argument sequence_length must be a vector of length batch_size. Received sequence_length="),
        (lambda: tf.nn.dynamic_rnn(5, placed(2, 4, 2), dtype=tf.float32), TypeError,
         r"The argument 'cell' \(5\) is not an RNNCell: 'output_size' property is missing"),
        (lambda: tf.nn.static_rnn(cells.GRUCell(3), placed(2, 4), dtype=tf.float32), TypeError,
         "Argument `inputs` must be a sequence. Received: Tensor"),
        (lambda: tf.nn.static_rnn(cells.GRUCell(3), [], dtype=tf.float32), ValueError,
         "Argument `inputs` must not be empty"),
        (lambda: cells.MultiRNNCell([]), ValueError, "Must specify at least one cell for MultiRNNCell"),
        (lambda: cells.MultiRNNCell(cells.GRUCell(3)), TypeError, "cells must be a list or tuple"),
        (lambda: cells.DropoutWrapper(cells.GRUCell(3), 1.5), ValueError,
         "Parameter input_keep_prob must be between 0 and 1. Received 1.5"),
        (lambda: cells.DropoutWrapper(cells.GRUCell(3), variational_recurrent=True), ValueError,
         r"tapeview does not support DropoutWrapper\(variational_recurrent=True\) yet"),
        (lambda: tf.nn.uniform_candidate_sampler([[1]], 1, 9, True, 5), ValueError, "Sampler's range is too small"),
    ],
)  # fmt: skip
def test_what_is_refused(call: Callable[[], Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        call()


def _ran(found: Any, given: dict[Any, Any]) -> Any:
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        values = {v.name: sess.run(v) for v in tf.global_variables()}
        return sess.run(found, given), values


@pytest.mark.usefixtures("_graphs")
def test_projections_and_embeddings_around_a_cell() -> None:
    ids = tf.placeholder(tf.float32, [None, 2, 1])
    contrib = tf.contrib.rnn
    inner = contrib.EmbeddingWrapper(contrib.BasicRNNCell(3), embedding_classes=5, embedding_size=4)
    cell = contrib.OutputProjectionWrapper(contrib.InputProjectionWrapper(contrib.GRUCell(2), 3), output_size=6)
    assert (cell.output_size, inner.output_size, cell.state_size) == (6, 3, 2)
    x = tf.placeholder(tf.float32, [None, 2, 7])
    outputs, last = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    with tf.variable_scope("words"):
        _, state = inner(tf.constant([[1], [4]]), inner.zero_state(2, tf.float32))
    assert outputs.shape.as_list() == [None, 2, 6]
    found, values = _ran([outputs, last, state], {x: np.ones((3, 2, 7)), ids: np.ones((3, 2, 1))})
    assert [part.shape for part in found] == [(3, 2, 6), (3, 2), (2, 3)]
    assert {name: value.shape for name, value in values.items() if "bias" not in name} == {
        "rnn/output_projection_wrapper/kernel:0": (2, 6),
        "rnn/output_projection_wrapper/input_projection_wrapper/kernel:0": (7, 3),
        "rnn/output_projection_wrapper/input_projection_wrapper/gru_cell/gates/kernel:0": (5, 4),
        "rnn/output_projection_wrapper/input_projection_wrapper/gru_cell/candidate/kernel:0": (5, 2),
        "words/embedding_wrapper/embedding:0": (5, 4),
        "words/embedding_wrapper/basic_rnn_cell/kernel:0": (7, 3),
    }
    table, kernel = (
        values["words/embedding_wrapper/embedding:0"],
        values["words/embedding_wrapper/basic_rnn_cell/kernel:0"],
    )
    np.testing.assert_allclose(found[2], np.tanh(table[[1, 4]] @ kernel[:4]), rtol=1e-5)


@pytest.mark.usefixtures("_graphs")
def test_a_cell_is_built_once_and_shared_by_reuse() -> None:
    x = placed(2, 3, 2)
    with tf.variable_scope("net"):
        first, _ = tf.nn.dynamic_rnn(cells.GRUCell(3), x, dtype=tf.float32)
    with tf.variable_scope("net", reuse=True):
        second, _ = tf.nn.dynamic_rnn(cells.GRUCell(3), x, dtype=tf.float32)
    assert len(tf.trainable_variables()) == 4
    (one, other), _ = _ran([first, second], {x: np.ones((2, 3, 2))})
    np.testing.assert_array_equal(one, other)
    with (
        tf.variable_scope("net"),
        pytest.raises(ValueError, match="Variable net/rnn/gru_cell/gates/kernel already exists"),
    ):
        tf.nn.dynamic_rnn(cells.GRUCell(3), x, dtype=tf.float32)


def test_where_calls_compute_at_once_a_loop_does_too() -> None:
    x = np.random.RandomState(0).rand(2, 4, 3).astype(np.float32)
    cell = cells.BasicRNNCell(5)
    outputs, last = tf.nn.dynamic_rnn(cell, x, sequence_length=[4, 2], dtype=tf.float32)
    kernel = cell.weights[0].numpy()
    h, expected = np.zeros((2, 5), np.float32), []
    for t in range(4):
        new = np.tanh(np.concatenate([x[:, t], h], 1) @ kernel)
        over = np.array([[False], [t >= 2]])
        h = np.where(over, h, new)
        expected.append(np.where(over, 0, new))
    np.testing.assert_allclose(outputs.numpy(), np.stack(expected, 1), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(last.numpy(), h, rtol=1e-5, atol=1e-6)
