"""The vocabulary of a recording: what happened, as small immutable records.

A recording is a list of these, in the order in which they happened, cut into *steps*. A step begins when a
tape opens while no other is open and lasts until the next such moment, so it holds a forward pass, its
backward passes and the updates that follow. What happens before the first tape belongs to step ``SETUP``.

Tensors are named by an id that grows in the order in which tensors were written: a tensor's record always stands
before the first record that mentions it. Frameworks differ in what they call things; records do not know
which framework ran.

Records are stored as MessagePack arrays (msgspec, ``array_like``): fields may be appended to a record, never
reordered or removed.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tapeview.trace.graph_records import NodeRan, RunFinished, RunStarted
from tapeview.trace.update_records import Applied, Outside

SETUP = -1
"""The step number of what happened before the first tape was opened."""

INLINE_BYTES = 4096
"""A tensor of at most this many bytes is stored whole inside its record."""

TENSOR, OP, BACKWARD_STEP = 1, 6, 9
"""The tags of the records that are nearly all there are."""

Stored = tuple[Any, ...]
"""One of these three as it is stored: the tag, then its fields; of those that have a default the last may be missing. A
tuple is made in a quarter of a record's time."""


class Stats(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Statistics of a tensor's finite elements, and counts of the others. NaN where there is nothing to measure."""

    minimum: float
    maximum: float
    mean: float
    norm: float
    nans: int
    infs: int
    zeros: int


class Tensor(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=TENSOR):
    """One tensor value that was seen: an op's output, a constant, a version of a variable, a gradient.

    ``data`` is the little-endian C-order bytes of small tensors. For larger ones it is ``None``: the bytes then stand
    in the ``value`` table if they were kept, and ``stats`` is set if somebody looked at the elements. ``origin`` says
    where the tensor came from: ``"op"`` (made by an op of a tape, or by a gradient rule), ``"constant"``,
    ``"variable"`` (then ``variable`` is its id), ``"outside"`` (result of an op that ran outside every tape;
    ``made_by`` then names that op type), or ``"slot"`` (what an optimizer keeps beside a variable).
    """

    id: int
    dtype: str
    shape: tuple[int, ...]
    data: bytes | None
    origin: str = "op"
    variable: int = 0
    stats: Stats | None = None
    made_by: str = ""


class Variable(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=2):
    """A variable came into being. ``name`` is the framework's own name for it (``"dense/kernel:0"``)."""

    id: int
    name: str
    dtype: str
    shape: tuple[int, ...]
    trainable: bool
    site: int


class TapeOpened(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=3):
    """A tape began to record (or went on, if it was open before). ``parents`` are the tapes open around it."""

    tape: int
    persistent: bool
    watch_accessed: bool
    thread: int
    parents: tuple[int, ...]
    site: int


class TapeClosed(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=4):
    """A tape stopped recording: its block ended, or ``gradient`` was called inside the block."""

    tape: int


class Watched(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=5):
    """A tape began to watch a variable (``variable`` != 0) or a tensor (``tensor`` != 0).

    ``automatic`` tells a trainable variable that was read from an explicit ``tape.watch``.
    """

    tape: int
    tensor: int
    variable: int
    automatic: bool
    site: int


class Op(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=OP):
    """One forward op that ran while a tape was open.

    ``seq`` counts the ops of a run and never repeats. ``on_path`` is a bit mask over ``tapes``: bit k is set if tape
    ``tapes[k]`` connects this op's outputs to something it watches. ``stopped`` marks an op that ran inside
    ``stop_recording`` of every open tape. ``attrs`` holds plain data only. ``call`` is the id of the gradient call
    whose rules ran this op, else 0. ``error`` is the message of an op that raised: ``outputs`` is then (). ``scope`` is
    the innermost scope in which the op ran, else 0.
    """

    seq: int
    op: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    attrs: dict[str, Any]
    site: int
    tapes: tuple[int, ...]
    on_path: int
    stopped: bool = False
    call: int = 0
    error: str = ""
    scope: int = 0


class Exit(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=7):
    """A tensor left the framework while a tape was open (``how`` is ``"numpy"``, ``"array"``, ``"float"`` ...)."""

    tensor: int
    how: str
    site: int


class Source(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a gradient was asked for: a variable (``variable`` != 0) or a tensor (``tensor`` != 0).

    ``key`` is its place in the structure the script passed: ``""`` for a lone source, else like ``"[0]"`` or
    ``"['w']"``.
    """

    tensor: int
    variable: int
    key: str = ""


class GradientStarted(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=8):
    """``tape.gradient`` (or ``jacobian``, ``batch_jacobian``: ``kind``) was called. ``seeds`` are the upstream
    gradients of the targets.
    """

    call: int
    tape: int
    kind: str
    targets: tuple[int, ...]
    sources: tuple[Source, ...]
    seeds: tuple[int, ...]
    site: int


class BackwardStep(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=BACKWARD_STEP):
    """The rule of one forward op was applied.

    ``op`` is the forward op's ``seq``. ``upstream`` has one tensor id per output (0 = nothing arrived).
    ``contributions`` has one tensor id per input: what this op sends there (0 = nothing is sent). ``totals`` has the
    running sum at each input after that.
    """

    call: int
    op: int
    upstream: tuple[int, ...]
    contributions: tuple[int, ...]
    totals: tuple[int, ...]


class SourceGradient(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The answer for one source: a tensor id, or 0 and the ``reason`` why there is none.

    Reasons: ``"not watched"``, ``"not trainable"``, ``"integer dtype"``, ``"not connected to the target"``,
    ``"stopped"``, ``"computed outside the tape"``. ``break_op`` is the ``seq`` of the op at which the path to the
    target breaks (0 = none known). With ``unconnected_gradients=ZERO`` there is a tensor of zeros *and* a reason.
    """

    tensor: int
    reason: str = ""
    break_op: int = 0
    sparse: bool = False


class GradientFinished(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=10):
    """A gradient call returned; ``results`` stand in the order of its sources. ``error`` is set if it raised."""

    call: int
    results: tuple[SourceGradient, ...]
    error: str = ""


class Assigned(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=11):
    """A variable got a new version. ``how`` is ``"create"``, ``"assign"``, ``"assign_add"``, ``"assign_sub"`` or an
    optimizer's name.

    ``previous`` is the tensor id of the version before (0 for ``"create"``); ``gradient`` the id of the gradient an
    optimizer used, else 0. ``operand`` is the tensor that was assigned, added or subtracted; ``tensor`` itself where
    the script assigned a value that no op made; 0 where the value came in another way.
    """

    variable: int
    version: int
    tensor: int
    previous: int
    how: str
    site: int
    gradient: int = 0
    operand: int = 0


class ScopeOpened(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=12):
    """A named part of the computation began: a layer's call (``kind`` "layer", ``name`` "dense_1") or a block of the
    user's own (``kind`` "block").

    ``parent`` is the scope around it, else 0. A step says it of the scopes in which its ops ran, before the first of
    these ops, and says it again of those that were open before it.
    """

    scope: int
    name: str
    kind: str
    thread: int
    parent: int
    site: int = 0


class ScopeClosed(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=13):
    """A scope ended."""

    scope: int


Record = (
    Tensor
    | Variable
    | TapeOpened
    | TapeClosed
    | Watched
    | Op
    | Exit
    | GradientStarted
    | BackwardStep
    | GradientFinished
    | Assigned
    | ScopeOpened
    | ScopeClosed
    | RunStarted
    | NodeRan
    | RunFinished
    | Applied
    | Outside
)
"""Everything that can stand in a step's chunk."""


class Frame(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One user frame of a call site. Lines count from 1, columns (UTF-8 bytes, as in ``ast``) from 0; ``column`` -1 =
    unknown.
    """

    file: int
    function: str
    line: int
    end_line: int
    column: int
    end_column: int


class OpInfo(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a framework tells about an op type: the names of its inputs, and per input its rule as a formula ("" =
    none exists).

    ``saved`` names what the rules need from the forward pass (input names, or ``"output"``). ``differentiable`` is
    False for ops without any rule.
    """

    name: str
    inputs: tuple[str, ...]
    rules: tuple[str, ...]
    saved: tuple[str, ...]
    differentiable: bool
    doc: str = ""


class RunInfo(msgspec.Struct, frozen=True):
    """Who made the recording. Times are seconds since the epoch; ``exit`` is None while the script runs or if it
    died.
    """

    tapeview: str
    python: str
    framework: str
    script: str
    argv: tuple[str, ...]
    cwd: str
    pid: int
    started: float
    ended: float | None = None
    exit: int | None = None
    how: str = ""
    """How it ended: "", "finished", "failed", "exited", "stopped", "killed", "breakpoint" (nobody watched, and a
    breakpoint of ``tapeview record --break`` stopped it: the last `Failure` is of kind "breakpoint")."""


class Failure(msgspec.Struct, frozen=True):
    """An exception that ended the script, or one of the recorder's own troubles (``kind`` "recorder").

    ``frames`` are user frames, outermost first; ``op`` names the op type that raised, if one did. Of ``kind``
    "breakpoint" it is where a run ended at a breakpoint: ``type`` is the breakpoint's text form, ``message`` what it
    found, and the place is the last position of ``step``.
    """

    kind: str
    type: str
    message: str
    traceback: str
    site: int
    step: int
    op: str = ""


class Output(msgspec.Struct, frozen=True):
    """A piece of text. ``stream`` is "stdout" or "stderr" for what the script wrote, "log" for what a breakpoint wrote
    that logs instead of stopping.
    """

    stream: str
    text: str
    time: float
    step: int


class Figure(msgspec.Struct, frozen=True):
    """A figure as the script drew it at one moment: one entry of that figure's history.

    ``figure`` says which entries belong together (from 1): the figures that were made at one place, ``made`` (a call
    site), under one ``number`` and ``label``. ``step`` and ``position`` are where the script was (-1: before the
    step's first position); ``site`` where it drew. ``how`` is "shown", "drawn", "saved" or "left" (it went on computing
    or ended, and had drawn into the figure before). ``picture`` is the id of what is to be seen.
    """

    figure: int
    number: int
    label: str
    title: str
    step: int
    position: int
    site: int
    made: int
    how: str
    time: float
    picture: int
    width: float
    height: float
