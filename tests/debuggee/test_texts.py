"""Values as short text: shapes first, never the text of a large array, whatever the value's own code does."""

from __future__ import annotations

import collections
import dataclasses
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tapeview.debuggee import console, frames
from tapeview.debuggee.adapters import texts
from tapeview.engine.convert import to_tensor
from tapeview.engine.variable import Variable


@dataclasses.dataclass
class Settings:
    rate: float
    names: list[str]


class Plain:
    """Nothing of its own."""


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError

    def __len__(self) -> int:
        raise RuntimeError


class BrokenList(list[int]):
    def __iter__(self) -> Any:
        raise RuntimeError


class BrokenShape:
    dtype = "float32"

    @property
    def shape(self) -> tuple[int, ...]:
        raise RuntimeError


CASES: list[tuple[Any, str]] = [
    (None, "None"),
    (True, "True"),
    (10**6, "1000000"),
    (10**1000, "an int of 3,322 bits"),
    (1.5, "1.5"),
    ("it's", '"it\'s"'),
    (b"raw", "b'raw'"),
    ([], "[]"),
    ([1, "a", None], "[1, 'a', None]"),
    (list(range(9)), "[0, 1, 2, 3, 4, 5, …]"),
    ((1,), "(1,)"),
    ({1}, "{1}"),
    (set(), "set()"),
    (frozenset(), "frozenset()"),
    ({"a": [1, [2, [3]]]}, "{'a': [1, list of 2]}"),
    (collections.OrderedDict(a=1), "OrderedDict({'a': 1})"),
    (collections.deque([1, 2]), "deque({1, 2})"),
    (np.float32(0.5), "0.5"),
    (np.arange(3), "[0 1 2]"),
    (np.arange(100), "[0 1 2 3 4 5 …]"),
    (Settings(0.1, ["a"]), "Settings(rate=0.1, names=['a'])"),
    (Plain(), "<Plain>"),
    (Broken(), "<its text cannot be had: RuntimeError>"),
    (BrokenList([1]), "<its text cannot be had: RuntimeError>"),
    (Path("a/b"), "PosixPath('a/b')"),
]


@pytest.mark.parametrize(("value", "text"), CASES, ids=[text for _, text in CASES])
def test_the_short_text(value: Any, text: str) -> None:
    assert texts.describe(value)[3] == text


def test_tensors_arrays_and_variables_have_shape_and_type() -> None:
    tensor = to_tensor([[1.0, 2.0]])
    assert texts.describe(tensor) == ("Tensor", "(1, 2)", "float32", "[1.0 2.0]")
    assert texts.describe(Variable(3.0)) == ("Variable", "()", "float32", "3.0")
    assert texts.describe(to_tensor(["a"]))[:3] == ("Tensor", "(1,)", "string")
    assert texts.describe(np.zeros((2, 0), np.int16)) == ("ndarray", "(2, 0)", "int16", "[]")
    assert texts.describe(np.zeros(3, [("a", float)]))[3] == "3 records"
    assert texts.describe(BrokenShape())[1].startswith("<its text")


def test_a_list_of_tensors_shows_their_shapes() -> None:
    assert texts.short([to_tensor(np.zeros((4, 5)))]) == "[EagerTensor (4, 5)]"


def test_a_huge_array_costs_nothing() -> None:
    # an array of 8 TB, as only a broadcast can have it; any look at all of it would end the test
    huge = np.broadcast_to(np.float64(1.0), (10**6, 10**6))
    assert texts.describe(huge) == ("ndarray", "(1000000, 1000000)", "float64", "[1.0 1.0 1.0 1.0 1.0 1.0 …]")


def test_one_number_is_told_as_such() -> None:
    assert texts.number_of(to_tensor([[2.5]])) == 2.5
    assert texts.number_of(np.int8(3)) == 3.0
    assert texts.number_of(True) == 1.0
    assert [texts.number_of(one) for one in ("1", None, 1j, np.zeros(2), 10**400, to_tensor("a"))] == [None] * 6


def test_long_results_are_shortened() -> None:
    assert texts.long([1, 2], 100) == "[1, 2]"
    assert texts.long("x" * 500, 100).endswith("(500 in all)")
    assert texts.long(list(range(5_000)), 300).endswith("…")
    assert len(texts.long([list(range(5_000))], 400)) == 400
    assert texts.long(1 << 20_000, 100) == "an int of 20,001 bits"
    with pytest.raises(RuntimeError):
        texts.long(Broken(), 100)


def test_variables_come_tensors_first_and_not_without_end() -> None:
    found = {"number": 1, "module": sys, "function": len, "kind": int, "__doc__": "", "tensor": to_tensor(1.0), 7: 7}
    shown, more = frames.variables(found, 10)
    assert [local.name for local in shown] == ["tensor", "number"]
    assert more == 0
    shown, more = frames.variables({f"v{k}": k for k in range(50)}, 10)
    assert (len(shown), more) == (10, 40)


def test_the_stack_of_a_thread_that_is_not_there() -> None:
    assert frames.of_thread(12345) == []


def test_output_of_other_threads_is_not_captured(capsys: pytest.CaptureFixture[str]) -> None:
    with console.captured() as output:
        stream: Any = sys.stdout
        print("kept")
        stream._thread = 1
        print("handed on")
    print("later", file=stream)
    assert output.text() == "kept\n"
    assert capsys.readouterr().out == "handed on\nlater\n"


def test_words_that_nobody_can_read_are_not_offered() -> None:
    names = {"table": {"x" * 1000: 1, "xy": 2, 3: 4}}
    assert console.complete(1, "table['x", 8, names).words == ("xy",)
