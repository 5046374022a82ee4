"""The examples that ship with tapeview."""

from __future__ import annotations

import json
import re
from itertools import zip_longest
from pathlib import Path

import pytest

from tapeview.cli import main
from tapeview.commands.examples import examples, title
from tapeview.explain import explain
from tests.end2end.test_tutorials import write_batch
from tests.helpers.scripts import record

NAMES = list(examples())
FROZEN = Path(__file__).parent / "frozen"
NUMBER = re.compile(r"-?\d+\.\d+|-?\d+")


def alike(told: str, expected: str) -> list[tuple[str, str]]:
    """The lines that differ in their words, or in a number by more than rounding explains."""
    apart = []
    for line, wanted in zip_longest(told.splitlines(), expected.splitlines(), fillvalue="(nothing)"):
        numbers = [[float(number) for number in NUMBER.findall(text)] for text in (line, wanted)]
        words = [NUMBER.sub("#", text).split() for text in (line, wanted)]
        if words[0] != words[1] or numbers[0] != pytest.approx(numbers[1], rel=1e-3, abs=2e-3):
            apart.append((line, wanted))
    return apart


def test_the_list_has_a_title_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["examples"]) == 0
    text = capsys.readouterr().out
    folder = Path(__file__).parents[2] / "tapeview" / "examples"
    assert sorted(NAMES) == sorted(path.stem for path in folder.glob("[a-z]*.py"))
    for name, file in examples().items():
        assert name in text
        assert len(title(file)) > 10
        assert title(file) in text


@pytest.mark.parametrize("name", NAMES)
def test_an_example_runs_and_says_what_to_look_at(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # given a copy of it
    monkeypatch.chdir(tmp_path)
    assert main(["examples", name, "--copy"]) == 0
    copy = tmp_path / f"{name}.py"
    assert capsys.readouterr().out == f"{name}.py\n"
    assert "What to look at:" in copy.read_text(encoding="utf-8")
    if name == "cifar100_cnn":
        folder = tmp_path / "datasets" / "cifar-100-python"
        folder.mkdir(parents=True)
        write_batch(folder / "train", 320, 1)
        write_batch(folder / "test", 10, 2)
        monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    # when it runs, then it ends well and leaves tapes to look at
    run = record(tmp_path, str(copy))
    told = run.err.splitlines()
    if name == "deferred_graph":
        assert told.pop(0).startswith("tapeview: Runs in TensorFlow 1 mode: the script calls tf.disable_v2_behavior")
    assert (run.code, told) == (0, [])
    with run.recording() as recording:
        assert recording.step_count >= 5
        # and no rule takes a healthy one for a sick one
        alarms = {finding.cause for finding in explain(recording) if finding.kind == "rule"}
        assert alarms == ({"constant-loss"} if name == "custom_gradient" else set())
    # and prints what it prints on TensorFlow, up to rounding
    frozen = FROZEN / f"{name}.txt"
    if name != "cifar100_cnn":
        assert alike(run.out, frozen.read_text(encoding="utf-8")) == []


def test_a_copy_does_not_overwrite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "nan_loss.py").write_text("mine")
    assert main(["examples", "nan_loss", "--copy", str(tmp_path)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert (tmp_path / "nan_loss.py").read_text() == "mine"


def test_the_path_of_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["examples", "nan_loss.py", "--path"]) == 0
    assert Path(capsys.readouterr().out.strip()).name == "nan_loss.py"


def test_the_regression_learns_and_speaks_korean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = record(tmp_path, str(_path("linear_regression", capsys)))
    assert "번째" in run.out
    main(["info", "--json", str(run.path)])
    scalars = json.loads(capsys.readouterr().out)["scalars"]
    assert scalars["loss"]["last"] < scalars["loss"]["first"] / 100


def test_the_nan_example_turns_nan_late_enough_to_be_watched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = record(tmp_path, str(_path("nan_loss", capsys)))
    main(["info", "--json", str(run.path)])
    loss = json.loads(capsys.readouterr().out)["scalars"]["loss"]
    assert loss["last"] == "nan"
    assert loss["count"] > 10


def test_the_none_example_shows_every_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = record(tmp_path, str(_path("none_gradients", capsys)))
    assert run.out.count("None") == 8
    main(["info", "--json", str(run.path)])
    tapes = json.loads(capsys.readouterr().out)["tapes"]
    reasons = {one["none_reason"] for tape in tapes for one in tape["gradients"]}
    assert {"not watched", "not trainable", "not connected to the target", "integer dtype", "stopped"} <= reasons


def _path(name: str, capsys: pytest.CaptureFixture[str]) -> Path:
    main(["examples", name, "--path"])
    return Path(capsys.readouterr().out.strip())
