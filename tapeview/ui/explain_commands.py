"""The commands that ask for explanations, and their menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tapeview.ui import whatif_commands
from tapeview.ui.commands import Command, Commands
from tapeview.ui.text import tr

if TYPE_CHECKING:
    from tapeview.ui.main_window import MainWindow

MENU = (
    "next_finding", "previous_finding", "along_path", "back_along_path", "",
    "rules", "",
    "compare_before", "compare", "next_difference", "previous_difference", "leave_differences", "",
    "check_gradient", "check_gradients", "", *whatif_commands.MENU,
)  # fmt: skip
"""What stands in the menu, in order; "" is a line between groups."""


def declare(window: MainWindow, commands: Commands) -> None:
    """Add them to the commands of ``window``."""

    def found() -> bool:
        return window.workbench is not None and window.workbench.findings_model.can_go

    def on_path() -> bool:
        return window.workbench is not None and window.workbench.explained.trail is not None

    def stepping() -> bool:
        return window.workspace.step_count > 0

    def differing() -> bool:
        return window.workbench is not None and window.workbench.differences.shown is not None

    def find(step: int) -> None:
        if window.workbench is not None:
            window.workbench.findings_model.next(step)
            window.workbench.bring_up(window.workbench.findings)

    def along(stops: int) -> None:
        if window.workbench is not None:
            window.workbench.explained.along(stops)

    def differ(by: int) -> None:
        if window.workbench is not None:
            window.workbench.differing.go(by)

    def ask() -> None:
        if window.workbench is not None:
            window.workbench.differing.ask()

    def with_before() -> None:
        if window.workbench is not None:
            window.workbench.differing.comparing.with_before()

    def has_before() -> bool:
        return window.workbench is not None and window.workspace.cursor.step > 0

    def leave() -> None:
        if window.workbench is not None:
            window.workbench.differences.leave()

    def rules() -> None:
        if window.workbench is not None:
            window.workbench.show_rules()

    def check(everything: bool) -> None:
        if window.workbench is not None:
            model = window.workbench.checks.model
            (model.check_all if everything else model.check_here)()

    def checkable() -> bool:
        return window.workbench is not None and window.workbench.checks.model.can_check

    for command in (
        Command(
            "next_finding", tr("Next fin&ding"), lambda: find(1), "F8", "",
            tr("To the next place where something was found, with its path in the graph"), enabled=found,
        ),
        Command("previous_finding", tr("Pre&vious finding"), lambda: find(-1), "Shift+F8", enabled=found),
        Command("along_path", tr("&On along its path"), lambda: along(1), "Ctrl+F8", enabled=on_path),
        Command("back_along_path", tr("Bac&k along its path"), lambda: along(-1), "Ctrl+Shift+F8", enabled=on_path),
        Command(
            "rules", tr("R&ules …"), rules, "Ctrl+R", "", tr("What is looked for: levels and thresholds"),
            enabled=lambda: window.workbench is not None,
        ),
        Command(
            "next_difference", tr("First or next di&fference"), lambda: differ(1), "F7", "",
            tr("To the first difference between the two steps that are compared, then to the next"), enabled=stepping,
        ),
        Command(
            "previous_difference", tr("Previous diff&erence"), lambda: differ(-1), "Shift+F7", enabled=differing
        ),
        Command(
            "compare_before", tr("What changed since the step &before"), with_before, "Ctrl+F7", "",
            tr("Compare the step at the cursor with the one before it"), enabled=has_before,
        ),
        Command(
            "compare", tr("Co&mpare two steps …"), ask, "Ctrl+Shift+F7", "",
            tr("Two steps of this recording, or one of it with one of another recording"), enabled=stepping,
        ),
        Command("leave_differences", tr("Show &no differences"), leave, enabled=differing),
        Command(
            "check_gradient", tr("Is this &gradient right?"), lambda: check(False), "Ctrl+G", "",
            tr("Check the gradient of what is selected, or of the op at the cursor, against finite differences"),
            enabled=checkable,
        ),
        Command(
            "check_gradients", tr("Check &all gradients of the step"), lambda: check(True), "Ctrl+Shift+G",
            enabled=checkable,
        ),
    ):  # fmt: skip
        commands.add(command)
    whatif_commands.declare(window, commands)
