"""Writes docs/tensorflow-names.md: which of the TensorFlow names that public scripts use tapeview has.

scripts/list_tensorflow_names.py [--check]

The names and the arguments stand in docs/data, with how many scripts use each; what tapeview has is asked of its own
tables and functions. With --check nothing is written, and the exit code is 1 if the file is not up to date.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tapeview.tensorflow import loader, names  # noqa: E402 - found from where this file lies

TARGET = ROOT / "docs" / "tensorflow-names.md"
DATA = ROOT / "docs" / "data"

NO_NAMES = {
    "tf.keras.initializers.global_variables": "a slip: `tf.global_variables`",
    "tf.keras.layers.Sequential": "a slip: `tf.keras.Sequential`",
    "tf.keras.Variable": "Keras 3",
}
"""What scripts write that neither TensorFlow 1 nor 2 has, and why."""

_INTRO = """\
# TensorFlow's names

Made by `scripts/list_tensorflow_names.py` from tapeview's own tables; do not edit.

Two lists of names that public scripts use, in the order in which it pays to have them: of scripts that build graphs
and run them in sessions (TensorFlow 1), and of scripts with gradient tapes. The number is that of scripts. A name is
looked for as a script would find it: **1** in a script of TensorFlow 1 (and as `tf.compat.v1...` everywhere), **2** in
one of TensorFlow 2.

- **yes**: the name is there, and takes every argument that those scripts give it.
- **partly**: it is there, without the arguments named beside it.
- **no**: using it ends in an error that names it, and `tapeview` lists it with its lines before the script runs.
- **none**: no name of TensorFlow; the reason stands beside it.
"""


class Name(NamedTuple):
    """A row: the name as scripts write it, how many do, and what tapeview has of it."""

    name: str
    scripts: int
    status: str
    where: str
    missing: str


def main() -> int:
    made = text()
    if "--check" in sys.argv[1:]:
        current = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
        if current != made:
            print(f"{TARGET.relative_to(ROOT)} is not up to date: run scripts/list_tensorflow_names.py")
        return int(current != made)
    TARGET.write_text(made, encoding="utf-8")
    return 0


def text() -> str:
    """The whole document."""
    parts = [_INTRO]
    for title, file in (("Scripts of TensorFlow 1", "names-graph"), ("Scripts with tapes", "names-tape")):
        found = rows(file)
        counts = {status: sum(row.status == status for row in found) for status in ("yes", "partly", "no", "none")}
        told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
        parts.append(f"\n## {title}\n\n{len(found)} names: {told}.\n")
        parts.append("| | name | scripts | | in | |\n| --- | --- | --- | --- | --- | --- |")
        parts += [
            f"| {k} | `{row.name}` | {row.scripts} | {row.status} | {row.where} | {row.missing} |"
            for k, row in enumerate(found, 1)
        ]
    return "\n".join(parts) + "\n"


def rows(file: str) -> list[Name]:
    """The rows of a list in docs/data."""
    return [_row(name, int(count)) for name, count in _lines(file)]


def _lines(file: str) -> Iterator[list[str]]:
    for line in (DATA / f"{file}.txt").read_text(encoding="utf-8").splitlines():
        yield line.split(" ")


def _row(name: str, scripts: int) -> Name:
    reason = NO_NAMES.get(name)
    if reason is None and not name.isascii():
        reason = "a name with a Korean particle"
    if reason is None and name.startswith("tf.keras.ops."):
        reason = "Keras 3"
    objects = {era: found for era in "12" if (found := found_as(name, era == "1")) is not None}
    if not objects:
        return Name(name, scripts, "no" if reason is None else "none", "", reason or "")
    where = " and ".join(objects)
    missing = [word for word in used_arguments(name) if not any(accepts(one, word) for one in objects.values())]
    shown = ", ".join(f"`{word}`" for word in missing)
    return Name(name, scripts, "partly" if missing else "yes", where, f"without {shown}" if missing else "")


_NOTHING = object()


@cache
def found_as(name: str, tf1: bool) -> Any:
    """What a script gets for a name; None if it is not there."""
    parts = name.split(".")
    for end in range(len(parts), 1, -1):
        target = names.target(".".join(parts[:end]), tf1)
        if target is not None:
            found: Any = loader.resolve(target)
            for part in parts[end:]:
                found = getattr(found, part, _NOTHING)
            return None if found is _NOTHING else found
    space, _, word = name.rpartition(".")
    there = names.constants(space, tf1)
    return (there[word] if there[word] is not None else _NOTHING) if word in there else None


def accepts(thing: Any, argument: str) -> bool:
    """Whether a function or a class takes an argument of this name."""
    try:
        parameters = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return True
    return any(p.name == argument or p.kind is p.VAR_KEYWORD for p in parameters)


def _homes(name: str) -> tuple[str | None, str | None]:
    """Where the object lives, in scripts of TensorFlow 2 and 1."""
    return names.target(name), names.target(name, tf1=True)


@cache
def _arguments() -> dict[Any, list[tuple[str, int]]]:
    """The arguments that scripts give, by the name and by where its object lives: scripts may write several names for
    one thing."""
    found: dict[Any, list[tuple[str, int]]] = {}
    for name, *words in _lines("arguments"):
        pairs = [(word, int(count)) for word, count in (one.split(":") for one in words)]
        for key in (name, _homes(name)):
            found.setdefault(key, []).extend(pairs)
    return found


def used_arguments(name: str) -> list[str]:
    """The arguments that scripts give to what a name stands for, the most used first."""
    every: dict[str, int] = {}
    homes = _homes(name)
    for key in (name, homes) if any(homes) else (name,):
        for word, count in _arguments().get(key, ()):
            every[word] = max(count, every.get(word, 0))
    return sorted(every, key=lambda word: (-every[word], word))


if __name__ == "__main__":
    sys.exit(main())
