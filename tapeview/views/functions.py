"""What expressions over recorded values may call: a choice of NumPy's and TensorFlow's names, over NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

LIMIT: Final = 1 << 24
"""Elements of the largest result."""
WORK: Final = 1 << 30
"""Multiplications of the largest matrix product."""


class TooLarge(Exception):
    """A result would have more elements than `LIMIT`."""


@dataclass(frozen=True)
class Module:
    """A namespace of expressions."""

    name: str
    names: Mapping[str, Any]


def total(value: Any) -> int:
    """How many elements an array, or a structure of arrays and numbers, has."""
    if isinstance(value, np.ndarray):
        return value.size
    return sum(total(one) for one in value) if isinstance(value, list | tuple) else 1


def as_array(value: Any) -> np.ndarray:
    """An array of numbers.

    Raises:
        TooLarge: it would be too large.
        TypeError: it is no number and no structure of numbers.
    """
    if isinstance(value, list | tuple):
        if total(value) > LIMIT:
            raise TooLarge
    elif not isinstance(value, np.ndarray | np.generic | int | float | complex):
        raise TypeError("that is not a number")
    array = np.asarray(value)
    if array.dtype.kind not in "biufcSU":
        raise TypeError("that is not an array of numbers")
    return array


def guard(value: Any) -> Any:
    """``value``, unless it is too large.

    Raises:
        TooLarge: it is.
    """
    if isinstance(value, np.ndarray) and value.size > LIMIT:
        raise TooLarge
    if isinstance(value, list | tuple) and len(value) > 10_000:
        raise TooLarge
    return value


def check_elements(*values: Any) -> None:
    """Raises TooLarge if what is worked out element by element would be too large, ValueError if shapes do not fit."""
    if math.prod(np.broadcast_shapes(*(as_array(value).shape for value in values))) > LIMIT:
        raise TooLarge


def item(array: np.ndarray, index: Any) -> Any:
    """A part of an array.

    Raises:
        TooLarge: an index of many numbers would pick too much.
        TypeError: that cannot be an index here.
    """
    parts = list(index) if isinstance(index, tuple) else [index]
    parts = [as_array(part) if isinstance(part, list) else part for part in parts]
    many = [(axis, part) for axis, part in enumerate(parts) if isinstance(part, np.ndarray) and part.ndim]
    if many and not (len(parts) == 1 and many[0][1].dtype.kind == "b"):
        others = any(part is None or part is Ellipsis for part in parts) or len(parts) > array.ndim
        if others or any(part.dtype.kind == "b" for _, part in many):
            raise TypeError("arrays as indices cannot stand beside that")
        picked = math.prod(np.broadcast_shapes(*(part.shape for _, part in many)))
        if picked * (array.size // max(1, math.prod(array.shape[axis] for axis, _ in many))) > LIMIT:
            raise TooLarge
    return array[tuple(parts)]


def _elementwise(function: Callable[..., Any]) -> Callable[..., Any]:
    def checked(*values: Any) -> Any:
        check_elements(*values)
        return function(*map(as_array, values))

    return checked


def _product(a: Any, b: Any) -> Any:
    """A matrix product, as ``@`` and ``np.dot`` make it."""
    a, b = as_array(a), as_array(b)
    inner = a.shape[-1] if a.ndim else 1
    rest = (a.size // max(1, inner)) * (b.size // max(1, inner))
    if rest > LIMIT or rest * max(1, inner) > WORK:
        raise TooLarge
    return np.dot(a, b) if a.ndim < 3 and b.ndim < 3 else np.matmul(a, b)


def _matmul(a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False) -> Any:
    a, b = as_array(a), as_array(b)
    return _product(np.swapaxes(a, -1, -2) if transpose_a else a, np.swapaxes(b, -1, -2) if transpose_b else b)


def _filled(value: Any) -> np.ndarray:
    array = as_array(value)
    if not array.size:
        raise ValueError("there are no elements")
    return array


def _reduction(function: Callable[..., Any]) -> Callable[..., Any]:
    def reduce(value: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return function(_filled(value), axis=_axis(axis), keepdims=bool(keepdims))

    return reduce


def _along(function: Callable[..., Any]) -> Callable[..., Any]:
    def apply(value: Any, axis: Any = None) -> Any:
        return function(_filled(value), axis=_axis(axis))

    return apply


def _axis(axis: Any) -> Any:
    if isinstance(axis, list | tuple):
        return tuple(int(one) for one in axis)
    return None if axis is None else int(axis)


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    def apply(value: Any) -> Any:
        return function(as_array(value))

    return apply


def _reshape(value: Any, *shape: Any) -> Any:
    wanted = shape[0] if len(shape) == 1 else shape
    return np.reshape(as_array(value), as_array(wanted).tolist())


def _norm(value: Any, ord: Any = "euclidean", axis: Any = None, keepdims: bool = False) -> Any:
    """Norms of vectors; of a matrix without ``axis`` that of all its elements, as TensorFlow has it."""
    where, keep, sizes = _axis(axis), bool(keepdims), np.abs(_filled(value))
    if ord in ("euclidean", "fro", None, 2):
        return np.sqrt(np.sum(np.square(sizes), axis=where, keepdims=keep))
    if ord == 1:
        return np.sum(sizes, axis=where, keepdims=keep)
    if ord == math.inf:
        return np.max(sizes, axis=where, keepdims=keep)
    raise ValueError("the norms known here are 1, 2 and inf")


def _transpose(value: Any, perm: Any = None) -> Any:
    return np.transpose(as_array(value), None if perm is None else [int(one) for one in as_array(perm)])


def _join(function: Callable[..., Any]) -> Callable[..., Any]:
    def apply(values: Any, axis: Any = 0) -> Any:
        if total(list(values)) > LIMIT:
            raise TooLarge
        arrays = [as_array(one) for one in values]
        return function(arrays, axis=int(axis))

    return apply


def _squeeze(value: Any, axis: Any = None) -> Any:
    return np.squeeze(as_array(value), axis=_axis(axis))


def _expand(value: Any, axis: Any = 0) -> Any:
    return np.expand_dims(as_array(value), int(axis))


def _cast(value: Any, dtype: Any) -> Any:
    name = dtype if isinstance(dtype, str) else getattr(dtype, "__name__", "")
    if name not in _DTYPES:
        raise ValueError(f"no dtype called {name!r}")
    array = as_array(value)
    real = array.real if array.dtype.kind == "c" and not name.startswith("complex") else array
    return real.astype(name)


def _sigmoid(value: Any) -> Any:
    array = as_array(value)
    return 1 / (1 + np.exp(-array))


def _softmax(value: Any, axis: Any = -1) -> Any:
    array = _filled(value)
    powers = np.exp(array - array.max(axis=int(axis), keepdims=True))
    return powers / powers.sum(axis=int(axis), keepdims=True)


def _clip(value: Any, low: Any, high: Any) -> Any:
    check_elements(value, low, high)
    return np.clip(as_array(value), low, high)


def _round(value: Any, digits: Any = 0) -> Any:
    return np.round(as_array(value), int(digits))


def _quantile(value: Any, q: Any, axis: Any = None) -> Any:
    return np.quantile(_filled(value), float(q), axis=_axis(axis))


def _percentile(value: Any, q: Any, axis: Any = None) -> Any:
    return _quantile(value, float(q) / 100, axis)


def _variance(function: Callable[..., Any]) -> Callable[..., Any]:
    def apply(value: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return function(_filled(value), axis=_axis(axis), keepdims=bool(keepdims))

    return apply


_DTYPES = (
    *("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("bool", "complex64", "complex128"),
)
_UFUNCS = (
    *("abs", "sqrt", "square", "exp", "expm1", "log", "log10", "log2", "log1p", "sign", "floor", "ceil", "rint"),
    *("sin", "cos", "tan", "tanh", "sinh", "cosh", "arctan", "arcsin", "arccos", "arctan2", "hypot", "angle"),
    *("isnan", "isinf", "isfinite", "maximum", "minimum", "mod", "power", "add", "subtract", "multiply", "divide"),
    *("logical_and", "logical_or", "logical_not", "logical_xor", "equal", "not_equal", "less", "less_equal"),
    *("greater", "greater_equal", "real", "imag", "conj", "where"),
)
_REDUCTIONS = ("sum", "mean", "min", "max", "prod", "any", "all")

_NP: dict[str, Any] = {name: _elementwise(getattr(np, name)) for name in _UFUNCS}
_NP |= {name: _reduction(getattr(np, name)) for name in _REDUCTIONS}
_NP |= {
    name: _along(getattr(np, name)) for name in ("argmin", "argmax", "cumsum", "median", "count_nonzero", "nanmean")
}
_NP |= {name: _along(getattr(np, name)) for name in ("argmin", "argmax", "cumsum", "median", "count_nonzero")}
_NP |= {name: _plain(getattr(np, name)) for name in ("ravel", "ndim", "size", "diff", "unique", "trace")}
_NP |= {name: _variance(getattr(np, name)) for name in ("std", "var")}
_NP |= {
    "squeeze": _squeeze,
    "quantile": _quantile,
    "percentile": _percentile,
    "absolute": _elementwise(np.abs),
    "dot": _product,
    "matmul": _product,
    "transpose": _transpose,
    "reshape": _reshape,
    "concatenate": _join(np.concatenate),
    "stack": _join(np.stack),
    "expand_dims": _expand,
    "clip": _clip,
    "round": _round,
    "sort": lambda value: np.sort(as_array(value)),
    "argsort": lambda value: np.argsort(as_array(value)),
    "array": as_array,
    "asarray": as_array,
    "shape": lambda value: as_array(value).shape,
    "pi": math.pi,
    "e": math.e,
    "nan": math.nan,
    "inf": math.inf,
    "newaxis": None,
    "linalg": Module("np.linalg", {"norm": _norm}),
}
_NP |= {name: name for name in _DTYPES}

_TF_MATH: dict[str, Any] = {
    name: _NP[name] for name in _UFUNCS if name not in ("real", "imag", "mod", "power", "where")
}
_TF_MATH |= {
    "pow": _NP["power"],
    "is_nan": _NP["isnan"],
    "is_inf": _NP["isinf"],
    "is_finite": _NP["isfinite"],
    "sigmoid": _sigmoid,
    "softmax": _softmax,
    "argmax": lambda value, axis=0: _NP["argmax"](value, axis),
    "argmin": lambda value, axis=0: _NP["argmin"](value, axis),
    "count_nonzero": _NP["count_nonzero"],
    "cumsum": lambda value, axis=0: _NP["cumsum"](value, axis),
    "reduce_std": _reduction(np.std),
    "reduce_variance": _reduction(np.var),
}
_TF_MATH |= {f"reduce_{name}": _NP[name] for name in _REDUCTIONS}
_TF: dict[str, Any] = {
    **_TF_MATH,
    "norm": _norm,
    "matmul": _matmul,
    "transpose": _transpose,
    "reshape": _reshape,
    "squeeze": _NP["squeeze"],
    "expand_dims": _expand,
    "concat": _join(np.concatenate),
    "stack": _join(np.stack),
    "shape": lambda value: np.asarray(as_array(value).shape, np.int32),
    "size": lambda value: as_array(value).size,
    "rank": lambda value: as_array(value).ndim,
    "round": _plain(np.round),
    "where": _NP["where"],
    "clip_by_value": _clip,
    "cast": _cast,
    "constant": as_array,
    "zeros_like": _plain(np.zeros_like),
    "ones_like": _plain(np.ones_like),
    "newaxis": None,
    "math": Module("tf.math", _TF_MATH),
    "linalg": Module("tf.linalg", {"norm": _norm, "matmul": _matmul, "trace": _NP["trace"]}),
    "nn": Module(
        "tf.nn",
        {
            "relu": lambda value: np.maximum(as_array(value), 0),
            "sigmoid": _sigmoid,
            "tanh": _NP["tanh"],
            "softmax": _softmax,
        },
    ),
}
_TF |= {name: name for name in _DTYPES}

MODULES: Final[Mapping[str, Module]] = {
    "np": Module("np", _NP),
    "numpy": Module("numpy", _NP),
    "tf": Module("tf", _TF),
    "tensorflow": Module("tensorflow", _TF),
}

BUILTINS: Final[Mapping[str, Any]] = {
    "abs": lambda value: np.abs(as_array(value)),
    "len": lambda value: len(value),
    "min": lambda *values: np.min(_filled(values[0] if len(values) == 1 else values)),
    "max": lambda *values: np.max(_filled(values[0] if len(values) == 1 else values)),
    "sum": lambda values: np.sum(as_array(values)) if len(values) else 0,
    "round": _round,
    "float": lambda value: float(value),
    "int": lambda value: int(value),
    "bool": lambda value: bool(value),
    "True": True,
    "False": False,
    "None": None,
}

METHODS: Final[Mapping[str, Callable[..., Any]]] = {
    **{name: _NP[name] for name in (*_REDUCTIONS, "argmin", "argmax", "cumsum", "squeeze", "ravel", "std", "var")},
    "reshape": _reshape,
    "transpose": lambda value, *perm: _transpose(value, perm or None),
    "flatten": _NP["ravel"],
    "round": _round,
    "clip": _clip,
    "dot": _product,
    "astype": _cast,
    "numpy": as_array,
    "item": lambda value: as_array(value).item(),
    "read_value": as_array,
    "value": as_array,
}
"""Called with the array first."""

ATTRIBUTES: Final[Mapping[str, Callable[[np.ndarray], Any]]] = {
    "shape": lambda array: array.shape,
    "ndim": lambda array: array.ndim,
    "size": lambda array: array.size,
    "dtype": lambda array: array.dtype.name,
    "T": lambda array: array.T,
    "real": lambda array: np.real(array),
    "imag": lambda array: np.imag(array),
}
