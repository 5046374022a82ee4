"""``tf.gfile``: files and folders."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Callable, Iterator
from functools import wraps
from typing import IO, Any, NamedTuple, ParamSpec, TypeVar

from tapeview.engine.errors import (
    AlreadyExistsError,
    FailedPreconditionError,
    NotFoundError,
    OpError,
    PermissionDeniedError,
)

P = ParamSpec("P")
R = TypeVar("R")

_KINDS: tuple[tuple[type[OSError], type[OpError]], ...] = (
    (FileNotFoundError, NotFoundError),
    (FileExistsError, AlreadyExistsError),
    (PermissionError, PermissionDeniedError),
)


def _raising(function: Callable[P, R]) -> Callable[P, R]:
    """The system's errors, as TensorFlow's."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except OSError as error:
            kind = next((ours for theirs, ours in _KINDS if isinstance(error, theirs)), FailedPreconditionError)
            raise kind(None, None, f"{error.filename}; {error.strerror}") from None

    return call


class GFile:
    """A file. Opened for bytes (``"rb"``) it gives bytes, else text.

    Raises:
        NotFoundError: when it is first read, if there is none.
    """

    def __init__(self, name: Any, mode: str = "r") -> None:
        self._name = os.fspath(name)
        self._mode = mode
        self._file: IO[Any] | None = None

    @property
    def name(self) -> str:
        """Its path."""
        return str(self._name)

    @property
    def mode(self) -> str:
        """How it is opened."""
        return self._mode

    @_raising
    def _opened(self) -> IO[Any]:
        if self._file is None:
            self._file = open(self._name, self._mode, encoding=None if "b" in self._mode else "utf-8")  # noqa: SIM115
        return self._file

    def size(self) -> int:
        """How many bytes it has."""
        return stat(self._name).length

    def read(self, n: int = -1) -> Any:
        """The next ``n`` characters or bytes; all that are left with -1."""
        return self._opened().read(n)

    def readline(self) -> Any:
        """The next line, with its end; empty at the end of the file."""
        return self._opened().readline()

    def readlines(self) -> list[Any]:
        """All lines that are left."""
        return self._opened().readlines()

    def write(self, file_content: Any) -> None:
        """Writes text or bytes."""
        self._opened().write(file_content)

    def seek(self, offset: int = 0, whence: int = 0, position: int | None = None) -> None:
        """Goes to a place of the file."""
        self._opened().seek(offset if position is None else position, whence)

    def tell(self) -> int:
        """The place in the file."""
        return self._opened().tell()

    def seekable(self) -> bool:
        """True."""
        return True

    def flush(self) -> None:
        """What was written reaches the file."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Lets go of the file."""
        if self._file is None and "r" not in self._mode:
            self._opened()  # a file that nothing was written to exists all the same
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> GFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_file", None) is not None:
            self.close()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._opened())

    def __next__(self) -> Any:
        return next(self._opened())


def exists(path: Any) -> bool:
    """Whether there is a file or a folder."""
    return os.path.exists(path)


def isdir(path: Any) -> bool:
    """Whether it is a folder."""
    return os.path.isdir(path)


@_raising
def listdir(path: Any) -> list[str]:
    """The names in a folder, without what leads to it. Raises NotFoundError if there is none."""
    if not os.path.isdir(path):
        raise NotFoundError(None, None, f"Could not find directory {os.fspath(path)}")
    return os.listdir(path)


@_raising
def makedirs(path: Any) -> None:
    """Makes a folder and those around it that are missing."""
    os.makedirs(path, exist_ok=True)


@_raising
def mkdir(path: Any) -> None:
    """Makes a folder unless it is there. Raises NotFoundError if the one around it is missing."""
    if not os.path.isdir(path):
        os.mkdir(path)


@_raising
def remove(path: Any) -> None:
    """Removes a file. Raises NotFoundError if there is none."""
    os.remove(path)


@_raising
def rmtree(path: Any) -> None:
    """Removes a folder with all that is in it. Raises NotFoundError if there is none."""
    if not os.path.isdir(path):
        raise NotFoundError(None, None, f"{os.fspath(path)} not found")
    shutil.rmtree(path)


@_raising
def rename(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Gives a file another name. Raises AlreadyExistsError unless ``overwrite``."""
    _check_free(dst, overwrite)
    os.replace(src, dst)


@_raising
def copy(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Copies a file. Raises AlreadyExistsError unless ``overwrite``."""
    _check_free(dst, overwrite)
    shutil.copyfile(src, dst)


def _check_free(path: Any, overwrite: bool) -> None:
    if not overwrite and os.path.exists(path):
        raise AlreadyExistsError(None, None, "file already exists")


def glob_names(pattern: Any) -> list[str]:
    """The paths that a pattern (or several) stands for, in order."""
    patterns = [pattern] if isinstance(pattern, str | os.PathLike) else list(pattern)
    return sorted(path for one in patterns for path in glob.glob(os.fspath(one)))


class FileStatistics(NamedTuple):
    """What is known about a file: its size in bytes, when it was changed (nanoseconds since 1970), whether it is a
    folder."""

    length: int
    mtime_nsec: int
    is_directory: bool


@_raising
def stat(path: Any) -> FileStatistics:
    """What is known about a file. Raises NotFoundError if there is none."""
    found = os.stat(path)
    return FileStatistics(found.st_size, found.st_mtime_ns, os.path.isdir(path))


def walk(top: Any, topdown: bool = True, onerror: Any = None) -> Iterator[tuple[str, list[str], list[str]]]:
    """A folder and those in it: (path, names of folders, names of files) of each."""
    return os.walk(top, topdown, onerror)


def walk_in_order(top: Any, in_order: bool = True) -> Iterator[tuple[str, list[str], list[str]]]:
    """As :func:`walk`; with ``in_order`` a folder comes before those in it."""
    return walk(top, in_order)
