"""Diagonals and triangles of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import invalid
from tapeview.engine.op import Op, defop, execute
from tapeview.engine.ops.reduction import reduce_sum
from tapeview.engine.ops.shape import static_int
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import Array, EagerTensor


def _places(length: int, k: int) -> tuple[Array, Array]:
    """Rows and columns of the elements of diagonal ``k`` (above the main one: positive)."""
    step = np.arange(length)
    return step + max(-k, 0), step + max(k, 0)


def _length(rows: int, columns: int, k: int) -> int:
    return max(min(rows - max(-k, 0), columns - max(k, 0)), 0)


def _diag(x: Array, *, k: int, rows: int, columns: int, padding: float) -> Any:
    out = np.full((*x.shape[:-1], rows, columns), padding, x.dtype)
    out[(..., *_places(x.shape[-1], k))] = x
    return out


def _diag_part(x: Array, *, k: int) -> Any:
    length = _length(x.shape[-2], x.shape[-1], k)
    at: Any = (..., *_places(length, k))
    return x[at]


def _set_diag(x: Array, diagonal: Array, *, k: int) -> Any:
    out = x.copy()
    out[(..., *_places(diagonal.shape[-1], k))] = diagonal
    return out


def _band_part(x: Array, *, lower: int, upper: int) -> Any:
    rows, columns = np.ogrid[: x.shape[-2], : x.shape[-1]]
    kept = ((lower < 0) | (rows - columns <= lower)) & ((upper < 0) | (columns - rows <= upper))
    return np.where(kept, x, x.dtype.type(0))


def _tensor_diag(x: Array) -> Any:
    return np.diag(x.ravel()).reshape(x.shape + x.shape)


def _tensor_diag_part(x: Array) -> Any:
    half = x.shape[: x.ndim // 2]
    size = int(np.prod(half, dtype=np.int64))
    return np.diag(x.reshape(size, size)).reshape(half)


def _diag_part_rule(g: EagerTensor, y: EagerTensor, x: EagerTensor, k: int) -> EagerTensor:
    rows, columns = x._array.shape[-2:]
    return diag(g, k=k, num_rows=rows, num_cols=columns)


DIAG: Op = defop(
    "MatrixDiagV3", _diag, (lambda g, y, x, k, rows, columns, padding: diag_part(g, k=k),), inputs="x",
    formulas=("the diagonal of g",),
)  # fmt: skip
DIAG_PART: Op = defop(
    "MatrixDiagPartV3", _diag_part, (_diag_part_rule,), inputs="x", formulas=("g on the diagonal, 0 elsewhere",)
)
SET_DIAG: Op = defop(
    "MatrixSetDiagV3", _set_diag, inputs="x diagonal",
    vjps=(lambda g, y, x, diagonal, k: set_diag(g, EagerTensor(np.zeros_like(diagonal._array)), k=k),
          lambda g, y, x, diagonal, k: diag_part(g, k=k)),
    formulas=("g, 0 on the diagonal", "the diagonal of g"),
)  # fmt: skip
BAND_PART: Op = defop(
    "MatrixBandPart", _band_part, (lambda g, y, x, lower, upper: band_part(g, lower, upper),), inputs="x",
    formulas=("g inside the band, 0 outside",),
)  # fmt: skip
TENSOR_DIAG: Op = defop(
    "Diag", _tensor_diag, (lambda g, y, x: tensor_diag_part(g),), inputs="x", formulas=("the diagonal of g",)
)  # fmt: skip
TENSOR_DIAG_PART: Op = defop(
    "DiagPart", _tensor_diag_part, (lambda g, y, x: tensor_diag(g),), inputs="x",
    formulas=("g on the diagonal, 0 elsewhere",),
)  # fmt: skip


def _one_diagonal(k: Any) -> int:
    try:
        return static_int(k)
    except (TypeError, ValueError):
        raise NotImplementedError(f"tapeview supports single diagonals only, not a band of them (k={k})") from None


def _at_least(op: str, what: str, t: EagerTensor, rank: int, name: str) -> None:
    if t._array.ndim < rank:
        text = f"{what} must be at least {rank}-dim, received shape: {bracketed(t._array.shape)}"
        raise invalid(op, text, name=name)


def diag(
    diagonal: Any,
    name: str = "diag",
    k: Any = 0,
    num_rows: Any = -1,
    num_cols: Any = -1,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> EagerTensor:
    """Matrices with ``diagonal`` (along the last axis) on diagonal ``k`` and ``padding_value`` elsewhere.

    Raises:
        InvalidArgumentError: a scalar, or a matrix too small for it.
        NotImplementedError: ``k`` is a pair.
    """
    x = to_tensor(diagonal)
    offset = _one_diagonal(k)
    _at_least("MatrixDiagV3", "diagonal", x, 1, "diag")
    length = x._array.shape[-1]
    least_rows, least_columns = length + max(-offset, 0), length + max(offset, 0)
    rows, columns = static_int(num_rows), static_int(num_cols)
    if rows == columns == -1:
        rows = columns = max(least_rows, least_columns)
    rows = least_rows if rows == -1 else rows
    columns = least_columns if columns == -1 else columns
    word = None if isinstance(diagonal, (list, tuple)) else "diag"
    if rows < least_rows:
        raise invalid("MatrixDiagV3", "The number of rows is too small.", name=word)
    if columns < least_columns:
        raise invalid("MatrixDiagV3", "The number of columns is too small.", name=word)
    if rows != least_rows and columns != least_columns:
        text = "The number of rows or columns is not consistent with the specified d_lower, d_upper, and diagonal."
        raise invalid("MatrixDiagV3", text, name=word)
    padding = to_tensor(padding_value)._array.item()
    return execute(DIAG, (x,), {"k": offset, "rows": rows, "columns": columns, "padding": padding})


def diag_part(
    input: Any, name: str = "diag_part", k: Any = 0, padding_value: Any = 0, align: str = "RIGHT_LEFT"
) -> EagerTensor:
    """Diagonal ``k`` of a matrix (or of a stack of them).

    Raises:
        InvalidArgumentError: a vector or a scalar; there is no such diagonal.
        NotImplementedError: ``k`` is a pair.
    """
    x = to_tensor(input)
    offset = _one_diagonal(k)
    _at_least("MatrixDiagPartV3", "input", x, 2, "diag_part")
    rows, columns = x._array.shape[-2:]
    if offset and not -rows < offset < columns:
        text = f"lower_diag_index is out of bound: {offset}. It must be between {-rows} and {columns}"
        raise invalid("MatrixDiagPartV3", text, name="diag_part")
    return execute(DIAG_PART, (x,), {"k": offset})


def set_diag(input: Any, diagonal: Any, name: str = "set_diag", k: Any = 0, align: str = "RIGHT_LEFT") -> EagerTensor:
    """A matrix (or a stack of them) with another diagonal ``k``, as :func:`diag_part`."""
    x = to_tensor(input)
    d = to_tensor(diagonal, None if hasattr(diagonal, "_array") else x.dtype)
    offset = _one_diagonal(k)
    _at_least("MatrixSetDiagV3", "input", x, 2, "set_diag")
    shape = x._array.shape
    expected = (*shape[:-2], _length(shape[-2], shape[-1], offset))
    if d._array.shape != expected:
        text = (
            "Either first dimensions of diagonal don't match input.shape[:-2], or diagonal.shape[:-1] is not equal to "
        )
        text += "the longests diagonal in range [lower_diag_index:upper_diag_index].\n"
        text += f"Input shape: {bracketed(shape)}\nDiagonal shape: {bracketed(d._array.shape)}\n"
        word = None if isinstance(diagonal, (list, tuple)) else "set_diag"
        raise invalid("MatrixSetDiagV3", f"{text}Expected diagonal shape: {bracketed(expected)}", name=word)
    return execute(SET_DIAG, (x, d), {"k": offset})


def band_part(input: Any, num_lower: Any, num_upper: Any, name: str | None = None) -> EagerTensor:
    """A matrix's elements up to so many diagonals below and above the main one (-1: all), 0 elsewhere.

    Raises:
        InvalidArgumentError: a vector or a scalar; more diagonals than there are.
    """
    x = to_tensor(input)
    lower, upper = static_int(num_lower), static_int(num_upper)
    _at_least("MatrixBandPart", "input", x, 2, "")
    for word, count, what, size in (
        ("lower", lower, "rows", x._array.shape[-2]), ("upper", upper, "columns", x._array.shape[-1]),
    ):  # fmt: skip
        if count > size:
            text = f"num_{word} must be negative or less or equal to number of {what} ({size}) got: {count}"
            raise invalid("MatrixBandPart", text)
    return execute(BAND_PART, (x,), {"lower": lower, "upper": upper})


def trace(x: Any, name: str | None = None) -> EagerTensor:
    """The sum of the main diagonal of a matrix (or of each of a stack). Raises InvalidArgumentError for a vector."""
    return reduce_sum(diag_part(x), -1)


def tensor_diag(diagonal: Any, name: str | None = None) -> EagerTensor:
    """A tensor of twice the rank with ``diagonal`` on its diagonal and 0 elsewhere."""
    return execute(TENSOR_DIAG, (to_tensor(diagonal),))


def tensor_diag_part(input: Any, name: str | None = None) -> EagerTensor:
    """The diagonal of a tensor whose shape is one shape twice. Raises InvalidArgumentError for any other."""
    x = to_tensor(input)
    shape = x._array.shape
    half = len(shape) // 2
    if len(shape) % 2 or not shape:
        # TensorFlow's source breaks the line here and keeps the blanks.
        text = "The rank of the tensor should be" + " " * 42 + "even and positive"
        raise invalid("DiagPart", f"{text}, got shape {bracketed(shape)}")
    for k in range(half):
        if shape[k] != shape[k + half]:
            text = f"Invalid shape {bracketed(shape)}: dimensions {k} and {k + half} do not match."
            raise invalid("DiagPart", text)
    return execute(TENSOR_DIAG_PART, (x,))
