"""``tapeview compare``."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from tapeview.commands import UserError
from tapeview.commands.explain import figure, print_json, table

if TYPE_CHECKING:
    from tapeview.explain.compare import Comparison, Difference
    from tapeview.trace.query import Recording

_SHOWN = 40


class Compare:
    """Compare two steps, of one recording or of two: which ops came or went, and which values, gradients and updates
    are different, the first difference first.

    Without --steps the last steps are compared, and of one recording its first step with its last.
    """

    name: ClassVar[str] = "compare"
    usage: ClassVar[str] = "FILE [OTHER] [--steps N,M] [--tolerance T] [--all] [--largest] [--json]"

    def prepare_parser(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a recording (.tapeview)")
        parser.add_argument("other", metavar="OTHER", nargs="?", help="another one; without it FILE itself")
        parser.add_argument("--steps", metavar="N,M", help="the step of FILE and that of OTHER; the first one is 1")
        parser.add_argument(
            "--tolerance",
            type=float,
            default=1e-5,
            metavar="T",
            help="relative differences up to this are the same (default: 1e-5)",
        )
        parser.add_argument("--all", action="store_true", help="print what is the same, too, and all rows")
        parser.add_argument("--largest", action="store_true", help="the largest difference first")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def run(self, options: argparse.Namespace) -> int:
        import msgspec

        from tapeview.explain.compare import compare
        from tapeview.trace.query import Recording, RecordingError

        try:
            first = Recording.open(Path(options.file))
            with first, Recording.open(Path(options.other or options.file)) as second:
                step, other = _steps(options.steps, first, second, options.other is None)
                found = compare(first, step, second, other, tolerance=options.tolerance)
        except RecordingError as error:
            raise UserError(str(error)) from error
        if options.json:
            print_json({"counts": found.counts(), **msgspec.structs.asdict(found)})
        else:
            _print(found, everything=options.all, largest=options.largest)
        return 0


def _steps(text: str | None, first: Recording, second: Recording, alone: bool) -> tuple[int, int]:
    counts = first.step_count, second.step_count
    if not all(counts):
        raise UserError("there is nothing to compare: a recording has no step")
    if text is None:
        return (0 if alone else counts[0] - 1), counts[1] - 1
    try:
        step, other = (int(one) for one in text.split(","))
    except ValueError:
        raise UserError(f"--steps takes two numbers, like 1,20, not “{text}”") from None
    for number, count in zip((step, other), counts, strict=True):
        if not 1 <= number <= count:
            raise UserError(f"there is no step {number}: the recording has {count} steps, from 1 on")
    return step - 1, other - 1


def _print(found: Comparison, *, everything: bool, largest: bool) -> None:
    counts = found.counts()
    words = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    print(f"step {found.steps[0] + 1} and step {found.steps[1] + 1}: {words or 'nothing happened in either'}")
    if found.first_difference < 0:
        print("no difference" + (", as far as values were kept" if counts["unknown"] else ""))
    else:
        row = found.rows[found.first_difference]
        print(f"first difference: {row.phase}, {row.name} ({row.op}, line {row.line}): {_said(row)}")
    print_rows(list(found.rows), everything=everything, largest=largest)


def print_rows(rows: list[Difference], *, everything: bool, largest: bool = False) -> None:
    """A table of differences: those that are none only with ``everything``, else the first ones."""
    rows = [row for row in rows if everything or row.state not in ("same", "unknown")]
    if largest:
        rows.sort(key=lambda row: -(row.difference if row.difference is not None else math.inf))
    shown = rows if everything else rows[:_SHOWN]
    if shown:
        lines = [("phase", "what", "op", "line", "norm before", "norm after", "difference")]
        for row in shown:
            norms = (figure(row.norms[0]), figure(row.norms[1]))
            lines.append((row.phase, row.name, row.op, str(row.line), *norms, _said(row)))
        table(lines)
    if len(rows) > len(shown):
        print(f"    and {len(rows) - len(shown)} more: --all prints all of them")


def _said(row: Difference) -> str:
    if row.state in ("gone", "new"):
        return "only in the first" if row.state == "gone" else "only in the second"
    if row.difference is None:
        return "not kept"
    if math.isinf(row.difference):
        return row.why
    if row.state == "same":
        return "same" if row.exact else "same statistics"
    return f"{row.difference:.2g}" + ("" if row.exact else " (by statistics)")
