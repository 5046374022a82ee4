"""``tf.train.Saver``: files, names, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tapeview.engine import deferred
from tapeview.tensorflow.loader import Namespace

tf: Any = Namespace("tensorflow", "tf", tf1=True)


@pytest.fixture(autouse=True)
def _graphs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    deferred.enable()
    yield
    deferred.disable()


def saved(*names: str, keep: int = 5, steps: int = 0) -> Any:
    """A session with variables 1, 2 ... by these names, saved as ``m``."""
    for k, name in enumerate(names):
        tf.Variable([float(k + 1)] * 2, name=name)
    saver = tf.train.Saver(max_to_keep=keep)
    sess = tf.Session()
    sess.run(tf.global_variables_initializer())
    saver.save(sess, "m")
    for step in range(steps):
        saver.save(sess, "m", global_step=step)
    return saver


def test_only_the_newest_are_kept() -> None:
    saver = saved("w", keep=2, steps=4)

    assert saver.last_checkpoints == ["m-2", "m-3"]
    assert sorted(p.name for p in Path().glob("*.index")) == ["m-2.index", "m-3.index"]
    assert tf.train.latest_checkpoint(".") == "./m-3"
    assert tf.train.get_checkpoint_state(".").all_model_checkpoint_paths == ["./m-2", "./m-3"]
    assert Path("checkpoint").read_text().splitlines()[0] == 'model_checkpoint_path: "m-3"'


def test_restoring_needs_no_initializer() -> None:
    saved("w", "b")
    tf.reset_default_graph()
    w, b = tf.Variable([0.0, 0.0], name="w"), tf.Variable([0.0, 0.0], name="b")
    with tf.Session() as sess:
        tf.train.Saver().restore(sess, "m")
        assert [v.tolist() for v in sess.run([w, b])] == [[1, 1], [2, 2]]


def test_a_dict_gives_other_names() -> None:
    saved("w", "b")
    tf.reset_default_graph()
    mine = tf.Variable([0.0, 0.0], name="mine")
    with tf.Session() as sess:
        tf.train.Saver({"b": mine}).restore(sess, "m")
        assert sess.run(mine).tolist() == [2, 2]


def test_global_step_may_be_a_variable() -> None:
    step = tf.train.create_global_step()
    saver = tf.train.Saver()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(tf.assign_add(step, 12))
        assert saver.save(sess, "m", global_step=step) == "m-12"


def test_uninitialized_variables_are_not_saved() -> None:
    tf.Variable(1.0, name="b")
    saver = tf.train.Saver()
    with (
        tf.Session() as sess,
        pytest.raises(tf.errors.FailedPreconditionError, match="Attempting to use uninitialized value b"),
    ):
        saver.save(sess, "m")


def test_what_restore_refuses() -> None:
    saved("w")
    tf.reset_default_graph()
    missing, other = tf.Variable(1.0, name="q"), tf.Variable([1.0, 2.0, 3.0], name="w")
    with tf.Session() as sess:
        with pytest.raises(ValueError, match=r"Can't load save_path when it is None."):
            tf.train.Saver().restore(sess, None)
        with pytest.raises(ValueError, match="The passed save_path is not a valid checkpoint: nowhere"):
            tf.train.Saver().restore(sess, "nowhere")
        with pytest.raises(tf.errors.NotFoundError, match=r"(?s)Variable name or other graph key.*Key q not found"):
            tf.train.Saver([missing]).restore(sess, "m")
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"(?s)a mismatch.*lhs shape= \[3\] rhs shape= \[2\]"):
            tf.train.Saver([other]).restore(sess, "m")


def test_what_a_saver_refuses() -> None:
    with pytest.raises(ValueError, match="No variables to save"):
        tf.train.Saver()
    with pytest.raises(TypeError, match='Variable to save is not a Variable: Tensor\\("Const:0"'):
        tf.train.Saver([tf.constant(1.0)])
    tf.Variable(1.0)
    with tf.Session() as sess, pytest.raises(ValueError, match=r"Parent directory of a/b/m doesn't exist, can't save."):
        tf.train.Saver().save(sess, "a/b/m")


def test_looking_into_a_file() -> None:
    saved("w", "b")
    reader = tf.train.NewCheckpointReader("m")

    assert tf.train.list_variables(".") == [("b", [2]), ("w", [2])]
    assert reader.get_variable_to_shape_map() == {"w": [2], "b": [2]}
    assert reader.get_variable_to_dtype_map()["w"] == tf.float32
    assert reader.has_tensor("w")
    np.testing.assert_array_equal(tf.train.load_variable("m", "b"), [2, 2])
    with pytest.raises(tf.errors.NotFoundError):
        reader.get_tensor("q")


def test_a_graph_is_not_made_from_a_file() -> None:
    saved("w")
    with tf.Session() as sess:
        tf.train.import_meta_graph("m.meta").restore(sess, "m")
        assert sess.run("w:0").tolist() == [1, 1]
    tf.reset_default_graph()
    with pytest.raises(ValueError, match=r"tapeview does not rebuild a graph from m.meta"):
        tf.train.import_meta_graph("m.meta")


def test_checkpoints_of_objects() -> None:
    w = tf.get_variable("w", [2], initializer=tf.constant_initializer(2.0))
    adam = tf.train.AdamOptimizer(0.1)
    step = adam.minimize(tf.reduce_sum(w * w))
    checkpoint = tf.train.Checkpoint(w=w, optimizer=adam)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        sess.run(step)
        path = checkpoint.save("kept/x")
        once = sess.run(w)
        sess.run(step)
        checkpoint.restore(path).assert_consumed().run_restore_ops()
        np.testing.assert_array_equal(sess.run(w), once)
    assert path == "kept/x-1"
    with tf.Session() as other:
        checkpoint.restore(tf.train.latest_checkpoint("kept")).initialize_or_restore(other)
        np.testing.assert_array_equal(other.run(w), once)
    with pytest.raises(AssertionError, match="No checkpoint value for: more/b"):
        tf.train.Checkpoint(w=w, optimizer=adam, more=tf.Variable(1.0, name="b")).restore(path).assert_consumed()


def test_files_of_tensorflow_are_not_read() -> None:
    Path("m.index").write_bytes(b"\x00\x00\x08\x01\x12")
    tf.Variable(1.0)
    with tf.Session() as sess, pytest.raises(ValueError, match="m was written by TensorFlow, in a form that only"):
        tf.train.Saver().restore(sess, "m")
