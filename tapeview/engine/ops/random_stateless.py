"""``tf.random.stateless_*`` and ``tf.random.Generator``: random numbers whose stream the script names itself."""

from __future__ import annotations

import enum
import math
import os
from typing import Any, ClassVar

import numpy as np

from tapeview.engine import dtypes
from tapeview.engine.convert import to_tensor
from tapeview.engine.errors import UnimplementedError, invalid
from tapeview.engine.op import Op, execute
from tapeview.engine.ops import random as stateful
from tapeview.engine.ops import random_philox as philox
from tapeview.engine.ops.extremes import maximum
from tapeview.engine.ops.random import (
    Shape,
    Stream,
    between,
    check_parameters,
    checked_shape,
    logits_of,
    run_classes,
    run_floats,
    run_ints,
    scaled,
)
from tapeview.engine.ops.shape import static_int, static_shape
from tapeview.engine.shapes import bracketed
from tapeview.engine.tensor import Array, EagerTensor

_MIX = (0x3EC8F720, 0x02461E29)


class Algorithm(enum.IntEnum):
    """The generators' algorithms (``tf.random.Algorithm``)."""

    PHILOX = 1
    THREEFRY = 2
    AUTO_SELECT = 3


def _check_algorithm(alg: Any) -> None:
    known = {"philox": 1, "threefry": 2, "auto_select": 3}
    number = known.get(alg.lower()) if isinstance(alg, str) else int(alg)
    if number is None:
        raise ValueError(f"Argument `alg` got unsupported string value {alg}. Supported string values are "
                         "'philox' for the Philox algorithm, 'threefry' for the ThreeFry algorithm, and 'auto_select' "
                         "for auto-selection.")  # fmt: skip
    if number == Algorithm.THREEFRY:
        raise UnimplementedError(None, None, "Non-XLA devices don't support the ThreeFry algorithm.")


def _stream(seed: Any, alg: Any = "auto_select") -> Stream:
    _check_algorithm(alg)
    given = to_tensor(seed)._array
    if given.shape != (2,):
        op = "StatelessRandomGetKeyCounter"
        raise invalid(op, f"seed must have shape [2], not {bracketed(given.shape)}", name=None if given.ndim else "")
    (s0, s1), (s2, s3) = (philox.words_of(int(v), 2) for v in given)
    a, b, c, d = philox.block(_MIX, (s0, s1, s2, s3))
    return (a, b), (0, 0, c, d)


# -- stateless -----------------------------------------------------------------------------------------------------


def stateless_normal(
    shape: Any, seed: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = dtypes.float32, name: str | None = None,
    alg: Any = "auto_select",
) -> EagerTensor:  # fmt: skip
    """Normally distributed numbers that depend on ``seed`` (two ints) only. Raises InvalidArgumentError for others."""
    kind = dtypes.as_dtype(dtype)
    check_parameters(kind, mean, stddev)
    sizes = checked_shape("StatelessRandomNormalV2", shape)
    return scaled(run_floats(stateful.NORMAL, sizes, kind, _stream(seed, alg)), stddev, mean)


def stateless_truncated_normal(
    shape: Any, seed: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = dtypes.float32, name: str | None = None,
    alg: Any = "auto_select",
) -> EagerTensor:  # fmt: skip
    """As :func:`stateless_normal`, with numbers 2 or more standard deviations off drawn again."""
    kind = dtypes.as_dtype(dtype)
    check_parameters(kind, mean, stddev)
    sizes = checked_shape("StatelessTruncatedNormalV2", shape)
    drawn = run_floats(stateful.TRUNCATED_NORMAL, sizes, kind, _stream(seed, alg))
    return scaled(drawn, stddev, mean)


def stateless_uniform(
    shape: Any, seed: Any, minval: Any = 0, maxval: Any = None, dtype: Any = dtypes.float32, name: str | None = None,
    alg: Any = "auto_select",
) -> EagerTensor:  # fmt: skip
    """Numbers in ``[minval, maxval)`` that depend on ``seed`` (two ints) only; all ints, if both bounds are None.

    Raises:
        ValueError: one bound of two for ints.
        InvalidArgumentError: another seed, or no int between the bounds.
    """
    kind, sizes = dtypes.as_dtype(dtype), checked_shape("StatelessRandomUniformV2", shape)
    stream = _stream(seed, alg)
    if kind.is_integer:
        if (minval is None) != (maxval is None):
            raise ValueError(
                f"For integer `dtype` argument {kind}, argument `minval` and `maxval` must be both None or not None. "
                f"Got `minval`={minval} and `maxval`={maxval}."
            )
        return _full(sizes, kind, stream) if minval is None else run_ints(sizes, minval, maxval, kind, stream)
    return between(run_floats(stateful.UNIFORM, sizes, kind, stream), minval, maxval)


def _full(sizes: Shape, kind: dtypes.DType, stream: Stream) -> EagerTensor:
    attrs = {"shape": sizes, "dtype": kind.name, "key": stream[0], "counter": stream[1]}
    return execute(stateful.FULL_INT, (), attrs)


def stateless_categorical(
    logits: Any, num_samples: Any, seed: Any, dtype: Any = dtypes.int64, name: str | None = None
) -> EagerTensor:
    """For each row of logits classes drawn by its softmax, depending on ``seed`` only; see ``categorical``."""
    return run_classes(logits_of(logits), static_int(num_samples), dtype, _stream(seed))


def _by_parameter(op: Op, shape: Any, seed: Any, values: EagerTensor, kind: dtypes.DType) -> EagerTensor:
    sizes, own = static_shape(shape), values._array.shape
    lead = sizes[: len(sizes) - len(own)]
    if lead + own != sizes:
        text = f"Shape passed in must end with broadcasted shape: {bracketed(own)} vs. {bracketed(sizes)}"
        raise invalid(f"Stateless{op.name}", text)
    key, counter = _stream(seed)
    return execute(op, (values,), {"shape": lead, "dtype": kind.name, "key": key, "counter": counter})


def stateless_gamma(
    shape: Any, seed: Any, alpha: Any, beta: Any = None, dtype: Any = dtypes.float32, name: str | None = None
) -> EagerTensor:
    """Draws of the gamma distribution that depend on ``seed`` only; ``shape`` ends with that of ``alpha``."""
    kind = dtypes.as_dtype(dtype)
    a = to_tensor(alpha, kind)
    drawn = _by_parameter(stateful.GAMMA, shape, seed, a, kind)
    tiny = EagerTensor(np.array(np.finfo(kind.numpy).tiny, kind.numpy))
    return maximum(tiny, drawn if beta is None else drawn / to_tensor(beta, kind))


def stateless_poisson(
    shape: Any, seed: Any, lam: Any, dtype: Any = dtypes.int32, name: str | None = None
) -> EagerTensor:
    """Draws of the Poisson distribution that depend on ``seed`` only; ``shape`` ends with that of ``lam``."""
    return _by_parameter(stateful.POISSON, shape, seed, to_tensor(lam), dtypes.as_dtype(dtype))


def stateless_shuffle(value: Any, seed: Any, alg: Any = "auto_select", name: str | None = None) -> EagerTensor:
    """The rows of ``value`` in an order that depends on ``seed`` only."""
    key, counter = _stream(seed, alg)
    return execute(stateful.SHUFFLE, (to_tensor(value),), {"key": key, "counter": counter})


def stateless_fold_in(seed: Any, data: Any, alg: Any = "auto_select") -> EagerTensor:
    """A new seed made of a seed and a number."""
    first = stateless_uniform([1], seed, None, None, dtypes.int32, alg=alg)._array
    number = to_tensor(data)._array.astype(first.dtype).reshape(1)
    return EagerTensor(np.concatenate([first, number]))


def stateless_split(seed: Any, num: Any = 2, alg: Any = "auto_select") -> EagerTensor:
    """``num`` new seeds made of one: an int tensor of shape ``(num, 2)``."""
    return stateless_uniform([static_int(num), 2], seed, None, None, dtypes.int32, alg=alg)


# -- generators ----------------------------------------------------------------------------------------------------


def create_rng_state(seed: Any, alg: Any) -> EagerTensor:
    """The state (three int64 words: the counter's two, the key) that a seed begins with."""
    _check_algorithm(alg)
    return EagerTensor(_state_of(seed))


def _state_of(seed: Any) -> Any:
    if isinstance(seed, int):
        words = philox.words_of(seed, 6)
        return _signed([words[k] | words[k + 1] << 32 for k in (0, 2, 4)])
    given = [int(v) for v in np.asarray(getattr(seed, "_array", seed)).ravel()]
    return _signed([0] * (3 - len(given)) + given[:3])


def _signed(words: list[int]) -> Any:
    return np.array([w & (2**64 - 1) for w in words], np.uint64).view(np.int64)


class Generator:
    """``tf.random.Generator``: a stream of random numbers with a state of its own. Made by its class methods."""

    _shared: ClassVar[Generator | None] = None

    def __init__(self, copy_from: Generator | None = None, state: Any = None, alg: Any = None) -> None:
        if copy_from is not None:
            state, alg = copy_from._state, 1
        if state is None:
            raise ValueError("Argument `state` is required unless `copy_from` is given.")
        _check_algorithm(1 if alg is None else alg)
        self._state: Array = np.array(getattr(state, "_array", state), np.int64)

    @classmethod
    def from_seed(cls, seed: Any, alg: Any = None) -> Generator:
        """A generator that begins at a seed: an int, or up to three words."""
        return cls(state=_state_of(seed), alg=alg)

    @classmethod
    def from_state(cls, state: Any, alg: Any) -> Generator:
        """A generator that goes on from a state."""
        return cls(state=state, alg=alg)

    @classmethod
    def from_key_counter(cls, key: Any, counter: Any, alg: Any) -> Generator:
        """A generator of a given key and counter (two words)."""
        return cls(state=_signed([*map(int, static_shape(counter)), static_int(key)]), alg=alg)

    @classmethod
    def from_non_deterministic_state(cls, alg: Any = None) -> Generator:
        """A generator that begins somewhere else each time."""
        return cls(state=np.frombuffer(os.urandom(24), np.int64), alg=alg)

    @property
    def state(self) -> EagerTensor:
        """Three int64 words: the counter's two, the key."""
        return EagerTensor(self._state.copy())

    @property
    def key(self) -> EagerTensor:
        """The key: an int64 scalar."""
        return EagerTensor(self._state[2:].reshape(()).copy())

    @property
    def algorithm(self) -> int:
        """The number of the algorithm: 1."""
        return int(Algorithm.PHILOX)

    def reset(self, state: Any) -> None:
        """Goes on from ``state``."""
        self._state = np.array(getattr(state, "_array", state), np.int64)

    def reset_from_seed(self, seed: Any) -> None:
        """Begins at a seed."""
        self._state = _state_of(seed)

    def reset_from_key_counter(self, key: Any, counter: Any) -> None:
        """Goes on from a key and a counter."""
        self._state = type(self).from_key_counter(key, counter, 1)._state

    def skip(self, delta: Any) -> EagerTensor:
        """Passes over what ``delta`` draws would use up; returns the state before."""
        before = self.state
        count = static_int(delta)
        low, high, key = (int(v) & (2**64 - 1) for v in self._state)
        number = (low | high << 64) + philox.RESERVED * count
        self._state = _signed([number, number >> 64, key])
        return before

    def _next(self, sizes: Shape) -> Stream:
        low, high, key = (int(v) & (2**64 - 1) for v in self._state)
        self.skip(math.prod(sizes))
        a, b, c, d = philox.words_of(low | high << 64, 4)
        return (key & 0xFFFFFFFF, key >> 32), (a, b, c, d)

    def normal(
        self, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = dtypes.float32, name: str | None = None
    ) -> EagerTensor:
        """Normally distributed numbers."""
        kind = dtypes.as_dtype(dtype)
        check_parameters(kind, mean, stddev)
        sizes = checked_shape("StatelessRandomNormalV2", shape)
        return scaled(run_floats(stateful.NORMAL, sizes, kind, self._next(sizes)), stddev, mean)

    def truncated_normal(
        self, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = dtypes.float32, name: str | None = None
    ) -> EagerTensor:
        """Normally distributed numbers within 2 standard deviations."""
        kind = dtypes.as_dtype(dtype)
        check_parameters(kind, mean, stddev)
        sizes = checked_shape("StatelessTruncatedNormalV2", shape)
        drawn = run_floats(stateful.TRUNCATED_NORMAL, sizes, kind, self._next(sizes))
        return scaled(drawn, stddev, mean)

    def uniform(
        self, shape: Any, minval: Any = 0, maxval: Any = None, dtype: Any = dtypes.float32, name: str | None = None
    ) -> EagerTensor:
        """Numbers in ``[minval, maxval)``. Raises ValueError for ints without ``maxval``."""
        kind, sizes = dtypes.as_dtype(dtype), checked_shape("StatelessRandomUniformV2", shape)
        if kind.is_integer:
            if maxval is None:
                raise ValueError(f"Must specify maxval for integer dtype {kind!r}")
            return run_ints(sizes, minval, maxval, kind, self._next(sizes))
        return between(run_floats(stateful.UNIFORM, sizes, kind, self._next(sizes)), minval, maxval)

    def uniform_full_int(self, shape: Any, dtype: Any = dtypes.uint64, name: str | None = None) -> EagerTensor:
        """Ints of which every value of the type is as likely."""
        sizes = checked_shape("StatelessRandomUniformFullIntV2", shape)
        return _full(sizes, dtypes.as_dtype(dtype), self._next(sizes))

    def make_seeds(self, count: Any = 1) -> EagerTensor:
        """Seeds for the stateless functions, one per column: int64 of shape ``(2, count)``."""
        keys = self.uniform_full_int([static_int(count)], dtypes.int64)._array
        return EagerTensor(np.stack([keys, np.zeros_like(keys)]))

    def split(self, count: Any = 1) -> list[Generator]:
        """New generators that do not overlap with this one or each other."""
        keys = self.uniform_full_int([static_int(count)], dtypes.int64)._array
        return [type(self)(state=[0, 0, key]) for key in keys]


def get_global_generator() -> Generator:
    """The generator that all parts of a script share."""
    if Generator._shared is None:
        Generator._shared = Generator.from_non_deterministic_state()
    return Generator._shared


def set_global_generator(generator: Generator) -> None:
    """Makes ``generator`` the shared one."""
    Generator._shared = generator
