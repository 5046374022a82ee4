"""What runs: loads scripts and recordings into the workspace, runs the script and follows its recording."""

from __future__ import annotations

import shutil
import time
import tokenize
from collections.abc import Callable, Sequence
from pathlib import Path

from tapeview.debugger.session import LiveSession, SessionError
from tapeview.protocol import StepTo
from tapeview.trace.query import Recording, RecordingError
from tapeview.views import targets
from tapeview.views.live import LiveScript
from tapeview.views.script_store import ScriptStore
from tapeview.views.signal import Signal
from tapeview.views.stepping import Stepping
from tapeview.views.text import tr
from tapeview.views.workspace import Notice, Workspace

SUFFIX = ".tapeview"
MAGIC = b"SQLite format 3\0"
CLOCK_SLACK = 0.5
"""Seconds by which the clock of a file may differ from ours."""
Joined = LiveSession
"""A session that has joined a script which somebody else started."""
Check = Callable[[Path, str, str], Sequence[Notice]]
"""Looks at a script's path and text before it runs as one of a TensorFlow (see `SessionModel.mode`) and says what will
not work."""
MODES = ("", "1", "2")


class SessionModel(Stepping):
    """One script or one recording at a time.

    ``problem`` carries a sentence when something the user asked for cannot be done. ``opened`` carries a path worth
    remembering.
    ``wake`` is called from another thread when the script's process has news: call ``poll`` soon, in the window's
    thread; at once if ``urgent`` says so.

    Attributes:
        mode: "1" or "2" if the script is to run as one of that TensorFlow; "" if its names decide.
    """

    def __init__(
        self,
        workspace: Workspace,
        check: Check | None = None,
        wake: Callable[[], None] | None = None,
        modes: ScriptStore | None = None,
    ) -> None:
        self.problem: Signal[str] = Signal()
        self.opened: Signal[Path] = Signal()
        super().__init__(workspace)
        self._check = check
        self._wake = wake
        self._argv: tuple[str, ...] = ()
        self._module = ""
        self._target: Path | None = None
        self._cwd: Path | None = None
        self._began = 0.0
        self._modes = modes or ScriptStore("modes")
        self.mode = ""

    # -- what can be done ----------------------------------------------------------------------------------------------

    @property
    def can_run(self) -> bool:
        """Whether there is a script to run that does not run now, or one that is (or soon will be) held."""
        return self.can_go_on or self.can_start

    @property
    def can_start(self) -> bool:
        """Whether there is a script to run that does not run now."""
        return (self.workspace.script is not None or bool(self._module)) and not self.running

    @property
    def needs_polling(self) -> bool:
        """Whether the recording may still grow."""
        return self._live is not None or self.workspace.state in ("running", "left")

    # -- the held script -----------------------------------------------------------------------------------------------

    def run_to_selection(self) -> None:
        """On to the next time the selected op (else the cursor's) is executed; see `run_to`."""
        target = targets.of_selection(self.workspace)
        if target is not None:
            self.run_to(target)

    def run_to_line(self, path: str, line: int) -> None:
        """On to the next op of a line; see `run_to`."""
        self.run_to(StepTo("line", path, line))

    def run_to(self, target: StepTo) -> None:
        """Go to a place: the script if it runs or is held, or is ready to run; else the cursor, in what is recorded."""
        if self._live is not None:
            self._step_to(target)
        elif self.workspace.recording is None and self.can_start:
            self._goal = target
            self.run_paused()
        else:
            found = targets.find(self.workspace, target)
            if found is not None:
                self.workspace.move_to(*found)
            else:
                self.problem.emit(tr("That is not executed again in this recording."))

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def open(self, path: Path) -> bool:
        """Open a recording or a script, whichever it is. False (and ``problem``) if it cannot be read."""
        return self.open_recording(path) if is_recording(path) else self.load_script(path)

    def load_script(
        self,
        path: Path,
        argv: Sequence[str] = (),
        *,
        target: Path | None = None,
        cwd: Path | None = None,
        mode: str = "",
    ) -> bool:
        """Show a script, ready to run with ``argv`` in ``cwd`` (default: its folder), recorded into ``target``.

        ``mode`` is what was chosen for it; without one, what was kept for it.
        """
        path = path.absolute()
        try:
            with tokenize.open(path) as file:
                text = file.read()
        except (OSError, SyntaxError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self.problem.emit(tr("{path} cannot be read: {reason}.").format(path=path, reason=reason))
            return False
        self.end()
        self._argv, self._module, self._target, self._cwd = tuple(argv), "", target, cwd or path.parent
        self.mode = mode or self._kept_mode(path)
        self.workspace.load_script(path, text, self._check(path, text, self.mode) if self._check else ())
        self.opened.emit(path)
        return True

    def load_module(self, name: str, argv: Sequence[str] = (), *, target: Path | None = None, mode: str = "") -> None:
        """Be ready to run a module as ``python -m`` does, in the current folder."""
        self.end()
        self.mode = mode
        self._argv, self._module, self._target, self._cwd = tuple(argv), name, target, Path.cwd()
        self.workspace.load_script(Path(name), "")

    def choose_mode(self, mode: str) -> None:
        """From its next run on the script is one of TensorFlow 1 or 2 (`mode`). That is kept with the script."""
        self.mode = mode
        script = self.workspace.script
        if script is None or self._module:
            return
        try:
            self._modes.write(script, [mode] if mode else [])
        except OSError as error:
            self.problem.emit(
                tr("The choice cannot be kept for the next time: {reason}.").format(reason=error.strerror or error)
            )
        if self.can_start and self.workspace.recording is None:
            self.load_script(script, self._argv, target=self._target, cwd=self._cwd, mode=mode)

    def open_recording(self, path: Path) -> bool:
        """Show a recording. False (and ``problem``) if it cannot be opened."""
        path = path.absolute()
        try:
            recording = Recording.open(path)
        except RecordingError as error:
            self.problem.emit(str(error))
            return False
        self.end()
        script = Path(recording.run.script)
        self._argv, self._module, self._target, self._cwd = tuple(recording.run.argv[1:]), "", None, None
        self.workspace.script, self.workspace.notices = script if script.is_file() else None, ()
        self.workspace.breakpoints.load(self.workspace.script)
        self.mode = self._kept_mode(script)
        self.workspace.open(recording, path)
        self.opened.emit(path)
        return True

    def join(self, live: LiveSession) -> None:
        """Follow a script that was started elsewhere and that ``live`` has joined."""
        self.end()
        script = Path(live.script)
        self._argv, self._module, self._target, self._cwd = (), "", None, None
        self.workspace.close()
        self.workspace.script = script if script.is_file() else None
        self.workspace.breakpoints.load(self.workspace.script)
        self._began = 0.0
        live.on_change = self._heard
        live.post_mortem = True
        live.set_breakpoints(self.workspace.breakpoints.orders)
        self._begin(live, None)
        self.workspace.live = LiveScript(live)
        self.workspace.set_state("running")
        self.poll()

    def run(self) -> None:
        """Run the script from its start, into a new recording; let one go on that is held."""
        if self.can_go_on:
            self.go_on()
        else:
            self._start(paused=False)

    def run_paused(self) -> None:
        """Run the script and hold it before its first op."""
        self._start(paused=True)

    def stop(self) -> None:
        """Ask the script to end; it is killed if it does not."""
        if self._live is not None:
            self._live.stop()

    def restart(self) -> None:
        """Stop the script if it runs, and run it again."""
        if self._live is not None and not self._live.owned:
            self.problem.emit(tr("The script was started elsewhere, so it has to be started anew there."))
            return
        if self._live is not None:
            self._live.close()
            self.poll()
        self._start(paused=False)

    def poll(self) -> None:
        """Take in what has been recorded, said and answered since."""
        live, workspace = self._live, self.workspace
        over = live is not None and live.ended  # looked at first: what is written before the end is seen below
        status = live.status if live is not None else None
        grew = False
        if live is not None and workspace.recording is None and live.recording is not None:
            self._open_live(live.recording)
        elif workspace.recording is not None:
            grew = workspace.recording.refresh()
        if (status is None or not self._heed(status, grew)) and grew:
            workspace.refreshed()
        if workspace.live is not None:
            workspace.live.deliver()
        if live is not None and over:
            self._live = None
            live.close()
            self._ended(live)
        elif live is None and workspace.recording is not None and workspace.state in ("running", "left"):
            state = workspace.recording.state
            if state != "running" and workspace.recording.refresh():
                workspace.refreshed()  # it was written, and its writer ended, since we looked
                state = workspace.recording.state
            workspace.set_state(workspace.state if state == "running" else state)

    def save_copy(self, path: Path) -> bool:
        """Copy the recording shown, which must not be growing. False (and ``problem``) if that fails."""
        source = self.workspace.path
        if source is None or self.needs_polling:
            return False
        try:
            shutil.copyfile(source, path)
        except (OSError, shutil.SameFileError) as error:
            self.problem.emit(tr("{path} cannot be written: {reason}.").format(path=path, reason=error))
            return False
        return True

    def end(self) -> None:
        """Stop what runs and let go of the recording."""
        if self._live is not None:
            self._live.close()
            self._live = None
        if self.workspace.live is not None:
            live, self.workspace.live = self.workspace.live, None
            live.deliver()
        self._goal, self._stepped, self._pausing = None, None, False
        recording, self.workspace.recording = self.workspace.recording, None
        if recording is not None:
            recording.close()

    def close(self) -> None:
        """Stop what runs and show nothing."""
        self.end()
        self._module = ""
        self.workspace.close()

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _kept_mode(self, script: Path) -> str:
        kept = self._modes.read(script)[:1]
        return kept[0] if kept and kept[0] in MODES else ""

    def _start(self, paused: bool) -> None:
        if not self.can_start:
            return
        goal = self._goal
        script, module = self.workspace.script, self._module
        argv, target, cwd = self._argv, self._target, self._cwd
        mode = self.mode
        if script is not None and not module and not self.load_script(script, argv, target=target, cwd=cwd, mode=mode):
            return
        if module:
            self.load_module(module, argv, target=target, mode=mode)
        began = time.time()
        book = self.workspace.breakpoints
        book.hits = {}
        live = LiveSession(
            module or str(script), argv, module=bool(module), recording=target, cwd=cwd, paused=paused,
            breakpoints=book.orders, post_mortem=True, mode=mode, on_change=self._heard
        )  # fmt: skip
        try:
            live.start()
        except SessionError as error:
            live.close()
            self.workspace.set_state("failed", _sentence(str(error)))
            self.problem.emit(_sentence(str(error)))
            return
        self._began = began
        self._begin(live, goal)
        self.workspace.live = LiveScript(live)
        self.workspace.set_state("running")

    def _heard(self) -> None:
        """The script has said something; not in the window's thread."""
        if self._live is not None:
            self._flow.heard(self._live)
        if self._wake is not None:
            self._wake()

    def _ended(self, live: LiveSession) -> None:
        workspace = self.workspace
        if workspace.live is not None:
            asked, workspace.live = workspace.live, None
            asked.deliver()
        self._stepped, self._pausing, self._goal = None, False, None
        workspace.set_state(live.state, live.message)

    def _open_live(self, path: Path) -> None:
        try:
            recording = Recording.open(path)
        except RecordingError:
            return  # the script's process has not written its first batch yet
        if recording.run.started < self._began - CLOCK_SLACK:
            recording.close()  # an older recording of that name, about to be replaced
            return
        self.workspace.open(recording, path, state="running", follow=True)


def is_recording(path: Path) -> bool:
    """Whether a file is a recording rather than a script: by its ending, else by how it begins."""
    if path.suffix == SUFFIX:
        return True
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."
