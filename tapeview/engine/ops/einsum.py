"""``einsum``: sums of products, written with a letter for each axis."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from tapeview.engine.convert import is_tensor_like, to_tensor
from tapeview.engine.errors import InvalidArgumentError, invalid, wrong_dtype
from tapeview.engine.op import Op, defop, execute
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import Array, EagerTensor

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _einsum(*arrays: Array, equation: str) -> Any:
    return np.einsum(equation, *arrays, optimize=len(arrays) > 2)


def _einsum_rules(g: EagerTensor, y: EagerTensor, *inputs: EagerTensor, equation: str) -> list[EagerTensor]:
    from tapeview.engine.backward import unbroadcast  # the backward pass itself needs this package

    subscripts, result = equation.split("->")
    parts = subscripts.split(",")
    gradients = []
    for k, t in enumerate(inputs):
        others = [(parts[j], _conjugated(u)) for j, u in enumerate(inputs) if j != k]
        back = _back(g, result, parts[k], others, t)
        shape = t._array.shape
        gradients.append(back if back._array.shape == shape else unbroadcast(back, shape))
    return gradients


def _conjugated(t: EagerTensor) -> EagerTensor:
    if t._array.dtype.kind != "c":
        return t
    from tapeview.engine.ops.complex_numbers import conj  # which needs this package's other tables

    return conj(t)


def _back(
    g: EagerTensor, result: str, wanted: str, others: Sequence[tuple[str, EagerTensor]], t: EagerTensor
) -> EagerTensor:
    """The gradient of one operand: the product of ``g`` and the other operands, summed over what that operand lacks."""
    terms = [(result, g), *others]
    known = set("".join(s for s, _ in terms))
    shape = t._array.shape
    # An axis that only this operand has was summed over: its gradient repeats along it.
    only = [k for k, s in enumerate(wanted) if s not in known and wanted.index(s) == k]
    if only:
        ones = np.ones([shape[k] for k in only], t._array.dtype)
        terms.append(("".join(wanted[k] for k in only), EagerTensor(ones)))
    # A letter that stands twice took a diagonal: its gradient goes back onto the diagonal.
    target = list(wanted)
    spare = iter([s for s in _LETTERS if s not in known and s not in wanted])
    for k, s in enumerate(wanted):
        if wanted.index(s) != k:
            target[k] = next(spare)
            terms.append((s + target[k], EagerTensor(np.eye(shape[k], dtype=t._array.dtype))))
    equation = ",".join(s for s, _ in terms) + "->" + "".join(target)
    return execute(EINSUM, tuple(v for _, v in terms), {"equation": equation})


EINSUM: Op = defop(
    "Einsum", _einsum, vjp_all=_einsum_rules,
    formulas=("g times the other operands, summed over the axes this operand does not have",),
)  # fmt: skip


def einsum(equation: str, *inputs: Any, **kwargs: Any) -> EagerTensor:
    """Products of the inputs' elements, summed as the equation says (``"ij,jk->ik"``, ``"...i,i"``).

    Raises:
        ValueError: an equation that does not read, or that is for another number of inputs.
        InvalidArgumentError: ranks, sizes or types that do not fit it.
        TypeError: an unknown keyword.
    """
    unknown = set(kwargs) - {"name", "optimize"}
    if unknown:
        raise TypeError(f"Invalid keyword arguments for this function: {', '.join(sorted(unknown))}.")
    like = next((to_tensor(v) for v in inputs if is_tensor_like(v)), None)
    tensors = tuple(
        to_tensor(v) if is_tensor_like(v) else to_tensor(v, like.dtype if like is not None else None) for v in inputs
    )
    for k, t in enumerate(tensors):
        if t._array.dtype != tensors[0]._array.dtype:
            raise wrong_dtype("Einsum", k, tensors[0].dtype.word, t.dtype.word)
    parts, result = _parse(equation, len(tensors))
    names = _ellipsis_letters(parts, tensors)
    parts = [p.replace("...", names[len(names) - _hidden(p, t) :]) for p, t in zip(parts, tensors, strict=True)]
    result = result.replace("...", names)
    _check_sizes(parts, tensors, names)
    return execute(EINSUM, tensors, {"equation": ",".join(parts) + "->" + result})


def _parse(equation: str, count: int) -> tuple[list[str], str]:
    text = equation.replace(" ", "")
    if not re.fullmatch(r"[a-zA-Z.,]*(->[a-zA-Z.]*)?", text):
        raise ValueError(f"Indices have incorrect format. Received: {equation}.")
    left, arrow, result = text.partition("->")
    parts = left.split(",")
    if len(parts) != count:
        raise ValueError(f'Got {count} inputs for equation "{equation}", expecting {len(parts)}')
    if not arrow:
        letters = left.replace(",", "").replace("...", "")
        result = ("..." if "..." in left else "") + "".join(sorted(s for s in set(letters) if letters.count(s) == 1))
    for s in result.replace("...", ""):
        if result.count(s) > 1:
            raise ValueError(f"Output subscripts contain a label appearing more than once: {equation}")
        if s not in left:
            raise ValueError(f"Output subscripts contain the label {s} not present in the input subscripts.")
    return parts, result


def _hidden(part: str, t: EagerTensor) -> int:
    """How many axes ``...`` stands for."""
    return t._array.ndim - len(part.replace("...", "")) if "..." in part else 0


def _ellipsis_letters(parts: Sequence[str], tensors: Sequence[EagerTensor]) -> str:
    """Letters for the axes that ``...`` stands for; as in broadcasting the last one is the same for all operands.

    Raises:
        InvalidArgumentError: an operand of another rank than its part of the equation.
    """
    for k, (part, t) in enumerate(zip(parts, tensors, strict=True)):
        rank, named = t._array.ndim, len(part.replace("...", ""))
        if rank < named or (rank > named and "..." not in part):
            least = "at least " if "..." in part else ""
            raise _mismatch(f"Expected input {k} to have rank {least}{named} but got: {rank}", tensors)
    longest = max((_hidden(p, t) for p, t in zip(parts, tensors, strict=True)), default=0)
    return "".join([s for s in _LETTERS if all(s not in p for p in parts)][:longest])


def _check_sizes(parts: Sequence[str], tensors: Sequence[EagerTensor], broadcast: str) -> None:
    sizes: dict[str, int] = {}
    for part, t in zip(parts, tensors, strict=True):
        for k, (s, size) in enumerate(zip(part, t._array.shape, strict=True)):
            have = sizes.get(s, size)
            if have != size and not (s in broadcast and 1 in (have, size)):
                shape = bracketed(t._array.shape)
                text = f"Expected dimension {have} at axis {k} of the input shaped {shape} but got dimension {size}"
                raise _mismatch(text, tensors)
            sizes[s] = max(have, size)


def _mismatch(text: str, tensors: Sequence[EagerTensor]) -> InvalidArgumentError:
    return invalid("Einsum", text, wrapped=f"__MklEinsum_N_{len(tensors)}")
