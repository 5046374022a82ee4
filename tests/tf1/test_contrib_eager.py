"""``tf.contrib.eager``: functions of gradients."""

from __future__ import annotations

from typing import Any

import pytest

from tapeview.tensorflow.loader import Namespace

tf: Any = Namespace("tensorflow", "tf", tf1=True)
tfe = tf.contrib.eager


def test_gradients_of_a_functions_arguments() -> None:
    def product(a: Any, b: Any) -> Any:
        return a * a * b

    assert [float(g) for g in tfe.gradients_function(product)(3.0, 2.0)] == [12.0, 9.0]
    assert [float(g) for g in tfe.gradients_function(product, params=["b"])(3.0, 2.0)] == [9.0]
    value, (slope,) = tfe.value_and_gradients_function(product, params=[0])(3.0, 2.0, dy=10.0)
    assert (float(value), float(slope)) == (18.0, 120.0)


def test_gradients_of_the_variables_that_a_function_uses() -> None:
    w = tfe.Variable(3.0, name="w")
    value, pairs = tfe.implicit_value_and_gradients(lambda x: w * w * x)(2.0)
    assert (float(value), [(float(g), v is w) for g, v in pairs]) == (18.0, [(12.0, True)])
    assert float(tfe.implicit_gradients(lambda x: w * x)(2.0)[0][0]) == 2.0
    with pytest.raises(ValueError, match="No trainable variables were accessed"):
        tfe.implicit_gradients(lambda x: x)(2.0)


def test_there_is_no_graphics_card() -> None:
    assert (tfe.num_gpus(), tfe.executing_eagerly()) == (0, True)
