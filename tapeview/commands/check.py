"""``tapeview check`` and ``tapeview whatif``: recorded steps worked out again."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from tapeview.commands import UserError
from tapeview.commands.compare import print_rows
from tapeview.commands.explain import ERROR_EXIT, print_json

if TYPE_CHECKING:
    from tapeview.explain.context import Context
    from tapeview.explain.questions import Checked, CheckQuestion, WhatIf


class Check:
    """Check the gradients of a recorded step against finite differences, in float64, without the script.

    The exit code is 4 if a gradient is wrong: a rule of the script's own (tf.custom_gradient) that is not the
    derivative of what it computes, or a rule of tapeview's that is not. Without --step the last step is checked,
    without --source and --op all its gradients.
    """

    name: ClassVar[str] = "check"
    usage: ClassVar[str] = "FILE [--step N] [--source NAME]... [--op NAME]... [--elements N] [--json]"

    def prepare_parser(self, parser: argparse.ArgumentParser) -> None:
        _add_step(parser)
        parser.add_argument(
            "--source", action="append", default=[], metavar="NAME", help="only the gradient of this variable or value"
        )
        parser.add_argument(
            "--op",
            action="append",
            default=[],
            metavar="NAME",
            help="only the rules of ops of a type (Tanh), of a tf.custom_gradient, or of what made a value",
        )
        parser.add_argument(
            "--elements",
            type=int,
            default=20,
            metavar="N",
            help="how many elements of each gradient are looked at, 0 = all (default: 20)",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def run(self, options: argparse.Namespace) -> int:
        import msgspec

        from tapeview.explain.questions import WRONG, Progress
        from tapeview.replay.again import Again
        from tapeview.replay.check import check
        from tapeview.replay.edits import EditError
        from tapeview.replay.rerun import ReplayError

        def tell(progress: Progress) -> None:
            if progress.found is not None and not options.json:
                _print_checked(progress.found)

        if options.elements < 0:
            raise UserError("--elements takes a number from 0 on; 0 means all")
        found: list[Checked] = []
        with _step(options) as context:
            again = Again(context)
            try:
                for question in _questions(context, options):
                    found += check(again, question, tell)
            except (ReplayError, EditError) as error:
                raise UserError(str(error)) from error
            if options.json:
                plain = [msgspec.structs.replace(one, errors=None) for one in found]
                print_json({"step": context.step.index, "gradients": plain})
            else:
                nothing = "no call gave a gradient of real numbers; tapeview explain says why one is None"
                if not context.step.calls:
                    nothing = "it asked for no gradient; --step takes another one"
                checked = f"{len(found)} gradient{'s' if len(found) > 1 else ''} checked"
                print(f"step {context.step.index + 1}: {checked if found else nothing}")
        return ERROR_EXIT if any(one.verdict == WRONG for one in found) else 0


def _questions(context: Context, options: argparse.Namespace) -> Iterator[CheckQuestion]:
    """What is to be checked. Raises UserError and EditError for names that nothing has."""
    from tapeview.explain.context import source_name
    from tapeview.explain.questions import CheckQuestion
    from tapeview.replay.edits import ops_called

    step = context.step.index
    every: dict[str, Any] = {"elements": options.elements, "seconds": float("inf")}
    for name in options.source:
        called = [
            (call, number)
            for call, one in context.step.calls.items()
            for number, source in enumerate(one.started.sources)
            if source_name(context, source) == name
        ]
        if not called:
            raise UserError(f"no gradient of step {step + 1} was asked for “{name}”")
        yield from (CheckQuestion(step, call, number, **every) for call, number in called)
    for name in options.op:
        ops = ops_called(context, name)
        passed = {rule.op for call in context.step.calls.values() for rule in call.steps}
        yield from (CheckQuestion(step, op=op, **every) for op in [one for one in ops if one in passed] or ops[:1])
    if not options.source and not options.op:
        yield CheckQuestion(step, **every)


class WhatIfCommand:
    """Change values of a recorded step and see what would come out: forward pass, gradients and updates are worked out
    again from the recording, without the script, and what differs is listed.
    """

    name: ClassVar[str] = "whatif"
    usage: ClassVar[str] = "FILE [--step N] [--set NAME=VALUE]... [--rate RATE] [--following N]"

    def prepare_parser(self, parser: argparse.ArgumentParser) -> None:
        _add_step(parser)
        several = (
            ("--set", "NAME=VALUE", "a new value for all elements, or for one: w[0,2]=3.5"),
            ("--scale", "NAME=FACTOR", "all elements times a factor"),
            ("--zero", "NAME", "all elements zero"),
            ("--noise", "NAME=DEVIATION", "normal noise of that standard deviation is added"),
            (
                "--block",
                "NAME",
                "the gradient rules of ops of a type (Tanh), or of what goes by a name, pass nothing on",
            ),
        )
        for option, form, text in several:
            parser.add_argument(option, action="append", default=[], metavar=form, help=text)
        parser.add_argument(
            "--rate",
            action="append",
            default=[],
            metavar="RATE",
            help="the learning rate of the updates, in this step and those behind it; x0.1: times what it was",
        )
        parser.add_argument(
            "--following",
            type=int,
            default=0,
            metavar="N",
            help="go on through the N steps behind it with the variables that the updates give, and print their losses",
        )
        parser.add_argument("--all", action="store_true", help="print what stays the same, too")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def run(self, options: argparse.Namespace) -> int:
        from tapeview.replay import edits
        from tapeview.replay.rerun import ReplayError
        from tapeview.replay.whatif import what_if

        with _step(options) as context:
            try:
                changes = [edits.assign(context, text) for text in options.set]
                changes += [edits.scale(context, text) for text in options.scale]
                changes += [edits.zero(context, text) for text in options.zero]
                changes += [edits.noise(context, text) for text in options.noise]
                changes += [edits.blocked(context, text) for text in options.block]
                changes += [edits.rate(text) for text in options.rate]
                if not changes:
                    raise UserError("nothing is changed: say --set, --scale, --zero, --noise, --block or --rate")
                found = what_if(context, edits.edits(context, changes), following=max(options.following, 0))
            except (ReplayError, edits.EditError) as error:
                raise UserError(str(error)) from error
            if options.json:
                print_json(found)
                return 0
            changed = sum(row.state == "changed" for row in found.rows)
            print(f"step {found.step + 1} with {found.words}: {changed} of {len(found.rows)} values change")
            for one in found.doubtful:
                print(f"    not as recorded even without a change: {one}")
            for one in found.branches:
                print(f"    the script might go another way: {one}")
            print_rows(list(found.rows), everything=options.all)
            _print_losses(found)
        return 0


def _print_losses(found: WhatIf) -> None:
    if found.losses:
        width = max(len(one.name) for one in found.losses)
        print(f"    {'step':>6}  {'':{width}}  {'recorded':>12}  {'changed':>12}")
        for one in found.losses:
            print(f"    {one.step + 1:6}  {one.name:{width}}  {one.before:12.6g}  {one.after:12.6g}")
    if found.ended:
        print(f"    {found.ended}")


def _add_step(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a recording (.tapeview)")
    parser.add_argument("--step", type=int, metavar="N", help="the step; the first one is 1 (default: the last)")


@contextmanager
def _step(options: argparse.Namespace) -> Iterator[Context]:
    from tapeview.explain.context import Context
    from tapeview.trace.query import Recording, RecordingError

    try:
        recording = Recording.open(Path(options.file))
    except RecordingError as error:
        raise UserError(str(error)) from error
    with recording:
        count = recording.step_count
        number = count if options.step is None else options.step
        if not 1 <= number <= count:
            raise UserError(f"there is no step {number}: the recording has {count} steps, from 1 on")
        yield Context(recording, recording.step(number - 1))


def _print_checked(one: Checked) -> None:
    words = {
        "right": "right",
        "rounded": "right up to the rounding of float32",
        "kink": "a kink",
        "unknown": "not known",
        "wrong": "WRONG",
    }[one.verdict]
    place = one.subject + "".join(f"[{k}]" for k in one.worst.index)
    looked = f"{len(one.elements)} of {one.size} elements"
    if one.op:
        print(f"    what {one.op_type} (line {one.line}) sends to {one.subject}: {words}, {looked}")
    else:
        print(f"    {one.subject} (gradient call of line {one.line}): {words}, {looked}")
    numbers = [f"recorded {_number(one.worst.recorded, 'not kept')}"]
    if one.worst.by_rules is not None:
        numbers.append(f"by the rules in float64 {_number(one.worst.by_rules)}")
    numbers.append(f"by finite differences {_number(one.worst.by_differences)}")
    print(f"        worst: {place}: {', '.join(numbers)}")
    if one.culprits:
        print(f"        not the derivative of what it computes: the script's own rule of {', '.join(one.culprits)}")
    elif one.verdict != "right":
        print(f"        {one.words}")


def _number(value: float | None, nothing: str = "") -> str:
    return nothing if value is None else f"{value:.8g}"
