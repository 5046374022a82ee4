"""TensorFlow's exceptions (``tf.errors``) and the phrases their messages are built from."""

from __future__ import annotations

from typing import Any

from tapeview.engine.refusals import tell_refusal


class OpError(Exception):
    """An op failed. As in TensorFlow ``args`` is empty and the text stands in ``message``."""

    error_code = 2
    _told = False
    """Whether the observer knows of it."""

    def __init__(self, node_def: Any, op: Any, message: str, *_: Any) -> None:
        super().__init__()
        self.node_def = node_def
        self.op = op
        self.message = message

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # By way of a function: the classes go by TensorFlow's module name, where no pickle finds them.
        return _restored, (type(self).__name__, self.message)


class CancelledError(OpError):
    """The op was stopped."""

    error_code = 1


class UnknownError(OpError):
    """Something unknown went wrong."""

    error_code = 2


class InvalidArgumentError(OpError):
    """An op got an input it can not work with."""

    error_code = 3


class DeadlineExceededError(OpError):
    """The time was up."""

    error_code = 4


class NotFoundError(OpError):
    """Something asked for was not found."""

    error_code = 5


class AlreadyExistsError(OpError):
    """Something to be made exists already."""

    error_code = 6


class PermissionDeniedError(OpError):
    """The caller may not do that."""

    error_code = 7


class ResourceExhaustedError(OpError):
    """Some resource, usually memory, has run out."""

    error_code = 8


class FailedPreconditionError(OpError):
    """The system is not in the state the op needs."""

    error_code = 9


class AbortedError(OpError):
    """The op was given up, usually because another one came between."""

    error_code = 10


class OutOfRangeError(OpError):
    """An iteration went past its end."""

    error_code = 11


class UnimplementedError(OpError):
    """An op has no implementation for these inputs."""

    error_code = 12


class InternalError(OpError):
    """An invariant does not hold."""

    error_code = 13


class UnavailableError(OpError):
    """What the op needs can not be reached now."""

    error_code = 14


class DataLossError(OpError):
    """Data is lost or damaged."""

    error_code = 15


class UnauthenticatedError(OpError):
    """The caller did not prove who it is."""

    error_code = 16


class OperatorNotAllowedInGraphError(TypeError):
    """A symbolic tensor was used as a Python value."""


for _class in [OpError, *OpError.__subclasses__(), OperatorNotAllowedInGraphError]:
    # Tracebacks name the class with its module: they shall read as the tutorials show them.
    _class.__module__ = "tensorflow.python.framework.errors_impl"

OK, CANCELLED, UNKNOWN, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED = range(8)
RESOURCE_EXHAUSTED, FAILED_PRECONDITION, ABORTED, OUT_OF_RANGE, UNIMPLEMENTED, INTERNAL = range(8, 14)
UNAVAILABLE, DATA_LOSS, UNAUTHENTICATED = range(14, 17)


def _restored(kind: str, message: str) -> OpError:
    kinds: list[type[OpError]] = [OpError, *OpError.__subclasses__()]
    return next(k for k in kinds if k.__name__ == kind)(None, None, message)


def device(op: str) -> str:
    """The prefix with which TensorFlow's CPU kernels begin their messages."""
    return f"{{{{function_node __wrapped__{op}_device_/job:localhost/replica:0/task:0/device:CPU:0}}}} "


def invalid(
    op: str, body: str, *, kernel: bool = True, name: str | None = "", wrapped: str | None = None
) -> InvalidArgumentError:
    """An InvalidArgumentError worded as TensorFlow words it, for the caller to raise. The observer is told of it.

    ``kernel``: the check is the kernel's own, so that the device prefix stands first (``wrapped`` is the op's name
        there if it differs);
    ``name`` is what follows ``name: ``, None leaves that part out.
    """
    tail = "" if name is None else f" name: {name}"
    error = InvalidArgumentError(None, None, f"{device(wrapped or op) if kernel else ''}{body} [Op:{op}]{tail}")
    tell_refusal(op, error)
    return error


def kernels(op: str, body: str) -> InvalidArgumentError:
    """What a kernel raised, in the words of :func:`invalid`. Whoever ran it tells the observer."""
    return InvalidArgumentError(None, None, f"{device(op)}{body} [Op:{op}] name: ")


def wrong_dtype(op: str, position: int, expected: str, got: str, name: str | None = "") -> InvalidArgumentError:
    """Two tensors of different types met in one op; TensorFlow never promotes."""
    where = f"cannot compute {op} as input #{position}(zero-based)"
    text = f"{where} was expected to be a {expected} tensor but is a {got} tensor"
    return invalid(op, text, kernel=False, name=name)


_ATTR_WORDS = {
    "float": "DT_FLOAT",
    "half": "DT_HALF",
    "double": "DT_DOUBLE",
    "bfloat16": "DT_BFLOAT16",
    "complex64": "DT_COMPLEX64",
    "complex128": "DT_COMPLEX128",
}


def dtype_not_allowed(
    op: str,
    got: str,
    allowed: tuple[str, ...],
    signature: str = "x:T -> y:T",
    before: str = "",
    after: str = "",
    name: str | None = "",
) -> InvalidArgumentError:
    """An op that has no kernel for this type (``tf.exp`` of an int).

    ``before`` and ``after`` are what the op's definition, which the message quotes, has on both sides of the types.
    """
    default = "default=DT_FLOAT," if op == "LeakyRelu" else ""
    listed = ", ".join(_ATTR_WORDS.get(a, f"DT_{a.upper()}") for a in allowed)
    return invalid(
        op,
        f"Value for attr 'T' of {got} is not in the list of allowed values: {', '.join(allowed)}\n\t; "
        f"NodeDef: {{{{node {op}}}}}; Op<name={op}; signature={signature}; "
        f"{before}attr=T:type,{default}allowed=[{listed}]{after}>",
        kernel=False,
        name=name,
    )
