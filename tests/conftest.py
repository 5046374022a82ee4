"""Strictness for the whole suite: no leaked widgets, timers or threads, no unexpected logs, nobody's real settings.

Must not know any part of tapeview: what tests share about the product lives in tests/helpers.
"""

from __future__ import annotations

import gc
import logging
import os
import re
import threading
import traceback
import weakref
from collections.abc import Callable, Generator, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.helpers.xvfb import xvfb as xvfb

# The suite draws off screen, also on a desktop: nothing pops up and every machine gives the same pixels.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

QT_INSTALLED = find_spec("PySide6") is not None
QT_FIXTURES = {"qtbot", "qapp", "qtmodeltester", "qtlog"}
collect_ignore = [] if QT_INSTALLED else ["ui", "end2end"]
SCREENSHOTS = Path(__file__).parent.parent / "out" / "failed-tests"

# Deadlines measure the machine, not the code; on CI the same commit gives the same examples.
hypothesis.settings.register_profile("local", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Without Qt there is no pytest-qt either; its settings in pyproject.toml then are known all the same."""
    if not pluginmanager.hasplugin("pytest-qt"):
        for name in ("qt_api", "qt_log_level_fail", "qt_log_ignore"):
            parser.addini(name, "a setting of pytest-qt, unused without it")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test that uses Qt's fixtures the `gui` marker, so that `-m "not gui"` always works."""
    for item in items:
        if QT_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("gui")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failing test of the window leaves a picture of every window it had open in out/failed-tests."""
    report = yield
    if report.when == "call" and report.failed and item.get_closest_marker("gui"):
        from PySide6.QtWidgets import QApplication

        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        stem = re.sub(r"\W+", "-", item.nodeid).strip("-")[-120:]
        for number, widget in enumerate(w for w in QApplication.topLevelWidgets() if w.isVisible()):
            widget.grab().save(str(SCREENSHOTS / f"{stem}-{number}.png"))
    return report


@pytest.fixture(scope="session", autouse=True)
def _own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Settings, caches and recent files go to a folder that is thrown away; what this machine has set stays outside."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("CONFIG_HOME", "CACHE_HOME", "DATA_HOME", "STATE_HOME", "RUNTIME_DIR"):
            (home / kind).mkdir(mode=0o700)
            patch.setenv(f"XDG_{kind}", str(home / kind))
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "PYTHONUNBUFFERED"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(autouse=True)
def _no_unexpected_logs(request: pytest.FixtureRequest) -> Iterator[None]:
    """A log record at WARNING or above fails a test that does not look at the log itself (through `caplog`)."""
    records: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(f"{record.levelname} {record.name}: {record.getMessage()}")

    handler = Collect(logging.WARNING)
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)
    if records and "caplog" not in request.fixturenames:
        pytest.fail("unexpected log records:\n" + "\n".join(records), pytrace=False)


@pytest.fixture(autouse=True)
def _no_leaks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """After a test: every thread it started has ended; with Qt, no window, running timer or running QThread is left."""
    threads = set(threading.enumerate())
    qt = QT_INSTALLED and request.node.get_closest_marker("gui") is not None
    leaked_qt = _watch_qt(monkeypatch) if qt else list
    yield
    leaks = leaked_qt()
    for thread in set(threading.enumerate()) - threads:
        thread.join(2.0)
        if thread.is_alive():
            leaks.append(f"thread {thread.name!r}")
    if leaks:
        pytest.fail("\n".join(["left behind by the test:", *leaks]), pytrace=False)


def _watch_qt(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Note where timers and threads are started from now on; the function returned tells what is still there."""
    from PySide6.QtCore import QCoreApplication, QEvent, QThread, QThreadPool, QTimer
    from PySide6.QtWidgets import QApplication
    from shiboken6 import isValid

    started: list[tuple[weakref.ref[Any], str]] = []
    for kind in (QTimer, QThread):
        original = kind.start

        def start(self: Any, *args: Any, _original: Any = original) -> None:
            started.append((weakref.ref(self), "".join(traceback.format_stack(limit=4)[:-1])))
            _original(self, *args)

        monkeypatch.setattr(kind, "start", start)
    # Held as references, not as addresses: a new widget may get the address of one that has gone.
    before = QApplication.topLevelWidgets() if QApplication.instance() is not None else []

    def leaked() -> list[str]:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        found = []
        for widget in QApplication.topLevelWidgets() if QApplication.instance() is not None else []:
            if isValid(widget) and widget.parent() is None and widget not in before:
                found.append(f"window {type(widget).__name__} {widget.objectName() or widget.windowTitle()!r}")
        for reference, where in started:
            thing = reference()
            if isinstance(thing, QTimer) and isValid(thing) and thing.isActive():
                found.append(f"running QTimer, started here:\n{where}")
            if isinstance(thing, QThread) and isValid(thing) and thing.isRunning() and not thing.wait(2000):
                found.append(f"running QThread, started here:\n{where}")
        if not QThreadPool.globalInstance().waitForDone(2000):
            found.append("work in the global QThreadPool")
        return found

    def leaked_for_good() -> list[str]:
        return [] if not leaked() else (gc.collect(), leaked())[1]  # collecting costs 50 ms and more

    return leaked_for_good
