"""What a breakpoint is: plain data, the same for the window, the command line and the script's process.

The text form is what ``tapeview record --break`` takes and what the window shows::

    line:train.py:31        the line runs an op          line:train.py:31:11-19   ... exactly that expression
    op:Conv2D*              an op type, by glob          node:y_pred              the op whose result has that name
    nan  inf  zero          an op's output               max>1e6                  largest magnitude of an output
    value:value.min() < 0   a Python expression over ``value`` (a NumPy array)
    gradient:none           a gradient that is None      gradient:w:norm>10       norm of one variable's gradient
    gradient:nan  gradient:zero  gradient:norm<1e-8
    loss>100  loss rises 20%                             a scalar: the target of a gradient, or a logged series
    step:120  every:50      a training step              exception                an exception in the script or an op

Each may end in `` if CONDITION`` (a Python expression), `` after N`` (stop from the N-th hit on) and `` log TEXT``
(write TEXT, with ``{expressions}``, instead of stopping).
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Kind = Literal["line", "op", "node", "value", "gradient", "scalar", "step", "exception"]
Test = Literal["", "nan", "inf", "zero", "none", "above", "below", "rises", "every", "expression"]

KINDS: Final[tuple[Kind, ...]] = ("line", "op", "node", "value", "gradient", "scalar", "step", "exception")
TESTS: Final[dict[Kind, tuple[Test, ...]]] = {
    "line": ("",),
    "op": ("",),
    "node": ("",),
    "value": ("nan", "inf", "zero", "above", "expression"),
    "gradient": ("none", "nan", "inf", "zero", "above", "below"),
    "scalar": ("above", "below", "rises"),
    "step": ("", "every"),
    "exception": ("",),
}
"""The tests each kind has."""


class Breakpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One breakpoint.

    Attributes:
        id: positive, unique among those set together; 0 before it has one.
        kind, test: what it looks at; see `TESTS`.
        file, line, column, end_column: for ``line``: the file (a whole path, or its last parts), the line from 1, and
            the columns of one expression (UTF-8 bytes from 0, as in ``ast``; -1 = any op of the line).
        name: for ``op`` a glob of op types; for ``node`` the user's name of a result; for ``gradient`` a glob of
            variable names ("" = any); for ``scalar`` the series ("" or ``loss``: the target of a gradient).
        limit: for ``above`` and ``below`` the bound (``value``: of the largest magnitude, ``gradient``: of the norm);
            for ``rises`` the percentage from one step to the next; for ``step`` the step's number as people count, from
            1; for ``every`` the stride.
        expression: for ``value`` with ``expression``: Python over ``value``, a NumPy array.
        condition: Python; stops only where it is true. Sees the script's variables there, and ``value``, ``op``,
            ``step``.
        after: stops from this hit on; 1 = from the first.
        log: text to write instead of stopping; what stands in braces is evaluated. None = stop.
    """

    kind: Kind
    test: Test = ""
    file: str = ""
    line: int = 0
    column: int = -1
    end_column: int = -1
    name: str = ""
    limit: float = 0.0
    expression: str = ""
    condition: str = ""
    after: int = 1
    log: str | None = None
    enabled: bool = True
    id: int = 0
