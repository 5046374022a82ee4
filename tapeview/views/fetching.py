"""Values that are not in the recording: why, and getting them from the script while it still has them."""

from __future__ import annotations

from tapeview.protocol import Fetched
from tapeview.trace.values import byte_count
from tapeview.views.numbers import bytes_text
from tapeview.views.signal import Signal
from tapeview.views.tensors import record_of
from tapeview.views.text import tr
from tapeview.views.workspace import Reasons, Workspace


class Fetching:
    """What can be done about a value that is not in the recording.

    ``state``: "" (nothing is missing), "offer" (`start` asks the script for it), "running" (``done`` of ``total`` bytes
    have come; `cancel` gives it up), or "gone" (it cannot be had). ``text`` is one sentence on that. ``changed`` after
    any of these changed. When a value has come the workspace says "values".
    """

    def __init__(self, workspace: Workspace) -> None:
        self.changed: Signal[()] = Signal()
        self._workspace = workspace
        self.state = ""
        self.text = ""
        self.done = 0
        self.total = 0
        self._tensors: tuple[int, ...] = ()
        self._request = 0
        self._round = 0
        self._refused: dict[int, str] = {}
        self._disconnect = workspace.changed.connect(self._workspace_changed)

    def dispose(self) -> None:
        """Stop listening to the workspace, and give up what is under way."""
        self.cancel()
        self._disconnect()

    def look_at(self, tensors: tuple[int, ...]) -> None:
        """These tensors are shown and have no value; none: nothing is missing. What was being fetched before goes on,
        and is in the recording when somebody looks again."""
        if tensors != self._tensors:
            self._tensors, self._request = tensors, 0
            self._round += 1
        self._settle()

    def start(self) -> None:
        """Ask the script for the values."""
        live = self._workspace.live
        if self.state != "offer" or live is None:
            return
        round = self._round

        def take(answer: Fetched | None) -> None:
            self._take(round, answer)

        self._request = live.fetch(self._tensors, take)
        self._set("running", tr("The script hands it over …"), 0, self._bytes())

    def cancel(self) -> None:
        """Give up what is being fetched."""
        if self.state == "running" and self._workspace.live is not None:
            self._workspace.live.cancel(self._request)

    def _take(self, round: int, answer: Fetched | None) -> None:
        if answer is not None and answer.over:
            self._refused |= answer.missing
        if answer is None or answer.over:
            if round == self._round:
                self._request = 0
            if answer is not None:
                self._workspace.tell("values")
            self._settle()
        elif round == self._round:
            self._set("running", self.text, answer.done, answer.total)

    def _workspace_changed(self, reasons: Reasons) -> None:
        if "recording" in reasons:
            self._refused = {}
        if reasons & {"recording", "state", "stop"}:
            self._settle()

    def _settle(self) -> None:
        if not self._tensors:
            self._set("", "", 0, 0)
        elif self._request and self._workspace.live is not None:
            pass  # it is on its way
        else:
            refusal = next((self._refused[tensor] for tensor in self._tensors if tensor in self._refused), "")
            if refusal:
                self._set("gone", refusal, 0, 0)
            elif self._workspace.live is not None:
                size = bytes_text(self._bytes())
                self._set("offer", tr("Not in the recording ({size}).").format(size=size), 0, 0)
            else:
                self._set("gone", self._why(), 0, 0)

    def _bytes(self) -> int:
        recording = self._workspace.recording
        records = [record_of(recording, tensor) for tensor in self._tensors] if recording is not None else []
        return sum(byte_count(record.dtype, record.shape) or 0 for record in records if record is not None)

    def _why(self) -> str:
        """Why a value is not in a recording whose script has ended, and what would have kept it."""
        workspace, recording = self._workspace, self._workspace.recording
        if recording is None:
            return tr("Not kept.")
        kept = recording.step_info(workspace.cursor.step).kept if workspace.step_count else ""
        if kept == "scalars":
            return tr(
                "Not kept: the recording had grown so large that of this training step only the scalars were written; "
                "--keep-steps all would have kept it."
            )
        if kept == "small values":
            return tr(
                "Not kept: the training was so long that large values of some steps only were written, and this step "
                "is none of them; --keep-steps all would have kept it."
            )
        size = bytes_text(self._bytes())
        return tr(
            "Not kept: {size} are more than is written of a tensor; --keep-values {size} would have kept it, and while "
            "the script is paused it can be fetched."
        ).format(size=size.replace(" ", ""))

    def _set(self, state: str, text: str, done: int, total: int) -> None:
        if (state, text, done, total) != (self.state, self.text, self.done, self.total):
            self.state, self.text, self.done, self.total = state, text, done, total
            self.changed.emit()
