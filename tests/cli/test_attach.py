"""``tapeview attach``: which script, which token, and a window that comes and goes."""

from __future__ import annotations

import io
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from tapeview.cli import main
from tapeview.commands import UserError
from tapeview.commands.attach import parse_address
from tapeview.joining import rendezvous
from tapeview.joining.rendezvous import Invitation
from tests.helpers.joining import ROOT, TRAINING, waiting
from tests.helpers.scripts import LIMIT, read_until, started

GOOD = {
    "127.0.0.1:4711": ("127.0.0.1", 4711),
    "localhost:4711": ("localhost", 4711),
    ":4711": ("127.0.0.1", 4711),
    "4711": ("127.0.0.1", 4711),
    "[::1]:4711": ("::1", 4711),
    "127.1.2.3:65535": ("127.1.2.3", 65535),
}


@pytest.mark.parametrize(("text", "address"), GOOD.items())
def test_an_address(text: str, address: tuple[str, int]) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", "x", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", ":-1", ":४"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(UserError, match="is no address"):
        parse_address(text)


@pytest.mark.parametrize(
    "host", ["example.org", "192.168.0.7", "0.0.0.0", "[fe80::1]", "gpu-box", "127.0.0.1.evil.org"]
)
def test_another_machine_is_reached_through_a_forwarded_port(host: str) -> None:
    with pytest.raises(UserError, match=r"forward the port with `ssh -L 4711:127\.0\.0\.1:4711"):
        parse_address(f"{host}:4711")


def announced(port: int, pid: int) -> Path:
    invitation = Invitation(port, "a token", pid, time.time(), "/r.tapeview", f"/train-{port}.py")
    return rendezvous.announce(invitation, rendezvous.folder())


@pytest.fixture(autouse=True)
def _own_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPEVIEW_RUNTIME", str(tmp_path / "runtime"))
    monkeypatch.delenv("TAPEVIEW_TOKEN", raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO())


def test_nothing_to_join(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attach"]) == 2
    assert "no script that can be joined runs here" in capsys.readouterr().err


def test_several_scripts_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    announced(4711, os.getpid())
    announced(4712, os.getppid())
    assert main(["attach"]) == 0
    out = capsys.readouterr().out
    assert "tapeview attach 127.0.0.1:4711   /train-4711.py" in out
    assert "tapeview attach 127.0.0.1:4712   /train-4712.py" in out
    assert "a token" not in out


BAD = {
    "no token": (["attach", "127.0.0.1:1"], "a token is needed"),
    "a token file that is not there": (["attach", "127.0.0.1:1", "--token-file", "nowhere"], "cannot read the token"),
    "a token file without a token": (["attach", "127.0.0.1:1", "--token-file", "empty"], "there is no token in empty"),
    "a token file with a novel": (["attach", "127.0.0.1:1", "--token-file", "novel"], "there is no token in novel"),
    "a token file of bytes": (["attach", "127.0.0.1:1", "--token-file", "bytes"], "it is no text"),
    "a token file without an address": (["attach", "--token-file", "novel"], "say where the script listens"),
    "a token on the command line": (["attach", "127.0.0.1:1", "secret"], "unrecognized arguments"),
    "nobody there": (["attach", "127.0.0.1:1", "--token-file", "good"], "nobody answers at 127.0.0.1:1"),
}


@pytest.mark.parametrize(("words", "sentence"), BAD.values(), ids=BAD.keys())
def test_what_is_wrong_is_said_in_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "novel").write_text("It was a dark and stormy night.")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    (tmp_path / "good").write_text("token\n")
    assert main(words) == 2
    err = capsys.readouterr().err
    assert sentence in err
    assert err.count("\n") == 1


ATTACH = """
import sys
from PySide6.QtCore import QTimer
from tapeview import cli
from tapeview.ui.main_window import MainWindow
show = MainWindow.show
def shown(self):
    show(self)
    QTimer.singleShot(0, lambda: print("up", flush=True))
MainWindow.show = shown
sys.exit(cli.main(["attach", *sys.argv[1:]]))
"""


@pytest.mark.parametrize("how", ["alone", "by address", "with a token file", "with the token in the environment"])
def test_a_window_comes_and_goes(tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with waiting(tmp_path, TRAINING.format(steps=20)) as script:
        port = str(script.invitation.port)
        words = {"alone": [], "by address": [f"127.0.0.1:{port}"]}.get(how, [port])
        variables: dict[str, str | None] = {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
        if how == "with a token file":
            words += ["--token-file", str(rendezvous.folder() / f"{script.pid}.json")]
        if how.endswith("environment"):
            variables |= {"TAPEVIEW_TOKEN": script.invitation.token, "TAPEVIEW_RUNTIME": str(tmp_path / "another")}
        with started([sys.executable, "-c", ATTACH, *words], tmp_path, **variables) as window:
            read_until(window.stdout, "up")
            # while it is there the script waits before its first line; when it is closed the script goes on
            window.send_signal(signal.SIGINT)
            assert window.wait(LIMIT) in (0, -signal.SIGINT, 130)
        assert script.child.wait(LIMIT) == 0
        assert script.child.stdout is not None
        assert script.child.stdout.read() == "begins\ndone 20\n"
