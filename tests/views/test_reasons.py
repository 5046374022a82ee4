from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tapeview.trace.query import Recording
from tapeview.trace.records import Op
from tapeview.views.reasons import Subject, why_none
from tests.helpers.recordings import write_regression


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    with Recording.open(write_regression(tmp_path / "r.tapeview", 1)) as recording:
        yield recording


def sentence(recording: Recording, kind: str, reason: str, break_op: int = 0) -> str:
    return why_none(recording, recording.step(0), Subject("h", kind, "float32", 0), reason, break_op).text


def test_a_variable_used_only_outside_and_a_result_made_outside_need_different_advice(recording: Recording) -> None:
    variable = sentence(recording, "variable", "computed outside the tape")
    result = sentence(recording, "result", "computed outside the tape")
    assert variable.startswith("The target was computed from “h” outside the tape")
    assert result.startswith("“h” was computed outside the tape")
    assert "tape.watch(h)" in result


def test_a_source_of_whole_numbers_differs_from_a_path_through_whole_numbers(recording: Recording) -> None:
    op = next(p.record for p in recording.step(0).positions if isinstance(p.record, Op))
    assert sentence(recording, "variable", "integer dtype").startswith("“h” holds float32 numbers")
    path = sentence(recording, "variable", "integer dtype", op.seq)
    assert path.startswith("On its way to the target “h” becomes whole numbers (at “w*x”, line")
