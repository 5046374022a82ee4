"""How much of each training step is kept, so that a long training fits on the disk; and how the user says so."""

from __future__ import annotations

import argparse
import math
import os
import re
from dataclasses import dataclass

from tapeview.trace.records import SETUP

MIB = 1 << 20
PAST_LIMIT = 128 * MIB
"""Values of earlier steps that were not written may take so many bytes of memory."""

VARIABLE = "TAPEVIEW_KEEP"
"""The environment variable that hands the options from a window to the scripts it runs. They do not see it."""

_UNITS = {"": 1, "K": 1 << 10, "M": MIB, "G": 1 << 30}
_OPTIONS = ("keep_values", "keep_steps", "keep_memory")


@dataclass(frozen=True)
class Keeper:
    """Decides, step by step and value by value, from what the recording weighs so far.

    Records, with the values of small tensors in them, are kept until ``full_until`` bytes; then every tenth step's,
    from ``tenth_until`` every hundredth's, and beyond ``budget`` only the scalars of each step. With ``every`` = n,
    every n-th step is kept, however large the recording. A tensor above ``value_limit`` bytes is kept as statistics.

    Values of large tensors are kept of all steps until they weigh ``head`` bytes, then of steps ever farther apart: so
    far that with each doubling of their number about ``spread`` bytes are added. Variables have a thinning of their
    own, ``spread_of_variables``: they are lighter, and seen over time.
    """

    full_until: int = 256 * MIB
    tenth_until: int = 512 * MIB
    budget: int = 1024 * MIB
    value_limit: int = 4 * MIB
    every: int = 0
    head: int = 32 * MIB
    spread: int = 6 * MIB
    spread_of_variables: int = 3 * MIB

    def stride(self, written: int) -> int:
        """Every how many steps one is kept when the recording weighs ``written`` bytes; 0: none is."""
        if self.every:
            return self.every
        if written < self.full_until:
            return 1
        return 0 if written >= self.budget else 10 if written < self.tenth_until else 100

    def kept(self, step: int, written: int) -> str:
        """``"all"`` or ``"scalars"`` for a step that begins when the recording weighs ``written`` bytes."""
        stride = self.stride(written)
        return "all" if stride and step % stride == 0 else "scalars"

    def has_room(self, written: int) -> bool:
        """Whether large tensors are written at all when the recording weighs ``written`` bytes."""
        return self.every > 0 or written < self.budget


class Thinning:
    """Of which steps large values of one sort are written.

    Attributes:
        on: whether values of the step that began last are written.
        apart: how many steps lie between two of which values are written.
    """

    def __init__(self, head: int, spread: int) -> None:
        self._head = head
        self._spread = max(spread, 1)
        self._next = self._step = SETUP
        self._weight = self._heaviest = self._total = 0
        self.apart = 1
        self.on = True

    @property
    def coming(self) -> int:
        """The step at which values are written next, as far as it is known: the one that began last if it is one."""
        return self._step if self.on else self._next

    def begins(self, step: int, wanted: bool = False) -> bool:
        """A step begins; whether its values are written, as they are if ``wanted``."""
        if self.on:
            self._heaviest = max(self._heaviest, self._weight)
            far = self._step * self._heaviest / self._spread * math.log(2) if self._total > self._head else 0.0
            self.apart = max(math.ceil(far), 1)
            self._next = self._step + self.apart
        self.on = wanted or step >= self._next
        if self.on:
            self._step, self._weight = step, 0
        return self.on

    def wrote(self, size: int) -> None:
        """A value of the step was written."""
        self._weight += size
        self._total += size


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that say how much is kept."""
    parser.add_argument(
        "--keep-values",
        type=_size,
        metavar="SIZE",
        help="write tensors of up to SIZE each, such as 512K, 16M or 1G (default: 4M); of larger ones statistics",
    )
    parser.add_argument(
        "--keep-steps",
        type=_steps,
        metavar="all|N",
        help="write every N-th step in full, or all of them, however large the recording gets (default: fewer as it "
        "grows)",
    )
    parser.add_argument(
        "--keep-memory",
        type=_size,
        metavar="SIZE",
        help="values of earlier steps that were not written stay in the script's memory up to SIZE in all, for whoever "
        "asks (default: 128M)",
    )


def arguments(options: argparse.Namespace) -> list[str]:
    """The options as they were given, for another process."""
    given = [(name, getattr(options, name)) for name in _OPTIONS]
    return [f"--{name.replace('_', '-')}={value}" for name, value in given if value is not None]


def hand_over(options: argparse.Namespace) -> None:
    """All scripts that this process starts get the options."""
    given = arguments(options)
    if given:
        os.environ[VARIABLE] = " ".join(given)


def handed_over() -> list[str]:
    """The options that this process was handed, once."""
    return os.environ.pop(VARIABLE, "").split()


def keeper_of(options: argparse.Namespace) -> Keeper:
    """The keeper that the options ask for."""
    usual = Keeper()
    limit = usual.value_limit if options.keep_values is None else options.keep_values
    return Keeper(value_limit=limit, every=options.keep_steps or 0)


def memory_of(options: argparse.Namespace) -> int:
    """The bytes that values of earlier steps may take in memory."""
    return PAST_LIMIT if options.keep_memory is None else int(options.keep_memory)


def size_text(size: int) -> str:
    """A number of bytes for people to read."""
    for unit, many in (("GiB", 1 << 30), ("MiB", MIB), ("KiB", 1 << 10)):
        if size >= many:
            return f"{size / many:.3g} {unit}"
    return f"{size} bytes"


def _size(text: str) -> int:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size: write a number with K, M or G, such as 16M")
    return int(float(match[1]) * _UNITS[match[2].upper()])


def _steps(text: str) -> int:
    if text == "all":
        return 1
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is neither 'all' nor a number of steps")
    return int(text)
