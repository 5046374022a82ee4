"""All commands of the window, declared in one place, and the menus they stand in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu, QMenuBar

from tapeview.ui import explain_commands, theme
from tapeview.ui.commands import Command, Commands
from tapeview.ui.text import tr

if TYPE_CHECKING:
    from tapeview.ui.main_window import MainWindow


def declare(window: MainWindow) -> Commands:
    """Every command of ``window``."""
    commands = Commands(window)
    session, workspace = window.session, window.workspace

    def stepping() -> bool:
        return workspace.step_count > 0

    def before() -> bool:
        return workspace.cursor != (0, 0) and stepping()

    def steps_before() -> bool:
        return workspace.cursor.step > 0

    def steps_after() -> bool:
        return workspace.cursor.step + 1 < workspace.step_count

    def after() -> bool:
        return (
            session.at_edge
            or steps_after()
            or workspace.cursor.position + 1 < workspace.position_count(workspace.cursor.step)
        )

    def loaded() -> bool:
        return workspace.recording is not None or workspace.script is not None

    def breakable() -> bool:
        return workspace.script is not None

    def runnable_to() -> bool:
        return session.can_start or session.running or stepping()

    def savable() -> bool:
        return workspace.path is not None and not session.needs_polling

    def choose_mode(mode: str) -> None:
        session.choose_mode(mode)
        commands.update()

    for command in (
        Command("open", tr("&Open …"), window.choose_file, "Ctrl+O", "file"),
        Command("save", tr("&Save recording as …"), window.choose_copy, "Ctrl+S", enabled=savable),
        Command("close", tr("&Close"), window.close_file, "Ctrl+W", enabled=loaded),
        Command("quit", tr("&Quit"), window.close, "Ctrl+Q"),
        Command(
            "run", tr("&Run"), session.run, "F5", "run", brief=f"{tr('Run')}  F5", enabled=lambda: session.can_run,
            label=lambda: tr("&Continue") if session.paused else tr("&Run"),
        ),
        Command(
            "run_paused", tr("Start &paused"), session.run_paused, "Ctrl+F5", "start_paused",
            tr("Run the script and hold it before its first op"), enabled=lambda: session.can_start,
        ),
        Command(
            "pause", tr("P&ause"), session.pause, "F6", "pause", tr("Hold the script at its next op"),
            enabled=lambda: session.can_pause,
        ),
        Command("stop", tr("&Stop"), session.stop, "Shift+F5", "stop", enabled=lambda: session.running),
        Command(
            "restart", tr("R&estart"), session.restart, "Ctrl+Shift+F5", "restart",
            tr("Stop the script and run it again"),
            enabled=lambda: session.running or (session.can_run and workspace.recording is not None),
        ),
        Command(
            "run_to", tr("Run to the selected &node or line"), window.live.run_to, "Ctrl+Return", "",
            tr("Go on until the selected op, or an op of this line, runs"), enabled=runnable_to, also=("Ctrl+Enter",),
        ),
        Command(
            "toggle_breakpoint", tr("Toggle &breakpoint"), window.live.toggle_breakpoint, "F9", "breakpoint",
            tr("Stop at this line of the source, or at the node picked in the graph"), enabled=breakable,
        ),
        Command(
            "add_breakpoint", tr("Add a b&reakpoint …"), window.live.add_breakpoint, "Ctrl+Shift+B", "add",
            enabled=breakable,
        ),
        Command("show_breakpoints", tr("Show breakpoints"), window.live.show_breakpoints, "Ctrl+B", enabled=loaded),
        Command("prompt", tr("Evaluate an e&xpression"), window.live.focus_prompt, "Ctrl+E", enabled=loaded),
        Command(
            "forward", tr("&Forward one op"), session.forward, "F10", "forward",
            tr("At the live edge the script executes one more op"), brief=tr("Step"), enabled=after,
        ),
        Command("back", tr("&Back one op"), workspace.back, "Shift+F10", "back", brief=tr("Back"), enabled=before),
        Command(
            "phase_end", tr("To the &end of the phase"), session.phase_end, "Ctrl+F10", "phase_end", enabled=after
        ),
        Command(
            "phase_start", tr("To the &start of the phase"), workspace.phase_start, "Ctrl+Shift+F10", "phase_start",
            enabled=before,
        ),
        Command(
            "next_step", tr("&Next training step"), session.next_step, "F11", "next_step",
            tr("At the live edge the script goes on to its next training step"),
            enabled=lambda: session.at_edge or steps_after(),
        ),
        Command(
            "previous_step", tr("&Previous training step"), workspace.previous_step, "Shift+F11", "previous_step",
            enabled=steps_before, also=("PgUp",),
        ),
        Command(
            "cursor_next_step", tr("Next &recorded training step"), workspace.next_step, "PgDown", enabled=steps_after
        ),
        Command("first", tr("F&irst position"), workspace.first, "Home", "first", enabled=before),
        Command(
            "last", tr("&Last position"), workspace.last, "End", "last", enabled=stepping,
            label=lambda: tr("To the &live edge") if session.paused else tr("&Last position"),
        ),
        Command("search", tr("&Search"), window.focus_search, "Ctrl+F", "search", enabled=loaded),
        Command("fit", tr("&Fit the graph"), window.fit_graph, "Ctrl+0", "fit", enabled=stepping),
        Command("deselect", tr("&Clear the selection"), window.clear_selection, "Esc", enabled=stepping),
        Command("reset_layout", tr("&Reset the layout"), window.reset_layout, enabled=loaded),
        Command("keys", tr("&Keys"), window.show_keys, "F1"),
        Command("about", tr("&About tapeview"), window.show_about),
    ):  # fmt: skip
        commands.add(command)
    explain_commands.declare(window, commands)
    eras = {
        "": tr("Run as its &names say"),
        "1": tr("Run as a script of TensorFlow &1"),
        "2": tr("Run as a script of TensorFlow &2"),
    }
    for era, text in eras.items():
        commands.add(
            Command(
                f"mode_{era}",
                text,
                lambda era=era: choose_mode(era),  # type: ignore[misc]
                enabled=lambda: session.can_start,
                checked=lambda era=era: session.mode == era,  # type: ignore[misc]
            )
        )
    names = {"system": tr("Like the &system"), "light": tr("&Light"), "dark": tr("&Dark")}
    for mode, text in names.items():
        commands.add(
            Command(
                f"theme_{mode}",
                text,
                lambda mode=mode: window.set_theme(mode),  # type: ignore[misc]
                checked=lambda mode=mode: theme.current().mode == mode,  # type: ignore[misc]
            )
        )
    return commands


def build(window: MainWindow, bar: QMenuBar, commands: Commands) -> None:
    """Fill the menu bar."""

    def fill(menu: QMenu, *ids: str) -> None:
        for id in ids:
            if id:
                menu.addAction(commands.action(id))
            else:
                menu.addSeparator()

    file = bar.addMenu(tr("&File"))
    fill(file, "open")
    window.recent_menu = file.addMenu(tr("Open &recent"))
    window.examples_menu = file.addMenu(tr("&Examples"))
    fill(file, "", "save", "close", "", "quit")
    run = bar.addMenu(tr("&Run"))
    fill(run, "run", "run_paused", "pause", "stop", "restart", "")
    fill(run.addMenu(tr("TensorFlow of the s&cript")), "mode_", "mode_1", "mode_2")
    fill(run, "", "run_to", "", "toggle_breakpoint", "add_breakpoint", "show_breakpoints", "", "prompt")
    fill(
        bar.addMenu(tr("&Step")),
        "forward", "back", "", "phase_end", "phase_start", "", "next_step", "previous_step", "cursor_next_step", "",
        "first", "last",
    )  # fmt: skip
    fill(bar.addMenu(tr("&Explain")), *explain_commands.MENU)
    view = bar.addMenu(tr("&View"))
    fill(view, "search", "fit", "deselect", "")
    window.docks_menu = view.addMenu(tr("&Panels"))
    themes = view.addMenu(tr("&Theme"))
    fill(themes, "theme_system", "theme_light", "theme_dark")
    fill(view, "reset_layout")
    fill(bar.addMenu(tr("&Help")), "keys", "about")
