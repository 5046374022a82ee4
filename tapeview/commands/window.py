"""``tapeview``, ``tapeview SCRIPT`` and ``tapeview open``: everything that ends in a window."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from tapeview.commands import UserError
from tapeview.debuggee import modes
from tapeview.debuggee.adapters import keeping

if TYPE_CHECKING:
    from tapeview.views.session import Joined
    from tapeview.views.workspace import Notice


class Open:
    """Look at a recording in the window: step through its tapes, see values, gradients and plots. Nothing is run."""

    name: ClassVar[str] = "open"
    usage: ClassVar[str] = "FILE"

    def prepare_parser(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a recording (.tapeview)")

    def run(self, options: argparse.Namespace) -> int:
        from tapeview.trace.query import Recording, RecordingError

        path = Path(options.file)
        try:
            Recording.open(path).close()
        except RecordingError as error:
            raise UserError(str(error)) from error
        return show(recording=path)


class Window:
    """Open the window; with a script, load that script into it. F5 runs it."""

    name: ClassVar[str] = ""
    usage: ClassVar[str] = "[--run] [--tf1 | --tf2] [-m] [SCRIPT [ARGS...]]"

    def prepare_parser(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--run", action="store_true", help="run the script at once")
        keeping.add_options(parser)
        modes.add_options(parser)
        parser.add_argument("-m", dest="module", action="store_true", help="SCRIPT is a module, as with python -m")
        parser.add_argument(
            "--real-tensorflow", action="store_true", help="use an installed TensorFlow (not supported yet)"
        )
        parser.add_argument("script", nargs="?", metavar="SCRIPT", help="the script to load")
        parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGS", help="the script's own arguments")

    def run(self, options: argparse.Namespace) -> int:
        from tapeview.debuggee.program import (
            REAL_SENTENCE,
            REAL_VARIABLE,
            ProgramError,
            find_module,
            find_script,
            put_first,
        )

        keeping.hand_over(options)
        if options.script is None:
            if options.run or options.module:
                raise UserError("name the script to run: `tapeview --run SCRIPT`")
            return show()
        if not options.module and options.script.endswith(".tapeview"):
            return Open().run(argparse.Namespace(file=options.script))
        if options.real_tensorflow or os.environ.get(REAL_VARIABLE) == "real":
            raise UserError(REAL_SENTENCE)
        try:
            if options.module:
                put_first(os.getcwd())
                find_module(options.script)
            else:
                find_script(options.script)
        except ProgramError as error:
            raise UserError(str(error)) from error
        return show(options.script, tuple(options.arguments), module=options.module, run=options.run, mode=options.mode)


def show(
    script: str | None = None,
    arguments: tuple[str, ...] = (),
    *,
    module: bool = False,
    run: bool = False,
    mode: str = modes.AUTOMATIC,
    recording: Path | None = None,
    joined: Joined | None = None,
) -> int:
    """Opens the window and returns when it is closed.

    Raises:
        UserError: there is no Qt, or no screen to show a window on.
    """
    check_window()
    from tapeview.ui.app import run_window

    return run_window(recording or script, arguments, module=module, run=run, mode=mode, check=_check, joined=joined)


def check_window() -> None:
    """Looks whether a window can be opened at all.

    Raises:
        UserError: there is no Qt, or no screen to show a window on.
    """
    if importlib.util.find_spec("PySide6") is None or importlib.util.find_spec("pyqtgraph") is None:
        raise UserError(
            "the window needs PySide6 and pyqtgraph, which are not installed here: "
            "`pip install PySide6-Essentials pyqtgraph`, or use `tapeview record` and `tapeview info`, "
            "which need neither"
        )
    has_screen = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
    if sys.platform.startswith("linux") and not has_screen:
        raise UserError(
            "there is no screen to open a window on (DISPLAY is not set): use `tapeview record SCRIPT` here, and open "
            "the recording with `tapeview open` where there is one"
        )


def _check(path: Path, text: str, mode: str) -> list[Notice]:
    """The TensorFlow names in a script that it will not find, for the window to list before the script runs."""
    from tapeview.debuggee.static_check import unsupported_names
    from tapeview.tensorflow.names import unsupported_sentence
    from tapeview.views.workspace import Notice

    decided = modes.decide(text, str(path), str(path.parent), mode)
    return [
        Notice("unsupported", unsupported_sentence(name.name, line, str(path)), str(path), line)
        for name in unsupported_names(text, decided.knows_tf1)
        for line in name.lines[:1]
    ]
