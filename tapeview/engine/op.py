"""Ops: what they compute, what their gradient rules are, and how one is run and recorded.

An op is data: one :func:`defop` entry in one of the tables of ``engine.ops``. Running it computes the outputs and
appends one
entry to each open tape.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from threading import get_ident
from typing import Any

import numpy as np

from tapeview.engine import callsite, observe, refusals
from tapeview.engine.errors import InvalidArgumentError, kernels
from tapeview.engine.shapes import bracketed
from tapeview.engine.state import Context, state
from tapeview.engine.tensor import EagerTensor

# NumPy warns at log(0) and 1/0; TensorFlow does not. The scripts' own NumPy code keeps its warnings. (An errstate
# around each op
# would cost 0.7 µs of the 2 µs that an op takes.)
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"tapeview\.engine(\.|$)")

Rule = Callable[..., Any]

OPS: dict[str, Op] = {}
"""All ops by name. Filled when ``engine.ops`` is imported; nothing else writes to it."""

_NO_ATTRS: dict[str, Any] = {}

# Looked up once: these are on the path of every op.
_ndarray = np.ndarray
_asarray = np.asarray
_here = callsite.here
_next_seq = observe.next_seq
_OP = observe.OP


class Op:
    """One type of op.

    Attributes:
        name: TensorFlow's name for it (``RealDiv``).
        forward: computes the output array, or a tuple of them, from the input arrays and the attributes. With several
            outputs (see ``execute_many``) a rule gets tuples of gradients and outputs.
        vjps: one rule per input, None where there is none. A rule gets the upstream gradient, the output, the inputs
            and the attributes and returns that input's gradient as a tensor (or None). Rules call other ops, so they
            can be recorded and differentiated.
        vjp_all: for ops with any number of inputs: one rule that returns all gradients as a sequence.
        broadcasts: inputs were broadcast against each other, so gradients are summed back to each input's shape.
        unused_output_gradients: give rules None, not zeros, for outputs nothing flowed back to.
        differentiable: False for ops TensorFlow declares non-differentiable (``floor``): their gradient is None. An
            op that has no rule at all but is differentiable raises LookupError in the backward pass, as in TensorFlow.
        formulas: the rules in readable form, where the code of a rule does not read as a formula.
        analytic: the rules are those of a function of a complex variable. TensorFlow's gradient for a complex input
            then is theirs with conjugated derivatives, for which the backward pass cares: no rule mentions it.
    """

    __slots__ = (
        "analytic", "broadcasts", "differentiable", "doc", "formulas", "forward", "input_names", "name",
        "unused_output_gradients", "vjp_all", "vjps",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        vjps: Sequence[Rule | None],
        vjp_all: Rule | None,
        broadcasts: bool,
        unused_output_gradients: bool,
        differentiable: bool,
        input_names: tuple[str, ...],
        formulas: tuple[str, ...],
        doc: str,
        analytic: bool = False,
    ) -> None:
        self.name = name
        self.forward = forward
        self.vjps = tuple(vjps)
        self.vjp_all = vjp_all
        self.broadcasts = broadcasts
        self.unused_output_gradients = unused_output_gradients
        self.differentiable = differentiable
        self.input_names = input_names
        self.formulas = formulas
        self.doc = doc
        self.analytic = analytic

    @property
    def has_rule(self) -> bool:
        """True if some input has a gradient rule."""
        return self.vjp_all is not None or any(r is not None for r in self.vjps)

    def __repr__(self) -> str:
        return f"<op {self.name}>"


def defop(
    name: str,
    forward: Callable[..., Any],
    vjps: Sequence[Rule | None] = (),
    *,
    vjp_all: Rule | None = None,
    broadcasts: bool = False,
    unused_output_gradients: bool = False,
    differentiable: bool = True,
    inputs: str = "",
    formulas: Sequence[str] = (),
    doc: str = "",
    analytic: bool = True,
) -> Op:
    """Adds an op to the table; see :class:`Op` for the arguments. ``inputs`` names the inputs (``"a b"``).

    Raises:
        ValueError: the name is taken.
    """
    if name in OPS:
        raise ValueError(f"op {name} is defined twice")
    op = Op(
        name,
        forward,
        vjps,
        vjp_all,
        broadcasts,
        unused_output_gradients,
        differentiable,
        tuple(inputs.split()),
        tuple(formulas),
        doc,
        analytic,
    )
    OPS[name] = op
    return op


def execute(op: Op, inputs: tuple[EagerTensor, ...], attrs: Mapping[str, Any] = _NO_ATTRS) -> EagerTensor:
    """Runs an op of one output on tensors whose types were checked, and records it on every open tape."""
    try:
        arrays = [t._array for t in inputs]
        array = op.forward(*arrays, **attrs) if attrs else op.forward(*arrays)
    except (RuntimeWarning, FloatingPointError):
        array = _undisturbed(op, inputs, attrs)
    except ValueError as error:
        raise _failed(op, inputs, attrs, kernel_error(op, inputs, error)) from None
    except Exception as error:
        _failed(op, inputs, attrs, error)
        raise
    if type(array) is not _ndarray:
        array = _asarray(array)
    out = EagerTensor(array, op)
    context = state.context
    if context is not None:
        _record(context, op, inputs, (out,), attrs)
    return out


def execute_one(op: Op, x: EagerTensor) -> EagerTensor:
    """:func:`execute` for one input and no attributes."""
    try:
        array = op.forward(x._array)
    except (RuntimeWarning, FloatingPointError):
        array = _undisturbed(op, (x,), _NO_ATTRS)
    except ValueError as error:
        raise _failed(op, (x,), _NO_ATTRS, kernel_error(op, (x,), error)) from None
    except Exception as error:
        _failed(op, (x,), _NO_ATTRS, error)
        raise
    if type(array) is not _ndarray:
        array = _asarray(array)
    out = EagerTensor(array, op)
    context = state.context
    if context is not None:
        _record(context, op, (x,), (out,), _NO_ATTRS)
    return out


def execute_pair(op: Op, x: EagerTensor, y: EagerTensor) -> EagerTensor:
    """:func:`execute` for two inputs and no attributes: the path that arithmetic takes."""
    try:
        array = op.forward(x._array, y._array)
    except (RuntimeWarning, FloatingPointError):
        array = _undisturbed(op, (x, y), _NO_ATTRS)
    except ValueError as error:
        raise _failed(op, (x, y), _NO_ATTRS, kernel_error(op, (x, y), error)) from None
    except Exception as error:
        _failed(op, (x, y), _NO_ATTRS, error)
        raise
    if type(array) is not _ndarray:
        array = _asarray(array)
    out = EagerTensor(array, op)
    context = state.context
    if context is not None:
        _record(context, op, (x, y), (out,), _NO_ATTRS)
    return out


def _undisturbed(op: Op, inputs: tuple[EagerTensor, ...], attrs: Mapping[str, Any]) -> Any:
    """Runs a kernel again whose warning became an error because the script asked for that, of Python or of NumPy; it
    did not mean our warnings."""
    with np.errstate(all="ignore"):
        return op.forward(*[t._array for t in inputs], **attrs)


def execute_many(
    op: Op, inputs: tuple[EagerTensor, ...], attrs: Mapping[str, Any] = _NO_ATTRS
) -> tuple[EagerTensor, ...]:
    """Runs an op of several outputs; see :func:`execute`."""
    try:
        with np.errstate(all="ignore"):
            arrays = op.forward(*[t._array for t in inputs], **attrs)
    except ValueError as error:
        raise _failed(op, inputs, attrs, kernel_error(op, inputs, error)) from None
    except Exception as error:
        _failed(op, inputs, attrs, error)
        raise
    outs = tuple([EagerTensor(np.asarray(a), op) for a in arrays])
    context = state.context
    if context is not None:
        _record(context, op, inputs, outs, attrs)
    return outs


def each(gradients: Any) -> list[EagerTensor]:
    """What a rule got for the outputs of an op whose number varies: a tuple, or for a single one its gradient alone."""
    return list(gradients) if isinstance(gradients, tuple) else [gradients]


def _failed(op: Op, inputs: tuple[EagerTensor, ...], attrs: Mapping[str, Any], error: BaseException) -> Any:
    """Tells the observer that a kernel raised. Called by ``execute`` and its like; returns ``error``."""
    refusals.tell(op, inputs, attrs, error, 3)
    return error


def kernel_error(op: Op, inputs: tuple[EagerTensor, ...], error: ValueError) -> InvalidArgumentError:
    """NumPy's complaint in the words of TensorFlow's kernel."""
    if op.broadcasts and len(inputs) >= 2:
        shapes = [bracketed(t._array.shape) for t in inputs]
        return kernels(op.name, f"Incompatible shapes: {' vs. '.join(shapes)}")
    return kernels(op.name, str(error))


def _record(
    context: Context,
    op: Op,
    inputs: tuple[EagerTensor, ...],
    outputs: tuple[EagerTensor, ...],
    attrs: Mapping[str, Any],
) -> None:
    """Appends one entry to each open tape; without any tells the listener of the op.

    Called by ``execute`` and its like, which an op's function calls, which the user calls: see ``here``.
    """
    tapes, ids, call = context
    if not tapes:
        sink = observe.sink
        state.left -= 1 + (outputs[0]._array.nbytes >> 16 if outputs else 0)
        if sink is None or state.left < 0:
            state.end_updates()
            if sink is not None:
                sink((observe.OUTSIDE, None, (), (), {}, 0, get_ident()))
        else:
            sink((observe.OUTSIDE, op, inputs, outputs, attrs, _here(3), get_ident()))
        return
    on_path = 0
    bit = 1
    stopped = True
    for tape in tapes:
        if not tape._paused:
            stopped = False
            tracked = tape._tracked
            for tensor in inputs:
                if id(tensor) in tracked:
                    on_path |= bit
                    for out in outputs:
                        # Ints never carry a gradient on; so only floats are tracked.
                        if out._array.dtype.kind in "fc":
                            tracked.add(id(out))
                    break
        bit <<= 1
    entry = (_OP, _next_seq(), op, inputs, outputs, attrs, _here(3), ids, on_path, call, stopped)
    for tape in tapes:
        tape._entries.append(entry)
    sink = observe.sink
    if sink is not None and ids:  # without numbers: a tape of the engine's own, of which nobody hears
        sink(entry)
