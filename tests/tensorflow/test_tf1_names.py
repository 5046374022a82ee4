"""Names of TensorFlow 1: where they are found, and what scripts of TensorFlow 2 are told."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tapeview.tensorflow import loader, names


@pytest.fixture(autouse=True)
def _tidy() -> Iterator[None]:
    options = np.get_printoptions()
    yield
    loader.uninstall()
    options["legacy"] = options["legacy"] or False
    np.set_printoptions(**options)


def tensorflow(**how: Any) -> Any:
    """``tf`` as a script gets it."""
    loader.install(**how)
    return importlib.import_module("tensorflow")


def test_compat_v1_has_what_tensorflow_2_has() -> None:
    tf = tensorflow()
    v1 = importlib.import_module("tensorflow.compat.v1")
    assert v1 is tf.compat.v1
    assert v1.square is tf.square
    assert v1.nn.relu is tf.nn.relu
    assert v1.__version__ == "2.15.0"
    assert names.is_supported("tf.compat.v1.nn.relu")
    assert not names.is_supported("tf.compat.v1.nn.no_such_name")


def test_a_script_of_tensorflow_2_has_the_names_of_tensorflow_1_in_compat_only() -> None:
    tf = tensorflow()
    assert tf.compat.v1.disable_v2_behavior
    assert not hasattr(tf, "disable_v2_behavior")
    with pytest.raises(AttributeError) as raised:
        _ = tf.disable_v2_behavior
    text = str(raised.value)
    assert text.startswith("tf.disable_v2_behavior is a name of TensorFlow 1 (line ")
    assert text.endswith("): run the script with --tf1, or write tf.compat.v1.disable_v2_behavior")
    with pytest.raises(ImportError, match="is a name of TensorFlow 1"):
        importlib.import_module("tensorflow.logging")


def test_a_script_of_tensorflow_1_has_them_all() -> None:
    tf = tensorflow(tf1=True)
    assert tf.disable_v2_behavior is tf.compat.v1.disable_v2_behavior
    assert "disable_v2_behavior" in dir(tf)
    assert (tf.__version__, tf.VERSION, tf.version.VERSION) == ("1.15.5",) * 3
    assert tf.logging.ERROR == 40
    assert tf.square is tf.math.square
    assert importlib.import_module("tensorflow.logging") is tf.logging
    assert not hasattr(tf.compat.v2, "logging")
    with pytest.raises(AttributeError, match=r"^tapeview does not support tf\.no_such_name yet"):
        _ = tf.no_such_name


def test_what_tensorflow_1_means_by_a_name_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(names.NAMES, "tf.compat.v1.math", {"square": "tapeview.engine.ops.exponential:exp"})
    assert names.target("tf.math.square") == "tapeview.engine.ops.elementwise:square"
    assert names.target("tf.math.square", tf1=True) == "tapeview.engine.ops.exponential:exp"
    assert names.target("tf.compat.v1.math.square") == "tapeview.engine.ops.exponential:exp"
    assert names.target("tf.compat.v2.math.square") == "tapeview.engine.ops.elementwise:square"
    assert names.public_name("tf.math.exp", tf1=True) == "tf.math.exp"


def test_modules_of_tensorflow_itself_are_found_as_far_as_scripts_import_them() -> None:
    tf = tensorflow()
    assert importlib.import_module("tensorflow.python.ops.array_ops").reshape is tf.reshape
    assert importlib.import_module("tensorflow.python.ops.rnn_cell").GRUCell is tf.compat.v1.nn.rnn_cell.GRUCell
    assert importlib.import_module("tensorflow.python.framework.ops").Graph is tf.Graph
    with pytest.raises(ImportError, match=r"^tapeview does not support tf\.python\.eager"):
        importlib.import_module("tensorflow.python.eager")
