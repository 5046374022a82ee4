"""Values on demand: from memory into the recording, piece by piece, while everything else goes on."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from tapeview.debuggee.adapters.keeping import Keeper, size_text
from tapeview.debuggee.adapters.shelf import Shelf
from tapeview.trace.query import Recording
from tapeview.trace.records import SETUP
from tapeview.trace.schema import PIECE
from tapeview.trace.store import RecordingError, Writer
from tapeview.trace.values import byte_count, little_endian

CANCELLED = "Cancelled; what had been written by then stays, and asking again goes on from there."


def fetch(
    writer: Writer,
    keeper: Keeper,
    shelf: Shelf,
    tensors: Sequence[int],
    tell: Callable[[int, int], None],
    given_up: Callable[[], bool],
) -> tuple[int, int, dict[int, str]]:
    """Writes the bytes of tensors that are in memory into the recording, in slices; each is there when it is written.

    ``tell`` hears (bytes written, bytes in all) after each slice; once ``given_up`` says True nothing more is written.
    Returns both numbers and for each tensor that could not be had one sentence why. Callable on any thread.
    """
    wanted = {tensor: shelf.get(tensor) for tensor in dict.fromkeys(tensors)}
    there = {tensor: array for tensor, array in wanted.items() if array is not None}
    missing = _why_not(writer, keeper, shelf, [tensor for tensor, array in wanted.items() if array is None])
    total = sum(array.nbytes for array in there.values())
    done = 0
    for tensor, array in there.items():
        try:
            for written in _slices(writer, tensor, array, given_up):
                done += written
                tell(done, total)
        except RecordingError as error:
            missing[tensor] = f"The value of tensor {tensor} is in memory, but the recording cannot take it: {error}."
        if given_up():
            break
    if given_up():
        left = [tensor for tensor in there if tensor not in missing]
        missing.update((tensor, CANCELLED) for tensor in left[_whole(left, there, done) :])
    return done, total, missing


def _whole(tensors: list[int], arrays: dict[int, np.ndarray], done: int) -> int:
    """How many of the tensors, in order, fit into the bytes that were written."""
    for number, tensor in enumerate(tensors):
        done -= arrays[tensor].nbytes
        if done < 0:
            return number
    return len(tensors)


def _slices(writer: Writer, tensor: int, array: np.ndarray, given_up: Callable[[], bool]) -> Iterable[int]:
    """Writes the pieces of a value; yields the bytes of each, and those that were there already as one."""
    items = max(PIECE // array.itemsize, 1)
    number = writer.pieces(tensor)
    start = number * items
    if number:
        yield min(start * array.itemsize, array.nbytes)
    # A slice of `flat` is a copy in C order, and the only one: the whole may be larger than the memory that is left.
    flat = array.reshape(-1) if array.flags.c_contiguous else array.flat
    while start < array.size and not given_up():
        piece = little_endian(flat[start : start + items]).tobytes()
        writer.add_piece(tensor, number, piece)
        yield len(piece)
        number += 1
        start += items


def _why_not(writer: Writer, keeper: Keeper, shelf: Shelf, tensors: list[int]) -> dict[int, str]:
    """One sentence for each of these tensors, which are not in memory, unless its value is in the recording."""
    if not tensors:
        return {}
    try:
        with Recording.open(writer.path) as recording:
            found = {tensor: _why(recording, keeper, shelf, tensor) for tensor in tensors}
    except RecordingError as error:
        return dict.fromkeys(tensors, f"The recording cannot be read: {error}")
    return {tensor: sentence for tensor, sentence in found.items() if sentence}


def _why(recording: Recording, keeper: Keeper, shelf: Shelf, tensor: int) -> str:
    try:
        record = recording.tensor(tensor)
    except KeyError:
        return f"There is no tensor {tensor} in the recording."
    if recording.value_kept(tensor):
        return ""
    size = byte_count(record.dtype, record.shape)
    if size is None:
        return f"The value of tensor {tensor} cannot be had: values of type {record.dtype} are not recorded."
    began = [info.began for info in recording.step_infos()]
    step = bisect_left(began, tensor) - 1
    where = "from before the first step" if step == SETUP else f"of step {step}"
    text = f"The value of tensor {tensor} {where} ({size_text(size)}) is not in memory any more"
    if step == recording.step_count - 1:
        limit = size_text(shelf.limit)
        return f"{text}: those of a step stay up to {limit} in all; make the step smaller."
    past = f"those of earlier steps stay up to {size_text(shelf.past_limit)} in all (--keep-memory SIZE)"
    if size > keeper.value_limit:
        return f"{text}: {past}, and values above {size_text(keeper.value_limit)} are not written (--keep-values SIZE)."
    return f"{text}: {past}, and of a long training large values are written of some steps only (--keep-steps all)."
