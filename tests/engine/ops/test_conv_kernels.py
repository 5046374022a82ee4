"""The kernels of convolutions beside a sum written out: strides, dilations, padding, few channels and many."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from tapeview.engine.ops import conv_kernels
from tapeview.engine.ops.windows import Padding, Pair, output_sizes

VALID: Padding = ((0, 0), (0, 0))
ROUND: Padding = ((1, 1), (1, 0))
WINDOWS = [((1, 1), (1, 1)), ((2, 1), (1, 1)), ((1, 2), (1, 1)), ((1, 1), (1, 2)), ((1, 1), (2, 1))]


def written_out(x: Any, w: Any, strides: Pair, padding: Padding, dilations: Pair) -> Any:
    """One window after the other."""
    kh, kw = w.shape[:2]
    framed = np.pad(x, ((0, 0), *padding, (0, 0)))
    out = output_sizes(x.shape[1:3], (kh, kw), strides, dilations, padding, "Conv2D")
    y = np.zeros((len(x), *out, w.shape[3]))
    for i, j in np.ndindex(*out):
        rows = slice(i * strides[0], i * strides[0] + (kh - 1) * dilations[0] + 1, dilations[0])
        columns = slice(j * strides[1], j * strides[1] + (kw - 1) * dilations[1] + 1, dilations[1])
        y[:, i, j] = np.einsum("nabc,abco->no", framed[:, rows, columns], w)
    return y


@pytest.mark.parametrize("padding", [VALID, ROUND])
@pytest.mark.parametrize(("strides", "dilations"), WINDOWS)
def test_result_and_gradients_are_those_of_the_sum_written_out(
    strides: Pair, dilations: Pair, padding: Padding
) -> None:
    rng = np.random.default_rng(0)
    attrs: Any = {"strides": strides, "padding": padding, "dilations": dilations}
    sizes = itertools.product((0, 3), (7,), (8, 9), (1, 9), (1, 3), (1, 2, 3))
    for examples, height, width, channels, kh, kw in sizes:
        x, w = rng.standard_normal((examples, height, width, channels)), rng.standard_normal((kh, kw, channels, 2))
        y = conv_kernels.conv(x, w, **attrs)
        np.testing.assert_allclose(y, written_out(x, w, **attrs), atol=1e-12)
        np.testing.assert_array_equal(conv_kernels.conv(np.asfortranarray(x), w, **attrs), y)
        dy = rng.standard_normal(y.shape)
        dx = conv_kernels.conv_back_input(w, dy, shape=x.shape, **attrs)
        dw = conv_kernels.conv_back_filter(x, dy, shape=w.shape, **attrs)
        # The result is linear in both, so a gradient's product with any direction is that of dy with the result there.
        v, u = rng.standard_normal(x.shape), rng.standard_normal(w.shape)
        np.testing.assert_allclose((dx * v).sum(), (dy * written_out(v, w, **attrs)).sum(), atol=1e-9)
        np.testing.assert_allclose((dw * u).sum(), (dy * written_out(x, u, **attrs)).sum(), atol=1e-9)


@pytest.mark.parametrize("bad", [np.inf, np.nan])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_what_is_not_finite_stays_in_its_own_windows(dtype: str, bad: float) -> None:
    x, w = np.ones((1, 4, 6, 1), dtype), np.ones((3, 3, 1, 2), dtype)
    x[0, 1, 0] = bad
    attrs: Any = {"strides": (1, 1), "padding": VALID, "dilations": (1, 1)}
    with np.errstate(invalid="ignore"):
        y = conv_kernels.conv(x, w, **attrs)
        assert np.isfinite(y).all(-1).tolist() == [[[False, True, True, True]] * 2]
        dy = np.ones_like(y)
        dy[0, 0, 1] = bad
        dw = conv_kernels.conv_back_filter(np.ones_like(x), dy, shape=w.shape, **attrs)
        assert not np.isfinite(dw).any()
