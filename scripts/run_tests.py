"""Runs the test suite in two halves at the same time, which take about equally long: the engine, the script's process
and recordings; and windows, the debugger and everything else. With arguments it is one run of pytest with these.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile

WITHOUT_WINDOWS = tuple(
    f"tests/{name}"
    for name in ("cli", "debuggee", "engine", "explain", "graph", "keras", "replay", "tensorflow", "tf1", "trace")
)
PYTEST = (sys.executable, "-m", "pytest")


def main(arguments: list[str]) -> int:
    """The exit code: pytest's, of the half that failed if one did."""
    if arguments:
        return subprocess.call([*PYTEST, *arguments])
    with tempfile.TemporaryFile() as said:
        # The two would write the same file of what failed last.
        aside = subprocess.Popen(
            [*PYTEST, "-p", "no:cacheprovider", *WITHOUT_WINDOWS], stdout=said, stderr=subprocess.STDOUT
        )
        try:
            code = subprocess.call([*PYTEST, "tests", *(f"--ignore={folder}" for folder in WITHOUT_WINDOWS)])
        finally:
            other = aside.wait()
            said.seek(0)
            sys.stdout.flush()
            shutil.copyfileobj(said, sys.stdout.buffer)
            sys.stdout.flush()
    return code or other


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
