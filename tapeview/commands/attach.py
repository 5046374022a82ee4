"""``tapeview attach``."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from tapeview.commands import UserError

if TYPE_CHECKING:
    from tapeview.joining.rendezvous import Invitation

_LONGEST_TOKEN = 65536


class Attach:
    """Join a running script and look at it in the window: one that was started with `tapeview record --wait`, or whose
    window has gone.

    Without an address: the one script of yours that can be joined on this machine, or a list if there are several. For
    a script on another machine forward its port (`ssh -L PORT:127.0.0.1:PORT MACHINE`) and give that as the address;
    the token is asked for, unless it is in TAPEVIEW_TOKEN or in a file. Closing the window lets the script go on.
    """

    name: ClassVar[str] = "attach"
    usage: ClassVar[str] = "[HOST:PORT] [--token-file FILE]"

    def prepare_parser(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("address", nargs="?", metavar="HOST:PORT", help="where the script listens")
        parser.add_argument(
            "--token-file", metavar="FILE", help="a file that holds the token, such as the script's terminal names"
        )

    def run(self, options: argparse.Namespace) -> int:
        from tapeview.commands.window import check_window, show
        from tapeview.debugger.attached import AttachedSession
        from tapeview.debugger.session import SessionError

        if options.address is None:
            if options.token_file is not None:
                raise UserError("say where the script listens: `tapeview attach HOST:PORT --token-file FILE`")
            found = _only_one()
            if found is None:
                return 0
            address, token = ("127.0.0.1", found.port), found.token
        else:
            address = parse_address(options.address)
            token = _token(options.token_file, address[1])
        check_window()
        with AttachedSession(address, token) as session:
            try:
                session.start()
            except SessionError as error:
                raise UserError(str(error)) from error
            return show(joined=session)


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of ``HOST:PORT``; a port alone is on this machine.

    Raises:
        UserError: it is no address, or not one of this machine's own.
    """
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") or "127.0.0.1"
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise UserError(f"{text!r} is no address: it looks like 127.0.0.1:40123, as the script's terminal says")
    if not is_loopback(host):
        raise UserError(
            f"{host} is another machine, and scripts listen on their own only: forward the port with "
            f"`ssh -L {port}:127.0.0.1:{port} {host}` and run `tapeview attach 127.0.0.1:{port}`"
        )
    return host, int(port)


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine's own address, to which nobody else can connect. No name is looked up."""
    import ipaddress

    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _only_one() -> Invitation | None:
    """The one script that can be joined here; None if there are several, which are then listed."""
    from tapeview.joining import rendezvous

    found = rendezvous.invitations()
    if not found:
        raise UserError(
            "no script that can be joined runs here: start one with `tapeview record --wait SCRIPT`, or give the "
            "address of a forwarded port"
        )
    if len(found) == 1:
        return found[0]
    print("Several scripts can be joined; say which:")
    for one in found:
        since = time.strftime("%H:%M:%S", time.localtime(one.started))
        print(f"  tapeview attach 127.0.0.1:{one.port}   {one.script} (process {one.pid}, since {since})")
    return None


def _token(file: str | None, port: int) -> str:
    from tapeview import protocol
    from tapeview.joining import rendezvous

    if file is not None:
        return _token_in(Path(file))
    given = os.environ.get(protocol.TOKEN_VARIABLE, "").strip()
    if given:
        return given
    for one in rendezvous.invitations():
        if one.port == port:
            return one.token
    if not sys.stdin.isatty():
        raise UserError(
            f"a token is needed: put it into {protocol.TOKEN_VARIABLE}, or name the file that holds it with "
            "--token-file"
        )
    return getpass.getpass("Token of the script: ").strip()


def _token_in(path: Path) -> str:
    """The token in a file: alone, or in what a script's process left in its runtime folder."""
    from tapeview.joining import rendezvous

    invitation = rendezvous.read(path)
    if invitation is not None:
        return invitation.token
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_LONGEST_TOKEN).strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise UserError(f"cannot read the token in {path}: {reason}") from error
    if not text or len(text.split()) > 1:
        raise UserError(f"there is no token in {path}: it holds the token and nothing else")
    return text
