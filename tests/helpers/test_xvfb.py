"""The virtual display hands out displays that work, never the same one twice, and takes them down again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.xvfb import Display, running_display

pytestmark = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs Xvfb")

PAINT = """
import sys
from PySide6.QtWidgets import QApplication, QLabel
app = QApplication(sys.argv)
label = QLabel("tape")
label.show()
print(app.platformName(), app.primaryScreen().size().toTuple())
"""


def exists(pid: int) -> bool:
    """Whether a process with this id is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_qt_opens_a_real_window_on_it(xvfb: Display) -> None:
    pytest.importorskip("PySide6")
    child = subprocess.run(
        [sys.executable, "-c", PAINT], env=xvfb.environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert child.returncode == 0, child.stderr
    assert child.stdout.split(maxsplit=1) == ["xcb", f"{(xvfb.width, xvfb.height)}\n"]


def test_two_at_once_have_different_names_and_both_end() -> None:
    with running_display(640, 480) as one, running_display(640, 480) as other:
        assert one.name != other.name
        assert exists(one.pid)
        assert exists(other.pid)

    assert not exists(one.pid)
    assert not exists(other.pid)


def test_server_that_ends_at_once_is_an_error_with_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "Xvfb"
    fake.write_text("#!/bin/sh\necho no screens found >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    with pytest.raises(RuntimeError, match="no screens found"), running_display():
        pass
