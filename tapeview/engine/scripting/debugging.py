"""``tf.debugging``: assertions about values, shapes and types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from tapeview.engine import convert, dtypes
from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import InvalidArgumentError
from tapeview.engine.ops.checks import check_numerics
from tapeview.engine.ops.comparison import equal, greater, greater_equal, less, less_equal, not_equal
from tapeview.engine.ops.shape import static_int
from tapeview.engine.tensor import Array, EagerTensor

_SUMMARIZE = 3


def _failed(message: str) -> InvalidArgumentError:
    return InvalidArgumentError(None, None, message)


def assert_all_finite(x: Any, message: str, name: str | None = None) -> EagerTensor:
    """The same as :func:`check_numerics`."""
    return check_numerics(x, message)


def assert_(condition: Any, data: Any, summarize: int | None = None, name: str | None = None) -> None:
    """Raises InvalidArgumentError, with the data in its text, unless the condition holds."""
    if bool(np.all(getattr(condition, "_array", condition))):
        return
    count = 3 if summarize is None else summarize
    texts = []
    for item in data:
        array = to_tensor(item)._array
        values = [str(v) for v in array.ravel()]
        shown = values if len(values) <= count or count < 0 else [*values[:count], "..."]
        texts.append(", ".join(shown))
    raise _failed(f"Expected '{condition!s}' to be true. Summarized data: " + "\n".join(texts))


# -- two tensors ---------------------------------------------------------------------------------------------------


def _compare(
    sign: str, function: Callable[[Any, Any], EagerTensor], x: Any, y: Any, message: Any, summarize: Any
) -> None:
    a = to_tensor(x)
    b = to_tensor(y) if convert.is_tensor_like(y) else to_tensor(y, a.dtype if convert.is_tensor_like(x) else None)
    holds = function(a, b)._array
    if holds.all():
        return
    count = _SUMMARIZE if summarize is None else int(summarize)
    lines = [str(message)] if message else []
    lines.append(f"Condition x {sign} y did not hold.")
    if holds.ndim and a._array.shape == b._array.shape == holds.shape:
        wrong = ~holds
        where = np.argwhere(wrong)[:count]
        lines += [f"Indices of first {len(where)} different values:", str(where)]
        lines += ["Corresponding x values:", str(a._array[wrong][:count])]
        lines += ["Corresponding y values:", str(b._array[wrong][:count])]
    for word, array in (("x", a._array), ("y", b._array)):
        first = array.ravel()[:count]
        lines += [f"First {len(first)} elements of {word}:", str(first)]
    raise _failed("\n".join(lines))


def assert_equal(x: Any, y: Any, message: Any = None, summarize: Any = None, name: str | None = None) -> None:
    """Raises InvalidArgumentError unless ``x == y`` everywhere."""
    _compare("==", equal, x, y, message, summarize)


def assert_none_equal(x: Any, y: Any, summarize: Any = None, message: Any = None, name: str | None = None) -> None:
    """Raises InvalidArgumentError unless ``x != y`` everywhere."""
    _compare("!=", not_equal, x, y, message, summarize)


def assert_less(x: Any, y: Any, message: Any = None, summarize: Any = None, name: str | None = None) -> None:
    """Raises InvalidArgumentError unless ``x < y`` everywhere."""
    _compare("<", less, x, y, message, summarize)


def assert_less_equal(x: Any, y: Any, message: Any = None, summarize: Any = None, name: str | None = None) -> None:
    """Raises InvalidArgumentError unless ``x <= y`` everywhere."""
    _compare("<=", less_equal, x, y, message, summarize)


def assert_greater(x: Any, y: Any, message: Any = None, summarize: Any = None, name: str | None = None) -> None:
    """Raises InvalidArgumentError unless ``x > y`` everywhere."""
    _compare(">", greater, x, y, message, summarize)


def assert_greater_equal(x: Any, y: Any, message: Any = None, summarize: Any = None, name: str | None = None) -> None:
    """Raises InvalidArgumentError unless ``x >= y`` everywhere."""
    _compare(">=", greater_equal, x, y, message, summarize)


def assert_near(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    message: Any = None,
    summarize: Any = None,
    name: str | None = None,
) -> None:
    """Raises InvalidArgumentError unless ``|x - y| <= atol + rtol * |y|`` everywhere (10 epsilons each by default)."""
    a = to_tensor(x)
    b = to_tensor(y) if convert.is_tensor_like(y) else to_tensor(y, a.dtype)
    epsilon = 10 * np.finfo(a._array.dtype).eps
    bounds = [epsilon if v is None else getattr(v, "_array", v) for v in (rtol, atol)]
    relative, absolute = (EagerTensor(np.array(v, a._array.dtype)) for v in bounds)
    close = np.abs(a._array - b._array) <= absolute._array + relative._array * np.abs(b._array)
    holds = EagerTensor(np.array(bool(close.all())))
    texts = [f"x and y not equal to tolerance rtol = {relative!s}, atol = {absolute!s}"]
    data: list[Any] = [str(message or ""), *texts]
    for word, t in (("x", a), ("y", b)):
        data += [f"{word} (shape={t.shape} dtype={t.dtype.name}) = ", t]
    assert_(holds, data, summarize)


# -- one tensor ----------------------------------------------------------------------------------------------------


def _all(x: Any, holds: Callable[[Array], Any], condition: str, message: Any) -> None:
    t = to_tensor(x)
    if np.all(holds(t._array)):
        return
    value = t._array.astype(str).tolist()
    # TensorFlow leaves out this line break for one of its conditions.
    gap = "" if condition == "x <= 0" else "\n"
    text = f"Condition {condition} did not hold element-wise:{gap}x (shape={t.shape} dtype={t.dtype.name}) = \n{value}"
    raise _failed(f"{message or ''}\n{text}")


def assert_positive(x: Any, message: Any = None, summarize: Any = None, name: str | None = None) -> None:
    """Raises InvalidArgumentError unless ``x > 0`` everywhere."""
    _all(x, lambda a: a > 0, "x > 0", message)


def assert_negative(x: Any, message: Any = None, summarize: Any = None, name: str | None = None) -> None:
    """Raises InvalidArgumentError unless ``x < 0`` everywhere."""
    _all(x, lambda a: a < 0, "x < 0", message)


def assert_non_negative(x: Any, message: Any = None, summarize: Any = None, name: str | None = None) -> None:
    """Raises InvalidArgumentError unless ``x >= 0`` everywhere."""
    _all(x, lambda a: a >= 0, "x >= 0", message)


def assert_non_positive(x: Any, message: Any = None, summarize: Any = None, name: str | None = None) -> None:
    """Raises InvalidArgumentError unless ``x <= 0`` everywhere."""
    _all(x, lambda a: a <= 0, "x <= 0", message)


def _check_rank(x: Any, fits: bool, wanted: str, message: Any) -> None:
    t = to_tensor(x)
    if not fits:
        start = f"{message}.  " if message else ""
        raise ValueError(f"{start}Tensor  must have rank {wanted}.  Received rank {t._array.ndim}, shape {t.shape}")


def assert_rank(x: Any, rank: Any, message: Any = None, name: str | None = None) -> None:
    """Raises ValueError unless ``x`` has this rank."""
    wanted = static_int(rank)
    _check_rank(x, to_tensor(x)._array.ndim == wanted, str(wanted), message)


def assert_rank_at_least(x: Any, rank: Any, message: Any = None, name: str | None = None) -> None:
    """Raises ValueError unless ``x`` has at least this rank."""
    wanted = static_int(rank)
    _check_rank(x, to_tensor(x)._array.ndim >= wanted, f"at least {wanted}", message)


def assert_rank_in(x: Any, ranks: Iterable[Any], message: Any = None, name: str | None = None) -> None:
    """Raises ValueError unless ``x`` has one of these ranks."""
    wanted = tuple(static_int(r) for r in ranks)
    _check_rank(x, to_tensor(x)._array.ndim in wanted, f"in {wanted}", message)


def assert_scalar(tensor: Any, message: Any = None, name: str | None = None) -> EagerTensor:
    """The tensor. Raises ValueError unless it is a scalar."""
    t = to_tensor(tensor)
    if t._array.ndim:
        raise ValueError(f"{message or ''}Expected scalar shape, saw shape: {t.shape}.")
    return t


def assert_type(tensor: Any, tf_type: Any, message: Any = None, name: str | None = None) -> None:
    """Raises TypeError unless the tensor is of this type."""
    wanted, found = dtypes.as_dtype(tf_type), to_tensor(tensor).dtype
    if wanted is not found:
        raise TypeError(f"{message or ''}tensor must be of type {wanted!r}; got {found!r}")


def assert_integer(x: Any, message: Any = None, name: str | None = None) -> None:
    """Raises TypeError unless ``x`` is of an int type."""
    found = to_tensor(x).dtype
    if not found.is_integer:
        raise TypeError(f'{message or ""}Expected "x" to be integer type.  Found: tensor of dtype {found}')


def is_numeric_tensor(tensor: Any) -> bool:
    """True for a tensor of numbers."""
    return convert.is_tensor_like(tensor) and tensor.dtype.numpy.kind in "iufc"


def assert_shapes(
    shapes: Any, data: Any = None, summarize: Any = None, message: Any = None, name: str | None = None
) -> None:
    """Raises ValueError unless each tensor has its shape; a name in a shape stands for one size everywhere.

    ``shapes``: pairs (or a dict) of tensor and shape, such as ``(x, ("N", 3))``; ``"..."`` may stand first or last.
    """
    pairs = shapes.items() if isinstance(shapes, Mapping) else shapes
    start = f"{message}.  " if message else ""
    known: dict[Any, tuple[int, str]] = {}
    for tensor, symbols in pairs:
        t = to_tensor(tensor)
        sizes, wanted = list(t._array.shape), list(symbols) if isinstance(symbols, (list, tuple, str)) else [symbols]
        about = f"Tensor shape={t.shape} dtype={t.dtype.name}"
        if wanted and wanted[0] in ("...", Ellipsis):
            wanted = wanted[1:]
            places = list(range(len(sizes) - len(wanted), len(sizes)))
        elif wanted and wanted[-1] in ("...", Ellipsis):
            wanted = wanted[:-1]
            places = list(range(len(wanted)))
        elif len(sizes) != len(wanted):
            text = f"must have rank {len(wanted)}.  Received rank {len(sizes)}, shape {t.shape}"
            raise ValueError(f"{start}{about}.  {about} {text}")
        else:
            places = list(range(len(sizes)))
        for symbol, place in zip(wanted, places, strict=True):
            fixed = isinstance(symbol, (int, np.integer))
            if symbol is None:
                continue
            size, source = (int(symbol), "Specified explicitly") if fixed else known.get(symbol, (sizes[place], ""))
            if not fixed and symbol not in known:
                known[symbol] = (size, f"Specified by {about[0].lower()}{about[1:]} dimension {place}")
            if sizes[place] != size:
                text = f"dimension {place} must have size {size}.  Received size {sizes[place]}, shape {t.shape}"
                raise ValueError(f"{start}{source}.  {about} {text}")
