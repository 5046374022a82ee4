"""``tapeview record``."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar

from tapeview.commands import UserError
from tapeview.debuggee import modes
from tapeview.debuggee.adapters import keeping

BREAKPOINT_EXIT = 3
_PATIENCE = 10.0
"""Seconds for which rules look at a recording that is finished."""
_ERASE = "\r\x1b[K"


class Record:
    """Run a script without a window and write what its tapes do into a recording.

    The script's own output, input and exit code stay its own. Look at the recording with `tapeview open` or `tapeview
    info`; it can be opened while the script still runs.

    With --break the run ends where the breakpoint would stop it, with exit code 3; `tapeview open` shows that place:
    --break nan, --break line:train.py:31, --break "loss rises 20%", --break "gradient:w:norm>10 if step > 5".
    --break rule:dead-relu ends a little after the step in which that rule fires: rules are looked at beside the script.
    """

    name: ClassVar[str] = "record"
    usage: ClassVar[str] = "[-o FILE] [--break SPEC]... [--wait [--port N]] [--tf1 | --tf2] [-m] SCRIPT [ARGS...]"

    def prepare_parser(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "-o",
            "--output",
            metavar="FILE",
            help="the recording to write; an older one is replaced (default: SCRIPT's name with .tapeview, here)",
        )
        parser.add_argument(
            "--break",
            dest="breakpoints",
            action="append",
            default=[],
            metavar="SPEC",
            help="end where this breakpoint stops: line:FILE:LINE, op:TYPE, node:NAME, nan, inf, zero, max>LIMIT, "
            "value:EXPRESSION, gradient:TEST, gradient:VARIABLE:TEST, loss>LIMIT, loss rises PERCENT%%, step:N, "
            "every:N, exception, rule:NAME, rule:NAME:THRESHOLD=NUMBER; any of them "
            "with ' if CONDITION', ' after N', ' log TEXT'",
        )
        parser.add_argument(
            "--wait",
            action="store_true",
            help="wait before the script's first line until a window joins with `tapeview attach` and lets it run",
        )
        parser.add_argument(
            "--port", type=int, default=0, metavar="N", help="with --wait: the port to listen on (default: a free one)"
        )
        keeping.add_options(parser)
        modes.add_options(parser)
        parser.add_argument("-m", dest="module", action="store_true", help="SCRIPT is a module, as with python -m")
        parser.add_argument(
            "--real-tensorflow", action="store_true", help="use an installed TensorFlow (not supported yet)"
        )
        parser.add_argument("script", nargs="?", metavar="SCRIPT", help="the script to run")
        parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGS", help="the script's own arguments")

    def run(self, options: argparse.Namespace) -> int:
        from tapeview.debugger.process import command

        if options.script is None:
            raise UserError("name the script to record: `tapeview record SCRIPT`")
        recording = _recording_path(options.output, options.script)
        if options.port and not options.wait:
            raise UserError("--port says where to wait for a window: give --wait as well")
        for text in options.breakpoints:
            _check(text)
        extra = ["--progress", *[f"--break={text}" for text in options.breakpoints]]
        extra += keeping.arguments(options) + modes.arguments(options.mode)
        if options.wait:
            extra += ["--wait", "--port", str(options.port)]
        if options.real_tensorflow:
            extra.append("--real-tensorflow")
        line = command(
            sys.executable, recording, options.script, options.arguments, module=options.module, options=extra
        )
        try:
            child = subprocess.Popen(line)
        except OSError as error:
            raise UserError(f"cannot start {sys.executable}: {error.strerror}") from error
        with _signals_to(child):
            code = child.wait()
        if code >= 0:
            if code == BREAKPOINT_EXIT and options.breakpoints:
                _tell_breakpoint(recording)
            found = _rules_after(recording, options.breakpoints)
            return code or (BREAKPOINT_EXIT if found else 0)
        if _is_terminal(sys.stderr):
            sys.stderr.write(_ERASE)
        if -code not in (signal.SIGINT, signal.SIGTERM):
            text = f"tapeview: the script was killed by {_signal_name(-code)}; {recording} has all but its last moments"
            print(text, file=sys.stderr)
        return 128 - code


def _check(text: str) -> None:
    from tapeview.breakpoints import BreakpointError, parse

    try:
        breakpoint = parse(text)
    except BreakpointError as error:
        raise UserError(f"--break: {error}") from error
    if breakpoint.kind == "rule":
        from tapeview.explain.patrol import settings_of
        from tapeview.explain.rules import SettingError

        try:
            settings_of(breakpoint.name, breakpoint.expression)
        except SettingError as error:
            raise UserError(f"--break {text}: {error}") from error


def _tell_breakpoint(path: Path) -> None:
    """Says at which breakpoint the run ended, if it did not just happen to end with that exit code."""
    from tapeview.trace.query import Recording, RecordingError

    try:
        with Recording.open(path) as recording:
            if recording.run.how != "breakpoint":
                return
            stop = recording.failures()[-1]
            frames = recording.frames(stop.site)
            place = f" at {recording.source(frames[0].file).path}:{frames[0].line}" if frames else ""
    except (RecordingError, IndexError, KeyError):
        return
    print(
        f"tapeview: stopped at breakpoint {stop.type}{place}: {stop.message}; `tapeview open {_shown(path)}` shows it",
        file=sys.stderr,
    )


def _shown(path: Path) -> str:
    shown = os.path.relpath(path)
    return shown if not shown.startswith("..") else str(path)


def _rules_after(path: Path, breakpoints: list[str]) -> bool:
    """Whether rules to stop at fire in a script that has ended by itself: one that was soon over was not looked at as
    a whole while it ran. Says where they do."""
    from tapeview.breakpoints import describe, parse
    from tapeview.explain.patrol import hits, settings_of, words
    from tapeview.trace.query import Recording, RecordingError

    wanted = [one for one in map(parse, breakpoints) if one.kind == "rule" and one.log is None and not one.condition]
    if not wanted:
        return False
    said = False
    try:
        with Recording.open(path) as recording:
            if recording.state not in ("finished", "failed"):
                return False
            until = time.monotonic() + _PATIENCE
            for one in wanted:
                found = hits(recording, settings_of(one.name, one.expression), until)
                hit = next(islice(found, one.after - 1, None), None)
                if hit is not None:
                    text = f"breakpoint {describe(one)}, seen after the script had ended: {words(hit)}"
                    print(f"tapeview: {text}; `tapeview open {_shown(path)}` shows it", file=sys.stderr)
                    said = True
    except RecordingError:
        pass
    return said


def _recording_path(wanted: str | None, script: str) -> Path:
    """Where to write. Without a wish a name that is free, because a long training must not be lost by running again."""
    if wanted is not None:
        path = Path(wanted)
        if not path.parent.is_dir():
            raise UserError(f"there is no folder {str(path.parent)!r} to write {path.name!r} into: make it first")
        return path.absolute()
    stem = Path(script).stem.removeprefix("-") or "recording"
    number = 1
    while True:
        path = Path(f"{stem}{f'-{number}' if number > 1 else ''}.tapeview").absolute()
        if not path.exists():
            return path
        number += 1


@contextmanager
def _signals_to(child: subprocess.Popen[Any]) -> Iterator[None]:
    """Signals for this process go to the child: it decides, this process waits for it.

    Ctrl+C in a terminal reaches both processes anyway, so there it is not sent a second time.
    """
    before: dict[int, Any] = {}

    def forward(number: int, frame: FrameType | None) -> None:
        if child.poll() is None and not (number == signal.SIGINT and _in_foreground()):
            child.send_signal(number)

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, forward)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _in_foreground() -> bool:
    """Whether Ctrl+C in the terminal reaches this process."""
    if os.name != "posix":
        return True
    try:
        with open("/dev/tty", "rb", buffering=0) as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def _is_terminal(stream: Any) -> bool:
    return stream is not None and stream.isatty()


def _signal_name(number: int) -> str:
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:
        return f"signal {number}"
