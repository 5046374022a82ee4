"""The table of names: everything in it exists, and nothing that exists is forgotten."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import tapeview.engine.ops
from tapeview.tensorflow import loader, names, table
from tapeview.tensorflow.namespaces import NAMESPACES

ENTRIES = sorted((f"{space}.{name}", target) for space, found in names.NAMES.items() for name, target in found.items())


@pytest.mark.parametrize("target", sorted({target for _, target in ENTRIES}))
def test_every_name_in_the_table_has_its_object(target: str) -> None:
    assert loader.resolve(target) is not None


def test_every_op_that_tensorflow_has_under_the_same_name_is_in_the_table() -> None:
    known = {word for words in NAMESPACES.values() for word in words.split()}
    there = {word.partition("=")[0] for line in table.HOMES.values() for word in line.split()}
    forgotten = []
    for info in pkgutil.iter_modules(tapeview.engine.ops.__path__):
        module = importlib.import_module(f"tapeview.engine.ops.{info.name}")
        for name, value in vars(module).items():
            ours = inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
            if ours and name.rstrip("_") in known - there:
                forgotten.append(f"{info.name}: {name}")
    assert forgotten == []


def test_no_word_has_two_homes() -> None:
    words = [word.partition("=")[0] for line in table.HOMES.values() for word in line.split()]
    assert len(words) == len(set(words))


def test_no_word_of_the_table_is_lost() -> None:
    """A word in HOMES that stands in no namespace would never be found."""
    words = {word.partition("=")[0] for line in table.HOMES.values() for word in line.split()}
    assert words <= {name for found in names.NAMES.values() for name in found}


@pytest.mark.parametrize(
    ("dotted", "canonical"),
    [
        ("tf.compat.v2.square", "tf.square"),
        ("tf.python.keras.layers", "tf.keras.layers"),
        ("tf.compat.v20", "tf.compat.v20"),
        ("tf.python.ops.math_ops.floor", "tf.compat.v1.floor"),
        ("tf.python.ops.rnn_cell.GRUCell", "tf.compat.v1.nn.rnn_cell.GRUCell"),
        ("tf.python.ops.rnn.dynamic_rnn", "tf.compat.v1.nn.dynamic_rnn"),
    ],
)
def test_aliases_stand_for_namespaces(dotted: str, canonical: str) -> None:
    assert names.canonical(dotted) == canonical


def test_what_is_supported() -> None:
    assert names.is_supported("tf.math.square")
    assert names.is_supported("tf.compat.v2.math.square")
    assert names.is_supported("tf.math")
    assert names.is_supported("tf.newaxis")
    assert names.is_supported("tf.__version__")
    assert not names.is_supported("tf.math.no_such_name")
    assert not names.is_supported("tf.no_such_namespace.square")


def test_a_sentence_says_what_and_where() -> None:
    assert names.unsupported_sentence("tf.a.b") == "tapeview does not support tf.a.b yet"
    assert (
        names.unsupported_sentence("tf.a", 7, "/x/내 학습.py")
        == "tapeview does not support tf.a yet (line 7 of 내 학습.py)"
    )


def test_looking_names_up_loads_no_engine() -> None:
    program = "import sys, tapeview.tensorflow.names, tapeview.debuggee.static_check; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
