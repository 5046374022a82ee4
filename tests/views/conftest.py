from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.views.desk import Desk


@pytest.fixture
def live_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A session whose script is ended with the test, and a configuration of its own."""
    monkeypatch.setenv("TAPEVIEW_RECORDINGS", str(tmp_path / "recordings"))
    for kind in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    made = Desk(tmp_path)
    yield made
    made.session.end()
