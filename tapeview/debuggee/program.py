"""Finds the script or module to run and runs it as ``__main__``, as python itself would."""

from __future__ import annotations

import builtins
import importlib.machinery
import io
import os
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

REAL_VARIABLE = "TAPEVIEW_TENSORFLOW"
REAL_SENTENCE = (
    "tapeview cannot record an installed TensorFlow yet: leave out --real-tensorflow (or unset TAPEVIEW_TENSORFLOW) to "
    "run the script on tapeview's own engine, or run it with python itself"
)


class ProgramError(Exception):
    """There is nothing to run; the text is one sentence that says what, where and what to do."""


@dataclass(frozen=True)
class Program:
    """A script, found but not yet compiled.

    Attributes:
        name: what the user called it.
        path: its file, absolute.
        spec: the module's spec with ``-m``, else None.
        folder: what python puts first in ``sys.path`` (`put_first`).
    """

    name: str
    path: str
    spec: importlib.machinery.ModuleSpec | None
    folder: str

    def source(self) -> bytes:
        """The bytes of its file.

        Raises:
            ProgramError: it cannot be read.
        """
        try:
            with io.open_code(self.path) as file:
                return file.read()
        except OSError as error:
            raise ProgramError(f"cannot read {self.path}: {error.strerror}") from error

    def compile(self) -> CodeType:
        """Its code.

        Raises:
            SyntaxError: the user's mistake, with file and line.
            ValueError: the source holds null bytes.
            ProgramError: it cannot be read.
        """
        # A module's loader would give cached bytecode; compiled anew, the code always agrees with the source that is
        # shown.
        return compile(self.source(), self.path, "exec", dont_inherit=True)

    def prepare(self, arguments: list[str]) -> types.ModuleType:
        """Makes this process look as if python had been started with the program. Returns the new ``__main__``."""
        sys.argv[:] = [self.path if self.spec is not None else self.name, *arguments]
        main = types.ModuleType("__main__")
        # ModuleType declares None for these; python sets them on the __main__ of a script in just this way.
        main.__dict__.update(
            __builtins__=builtins,
            __file__=self.path,
            __cached__=None,
            __spec__=self.spec,
            __package__=self.spec.parent if self.spec is not None else None,
            __loader__=self.spec.loader if self.spec is not None else _loader(self.path),
        )
        if self.spec is None:
            main.__dict__.update(__annotations__={})
        sys.modules["__main__"] = main
        return main


def _loader(path: str) -> importlib.machinery.SourceFileLoader:
    return importlib.machinery.SourceFileLoader("__main__", path)


def put_first(folder: str) -> None:
    """Puts ``folder`` where python puts the script's folder: in place of its own ``sys.path[0]``, if there is one.

    This process is started with -P, so there is none; only a user's own PYTHONSAFEPATH means that none is wanted.
    """
    if not sys.flags.safe_path:
        sys.path[0] = folder
    elif not os.environ.get("PYTHONSAFEPATH"):
        sys.path.insert(0, folder)


def find_script(name: str) -> Program:
    """The script at path ``name``.

    Raises:
        ProgramError: there is no readable file of that name.
    """
    path = Path(name)
    if not name or not path.exists():
        raise ProgramError(
            f"there is no file {name!r} in {Path.cwd()}: check the name, or give the full path of the script"
        )
    if path.is_dir():
        raise ProgramError(f"{name!r} is a folder: name the script inside it, or use -m for a package")
    if name.endswith(".tapeview"):
        raise ProgramError(f"{name!r} is a recording, not a script: open it with `tapeview open {name}`")
    if not os.access(path, os.R_OK):
        raise ProgramError(f"cannot read {name!r}: you have no permission to read it")
    absolute = os.path.abspath(name)
    return Program(name, absolute, None, os.path.dirname(os.path.realpath(name)))


def find_module(name: str) -> Program:
    """The module ``name``, or its ``__main__`` if it is a package. Nothing of the user's is imported yet.

    The current folder must already stand in ``sys.path``.

    Raises:
        ProgramError: there is no such module, or it is not Python source.
    """
    spec = _module_spec(name)
    if spec is not None and spec.submodule_search_locations is not None:
        name = f"{name}.__main__"
        spec = _module_spec(name)
    if spec is None:
        raise ProgramError(f"there is no module {name!r} to run with -m in {Path.cwd()}: check the name and the folder")
    if not isinstance(spec.loader, importlib.machinery.SourceFileLoader) or spec.origin is None:
        raise ProgramError(f"module {name!r} is not Python source: tapeview can run only modules that are a .py file")
    return Program(name, os.path.abspath(spec.origin), spec, os.getcwd())


def _module_spec(name: str) -> importlib.machinery.ModuleSpec | None:
    """The spec of a dotted name, found without importing the packages around it (`importlib.util.find_spec` would)."""
    spec: importlib.machinery.ModuleSpec | None = None
    places: list[str] | None = None
    whole = ""
    for part in name.split("."):
        whole = f"{whole}.{part}" if whole else part
        spec = importlib.machinery.PathFinder.find_spec(whole, places) if part else None
        if spec is None:
            return None
        places = list(spec.submodule_search_locations or ())
    return spec
