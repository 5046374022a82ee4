"""``tf.summary``: numbers, histograms, images and texts into event files."""

from __future__ import annotations

import struct
import threading
import zlib
from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.scripting.event_files import EventFile
from tapeview.engine.tensor import Array


class _State(threading.local):
    writer: SummaryWriter | None = None
    step: Any = None


_state = _State()


class SummaryWriter:
    """A folder that summaries are written to. Its file is made by the first of them."""

    def __init__(self, logdir: Any, filename_suffix: str | None = None) -> None:
        self._folder = str(getattr(logdir, "_array", logdir))
        self._suffix = filename_suffix or ""
        self._file: EventFile | None = None
        self._outer: list[SummaryWriter | None] = []

    def events(self) -> EventFile:
        """The event file."""
        if self._file is None:
            self._file = EventFile(self._folder, self._suffix)
        return self._file

    def set_as_default(self, step: Any = None) -> None:
        """From now on summaries are written here."""
        _state.writer = self
        if step is not None:
            _state.step = step

    def as_default(self, step: Any = None) -> SummaryWriter:
        """A context manager: inside, summaries are written here."""
        if step is not None:
            _state.step = step
        return self

    def __enter__(self) -> SummaryWriter:
        self._outer.append(_state.writer)
        _state.writer = self
        return self

    def __exit__(self, *_: object) -> None:
        _state.writer = self._outer.pop()
        self.flush()

    def flush(self) -> None:
        """Everything written so far is in the file."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Nothing more is written."""
        if self._file is not None:
            self._file.close()


def create_file_writer(
    logdir: Any, max_queue: Any = None, flush_millis: Any = None, filename_suffix: Any = None, name: Any = None,
    experimental_trackable: bool = False,
) -> SummaryWriter:  # fmt: skip
    """A writer into a folder."""
    return SummaryWriter(logdir, filename_suffix)


def _target(step: Any) -> tuple[EventFile, int] | None:
    writer = _state.writer
    if writer is None:
        return None
    present = _state.step if step is None else step
    if present is None:
        raise ValueError("No step set. Please specify one either through the `step` argument or through "
                         "tf.summary.experimental.set_step()")  # fmt: skip
    return writer.events(), int(np.asarray(getattr(present, "_array", present)))


def scalar(name: str, data: Any, step: Any = None, description: str | None = None) -> bool:
    """A number. False if there is no writer. Raises ValueError without a step."""
    target = _target(step)
    if target is not None:
        target[0].scalar(name, to_tensor(data), target[1])
    return target is not None


def histogram(name: str, data: Any, step: Any = None, buckets: Any = None, description: str | None = None) -> bool:
    """The numbers of a tensor, counted in ranges. False if there is no writer. Raises ValueError without a step."""
    target = _target(step)
    if target is not None:
        target[0].histogram(name, to_tensor(data), target[1], 30 if buckets is None else int(buckets))
    return target is not None


def text(name: str, data: Any, step: Any = None, description: str | None = None) -> bool:
    """A text. False if there is no writer. Raises ValueError without a step."""
    target = _target(step)
    if target is not None:
        value: Any = to_tensor(data)._array[()]
        target[0].text(name, value.decode() if isinstance(value, bytes) else str(value), target[1])
    return target is not None


def image(name: str, data: Any, step: Any = None, max_outputs: Any = 3, description: str | None = None) -> bool:
    """The first images of a batch: (n, rows, columns, 1, 3 or 4), uint8 or floats from 0 to 1.

    False if there is no writer. Raises ValueError without a step, or for another shape.
    """
    target = _target(step)
    if target is None:
        return False
    batch = to_tensor(data)._array
    if batch.ndim != 4 or batch.shape[-1] not in (1, 2, 3, 4):
        raise ValueError(f"images have the shape (n, rows, columns, 1, 3 or 4), but this is {batch.shape}")
    if batch.dtype != np.uint8:
        batch = (np.clip(batch, 0, 1) * 255.5).astype(np.uint8)
    chosen = batch[: int(max_outputs)]
    target[0].images(name, [png(one) for one in chosen], batch.shape[2], batch.shape[1], target[1])
    return True


def png(pixels: Array) -> bytes:
    """An image (rows, columns, 1 to 4 channels of bytes), encoded."""
    rows, columns, channels = pixels.shape
    lines = np.zeros((rows, 1 + columns * channels), np.uint8)  # each line begins with its filter: none
    lines[:, 1:] = pixels.reshape(rows, -1)
    header = struct.pack(">IIBBBBB", columns, rows, 8, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes())), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


def set_step(step: Any) -> None:
    """The step of summaries that name none."""
    _state.step = step


def get_step() -> Any:
    """The step of summaries that name none."""
    return _state.step


def flush(writer: SummaryWriter | None = None, name: str | None = None) -> None:
    """Everything written so far is in the file."""
    chosen = _state.writer if writer is None else writer
    if chosen is not None:
        chosen.flush()


def trace_on(graph: bool = True, profiler: bool = False, profiler_outdir: Any = None) -> None:
    """Accepted: there are no graphs to trace, the tape is what to look at."""


def trace_export(name: str, step: Any = None, profiler_outdir: Any = None) -> None:
    """Accepted; see :func:`trace_on`."""


def trace_off() -> None:
    """Accepted; see :func:`trace_on`."""
