"""Where a running script leaves word by which a window on this machine finds it: one small file for each process.

The file holds the token, so only its owner can read it, and the folder is its owner's alone.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import stat
import tempfile
from pathlib import Path

import msgspec

from tapeview.trace.process import alive

FOLDER_VARIABLE = "TAPEVIEW_RUNTIME"
"""The environment variable that names another folder."""

_LARGEST = 65536


class Invitation(msgspec.Struct, frozen=True):
    """How to join a script: ``port`` on the loopback interface and the token that opens it. ``pid``, ``started`` and
    ``recording`` as in `tapeview.protocol.Hello`; ``script`` is its file, absolute."""

    port: int
    token: str
    pid: int
    started: float
    recording: str
    script: str


class RendezvousError(Exception):
    """Word cannot be left; the text is one sentence that says why."""


def folder() -> Path:
    """The folder for this user's files of that kind, on this machine and gone after a restart. It need not exist."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return Path(chosen)
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and os.path.isdir(runtime):
        return Path(runtime) / "tapeview"
    return Path(tempfile.gettempdir()) / f"tapeview-{_user()}"


def announce(invitation: Invitation, where: Path) -> Path:
    """Leaves word in folder ``where`` and returns the file.

    Raises:
        RendezvousError: the folder cannot be made, is somebody else's or open to others, or the file cannot be written.
    """
    path = where / f"{invitation.pid}.json"
    fresh = where / f"{invitation.pid}.new"
    try:
        where.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check(where)
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "wb") as file:
            file.write(msgspec.json.encode(invitation))
        fresh.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise RendezvousError(
            f"cannot leave word for a window in {where}: {error.strerror or error}; set {FOLDER_VARIABLE} to another "
            "folder"
        ) from error
    return path


def withdraw(path: Path) -> None:
    """Takes the word away."""
    with contextlib.suppress(OSError):
        path.unlink()


def invitations(where: Path | None = None) -> list[Invitation]:
    """The scripts of this user that can be joined on this machine, the newest first. What dead ones left is removed."""
    place = where or folder()
    found: list[Invitation] = []
    try:
        _check(place)
        files = list(place.glob("*.json"))
    except (OSError, RendezvousError):
        return []
    for path in files:
        invitation = read(path)
        if invitation is not None and alive(invitation.pid, invitation.started):
            found.append(invitation)
        else:
            withdraw(path)
    return sorted(found, key=lambda one: one.started, reverse=True)


def read(path: Path) -> Invitation | None:
    """What a file of that kind says; None if it is none."""
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_LARGEST), type=Invitation)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _check(where: Path) -> None:
    """Raises RendezvousError unless the folder is ours and nobody else can look into it or put files there."""
    if os.name != "posix":
        return
    about = where.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid():
        raise RendezvousError(
            f"{where} is not a folder of yours, so no token is left there; set {FOLDER_VARIABLE} to another folder"
        )
    if about.st_mode & 0o077:
        where.chmod(0o700)


def _user() -> str:
    if os.name == "posix":
        return str(os.getuid())
    with contextlib.suppress(OSError, KeyError, ImportError):
        return getpass.getuser()
    return "user"
