"""``tf.summary`` of TensorFlow 1: what is fetched, what is in event files, and curves of the recording."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tapeview.engine import deferred, observe
from tapeview.engine.scripting.event_files import masked_crc
from tapeview.tensorflow.loader import Namespace
from tapeview.tf1 import summary

tf: Any = Namespace("tensorflow", "tf", tf1=True)


@pytest.fixture(autouse=True)
def _graphs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(summary, "_folders", [])
    deferred.enable()
    yield
    deferred.disable()


@contextmanager
def listening(told: list[Any]) -> Iterator[None]:
    observe.listen(told.append)
    try:
        yield
    finally:
        observe.listen(None)


def records(folder: str) -> list[bytes]:
    """The records of a folder's only event file, with their check sums looked at."""
    (path,) = Path(folder).glob("events.out.tfevents.*")
    data, found = path.read_bytes(), []
    while data:
        (size,) = struct.unpack("<Q", data[:8])
        assert struct.unpack("<I", data[8:12])[0] == masked_crc(data[:8])
        found.append(data[12 : 12 + size])
        data = data[16 + size :]
    return found


def test_a_number_is_serialised_as_tensorflow_does_it() -> None:
    loss = tf.placeholder(tf.float32, [], "l")
    with tf.name_scope("train"):
        node = tf.summary.scalar("loss 1", loss)
    with tf.Session() as sess:
        assert sess.run(node, {loss: 2.5}) == b"\n\x13\n\x0ctrain/loss_1\x15\x00\x00 @"
    assert (node.name, node.op.type, node.dtype) == ("train/loss_1:0", "ScalarSummary", tf.string)
    assert tf.get_collection(tf.GraphKeys.SUMMARIES) == [node]


def test_histograms_count_in_tensorflows_buckets() -> None:
    node = tf.summary.histogram("h", tf.constant([1.0, 2.0, -3.0, 0.0]))
    with tf.Session() as sess:
        data = sess.run(node)
    limits = [-3.1665833053880363, -2.8787120958073054, 0, 1e-12, 0.917246389039776, 1.0089710279437536,
              1.9661990955585713, 2.1628190051144287]  # fmt: skip
    for limit in limits:
        assert struct.pack("<d", limit) in data or limit == 0
    assert struct.pack("<4d", -3.0, 2.0, 4.0, 0.0)[:8] in data


def test_merging() -> None:
    assert tf.summary.merge_all() is None
    tf.summary.scalar("a", tf.constant(1.0))
    tf.summary.image("i", tf.ones([2, 4, 4, 1]), max_outputs=1)
    tf.summary.text("t", tf.constant("hello"))
    merged = tf.summary.merge_all()
    with tf.Session() as sess:
        found = tf.Summary.FromString(sess.run(merged))
    assert merged.name == "Merge/MergeSummary:0"
    assert [v.tag for v in found.value] == ["a", "i/image", "t"]
    assert found.value[0].simple_value == 1.0


def test_the_names_of_before_version_1() -> None:
    tf.scalar_summary("cost", tf.constant(3.0))
    merged = tf.merge_all_summaries()
    writer = tf.train.SummaryWriter("old", graph=tf.get_default_graph())
    with tf.Session() as sess:
        writer.add_summary(sess.run(merged), 4)
    writer.close()
    assert b"cost" in records("old")[1]


def test_event_files_and_curves() -> None:
    loss = tf.placeholder(tf.float32, [], "l")
    merged = tf.summary.merge([tf.summary.scalar("loss", loss)])
    told: list[Any] = []
    with tf.Session() as sess, tf.summary.FileWriter("logs/train", sess.graph) as writer:
        data = [sess.run(merged, {loss: k}) for k in (2.0, 1.0)]
        with listening(told):
            for k, one in enumerate(data):
                writer.add_summary(one, k)
            extra = tf.Summary(value=[tf.Summary.Value(tag="extra", simple_value=0.5)])
            extra.value.add(tag="more", simple_value=4)
            writer.add_summary(extra, np.int64(7))
    assert [(e[1], e[2]) for e in told if e[0] == observe.LOGGED] == [
        ("loss", 2.0), ("loss", 1.0), ("extra", 0.5), ("more", 4.0),
    ]  # fmt: skip
    assert len(records("logs/train")) == 4
    assert data[0] in records("logs/train")[1]


def test_two_writers_have_curves_of_their_own() -> None:
    told: list[Any] = []
    value = tf.Summary(value=[tf.Summary.Value(tag="acc", simple_value=1.0)])
    with tf.summary.FileWriter("logs/train") as train, tf.summary.FileWriter("logs/test") as test:
        with listening(told):
            train.add_summary(value, 1)
            test.add_summary(value.SerializeToString(), 1)
        with pytest.raises(TypeError, match="add_summary takes what fetching a summary gave, not float"):
            test.add_summary(1.0)
    assert [e[1] for e in told if e[0] == observe.LOGGED] == ["train/acc", "test/acc"]


def test_what_can_be_no_summary() -> None:
    with tf.Session() as sess:
        with pytest.raises(tf.errors.InvalidArgumentError, match="Nan in summary histogram for: h"):
            sess.run(tf.summary.histogram("h", tf.constant([1.0, np.nan])))
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"not the same shape: \[\] != \[2\] \(tag 's'\)"):
            sess.run(tf.summary.scalar("s", tf.constant([1.0, 2.0])))
