"""The colours of tapeview: one role each, in a light and a dark set."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by role, as ``#rrggbb``.

    ``bg`` window, ``panel`` docks, ``line`` hairlines, ``text`` / ``muted`` / ``faint`` three strengths of text;
    ``accent`` where you are
    (``accentbg`` behind it, ``onaccent`` on top of it); ``watch`` watched; ``const`` constants; ``op`` an op's face;
    ``grad`` everything
    that is gradient; ``none`` unwatched and ``None``; ``bad`` errors, NaN and Inf; ``ok`` good news; ``diff`` what
    differs from the other side; ``code`` behind source text;
    ``k s n c`` keyword, string, number, comment; ``hl`` the current line; ``hover`` under the mouse.
    """

    name: str
    bg: str
    panel: str
    line: str
    text: str
    muted: str
    faint: str
    accent: str
    accentbg: str
    onaccent: str
    watch: str
    watchbg: str
    const: str
    op: str
    grad: str
    gradbg: str
    none: str
    bad: str
    badbg: str
    ok: str
    diff: str
    code: str
    k: str
    s: str
    n: str
    c: str
    hl: str
    hover: str
    series: tuple[str, ...]
    """Okabe and Ito's colours in the order in which series take them."""

    @property
    def dark(self) -> bool:
        return self.name == "dark"

    def color(self, role: str, alpha: float = 1.0) -> QColor:
        """The colour of a role, ``alpha`` from 0 to 1. AttributeError for an unknown role."""
        color = QColor(getattr(self, role))
        color.setAlphaF(alpha)
        return color


LIGHT = Palette(
    name="light",
    bg="#f4f5f7",
    panel="#ffffff",
    line="#e2e5ea",
    text="#1d2330",
    muted="#68707f",
    faint="#a3abb8",
    accent="#3455db",
    accentbg="#e9edfd",
    onaccent="#ffffff",
    watch="#0072b2",
    watchbg="#e1f0f9",
    const="#eef0f3",
    op="#ffffff",
    grad="#c2500a",
    gradbg="#fdeee3",
    none="#9aa2ae",
    bad="#c4123f",
    badbg="#fdecf0",
    ok="#2b8a5e",
    diff="#7a3ec8",
    code="#f9fafb",
    k="#7a3ec8",
    s="#2a7d4f",
    n="#b25a00",
    c="#8a93a1",
    hl="#fff2c4",
    hover="#f0f2f6",
    series=("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#b58900", "#56b4e9", "#7f6000", "#5a6270"),
)

DARK = Palette(
    name="dark",
    bg="#14161b",
    panel="#1b1e25",
    line="#2b303a",
    text="#e5e8ee",
    muted="#98a1b1",
    faint="#626b7b",
    accent="#7d96ff",
    accentbg="#242c4d",
    onaccent="#0e1326",
    watch="#56b4e9",
    watchbg="#17303f",
    const="#262a33",
    op="#20242c",
    grad="#f0883e",
    gradbg="#3a2618",
    none="#6b7482",
    bad="#ff5c7c",
    badbg="#3a1a23",
    ok="#5cc99a",
    diff="#c29bff",
    code="#181b21",
    k="#c29bff",
    s="#86d3a4",
    n="#f0b070",
    c="#7d8696",
    hl="#4a4320",
    hover="#242832",
    series=("#f0883e", "#56b4e9", "#3cc79a", "#e29ac4", "#f0e442", "#8fb8ff", "#d9a441", "#b3bac6"),
)
