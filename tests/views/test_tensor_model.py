from __future__ import annotations

import math

import numpy as np
import pytest

from tapeview.trace.records import Stats
from tapeview.trace.values import statistics
from tapeview.views.tensor_content import load
from tapeview.views.tensor_model import WIDEST, TensorModel, heat_scale, image_axes, pixels


def showing(array: np.ndarray | None, stats: Stats | None = None) -> TensorModel:
    model = TensorModel()
    model.show(object(), lambda: array, lambda: stats if array is None else statistics(array))
    return model


@pytest.mark.parametrize(
    ("shape", "modes"),
    [
        ((), ()),
        ((1, 1), ()),
        ((0, 3), ()),
        ((10,), ("heatmap", "table", "histogram")),
        ((3, 4), ("heatmap", "table", "histogram")),
        ((28, 28), ("heatmap", "table", "image", "histogram")),
        ((32, 32, 3), ("heatmap", "table", "image", "histogram")),
        ((5, 32, 32, 3), ("heatmap", "table", "image", "histogram")),
        ((5, 32, 32, 7), ("heatmap", "table", "histogram")),
    ],
)
def test_the_shape_says_how_a_tensor_can_be_looked_at(shape: tuple[int, ...], modes: tuple[str, ...]) -> None:
    assert showing(np.arange(math.prod(shape), dtype=np.float32).reshape(shape)).modes == modes


def test_images_come_with_or_without_channels() -> None:
    assert [image_axes(shape) for shape in ((8, 8), (9, 9, 1), (2, 9, 9, 4), (7, 9), (9,), ())] == [
        "hw", "hwc", "hwc", "", "", "",
    ]  # fmt: skip


def test_a_chosen_mode_lasts_where_it_can() -> None:
    model = showing(np.ones((16, 16)))
    model.choose_mode("image")
    assert model.mode == "image"
    model.show("vector", lambda: np.arange(4.0), lambda: None)
    assert model.mode == "heatmap"
    model.show("again", lambda: np.ones((16, 16)), lambda: None)
    assert model.mode == "image"
    with pytest.raises(ValueError, match="sideways"):
        model.choose_mode("sideways")


def test_leading_axes_have_an_index() -> None:
    array = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    model = showing(array)
    assert model.index == (0, 0)
    model.choose_index(0, 1)
    model.choose_index(1, 2)
    assert model.slice_text == "[1, 2, :, :]"
    assert np.array_equal(model.matrix(), array[1, 2])
    model.choose_index(1, 3)
    model.choose_index(7, 0)
    assert model.index == (1, 2)


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4), (2, 2, 3, 4)])
def test_an_element_is_picked_where_it_stands(shape: tuple[int, ...]) -> None:
    array = np.arange(math.prod(shape)).reshape(shape)
    model = showing(array)
    for axis in range(len(model.index)):
        model.choose_index(axis, 1)
    matrix = model.matrix()
    row, column = matrix.shape[0] - 1, 2
    model.pick(row, column)
    assert model.picked is not None
    assert array[model.picked] == matrix[row, column]
    assert model.picked_place == (row, column)
    if model.index:
        model.choose_index(0, 0)
        assert model.picked_place is None  # it is in another slice
        model.choose_index(0, 1)
    model.pick(row, column)
    assert model.picked is not None
    model.pick(row, column, toggle=True)
    assert model.picked is None
    model.pick(row, column)
    model.pick(99, 0)
    assert (model.picked, model.picked_place) == (None, None)
    model.pick(row, column)
    model.show("another", lambda: array, lambda: None)
    assert model.picked is None


def test_an_image_of_a_batch_has_one_index() -> None:
    array = np.zeros((4, 10, 12, 3), np.uint8)
    array[2] = 200
    model = showing(array)
    model.choose_mode("image")
    assert model.index == (0,)
    model.choose_index(0, 2)
    assert model.image().shape == (10, 12, 3)
    assert int(model.image().max()) == 200


def test_a_vector_is_one_row() -> None:
    assert showing(np.arange(4.0)).matrix().shape == (1, 4)


def test_statistics_tell_the_bad_news() -> None:
    model = showing(np.array([1.0, np.nan, np.inf, 0.0]))
    assert ("NaN / Inf / 0", "1 / 1 / 1", "bad") in model.statistics()
    assert {name: value for name, value, _ in model.statistics()}["std"] == "0.5"


def test_a_scalar_is_written_out() -> None:
    model = showing(np.float32(0.1).reshape(()))
    assert model.statistics() == [("value", "0.1", ""), ("dtype", "float32", "")]
    assert showing(np.array(np.nan)).statistics()[0] == ("value", "NaN", "bad")


def test_what_was_not_kept_has_its_statistics_only() -> None:
    model = showing(None, Stats(0.0, 2.0, 1.0, 3.0, 0, 0, 1))
    assert (model.state, model.mode) == ("not kept", "")
    assert ("min / max", "0 / 2", "") in model.statistics()
    assert showing(None).statistics() == []


@pytest.mark.parametrize(
    "array",
    [
        np.array([np.nan, np.nan]),
        np.array([np.inf, 1.0]),
        np.array([1e308, -1e308]),
        np.array([1e308, 1e308]),
        np.full(5, 3.0),
        np.array([True, False]),
        np.array([1 + 2j, 3j]),
        np.array([5e-324, 0.0]),
        np.array([1.0, 1.0 + 2**-52]),
        np.array([b"a", b"b"]),
        np.array([2**63], dtype=np.uint64),
        np.zeros((0,)),
    ],
    ids=str,
)
def test_odd_values_never_raise(array: np.ndarray) -> None:
    model = showing(array)
    for mode in model.modes:
        model.choose_mode(mode)
        model.matrix()
        model.image()
    if array.dtype.kind in "fiub":
        heat_scale(array.reshape(1, -1))


def test_a_histogram_counts_everything_finite() -> None:
    found = load(lambda: np.array([1.0, 2.0, 2.0, np.nan]), lambda: None).histogram
    assert found is not None
    assert int(found.counts.sum()) == 3
    assert (found.edges[0], found.edges[-1]) == (1.0, 2.0)


def test_heat_is_relative_to_the_largest() -> None:
    assert heat_scale(np.array([[-2.0, 1.0, np.nan, 0.0]])).tolist()[0][:2] == [-1.0, 0.5]
    assert math.isnan(heat_scale(np.array([[-2.0, np.inf]]))[0, 1])
    assert heat_scale(np.zeros((1, 2))).tolist() == [[0.0, 0.0]]


def test_pixels_are_scaled_by_what_the_numbers_are() -> None:
    assert pixels(np.full((2, 2), 7, np.uint8), False)[0, 0].tolist() == [7, 7, 7]
    assert pixels(np.full((2, 2), 0.5), False)[0, 0].tolist() == [127, 127, 127]
    assert pixels(np.array([[-1.0, 3.0]]), False)[0].tolist() == [[0, 0, 0], [255, 255, 255]]
    assert pixels(np.array([[[0.0, 0.5, 1.0, np.nan]]]), True)[0, 0].tolist() == [0, 127, 255, 0]
    assert max(pixels(np.zeros((3 * WIDEST, 2)), False).shape) <= WIDEST
