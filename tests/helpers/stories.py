"""Programs that stand for a person at the window, run in a process and on a display of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple


class Told(NamedTuple):
    """What a story ``said`` the window showed, and what the process wrote to stderr."""

    said: Any
    stderr: str


def play(story: Path, environment: Mapping[str, str], *arguments: object, patience: float = 170) -> Told:
    """Runs a story to its end, which is a line of JSON.

    Raises:
        AssertionError: it did not get there.
        subprocess.TimeoutExpired: not within so many seconds.
    """
    command = [sys.executable, "-W", "error", str(story), *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=patience)
    assert done.returncode == 0, done.stderr
    return Told(json.loads(done.stdout.splitlines()[-1]), done.stderr)
