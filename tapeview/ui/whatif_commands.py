"""The commands of what-ifs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tapeview.ui.commands import Command, Commands
from tapeview.ui.text import tr

if TYPE_CHECKING:
    from tapeview.ui.main_window import MainWindow
    from tapeview.views.whatif import Experiment

MENU = ("what_if", "what_if_undo", "what_if_redo", "what_if_reset")
"""What stands in the menu, in order."""


def declare(window: MainWindow, commands: Commands) -> None:
    """Add them to the commands of ``window``."""

    def stepping() -> bool:
        return window.workbench is not None and window.workspace.step_count > 0

    def experiment() -> Experiment | None:
        return window.workbench.what_if.experiment if window.workbench is not None else None

    def begin() -> None:
        if window.workbench is not None:
            window.workbench.what_if.begin()

    def undo() -> None:
        if (found := experiment()) is not None:
            found.undo()

    def redo() -> None:
        if (found := experiment()) is not None:
            found.redo()

    def reset() -> None:
        if (found := experiment()) is not None:
            found.reset()

    for command in (
        Command(
            "what_if", tr("&What if …"), begin, "Ctrl+I", "",
            tr("See what would have come of another value: the one that is picked is changed"), enabled=stepping,
        ),
        Command(
            "what_if_undo", tr("Take back the last c&hange"), undo, "Ctrl+Z",
            enabled=lambda: (found := experiment()) is not None and found.can_undo,
        ),
        Command(
            "what_if_redo", tr("Change it &again"), redo, "Ctrl+Shift+Z",
            enabled=lambda: (found := experiment()) is not None and found.can_redo,
        ),
        Command(
            "what_if_reset", tr("N&o changes: as recorded"), reset,
            enabled=lambda: (found := experiment()) is not None and bool(found.edits),
        ),
    ):  # fmt: skip
        commands.add(command)
