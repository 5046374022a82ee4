"""What the Gradient path dock shows: the gradient on its way from the target to one variable, hop by hop."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tapeview.explain import PathStation, Route, route_to
from tapeview.explain.route import Sender
from tapeview.trace import names
from tapeview.trace.query import Step
from tapeview.views.background import Background, Immediate
from tapeview.views.gradient_sources import GradientSource, gradient_sources
from tapeview.views.numbers import number
from tapeview.views.signal import Signal
from tapeview.views.text import tr
from tapeview.views.workspace import Reasons, Workspace

LEAST_DECADES = 3
"""The scale spans at least so many powers of ten, so that small changes look small."""
LEVELS = {"arrives": "ok", "vanishes": "warning", "explodes": "warning", "stops": "warning", "not finite": "error"}


@dataclass(frozen=True, slots=True)
class Row:
    """One station. ``share`` is the length of its bar from 0 to 1 (-1: its norm is not known), ``mark`` is ``""``,
    ``"steepest"``, ``"bad"`` (NaN or Inf), ``"zero"`` or ``"unknown"``. ``position`` is where the cursor goes for it,
    ``words`` all of it for those who hear the window.
    """

    name: str
    sender: str
    norm: str
    factor: str
    share: float
    mark: str
    position: int
    words: str
    several: bool = False
    """Whether several ops sent to it, so that the way can turn to another one."""


class PathModel:
    """``choices`` and the one ``chosen`` (-1: none), the ``rows`` of the way there, ``low`` and ``high`` the powers of
    ten between which bars are drawn, and what the way comes to. ``changed`` after any of it may have changed; nothing
    is worked out before somebody looks.
    """

    def __init__(self, workspace: Workspace, background: Background | None = None) -> None:
        self.changed: Signal[()] = Signal()
        self.longest = False
        self.low, self.high = -LEAST_DECADES, 0
        self._workspace, self._background = workspace, background or Immediate()
        self._wanted = ""
        self._through: frozenset[int] = frozenset()
        self._step: Step | None = None
        self._choices: tuple[GradientSource, ...] = ()
        self._route: tuple[object, Route] | None = None
        self._asked: object = None
        self._rows: tuple[Route, tuple[Row, ...]] | None = None
        self._disconnect = workspace.changed.connect(self._workspace_changed)

    def dispose(self) -> None:
        """Stop listening to the workspace."""
        self._disconnect()

    # -- what is shown -------------------------------------------------------------------------------------------------

    @property
    def choices(self) -> tuple[GradientSource, ...]:
        """What the gradient calls of the step were asked for and gave."""
        step, recording = self._workspace.step, self._workspace.recording
        if step is not self._step:
            self._step = step
            self._choices = gradient_sources(recording, step) if recording is not None and step is not None else ()
        return self._choices

    @property
    def chosen(self) -> int:
        """The number of the choice shown."""
        choices = self.choices
        found = (n for n, choice in enumerate(choices) if choice.name == self._wanted)
        return next(found, 0 if choices else -1)

    @property
    def route(self) -> Route | None:
        """The way to the choice; None while it is not known."""
        recording, chosen = self._workspace.recording, self.chosen
        step = self._step
        if recording is None or step is None or chosen < 0:
            return None
        choice, longest, through = self._choices[chosen], self.longest, self._through
        key = (id(recording), id(step), choice, longest, through)
        if self._route is not None and self._route[0] == key:
            return self._route[1]
        if self._asked != key:
            self._asked = key
            quiet = True

            def done(found: Route) -> None:
                if self._asked == key:
                    self._asked = None
                    self._route = key, found
                    if not quiet:
                        self.changed.emit()

            self._background.submit(
                lambda: route_to(
                    recording, step, choice.tensor, choice.call, choice.name, longest=longest, through=through
                ),
                done,
            )
            quiet = False
        return self._route[1] if self._route is not None and self._route[0] == key else None

    @property
    def rows(self) -> tuple[Row, ...]:
        """The stations, the target first."""
        route = self.route
        if route is None:
            return ()
        if self._rows is None or self._rows[0] is not route:
            self._rows = route, self._make_rows(route)
        return self._rows[1]

    @property
    def current(self) -> int:
        """The row at which the cursor stands, -1 for none."""
        position = self._workspace.cursor.position
        route = self.route
        if route is None or route.step != self._workspace.cursor.step:
            return -1
        return next((n for n, one in enumerate(route.stations) if one.op and one.position == position), -1)

    @property
    def level(self) -> str:
        """``ok``, ``warning``, ``error``, or "" where nothing is known."""
        route = self.route
        return LEVELS.get(route.verdict, "") if route is not None else ""

    @property
    def verdict(self) -> str:
        """What the way comes to, in a word or two."""
        route = self.route
        return {
            "arrives": tr("Arrives"),
            "vanishes": tr("Vanishes"),
            "explodes": tr("Explodes"),
            "stops": tr("Stops"),
            "not finite": tr("NaN or Inf"),
        }.get(route.verdict if route is not None else "", "")

    @property
    def text(self) -> str:
        """What that means and what to do; without a way, why there is none."""
        route = self.route
        if route is not None:
            return f"{route.text} {route.advice}".strip()
        if not self._workspace.step_count:
            return tr("Here stands how large a gradient is at every hop from the loss to a variable.")
        return "" if self._choices else tr("No gradient was taken in this step.")

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def choose(self, number: int) -> None:
        """Show the way to another choice; a number out of range changes nothing."""
        if 0 <= number < len(self.choices) and number != self.chosen:
            self._wanted = self.choices[number].name
            self.changed.emit()

    def take_longest(self, longest: bool) -> None:
        """Lead to the use whose gradient came last, or to the one that got most."""
        if longest != self.longest:
            self.longest = longest
            self.changed.emit()

    def turn(self, row: int) -> None:
        """Lead the way through the next one of the ops that sent to a station."""
        route = self.route
        if route is None or not 0 <= row < len(route.stations) or len(route.stations[row].several) < 2:
            return
        several = route.stations[row].several
        ops = tuple(dict.fromkeys(one.op for one in several))
        taken = next((one.op for one in several if one.taken), ops[0])
        self._through = (self._through - set(ops)) | {ops[(ops.index(taken) + 1) % len(ops)]}
        self.changed.emit()

    def go(self, row: int) -> None:
        """Move the cursor to where a station's gradient was sent."""
        rows, route = self.rows, self.route
        if route is not None and 0 <= row < len(rows) and rows[row].position >= 0:
            self._workspace.move_to(route.step, rows[row].position)

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _workspace_changed(self, reasons: Reasons) -> None:
        if not reasons & {"recording", "cursor", "selection", "data", "values"}:
            return
        if "recording" in reasons:
            self._step, self._choices, self._route, self._asked, self._rows = None, (), None, None, None
        if "values" in reasons:
            self._route = None
        selection, recording = self._workspace.selection, self._workspace.recording
        if "selection" in reasons and selection.kind == "variable" and recording is not None:
            variable = recording.variables().get(selection.id)
            name = names.variable_name(recording, variable) if variable is not None else ""
            if any(choice.name == name for choice in self.choices):
                self._wanted = name
        self.changed.emit()

    def _make_rows(self, route: Route) -> tuple[Row, ...]:
        logs = [math.log10(one.norm) for one in route.stations if one.norm]
        self.high = math.ceil(max(logs, default=0.0) - 1e-9)
        self.low = min(math.floor(min(logs, default=0.0) + 1e-9), self.high - LEAST_DECADES)
        return tuple(self._row(route, place, one) for place, one in enumerate(route.stations))

    def _row(self, route: Route, place: int, one: PathStation) -> Row:
        share = -1.0
        if one.norm:
            share = max(0.0, (math.log10(one.norm) - self.low) / (self.high - self.low))
        elif one.norm == 0.0:
            share = 0.0
        if one.bad:
            mark, norm = "bad", tr("NaN or Inf")
        elif one.norm is None:
            mark, norm = "unknown", tr("not kept")
        else:
            mark = "steepest" if place == route.steepest else "zero" if one.norm == 0.0 else ""
            norm = number(one.norm, 3)
        factor = f"×{number(one.factor, 2)}" if one.factor is not None else ""
        if not one.op:
            sender = tr("the target")
        else:
            parts = [f"∇{one.op_name}", one.layer, tr("line {line}").format(line=one.line) if one.line else ""]
            sender = " · ".join(part for part in parts if part)
            if one.senders > 1:
                sender += " · " + tr("1 of {n} senders").format(n=one.senders)
                sender += f" ({one.share:.0%})" if one.share is not None else ""
        others = [_words(other) for other in one.several if not other.taken]
        also = tr("also sent by {others}").format(others="; ".join(others)) if others else ""
        words = ", ".join(part for part in (one.name, sender, f"‖g‖ {norm}", factor, also) if part)
        return Row(one.name, sender, norm, factor, share, mark, one.position, words, len(one.several) > 1)


def _words(one: Sender) -> str:
    parts = [f"∇{one.op_name}", one.layer, tr("line {line}").format(line=one.line) if one.line else ""]
    shown = " · ".join(part for part in parts if part)
    return f"{shown} ({one.share:.0%})" if one.share is not None else shown
