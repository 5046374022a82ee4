"""What the window remembers: its layout, the theme, recent files."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

MOST_RECENT = 12
LAYOUT_VERSION = 5


class Settings:
    """Kept in the user's settings file; ``file`` names another one."""

    def __init__(self, file: Path | None = None) -> None:
        if file is not None:
            self._store = QSettings(str(file), QSettings.Format.IniFormat)
        else:
            format, scope = QSettings.Format.IniFormat, QSettings.Scope.UserScope
            self._store = QSettings(format, scope, "tapeview", "tapeview")

    @property
    def theme(self) -> str:
        value = self._store.value("theme", "system")
        return value if value in ("light", "dark") else "system"

    @theme.setter
    def theme(self, mode: str) -> None:
        self._store.setValue("theme", mode)

    def bytes(self, key: str) -> QByteArray:
        """A saved geometry or layout; empty if there is none."""
        value = self._store.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def set_bytes(self, key: str, value: QByteArray) -> None:
        self._store.setValue(key, value)

    def forget(self, key: str) -> None:
        self._store.remove(key)

    def recent(self) -> list[Path]:
        """Recent files, the last one first; those that have gone are left out."""
        value = self._store.value("recent", [])
        names = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        return [path for path in (Path(str(name)) for name in names) if path.is_file()]

    def remember(self, path: Path) -> None:
        """Put a file at the head of the recent ones."""
        paths = [path, *(other for other in self.recent() if other != path)]
        self._store.setValue("recent", [str(one) for one in paths[:MOST_RECENT]])

    def forget_recent(self) -> None:
        self._store.setValue("recent", [])

    @property
    def rules(self) -> list[str]:
        """What was changed of the rules, as texts."""
        value = self._store.value("rules", [])
        return [value] if isinstance(value, str) else [str(one) for one in value] if isinstance(value, list) else []

    @rules.setter
    def rules(self, texts: list[str]) -> None:
        self._store.setValue("rules", texts)

    def save(self) -> None:
        """Write to disk."""
        self._store.sync()
