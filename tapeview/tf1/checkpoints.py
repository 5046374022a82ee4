"""``tf.train.Checkpoint`` in graphs: variables of a session, by the names of the objects they belong to."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tapeview.engine import deferred
from tapeview.engine.scripting import structure
from tapeview.keras.models import archive
from tapeview.keras.models import checkpoint as eager
from tapeview.tf1 import graphs
from tapeview.tf1.saver import check_session, give, load_checkpoint, values_of


class Checkpoint:
    """The variables of layers, optimizers and variables given by name; eagerly that of TensorFlow 2.

    Raises:
        ValueError: something that has no variables.
    """

    def __new__(cls, root: Any = None, **kwargs: Any) -> Any:
        """An eager script gets TensorFlow 2's."""
        return object.__new__(cls) if deferred.building() else eager.Checkpoint(root, **kwargs)

    def __init__(self, root: Any = None, **kwargs: Any) -> None:
        self._parts: dict[str, Any] = {} if root is None else {"root": root}
        self._parts |= kwargs
        for name, part in self._parts.items():
            if not graphs.is_variable(part) and not hasattr(part, "variables") and not isinstance(part, (list, dict)):
                raise ValueError(
                    f"`Checkpoint` was expecting {name} to be a trackable object (an object derived from `Trackable`), "
                    f"got {part}."
                )
            setattr(self, name, part)
        self.save_counter = graphs.hidden_variable(np.int64(0), "save_counter")

    def _variables(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, part in self._parts.items():
            found |= {f"{name}/{graphs.op_name(v)}": v for v in _of(part)}
        return {**found, "save_counter": self.save_counter}

    def write(self, file_prefix: Any, session: Any = None) -> str:
        """Writes the variables to a file of exactly this name, which it returns."""
        path: str = os.fspath(file_prefix)
        sess = _session(session)
        self._count(sess, 0)
        values = values_of(sess, self._variables())
        archive.write_checkpoint(path, {"names": list(values)}, {"variables": list(values.values())})
        return path

    def save(self, file_prefix: Any, session: Any = None, options: Any = None) -> str:
        """Writes the variables to ``file_prefix-1``, then ``-2`` ..., and returns the name."""
        number = self._count(_session(session), 1)
        return self.write(f"{os.fspath(file_prefix)}-{number}", session)

    def _count(self, sess: Any, more: int) -> int:
        check_session(sess)
        cell = sess.cell(self.save_counter)
        number = (0 if cell.variable is None else int(cell.known()._array)) + more
        if more or cell.variable is None:
            cell.assign(np.array(number, np.int64))
        return number

    def restore(self, save_path: Any) -> _Status:
        """What gives a session the values of a file; None: nothing to restore. Raises ValueError for no such file."""
        found = {} if save_path is None else load_checkpoint(save_path).values
        return _Status(self._variables(), found)

    read = restore


class _Status:
    """A file that waits to be restored in a session."""

    def __init__(self, variables: dict[str, Any], values: dict[str, Any]) -> None:
        self._variables, self._values = variables, values

    def run_restore_ops(self, session: Any = None) -> None:
        """Gives the variables the file's values."""
        sess = _session(session)
        for name, variable in self._variables.items():
            if name in self._values:
                give(sess, variable, self._values[name])

    def initialize_or_restore(self, session: Any = None) -> None:
        """The same, and initializes what the file does not have."""
        sess = _session(session)
        sess.run([v.initializer for name, v in self._variables.items() if name not in self._values])
        self.run_restore_ops(sess)

    def assert_consumed(self) -> _Status:
        """Raises AssertionError if the file has values that nobody takes."""
        for name in self._values:
            if name not in self._variables:
                raise AssertionError(f"Unresolved object in checkpoint: {name}")
        return self.assert_existing_objects_matched()

    def assert_existing_objects_matched(self) -> _Status:
        """Raises AssertionError if a variable is not in the file."""
        for name in self._variables:
            if name not in self._values:
                raise AssertionError(f"No checkpoint value for: {name}")
        return self

    def expect_partial(self) -> _Status:
        """Accepted."""
        return self


def _of(part: Any) -> list[Any]:
    if graphs.is_variable(part):
        return [part]
    if isinstance(part, (list, dict)):
        return [v for one in structure.flatten(part) for v in _of(one)]
    found = part.variables
    return list(found() if callable(found) and not isinstance(found, list) else found)


def _session(session: Any) -> Any:
    found = deferred.get_default_session() if session is None else session
    if found is None:
        raise ValueError("There is no default session: give `session=`, or call this inside of `with tf.Session()`.")
    return found
