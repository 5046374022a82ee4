"""What the Inspector dock shows: the sheet of the selection, else of the cursor's position, and one of its tensors."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from tapeview.explain import why, why_none
from tapeview.trace.query import Recording, Step
from tapeview.trace.records import Stats
from tapeview.trace.values import statistics
from tapeview.views.background import Background
from tapeview.views.classes import Compared, compared, labels_in
from tapeview.views.explained import Explained
from tapeview.views.fetching import Fetching
from tapeview.views.graph_runs import NO_STEP
from tapeview.views.inspector_node import NodePages
from tapeview.views.inspector_pages import Pages
from tapeview.views.inspector_sheet import TABS, Entry, Sheet
from tapeview.views.numbers import brief
from tapeview.views.run_index import run_index
from tapeview.views.senders import Senders, SenderTables
from tapeview.views.signal import Signal
from tapeview.views.tensor_content import Meaning
from tapeview.views.tensor_model import TensorModel
from tapeview.views.tensors import record_of, stats_of, value_of
from tapeview.views.text import tr
from tapeview.views.tiles import layout_of
from tapeview.views.whatif import Experiment
from tapeview.views.whatif_form import Form
from tapeview.views.workspace import Reasons, Workspace

QUICK = 65_536
"""Tensors of at most this many elements are read and measured at once, larger ones in the background."""


class InspectorModel:
    """``sheet``, the tab and the entry chosen, and ``tensor`` which draws that entry; ``fetching`` where it has no
    value. ``changed`` after the sheet or a choice changed.
    """

    def __init__(
        self,
        workspace: Workspace,
        background: Background | None = None,
        explained: Explained | None = None,
        experiment: Experiment | None = None,
    ) -> None:
        self.changed: Signal[()] = Signal()
        self.experiment = experiment
        self.form = Form(workspace, experiment) if experiment is not None else None
        self._picked: tuple[int, ...] | None = None
        self.draws_after = False
        """Whether what is drawn are the values with the changes, where there are any."""
        self._workspace, self._explained = workspace, explained
        self._senders = SenderTables(background, self.changed.emit)
        self.tensor = TensorModel(background)
        self.fetching = Fetching(workspace)
        self.sheet = Sheet()
        self._step: Step | None = None
        self.tab = "value"
        self._tab_of: dict[str, str] = {}
        self._key_of: dict[tuple[str, str], str] = {}
        self._disconnects = (
            workspace.changed.connect(self._workspace_changed),
            self.tensor.changed.connect(self._look_for_values),
            *((experiment.changed.connect(self._experiment_changed),) if experiment is not None else ()),
        )
        self._after_told: tuple[np.ndarray | None, str] = (None, "")
        self._workspace_changed(frozenset({"recording"}))

    def dispose(self) -> None:
        """Stop listening to the workspace."""
        for disconnect in self._disconnects:
            disconnect()
        self.fetching.dispose()
        if self.form is not None:
            self.form.dispose()

    # -- what is shown -------------------------------------------------------------------------------------------------

    @property
    def tabs(self) -> tuple[str, ...]:
        """The tabs that have something to show."""
        sheet = self.sheet
        return tuple(tab for tab in TABS if (sheet.details if tab == "details" else sheet.tabs.get(tab)) or (
            tab == "gradient" and sheet.whys))  # fmt: skip

    @property
    def empty_text(self) -> str:
        """What to do while there is nothing to show."""
        workspace = self._workspace
        if workspace.step_count:
            return tr("Step to an op, or pick a node, a line or a variable.")
        if workspace.state in ("running", "pausing", "paused"):
            return tr("Here stands what an op did, as soon as the script opens a tape.")
        if workspace.state == "ready":
            return tr("Run the script (F5). Then step through its ops: this shows what each of them did.")
        return tr("Nothing was recorded, so there is nothing to look into.")

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The tensors of the tab shown."""
        return self.sheet.tabs.get(self.tab, ())

    @property
    def entry(self) -> Entry | None:
        """The entry that is drawn."""
        entries = self.entries
        wanted = self._key_of.get((self.sheet.kind, self.tab))
        chosen = next((entry for entry in entries if entry.key == wanted), None)
        if chosen is not None:
            return chosen
        values = [entry for entry in entries if entry.status == "value"]
        return next((entry for entry in values if entry.bad), (*values, *entries, None)[0])

    @property
    def senders(self) -> tuple[Senders, ...]:
        """Who sent the gradients of the sheet, where several ops did."""
        recording, step = self._workspace.recording, self._workspace.step
        if recording is None or step is None or self.tab != "gradient":
            return ()
        return self._senders.tables(recording, step, self._workspace.cursor.position, self.sheet.fans)

    @property
    def after(self) -> np.ndarray | None:
        """The value of the entry drawn with the changes of a what-if; None if there is none, or not yet."""
        entry = self.entry
        if self.experiment is None or entry is None or entry.minus:
            return None
        return self.experiment.after(entry.tensor)

    @property
    def after_words(self) -> str:
        """`after` in a few words; "" if there is none."""
        after = self.after
        if self._after_told[0] is not after:
            self._after_told = after, brief(after, statistics(after)) if after is not None else ""
        return self._after_told[1]

    # -- verbs ---------------------------------------------------------------------------------------------------------

    def draw_after(self, after: bool) -> None:
        """Draw what values are with the changes of a what-if, or what was recorded."""
        if after != self.draws_after:
            self.draws_after = after
            self._show()

    def change(self, how: str = "") -> None:
        """Open the form in which the entry drawn is changed."""
        if self.tab not in ("value", "inputs"):
            self.choose_tab("value")
        entry = self.entry
        if self.form is not None:
            tensor = entry.tensor if entry is not None else 0
            self.form.show(tensor, how, self.tensor.picked if not self.draws_after else None)

    def choose_tab(self, tab: str) -> None:
        """Show another tab; remembered per kind of sheet. An unknown or empty one changes nothing."""
        if tab in self.tabs and tab != self.tab:
            self.tab = self._tab_of[self.sheet.kind] = tab
            self._show()

    def choose(self, key: str) -> None:
        """Draw another entry of the tab; remembered per kind of sheet and tab."""
        if any(entry.key == key for entry in self.entries):
            self._key_of[self.sheet.kind, self.tab] = key
            self._show()

    def jump(self, key: str) -> None:
        """Move the cursor to where an entry's value comes into being, if that is still ahead."""
        entry = next((entry for entry in self.entries if entry.key == key), None)
        if entry is not None and entry.jump is not None:
            self._workspace.move_to(*entry.jump)

    def can_ask(self, entry: Entry) -> bool:
        """Whether the question "why?" about an entry has an answer."""
        return self._explained is not None and bool(entry.ask)

    def ask(self, key: str) -> None:
        """Find out why an entry is None, not finite, huge or zero; the answer is among the findings then."""
        entry = next((entry for entry in self.entries if entry.key == key), None)
        recording, step = self._workspace.recording, self._workspace.cursor.step
        if entry is None or recording is None or self._explained is None or not entry.ask:
            return
        if entry.ask == "none":
            about = entry.about
            self._explained.ask(lambda: why_none(recording, step, about))
        else:
            tensor = entry.tensor
            self._explained.ask(lambda: why(recording, step, tensor))

    def go_to(self, position: int) -> None:
        """Move the cursor to a position of the step."""
        self._workspace.move_to(self._workspace.cursor.step, position)

    def clear_selection(self) -> None:
        """Go back to what the cursor shows."""
        self._workspace.select("none")

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _workspace_changed(self, reasons: Reasons) -> None:
        if not reasons & {"recording", "cursor", "selection", "data", "state", "values"}:
            return
        if reasons & {"recording", "values"}:
            self._senders.clear()
        if "recording" in reasons:
            self.tensor.clear()
        if "values" in reasons and self.tensor.state == "not kept":
            self.tensor.forget()
            self._show()
        sheet, self._step = self._sheet(), self._workspace.step
        if sheet == self.sheet:
            if sheet.kind == "empty" and reasons & {"recording", "state"}:
                self.changed.emit()
            return
        self.sheet = sheet
        tabs = self.tabs
        wanted = self._tab_of.get(sheet.kind, sheet.first_tab)
        self.tab = wanted if wanted in tabs else tabs[0] if tabs else "value"
        self._show()

    def _sheet(self) -> Sheet:
        workspace = self._workspace
        recording, step, position = workspace.recording, workspace.step, workspace.position
        kind, id = workspace.selection
        if recording is not None and kind == "node":
            return NodePages(recording, step or NO_STEP, workspace.cursor.position).node(id)
        if recording is None or step is None:
            return Sheet()
        pages = Pages(recording, step, workspace.cursor.position)
        if kind == "op" and id in step.ops:
            return pages.op(step.ops[id])
        if kind == "tensor":
            return pages.op(step.ops[step.made_by[id]]) if id in step.made_by else pages.tensor(id)
        if kind == "variable":
            for state in recording.variables_at(*workspace.cursor):
                if state.variable.id == id:
                    return pages.variable(state)
        if position is None:
            return Sheet()
        sheet, run = pages.position(position), run_index(recording, step)
        node = recording.graphs.node(run.graph, run.nodes[position.index]) if run is not None else None
        if node is None or sheet.kind == "empty":
            return sheet
        # A run computes the gradients that it was asked for: there is nothing to explain about the others.
        tabs = {tab: tuple([_unasked(one) for one in shown]) for tab, shown in sheet.tabs.items()}
        where = tr("node {name} · {where}").format(name=node.name, where=sheet.where)
        return replace(sheet, where=where, tabs=tabs, whys=())

    def _show(self) -> None:
        entry, recording = self.entry, self._workspace.recording
        if entry is None or not entry.tensor or recording is None:
            self.tensor.clear()
        else:
            self._read(recording, entry)
        self.changed.emit()

    def _experiment_changed(self, reasons: Reasons) -> None:
        # The news of a step that the cursor has just come to may be here before its sheet is.
        if reasons & {"state", "here", "values"} and self._step is self._workspace.step:
            self._show()

    def _look_for_values(self) -> None:
        """Offer to fetch what is shown and has no value."""
        if self.form is not None and self.tensor.picked != self._picked:
            self._picked = self.tensor.picked
            self.form.pick(self._picked)
        entry = self.entry
        if self.tensor.state != "not kept" or entry is None:
            self.fetching.look_at(())
        else:
            self.fetching.look_at(tuple(tensor for tensor in (entry.tensor, entry.minus) if tensor))

    def _read(self, recording: Recording, entry: Entry) -> None:
        tensor, minus = entry.tensor, entry.minus
        after = self.after if self.draws_after else None
        if after is not None and self.experiment is not None:
            token = ("what if", self.experiment.serial, tensor)
            self.tensor.show(token, lambda: after, lambda: statistics(after), entry.role)
            return

        def read() -> np.ndarray | None:
            array = value_of(recording, tensor)
            if not minus or array is None:
                return array
            before = value_of(recording, minus)
            if before is None or before.shape != array.shape or array.dtype.kind not in "iufc":
                return None
            with np.errstate(all="ignore"):
                return np.asarray(array - before)

        def stats() -> Stats | None:
            return None if minus else stats_of(recording, tensor)

        record = record_of(recording, tensor)
        quick = record is None or math.prod(record.shape) <= QUICK
        step = self._workspace.step
        against = compared(recording, step, tensor) if step is not None and not minus else Compared()
        shape = record.shape if record is not None else ()
        meaning = Meaning(
            layout_of(recording, shape), against.logits, lambda: labels_in(recording, against.labels, shape)
        )
        self.tensor.show((id(recording), tensor, minus), read, stats, entry.role, quick=quick, meaning=meaning)


def _unasked(entry: Entry) -> Entry:
    return replace(entry, why=None, ask="" if entry.ask == "none" else entry.ask)
