"""The small parts of the window: theme, icons, commands, settings, threads."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import QApplication, QMainWindow
from pytestqt.qtbot import QtBot

from tapeview.ui import theme
from tapeview.ui.background import QtBackground
from tapeview.ui.bridge import Bridge
from tapeview.ui.commands import Command, Commands
from tapeview.ui.icons import NAMES, icon
from tapeview.ui.palette import DARK, LIGHT, Palette
from tapeview.ui.settings import Settings
from tapeview.ui.style import style_sheet


def luminance(color: str) -> float:
    parts = [part / 255 for part in QColor(color).getRgb()[:3]]  # type: ignore[index]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=lambda palette: palette.name)
def test_text_can_be_read(palette: Palette) -> None:
    for ink in ("text", "muted", "grad", "watch", "accent", "bad", "ok"):
        assert contrast(getattr(palette, ink), palette.panel) >= 4.2, ink
    assert contrast(palette.text, palette.hl) >= 7
    assert contrast(palette.onaccent, palette.accent) >= 4.5
    assert len(set(palette.series)) == len(palette.series)
    assert "$" not in style_sheet(palette)


def test_the_theme_is_forced_or_follows(qtbot: QtBot) -> None:
    current = theme.current()
    with qtbot.waitSignal(current.changed):
        current.set_mode("dark" if current.palette is LIGHT else "light")
    current.set_mode("dark")
    assert QApplication.palette().window().color().name() == DARK.bg
    with pytest.raises(ValueError, match="pink"):
        current.set_mode("pink")
    current.set_mode("system")
    assert current.palette is LIGHT


def test_every_icon_draws_something_sharp_and_pale_when_off(qapp: QApplication) -> None:
    theme.current().set_mode("light")
    for name in NAMES:
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Disabled):
            image = icon(name).pixmap(QSize(32, 32), mode).toImage()
            inked = [
                image.pixelColor(x, y)
                for x in range(image.width())
                for y in range(image.height())
                if image.pixelColor(x, y).alpha() > 200
            ]
            assert inked, name
            expected = LIGHT.text if mode == QIcon.Mode.Normal else LIGHT.faint
            assert QColor(expected) in inked, (name, mode)
    with pytest.raises(KeyError):
        icon("unknown")


def test_a_command_is_action_button_and_shortcut(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    commands = Commands(window)
    done: list[str] = []
    allowed = [False]
    commands.add(Command("go", "&Go …", lambda: done.append("go"), "F9", "run", brief="Go", enabled=lambda: allowed[0]))
    commands.add(Command("dark", "Dark", lambda: done.append("dark"), checked=lambda: True))
    button = commands.button("go", role="onaccent")
    qtbot.addWidget(button)
    commands.update()
    assert not button.isEnabled()
    assert commands.action("dark").isChecked()
    allowed[0] = True
    commands.update()
    button.click()
    assert done == ["go"]
    assert button.text() == "Go"
    assert commands.action("go").toolTip() == "Go  F9"
    assert [command.id for command in commands] == ["go", "dark"]
    with pytest.raises(KeyError):
        commands.action("nothing")


def test_settings_forget_files_that_have_gone(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "s.ini")
    paths = [tmp_path / f"{n}.py" for n in range(20)]
    for path in paths:
        path.touch()
        settings.remember(path)
    settings.remember(paths[15])
    settings.save()
    again = Settings(tmp_path / "s.ini")
    assert again.recent()[:3] == [paths[15], paths[19], paths[18]]
    assert len(again.recent()) == 12
    paths[15].unlink()
    assert again.recent()[0] == paths[19]
    again.forget_recent()
    assert again.recent() == []
    assert again.theme == "system"
    assert again.bytes("nothing").isEmpty()


def test_settings_that_are_garbage_are_taken_for_none(tmp_path: Path) -> None:
    (tmp_path / "s.ini").write_text("[General]\ntheme=pink\nrecent=@Invalid()\ngeometry=7\n")
    settings = Settings(tmp_path / "s.ini")
    assert (settings.theme, settings.recent(), settings.bytes("geometry").isEmpty()) == ("system", [], True)


def test_background_work_comes_back_into_the_windows_thread(qtbot: QtBot) -> None:
    background = QtBackground()
    seen: list[tuple[int, bool]] = []
    here = threading.get_ident()
    background.submit(lambda: threading.get_ident(), lambda there: seen.append((there, threading.get_ident() == here)))
    qtbot.waitUntil(lambda: bool(seen))
    assert seen[0][0] != here
    assert seen[0][1]
    background.close()


def test_background_forgets_what_comes_after_closing(qtbot: QtBot) -> None:
    background = QtBackground(threads=1)
    gate, seen = threading.Event(), []
    background.submit(gate.wait, seen.append)
    background.submit(lambda: 1, seen.append)
    gate.set()
    background.close()
    background.submit(lambda: 2, seen.append)
    QApplication.processEvents()
    assert seen == []


def test_what_a_job_raises_is_raised_in_the_window(qtbot: QtBot) -> None:
    background = QtBackground()
    with qtbot.captureExceptions() as caught:
        background.submit(lambda: 1 / 0, lambda result: None)
        qtbot.waitUntil(lambda: bool(caught))
    assert caught[0][0] is ZeroDivisionError
    background.close()


def test_the_bridge_looks_while_it_is_wanted_and_wakes_from_any_thread(qtbot: QtBot) -> None:
    looks: list[bool] = []
    bridge = Bridge(lambda: looks.append(threading.current_thread() is threading.main_thread()), lambda: len(looks) < 3)
    thread = threading.Thread(target=bridge.post)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(looks) == 3)
    assert all(looks)
    assert not bridge._timer.isActive()
    bridge.post()
    bridge.close()
    QApplication.processEvents()
    assert len(looks) == 3
