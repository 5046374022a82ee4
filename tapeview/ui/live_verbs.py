"""What the commands of live debugging do, where that depends on where the keys are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tapeview.ui.main_window import MainWindow


class LiveVerbs:
    """Verbs of one window. Before its workbench is there they do nothing."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def run_to(self) -> None:
        """On to the line picked in the source if the keys are there, else to the node picked in the graph."""
        bench, session = self._window.workbench, self._window.session
        if bench is None:
            return
        place = bench.source.place() if self._at_source() else None
        if place is not None:
            session.run_to_line(*place)
        elif self._window.workspace.recording is None and (first := bench.source.place()) is not None:
            session.run_to_line(*first)
        else:
            session.run_to_selection()

    def toggle_breakpoint(self) -> None:
        """On the node picked in the graph or the tape if the keys are there, else on the line of the source."""
        bench = self._window.workbench
        if bench is None:
            return
        if bench.picks_ops() and bench.breaks.model.of_selection() is not None:
            bench.breaks.model.toggle_selection()
        else:
            bench.source.toggle_breakpoint()

    def add_breakpoint(self) -> None:
        """Ask for one in the dialog."""
        if self._window.workbench is not None:
            self._window.workbench.breaks.edit()

    def show_breakpoints(self) -> None:
        """Bring up the list of breakpoints."""
        bench = self._window.workbench
        if bench is not None:
            bench.bring_up(bench.breakpoints)
            bench.breakpoints.focus()

    def focus_prompt(self) -> None:
        """Bring the keys to the console's prompt."""
        bench = self._window.workbench
        if bench is not None:
            bench.bring_up(bench.console)
            bench.console.focus_prompt()

    def _at_source(self) -> bool:
        bench = self._window.workbench
        return bench is not None and bench.source.code.hasFocus()
