from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tapeview.debugger import LiveSession
from tests.helpers.scripts import LIMIT, write_script


class Watch:
    """Waits for a session's news."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.seen: list[str] = []
        self.session: LiveSession | None = None

    def __call__(self) -> None:
        with self.changed:
            assert self.session is not None
            if self.seen[-1:] != [self.session.state]:
                self.seen.append(self.session.state)
            self.changed.notify_all()

    def until(self, condition: Callable[[LiveSession], bool]) -> None:
        session = self.session
        assert session is not None
        with self.changed:
            assert self.changed.wait_for(lambda: condition(session), LIMIT), (session.state, session.status)


@pytest.fixture
def open_session(tmp_path: Path) -> Iterator[Callable[..., tuple[LiveSession, Watch]]]:
    """Makes sessions that are closed at the end."""
    made: list[LiveSession] = []

    def make(source: str, *arguments: str, **more: object) -> tuple[LiveSession, Watch]:
        watch = Watch()
        script = write_script(tmp_path, source, "내 폴더/a script.py")
        recording = tmp_path / "내 기록" / "a recording.tapeview"
        recording.parent.mkdir(exist_ok=True)
        session = LiveSession(script, arguments, recording=recording, on_change=watch, cwd=tmp_path, **more)  # type: ignore[arg-type]
        watch.session = session
        made.append(session)
        return session, watch

    yield make
    for session in made:
        session.close()
