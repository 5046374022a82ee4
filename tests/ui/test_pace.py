from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from tapeview.ui import pace


def test_a_window_of_its_own_collects_rarely_and_not_what_was_loaded() -> None:
    script = """
import gc, sys
from tapeview.ui import pace
pace.settled()
assert gc.get_freeze_count() == 0, "the program of somebody else"
pace.keep()
assert gc.get_freeze_count() == 0, "not everything is loaded yet"
pace.settled()
assert gc.get_freeze_count() > 1000
assert gc.get_threshold()[0] > 700
assert sys.getswitchinterval() < 0.005
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_other_programs_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gc, "freeze", lambda: pytest.fail("this is not a window's own process"))
    pace.settled()
