"""Eager scripts older than TensorFlow 2 call ops by names it no longer has at its top: they find them all the same."""

from __future__ import annotations

import pytest

from tapeview.tensorflow import names

OLD = {
    "tf.log": "tf.math.log",
    "tf.mod": "tf.math.floormod",
    "tf.is_nan": "tf.math.is_nan",
    "tf.lin_space": "tf.linspace",
    "tf.diag_part": "tf.linalg.tensor_diag_part",
    "tf.confusion_matrix": "tf.math.confusion_matrix",
    "tf.random_normal": "tf.random.normal",
    "tf.random_uniform": "tf.random.uniform",
    "tf.random_shuffle": "tf.random.shuffle",
    "tf.set_random_seed": "tf.random.set_seed",
}


@pytest.mark.parametrize(("old", "new"), OLD.items())
def test_an_old_name_leads_to_the_op_of_today(old: str, new: str) -> None:
    assert names.target(old) is not None
    assert names.target(old) == names.target(new)
