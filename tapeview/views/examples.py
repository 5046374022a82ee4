"""The scripts that ship with tapeview, as the welcome page lists them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent.parent / "examples"


class Example(NamedTuple):
    """A script that comes along. ``title`` is the first line of its docstring, else its name."""

    name: str
    title: str
    path: Path


def examples(folder: Path = FOLDER) -> list[Example]:
    """The examples in the order of their names. Files that cannot be read are left out."""
    found = []
    for path in sorted(folder.glob("*.py")):
        if path.name.startswith("_"):
            continue
        try:
            doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        except (OSError, SyntaxError, ValueError):
            continue
        name = path.stem.replace("_", " ")
        found.append(Example(name, (doc or name).strip().split("\n")[0].rstrip("."), path))
    return found
