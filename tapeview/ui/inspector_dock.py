"""The Inspector dock: what an op did, what went in and came out, its gradient and why there is none."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QMenu,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QTabBar,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from tapeview.ui import theme
from tapeview.ui.dock import Dock
from tapeview.ui.facts import Facts, breakable, dress, show_if
from tapeview.ui.fetch_box import FetchBox
from tapeview.ui.senders_table import SendersTable
from tapeview.ui.tensor_view import TensorView
from tapeview.ui.text import tr
from tapeview.ui.whatif_editor import WhatIfPart
from tapeview.views.inspector_model import InspectorModel
from tapeview.views.inspector_sheet import TABS, Entry
from tapeview.views.reasons import Why
from tapeview.views.senders import Senders

ROW = 25
LONGEST = 90


class EntryList(QWidget):
    """The tensors of a tab, one line each; ``chosen``, ``activated`` (double click, Enter) and ``asked`` (a click on
    "why?", or W) carry an entry's key. ``can_ask`` says of which entries one may ask.
    """

    chosen = Signal(str)
    activated = Signal(str)
    asked = Signal(str)

    def __init__(self, can_ask: Callable[[Entry], bool]) -> None:
        super().__init__()
        self._can_ask = can_ask
        self._links: dict[str, QRectF] = {}
        self._entries: tuple[Entry, ...] = ()
        self._current = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Tensors"))
        theme.current().changed.connect(self.update)

    def show_entries(self, entries: tuple[Entry, ...], current: str) -> None:
        """Replace the list."""
        self._entries, self._current = entries, current
        if self.height() != len(entries) * ROW:
            self.setFixedHeight(len(entries) * ROW)
        show_if(self, bool(entries))
        chosen = next((entry for entry in entries if entry.key == current), None)
        self.setAccessibleDescription("" if chosen is None else f"{chosen.name}: {chosen.brief}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, len(self._entries) * ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        palette, painter = theme.current().palette, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        symbols = theme.mono_font(12, QFont.Weight.DemiBold)
        several = len(self._entries) > 1
        painter.setFont(symbols)
        indent = max((painter.fontMetrics().horizontalAdvance(entry.symbol) for entry in self._entries), default=0)
        left = 8 + indent + (10 if indent else 0)
        for row, entry in enumerate(self._entries):
            area = QRectF(0, row * ROW, self.width(), ROW)
            if several and entry.key == self._current:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(palette.color("gradbg" if entry.role == "gradient" else "accentbg"))
                painter.drawRoundedRect(area.adjusted(0, 1, 0, -1), 5, 5)
            painter.setFont(symbols)
            painter.setPen(palette.color("grad" if entry.role == "gradient" else "muted"))
            painter.drawText(area.adjusted(8, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, entry.symbol)
            brief_font = theme.mono_font(11.5)
            if entry.status in ("next", "unknown"):
                brief_font = theme.ui_font(11.5)
                brief_font.setItalic(True)
            shape = f"  {entry.shape}" if entry.shape not in ("", "()") else ""
            painter.setFont(brief_font)
            metrics = painter.fontMetrics()
            aside = self._paint_link(painter, area, entry)
            area = area.adjusted(0, 0, -aside, 0)
            painter.setFont(brief_font)
            room = self.width() - left - 8 - aside
            wide = min(metrics.horizontalAdvance(entry.brief) + 2, round(room * 0.62))
            role = {"none": "none", "next": "faint", "unknown": "muted"}.get(
                entry.status, "grad" if entry.role == "gradient" else "text"
            )
            painter.setPen(palette.color("bad" if entry.bad else role))
            value = metrics.elidedText(entry.brief, Qt.TextElideMode.ElideRight, wide)
            painter.drawText(
                area.adjusted(0, 0, -8, 0), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value
            )
            painter.setFont(theme.ui_font(12))
            metrics = painter.fontMetrics()
            name = metrics.elidedText(entry.name + shape, Qt.TextElideMode.ElideRight, room - wide - 12)
            painter.setPen(palette.color("text" if entry.role == "value" else "muted"))
            painter.drawText(area.adjusted(left, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, name)
            painter.setPen(QPen(palette.color("line"), 1))
            if row < len(self._entries) - 1:
                painter.drawLine(QPointF(0, area.bottom()), QPointF(self.width(), area.bottom()))
        if self.hasFocus() and several:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(palette.color("accent", 0.6), 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        painter.end()

    def _paint_link(self, painter: QPainter, area: QRectF, entry: Entry) -> int:
        """The question "why?" at the right end of a row; returns the room it takes."""
        self._links.pop(entry.key, None)
        if not self._can_ask(entry):
            return 0
        font = theme.ui_font(12)
        font.setUnderline(True)
        painter.setFont(font)
        painter.setPen(theme.current().palette.color("accent"))
        text = tr("why?")
        wide = painter.fontMetrics().horizontalAdvance(text)
        self._links[entry.key] = QRectF(area.right() - 8 - wide, area.top(), wide + 8, ROW)
        painter.drawText(self._links[entry.key], Qt.AlignmentFlag.AlignVCenter, text)
        return wide + 10

    def _at(self, y: float) -> Entry | None:
        row = int(y // ROW)
        return self._entries[row] if 0 <= row < len(self._entries) else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        entry = self._at(event.position().y())
        if entry is not None and self._links.get(entry.key, QRectF()).contains(event.position()):
            self.asked.emit(entry.key)
        elif entry is not None:
            self.chosen.emit(entry.key)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        entry = self._at(event.position().y())
        if entry is not None:
            self.activated.emit(entry.key)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        entry = self._at(event.position().y())
        if entry is not None:
            QToolTip.showText(
                event.globalPosition().toPoint(), f"{entry.name}  {entry.dtype} {entry.shape}\n{entry.brief}"
            )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = [entry.key for entry in self._entries]
        at = keys.index(self._current) if self._current in keys else 0
        if event.key() == Qt.Key.Key_Down and at + 1 < len(keys):
            self.chosen.emit(keys[at + 1])
        elif event.key() == Qt.Key.Key_Up and at > 0:
            self.chosen.emit(keys[at - 1])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and keys:
            self.activated.emit(keys[at])
        elif event.key() == Qt.Key.Key_W and not event.modifiers() and keys:
            self.asked.emit(keys[at])
        else:
            super().keyPressEvent(event)


class Card(QFrame):
    """A titled sentence in a dashed frame."""

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(11, 9, 11, 9)
        self.label = QLabel()
        self.label.setWordWrap(True)
        self.label.setMinimumWidth(1)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self.label)
        self.setObjectName("why")

    def show_why(self, why: Why) -> None:
        palette = theme.current().palette
        dress(self, f"#why {{ border: 1px dashed {palette.none}; border-radius: 8px; background: transparent; }}")
        self.label.setText(
            f"<div style='font-size:12px; font-weight:600'>{escape(breakable(why.title))}</div>"
            f"<div style='font-size:12px; color:{palette.muted}; margin-top:3px'>{escape(breakable(why.text))}</div>"
        )


class InspectorDock(Dock):
    """Binds the Inspector's widgets to its model."""

    def __init__(self, model: InspectorModel) -> None:
        super().__init__("inspector", tr("Inspector"))
        self._model = model
        self.title, self.where, self.rule, self.doc = QLabel(), QLabel(), QLabel(), QLabel()
        for label in (self.title, self.where, self.rule, self.doc):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            label.setMinimumWidth(1)  # else the longest word would push the page out of sight
        self.where.setFont(theme.ui_font(12))
        self.tabs = QTabBar()
        self.tabs.setObjectName("inspectorTabs")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setElideMode(Qt.TextElideMode.ElideNone)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._tab_names = {
            "value": tr("Value"),
            "gradient": tr("Gradient"),
            "inputs": tr("Inputs"),
            "details": tr("Details"),
        }
        for tab in TABS:
            self.tabs.addTab(self._tab_names[tab])
        self.list = EntryList(model.can_ask)
        self._page = QWidget()
        self.tensor = TensorView(model.tensor, self._page)
        self.fetch = FetchBox(model.fetching, self._page)
        self.details = Facts()
        self.what_if = WhatIfPart(model, model.form, self._page) if model.form is not None else None
        self._scroll_soon = QTimer(self)  # the page has its new height only when it has been laid out
        self._scroll_soon.setSingleShot(True)
        self._cards: list[Card] = []
        self._column = QVBoxLayout(self._page)
        self._column.setContentsMargins(12, 12, 12, 14)
        self._column.setSpacing(10)
        head = QVBoxLayout()
        head.setSpacing(2)
        head.addWidget(self.title)
        head.addWidget(self.where)
        self._column.addLayout(head)
        self._senders: list[SendersTable] = []
        self.offer_sender: Callable[[QMenu, int], None] | None = None
        """Adds to a menu what others offer for the op that sent a gradient at a position."""
        self._senders_box = QVBoxLayout()
        for widget in (self.rule, self.tabs, self.list):
            self._column.addWidget(widget)
        self._column.addLayout(self._senders_box)
        if self.what_if is not None:
            self._column.addWidget(self.what_if)
            self._scroll_soon.timeout.connect(self._show_form)
            self.tensor.changeWanted.connect(lambda: self.ask_what_if())
            self.what_if.ask.clicked.connect(lambda: self.ask_what_if())
            self.on_dispose(self.what_if.disconnect_form, self._scroll_soon.stop)
        for shown in (self.tensor, self.fetch, self.details):
            self._column.addWidget(shown)
        self._cards_box = QVBoxLayout()
        self._cards_box.setSpacing(8)
        self._column.addLayout(self._cards_box)
        self._column.addWidget(self.doc)
        self._column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(self._page)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._page.setObjectName("dockBody")
        self._scroll = scroll
        self._nothing = QLabel()
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing.setWordWrap(True)
        self._nothing.setMargin(24)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._nothing)
        self._stack.addWidget(scroll)
        self.set_body(self._stack)
        self.tabs.currentChanged.connect(self._tab_chosen)
        self.list.chosen.connect(model.choose)
        self.list.activated.connect(model.jump)
        self.list.asked.connect(model.ask)
        theme.current().changed.connect(self.refresh)
        self.on_dispose(
            model.changed.connect(lambda: self.later("all", self.refresh)),
            model.fetching.changed.connect(lambda: self.later("explained", self._explain)),
            self.tensor.disconnect_model,
            self.fetch.disconnect_model,
            model.dispose,
        )
        self.refresh()

    def add_card(self, card: QWidget) -> None:
        """Put a card of somebody else's before the reasons; it shows and hides itself."""
        self._column.insertWidget(self._column.indexOf(self._cards_box), card)

    def refresh(self) -> None:
        """Show the model's sheet."""
        model, sheet, palette = self._model, self._model.sheet, theme.current().palette
        dress(self._nothing, f"color: {palette.faint}")
        self._stack.setCurrentIndex(0 if sheet.kind == "empty" else 1)
        if sheet.kind == "empty":
            self._nothing.setText(model.empty_text)
            return
        words = sheet.expression if len(sheet.expression) <= LONGEST else sheet.expression[: LONGEST - 1] + "…"
        self.title.setToolTip(sheet.expression if words != sheet.expression else "")
        expression = f" <span style='font-weight:400; color:{palette.muted}'>{escape(breakable(words))}</span>"
        self.title.setText(f"<span style='font-size:16px; font-weight:600'>{escape(breakable(sheet.title))}</span>"
                           f"<span style='font-size:14px'>{expression if sheet.expression else ''}</span>")  # fmt: skip
        self.where.setText(f"<span style='color:{palette.muted}'>{escape(sheet.where)}</span>")
        self._show_rule()
        tabs = model.tabs
        self.tabs.blockSignals(True)
        for place, tab in enumerate(TABS):
            if self.tabs.isTabVisible(place) != (tab in tabs):
                self.tabs.setTabVisible(place, tab in tabs)
        self.tabs.setCurrentIndex(TABS.index(model.tab))
        self.tabs.blockSignals(False)
        show_if(self.tabs, len(tabs) > 1)
        entry = model.entry
        self.list.show_entries(model.entries, entry.key if entry is not None else "")
        self.details.show_rows([(name, value, "") for name, value in sheet.details] if model.tab == "details" else [])
        self.doc.setText(f"<span style='color:{palette.muted}; font-size:12px'>{escape(sheet.doc)}</span>")
        show_if(self.doc, bool(sheet.doc) and model.tab == "details")
        self._show_senders(model.senders)
        if self.what_if is not None:
            self.what_if.refresh()
        leaf = model.tab == "value" and sheet.kind in ("variable", "tensor")
        self._show_cards(sheet.whys if leaf or model.tab == "gradient" else ())

    def ask_what_if(self, how: str = "") -> None:
        """Open the form in which the value drawn is changed, and give it the keys."""
        if self.what_if is not None:
            self.what_if.open(how)
            self._scroll_soon.start()

    def _show_form(self) -> None:
        if self.what_if is not None:
            self._scroll.ensureWidgetVisible(self.what_if, 0, 12)

    def _explain(self) -> None:
        explained = bool(self._model.fetching.state)
        if explained != self.tensor.explained:
            self.tensor.explained = explained
            self.tensor.refresh()

    def _show_rule(self) -> None:
        sheet, palette = self._model.sheet, theme.current().palette
        show_if(self.rule, bool(sheet.rules or sheet.rules_none or sheet.error))
        if sheet.error:
            self.rule.setText(
                f"<div style='font-size:12px; font-weight:600; color:{palette.bad}'>"
                f"{escape(tr('This op raised an error'))}</div>"
                f"<div style='font-size:12px; color:{palette.bad}'>{escape(breakable(sheet.error))}</div>"
            )
            edge, face = palette.bad, palette.badbg
        elif sheet.rules:
            text = "<br>".join(escape(rule) for rule in sheet.rules)
            families = ", ".join(f"'{name}'" for name in theme.MONO_FAMILIES)
            self.rule.setText(f'<div style="font-family:{families}; font-size:13px; line-height:130%">{text}</div>')
            edge, face = palette.grad, palette.gradbg
        else:
            self.rule.setText(f"<div style='font-size:12px; color:{palette.muted}'>{escape(sheet.rules_none)}</div>")
            edge, face = palette.none, palette.const
        dress(
            self.rule,
            f"background: {face}; border: 0; border-left: 3px solid {edge}; padding: 7px 10px;"
            "border-top-right-radius: 6px; border-bottom-right-radius: 6px;",
        )

    def _show_senders(self, several: tuple[Senders, ...]) -> None:
        while len(self._senders) < len(several):
            table = SendersTable()
            table.rows.offer = self.offer_sender
            table.chosen.connect(self._model.go_to)
            self._senders.append(table)
            self._senders_box.addWidget(table)
        for place, table in enumerate(self._senders):
            show_if(table, place < len(several))
            if place < len(several):
                table.show_senders(several[place])

    def _show_cards(self, whys: tuple[Why, ...]) -> None:
        while len(self._cards) < len(whys):
            card = Card()
            self._cards.append(card)
            self._cards_box.addWidget(card)
        for place, card in enumerate(self._cards):
            show_if(card, place < len(whys))
            if place < len(whys):
                card.show_why(whys[place])

    def _tab_chosen(self, place: int) -> None:
        self._model.choose_tab(TABS[place])
