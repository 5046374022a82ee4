"""Whether the process that wrote a recording is still there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tapeview.trace.process import alive
from tests.helpers.scene import NOBODY


def test_this_process_is_alive_and_nobody_is_not() -> None:
    assert alive(os.getpid(), time.time())
    assert not alive(NOBODY, time.time())


@pytest.mark.parametrize("pid", [0, -1, -os.getpid(), 2**31, 2**70])
def test_numbers_that_are_no_process_ids(pid: int) -> None:
    assert not alive(pid, time.time())


def test_a_process_that_ended_is_gone() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert not alive(child.pid, time.time())


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only /proc tells when a process began")
def test_a_younger_process_with_the_same_id_is_another_one() -> None:
    assert not alive(os.getpid(), time.time() - 10 * 365 * 86400)
