"""tests/conftest.py fails what it promises to fail: a file of wrong and right tests runs in a pytest of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]

# name -> (fixture, body, what the failure has to say; "" where the test has to pass)
CASES = {
    "warning": ("", "warnings.warn('old', DeprecationWarning)", "DeprecationWarning: old"),
    "log": ("", "logging.getLogger('a').warning('disk slow')", "WARNING a: disk slow"),
    "thread": ("", "threading.Thread(target=KEEP.wait, daemon=True, name='stray').start()", "thread 'stray'"),
    "nothing": ("", "pass", ""),
    "expected_log": ("caplog", "logging.getLogger('a').warning('disk slow')", ""),
    "window": ("qtbot", "KEPT.append(QWidget()); KEPT[-1].show()", "window QWidget"),
    "timer": ("qtbot", "KEPT.append(QTimer()); KEPT[-1].start(10)", "running QTimer, started here"),
    "qt_message": ("qtbot", "qWarning('no painter')", "Qt messages with level WARNING or above"),
    "closed_window": ("qtbot", "w = QWidget(); qtbot.addWidget(w); w.show()", ""),
    "sized_window": ("qtbot", "w = QWidget(); qtbot.addWidget(w); w.setMinimumSize(90, 60); w.show()", ""),
    "stopped_timer": ("qtbot", "KEPT.append(QTimer()); KEPT[-1].start(10); KEPT[-1].stop()", ""),
}
HEAD = "import logging, threading, warnings\nKEPT, KEEP = [], threading.Event()\n"
QT_HEAD = "from PySide6.QtCore import QTimer, qWarning\nfrom PySide6.QtWidgets import QWidget\n"


def run_pytest(folder: Path, *options: str) -> str:
    """Output of a pytest run of this folder under this project's settings."""
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    command += [*options, str(folder)]
    child = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert child.returncode in {0, 1, 5}, child.stdout + child.stderr
    return child.stdout


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """name of a case -> what its failure said, "" where it passed."""
    folder = tmp_path_factory.mktemp("suite")
    try:
        import pytestqt  # noqa: F401
    except ImportError:
        cases, head = {name: case for name, case in CASES.items() if case[0] != "qtbot"}, HEAD
    else:
        cases, head = CASES, HEAD + QT_HEAD
    tests = [f"def test_{name}({fixture}):\n    {body}\n" for name, (fixture, body, _) in cases.items()]
    (folder / "test_cases.py").write_text(head + "".join(tests), encoding="utf-8")
    output = run_pytest(folder, f"--junitxml={folder / 'report.xml'}")
    said = dict.fromkeys(cases, "")
    for element in ElementTree.parse(folder / "report.xml").iter("testcase"):
        for trouble in element:
            if trouble.tag in {"failure", "error"}:
                said[element.attrib["name"].removeprefix("test_")] += trouble.text or ""
    assert f"{len(cases)} items" in output
    return said


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_test_fails_with_the_reason_and_a_right_one_passes(name: str, told: Mapping[str, str]) -> None:
    if name not in told:
        pytest.skip("needs pytest-qt")
    expected = CASES[name][2]
    assert expected in told[name]
    assert bool(told[name]) == bool(expected)


def test_tests_with_qt_fixtures_can_be_left_out(tmp_path: Path) -> None:
    pytest.importorskip("pytestqt")
    (tmp_path / "test_one.py").write_text("def test_it(qtbot): pass\n", encoding="utf-8")
    assert "1 deselected" in run_pytest(tmp_path, "-m", "not gui")
