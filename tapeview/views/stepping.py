"""Holding the script that runs, letting it go on, stepping: in the script at the live edge, else in the recording."""

from __future__ import annotations

import time

from tapeview.debugger.session import LiveSession
from tapeview.protocol import Status, StepTo
from tapeview.views.flow import Flow
from tapeview.views.workspace import Workspace

BLINK = 0.3
"""Seconds for which a step may take before the script is said to run."""


class Stepping:
    """The verbs for a script that runs. What they bring about is taken over from what the script says, see ``heed``."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._live: LiveSession | None = None
        self._served = 0
        self._stepped: float | None = None
        self._pausing = False
        self._flow = Flow()
        self._goal: StepTo | None = None
        self._disconnect = workspace.breakpoints.changed.connect(self._send_breakpoints)

    @property
    def running(self) -> bool:
        """Whether a script that was started here runs."""
        return self._live is not None and not self._live.ended

    @property
    def paused(self) -> bool:
        """Whether the script is held: it can go on, step, and be asked things."""
        return self._live is not None and self.workspace.state == "paused"

    @property
    def can_go_on(self) -> bool:
        """Whether the script is held, or was asked to wait."""
        return self._live is not None and self.workspace.state in ("paused", "pausing")

    @property
    def can_pause(self) -> bool:
        """Whether the script runs and nobody has asked it to wait yet."""
        return self.running and self.workspace.state == "running"

    @property
    def at_edge(self) -> bool:
        """Whether a step executes something in the script, rather than moving the cursor in the recording."""
        return self.paused and self.workspace.at_edge

    @property
    def can_step(self) -> bool:
        """Whether a step on can be taken now: at the live edge once the step before is done, else where something
        follows in the recording.
        """
        workspace = self.workspace
        if self.at_edge:
            return self._stepped is None
        step, position = workspace.cursor
        return position + 1 < workspace.position_count(step) or step + 1 < workspace.step_count

    @property
    def settled(self) -> bool:
        """Whether no step is under way in the script."""
        return self._stepped is None

    @property
    def urgent(self) -> bool:
        """Whether what is to be polled cannot wait: the script has stopped, has ended, or an answer has come. May be
        asked from any thread.
        """
        live, asked = self._live, self.workspace.live
        if live is None or self._flow.on:
            return False  # while steps flow, the eye needs no more than the usual number of looks
        stopped = live.status.stopped
        return live.ended or (stopped is not None and stopped.serial != self._served) or (
            asked is not None and asked.answered
        )  # fmt: skip

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def pause(self) -> None:
        """Hold the script at its next op."""
        if self._live is not None and self.can_pause:
            self._pausing = True
            self._live.pause()
            self.workspace.set_state("pausing")

    def go_on(self) -> None:
        """Let a held script run until a breakpoint, or to its end; one that is only asked to wait need not any more."""
        if self._live is not None and self.can_go_on:
            self._live.run()
            self._stepped, self._pausing = None, False
            self.workspace.set_state("running")

    def forward(self) -> None:
        """One op, backward step or update on: at the live edge the script executes it, else the cursor moves."""
        if not self.at_edge:
            self.workspace.forward()
        elif self._live is not None and self.can_step:
            self._live.step()
            self._stepped = time.monotonic()

    def flow(self, on: bool) -> None:
        """At the live edge: take a step, and, until this is called with False, follow each step that is done
        by another at once (more than 60 a second). Any other stop ends it. Elsewhere nothing happens.
        """
        if not on:
            self._flow.end()
        elif self.at_edge and self.can_step and self.workspace.stopped is not None:
            self._flow.begin(self.workspace.stopped.serial)
            self.forward()

    def phase_end(self) -> None:
        """To the end of the phase; at the live edge the script executes what is left of it."""
        if not self.at_edge:
            self.workspace.phase_end()
        else:
            self._step_to(StepTo("phase"))

    def next_step(self) -> None:
        """To the next training step; at the live edge the script goes on to its first op."""
        if not self.at_edge:
            self.workspace.next_step()
        else:
            self._step_to(StepTo("step"))

    def leave(self) -> None:
        """Let the script go on without this window; what it has recorded so far stays in sight, and grows."""
        if self._live is not None:
            self._live.leave()

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _begin(self, live: LiveSession, goal: StepTo | None) -> None:
        self._flow.end()
        self._live, self._goal = live, goal
        self._served, self._stepped, self._pausing = 0, None, False

    def _heed(self, status: Status, grew: bool) -> bool:
        """Take over what the script's process said; whether the workspace was told of what grew."""
        workspace, told = self.workspace, False
        stopped = status.stopped
        held = status.state in ("paused", "failed") and stopped is not None
        if stopped is not None and held and stopped.serial != self._served:
            self._stepped, self._pausing = time.monotonic() if self._flow.on else None, False
            if workspace.recording is not None:
                self._served = stopped.serial
            goal, self._goal = self._goal, None
            if goal is not None and self._live is not None:
                self._live.step_to(goal)
            else:
                workspace.halt(stopped, status.held, grew=grew)
                told = True
        elif not held:
            waited = 0.0 if self._stepped is None else time.monotonic() - self._stepped
            self._pausing = self._pausing and status.state == "running"
            if self._stepped is None or waited > BLINK:
                self._stepped = None
                workspace.set_state("pausing" if self._pausing else status.state)
        if self._stepped is None:  # else nothing but the step under way is to be told
            workspace.note(status.held, status.idle)
        hits = {one.breakpoint: one for one in status.hits}
        if hits != workspace.breakpoints.hits:
            workspace.breakpoints.hits = hits
            workspace.tell("hits")
        return told

    def _step_to(self, target: StepTo) -> None:
        if self._live is not None:
            self._live.step_to(target)
            if self.paused:
                self._stepped = time.monotonic()

    def _send_breakpoints(self) -> None:
        if self._live is not None:
            self._live.set_breakpoints(self.workspace.breakpoints.orders)
