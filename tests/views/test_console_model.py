from __future__ import annotations

from pathlib import Path

import pytest

from tapeview.trace.query import Recording
from tapeview.views.console_model import ConsoleModel, Piece
from tapeview.views.workspace import Workspace
from tests.helpers.recordings import Regression


def pieces(tmp_path: Path, *written: tuple[str, str]) -> list[Piece]:
    scene = Regression(tmp_path / "c.tapeview")
    for stream, text in written:
        scene.say(text, stream)
    with Recording.open(scene.finish()) as recording:
        workspace = Workspace()
        workspace.open(recording)
        model = ConsoleModel(workspace)
        return model.take()[0:]


HEAD = "x: [ 1  2  3  4  5  6  7  8  9 10]\n"


def test_pieces_of_one_stream_are_put_together(tmp_path: Path) -> None:
    assert pieces(tmp_path, ("stdout", "한"), ("stdout", "글\n"), ("stderr", "oh\n")) == [
        Piece("stdout", HEAD + "한글\n"),
        Piece("stderr", "oh\n"),
    ]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (["10%\r", "20%\r", "done\n"], [Piece("stdout", "done\n", True)]),
        (["a\r\nb\n"], [Piece("stdout", "a\nb\n")]),
        (["a\r", "\nb\n"], [Piece("stdout", "a\nb\n")]),
        (["\x1b[31mred\x1b[0m \x1b]0;title\x07ok\x07\n"], [Piece("stdout", "red ok\n")]),
    ],
)
def test_terminal_habits(tmp_path: Path, written: list[str], shown: list[Piece]) -> None:
    found = pieces(tmp_path, ("stderr", "!\n"), *(("stdout", text) for text in written))
    assert found[2:] == shown


def test_each_piece_is_handed_out_once_as_it_comes(tmp_path: Path) -> None:
    scene = Regression(tmp_path / "c.tapeview")
    scene.writer.commit()
    with Recording.open(tmp_path / "c.tapeview") as recording:
        workspace = Workspace()
        workspace.open(recording)
        model = ConsoleModel(workspace)
        heard: list[str] = []
        model.changed.connect(lambda: heard.append("changed"))
        model.cleared.connect(lambda: heard.append("cleared"))
        assert model.take() == [Piece("stdout", HEAD)]
        assert model.take() == []
        scene.say("더\n")
        scene.writer.commit()
        assert recording.refresh()
        workspace.refreshed()
        assert model.take() == [Piece("stdout", "더\n")]
        workspace.close()
        assert heard == ["changed", "cleared"]
    scene.finish()
