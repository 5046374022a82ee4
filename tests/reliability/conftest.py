"""What the tests of faults share: their own folders, and the certainty that nothing is left behind."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tapeview.joining import rendezvous
from tests.helpers.joining import handles, is_alive


def family() -> set[int]:
    """The processes that run a script or copy a recording of this test's folders."""
    mine = os.environ["TAPEVIEW_RUNTIME"]
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                if f"TAPEVIEW_RUNTIME={mine}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                    found.add(int(folder.name))
            except OSError:
                continue
    return {pid for pid in found if is_alive(pid)}


@pytest.fixture(autouse=True)
def _nothing_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """After a test: no process that it started in whatever way, no open file, no word for windows, no temporary
    file."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TAPEVIEW_RUNTIME", str(tmp_path / "runtime"))
    monkeypatch.setenv("TAPEVIEW_RECORDINGS", str(tmp_path / "recordings"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    before = handles()
    yield
    left: list[object] = []
    deadline = 200
    while (processes := family()) and deadline:
        deadline -= 1
        subprocess.run(["true"], check=True)  # they are ending
    if processes:
        left += [Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ") for pid in processes]
    if handles() > before:
        left.append(f"{handles() - before} open files")
    left += rendezvous.invitations()
    left += [*(tmp_path / "runtime").glob("*"), *(tmp_path / "temporary").glob("*"), *tmp_path.rglob("*-new")]
    assert not left
