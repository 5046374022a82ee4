"""What is said of a what-if: its heading, what cannot be trusted, and what may be done now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tapeview.explain.compare import DIFFERENT
from tapeview.views.numbers import brief
from tapeview.views.runs import step_name
from tapeview.views.text import tr
from tapeview.views.whatif_edits import change_tip, change_words

if TYPE_CHECKING:
    from tapeview.views.whatif import Experiment

MOST = 4
"""So many changes are named in a heading."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence (``level`` is ``error``, ``warning`` or "") with what may be done: ``verb``, which ``act`` does, and
    ``back``, which leads to the step that is changed.
    """

    text: str = ""
    level: str = ""
    verb: str = ""
    act: str = ""
    back: str = ""


def capital(text: str) -> str:
    """With a capital at its beginning."""
    return text[:1].upper() + text[1:]


def outcome_words(value: np.ndarray | None) -> str:
    """The value of a target, in a few words."""
    return tr("not known") if value is None else brief(value)


def heading(experiment: Experiment, *, brief: bool = False) -> str:
    """What was changed (left out in a ``brief`` one), and how much that changes."""
    recording = experiment.recording
    if experiment.step < 0 or recording is None:
        return ""
    on = [change_words(edit.change) for edit in experiment.edits if edit.on]
    name = capital(step_name(recording, experiment.step))
    if not on:
        return tr("{step}: no change is switched on").format(step=name)
    more = tr(" and {n} more").format(n=len(on) - MOST) if len(on) > MOST else ""
    if not brief:
        name = tr("{step} with {changes}").format(step=name, changes=", ".join(on[:MOST]) + more)
    if experiment.answer is None:
        return name
    rows = experiment.rows
    changed = sum(row.state in DIFFERENT for row in rows)
    return tr("{step}: {changed} of {count} values change").format(step=name, changed=changed, count=len(rows))


def invitation() -> str:
    """What to do while nothing is changed."""
    return tr("What if a value had been another one? Pick it in the graph, the variables or the Inspector: Ctrl+I")


def doubts(experiment: Experiment) -> str:
    """What of the answer cannot be trusted, in sentences; "" if all of it can."""
    answer = experiment.answer
    if answer is None:
        return ""
    several = []
    if answer.doubtful:
        words = tr("Not as recorded even without a change: {names}. Do not trust what comes behind them.")
        several.append(words.format(names=_few(answer.doubtful)))
    if answer.branches:
        words = tr("The script might have gone another way: {places}.")
        several.append(words.format(places=_few(answer.branches)))
    return " ".join(several)


def _few(several: tuple[str, ...]) -> str:
    names = ", ".join(several[:3])
    return names + tr(" and {n} more").format(n=len(several) - 3) if several[3:] else names


def told(experiment: Experiment) -> list[tuple[str, str, bool]]:
    """Each change: in words, with what was recorded, and whether it is on."""
    recording = experiment.recording
    if recording is None or experiment.step < 0:
        return []
    return [(change_words(edit.change), change_tip(recording, edit.change), edit.on) for edit in experiment.edits]


def notice(experiment: Experiment) -> Notice:
    """What is to be said now."""
    here = experiment.cursor_step
    if experiment.state == "refused":
        again = ("", "", "") if experiment.hopeless else (tr("Try again"), "again", "")
        return Notice(experiment.message, "error", *(again if experiment.here else _elsewhere(experiment, here)))
    if not experiment.here and experiment.edits:
        changed, shown = (step_name(experiment.recording, step) for step in (experiment.step, here))
        text = tr("These changes were made in {changed}; you are looking at {shown}.").format(
            changed=changed, shown=shown
        )
        return Notice(f"{experiment.remark} {text}".strip(), "", *_elsewhere(experiment, here))
    if experiment.state == "cancelled":
        return Notice(experiment.message, "warning", tr("Work it out"), "again")
    if experiment.state == "shown" and not experiment.shown:
        return Notice(tr("The differences of this what-if are not shown now."), "", tr("Show them"), "again")
    if experiment.remark:
        return Notice(experiment.remark, "warning")
    doubt, answer = doubts(experiment), experiment.answer
    ended = f"{capital(answer.ended).rstrip('.')}." if answer is not None and answer.ended else ""
    return Notice(f"{doubt} {ended}".strip(), "warning" if doubt else "")


def _elsewhere(experiment: Experiment, here: int) -> tuple[str, str, str]:
    if experiment.here or not experiment.edits:
        return "", "", ""
    names: list[str] = [step_name(experiment.recording, step) for step in (here, experiment.step)]
    return tr("Apply to {step}").format(step=names[0]), "apply_here", tr("Go to {step}").format(step=names[1])
