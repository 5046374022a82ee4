"""The form in which somebody says what a value is to be: what is done with it, with which number, to which element."""

from __future__ import annotations

from tapeview.explain.questions import BLOCK, NOISE, SCALE, SET, ZERO
from tapeview.views.numbers import shape_text
from tapeview.views.signal import Signal
from tapeview.views.text import tr
from tapeview.views.whatif import Experiment
from tapeview.views.whatif_edits import Subject, change_of, element, index_of, recorded
from tapeview.views.workspace import Reasons, Workspace

NO_GRADIENT = BLOCK
"""The way in which an op passes no gradient on."""
_USUAL = {SCALE: "2", NOISE: "0.1", ZERO: "", BLOCK: ""}


class Form:
    """``subject`` is what is changed (None: the form is closed, or ``error`` says why it cannot be). ``value`` and
    ``place`` are what stands in the fields. ``changed`` after any of these changed.
    """

    def __init__(self, workspace: Workspace, experiment: Experiment) -> None:
        self.changed: Signal[()] = Signal()
        self._workspace, self._experiment = workspace, experiment
        self.open = False
        self.subject: Subject | None = None
        self.how = SET
        self.value = self.place = self.error = ""
        self._disconnect = workspace.changed.connect(self._workspace_changed)

    def dispose(self) -> None:
        """Stop listening to the workspace."""
        self._disconnect()

    # -- what there is to choose ---------------------------------------------------------------------------------------

    @property
    def ways(self) -> tuple[tuple[str, str], ...]:
        """What may be done with the value, each with its words."""
        found = [
            (SET, tr("set to")),
            (SCALE, tr("multiply by")),
            (ZERO, tr("set to zero")),
            (NOISE, tr("add noise of")),
        ]
        if self.subject is not None and self.subject.ops:
            found.append((BLOCK, tr("let no gradient through")))
        return tuple(found)

    @property
    def title(self) -> str:
        """What is asked."""
        subject = self.subject
        if subject is None:
            return tr("This cannot be changed")
        if self.how == BLOCK:
            return tr("What if {op} passed no gradient on?").format(op=subject.op)
        return tr("What if “{name}” were another value?").format(name=subject.name)

    @property
    def hint(self) -> str:
        """What was recorded, and what the choice means."""
        subject, recording = self.subject, self._workspace.recording
        if subject is None or recording is None:
            return ""
        if self.how == BLOCK:
            return tr(
                "Its gradient rule is switched off: what lies before it gets a gradient only on other ways, as behind "
                "tf.stop_gradient."
            )
        words = []
        if self.how == NOISE:
            words.append(tr("random numbers of a normal distribution with this standard deviation, the same each time"))
        one = element(recording, subject, index_of(self.place))
        if self.place.strip():
            words.append(tr("recorded at {place}: {value}").format(place=f"[{self.place.strip('[] ')}]", value=one))
        else:
            words.append(tr("recorded: {value}").format(value=one or recorded(recording, subject)))
        if subject.size > 1 and not self.place.strip():
            words.append(
                tr("all {count} elements, {shape}").format(count=subject.size, shape=shape_text(subject.shape))
            )
        return " · ".join(words)

    @property
    def takes_value(self) -> bool:
        """Whether a number is asked for."""
        return self.how in (SET, SCALE, NOISE)

    @property
    def takes_place(self) -> bool:
        """Whether one element may be meant."""
        return self.subject is not None and self.subject.size > 1 and self.how != BLOCK

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def show(self, tensor: int, how: str = "", picked: tuple[int, ...] | None = None) -> None:
        """Open the form for a tensor of the step at the cursor; ``picked`` is the element meant."""
        found = self._experiment.subject(tensor)
        self.open, self.error = True, found if isinstance(found, str) else ""
        self.subject = found if isinstance(found, Subject) else None
        self.how = how if any(how == way for way, _ in self.ways) else SET
        self.place = ", ".join(map(str, picked)) if picked and self.takes_place else ""
        self._prefill()
        self.changed.emit()
        if self.subject is not None:
            self._experiment.prepare()

    def close(self) -> None:
        """Close the form."""
        if self.open:
            self.open, self.subject, self.error = False, None, ""
            self.changed.emit()

    def choose(self, how: str) -> None:
        """Do something else with the value."""
        if how != self.how:
            self.how, self.error = how, ""
            self._prefill()
            self.changed.emit()

    def pick(self, index: tuple[int, ...] | None) -> None:
        """Mean one element, or all of them."""
        if self.open and self.takes_place:
            self.place, self.error = ", ".join(map(str, index)) if index else "", ""
            self._prefill()
            self.changed.emit()

    def write(self, value: str, place: str) -> None:
        """What was typed into the fields."""
        if (value, place) != (self.value, self.place):
            self.value, self.place, self.error = value, place, ""
            self.changed.emit()

    def apply(self) -> bool:
        """Make the change, and close the form; False if it does not fit: ``error`` says why."""
        if self.subject is None:
            return False
        change = change_of(self.subject, self.how, self.value, self.place if self.takes_place else "")
        if isinstance(change, str):
            self.error = change
            self.changed.emit()
            return False
        self._experiment.add(change)
        self.close()
        return True

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _prefill(self) -> None:
        recording, subject = self._workspace.recording, self.subject
        if recording is None or subject is None:
            self.value = ""
        elif self.how == SET:
            self.value = element(recording, subject, index_of(self.place))
        else:
            self.value = _USUAL[self.how]

    def _workspace_changed(self, reasons: Reasons) -> None:
        if reasons & {"recording", "cursor", "selection"}:
            self.close()
