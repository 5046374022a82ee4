from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tapeview.trace.query import Recording
from tapeview.views.curves import Curve, as_csv, thin
from tapeview.views.plots_model import PlotsModel
from tapeview.views.workspace import Reasons, Workspace
from tests.helpers.recordings import Regression

STEPS = 20


def training(path: Path, steps: int = STEPS, scale: float = 1.0, variables: int = 3) -> Path:
    """A recording of a training in two epochs, without ops."""
    scene = Regression(path)
    scene.variable(np.zeros((2, 2)), 0, "net/layer_0/kernel:0")
    for _ in range(steps):
        scene.train()
    scene.flush()
    writer = scene.writer
    half = steps // 2

    def add(name: str, kind: str, points: dict[int, float]) -> None:
        number = writer.add_series(name, kind, 0)
        for step, value in points.items():
            writer.add_scalar(number, step, value)

    add("loss", "metric", {step: scale * 2.0 / (step + 1) for step in range(steps)})
    add("accuracy", "metric", {step: step / steps for step in range(steps)})
    for name in ("loss", "val_loss", "accuracy", "val_accuracy"):
        add(name, "epoch", {half - 1: 0.5, steps - 1: 0.25})
    for number in range(variables):
        add(f"net/layer_{number}/kernel", "gradient", {step: 10.0 ** -(step % 5) for step in range(steps)})
        add(f"net/layer_{number}/kernel", "update", dict.fromkeys(range(steps), 1e-3))
    add("lr", "epoch", {half - 1: 0.01, steps - 1: 0.001})
    add("Adam", "rate", {step: 0.01 if step < half else 0.001 for step in range(steps)})
    return scene.finish()


def looking(recording: Recording) -> tuple[Workspace, PlotsModel]:
    workspace = Workspace()
    workspace.open(recording)
    return workspace, PlotsModel(workspace)


def test_a_training_has_a_page_for_each_kind(tmp_path: Path) -> None:
    with Recording.open(training(tmp_path / "t.tapeview")) as recording:
        _, model = looking(recording)
        assert model.pages == ("curves", "gradients", "updates", "variables", "rate", "histograms")
        assert [model.title(page) for page in ("curves", "rate")] == ["Loss & metrics", "Learning rate"]
        assert [(curve.name, curve.panel, curve.visible) for curve in model.curves] == [
            ("loss", "loss", True),
            ("accuracy", "metrics", True),
            ("loss, epoch", "loss", True),
            ("val_loss", "loss", True),
            ("accuracy, epoch", "metrics", True),
            ("val_accuracy", "metrics", True),
            ("loss, batch", "loss", False),
        ]
        assert [panel.key for panel in model.panels] == ["loss", "metrics"]
        model.choose_page("gradients")
        assert [curve.name for curve in model.curves] == ["layer_0/kernel", "layer_1/kernel", "layer_2/kernel"]
        assert model.log
        model.choose_page("updates")
        assert model.panels[0].guide == 1e-3
        assert "0.001" in model.panels[0].note
        model.choose_page("variables")
        assert {curve.name for curve in model.curves} == {"w", "b"}
        model.choose_page("rate")
        assert {curve.name for curve in model.curves} == {"lr", "Adam"}
        model.choose_page("nowhere")
        assert model.shown == ("rate",)


def test_what_has_nothing_is_no_page(tmp_path: Path) -> None:
    scene = Regression(tmp_path / "r.tapeview")
    scene.train()
    with Recording.open(scene.finish()) as recording:
        workspace, model = looking(recording)
        assert model.pages == ("curves",)
        assert model.title("curves") == "Curves"
        workspace.close()
        assert model.pages == ()
        assert model.curves == []


def test_a_logarithmic_loss_leaves_the_accuracy_as_it_is(tmp_path: Path) -> None:
    with Recording.open(training(tmp_path / "t.tapeview")) as recording:
        _, model = looking(recording)
        model.set_log(True)
        assert (model.log_in("loss"), model.log_in("metrics")) == (True, False)
        model.choose_page("rate")
        assert not model.log
        model.choose_page("curves")
        assert model.log


def test_pages_stand_side_by_side(tmp_path: Path) -> None:
    with Recording.open(training(tmp_path / "t.tapeview")) as recording:
        _, model = looking(recording)
        model.choose_page("gradients")
        model.choose_page("updates", beside=True)
        assert [panel.key for panel in model.panels] == ["gradients", "updates"]
        assert len(model.curves) == 6
        model.choose_page("histograms", beside=True)
        assert model.shown == ("histograms",)
        model.choose_page("gradients")
        model.choose_page("gradients", beside=True)
        assert model.shown == ("gradients",)
        model.choose_page("rate", beside=True)
        model.choose_page("gradients", beside=True)
        assert model.shown == ("rate",)


def test_only_one_and_then_all_again(tmp_path: Path) -> None:
    with Recording.open(training(tmp_path / "t.tapeview")) as recording:
        _, model = looking(recording)
        model.choose_page("gradients")
        key = model.curves[1].key
        model.only(key)
        assert [curve.visible for curve in model.curves] == [False, True, False]
        model.only(key)
        assert all(curve.visible for curve in model.curves)
        model.only("nobody")
        assert all(curve.visible for curve in model.curves)


def test_epochs_and_rates_are_not_smoothed(tmp_path: Path) -> None:
    with Recording.open(training(tmp_path / "t.tapeview")) as recording:
        _, model = looking(recording)
        model.set_smoothing(0.9)
        model.set_log(False)
        by_name = {curve.name: curve for curve in model.curves}
        assert np.array_equal(model.drawn(by_name["val_loss"])[1], by_name["val_loss"].y)
        assert not np.array_equal(model.drawn(by_name["loss"])[1], by_name["loss"].y)


def test_another_run_is_drawn_in_the_same_colours(tmp_path: Path) -> None:
    training(tmp_path / "slow.tapeview", scale=3.0)
    with Recording.open(training(tmp_path / "t.tapeview")) as recording:
        workspace, model = looking(recording)
        heard: list[Reasons] = []
        model.changed.connect(heard.append)
        refused: list[str] = []
        model.overlaid.refused.connect(refused.append)
        model.add_run(tmp_path / "slow.tapeview")
        assert not refused
        assert "scale" in heard[-1]
        own, other = model.curves[0], next(curve for curve in model.curves if curve.run)
        assert (other.label, other.color, other.panel, other.visible) == ("loss · slow", own.color, "loss", True)
        assert np.allclose(other.y, own.y * 3)
        model.add_run(tmp_path / "slow.tapeview")
        model.add_run(tmp_path / "t.tapeview")
        assert [text.split()[0] for text in refused if "already" in text] == ["slow.tapeview", "t.tapeview"]
        model.choose_page("gradients")
        assert len(model.curves) == 6
        model.toggle(model.curves[3].key)
        assert [curve.visible for curve in model.curves] == [True, True, True, False, True, True]
        model.overlaid.remove(model.overlaid.runs[0].path)
        assert len(model.curves) == 3
        broken = tmp_path / "no.tapeview"
        broken.write_text("nothing", encoding="utf-8")
        model.add_run(broken)
        assert refused[-1].startswith("no.tapeview")
        assert not model.overlaid.runs
        model.add_run(tmp_path / "slow.tapeview")
        assert [run.name for run in model.overlaid.runs] == ["slow"]
        workspace.close()
        assert model.overlaid.runs == []


def test_a_breakpoint_is_offered_for_the_scripts_own_numbers_only(tmp_path: Path) -> None:
    with Recording.open(training(tmp_path / "t.tapeview")) as recording:
        _, model = looking(recording)
        assert model.near(3, 1.0, "loss") is None
        model.choose_page("variables")
        found = model.near(3, 1e9, "variables")
        assert found is not None
        assert found.name in ("w", "b")


def test_the_table_has_a_row_for_each_step() -> None:
    x = np.array([1.0, 2.0, 3.0])
    curves = [
        Curve("a", 'he said "a", b', "logged", 0, True, x, np.array([0.5, np.nan, 2.0])),
        Curve("b", "val", "epoch", 1, True, x[1:2], np.array([1e-20]), run="old"),
    ]
    assert as_csv(curves) == 'step,"he said ""a"", b",val · old\n1,0.5,\n2,nan,1e-20\n3,2.0,\n'
    assert as_csv([]) == "step\n"


@pytest.mark.parametrize("count", [10, 2999, 3001, 100_003])
def test_a_thinned_curve_keeps_its_peaks(count: int) -> None:
    x = np.arange(count, dtype=np.float64)
    y = np.sin(x / 50)
    y[count // 3] = 90.0
    y[count // 2] = -90.0
    y[-1] = np.nan
    few_x, few_y = thin(x, y, 3000)
    assert len(few_x) <= 3100
    assert (np.nanmax(few_y), np.nanmin(few_y)) == (90.0, -90.0)
    assert np.all(np.diff(few_x) > 0) or count > 3000
    assert np.all(np.diff(few_x) >= 0)


def test_a_gap_stays_a_gap_when_thinned() -> None:
    x = np.arange(90_000.0)
    y = np.ones(90_000)
    y[30_000:60_000] = np.nan
    few_x, few_y = thin(x, y, 3000)
    middle = (few_x > 30_100) & (few_x < 59_900)
    assert np.isnan(few_y[middle]).all()
    assert np.isfinite(few_y[~((few_x > 29_900) & (few_x < 60_100))]).all()


def test_the_first_page_is_shown_until_somebody_chooses(tmp_path: Path) -> None:
    scene = Regression(tmp_path / "g.tapeview")
    scene.variable(np.zeros((2, 2)), 0, "net/layer_0/kernel:0")
    scene.next_step()
    scene.tape(0)
    scene.flush()
    scene.writer.commit()
    with Recording.open(tmp_path / "g.tapeview") as recording:
        workspace, model = looking(recording)
        assert model.shown == ("curves",)
        loss = scene.writer.add_series("loss", "logged", 0)
        scene.writer.add_scalar(loss, 0, 1.0)
        scene.writer.commit()
        recording.refresh()
        workspace.refreshed()
        assert model.shown == ("curves",)
        assert model.title("curves") == "Curves"
        heard: list[Reasons] = []
        model.changed.connect(heard.append)
        scene.writer.add_scalar(scene.writer.add_series("accuracy", "metric", 0), 0, 0.5)
        scene.writer.commit()
        recording.refresh()
        workspace.refreshed()
        assert model.title("curves") == "Loss & metrics"
        assert "pages" in heard[-1]
        model.choose_page("histograms")
        workspace.refreshed()
        assert model.shown == ("histograms",)
    scene.finish()
