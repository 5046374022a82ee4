"""README.md claims nothing that is not there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tapeview.cli import COMMANDS
from tapeview.commands import Parser

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
QT_NAMES = {"Page Up": "PgUp", "Page Down": "PgDown"}


def test_every_link_leads_to_a_file() -> None:
    targets = [target for target in re.findall(r"\]\(([^)#]+)", README) if "://" not in target]
    assert targets
    assert [target for target in targets if not (ROOT / target).is_file()] == []


def test_every_key_of_the_table_is_a_shortcut_of_the_window() -> None:
    folder = ROOT / "tapeview" / "ui"
    trees = [
        ast.parse(path.read_text(encoding="utf-8")) for path in (folder / "menus.py", *folder.glob("*_commands.py"))
    ]
    words = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    rows = re.findall(r"^\| (.+?) \|", README, flags=re.MULTILINE)
    keys = [key for row in rows if row != "Key" for key in row.split(" · ")]
    assert len(keys) > 15
    assert [key for key in keys if QT_NAMES.get(key, key) not in words] == []


@pytest.mark.parametrize("line", re.findall(r"^\$ tapeview (\w.*?)(?: {2,}#.*)?$", README, flags=re.MULTILINE))
def test_every_command_line_is_understood(line: str) -> None:
    name, *words = line.split()
    (command,) = [command for command in COMMANDS if command.name == name]
    parser = Parser(prog="tapeview")
    command.prepare_parser(parser)
    parser.parse_args(words)


def test_every_target_of_make_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    claimed = set(re.findall(r"`?make ([a-z]+)`?", README))
    assert claimed
    assert claimed <= targets


def test_every_example_that_is_named_is_there() -> None:
    examples = {path.stem for path in (ROOT / "tapeview" / "examples").glob("[a-z]*.py")}
    named = set(re.findall(r"`([a-z]+_[a-z]+)`", README)) | set(re.findall(r"tapeview examples (\w+)", README))
    assert named
    assert named <= examples
