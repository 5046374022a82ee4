from __future__ import annotations

import pytest

from tapeview.views.signal import Signal
from tapeview.views.text import install_translator, tr


def test_listeners_hear_in_the_order_of_connection() -> None:
    signal: Signal[int] = Signal()
    heard: list[tuple[str, int]] = []
    signal.connect(lambda value: heard.append(("first", value)))
    signal.connect(lambda value: heard.append(("second", value)))
    signal.emit(7)
    assert heard == [("first", 7), ("second", 7)]


def test_a_disconnected_listener_is_silent_and_may_be_disconnected_again() -> None:
    signal: Signal[()] = Signal()
    heard: list[int] = []
    disconnect = signal.connect(lambda: heard.append(1))
    disconnect()
    disconnect()
    signal.emit()
    assert heard == []


def test_disconnecting_while_it_is_emitted_counts_at_once() -> None:
    signal: Signal[()] = Signal()
    heard: list[str] = []
    signal.connect(lambda: disconnect())
    disconnect = signal.connect(lambda: heard.append("gone"))
    signal.emit()
    assert heard == []


def test_connecting_while_it_is_emitted_counts_from_the_next_time() -> None:
    signal: Signal[()] = Signal()
    heard: list[str] = []
    signal.connect(lambda: signal.connect(lambda: heard.append("late")))
    signal.emit()
    assert heard == []
    signal.emit()
    assert heard == ["late"]


def test_what_a_listener_raises_is_raised() -> None:
    signal: Signal[()] = Signal()
    signal.connect(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        signal.emit()


def test_texts_are_translated_once_a_translator_is_there() -> None:
    assert tr("step") == "step"
    install_translator(lambda text: {"step": "단계"}.get(text, text))
    try:
        assert tr("step") == "단계"
        assert tr("other") == "other"
    finally:
        install_translator(None)
