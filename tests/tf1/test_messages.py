"""``tf.logging``."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tapeview.engine.warn import get_logger
from tapeview.tf1 import messages


@pytest.fixture(autouse=True)
def _level() -> Iterator[None]:
    before = get_logger().level
    yield
    get_logger().setLevel(before)


def as_in_a_script(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pytest's own handlers, which it puts back for each phase of a test."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])


def test_messages_above_the_level_go_to_standard_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    as_in_a_script(monkeypatch)
    messages.set_verbosity(messages.WARN)
    messages.info("nothing of this")
    messages.warn("a %s", "warning")
    messages.error("an error")
    messages.fatal("the worst")
    messages.set_verbosity(messages.DEBUG)
    messages.debug("details")
    messages.vlog(messages.INFO, "said")
    messages.log_if(messages.INFO, "yes", True)
    messages.log_if(messages.INFO, "no", False)
    messages.flush()
    assert capsys.readouterr().err.splitlines() == [
        "WARNING:tensorflow:a warning",
        "ERROR:tensorflow:an error",
        "CRITICAL:tensorflow:the worst",
        "DEBUG:tensorflow:details",
        "INFO:tensorflow:said",
        "INFO:tensorflow:yes",
    ]
    assert messages.get_verbosity() == messages.DEBUG


def test_messages_that_are_counted(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    as_in_a_script(monkeypatch)
    for k in range(7):
        messages.log_every_n(messages.ERROR, "every %d", 3, k)
        messages.log_first_n(messages.ERROR, "first %d", 2, k)
    err = capsys.readouterr().err
    assert [line.split(":")[2] for line in err.splitlines()] == ["every 0", "first 0", "first 1", "every 3", "every 6"]
