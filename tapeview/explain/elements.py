"""Which elements are responsible: from the places of NaN and Inf in a result to the elements it was made from."""

from __future__ import annotations

import ast
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tapeview.explain import regions
from tapeview.explain.context import Context
from tapeview.explain.contractions import Region
from tapeview.trace.records import BackwardStep

if TYPE_CHECKING:
    from tapeview.explain.chains import Made

_SHOWN = 3
_MIXING = {
    "MatMul", "BatchMatMulV2", "Softmax", "LogSoftmax", "Cumsum", "Sum", "Mean", "Prod", "Max", "Min", "Conv2D",
    "MaxPool", "AvgPool", "Einsum", "DepthwiseConv2dNative", "Cumprod", "CumulativeLogsumexp", "FusedBatchNormV3",
    "SegmentSum", "SegmentMean", "SegmentMax", "SegmentMin", "SegmentProd", "UnsortedSegmentSum", "UnsortedSegmentProd",
    "UnsortedSegmentMax", "UnsortedSegmentMin", "SparseSoftmaxCrossEntropyWithLogits", "SoftmaxCrossEntropyWithLogits",
}  # fmt: skip
"""Ops each element of whose result comes from several elements."""


@dataclass(frozen=True)
class Responsible:
    """``index`` is the first bad element of the result and ``value`` what it holds; ``inputs`` the elements that went
    into it as (name, index, value): where many went into it, the largest of each input. ``texts`` are the first few as
    words, and ``input`` is the input whose element explains it (-1 = unknown).
    """

    index: tuple[int, ...]
    value: float
    inputs: tuple[tuple[str, tuple[int, ...], float], ...]
    texts: tuple[str, ...]
    input: int
    count: int


def responsible(context: Context, made: Made, limit: float = np.inf) -> Responsible:
    """The elements responsible for a bad tensor: for those of its elements that are not finite, or, with a ``limit``,
    larger than that.
    """
    value = context.value(made.tensor)
    nothing = Responsible((), float("nan"), (), (), -1, 0)
    if value is None or value.dtype.kind not in "fc":
        return nothing
    with np.errstate(all="ignore"):
        bad = np.argwhere(np.abs(value) > limit if np.isfinite(limit) else ~np.isfinite(value))
    if not len(bad):
        return nothing
    first = tuple(int(k) for k in bad[0])
    inputs = _inputs(context, made, value.shape)
    texts = []
    for place in bad[:_SHOWN]:
        index = tuple(int(k) for k in place)
        parts = [_element(name, there, number) for _, name, there, number in _of(inputs, index)]
        left = ", ".join(parts) or _mixed(context, made, index)
        result = _number(value[index])
        texts.append(f"{left} → {result}" if left else f"{_at(index).strip() or 'the value'} = {result}")
    if len(bad) > _SHOWN:
        texts.append(f"and {len(bad) - _SHOWN} more")
    details = _of(inputs, first) or [(k, name, there, one) for k, name, _, there, one in _parts(context, made, first)]
    number = next((k for k, _, _, given in details if given == 0), -2)
    if number == -2:
        number = max(details, key=lambda one: abs(one[3]))[0] if not inputs and details else -1
        number = details[0][0] if inputs else number
    given = tuple((name, there, one) for _, name, there, one in details)
    return Responsible(first, float(np.real(value[first])), given, tuple(texts), number, len(bad))


def _parts(
    context: Context, made: Made, index: tuple[int, ...]
) -> list[tuple[int, str, Region, tuple[int, ...], float]]:
    """Of an op that mixes elements: for each input its name, the region that went into the result at ``index``, and
    the largest element of that.
    """
    op = made.op
    if op is None:
        return []
    if isinstance(made.record, BackwardStep):
        parts = regions.backward(context, made.record, op, made.input, index)
    else:
        parts = regions.forward(context, op, index)
    found = []
    for k, tensor, region in parts:
        value = context.value(tensor)
        if value is None or value.dtype.kind not in "fiub":
            return []
        try:
            place, number = regions.largest(value, region)
        except ValueError:
            continue
        found.append((k, "upstream gradient" if k < 0 else context.label(tensor), region, place, number))
    return found


def _mixed(context: Context, made: Made, index: tuple[int, ...]) -> str:
    """``a[3, :] and b[:, 7], largest a[3, 2] = 1e+30, b[2, 7] = 4``."""
    parts = _parts(context, made, index)
    if not parts:
        return ""
    whole = " and ".join(f"{_whole(name)}{regions.text(region)}" for _, name, region, _, _ in parts)
    several = [part for part in parts if any(isinstance(one, slice) for one in part[2])]
    most = ", ".join(_element(name, place, number) for _, name, _, place, number in several)
    return f"{whole}, largest {most}" if most else whole


_Input = tuple[int, str, np.ndarray]


def _inputs(context: Context, made: Made, shape: tuple[int, ...]) -> list[_Input]:
    """The inputs that go into the result element by element; [] for an op that mixes elements."""
    if made.op is None or made.op.op in _MIXING:
        return []
    found: list[_Input] = []
    op = made.op
    info = context.recording.op_info(op.op)
    if isinstance(made.record, BackwardStep):
        upstream = made.record.upstream
        candidates = [(-1, "upstream gradient", t) for t in upstream if t]
        used = info.saved if info is not None else ()
        named = info.inputs if info is not None else ()
        for k, tensor in enumerate(op.inputs):
            if not used or (k < len(named) and named[k] in used):
                candidates.append((k, context.label(tensor), tensor))
        if "output" in used and op.outputs:
            candidates.append((-1, f"result of {op.op}", op.outputs[0]))
    else:
        candidates = [(k, context.label(tensor), tensor) for k, tensor in enumerate(op.inputs)]
    for k, name, tensor in candidates:
        value = context.value(tensor)
        if value is None or value.dtype.kind not in "fiub":
            return []
        try:
            if np.broadcast_shapes(value.shape, shape) != tuple(shape):
                return []
        except ValueError:
            return []
        found.append((k, name, value))
    return found


def _of(inputs: list[_Input], index: tuple[int, ...]) -> list[tuple[int, str, tuple[int, ...], float]]:
    found = []
    for k, name, value in inputs:
        own = index[len(index) - value.ndim :] if value.ndim else ()
        there = tuple(0 if size == 1 else i for i, size in zip(own, value.shape, strict=True))
        found.append((k, name, there, float(value[there])))
    return found


def _element(name: str, index: tuple[int, ...], number: float) -> str:
    """``x[3] = 2``, ``(p + 1)[0] = -2``; of a number that stands in the script only the number."""
    value = f"{number:.6g}"
    with contextlib.suppress(ValueError):
        if float(name) == number:
            return value
    return f"{_whole(name) if index else name}{_at(index)} = {value}"


def _whole(name: str) -> str:
    """A name as it can be written before an index: with parentheses where it is a computation."""
    if " " not in name and not name.startswith("-"):
        return name
    try:
        node = ast.parse(name, mode="eval").body
    except (SyntaxError, ValueError):
        return name
    return f"({name})" if isinstance(node, ast.BinOp | ast.UnaryOp | ast.Compare | ast.BoolOp | ast.IfExp) else name


def _at(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]" if index else ""


def _number(value: complex) -> str:
    number = complex(value).real
    if np.isfinite(complex(value)):
        return f"{number:.6g}"
    return "NaN" if np.isnan(complex(value)) else "Inf" if number > 0 else "-Inf"
