"""Starts the window."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QLibraryInfo, QLocale, QSocketNotifier, QTimer, QTranslator
from PySide6.QtWidgets import QApplication

from tapeview.ui import pace, theme
from tapeview.ui.main_window import MainWindow
from tapeview.ui.settings import Settings
from tapeview.views.session import Check, Joined, is_recording


def application() -> QApplication:
    """The one ``QApplication``, made if need be."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    made = QApplication([sys.argv[0] if sys.argv else "tapeview"])
    made.setApplicationName("tapeview")
    made.setApplicationDisplayName("tapeview")
    made.setDesktopFileName("tapeview")
    made.setStyle("Fusion")
    translator = QTranslator(made)
    if translator.load(QLocale(), "qtbase", "_", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        made.installTranslator(translator)
    return made


def make_window(settings: Settings | None = None, check: Check | None = None) -> MainWindow:
    """A window that is not shown yet; nothing runs an event loop."""
    application()
    theme.current().apply()
    return MainWindow(settings, check)


def run_window(
    path: Path | str | None = None,
    argv: Sequence[str] = (),
    *,
    recording: Path | None = None,
    module: bool = False,
    run: bool = False,
    mode: str = "",
    check: Check | None = None,
    settings: Settings | None = None,
    joined: Joined | None = None,
) -> int:
    """Show the window until it is closed; the exit code of the program.

    ``path`` is a script or a recording (with ``module``: the name of a module), ``argv`` what the script gets,
    ``recording`` the file to record into; ``run`` starts the script at once, ``mode`` says of which TensorFlow it is.
    ``joined`` is a running script to follow instead.
    """
    app = application()
    pace.keep()
    window = make_window(settings, check)
    if joined is not None:
        window.session.join(joined)
    elif path is not None and module:
        window.session.load_module(str(path), argv, target=recording, mode=mode)
    elif path is not None and is_recording(Path(path)):
        window.session.open_recording(Path(path))
    elif path is not None:
        window.session.load_script(Path(path), argv, target=recording, cwd=Path.cwd(), mode=mode)
    window.show()
    if run:
        QTimer.singleShot(0, window.session.run)
    interrupts = _Interrupts(window)
    try:
        return app.exec()
    finally:
        interrupts.close()


class _Interrupts:
    """Ctrl+C in the terminal closes the window. Python sees a signal only when it runs, so a socket wakes Qt up."""

    def __init__(self, window: MainWindow) -> None:
        import socket

        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read)
        self._notifier.activated.connect(lambda *_: self._reader.recv(64))
        self._wakeup = signal.set_wakeup_fd(self._writer.fileno())
        self._before = signal.signal(signal.SIGINT, lambda *_: window.close())

    def close(self) -> None:
        signal.set_wakeup_fd(self._wakeup)
        signal.signal(signal.SIGINT, self._before)
        self._notifier.setEnabled(False)
        self._reader.close()
        self._writer.close()
