"""docs/tensorflow-names.md: it says what is, and the names that most scripts of TensorFlow 1 use are there."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "list_tensorflow_names.py"


@pytest.fixture(scope="module")
def lister() -> Iterator[ModuleType]:
    """The script that makes the document, as a module."""
    spec = importlib.util.spec_from_file_location("list_tensorflow_names", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    path = list(sys.path)
    spec.loader.exec_module(module)
    yield module
    sys.path[:] = path
    del sys.modules[spec.name]


def test_the_document_is_up_to_date(lister: Any) -> None:
    assert lister.text() == lister.TARGET.read_text(encoding="utf-8"), "run scripts/list_tensorflow_names.py"


def test_the_first_150_names_of_graphs_are_there_with_all_their_arguments(lister: Any) -> None:
    first = lister.rows("names-graph")[:150]
    assert [row.name for row in first if row.status not in ("yes", "none")] == []
    assert [row.name for row in first if row.status == "none"] == ["tf.keras.initializers.global_variables"]
    assert [row.name for row in first if row.status == "yes" and "1" not in row.where] == []


def test_statuses(lister: Any) -> None:
    assert lister._row("tf.Session", 3) == ("tf.Session", 3, "yes", "1", "")
    assert lister._row("tf.square", 3).where == "1 and 2"
    assert lister._row("tf.no_such_name", 3) == ("tf.no_such_name", 3, "no", "", "")
    assert lister._row("tf.Variable로", 3).status == "none"
    assert lister._row("tf.GraphKeys.LOSSES", 1).status == "yes"
    assert lister._row("tf.GraphKeys.NO_SUCH", 1).status == "no"
    assert lister._row("tf.newaxis", 1).status == "yes"


def test_an_argument_that_is_not_taken_is_named(lister: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lister, "used_arguments", lambda name: ["a", "no_such", "x"])
    row = lister._row("tf.matmul", 3)
    assert (row.status, row.missing) == ("partly", "without `no_such`, `x`")
