"""``keras.layers.InputSpec``: what a layer says about its inputs, and the check of inputs against it."""

from __future__ import annotations

from typing import Any

from tapeview.engine import dtypes
from tapeview.engine.scripting import structure
from tapeview.engine.shapes import TensorShape
from tapeview.engine.tensor import EagerTensor
from tapeview.keras.layers.context import shown
from tapeview.keras.modules import Settled


class InputSpec(Settled):
    """Type, rank and sizes that an input must have; None where anything goes.

    Raises:
        TypeError: ``axes`` is no dict of ints.
        ValueError: an axis beyond the rank.
    """

    def __init__(
        self, dtype: Any = None, shape: Any = None, ndim: int | None = None, max_ndim: int | None = None,
        min_ndim: int | None = None, axes: Any = None, allow_last_axis_squeeze: bool = False, name: str | None = None,
    ) -> None:  # fmt: skip
        self.dtype = None if dtype is None else dtypes.as_dtype(dtype).name
        self.shape = None if shape is None else tuple(TensorShape(shape))
        self.ndim = ndim if self.shape is None else len(self.shape)
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.name = name
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        try:
            self.axes = {int(k): v for k, v in (axes or {}).items()}
        except (ValueError, TypeError, AttributeError):
            raise TypeError(f"Argument `axes` must be a dict with integer keys. Received: axes={axes}") from None
        rank = self.ndim or self.max_ndim
        if self.axes and rank is not None and max(self.axes) > rank - 1:
            raise ValueError(f"Axis {max(self.axes)} is greater than the maximum allowed value: {rank - 1}")

    def __repr__(self) -> str:
        words = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")
        return f"InputSpec({', '.join(f'{w}={getattr(self, w)}' for w in words if getattr(self, w))})"

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal spec."""
        words = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")
        return {word: getattr(self, word) for word in words}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> InputSpec:
        """The spec with these arguments."""
        return cls(**config)


def check(spec: Any, inputs: Any, layer: str) -> None:
    """Compares inputs with a spec or a structure of specs.

    Raises:
        ValueError: another number of inputs, a rank, size or type that does not fit.
        TypeError: something that is no tensor.
    """
    if spec.__class__ is InputSpec and inputs.__class__ is EagerTensor:
        _check_one(0, inputs._array.shape, inputs, spec, layer)
        return
    specs = [spec] if spec.__class__ is InputSpec else structure.flatten(spec)
    given = _in_order(inputs, specs) if isinstance(inputs, dict) else inputs
    flat = structure.flatten(given)
    for x in flat:
        if not hasattr(x, "shape"):
            raise TypeError(
                f"Inputs to a layer should be tensors. Got '{x}' (of type {type(x)}) as input for layer '{layer}'."
            )
    if len(flat) != len(specs):
        raise ValueError(
            f'Layer "{layer}" expects {len(specs)} input(s), but it received {len(flat)} input tensors. '
            f"Inputs received: {flat}"
        )
    for k, (x, wanted) in enumerate(zip(flat, specs, strict=True)):
        if wanted is not None:
            _check_one(k, tuple(x.shape), x, wanted, layer)


def _in_order(inputs: dict[Any, Any], specs: list[Any]) -> Any:
    names = [getattr(s, "name", None) for s in specs]
    if not all(names):
        return inputs
    for name in names:
        if name not in inputs:
            raise ValueError(
                f'Missing data for input "{name}". You passed a data dictionary with keys {list(inputs.keys())}. '
                f"Expected the following keys: {names}"
            )
    return [inputs[name] for name in names]


def _check_one(k: int, shape: tuple[Any, ...], x: Any, spec: InputSpec, layer: str) -> None:
    bad = f'Input {k} of layer "{layer}" is incompatible with the layer: '
    rank, told = len(shape), shown(shape)
    if spec.ndim is not None and not spec.allow_last_axis_squeeze and rank != spec.ndim:
        raise ValueError(f"{bad}expected ndim={spec.ndim}, found ndim={rank}. Full shape received: {told}")
    if spec.max_ndim is not None and rank > spec.max_ndim:
        raise ValueError(f"{bad}expected max_ndim={spec.max_ndim}, found ndim={rank}")
    if spec.min_ndim is not None and rank < spec.min_ndim:
        raise ValueError(f"{bad}expected min_ndim={spec.min_ndim}, found ndim={rank}. Full shape received: {told}")
    if spec.dtype is not None and x.dtype.name != spec.dtype:
        raise ValueError(f"{bad}expected dtype={spec.dtype}, found dtype={x.dtype}")
    for axis, size in spec.axes.items():
        if size is not None and shape[axis] not in (size, None):
            raise ValueError(
                f"{bad}expected axis {axis} of input shape to have value {size}, but received input with shape {told}"
            )
    if spec.shape is not None:
        expected, found = spec.shape, shape
        if spec.allow_last_axis_squeeze:
            expected = expected[:-1] if expected[-1:] == (1,) else expected
            found = found[:-1] if found[-1:] == (1,) else found
        for wanted, size in zip(expected, found, strict=False):
            if wanted is not None and size is not None and wanted != size:
                raise ValueError(f"{bad}expected shape={spec.shape}, found shape={told}")
