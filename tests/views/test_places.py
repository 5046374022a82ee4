"""What a place of a recording is called."""

from __future__ import annotations

from pathlib import Path

from tapeview.trace.names import tensor_label
from tapeview.trace.records import Op
from tapeview.views.graph_model import GraphModel
from tapeview.views.places import describe
from tapeview.views.workspace import Workspace
from tests.helpers.scripts import record_source

FIT = """\
    import numpy as np
    import tensorflow as tf
    x = np.ones((8, 4), "float32")
    model = tf.keras.Sequential([tf.keras.layers.Dense(3, "relu", input_shape=(4,)), tf.keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    history = model.fit(x, np.ones((8, 2), "float32"), batch_size=8, epochs=1, verbose=0)
    """


def test_ops_of_a_training_go_by_their_layers_not_by_what_fit_returns(tmp_path: Path) -> None:
    with record_source(tmp_path, FIT).recording() as recording:
        step = recording.step(0)
        words = [describe(recording, step, p.record) for p in step.positions if isinstance(p.record, Op)]
    assert ("MatMul", "dense") in words
    assert ("MatMul", "dense_1") in words
    assert not [title for title, target in words if target == "history"]


def test_a_tape_with_layers_opens_folded_to_them(tmp_path: Path) -> None:
    with record_source(tmp_path, FIT).recording() as recording:
        workspace = Workspace()
        workspace.open(recording)
        model = GraphModel(workspace)

        def groups() -> list[str]:
            assert model.scene is not None
            return [face.title for face in model.scene.faces if face.style == "group"]

        def folded() -> bool:
            return model.folded

        assert groups() == ["dense", "dense_1"]
        assert model.can_fold
        assert folded()
        model.fold_all(False)
        assert groups() == []
        assert not folded()
        model.fold_all(True)
        assert groups() == ["dense", "dense_1"]
        model.dispose()


def test_no_op_of_a_training_is_labelled_with_the_call_of_fit(tmp_path: Path) -> None:
    with record_source(tmp_path, FIT).recording() as recording:
        step = recording.step(0)
        labels = {tensor_label(recording, step, op.outputs[0]) for op in step.ops.values()}
    assert not [label for label in labels if "fit" in label]
