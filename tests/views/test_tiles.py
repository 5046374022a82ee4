from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from tapeview.trace.query import Recording
from tapeview.views.tensor_content import Meaning
from tapeview.views.tensor_model import TensorModel
from tapeview.views.tiles import MOST, layout_of, slices, tile_count, tiles_note, tiles_of
from tests.helpers.recordings import Regression


def filters(h: int, w: int, cin: int, cout: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(h, w, cin, cout)).astype(np.float32)


def test_what_has_the_shape_of_a_kernel_is_filters(tmp_path: Path) -> None:
    scene = Regression(tmp_path / "k.tapeview")
    scene.variable(filters(3, 3, 2, 4), 0, "conv/kernel:0")
    scene.variable(filters(1, 1, 2, 4), 0, "point/kernel:0")
    with Recording.open(scene.finish()) as recording:
        shapes = {
            (3, 3, 2, 4): "filters",
            (1, 1, 2, 4): "",
            (8, 26, 26, 16): "maps",
            (8, 28, 28, 1): "pictures",
            (8, 28, 28, 3): "pictures",
            (8, 4, 4, 3): "maps",
            (8, 1, 9, 9): "",
            (0, 26, 26, 16): "",
            (3, 3, 2): "",
        }
        assert {shape: layout_of(recording, shape) for shape in shapes} == shapes


def test_filters_are_signed_and_have_one_scale() -> None:
    array = filters(3, 3, 2, 4)
    tiles = tiles_of(array, "filters", 1, 0, False)
    assert tiles.shades is not None
    assert tiles.shades.shape == (4, 3, 3)
    assert tiles.signed
    assert np.allclose(tiles.shades[2], array[:, :, 1, 2] / np.abs(array[:, :, 1]).max(), atol=1e-6)
    own = tiles_of(array, "filters", 1, 0, True).shades
    assert own is not None
    assert np.allclose(np.abs(own).max(axis=(1, 2)), 1.0)
    assert (slices(array.shape, "filters"), tile_count(array.shape, "filters")) == (2, 4)


def test_feature_maps_of_one_sample() -> None:
    array = np.maximum(np.random.default_rng(0).normal(size=(5, 6, 7, 100)), 0).astype(np.float32)
    array[3, 0, 0, 70] = np.nan
    tiles = tiles_of(array, "maps", 3, MOST, False)
    assert tiles.shades is not None
    assert (tiles.shown, tiles.count, tiles.first, tiles.signed) == (36, 100, 64, False)
    assert tiles.shades.shape == (36, 6, 7)
    assert np.isnan(tiles.shades[6, 0, 0])
    assert float(np.nanmax(tiles.shades)) == 1.0
    assert tiles_note(tiles, "maps") == "showing 65–100 of 100 feature maps"


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_keep_their_bytes_and_scale_others(channels: int) -> None:
    array = np.random.default_rng(0).integers(0, 255, (3, 9, 10, channels)).astype(np.uint8)
    tiles = tiles_of(array, "pictures", 0, 0, False)
    assert tiles.pixels is not None
    assert tiles.pixels.shape == (3, 9, 10, 3)
    assert np.array_equal(tiles.pixels[..., :channels], array)
    half = tiles_of(np.full((1, 8, 8, channels), 0.5, np.float32), "pictures", 0, 0, False).pixels
    assert half is not None
    assert set(half.reshape(-1).tolist()) == {127}
    wide = tiles_of(np.linspace(-4, 4, 8 * 8 * channels).reshape(1, 8, 8, channels), "pictures", 0, 0, False).pixels
    assert wide is not None
    assert (int(wide.min()), int(wide.max())) == (0, 255)


def test_shades_of_nothing_and_of_what_is_not_finite() -> None:
    for value in (0.0, np.nan, np.inf):
        tiles = tiles_of(np.full((2, 4, 4, 3), value, np.float32), "maps", 0, 0, True)
        assert tiles.shades is not None
        assert np.isnan(tiles.shades).all() == (not np.isfinite(value))


def test_sliders_choose_a_sample_and_a_page() -> None:
    array = np.zeros((32, 8, 8, 200), np.float32)
    model = TensorModel()
    model.show("a", lambda: array, lambda: None, meaning=Meaning("maps"))
    assert model.mode == "tiles"
    assert [(slider.name, slider.count) for slider in model.sliders] == [("sample", 32), ("page", 4)]
    model.choose(0, 5)
    model.choose(1, 3)
    model.choose(1, 4)
    model.choose(2, 0)
    assert [slider.value for slider in model.sliders] == [5, 3]
    tiles = model.tiles()
    assert tiles is not None
    assert model.tiles_text(tiles) == "showing 193–200 of 200 feature maps"
    smaller = np.zeros((4, 8, 8, 5), np.float32)
    model.show("b", lambda: smaller, lambda: None, meaning=Meaning("maps"))
    assert [slider.value for slider in model.sliders] == [3]
    model.show("c", lambda: None, lambda: None, meaning=Meaning("maps"))
    assert model.sliders == []
    assert model.state == "not kept"


def test_a_mode_is_remembered_for_tensors_of_its_kind() -> None:
    model = TensorModel()
    maps, matrix = np.zeros((2, 8, 8, 5), np.float32), np.arange(12.0).reshape(3, 4)
    model.show("a", lambda: maps, lambda: None, meaning=Meaning("maps"))
    model.choose_mode("histogram")
    model.show("b", lambda: matrix, lambda: None)
    assert model.mode == "heatmap"
    model.choose_mode("table")
    model.show("c", lambda: maps, lambda: None, meaning=Meaning("maps"))
    assert model.mode == "histogram"


def test_large_maps_are_quick() -> None:
    array = np.random.default_rng(0).normal(size=(32, 32, 32, 64)).astype(np.float32)
    huge = np.zeros((1, 2000, 2000, 80), np.uint8)
    tiles_of(array, "maps", 0, 0, False)
    began = time.perf_counter()
    tiles_of(array, "maps", 9, 0, False)
    assert time.perf_counter() - began < 0.05
    shades = tiles_of(huge, "maps", 0, 0, False).shades
    assert shades is not None
    assert shades.shape == (64, 125, 125)
