"""``tapeview record``: the script's own output, input and exit code, and a recording."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tapeview.trace.query import Recording
from tests.helpers.scripts import LIMIT, TAPE, read_until, run_python, started, write_script

ROOT = Path(__file__).parents[2]


def tapeview(folder: Path, *words: str) -> tuple[int, str, str]:
    return run_python([sys.executable, "-m", "tapeview", *words], folder, PYTHONPATH=str(ROOT))


def test_output_and_exit_code_are_the_scripts_own(tmp_path: Path) -> None:
    write_script(tmp_path, f"{TAPE}\nimport sys\nprint(sys.argv[1:])\nsys.exit(7)", "내 학습.py")
    code, out, err = tapeview(tmp_path, "record", "-o", "내 기록.tapeview", "내 학습.py", "-o", "x", "--json")
    assert (code, out, err) == (7, "gradient 6.0\n['-o', 'x', '--json']\n", "")
    with Recording.open(tmp_path / "내 기록.tapeview") as recording:
        assert (recording.run.exit, recording.step_count) == (7, 1)


def test_without_a_name_no_recording_is_overwritten(tmp_path: Path) -> None:
    write_script(tmp_path, "print('ran')", "train.py")
    for _ in range(3):
        assert tapeview(tmp_path, "record", "train.py")[0] == 0
    names = sorted(path.name for path in tmp_path.glob("*.tapeview"))
    assert names == ["train-2.tapeview", "train-3.tapeview", "train.tapeview"]


def test_a_module(tmp_path: Path) -> None:
    write_script(tmp_path, "import sys; print(__name__, sys.argv[1:])", "pack/tool.py")
    code, out, _ = tapeview(tmp_path, "record", "-m", "pack.tool", "-m", "x")
    assert (code, out) == (0, "__main__ ['-m', 'x']\n")
    assert (tmp_path / "pack.tapeview").exists()


def test_input_reaches_the_script(tmp_path: Path) -> None:
    write_script(tmp_path, "print(input()[::-1])")
    done = subprocess.run(
        [sys.executable, "-m", "tapeview", "record", "script.py"],
        cwd=tmp_path,
        input="안녕\n",
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout == "녕안\n"


@pytest.mark.parametrize(
    ("number", "code", "state"), [(signal.SIGTERM, 143, "stopped"), (signal.SIGINT, 130, "stopped")]
)
def test_signals_reach_the_script_and_the_recording_is_closed(
    tmp_path: Path, number: signal.Signals, code: int, state: str
) -> None:
    write_script(tmp_path, f"{TAPE}\nprint('looping', flush=True)\nwhile True:\n    pass\n")
    line = [sys.executable, "-m", "tapeview", "record", "script.py"]
    with started(line, tmp_path, PYTHONPATH=str(ROOT)) as child:
        read_until(child.stdout, "looping")
        child.send_signal(number)
        assert child.wait(LIMIT) == code
    with Recording.open(tmp_path / "script.tapeview") as recording:
        assert (recording.state, recording.step_count) == (state, 1)


def test_a_script_that_dies_is_told(tmp_path: Path) -> None:
    write_script(tmp_path, "import os; os.kill(os.getpid(), 11)")
    code, _, err = tapeview(tmp_path, "record", "script.py")
    assert code == 128 + 11
    assert "killed by signal 11 (SIGSEGV)" in err


def test_a_module_that_is_not_there_is_refused_once(tmp_path: Path) -> None:
    code, out, err = tapeview(tmp_path, "record", "-m", "no.such.module")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"tapeview: there is no module 'no.such.module' to run with -m in {tmp_path}")
