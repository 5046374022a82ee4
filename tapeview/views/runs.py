"""Runs of deferred graphs in words: ``run 12: update_W, update_b``."""

from __future__ import annotations

from tapeview.trace import names
from tapeview.trace.graph_records import GraphNode
from tapeview.trace.graphs import GraphRun, node_name
from tapeview.trace.query import Recording
from tapeview.views.text import tr

MOST_FETCHES, MANY_FETCHES = 3, 8


def node_label(recording: Recording, node: GraphNode) -> str:
    """The user's name for a node, else its own."""
    if recording.graphs.whole(node):
        return names.node_label(recording, node.name, node.site)
    return node.name


def run_at(recording: Recording | None, step: int) -> GraphRun | None:
    """The run that a step is; None if it is none."""
    return recording.graphs.runs.get(step) if recording is not None else None


def run_number(recording: Recording | None, step: int) -> str:
    """``run 12``; "" for a step that is no run."""
    run = run_at(recording, step)
    return "" if run is None else tr("run {n}").format(n=run.run)


def step_name(recording: Recording | None, step: int) -> str:
    """What a step is called: ``run 12`` of a deferred graph, else ``step 13``."""
    return run_number(recording, step) or tr("step {step}").format(step=step + 1)


def step_words(recording: Recording, step: int, most: int = MOST_FETCHES) -> str:
    """``run 12: update_W, update_b``, or ``step 13 of 501``."""
    words = run_words(recording, step, most)
    return words or tr("step {step} of {steps}").format(step=step + 1, steps=recording.step_count)


def all_are_runs(recording: Recording | None) -> bool:
    """Whether every step of a recording is a run of a deferred graph."""
    return recording is not None and 0 < recording.step_count <= len(recording.graphs.runs)


def fetch_words(recording: Recording, run: GraphRun, most: int = MOST_FETCHES) -> str:
    """What a run was asked for, by the user's names: ``update_W, update_b``, of many the first."""
    words = []
    for name in run.fetches[:most]:
        node = recording.graphs.named(run.graph, name)
        words.append(node_label(recording, node) if node is not None else node_name(name))
    return ", ".join([*words, "…"] if run.asked > len(words) else words)


def run_words(recording: Recording | None, step: int, most: int = MOST_FETCHES) -> str:
    """``run 12: update_W, update_b``; "" for a step that is no run."""
    run = run_at(recording, step)
    if recording is None or run is None:
        return ""
    asked, number = fetch_words(recording, run, most), run_number(recording, step)
    return tr("{run}: {names}").format(run=number, names=asked) if asked else number
