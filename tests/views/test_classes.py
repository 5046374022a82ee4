from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tapeview.trace.query import Recording
from tapeview.views.classes import Compared, class_rows, compared, labels_in, probabilities, right
from tapeview.views.inspector_model import InspectorModel
from tapeview.views.workspace import Workspace
from tests.helpers.recordings import Regression

SCORES = np.array([[1.0, 3.0, 0.0], [5.0, 0.0, 0.0]], np.float32)


def shares() -> np.ndarray:
    powers = np.exp(SCORES)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


@pytest.fixture
def scene(tmp_path: Path) -> Regression:
    made = Regression(tmp_path / "c.tapeview")
    made.next_step()
    return made


@pytest.mark.parametrize("one_hot", [False, True])
def test_labels_are_found_at_the_cross_entropy(scene: Regression, one_hot: bool) -> None:
    tape = scene.tape(0)
    scores = scene.tensor(SCORES, "constant")
    _, soft = scene.op("Softmax", [scores], shares(), 0, tape)
    labels = scene.tensor(np.eye(3, dtype=np.float32)[[1, 2]] if one_hot else np.array([1, 2]), "constant")
    _, logits = scene.op("Reshape", [scores], SCORES, 0, tape)
    kind = "SoftmaxCrossEntropyWithLogits" if one_hot else "SparseSoftmaxCrossEntropyWithLogits"
    _, losses = scene.op(kind, [logits, labels], np.array([0.1, 0.2], np.float32), 0, tape)
    with Recording.open(scene.finish()) as recording:
        step = recording.step(0)
        assert compared(recording, step, soft) == Compared(labels, False)
        assert compared(recording, step, scores).logits
        assert compared(recording, step, logits).logits
        assert compared(recording, step, losses).labels == 0
        found = labels_in(recording, labels, (2, 3))
        assert found is not None
        assert found.tolist() == [1, 2]
        assert labels_in(recording, labels, (7, 3)) is None
        assert labels_in(recording, 0, (2, 3)) is None
        workspace = Workspace()
        workspace.open(recording)
        model = InspectorModel(workspace)
        assert model.sheet.title == "Softmax"
        assert model.tensor.mode == "classes"
        assert model.tensor.class_text() == "1 of 2 samples right"
        rows = model.tensor.class_rows()
        assert [(row.index, row.label, row.predicted) for row in rows] == [
            (1, True, True), (0, False, False), (2, False, False),
        ]  # fmt: skip
        model.tensor.choose(0, 1)
        assert [row.index for row in model.tensor.class_rows() if row.label] == [2]
        workspace.move_to(0, 1)
        assert model.tensor.class_text() == "1 of 2 samples right · softmax of these scores"
        assert model.tensor.content.shares is not None
        assert np.allclose(model.tensor.content.shares, shares())


def test_what_does_not_sum_to_one_is_no_probability() -> None:
    assert probabilities(SCORES, False) is None
    assert probabilities(np.array([[0.5, np.nan]]), False) is None
    assert probabilities(np.array([[1.5, -0.5]]), False) is None
    assert probabilities(np.ones((2, 1), np.float32), False) is None
    assert probabilities(np.full((1, 1001), 1 / 1001), False) is None
    assert probabilities(np.full((1, 1000), 1 / 1000), False) is not None
    huge = probabilities(np.array([[1e30, 0.0]], np.float32), True)
    assert huge is not None
    assert huge.tolist() == [[1.0, 0.0]]


def test_the_label_is_listed_however_improbable() -> None:
    row = np.arange(100, 0, -1.0)
    many = np.stack([row / row.sum()])
    rows = class_rows(many, np.array([77]), 0)
    assert [one.index for one in rows] == [*range(9), 77]
    assert rows[-1].label
    assert not any(one.label for one in class_rows(many, np.array([-1]), 0))
    assert right(many, np.array([0])) == 1
