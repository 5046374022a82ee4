from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tapeview.trace.query import Recording
from tapeview.views.graph_model import GraphModel
from tapeview.views.search_model import SearchModel
from tapeview.views.source_model import SourceModel
from tapeview.views.workspace import Workspace
from tests.helpers.recordings import REGRESSION, write_regression

LINES = REGRESSION.split("\n")


class Desk:
    """A search over a graph and its source."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.graph, self.source = GraphModel(workspace), SourceModel(workspace)
        self.search = SearchModel(self.graph, self.source)

    def at(self) -> str:
        """What has been gone to: the op that is picked, or the text of the line that is lit."""
        step, selection = self.workspace.step, self.workspace.selection
        if self.search.text.startswith("line"):
            return LINES[self.source.mark.line - 1].strip()
        return step.ops[selection.id].op if step is not None and selection.kind == "op" else ""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Recording.open(write_regression(tmp_path / "r.tapeview")) as recording:
        workspace = Workspace()
        workspace.open(recording)
        desk = Desk(workspace)
        yield desk
        desk.search.dispose()
        desk.graph.dispose()
        desk.source.dispose()


def test_nodes_come_first_then_lines_round_and_round(desk: Desk) -> None:
    desk.search.search("Square")
    assert desk.search.text == "1 of 2"
    seen = []
    for _ in range(3):
        desk.search.next()
        seen.append(desk.at())
    assert seen == ["Square", "return tf.reduce_mean(tf.square(y_pred - y))", "Square"]
    desk.search.next(-1)
    line = next(n for n, text in enumerate(LINES, 1) if "tf.square" in text)
    assert desk.search.text == f"line {line} · 2 of 2"


def test_what_only_the_source_holds_is_shown_while_typing(desk: Desk) -> None:
    heard: list[str] = []
    desk.search.changed.connect(lambda: heard.append(desk.search.text))
    desk.search.search("  APPLY_gradients ")
    assert desk.at().startswith("optimizer.apply_gradients")
    assert desk.search.count == 1
    assert heard[-1].endswith("1 of 1")


def test_nothing_found_and_nothing_asked(desk: Desk) -> None:
    desk.search.search("no such thing")
    assert desk.search.text == "nothing"
    desk.search.next()
    assert desk.workspace.selection.kind == "none"
    desk.search.search("")
    assert (desk.search.text, desk.search.lines) == ("", ())
    assert desk.source.find("") == ()
