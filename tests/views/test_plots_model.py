from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tapeview.trace.query import Recording
from tapeview.views.curves import smooth, worth_log
from tapeview.views.plots_model import PlotsModel
from tapeview.views.workspace import Reasons, Workspace
from tests.helpers.recordings import Regression, write_nonfinite, write_regression


def test_every_series_is_there_the_loss_first(tmp_path: Path) -> None:
    with Recording.open(write_regression(tmp_path / "r.tapeview", steps=30)) as recording:
        workspace = Workspace()
        workspace.open(recording)
        model = PlotsModel(workspace)
        assert [curve.name for curve in model.curves] == ["loss", "w", "b"]
        loss = model.curves[0]
        assert loss.x.tolist() == list(range(1, 31))
        assert loss.y[0] > loss.y[-1]
        assert model.log, "it falls by more than two decades"
        _, y = model.drawn(loss)
        assert np.allclose(10**y, loss.y)
        model.set_log(False)
        assert np.array_equal(model.drawn(loss)[1], loss.y)
        assert model.summary == "3 of 3 series"


def test_a_click_goes_to_the_nearest_step(tmp_path: Path) -> None:
    with Recording.open(write_regression(tmp_path / "r.tapeview", steps=5)) as recording:
        workspace = Workspace()
        workspace.open(recording)
        workspace.move_to(0, 7)
        model = PlotsModel(workspace)
        for x, step in ((3.4, 2), (3.6, 3), (-100.0, 0), (1e9, 4)):
            model.go_to(x)
            assert workspace.cursor == (step, 7)
        model.go_to(float("nan"))
        assert workspace.cursor == (4, 7)
        assert model.step == 4


def test_readings_at_a_place(tmp_path: Path) -> None:
    with Recording.open(write_regression(tmp_path / "r.tapeview", steps=5)) as recording:
        workspace = Workspace()
        workspace.open(recording)
        model = PlotsModel(workspace)
        loss = model.curves[0]
        assert model.reading(loss, 2.2) == f"{loss.y[1]:.5g}"
        assert model.reading(loss, 99) == f"{loss.y[-1]:.5g}"
        assert model.reading(loss, 0) == "–"
        assert model.reading(loss, float("nan")) == "–"


def test_hidden_series_stay_hidden_while_more_arrives(tmp_path: Path) -> None:
    scene = Regression(tmp_path / "live.tapeview")
    scene.train()
    scene.flush()
    scene.writer.commit()
    with Recording.open(tmp_path / "live.tapeview") as recording:
        workspace = Workspace()
        workspace.open(recording)
        model = PlotsModel(workspace)
        heard: list[Reasons] = []
        model.changed.connect(heard.append)
        model.toggle("w")
        model.toggle("nobody")
        scene.train()
        scene.flush()
        scene.writer.commit()
        assert recording.refresh()
        workspace.refreshed()
        assert [curve.visible for curve in model.curves] == [True, False, True]
        assert len(model.curves[1].x) == 2
        assert heard == [{"curves"}, {"data"}]
    scene.finish()


def test_nan_and_a_single_point_are_kept(tmp_path: Path) -> None:
    with Recording.open(write_nonfinite(tmp_path / "b.tapeview")) as recording:
        workspace = Workspace()
        workspace.open(recording)
        model = PlotsModel(workspace)
        assert np.isnan(model.drawn(model.curves[0])[1]).all()
        assert model.reading(model.curves[0], 1) == "NaN"
        model.set_log(True)
        assert np.isnan(model.drawn(model.curves[0])[1]).all()


def test_smoothing_must_make_sense() -> None:
    model = PlotsModel(Workspace())
    for wrong in (-0.1, 1.0):
        with pytest.raises(ValueError, match="smoothing"):
            model.set_smoothing(wrong)
    model.set_smoothing(0.6)
    assert model.summary == "smoothing 0.6"


@pytest.mark.parametrize("weight", [0.3, 0.6, 0.9, 0.97])
@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 1000])
def test_smoothing_is_the_moving_average(weight: float, count: int) -> None:
    y = np.random.default_rng(1).normal(size=count) * 10
    average, share, expected = 0.0, 1.0, []
    for value in y:
        average = weight * average + (1 - weight) * value
        share *= weight
        expected.append(average / (1 - share))
    assert np.allclose(smooth(y, weight), expected)


def test_smoothing_passes_over_gaps() -> None:
    y = np.array([1.0, np.nan, 3.0, np.inf])
    out = smooth(y, 0.5)
    assert np.isnan(out[1])
    assert np.isinf(out[3])
    assert out[2] == pytest.approx((0.25 * 1 + 0.5 * 3) / 0.75)


def test_a_log_axis_is_for_positive_values_of_different_size() -> None:
    assert worth_log([np.array([1000.0, 1.0]), np.array([3.0, 4.0])])
    assert not worth_log([np.array([1000.0, 1.0]), np.array([-3.0, 4.0])])
    assert not worth_log([np.array([10.0, 1.0])])
    assert not worth_log([np.array([np.nan]), np.array([])])


def series(path: Path, values: dict[str, tuple[str, dict[int, float]]]) -> Path:
    """A recording of these series: name, kind, step -> value."""
    scene = Regression(path)
    scene.flush()
    for name, (kind, points) in values.items():
        number = scene.writer.add_series(name, kind, 0)
        for step, value in points.items():
            scene.writer.add_scalar(number, step, value)
    return scene.finish()


def test_long_series_come_first_and_short_ones_are_off(tmp_path: Path) -> None:
    path = series(
        tmp_path / "s.tapeview",
        {
            "once": ("target", {0: 0.0}),
            "start": ("variable", {-1: 4.0}),
            "w2": ("variable", {step: 2.0 + step for step in range(-1, 100)}),
            "rare": ("target", dict.fromkeys(range(0, 100, 10), 1.0)),
            "cost": ("target", {step: 1000.0 / (step + 1) ** 2 for step in range(100)}),
        },
    )
    with Recording.open(path) as recording:
        workspace = Workspace()
        workspace.open(recording)
        model = PlotsModel(workspace)
        curves = [curve for curve in model.curves if len(curve.x)]
        assert [(curve.name, curve.visible) for curve in curves] == [
            ("cost", True), ("w2", True), ("rare", True), ("once", False), ("start", False),
        ]  # fmt: skip
        assert [curve.color for curve in curves] == sorted(curve.color for curve in curves)
        assert curves[0].color == 0
        assert model.log, "what is off does not count"
        model.toggle("once")
        assert model.curves[[curve.name for curve in model.curves].index("once")].visible


def test_the_axis_begins_at_the_first_step(tmp_path: Path) -> None:
    path = series(
        tmp_path / "s.tapeview",
        {"v": ("variable", {-1: 4.0, 0: 5.0, 1: 6.0}), "still": ("variable", {-1: 4.0})},
    )
    with Recording.open(path) as recording:
        workspace = Workspace()
        workspace.open(recording)
        found = {curve.name: (curve.x.tolist(), curve.y.tolist()) for curve in PlotsModel(workspace).curves}
        assert found["v"] == ([1.0, 2.0], [5.0, 6.0])
        assert found["still"] == ([1.0], [4.0])


def test_log_goes_off_by_itself_when_something_cannot_be_shown(tmp_path: Path) -> None:
    scene = Regression(tmp_path / "live.tapeview")
    scene.flush()
    number = scene.writer.add_series("risk", "logged", 0)
    for step in range(5):
        scene.writer.add_scalar(number, step, 10.0**step)
    scene.writer.commit()
    with Recording.open(tmp_path / "live.tapeview") as recording:
        workspace = Workspace()
        workspace.open(recording)
        model = PlotsModel(workspace)
        assert model.log
        scene.writer.add_scalar(number, 5, -1.0)
        scene.writer.commit()
        assert recording.refresh()
        workspace.refreshed()
        assert not model.log
    scene.finish()
