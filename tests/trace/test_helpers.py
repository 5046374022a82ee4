"""The recordings that everybody's tests use hold together, and so does what they stand for."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tapeview.trace import names
from tapeview.trace.check import check
from tapeview.trace.query import Recording
from tests.helpers.recordings import write_chain, write_nones, write_nonfinite, write_regression


@pytest.mark.parametrize("write", [write_regression, write_nones, write_nonfinite, write_chain])
def test_each_recording_holds_together(write: Callable[..., Path], tmp_path: Path) -> None:
    path = write(tmp_path / "run.tapeview")
    assert check(path) == []
    with Recording.open(path) as recording:
        for source in recording.sources():
            ast.parse(source.text)
        for index in range(recording.step_count):
            for op in recording.step(index).ops.values():
                assert recording.op_info(op.op) is not None
                assert names.expression(recording, op.site)


@pytest.mark.parametrize("options", [{"ops": 10}, {"ops": 9, "residual": False}, {"ops": 1}, {"ops": 200}])
def test_chains_of_any_length(options: dict[str, Any], tmp_path: Path) -> None:
    path = write_chain(tmp_path / "run.tapeview", **options)
    assert check(path) == []
    with Recording.open(path) as recording:
        assert recording.step_info(0).forward == options["ops"] == recording.step_info(0).backward


def test_an_unfinished_regression_is_a_killed_one(tmp_path: Path) -> None:
    with Recording.open(write_regression(tmp_path / "run.tapeview", steps=3, finish=False)) as recording:
        assert (recording.state, recording.step_count) == ("killed", 3)
