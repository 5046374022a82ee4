"""``tf.app.flags``: what absl does with the same command lines."""

from __future__ import annotations

import re
import sys
from types import SimpleNamespace

import pytest

from tapeview.tf1 import flags
from tapeview.tf1.flags import FlagValues


@pytest.fixture(autouse=True)
def values(monkeypatch: pytest.MonkeyPatch) -> FlagValues:
    """Flags of a script of its own."""
    fresh = FlagValues()
    monkeypatch.setattr(flags, "FLAGS", fresh)
    flags.DEFINE_integer("n", 3, "how many")
    flags.DEFINE_float("lr", 1, "rate")
    flags.DEFINE_string("name", "abc", "who")
    flags.DEFINE_boolean("train", True, "really")
    flags.DEFINE_boolean("b", False)
    flags.DEFINE_enum("e", "x", ["x", "y"], "one")
    flags.DEFINE_list("l", "1,2", "several")
    flags.DEFINE_integer("none", None)
    monkeypatch.setattr(sys, "argv", ["s.py"])
    return fresh


DEFAULTS = {"n": 3, "lr": 1.0, "name": "abc", "train": True, "b": False, "e": "x", "l": ["1", "2"], "none": None}


@pytest.mark.parametrize(
    ("line", "changed", "rest"),
    [
        ("", {}, ""),
        ("--n=5 --lr 0.5 --notrain --b --e=y --l=a,b,c rest --name=q",
         {"n": 5, "lr": 0.5, "train": False, "b": True, "e": "y", "l": ["a", "b", "c"], "name": "q"}, "rest"),
        ("-n 0x10 -- --x", {"n": 16}, "-- --x"),
        ("--unknown=3 --n=4 --no", {"n": 4}, "--unknown=3 --no"),
        ("--train=false --nob --b=T", {"train": False, "b": True}, ""),
        ("--none 0o17 --name=", {"none": 15, "name": ""}, ""),
    ],
)  # fmt: skip
def test_command_lines(line: str, changed: dict[str, object], rest: str, values: FlagValues) -> None:
    assert values(["s.py", *line.split()], known_only=True) == ["s.py", *rest.split()]
    assert values.flag_values_dict() == {**DEFAULTS, **changed}


@pytest.mark.parametrize(
    ("line", "kind", "text"),
    [
        ("--n=abc", flags.IllegalFlagValueError, r"flag --n=abc: invalid literal for int\(\) with base 10: 'abc'"),
        ("--e=z", flags.IllegalFlagValueError, r"flag --e=z: value should be one of <x\|y>"),
        ("--train=maybe", flags.IllegalFlagValueError, "flag --train=maybe: .'Non-boolean argument to boolean flag'"),
        ("--lr", flags.Error, "Missing value for flag --lr"),
        ("--zzz", flags.UnrecognizedFlagError, "Unknown command line flag 'zzz'"),
    ],
)
def test_wrong_command_lines(line: str, kind: type[Exception], text: str, values: FlagValues) -> None:
    with pytest.raises(kind, match=f"^{text}"):
        values(["s.py", *line.split()])


def test_the_first_look_at_a_flag_reads_the_command_line(values: FlagValues, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["s.py", "--n=7"])
    assert not values.is_parsed()
    assert values.n == 7
    values.n = 9
    assert (values.n, values["n"].value, values["n"].default, values["n"].help) == (9, 9, 3, "how many")
    assert ("n" in values, "m" in values, len(values), next(iter(values))) == (True, False, 8, "n")
    with pytest.raises(AttributeError, match=r"^zzz$"):
        _ = values.zzz
    with pytest.raises(flags.UnrecognizedFlagError, match="'zzz'"):
        values.zzz = 1
    with pytest.raises(flags.IllegalFlagValueError, match="flag --n=a"):
        values.n = "a"
    del values.n
    assert not hasattr(values, "n")


def test_a_flag_is_defined_once() -> None:
    text = (
        "The flag 'n' is defined twice. First from s.py, second from s.py. Description from first occurrence: how many"
    )
    with pytest.raises(flags.DuplicateFlagError, match=re.escape(text)):
        flags.DEFINE_integer("n", 4, "")


def run(monkeypatch: pytest.MonkeyPatch, *argv: str) -> tuple[object, list[list[str]]]:
    """The exit code of a script that runs, and what its ``main`` was given."""
    given: list[list[str]] = []
    monkeypatch.setattr(sys, "argv", ["s.py", *argv])
    monkeypatch.setitem(
        sys.modules, "__main__", SimpleNamespace(main=lambda rest: given.append(rest) or 4, __doc__=None)
    )
    with pytest.raises(SystemExit) as ended:
        flags.run()
    return ended.value.code, given


def test_a_program_is_run_with_what_is_left(monkeypatch: pytest.MonkeyPatch, values: FlagValues) -> None:
    assert run(monkeypatch, "--n=5", "more", "--other") == (4, [["s.py", "more", "--other"]])
    assert values.n == 5


def test_a_required_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    flags.mark_flag_as_required("none")
    assert run(monkeypatch, "--none=1")[0] == 4
    flags.FLAGS.none = None
    with pytest.raises(flags.IllegalFlagValueError, match="Flag --none must have a value other than None"):
        run(monkeypatch)


def test_help(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "--help") == (1, [])
    out = capsys.readouterr().out
    assert out.startswith(
        "\n       USAGE: s.py [flags]\nflags:\n\ns.py:\n  --[no]b: \n    (default: 'false')\n  --e: <x|y>: one\n"
    )
    assert "  --l: several\n    (default: '1,2')\n    (a comma separated list)\n" in out
    assert "  --lr: rate\n    (default: '1.0')\n    (a number)\n" in out
