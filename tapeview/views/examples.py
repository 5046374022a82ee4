"""The scripts that ship with tapeview, as the welcome page lists them."""

from __future__ import annotations

import ast
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from tapeview.examples import GROUPS

FOLDER = Path(__file__).parent.parent / "examples"


class Example(NamedTuple):
    """A script that comes along. ``title`` is the first line of its docstring, else its name; ``group`` heads it."""

    name: str
    title: str
    path: Path
    group: str = ""


def examples(folder: Path = FOLDER) -> list[Example]:
    """The examples by groups, then by name. Files that cannot be read are left out."""
    group_of = {name: group for group, names in GROUPS.items() for name in names}
    order = {name: place for place, name in enumerate(chain.from_iterable(GROUPS.values()))}
    found = []
    for path in sorted(folder.glob("*.py"), key=lambda path: (order.get(path.stem, len(order)), path.stem)):
        if path.name.startswith("_"):
            continue
        try:
            doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        except (OSError, SyntaxError, ValueError):
            continue
        name = path.stem.replace("_", " ")
        title = (doc or name).strip().split("\n")[0].rstrip(".")
        found.append(Example(name, title, path, group_of.get(path.stem, "")))
    return found
