"""``tf.summary`` of TensorFlow 1: nodes whose values are summaries, and writers of event files."""

from __future__ import annotations

import math
import os
import re
from typing import Any

import numpy as np

from tapeview.engine import deferred, warn
from tapeview.engine.convert import to_tensor
from tapeview.engine.deferred import mode
from tapeview.engine.errors import InvalidArgumentError
from tapeview.engine.log import log
from tapeview.engine.scripting import event_files, summaries
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import Array, EagerTensor
from tapeview.tf1 import graphs
from tapeview.tf1.summary_proto import Summary

_NO_MERGING = "Merging tf.summary.* ops is not compatible with eager execution. Use tf.contrib.summary instead."
_ILLEGAL = re.compile(r"[^-/\w\.]")


def _clean(name: str) -> str:
    found = _ILLEGAL.sub("_", name).lstrip("/")
    if found != name:
        warn.get_logger().info("Summary name %s is illegal; using %s instead.", name, found)
    return found


def _add(kind: str, name: str, family: str | None, collections: Any, make: Any, *inputs: Any) -> Any:
    """A node whose value is a serialised summary; ``make(tag, *arrays)`` gives that."""
    if not deferred.building():
        return make(_clean(name), *[to_tensor(x)._array for x in inputs])
    full = f"{_clean(family)}/{_clean(name)}" if family else _clean(name)
    with graphs.name_scope(full) as scope:
        tag = f"{_clean(family)}/{scope.rstrip('/')}" if family else scope.rstrip("/")
        given = [graphs.tensor(x) for x in inputs]

        def made(*values: Any) -> EagerTensor:
            if mode.local.run is None:  # only its type and shape are wanted
                return _bytes(b"")
            return _bytes(make(tag, *[v._array for v in values]))

        node = deferred.add_node(made, given, scope, kind)
    for collection in [deferred.GraphKeys.SUMMARIES] if collections is None else collections:
        deferred.add_to_collection(collection, node)
    return node


def _bytes(data: bytes) -> EagerTensor:
    array = np.empty((), object)
    array[()] = data
    return EagerTensor(array)


def scalar(
    name: str, tensor: Any, collections: Any = None, family: str | None = None, **_: Any
) -> Any:  # fmt: skip
    """A summary of a number."""

    def made(tag: str, value: Array) -> bytes:
        if value.ndim:
            text = f"tags and values are not the same shape: [] != {bracketed(value.shape)} (tag '{tag}')"
            raise InvalidArgumentError(None, None, text)
        return Summary.Value(tag=tag, simple_value=float(value)).in_summary()

    return _add("ScalarSummary", name, family, collections, made, tensor)


def histogram(name: str, values: Any, collections: Any = None, family: str | None = None, **_: Any) -> Any:
    """A summary of how a tensor's numbers are spread."""
    return _add("HistogramSummary", name, family, collections, _histogram, values)


def _limits() -> list[float]:
    """The upper ends of the buckets that TensorFlow counts numbers in."""
    positive = []
    value = 1e-12
    while value < 1e20:
        positive.append(value)
        value *= 1.1
    return [*(-v for v in reversed(positive)), 0.0, *positive, float(np.finfo(np.float64).max)]


_edges: list[float] = []


def _histogram(tag: str, values: Array) -> bytes:
    if not _edges:
        _edges.extend(_limits())
    numbers = np.asarray(values, np.float64).ravel()
    if not np.isfinite(numbers).all():
        raise InvalidArgumentError(None, None, f"Nan in summary histogram for: {tag}")
    counts = np.bincount(np.searchsorted(_edges, numbers, side="right"), minlength=len(_edges))
    kept = [
        k for k in range(len(_edges))
        if counts[k] or (k + 1 < len(_edges) and counts[k + 1]) or (not counts.any() and k == 0)
    ]  # fmt: skip
    return event_files.histogram_summary(tag, numbers, [_edges[k] for k in kept], [float(counts[k]) for k in kept])


def image(
    name: str, tensor: Any, max_outputs: int = 3, collections: Any = None, family: str | None = None, **_: Any
) -> Any:
    """A summary of the first images of a batch: (n, rows, columns, 1, 3 or 4)."""

    def made(tag: str, batch: Array) -> bytes:
        chosen = [summaries.png(one) for one in _as_bytes(batch)[:max_outputs]]
        tags = [f"{tag}/image"] if max_outputs == 1 else [f"{tag}/image/{k}" for k in range(len(chosen))]
        rows, columns, channels = batch.shape[1:]
        return b"".join(
            event_files.image_summary(t, png, rows, columns, channels) for t, png in zip(tags, chosen, strict=False)
        )

    return _add("ImageSummary", name, family, collections, made, tensor)


def _as_bytes(batch: Array) -> Array:
    """Floats of each image scaled so that the largest is white; with negative ones 0 is grey."""
    if batch.dtype == np.uint8:
        return batch
    found = np.zeros(batch.shape, np.uint8)
    for k, one in enumerate(np.asarray(batch, np.float64)):
        known = one[np.isfinite(one)]
        low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
        scale, shift = 255.0 / high if high > 0 else 0.0, 0.0
        if low < 0:
            scale, shift = 127.0 / max(abs(low), abs(high)), 128.0
        found[k] = np.clip(np.nan_to_num(one) * scale + shift, 0, 255).astype(np.uint8)
    return found


def text(name: str, tensor: Any, collections: Any = None) -> Any:
    """A summary of texts."""

    def made(tag: str, value: Array) -> bytes:
        return event_files.text_summary(tag, [v if isinstance(v, bytes) else str(v).encode() for v in value.ravel()])

    return _add("TensorSummaryV2", name, None, collections, made, tensor)


def audio(
    name: str, tensor: Any, sample_rate: Any, max_outputs: int = 3, collections: Any = None, family: str | None = None
) -> Any:
    """Accepted: a summary of nothing, since sounds are not kept."""
    return _add("AudioSummaryV2", name, family, collections, lambda tag, value: b"", tensor)


def merge(inputs: Any, collections: Any = None, name: str | None = None) -> Any:
    """One summary of several. Raises RuntimeError eagerly."""
    if not deferred.building():
        raise RuntimeError(_NO_MERGING)
    with graphs.name_scope(name, "Merge"):
        parts = [graphs.tensor(x) for x in inputs]
        node = deferred.add_node(_merged, (parts,), "MergeSummary", "MergeSummary")
    for collection in collections or ():
        deferred.add_to_collection(collection, node)
    return node


def _merged(parts: list[Any]) -> EagerTensor:
    return _bytes(b"".join(bytes(one) for part in parts for one in part._array.ravel()))


def merge_all(key: str = "summaries", scope: str | None = None, name: str | None = None) -> Any:
    """One summary of all that were made, None if there are none. Raises RuntimeError eagerly."""
    if not deferred.building():
        raise RuntimeError(_NO_MERGING)
    found = deferred.get_collection(key, scope)
    return merge(found, name=name) if found else None


def scalar_summary(tags: Any, values: Any, collections: Any = None, name: str | None = None) -> Any:
    """``tf.scalar_summary``, as it was before version 1."""
    return scalar(str(tags), values, collections)


def histogram_summary(tag: Any, values: Any, collections: Any = None, name: str | None = None) -> Any:
    """``tf.histogram_summary``, as it was before version 1."""
    return histogram(str(tag), values, collections)


def image_summary(tag: Any, tensor: Any, max_images: int = 3, collections: Any = None, name: str | None = None) -> Any:
    """``tf.image_summary``, as it was before version 1."""
    return image(str(tag), tensor, max_images, collections)


merge_summary, merge_all_summaries = merge, merge_all


# -- writers -----------------------------------------------------------------------------------------------------------

_folders: list[str] = []


class FileWriter:
    """Writes summaries into an event file of a folder; their numbers are curves of the recording as well."""

    def __init__(
        self, logdir: Any, graph: Any = None, max_queue: int = 10, flush_secs: Any = 120, graph_def: Any = None,
        filename_suffix: str | None = None, session: Any = None,
    ) -> None:  # fmt: skip
        self._folder: str = os.fspath(logdir)
        self._file = event_files.EventFile(self._folder, filename_suffix or "")
        self._open = True
        if os.path.abspath(self._folder) not in _folders:
            _folders.append(os.path.abspath(self._folder))

    def get_logdir(self) -> str:
        """The folder."""
        return self._folder

    def add_summary(self, summary: Any, global_step: Any = None) -> None:
        """Writes a summary: what fetching a summary gave, or a ``tf.Summary``.

        Raises:
            TypeError: something else.
        """
        data = getattr(summary, "_array", summary)
        data = data.SerializeToString() if hasattr(data, "SerializeToString") else data
        data = data.item() if isinstance(data, (np.ndarray, np.generic)) else data
        if not isinstance(data, bytes):
            raise TypeError(f"add_summary takes what fetching a summary gave, not {type(summary).__name__}.")
        if not self._open:
            warn.warn("Attempting to use a closed FileWriter. The operation will be a noop unless the FileWriter is "
                      "explicitly reopened.")  # fmt: skip
            return
        step = 0 if global_step is None else int(np.asarray(getattr(global_step, "_array", global_step)))
        self._file.summary(data, step)
        for value in Summary.FromString(data).value:
            if value.simple_value is not None and not math.isnan(value.simple_value):
                log(self._curve(value.tag), value.simple_value)

    def _curve(self, tag: str) -> str:
        """A tag; with the folder's name if there are several writers."""
        return tag if len(_folders) < 2 else f"{os.path.basename(os.path.abspath(self._folder))}/{tag}"

    def add_graph(self, graph: Any, global_step: Any = None, graph_def: Any = None) -> None:
        """Accepted: the window shows the graph."""

    def add_meta_graph(self, meta_graph_def: Any, global_step: Any = None) -> None:
        """Accepted; see :meth:`add_graph`."""

    def add_run_metadata(self, run_metadata: Any, tag: str, global_step: Any = None) -> None:
        """Accepted: the recording has the run."""

    def add_session_log(self, session_log: Any, global_step: Any = None) -> None:
        """Accepted."""

    def add_event(self, event: Any) -> None:
        """Accepted."""

    def flush(self) -> None:
        """Everything written so far is in the file."""
        if self._open:
            self._file.flush()

    def close(self) -> None:
        """Nothing more is written."""
        if self._open:
            self._open = False
            self._file.close()

    def reopen(self) -> None:
        """Goes on in a new file."""
        if not self._open:
            self._file = event_files.EventFile(self._folder)
            self._open = True

    def __enter__(self) -> FileWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


SummaryWriter = FileWriter


class FileWriterCache:
    """One writer for each folder."""

    _writers: dict[str, FileWriter] = {}  # noqa: RUF012

    @classmethod
    def get(cls, logdir: Any) -> FileWriter:
        """The folder's writer."""
        return cls._writers.setdefault(os.fspath(logdir), FileWriter(logdir))

    @classmethod
    def clear(cls) -> None:
        """Closes all."""
        for writer in cls._writers.values():
            writer.close()
        cls._writers = {}
