"""``tapeview explain``."""

from __future__ import annotations

import argparse
import sys
import textwrap
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar

from tapeview.commands import UserError

if TYPE_CHECKING:
    from tapeview.explain import Finding
    from tapeview.trace.query import Recording

ERROR_EXIT = 4
"""Exit code when something of level error was found."""

_WIDTH = 110
_HOPS_SHOWN = 8


class Explain:
    """Say why a gradient is None or zero, and where a NaN or an Inf began, on the terminal or as JSON.

    Without --step all steps are looked at, and what is the same in several is told once. The exit code is 4 if
    something of level error was found, else 0.
    """

    name: ClassVar[str] = "explain"
    usage: ClassVar[str] = "FILE [--step N] [--json]"

    def prepare_parser(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a recording (.tapeview)")
        parser.add_argument("--step", type=int, metavar="N", help="only this step; the first one is 1")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def run(self, options: argparse.Namespace) -> int:
        import msgspec

        from tapeview.explain import ERROR, explain, explain_step
        from tapeview.trace.query import Recording, RecordingError

        try:
            recording = Recording.open(Path(options.file))
        except RecordingError as error:
            raise UserError(str(error)) from error
        with recording:
            count = recording.step_count
            if options.step is None:
                found = explain(recording)
            elif 1 <= options.step <= count:
                found = explain_step(recording, options.step - 1)
            else:
                raise UserError(f"there is no step {options.step}: the recording has {count} steps, from 1 on")
            if options.json:
                told = msgspec.to_builtins({"script": recording.run.script, "steps": count, "findings": found})
                sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
            else:
                _print(recording, found)
        return ERROR_EXIT if any(finding.level == ERROR for finding in found) else 0


def _print(recording: Recording, findings: list[Finding]) -> None:
    if not findings:
        print("nothing to report")
    for finding in findings:
        print(_heading(recording, finding))
        for sentence in (finding.text, finding.advice):
            print(textwrap.fill(sentence, _WIDTH, initial_indent="    ", subsequent_indent="    "))
        hops = [
            f"{hop.name}{' backward' if hop.backward else ''}"
            f"{f' (line {hop.line})' if hop.line else ''}{f': {hop.words}' if hop.words else ''}"
            for hop in finding.path
        ]
        if len(hops) > _HOPS_SHOWN:
            hops[_HOPS_SHOWN - 1 : -1] = ["…"]
        if len(hops) > 1:
            line = f"path: {' → '.join(hops)}"
            print(textwrap.fill(line, _WIDTH, initial_indent="    ", subsequent_indent="      "))
        if finding.poisoned:
            line = f"reached: {', '.join(finding.poisoned)}"
            print(textwrap.fill(line, _WIDTH, initial_indent="    ", subsequent_indent="      "))


def _heading(recording: Recording, finding: Finding) -> str:
    name = PurePath(recording.source(finding.file).path).name if finding.file else ""
    where = f"{name}:{finding.line}" if name and finding.line else ""
    step = f"step {finding.step + 1}"
    if finding.steps > 1:
        step += f" and {finding.steps - 1} more"
    what = {
        "none": f"the gradient of {finding.subject} is None: {finding.cause}",
        "zero": f"the gradient of {finding.subject} is zero: {finding.cause}",
        "nonfinite": f"{finding.subject} is not finite: {finding.cause}",
    }[finding.kind]
    return f"{finding.level}: {where + ': ' if where else ''}{step}: {what}"
