"""Taking a block out of a tensor and putting one into a frame: the two are each other's gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import invalid
from tapeview.engine.op import Op, defop, execute
from tapeview.engine.ops.index import take_slice
from tapeview.engine.ops.shape import static_ints
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import Array, EagerTensor

Paddings = tuple[tuple[int, int], ...]


def _inner(g: EagerTensor, x: EagerTensor, paddings: Paddings) -> EagerTensor:
    return take_slice(g, tuple([slice(p[0], p[0] + d) for p, d in zip(paddings, x._array.shape, strict=True)]))


def _framed(x: Array, value: Any, paddings: Paddings) -> Array:
    # np.pad takes some ten times as long for a small array.
    sizes = [before + d + after for d, (before, after) in zip(x.shape, paddings, strict=True)]
    out = np.full(sizes, value, x.dtype)
    out[tuple([slice(p[0], p[0] + d) for p, d in zip(paddings, x.shape, strict=True)])] = x
    return out


def _pad_v2(x: Array, value: Array, *, paddings: Paddings) -> Array:
    return _framed(x, value[()], paddings)


PAD: Op = defop(
    "Pad", lambda x, *, paddings: _framed(x, 0, paddings), (lambda g, y, x, paddings: _inner(g, x, paddings),),
    inputs="x", formulas=("the part of g where x was put",),
)  # fmt: skip
PAD_V2 = defop(
    "PadV2", _pad_v2, (lambda g, y, x, constant_values, paddings: _inner(g, x, paddings), None),
    inputs="x constant_values", formulas=("the part of g where x was put", ""),
)  # fmt: skip


def _mirror_pad_grad(g: Array, *, paddings: Paddings, mode: str) -> Array:
    for axis, (before, after) in enumerate(paddings):
        if before or after:
            size = g.shape[axis] - before - after
            back = np.pad(np.arange(size), (before, after), mode)  # type: ignore[call-overload]
            folded = np.zeros((*g.shape[:axis], size, *g.shape[axis + 1 :]), g.dtype)
            np.add.at(np.moveaxis(folded, axis, 0), back, np.moveaxis(g, axis, 0))
            g = folded
    return g


MIRROR_PAD: Op = defop(
    "MirrorPad", lambda x, *, paddings, mode: np.pad(x, paddings, mode),
    (lambda g, y, x, paddings, mode: execute(MIRROR_PAD_GRAD, (g,), {"paddings": paddings, "mode": mode}),),
    inputs="x", formulas=("g, added up at the elements of x that were mirrored",),
)  # fmt: skip
MIRROR_PAD_GRAD: Op = defop(
    "MirrorPadGrad", _mirror_pad_grad,
    (lambda g, y, dy, paddings, mode: execute(MIRROR_PAD, (g,), {"paddings": paddings, "mode": mode}),),
    inputs="dy", formulas=("g, mirrored",),
)  # fmt: skip


def _slice(x: Array, *, begin: tuple[int, ...], size: tuple[int, ...]) -> Array:
    return x[tuple([slice(b, b + s) for b, s in zip(begin, size, strict=True)])]


def _slice_rule(g: EagerTensor, y: EagerTensor, x: EagerTensor, begin: Any, size: Any) -> EagerTensor:
    around = [(b, d - b - s) for b, s, d in zip(begin, size, x._array.shape, strict=True)]
    return execute(PAD, (g,), {"paddings": tuple(around)})


SLICE = defop("Slice", _slice, (_slice_rule,), inputs="x", formulas=("g at the elements taken, 0 elsewhere",))


# -- the functions -------------------------------------------------------------------------------------------------


def pad(
    tensor: Any, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0, name: str | None = None
) -> EagerTensor:
    """``tensor`` with ``paddings[k] = (before, after)`` more elements along each axis.

    ``mode``: CONSTANT, REFLECT (without the border) or SYMMETRIC (with it).

    Raises:
        ValueError: another mode.
        InvalidArgumentError: paddings of another shape, negative ones, or more to mirror than there is.
    """
    x = to_tensor(tensor)
    kind = mode.upper()
    if kind not in ("CONSTANT", "REFLECT", "SYMMETRIC"):
        raise ValueError(
            'Value of argument `mode` expected to be one of "CONSTANT", "REFLECT", or "SYMMETRIC". '
            f"Received `mode` = {mode}"
        )
    zero = np.isscalar(constant_values) and constant_values == 0
    op = "MirrorPad" if kind != "CONSTANT" else "Pad" if zero else "PadV2"
    widths = _paddings(op, paddings, x._array.shape)
    if kind != "CONSTANT":
        _check_mirror(widths, x._array.shape, kind)
        return execute(MIRROR_PAD, (x,), {"paddings": widths, "mode": kind.lower()})
    if zero:
        return execute(PAD, (x,), {"paddings": widths})
    return execute(PAD_V2, (x, to_tensor(constant_values, x.dtype)), {"paddings": widths})


def _paddings(op: str, paddings: Any, shape: tuple[int, ...]) -> Paddings:
    array = to_tensor(paddings)._array
    if array.shape != (len(shape), 2):
        text = f"The first dimension of paddings must be the rank of inputs{bracketed(array.shape)} {bracketed(shape)}"
        raise invalid(op, text, name=None)
    widths = tuple([(int(before), int(after)) for before, after in array])
    for before, after in widths:
        if before < 0 or after < 0:
            raise invalid(op, f"Paddings must be non-negative: {before} {after}", name=None)
    return widths


def _check_mirror(widths: Paddings, shape: tuple[int, ...], mode: str) -> None:
    for (before, after), d in zip(widths, shape, strict=True):
        if max(before, after) > (d if mode == "SYMMETRIC" else max(d - 1, 0)):
            must, do = ("no greater than", "greater than") if mode == "SYMMETRIC" else ("less than", "not less than")
            text = f"paddings must be {must} the dimension size: {before}, {after} {do} {d}"
            raise invalid("MirrorPad", text, name=None)


def slice_(input_: Any, begin: Any, size: Any, name: str | None = None) -> EagerTensor:
    """The block of ``size`` elements that starts at ``begin``; size -1 means all that follow.

    Raises:
        InvalidArgumentError: outside of the tensor, or another number of entries than it has axes.
    """
    x = to_tensor(input_)
    shape = x._array.shape
    starts, sizes = static_ints(begin), static_ints(size)
    if len(starts) != len(shape) or len(sizes) != len(shape):
        text = f"Expected begin and size arguments to be 1-D tensors of size {len(shape)}, but got shapes "
        text += f"[{len(starts)}] and [{len(sizes)}] instead."
        raise invalid("Slice", text, name=None)
    sizes = tuple([d - b if s == -1 else s for b, s, d in zip(starts, sizes, shape, strict=True)])
    for k, (b, s, d) in enumerate(zip(starts, sizes, shape, strict=True)):
        if not 0 <= b <= d:
            raise invalid("Slice", f"Expected begin[{k}] in [0, {d}], but got {b}", name=None)
        if not 0 <= s <= d - b:
            raise invalid("Slice", f"Expected size[{k}] in [0, {d - b}], but got {s}", name=None)
    return execute(SLICE, (x,), {"begin": starts, "size": sizes})
