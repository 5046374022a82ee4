"""Word that running scripts leave for windows on the same machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from tapeview.joining import rendezvous
from tapeview.joining.rendezvous import Invitation, RendezvousError, announce, invitations, withdraw


def invitation(pid: int, started: float | None = None) -> Invitation:
    return Invitation(4711, "a token", pid, time.time() if started is None else started, "/r.tapeview", "/train.py")


def test_word_is_left_found_and_withdrawn(tmp_path: Path) -> None:
    where = tmp_path / "run" / "tapeview"
    mine = invitation(os.getpid())
    path = announce(mine, where)
    assert invitations(where) == [mine]
    # and nobody else may read it
    assert path.stat().st_mode & 0o777 == 0o600
    assert where.stat().st_mode & 0o777 == 0o700
    withdraw(path)
    withdraw(path)
    assert invitations(where) == []
    assert list(where.iterdir()) == []


def test_what_dead_processes_left_is_cleaned_away(tmp_path: Path) -> None:
    mine = invitation(os.getpid())
    announce(mine, tmp_path)
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    announce(invitation(child.pid), tmp_path)
    # a number that was given to another process since: this one began long after what it is said to have recorded
    (tmp_path / "other.json").write_bytes(msgspec.json.encode(invitation(os.getpid(), started=1000.0)))
    (tmp_path / "garbage.json").write_bytes(b"\xff{")
    (tmp_path / "half.json").write_bytes(msgspec.json.encode(mine)[:20])
    (tmp_path / "1.new").write_bytes(b"")
    assert invitations(tmp_path) == [mine]
    assert sorted(path.name for path in tmp_path.glob("*.json")) == [f"{os.getpid()}.json"]


def test_the_newest_script_comes_first(tmp_path: Path) -> None:
    old = invitation(os.getpid(), started=time.time() - 100)
    new = invitation(os.getppid())
    announce(old, tmp_path)
    announce(new, tmp_path)
    assert invitations(tmp_path) == [new, old]


def test_a_folder_that_others_can_look_into_is_closed_to_them(tmp_path: Path) -> None:
    where = tmp_path / "tapeview"
    where.mkdir(mode=0o755)
    announce(invitation(os.getpid()), where)
    assert where.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("kind", ["a link", "a file", "somebody else's"])
def test_a_folder_that_is_not_ours_gets_no_token(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where = tmp_path / "tapeview"
    (tmp_path / "real").mkdir()
    match kind:
        case "a link":
            where.symlink_to(tmp_path / "real")
        case "a file":
            where.write_text("")
        case _:
            where.mkdir()
            uid = os.getuid()
            monkeypatch.setattr(os, "getuid", lambda: uid + 1)
    with pytest.raises(RendezvousError, match=rendezvous.FOLDER_VARIABLE):
        announce(invitation(os.getpid()), where)
    assert list((tmp_path / "real").iterdir()) == []
    assert invitations(where) == []


def test_where_it_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPEVIEW_RUNTIME", str(tmp_path / "x"))
    assert rendezvous.folder() == tmp_path / "x"
    monkeypatch.delenv("TAPEVIEW_RUNTIME")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert rendezvous.folder() == tmp_path / "tapeview"
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "is not there"))
    assert rendezvous.folder().name == f"tapeview-{os.getuid()}"
    assert invitations(tmp_path / "is not there") == []
