"""What every file of the project has to be like."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = sorted((ROOT / "tapeview").rglob("*.py"))
# Written with classes of one letter, so that this file does not match itself.
UNFINISHED = re.compile(
    r"\bTOD[O]\b|\bFIXM[E]\b|\bXX[X]\b|raise NotImplemente[d]Error(\(\))?$|for [n]ow\b|pragma: no [c]over"
)
MACHINE_PATH = re.compile(
    r"(?<![\w.~-])(/wor[k]/|/roo[t]/|/hom[e]/(?!user\b)\w|/User[s]/(?!user\b)\w|[A-Z]:\\\\?User[s])"
)


def tracked_text_files() -> list[Path]:
    """Every file under version control that is text, this checkout's state of it."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [ROOT / name for name in listing.split("\0") if name]
    return [path for path in files if path.is_file() and b"\0" not in path.read_bytes()[:8000]]


def matches(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    """`file:line: text` of every line of the files that the pattern is found in."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]


def test_a_module_has_one_job_and_at_most_400_lines() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in PACKAGE}
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}


def test_conftest_holds_only_strictness() -> None:
    assert len((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8").splitlines()) <= 150


def test_nothing_is_left_unfinished() -> None:
    assert matches(UNFINISHED, PACKAGE) == []


def test_every_module_says_what_it_is_for() -> None:
    texts = {path: path.read_text(encoding="utf-8").lstrip() for path in PACKAGE}
    silent = [str(path.relative_to(ROOT)) for path, text in texts.items() if text and not re.match('r?"""', text)]
    assert silent == []


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    assert matches(MACHINE_PATH, tracked_text_files()) == []


@pytest.mark.parametrize(
    "line",
    ["/wor" + "k/main/x.py", "see /roo" + "t/.cache", "C:\\User" + "s\\me", "# TO" + "DO later"],
    ids=["folder", "home", "windows", "mark"],
)
def test_the_patterns_find_what_they_are_for(line: str) -> None:
    assert MACHINE_PATH.search(line) or UNFINISHED.search(line)
