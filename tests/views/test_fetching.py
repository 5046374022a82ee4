"""Getting a value from the script, with a script that answers as it is told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tapeview.protocol import Fetched
from tapeview.trace.query import Recording
from tapeview.views.fetching import Fetching
from tapeview.views.live import LiveScript
from tapeview.views.workspace import Workspace
from tests.helpers.recordings import Regression

LARGE = 9001


class Script(LiveScript):
    """Notes what it is asked."""

    def __init__(self) -> None:
        self.asked: dict[int, tuple[int, ...]] = {}
        self.cancelled: list[int] = []
        self._dones: dict[int, Callable[[Fetched | None], object]] = {}

    def fetch(self, tensors: object, done: Callable[[Fetched | None], object]) -> int:
        request = len(self.asked) + 1
        self.asked[request] = tuple(tensors)  # type: ignore[arg-type]
        self._dones[request] = done
        return request

    def cancel(self, request: int) -> None:
        self.cancelled.append(request)

    def say(self, request: int, done: int, *, over: bool = False, missing: dict[int, str] | None = None) -> None:
        self._dones[request](Fetched(request, done, 100, over, missing or {}))

    def end(self, request: int) -> None:
        self._dones[request](None)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    scene = Regression(tmp_path / "r.tapeview")
    scene.train()
    tensor = scene.tensor(np.zeros((2000, 1000), np.float32), "constant")
    scene.train()
    with Recording.open(scene.finish()) as recording:
        made = Workspace()
        made.open(recording, state="running")
        made.live = Script()
        made.message = str(tensor)
        yield made


def model_of(workspace: Workspace) -> tuple[Fetching, Script, int, list[frozenset[str]]]:
    assert isinstance(workspace.live, Script)
    heard: list[frozenset[str]] = []
    workspace.changed.connect(heard.append)
    return Fetching(workspace), workspace.live, int(workspace.message), heard


def test_progress_is_shown_until_the_value_is_there(workspace: Workspace) -> None:
    model, script, tensor, heard = model_of(workspace)
    model.look_at(())
    assert model.state == ""
    model.start()
    assert script.asked == {}
    model.look_at((tensor,))
    assert (model.state, model.text) == ("offer", "Not in the recording (8.0 MB).")
    model.start()
    assert script.asked == {1: (tensor,)}
    script.say(1, 40)
    assert (model.state, model.done, model.total) == ("running", 40, 100)
    script.say(1, 100, over=True)
    assert heard == [frozenset({"values"})]
    assert model.state == "offer", "until whoever shows it says that nothing is missing any more"


def test_what_cannot_be_had_says_why(workspace: Workspace) -> None:
    model, script, tensor, _ = model_of(workspace)
    model.look_at((tensor,))
    model.start()
    script.say(1, 0, over=True, missing={tensor: "It is not in memory any more."})
    assert (model.state, model.text) == ("gone", "It is not in memory any more.")
    model.look_at((tensor, 1))
    assert model.state == "gone"
    model.look_at((1,))
    assert model.state == "offer"


def test_a_fetch_is_given_up(workspace: Workspace) -> None:
    model, script, tensor, _ = model_of(workspace)
    model.cancel()
    assert script.cancelled == []
    model.look_at((tensor,))
    model.start()
    model.cancel()
    assert script.cancelled == [1]
    model.dispose()
    assert script.cancelled == [1, 1]


def test_looking_at_something_else_meanwhile_is_not_disturbed(workspace: Workspace) -> None:
    model, script, tensor, heard = model_of(workspace)
    model.look_at((tensor,))
    model.start()
    model.look_at((1,))
    assert model.state == "offer"
    script.say(1, 50)
    assert (model.state, model.done) == ("offer", 0)
    script.say(1, 100, over=True)
    assert heard == [frozenset({"values"})]
    assert model.state == "offer"


def test_a_script_that_ends_meanwhile_leaves_the_reason(workspace: Workspace) -> None:
    model, script, tensor, _ = model_of(workspace)
    model.look_at((tensor,))
    model.start()
    workspace.live = None
    script.end(1)
    workspace.set_state("killed")
    assert model.state == "gone"
    assert "--keep-values" in model.text
