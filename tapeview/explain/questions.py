"""What may be asked about a recorded step once somebody works it out again, and what is answered: plain data, so that
who asks (the window, the command line) and who works it out (`tapeview.replay`) may be two processes.
"""

from __future__ import annotations

import struct
from typing import IO, Any

import msgspec
import numpy as np

from tapeview.explain.compare import Difference
from tapeview.trace import values

SET, SCALE, ZERO, NOISE, BLOCK, RATE, RATE_TIMES = "set", "scale", "zero", "noise", "block", "rate", "rate times"

RIGHT, ROUNDED, KINK, UNKNOWN, WRONG = "right", "rounded", "kink", "unknown", "wrong"

_SHOWN = 4


class Change(msgspec.Struct, frozen=True):
    """An edit of a step. ``how`` is one of:

    - ``"set"``: ``value`` (a number, or a list that fits) stands in all elements, or only at ``index``
    - ``"scale"``: times ``value``; ``"zero"``: all zero; ``"noise"``: plus normal noise of the standard deviation
      ``value``, drawn from ``seed``; all three of all elements, or only of those at ``index``
    - ``"block"``: the gradient rules of ``ops`` (their ``seq``) pass nothing on
    - ``"rate"``: ``value`` is the learning rate of the updates, in this step and those behind it; ``"rate times"``: it
      is that many times what it was

    ``name`` is what the user calls it, ``tensors`` are the ids of the values: versions of one variable, or one tensor.
    """

    how: str
    name: str
    tensors: tuple[int, ...] = ()
    ops: tuple[int, ...] = ()
    index: tuple[int, ...] = ()
    value: float | list[Any] = 0.0
    seed: int = 0

    @property
    def words(self) -> str:
        """What is done, in words."""
        place = f"{self.name}[{','.join(map(str, self.index))}]" if self.index else self.name
        amount = _number(self.value)
        return {
            SET: f"{place}={amount}",
            SCALE: f"{place} times {amount}",
            ZERO: f"{place} zero",
            NOISE: f"{place} with noise of {amount}",
            BLOCK: f"gradient rule of {place} switched off",
            RATE: f"learning rate {amount}",
            RATE_TIMES: f"learning rate times {amount}",
        }.get(self.how, place)


def _number(value: float | list[Any]) -> str:
    if not isinstance(value, list):
        return f"{value:g}"
    parts = [_number(one) for one in value[:_SHOWN]] + (["…"] if value[_SHOWN:] else [])
    return f"[{', '.join(parts)}]"


class WhatIfQuestion(msgspec.Struct, frozen=True, tag="what if"):
    """What would have come out of ``step`` (the first is 0) with these changes? ``following``: of how many steps behind
    it, too.
    """

    step: int
    changes: tuple[Change, ...]
    following: int = 0


class CheckQuestion(msgspec.Struct, frozen=True, tag="check"):
    """Are gradients of ``step`` right? Of everything, unless it is said of what:

    - ``call``: of a gradient call; with ``source`` only of the source with that number in it (-1 = all)
    - ``op``: of one op (its ``seq``), input by input, with what arrived at it as it was recorded

    ``elements`` is how many of each gradient are looked at, drawn from ``seed``; 0 = as many as are done in about
    ``seconds``, all of them if they fit.
    """

    step: int
    call: int = 0
    source: int = -1
    op: int = 0
    elements: int = 0
    seed: int = 0
    seconds: float = 2.0


class ValueQuestion(msgspec.Struct, frozen=True, tag="value"):
    """A value of a what-if: of ``tensor`` (an id of the recording) with the changes of ``about``, or as it is without
    them (``after`` is False). That was just worked out is remembered, so it comes at once.
    """

    about: WhatIfQuestion
    tensor: int
    after: bool = True


class Loss(msgspec.Struct, frozen=True):
    """What a gradient call of ``step`` differentiated, if it is a single number, without and with the changes."""

    step: int
    name: str
    before: float
    after: float


class WhatIf(msgspec.Struct, frozen=True, tag="what if"):
    """What was changed, in words; a row for each op, rule and answer of a gradient call; and the names of ops whose
    result on unchanged inputs is not the recorded one: what comes behind them cannot be trusted. ``branches`` says
    where the script decided by a value that is another one now. ``losses`` are those of the step and of the steps that
    were followed; ``ended`` says in a sentence why these are fewer than was asked for.
    """

    words: str
    step: int
    rows: tuple[Difference, ...]
    doubtful: tuple[str, ...]
    losses: tuple[Loss, ...] = ()
    ended: str = ""
    branches: tuple[str, ...] = ()


class Element(msgspec.Struct, frozen=True):
    """One element of a gradient: as it was recorded (None = not kept), by the rules in float64 (None = by a rule of the
    script's own, which no recording has), by finite differences (NaN = there is no slope that could be measured).
    ``noise`` is what of the latter may be the rounding of float64, ``error`` how far the first ones are off, relative
    to the largest; ``kink`` tells that the function has a corner here: to the left its slope is another one than to the
    right.
    """

    index: tuple[int, ...]
    recorded: float | None
    by_rules: float | None
    by_differences: float
    noise: float = 0.0
    error: float = 0.0
    kink: bool = False


class Value(msgspec.Struct, frozen=True, tag="value"):
    """An array. ``data`` are its elements, little-endian, in C order."""

    data: bytes
    dtype: str
    shape: tuple[int, ...]

    @property
    def array(self) -> np.ndarray:
        """It as NumPy has it, read-only."""
        return values.from_bytes(self.data, self.dtype, self.shape)


class Checked(msgspec.Struct, frozen=True, tag="checked"):
    """The gradient of one source of a gradient call (``op`` is 0), or what the rule of ``op``, an ``op_type``, sends to
    one of its inputs; ``source`` is its number among the sources or inputs and ``subject`` its name.

    ``verdict`` is ``"right"``; ``"rounded"`` (the rules are right, the recorded number is off by rounding); ``"kink"``
    (the function has a corner just there, at which no derivative is the right one); ``"unknown"`` (there is no slope
    that could be measured, ``why`` says why); or ``"wrong"``. ``worst`` is the element at which it is furthest off,
    ``elements`` all that were looked at, of ``size`` that there are; ``errors`` has the error of each of them in the
    gradient's shape, and NaN where none was looked at (None for a gradient of millions). ``culprits`` are the functions
    with a rule of the script's own whose rule sends another gradient than the derivative of what they compute.
    """

    subject: str
    call: int
    line: int
    verdict: str
    worst: Element
    elements: tuple[Element, ...]
    size: int
    culprits: tuple[str, ...] = ()
    source: int = 0
    op: int = 0
    op_type: str = ""
    errors: Value | None = None
    why: str = ""

    @property
    def words(self) -> str:
        """The verdict, for people who are learning: what it is, what it means here, what to do."""
        return f"{VERDICTS[self.verdict]} {self.why}".strip()


VERDICTS = {
    RIGHT: "Right: the rules give the slope that finite differences measure.",
    ROUNDED: (
        "Right up to rounding: in float64 rules and differences agree; the recorded number is off because float32 "
        "carries about seven digits (float16 three). Large numbers that nearly cancel out are the usual reason; "
        "compute in another order, or in float64, if these digits matter."
    ),
    KINK: (
        "A kink: the function has a corner or an edge just here (a relu at 0, two equal maxima, the root of 0): to the "
        "left its slope is another one than to the right. Any number between the two is as good, and nothing "
        "need be done; where it is NaN or Inf, keep the value away from this place, as with tf.maximum(x, 1e-12)."
    ),
    UNKNOWN: "Not known: there is no slope that could be measured here.",
    WRONG: (
        "Wrong: the gradient is not the slope of what is computed. A rule of the script's own (tf.custom_gradient) is "
        "the likely reason: compare its grad function with the derivative of its forward part. Some are meant so, as "
        "clipped, reversed or straight-through gradients are."
    ),
}
"""What each verdict means."""


class Checks(msgspec.Struct, frozen=True, tag="checks"):
    """All that was checked of a step, in the order of calls and sources, or of an op's inputs."""

    step: int
    found: tuple[Checked, ...]


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """How far an answer is: ``done`` of ``of`` parts; ``words`` name what is done now, ``found`` is a part of the
    answer that is known already.
    """

    done: int
    of: int
    words: str = ""
    found: Checked | None = None


class Refusal(msgspec.Struct, frozen=True, tag="refusal"):
    """A question that cannot be answered: why, in one sentence for the user, and the names of values that were not kept
    if these are the reason.
    """

    sentence: str
    missing: tuple[str, ...] = ()


class Cancelled(msgspec.Struct, frozen=True, tag="cancelled"):
    """Whoever asked has given the question up."""


class GiveUp(msgspec.Struct, frozen=True, tag="give up"):
    """The answer to the last question is not wanted any more; something is answered all the same, soon."""


Question = WhatIfQuestion | CheckQuestion | ValueQuestion
Answer = WhatIf | Checks | Value | Refusal | Cancelled
Message = Answer | Progress
"""What a worker sends: any number of Progress, then one Answer."""

_LENGTH = struct.Struct(">Q")
_LONGEST = 1 << 33


def send(stream: IO[bytes], message: Question | GiveUp | Message) -> None:
    """Writes a message: eight bytes of length (big-endian), then MessagePack.

    Raises:
        OSError: the other end is gone.
    """
    data = msgspec.msgpack.encode(message)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """The bytes of the next message, as msgspec decodes them; None if the stream ends, also in the middle of one."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    data = stream.read(length) if length <= _LONGEST else b""
    return data if len(data) == length else None
