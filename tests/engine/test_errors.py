"""``tf.errors``: exceptions that carry their text in ``message``."""

from __future__ import annotations

import copy
import pickle

import pytest

from tests.engine.names import tf

CODES = {
    "CancelledError": 1,
    "UnknownError": 2,
    "InvalidArgumentError": 3,
    "DeadlineExceededError": 4,
    "NotFoundError": 5,
    "AlreadyExistsError": 6,
    "PermissionDeniedError": 7,
    "ResourceExhaustedError": 8,
    "FailedPreconditionError": 9,
    "AbortedError": 10,
    "OutOfRangeError": 11,
    "UnimplementedError": 12,
    "InternalError": 13,
    "UnavailableError": 14,
    "DataLossError": 15,
    "UnauthenticatedError": 16,
}


def caught() -> Exception:
    try:
        tf.constant([1.0]) + tf.constant([1])
    except tf.errors.OpError as error:
        return error  # type: ignore[no-any-return]
    raise AssertionError("nothing was raised")


def test_an_ops_error_is_no_value_error() -> None:
    error = caught()

    assert isinstance(error, tf.errors.InvalidArgumentError)
    assert not isinstance(error, (ValueError, TypeError))


def test_an_ops_error_has_its_text_in_message_and_no_arguments() -> None:
    error = caught()

    assert error.message == str(error)  # type: ignore[attr-defined]
    assert error.message.startswith("cannot compute AddV2")  # type: ignore[attr-defined]
    assert error.args == ()
    assert repr(error) == "InvalidArgumentError()"
    assert (error.op, error.node_def, error.error_code) == (None, None, 3)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", list(CODES))
def test_each_error_has_its_code_and_its_full_name(name: str) -> None:
    kind = getattr(tf.errors, name)

    error = kind(None, None, "my text")

    assert (error.error_code, str(error)) == (CODES[name], "my text")
    assert kind.__module__ == "tensorflow.python.framework.errors_impl"
    assert issubclass(kind, tf.errors.OpError)


def test_the_codes_have_names() -> None:
    assert (tf.errors.OK, tf.errors.INVALID_ARGUMENT, tf.errors.UNAUTHENTICATED) == (0, 3, 16)


def test_an_error_survives_copying() -> None:
    error = caught()

    for again in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(again) is type(error)
        assert str(again) == str(error)


def test_an_op_is_named_in_an_error_where_tensorflow_names_it() -> None:
    ones = tf.ones((2, 2))
    for values, name, end in (
        ([ones, tf.ones((1, 1))], "concat", "[Op:ConcatV2] name: concat"),
        ([ones, tf.ones((1, 1))], "mine", "[Op:ConcatV2] name: mine"),
        ([ones, [[1.0]]], "concat", "[Op:ConcatV2]"),  # an operand is a list
    ):
        with pytest.raises(tf.errors.InvalidArgumentError) as caught:
            tf.concat(values, 0, name=name)
        assert str(caught.value).endswith(end)
