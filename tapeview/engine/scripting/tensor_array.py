"""``tf.TensorArray``: a list of tensors to which loops write."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine import convert, dtypes
from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import InvalidArgumentError, OutOfRangeError
from tapeview.engine.ops.arrange import split as split_tensor
from tapeview.engine.ops.arrange import unstack as unstack_tensor
from tapeview.engine.ops.shape import concat as concat_tensors
from tapeview.engine.ops.shape import stack as stack_tensors
from tapeview.engine.ops.shape import static_int, static_ints
from tapeview.engine.shapes import TensorShape
from tapeview.engine.tensor import EagerTensor


class TensorArray:
    """Tensors of one type, by number.

    Args:
        dtype: their type.
        size: how many.
        dynamic_size: writing past the end makes it longer.
        clear_after_read: what was read can not be read again (the default, as in TensorFlow).
        element_shape: the shape all of them have, if it is known.
    """

    def __init__(
        self,
        dtype: Any,
        size: Any = None,
        dynamic_size: bool | None = None,
        clear_after_read: bool | None = None,
        tensor_array_name: str | None = None,
        handle: Any = None,
        flow: Any = None,
        infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True,
        name: str | None = None,
    ) -> None:
        self._dtype = dtypes.as_dtype(dtype)
        self._dynamic = bool(dynamic_size)
        self._clear = True if clear_after_read is None else bool(clear_after_read)
        self._infer = infer_shape
        self._shape = None if element_shape is None else TensorShape(element_shape)
        self._items: list[EagerTensor | None] = [None] * (0 if size is None else static_int(size))
        self._cleared: set[int] = set()

    @property
    def dtype(self) -> dtypes.DType:
        """The type of the tensors."""
        return self._dtype

    @property
    def element_shape(self) -> TensorShape | None:
        """The shape of each tensor, None if it is not known yet."""
        return self._shape

    @property
    def dynamic_size(self) -> bool:
        """Whether writing past the end makes it longer."""
        return self._dynamic

    def size(self, name: str | None = None) -> EagerTensor:
        """The number of tensors: an int32 scalar."""
        return EagerTensor(np.array(len(self._items), np.int32))

    def identity(self) -> TensorArray:
        """The same tensors."""
        return self

    def mark_used(self) -> None:
        """Nothing: there is no warning about unused arrays here."""

    def grad(self, source: Any = None, flow: Any = None, name: str | None = None) -> None:
        """Not there outside deferred graphs. Raises NotImplementedError."""
        raise NotImplementedError("TensorArray.grad is not supported when executing eagerly; eager's gradient "
                                  "implementation does not use/need this function to compute gradients of operations "
                                  "that use TensorArrays.")  # fmt: skip

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """Puts ``value`` at ``index`` and returns the array.

        Raises:
            OutOfRangeError: there is no such place.
            InvalidArgumentError: a value of another type.
            ValueError: a value of another shape.
        """
        at = static_int(index)
        if at < 0:
            raise OutOfRangeError(None, None, f"Writing to negative indices (index {at}) is not allowed.")
        if at >= len(self._items):
            if not self._dynamic:
                text = f"Tried to write to index {at} but array is not resizeable and size is: {len(self._items)} "
                raise OutOfRangeError(None, None, text)
            self._items += [None] * (at + 1 - len(self._items))
        t = to_tensor(value) if convert.is_tensor_like(value) else to_tensor(value, self._dtype)
        if t.dtype is not self._dtype:
            text = f"TensorArray dtype is {self._dtype.name} but Op is trying to write dtype {t.dtype.name} "
            raise InvalidArgumentError(None, None, text)
        if self._shape is not None and not self._shape.is_compatible_with(t.shape):
            raise ValueError(f"Incompatible shape for value ({t.shape}), expected ({self._shape})")
        if self._infer:
            self._shape = t.shape
        self._items[at] = t
        self._cleared.discard(at)
        return self

    def read(self, index: Any, name: str | None = None) -> EagerTensor:
        """The tensor at ``index``; zeros if none was written.

        Raises:
            OutOfRangeError: there is no such place.
            InvalidArgumentError: it was read before.
            ValueError: none was written, and the shape is not known.
        """
        at = static_int(index)
        if at < 0:
            raise OutOfRangeError(None, None, f"Reading from negative indices (index {at}) is not allowed.")
        if at >= len(self._items):
            raise OutOfRangeError(None, None, f"Tried to read from index {at} but array size is: {len(self._items)} ")
        if at in self._cleared:
            raise InvalidArgumentError(
                None, None,
                f"Could not read index {at} twice because it was cleared after a previous read (perhaps try setting "
                "clear_after_read = false?)",
            )  # fmt: skip
        found = self._item(at)
        if self._clear:
            self._items[at] = None
            self._cleared.add(at)
        return found

    def _item(self, at: int) -> EagerTensor:
        found = self._items[at]
        if found is None:
            if self._shape is None or not self._shape.is_fully_defined():
                raise ValueError("Cannot convert a partially known TensorShape <unknown> to a Tensor.")
            found = EagerTensor(np.zeros(tuple(self._shape), self._dtype.numpy))
        return found

    def stack(self, name: str | None = None) -> EagerTensor:
        """All tensors, joined along a new first axis."""
        if not self._items:
            return EagerTensor(np.zeros((0, *(self._shape or ())), self._dtype.numpy))
        return stack_tensors([self._item(k) for k in range(len(self._items))])

    def gather(self, indices: Any, name: str | None = None) -> EagerTensor:
        """The tensors of these numbers, joined along a new first axis."""
        return stack_tensors([self._item(k) for k in static_ints(indices)])

    def concat(self, name: str | None = None) -> EagerTensor:
        """All tensors, joined along their first axis."""
        return concat_tensors([self._item(k) for k in range(len(self._items))], 0)

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """Writes the slices of ``value`` along its first axis."""
        return self._write_all(range(len(parts := unstack_tensor(self._as_own(value)))), parts)

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """Writes the slices of ``value`` to these numbers."""
        return self._write_all(static_ints(indices), unstack_tensor(self._as_own(value)))

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """Writes parts of ``value`` of these lengths."""
        self._infer = False
        sizes = static_ints(lengths)
        return self._write_all(range(len(sizes)), split_tensor(self._as_own(value), list(sizes)))

    def _as_own(self, value: Any) -> EagerTensor:
        return to_tensor(value) if convert.is_tensor_like(value) else to_tensor(value, self._dtype)

    def _write_all(self, places: Any, parts: list[EagerTensor]) -> TensorArray:
        for place, part in zip(places, parts, strict=True):
            self.write(place, part)
        return self
