"""What the window is about: one recording, where the user stands in it, and what they selected.

Every view-model is built from a ``Workspace`` and listens to its ``changed`` signal. No Qt here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from tapeview.protocol import Held, Stopped
from tapeview.trace.query import Position, Recording, Step
from tapeview.views.breakpoint_book import BreakpointBook
from tapeview.views.landing import landing, stopped_at
from tapeview.views.live import LiveScript
from tapeview.views.places import PositionLabel, describe, phase_name
from tapeview.views.runs import step_words
from tapeview.views.signal import Signal
from tapeview.views.text import tr
from tapeview.views.threads import thread_of

SelectionKind = Literal["none", "op", "tensor", "variable", "node"]
Reasons = frozenset[str]
"""Why the workspace changed: some of ``recording``, ``cursor``, ``selection``, ``data``, ``state``, ``stop`` (the
script came to a stop or went on, or threads arrived at the gate), ``frame`` (another frame or thread was chosen),
``hits`` (of breakpoints), ``values`` (bytes of tensors that were already known have come)."""

SESSION_STATES = ("empty", "ready", "running", "pausing", "paused", "finished", "failed", "stopped", "killed", "left")
ALIVE = ("running", "pausing", "paused")
"""The states in which there is a script's process."""


class Cursor(NamedTuple):
    """A place in a recording, both parts 0-based. ``position`` is 0 in a step without positions."""

    step: int = 0
    position: int = 0


class Selection(NamedTuple):
    """What the user picked: an op (``id`` is its seq), a tensor, a variable or a node of a deferred graph (``id`` is
    `graphs.node_id`); ``none`` follows the cursor."""

    kind: SelectionKind = "none"
    id: int = 0


NOTHING = Selection()


class Notice(NamedTuple):
    """Something to tell about the script that is in no recording, such as a name that is not supported."""

    kind: str
    text: str
    path: str = ""
    line: int = 0


class Workspace:
    """A recording with a cursor and a selection.

    ``changed`` is emitted once per verb that changes something, after everything is in place, with the set of reasons.
    While ``following`` is set, new data moves the cursor to the end of the newest step, and the end of the script to
    that step's target (after a failure to the last thing that happened); every move by the user ends that.

    While the script is held, ``stopped`` says why and where, and ``edge`` is the live edge: the last position of the
    recording, at which the script stands. Each stop takes the cursor there; moving it back leaves the edge where it
    is. ``live`` is the script that runs, for those who ask it something; ``breakpoints`` are the script's.
    """

    def __init__(self) -> None:
        self.changed: Signal[Reasons] = Signal()
        self.recording: Recording | None = None
        self.path: Path | None = None
        self.script: Path | None = None
        self.script_text: str = ""
        self.notices: tuple[Notice, ...] = ()
        self.state: str = "empty"
        self.message: str = ""
        self.cursor = Cursor()
        self.selection = NOTHING
        self.following = False
        self.live: LiveScript | None = None
        self.breakpoints = BreakpointBook()
        self.stopped: Stopped | None = None
        self.edge: Cursor | None = None
        self.held: tuple[Held, ...] = ()
        self.idle = 0
        self.thread = 0
        self.frame = 0

    # -- what is looked at ---------------------------------------------------------------------------------------------

    def load_script(self, path: Path, text: str, notices: Sequence[Notice] = ()) -> None:
        """A script is ready to run; nothing of it was recorded yet."""
        self.recording, self.path = None, None
        self.script, self.script_text, self.notices = path, text, tuple(notices)
        self.cursor, self.selection, self.following = Cursor(), NOTHING, False
        self.state, self.message = "ready", ""
        self._forget_stop()
        self.breakpoints.load(path)
        self._emit("recording", "cursor", "selection", "data", "state")

    def open(self, recording: Recording, path: Path | None = None, *, state: str = "", follow: bool = False) -> None:
        """Look at ``recording`` from its first position; with ``follow`` at its newest, moving on as it grows.

        One that ended at a breakpoint or with an op that failed is looked at there.
        """
        self.recording, self.path = recording, path
        self.selection, self.following = NOTHING, follow
        stop = stopped_at(recording)
        self.state, self.message = state or recording.state, stop.message if stop is not None else ""
        self._forget_stop()
        self.cursor = self._newest() if follow else self._clamped(*landing(recording))
        self._emit("recording", "cursor", "selection", "data", "state")

    def close(self) -> None:
        """Look at nothing."""
        self.recording, self.path, self.script, self.script_text, self.notices = None, None, None, "", ()
        self.cursor, self.selection, self.following = Cursor(), NOTHING, False
        self.state, self.message = "empty", ""
        self._forget_stop()
        self.breakpoints.load(None)
        self._emit("recording", "cursor", "selection", "data", "state")

    def set_state(self, state: str, message: str = "") -> None:
        """The session's state, one of ``SESSION_STATES``, and a sentence for the status bar. ValueError for another
        state.
        """
        if state not in SESSION_STATES:
            raise ValueError(f"unknown session state {state!r}")
        if (state, message) == (self.state, self.message):
            return
        reasons = {"state"}
        if self.following and self.state in ALIVE and state not in ALIVE:
            cursor = self._newest() if state == "failed" else self._target()
            if cursor != self.cursor:
                self.cursor = cursor
                reasons.add("cursor")
        if self.state == "paused" != state:
            if self.at_edge and state in ALIVE:
                self.following = True  # it was watched where it stood, so it is watched as it goes on
            self._forget_stop()
            reasons.add("stop")
        self.state, self.message = state, message
        self.idle = self.idle if state in ALIVE else 0
        self._emit(*reasons)

    def refreshed(self) -> None:
        """The recording has grown: tell everybody, and move on if the newest step is being followed."""
        reasons = {"data"}
        before = self.cursor
        self.cursor = self._newest_whole() if self.following else self._clamped(*before)
        if self.cursor != before:
            reasons.add("cursor")
        if self.cursor.step != before.step and self.selection.kind in ("op", "tensor"):
            self.selection = NOTHING
            reasons.add("selection")
        self._emit(*reasons)

    def halt(self, stopped: Stopped, held: Sequence[Held] = (), *, grew: bool = True) -> None:
        """The script has come to a stop, and the recording (with ``grew``) has everything up to there: go there."""
        self.stopped, self.held, self.idle = stopped, tuple(held), 0
        self.thread = self.frame = 0
        if stopped.step >= 0:
            self.edge = self._clamped(stopped.step, stopped.position)
        else:
            self.edge = self._newest()
        self.following = False
        reasons = {"stop"} | ({"data"} if grew else set())
        if self.state != "paused":
            self.state, self.message = "paused", ""
            reasons.add("state")
        if self.cursor != self.edge:
            self.cursor = self.edge
            reasons.add("cursor")
        if self.selection != NOTHING:
            self.selection = NOTHING
            reasons.add("selection")
        self._emit(*reasons)

    def note(self, held: Sequence[Held], idle: int) -> None:
        """Which threads wait now, and for how many seconds nothing has run while the script is not held."""
        reasons = set()
        if tuple(held) != self.held:
            self.held = tuple(held)
            reasons.add("stop")
        if idle != self.idle:
            self.idle = idle
            reasons.add("state")
        if reasons:
            self._emit(*reasons)

    def choose_frame(self, frame: int, thread: int | None = None) -> None:
        """Look at another frame (0 = innermost) of the stopped script, and perhaps another thread (0: the one that
        stopped).
        """
        chosen = (self.thread if thread is None else thread), frame
        if chosen != (self.thread, self.frame):
            self.thread, self.frame = chosen
            self._emit("frame")

    def tell(self, *reasons: str) -> None:
        """Something has changed that is not the workspace's own: ``hits`` or ``values``."""
        self._emit(*reasons)

    # -- where the user stands -----------------------------------------------------------------------------------------

    @property
    def step_count(self) -> int:
        return 0 if self.recording is None else self.recording.step_count

    @property
    def step(self) -> Step | None:
        """The step at the cursor; None without a recording or without steps."""
        return self.step_at(self.cursor.step)

    @property
    def position(self) -> Position | None:
        """What has just been executed; None in a step without positions."""
        step = self.step
        if step is None or not step.positions:
            return None
        return step.positions[min(self.cursor.position, len(step.positions) - 1)]

    def step_at(self, index: int) -> Step | None:
        if self.recording is None or not 0 <= index < self.recording.step_count:
            return None
        return self.recording.step(index)

    def position_count(self, step: int) -> int:
        found = self.step_at(step)
        return 0 if found is None else len(found.positions)

    @property
    def at_edge(self) -> bool:
        """Whether the cursor stands where the held script stands."""
        return self.edge is not None and self.cursor == self.edge

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def move_to(self, step: int, position: int = 0) -> None:
        """Go to a position; numbers out of range are brought into it."""
        self._move(self._clamped(step, position))

    def forward(self) -> None:
        """One position on, from a step's last one to the next step's first."""
        step, position = self.cursor
        if position + 1 < self.position_count(step):
            self._move(Cursor(step, position + 1))
        elif step + 1 < self.step_count:
            self._move(Cursor(step + 1, 0))
        else:
            self._move(self.cursor)

    def back(self) -> None:
        """One position back, from a step's first one to the last of the step before."""
        step, position = self.cursor
        if position > 0:
            self._move(Cursor(step, position - 1))
        elif step > 0:
            self._move(self._end_of(step - 1))
        else:
            self._move(self.cursor)

    def phase_start(self) -> None:
        """To the first position of this phase; from there to the first one of the phase before."""
        step, position = self.cursor
        starts = [start for _, start, _ in self._phases(step)]
        before = [start for start in starts if start < position]
        if before:
            self._move(Cursor(step, before[-1]))
        elif step > 0:
            previous = self._phases(step - 1)
            self._move(Cursor(step - 1, previous[-1][1] if previous else 0))
        else:
            self._move(self.cursor)

    def phase_end(self) -> None:
        """To the last position of this phase; from there to the last one of the next phase."""
        step, position = self.cursor
        after = [stop - 1 for _, _, stop in self._phases(step) if stop - 1 > position]
        if after:
            self._move(Cursor(step, after[0]))
        elif step + 1 < self.step_count:
            following = self._phases(step + 1)
            self._move(Cursor(step + 1, following[0][2] - 1 if following else 0))
        else:
            self._move(self.cursor)

    def previous_step(self) -> None:
        """The same position in the training step before (its last one if it is shorter)."""
        self.move_to(self.cursor.step - 1, self.cursor.position)

    def next_step(self) -> None:
        """The same position in the next training step (its last one if it is shorter)."""
        self.move_to(self.cursor.step + 1, self.cursor.position)

    def first(self) -> None:
        """The recording's first position."""
        self._move(Cursor())

    def last(self) -> None:
        """The recording's last position; of a held script the live edge. While it runs, this follows the newest step
        again.
        """
        self._move(self.edge if self.edge is not None else self._newest())
        self.following = self.state in ("running", "pausing")

    def select(self, kind: SelectionKind, id: int = 0) -> None:
        """Pick an op, a tensor, a variable of the step, or a node; ``none`` goes back to what the cursor shows."""
        selection = Selection(kind, id) if kind != "none" else NOTHING
        if selection != self.selection:
            self.selection = selection
            self._emit("selection")

    # -- words ---------------------------------------------------------------------------------------------------------

    def label(self) -> PositionLabel | None:
        """The cursor's position in words; None where there is no position."""
        position, step, recording = self.position, self.step, self.recording
        if position is None or step is None or recording is None:
            return None
        title, target = describe(recording, step, position.record)
        return PositionLabel(
            self.cursor.step + 1, self.step_count, position.phase, position.number, position.count, title, target
        )

    def position_text(self) -> str:
        """``step 142 of 501 · forward 7 of 12 · Mul → y_pred``; "" without a recording."""
        if self.recording is None:
            return ""
        if not self.step_count:
            return tr("no step recorded yet") if self.state in ALIVE else tr("no step recorded")
        where = step_words(self.recording, self.cursor.step)
        thread = thread_of(self.recording, self.cursor.step)
        where = f"{where} · {thread}" if thread else where
        label = self.label()
        if label is None:
            is_run = self.step is not None and self.step.run is not None
            return f"{where} · {tr('no op has run') if is_run else tr('nothing recorded in this step')}"
        phase = tr("{phase} {number} of {count}").format(
            phase=phase_name(label.phase), number=label.number, count=label.count
        )
        what = f"{label.title} → {label.target}" if label.target else label.title
        return f"{where} · {phase} · {what}"

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _forget_stop(self) -> None:
        self.stopped, self.edge, self.held = None, None, ()
        self.thread = self.frame = 0

    def _phases(self, index: int) -> Sequence[tuple[str, int, int]]:
        step = self.step_at(index)
        return () if step is None else step.phases()

    def _end_of(self, step: int) -> Cursor:
        return Cursor(step, max(0, self.position_count(step) - 1))

    def _newest(self) -> Cursor:
        return self._end_of(self.step_count - 1) if self.step_count else Cursor()

    def _newest_whole(self) -> Cursor:
        """The end of the newest step, or of the one before while that one has more to it: what is followed must not
        jump between the phases of a step that is still being written.
        """
        last = self.step_count - 1
        if self.recording is not None and last > 0:
            newest, before = self.recording.step_info(last), self.recording.step_info(last - 1)
            if newest.forward + newest.backward + newest.updates < before.forward + before.backward + before.updates:
                return self._end_of(last - 1)
        return self._newest()

    def _target(self) -> Cursor:
        """The last forward op of the last step, where its target is known and one step on the gradients begin."""
        last = self.step_count - 1
        stops = [stop for phase, _, stop in self._phases(last) if phase == "forward"]
        return Cursor(last, stops[-1] - 1) if stops else self._newest()

    def _clamped(self, step: int, position: int) -> Cursor:
        step = max(0, min(step, self.step_count - 1))
        return Cursor(step, max(0, min(position, self.position_count(step) - 1)))

    def _move(self, cursor: Cursor) -> None:
        self.following = False
        reasons = set()
        if cursor != self.cursor:
            self.cursor = cursor
            reasons.add("cursor")
        if self.selection != NOTHING and reasons:
            self.selection = NOTHING
            reasons.add("selection")
        if reasons:
            self._emit(*reasons)

    def _emit(self, *reasons: str) -> None:
        self.changed.emit(frozenset(reasons))
