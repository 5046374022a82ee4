"""``tapeview explain``."""

from __future__ import annotations

import argparse
import math
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, ClassVar

from tapeview.commands import UserError

if TYPE_CHECKING:
    from tapeview.explain import FanOut, Finding, Route
    from tapeview.explain.route import Sender
    from tapeview.trace.query import Recording

ERROR_EXIT = 4
"""Exit code when something of level error was found."""

_WIDTH = 110
_HOPS_SHOWN = 8
_BAR = 24


class Explain:
    """Say why a gradient is None or zero, and where a NaN, an Inf or a huge number began, on the terminal or as JSON.

    Without --step all steps are looked at, and what is the same in several is told once. The exit code is 4 if
    something of level error was found, else 0.

    With --gradient or --path one gradient is looked at, in the last step that has it or in --step: who sent it, or how
    large it is at every hop from the target to there.
    """

    name: ClassVar[str] = "explain"
    usage: ClassVar[str] = "FILE [--step N] [--huge LIMIT] [--rule SETTING]... [--gradient NAME | --path NAME] [--json]"

    def prepare_parser(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a recording (.tapeview)")
        parser.add_argument("--step", type=int, metavar="N", help="only this step; the first one is 1")
        parser.add_argument(
            "--huge", type=_limit, metavar="LIMIT", help="numbers beyond this are told of as huge (default: 1e8)"
        )
        one = parser.add_mutually_exclusive_group()
        one.add_argument(
            "--gradient", metavar="NAME", help="who sent the gradient of a variable or a named value, and how much each"
        )
        one.add_argument(
            "--path", metavar="NAME", help="the gradient on its way from the target to there: its norm at every hop"
        )
        parser.add_argument(
            "--longest",
            action="store_true",
            help="with --path: to the use that got its gradient last, not to the one that got most",
        )
        parser.add_argument(
            "--through",
            type=int,
            action="append",
            default=[],
            metavar="LINE",
            help="with --path: where several ops sent to a value, through the one in this line",
        )
        parser.add_argument(
            "--rule",
            action="append",
            default=[],
            metavar="SETTING",
            help="another level (RULE=off, note, warning, error) or threshold (RULE.NAME=NUMBER) of a rule; "
            "“--rule list” prints all of them",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def run(self, options: argparse.Namespace) -> int:
        from tapeview.explain import ERROR, explain, explain_step
        from tapeview.explain.rules import RULES, SettingError, parse
        from tapeview.trace.query import Recording, RecordingError

        if options.rule == ["list"]:
            _print_rules()
            return 0
        try:
            huge = [f"huge-numbers.limit={options.huge!r}"] if options.huge else []
            rules = parse([*options.rule, *huge], RULES)
        except SettingError as error:
            raise UserError(str(error)) from error
        try:
            recording = Recording.open(Path(options.file))
        except RecordingError as error:
            raise UserError(str(error)) from error
        if options.longest and options.path is None:
            raise UserError("--longest says which way --path takes: give --path NAME as well")
        if options.through and options.path is None:
            raise UserError("--through says which way --path takes: give --path NAME as well")
        with recording:
            count = recording.step_count
            if options.step is not None and not 1 <= options.step <= count:
                raise UserError(f"there is no step {options.step}: the recording has {count} steps, from 1 on")
            step = options.step - 1 if options.step is not None else None
            if options.gradient is not None or options.path is not None:
                return _gradient(recording, options, step)
            found = explain(recording, rules=rules) if step is None else explain_step(recording, step, rules=rules)
            if options.json:
                _tell(recording, findings=found)
            else:
                _print(recording, found)
        return ERROR_EXIT if any(finding.level == ERROR for finding in found) else 0


def _print_rules() -> None:
    from tapeview.explain.rules import RULES

    for rule in RULES.values():
        print(f"{rule.name}={rule.level}: {rule.title}")
        print(f"    {rule.fires}")
        for one in rule.thresholds:
            print(f"    {rule.name}.{one.name}={one.default:g}  {one.meaning}")


def _limit(text: str) -> float:
    number = float(text)
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"not a number above 0: {text!r}")
    return number


def _tell(recording: Recording, **what: Any) -> None:
    """One JSON object on the terminal, about a recording."""
    print_json({"script": recording.run.script, "steps": recording.step_count, **what})


def print_json(what: object) -> None:
    """One JSON object on the terminal. JSON has no NaN and no infinity: they are null there."""
    import msgspec

    sys.stdout.write(msgspec.json.encode(msgspec.to_builtins(what)).decode() + "\n")


def _gradient(recording: Recording, options: argparse.Namespace, step: int | None) -> int:
    """Who sent a gradient, or its way; where none came, why."""
    from tapeview.explain import gradients, missing, route

    if options.path is not None:
        way = route(recording, options.path, step, longest=options.longest, lines=frozenset(options.through))
        if way is not None:
            _tell(recording, path=way) if options.json else _print_route(way)
            return 0
    else:
        sent = gradients(recording, options.gradient, step)
        if sent:
            _tell(recording, gradients=sent) if options.json else _print_senders(sent)
            return 0
    name = options.gradient if options.path is None else options.path
    where = f"step {step + 1}" if step is not None else "the recording"
    found = missing(recording, name, step)
    if found is None:
        raise UserError(f"no gradient came to “{name}” in {where}, and none was asked for")
    if options.json:
        _tell(recording, findings=[found])
    else:
        _print(recording, [found])
    return ERROR_EXIT


def _print_senders(several: list[FanOut]) -> None:
    for told in several:
        count = len(told.contributions)
        who = f"{count} contributions are added up" if count > 1 else "one contribution"
        print(f"step {told.step + 1}: the gradient of {told.subject}, norm {figure(told.norm)}: {who}")
        rows = [("from", "norm", "share", "cosine", "sum so far")]
        for one in told.contributions:
            name = f"{one.op_name} (line {one.line})" if one.op else "what the call began with"
            share = f"{one.share * 100:.1f} %" if one.share is not None else "?"
            cosine = f"{one.cosine:+.2f}" if one.cosine is not None else "?"
            rows.append((name, figure(one.norm), share, cosine, figure(one.running)))
        table(rows)
        if told.note:
            print(textwrap.fill(told.note, _WIDTH, initial_indent="    ", subsequent_indent="    "))


def _print_route(way: Route) -> None:
    print(f"step {way.step + 1}: {way.verdict}")
    for sentence in (way.text, way.advice):
        print(textwrap.fill(sentence, _WIDTH, initial_indent="    ", subsequent_indent="    "))
    known = [math.log10(one.norm) for one in way.stations if one.norm]
    low, high = min(known, default=0.0), max(known, default=0.0)
    rows = [("value", "sent by", "norm", "factor", "")]
    for place, one in enumerate(way.stations):
        by = f"{one.op_name} ({one.layer or f'line {one.line}'})" if one.op else "the target"
        if len(one.several) > 1:
            by += f" {one.share:.0%}" if one.share is not None else f" 1 of {one.senders}"
        factor = f"×{one.factor:.2g}" if one.factor is not None else ""
        long = round(1 + (_BAR - 1) * (math.log10(one.norm) - low) / (high - low)) if one.norm and high > low else 1
        bar = "NaN or Inf" if one.bad else "?" if one.norm is None else "0" if not one.norm else "█" * long
        rows.append((one.name, by, figure(one.norm), factor, bar + (" ◀" if place == way.steepest else "")))
    table(rows)
    for one in way.stations:
        if len(one.several) > 1:
            senders = ", ".join(_sender(other) for other in one.several if not other.taken)
            told = f"“{one.name}” also got: {senders}"
            print(textwrap.fill(told, _WIDTH, initial_indent="    ", subsequent_indent="      "))


def _sender(one: Sender) -> str:
    where = f"{one.layer}, line {one.line}" if one.layer else f"line {one.line}"
    return f"{one.op_name} ({where})" + (f" {one.share:.0%}" if one.share is not None else "")


def table(rows: Sequence[tuple[str, ...]]) -> None:
    """Prints rows in columns: the first two to the left, the last one as it is, the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (text.ljust(width) if n < 2 else text.rjust(width) for n, (text, width) in
                 enumerate(zip(row[:-1], widths, strict=False)))  # fmt: skip
        print(f"    {'  '.join(cells)}  {row[-1]}".rstrip())


def figure(number: float | None) -> str:
    """A number in four figures, "?" if it is not known."""
    return "?" if number is None else f"{number:.4g}"


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
    from tapeview.explain import RULES

    name = PurePath(recording.source(finding.file).path).name if finding.file else ""
    where = f"{name}:{finding.line}" if name and finding.line else ""
    step = f"step {finding.step + 1}"
    if finding.steps > 1:
        step += f" and {finding.steps - 1} more"
    what = {
        "none": f"the gradient of {finding.subject} is None: {finding.cause}",
        "zero": f"the gradient of {finding.subject} is zero: {finding.cause}",
        "nonfinite": f"{finding.subject} is not finite: {finding.cause}",
        "huge": f"{finding.subject} is huge: {finding.cause}",
        "rule": f"{RULES[finding.cause].title}: {finding.subject}" if finding.cause in RULES else finding.subject,
    }.get(finding.kind, f"{finding.subject}: {finding.cause}")
    return f"{finding.level}: {where + ': ' if where else ''}{step}: {what}"
