"""``tapeview info``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from tapeview.commands import UserError

if TYPE_CHECKING:
    from tapeview.trace.query import Recording

_TAPES_SHOWN = 8


class Info:
    """Say what is in a recording, on the terminal or as JSON.

    With --check the whole file is read and everything that is damaged or missing is listed; the exit code is then 1.
    """

    name: ClassVar[str] = "info"
    usage: ClassVar[str] = "FILE [--json] [--check]"

    def prepare_parser(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a recording (.tapeview)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--check", action="store_true", help="read everything and list what is damaged")

    def run(self, options: argparse.Namespace) -> int:
        from tapeview.commands import facts
        from tapeview.trace.check import check
        from tapeview.trace.query import Recording, RecordingError

        try:
            recording = Recording.open(Path(options.file))
        except RecordingError as error:
            raise UserError(str(error)) from error
        with recording:
            problems = check(recording.path) if options.check else []
            if options.json:
                found = facts.facts(recording)
                if options.check:
                    found["problems"] = problems
                json.dump(found, sys.stdout, ensure_ascii=False, allow_nan=False)
                print()
            else:
                _print(recording)
                if options.check:
                    print("check: no problems" if not problems else "check:")
                    for problem in problems:
                        print(f"  {problem}")
        return 1 if problems else 0


def _print(recording: Recording) -> None:
    from tapeview.commands import facts

    run = recording.run
    told: dict[str, Any] = facts.facts(recording, _TAPES_SHOWN)
    arguments = " ".join(run.argv[1:])
    print(f"{run.script} {arguments}".rstrip())
    print(f"  {facts.ending(recording)}")
    print(f"  {run.framework}, Python {run.python}, tapeview {run.tapeview}")
    count = told["steps"]
    print(f"  {count:,} steps, {told['forward_ops']:,} forward ops, {told['backward_ops']:,} backward steps")
    if told["scalars"]:
        print("scalars")
        width = max(len(name) for name in told["scalars"])
        for name, series in told["scalars"].items():
            points = "1 point" if series["count"] == 1 else f"{series['count']:,} points"
            print(f"  {name:<{width}}  {points}: {_number(series['first'])} → {_number(series['last'])}")
    if told["tapes"]:
        print("tapes" if count <= _TAPES_SHOWN else f"tapes (the first {_TAPES_SHOWN}; all with --json)")
        for tape in told["tapes"]:
            gradients = ", ".join(
                f"d/d{one['source']} {'None: ' + one['none_reason'] if one['none_reason'] else _number(one['norm'])}"
                for one in tape["gradients"]
            )
            print(f"  {tape['index']:>4}  {tape['forward_ops']} forward, {tape['backward_ops']} backward  {gradients}")
    if told["figures"]:
        print("1 figure" if told["figures"] == 1 else f"{told['figures']} figures")
    for failure in told["failures"]:
        print(f"{failure['kind']}: {failure['type']}: {failure['message']}")
    for warning in recording.warnings:
        print(f"warning: {warning}")


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, int | float) else str(value) if value is not None else "?"
