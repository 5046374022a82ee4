"""``tapeview examples``."""

from __future__ import annotations

import argparse
import ast
import difflib
import shutil
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import ClassVar

from tapeview.commands import UserError
from tapeview.examples import GROUPS


class Examples:
    """List the example scripts that come with tapeview, copy one, or open one in the window.

    Without a name: the list. With a name: the window with that example; F5 runs it.
    """

    name: ClassVar[str] = "examples"
    usage: ClassVar[str] = "[NAME [--copy [FOLDER] | --run | --path]]"

    def prepare_parser(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("example", nargs="?", metavar="NAME", help="one of the examples")
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--copy", nargs="?", const=".", metavar="FOLDER", help="copy it into a folder (default: this one)"
        )
        what.add_argument("--run", action="store_true", help="open the window and run it at once")
        what.add_argument("--path", action="store_true", help="print where it is")

    def run(self, options: argparse.Namespace) -> int:
        every = examples()
        if options.example is None:
            if options.copy or options.run or options.path:
                raise UserError(f"name the example: {', '.join(every)}")
            width = max(map(len, every))
            for group, names in GROUPS.items():
                print(group)
                for name in names:
                    print(f"  {name:<{width}}  {title(every[name])}")
                print()
            print("Open one with `tapeview examples NAME`, copy it with `tapeview examples NAME --copy`.")
            return 0
        name = options.example.removesuffix(".py")
        if name not in every:
            close = difflib.get_close_matches(name, every, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(every)}"
            raise UserError(f"there is no example {options.example!r}: {hint}")
        if options.copy is not None:
            return _copy(every[name], Path(options.copy))
        with as_file(every[name]) as path:
            if options.path:
                print(path)
                return 0
            from tapeview.commands.window import show

            return show(str(path), run=options.run)


def examples() -> dict[str, Traversable]:
    """The examples by name, in order of their groups."""
    found = {
        file.name.removesuffix(".py"): file
        for file in files("tapeview.examples").iterdir()
        if file.name.endswith(".py") and not file.name.startswith("_")
    }
    return {name: found[name] for names in GROUPS.values() for name in names}


def title(file: Traversable) -> str:
    """The first line of an example's docstring."""
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]


def _copy(file: Traversable, folder: Path) -> int:
    if not folder.is_dir():
        raise UserError(f"there is no folder {str(folder)!r} to copy the example into: make it first")
    goal = folder / file.name
    if goal.exists():
        raise UserError(f"{goal} exists already: move it away, or copy into another folder")
    try:
        with as_file(file) as path:
            shutil.copyfile(path, goal)
    except OSError as error:
        raise UserError(f"cannot write {goal}: {error.strerror}") from error
    print(goal)
    return 0
