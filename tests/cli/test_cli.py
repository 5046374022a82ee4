"""The command line as a whole: help, errors, what is loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import tapeview
from tapeview.cli import COMMANDS, main
from tests.helpers.recordings import write_regression
from tests.helpers.scripts import environment, run_python, write_script


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--help"], ["-h"], ["help"]):
        assert main(words) == 0
        text = capsys.readouterr().out
        for command in COMMANDS:
            assert f"tapeview {command.name} {command.usage}" in text
        assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_explains_itself(
    command: object, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit) as caught:
        main([command.name, "--help"])  # type: ignore[attr-defined]
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: tapeview {command.name} {command.usage}\n")  # type: ignore[attr-defined]
    assert (command.__doc__ or "").strip().splitlines()[0] in text


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"tapeview {tapeview.__version__}\n"


BAD = {
    "a command that is no command": (["recrod", "x.py"], "did you mean `tapeview record`?"),
    "a script that is not there": (["nowhere.py"], "there is no file 'nowhere.py'"),
    "a folder": (["."], "is a folder"),
    "an unknown option": (["--foo"], "unrecognized arguments: --foo"),
    "run without a script": (["--run"], "name the script to run"),
    "a module that is not there": (["-m", "no.such.module"], "there is no module 'no.such.module'"),
    "record without a script": (["record"], "name the script to record"),
    "record into a folder that is not there": (
        ["record", "-o", "no/where/x.tapeview", "ok.py"],
        "no folder 'no/where'",
    ),
    "record a script that is not there": (["record", "nowhere.py"], "there is no file 'nowhere.py'"),
    "record over something else": (["record", "-o", "ok.py", "ok.py"], "is not a recording"),
    "open what is not there": (["open", "nowhere.tapeview"], "nowhere.tapeview"),
    "open what is no recording": (["open", "ok.py"], "ok.py"),
    "info without a file": (["info"], "required: FILE"),
    "info of what is not there": (["info", "nowhere.tapeview"], "nowhere.tapeview"),
    "info of what is no recording": (["info", "--json", "ok.py"], "ok.py"),
    "export to nothing": (["export", "good.tapeview"], "required: -o"),
    "export to an unknown kind": (["export", "good.tapeview", "-o", "x.gif"], ".svg, .png, .dot, .json"),
    "export of a tape that is not there": (["export", "good.tapeview", "--tape", "999", "-o", "x.svg"], "no tape 999"),
    "export into a folder that is not there": (["export", "good.tapeview", "-o", "no/x.svg"], "cannot write"),
    "tape that is no number": (["export", "good.tapeview", "--tape", "one", "-o", "x.svg"], "invalid int value"),
    "an example that is not there": (["examples", "linaer_regression"], "did you mean 'linear_regression'?"),
    "copy without a name": (["examples", "--run"], "name the example"),
    "copy into a folder that is not there": (["examples", "nan_loss", "--copy", "no/where"], "no folder 'no/where'"),
    "the real TensorFlow": (["--real-tensorflow", "ok.py"], "cannot record an installed TensorFlow yet"),
    "recording the real TensorFlow": (["record", "--real-tensorflow", "ok.py"], "an installed TensorFlow yet"),
}


@pytest.mark.parametrize(("words", "sentence"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_one_sentence_and_exit_code_2(
    tmp_path: Path,
    words: list[str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    write_script(tmp_path, "print('ran')", "ok.py")
    write_regression(tmp_path / "good.tapeview")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = sorted(path.name for path in tmp_path.iterdir())
    assert main(words) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("tapeview: ")
    assert err.count("\n") == 1
    assert sentence in err
    assert "Traceback" not in err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_window_without_a_screen_is_refused(tmp_path: Path) -> None:
    script = write_script(tmp_path, "print('ran')")
    for words in ([str(script)], [], ["--run", str(script)], ["examples", "nan_loss"]):
        code, _, err = run_python(
            [sys.executable, "-m", "tapeview", *words],
            Path(__file__).parents[2],
            QT_QPA_PLATFORM=None,
            DISPLAY=None,
            WAYLAND_DISPLAY=None,
        )
        assert code == 2
        assert "there is no screen" in err
        assert err.count("\n") == 1


LIGHT = {
    "--version": ["--version"],
    "--help": ["--help"],
    "examples": ["examples"],
    "info": ["info", "good.tapeview"],
    "info --json": ["info", "--json", "--check", "good.tapeview"],
}


@pytest.mark.parametrize("words", LIGHT.values(), ids=LIGHT.keys())
def test_plain_answers_load_neither_qt_nor_networkx(tmp_path: Path, words: list[str]) -> None:
    write_regression(tmp_path / "good.tapeview")
    program = (
        "import sys\nfrom tapeview.cli import main\nmain(sys.argv[1:])\n"
        "heavy = {'PySide6', 'networkx', 'pyqtgraph', 'tapeview.engine.op'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env=environment({"PYTHONPATH": str(Path(__file__).parents[2])}),
    )
    assert done.stderr == "[]\n"
    assert done.stdout


def test_a_reader_that_has_enough_is_no_error(tmp_path: Path) -> None:
    path = write_regression(tmp_path / "good.tapeview")
    child = subprocess.Popen(
        [sys.executable, "-m", "tapeview", "info", "--json", str(path)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    child.stdout.close()
    assert child.stderr is not None
    assert child.stderr.read() == b""
    child.stderr.close()
    child.wait()
