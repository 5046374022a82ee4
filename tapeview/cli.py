"""The command line: finds the sub-command, lets it run, and turns its errors into one sentence and exit code 2."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import os
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import tapeview
from tapeview.commands import Command, Parser, UserError
from tapeview.commands.attach import Attach
from tapeview.commands.check import Check, WhatIfCommand
from tapeview.commands.compare import Compare
from tapeview.commands.examples import Examples
from tapeview.commands.explain import Explain
from tapeview.commands.export import Export
from tapeview.commands.figures import Figures
from tapeview.commands.info import Info
from tapeview.commands.record import Record
from tapeview.commands.window import Open, Window

COMMANDS: tuple[Command, ...] = (
    Record(),
    Attach(),
    Open(),
    Info(),
    Explain(),
    Check(),
    WhatIfCommand(),
    Compare(),
    Export(),
    Figures(),
    Examples(),
)
WINDOW: Command = Window()

USAGE_EXIT = 2

_HELP = """\
tapeview shows what a gradient tape records: run a script, step through its forward and its backward pass, look at every
value and every gradient.

  tapeview                          open the window
  tapeview SCRIPT [ARGS...]         open the window with a script; F5 runs it
  tapeview --run SCRIPT [ARGS...]   the same, and run it at once
  tapeview -m MODULE [ARGS...]      the same with a module, as python -m does

Without a window:

{commands}

`tapeview COMMAND --help` explains a command, `tapeview --version` prints the version.

The script needs no change: `import tensorflow as tf` finds tapeview's own implementation of TensorFlow's names, so
TensorFlow need not be installed. To begin: `tapeview examples`.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line and returns the exit code; the entry point of the ``tapeview`` script."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _dispatch(words)
        sys.stdout.flush()  # a pipe that nobody reads any more shows here, not when the interpreter ends
        return code
    except UserError as error:
        print(f"tapeview: {error}", file=sys.stderr)
        return USAGE_EXIT
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has enough. Python would complain once more when it flushes stdout at exit.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _dispatch(words: list[str]) -> int:
    first = words[0] if words else ""
    if first in ("-h", "--help", "help"):
        print(_help_text(), end="")
        return 0
    if first in ("-V", "--version"):
        print(f"tapeview {tapeview.__version__}")
        return 0
    for command in COMMANDS:
        if command.name == first:
            return _run(command, words[1:])
    _catch_typo(words)
    return _run(WINDOW, words)


def _run(command: Command, words: list[str]) -> int:
    program = f"tapeview {command.name}".strip()
    parser = Parser(
        prog=program,
        usage=f"{program} {command.usage}",
        description=textwrap.dedent(f"    {command.__doc__}"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.prepare_parser(parser)
    return command.run(parser.parse_args(words))


def _catch_typo(words: list[str]) -> None:
    """A lone wrong word is taken for a script that does not exist; a near miss of a command gets a better answer."""
    if not words or words[0].startswith("-") or Path(words[0]).exists():
        return
    close = difflib.get_close_matches(words[0], [command.name for command in COMMANDS], 1)
    if close:
        raise UserError(f"there is no command and no file {words[0]!r}: did you mean `tapeview {close[0]}`?")


def _help_text() -> str:
    rows = []
    for command in COMMANDS:
        rows.append(f"  tapeview {command.name} {command.usage}")
        rows += textwrap.wrap(_first_paragraph(command), 100, initial_indent="      ", subsequent_indent="      ")
    return _HELP.format(commands="\n".join(rows))


def _first_paragraph(command: Command) -> str:
    return " ".join((command.__doc__ or "").split("\n\n")[0].split())
