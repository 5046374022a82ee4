"""``tf.contrib.summary``: summaries of eager scripts, with the global step in place of a step of their own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from tapeview.engine import deferred
from tapeview.engine.scripting import summaries
from tapeview.tf1 import steps

_every: list[int] = [0]
"""Of the open blocks, after how many steps a summary is written: 1 with each step, 0 never."""


def create_file_writer(
    logdir: Any, max_queue: Any = None, flush_millis: Any = None, filename_suffix: Any = None, name: Any = None
) -> summaries.SummaryWriter:
    """A writer into a folder.

    Raises:
        ValueError: while a graph is being built.
    """
    if deferred.building():
        raise ValueError("tapeview has tf.contrib.summary for eager scripts only; use tf.summary.FileWriter in graphs.")
    return summaries.create_file_writer(logdir, max_queue, flush_millis, filename_suffix, name)


@contextlib.contextmanager
def _recording(every: int) -> Iterator[None]:
    _every.append(every)
    try:
        yield
    finally:
        _every.pop()


def always_record_summaries() -> Any:
    """A block whose summaries are written."""
    return _recording(1)


def never_record_summaries() -> Any:
    """A block whose summaries are not written."""
    return _recording(0)


def record_summaries_every_n_global_steps(n: int, global_step: Any = None) -> Any:
    """A block whose summaries are written with every ``n``-th global step."""
    return _recording(int(n))


def _step(step: Any) -> Any:
    """The step to write for; None if nothing is written."""
    present = steps.get_or_create_global_step() if step is None else step
    number = int(getattr(present, "_array", present))
    every = _every[-1]
    return number if every and number % every == 0 else None


def scalar(name: str, tensor: Any, family: str | None = None, step: Any = None) -> None:
    """A number."""
    at = _step(step)
    if at is not None:
        summaries.scalar(f"{family}/{name}" if family else name, tensor, at)


def histogram(name: str, tensor: Any, family: str | None = None, step: Any = None) -> None:
    """The numbers of a tensor, counted in ranges."""
    at = _step(step)
    if at is not None:
        summaries.histogram(f"{family}/{name}" if family else name, tensor, at)


def image(
    name: str, tensor: Any, bad_color: Any = None, max_images: int = 3, family: str | None = None, step: Any = None
) -> None:
    """The first images of a batch."""
    at = _step(step)
    if at is not None:
        summaries.image(f"{family}/{name}" if family else name, tensor, at, max_images)


def flush(writer: Any = None, name: Any = None) -> None:
    """Everything written so far is in the file."""
    summaries.flush(writer)
