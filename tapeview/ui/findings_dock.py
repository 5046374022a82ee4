"""The Findings dock: failures with their traceback, explanations, names that are not supported."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.dock import Dock, Elided
from tapeview.ui.facts import dress
from tapeview.ui.icons import icon
from tapeview.ui.text import tr
from tapeview.views.findings_model import Finding, FindingsModel


class FindingCard(QFrame):
    """One finding. The lines of its traceback that we have the source of are links."""

    def __init__(self, finding: Finding, model: FindingsModel) -> None:
        super().__init__()
        palette = theme.current().palette
        role = {"failure": "bad", "error": "bad", "warning": "n", "unsupported": "n"}.get(finding.kind, "muted")
        self.finding, self._model = finding, model
        self.setObjectName("finding")
        self.setAccessibleName(finding.title)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 11)
        column.setSpacing(6)
        row = QHBoxLayout()
        row.setSpacing(8)
        mark = QLabel()
        mark.setPixmap(icon("error", role).pixmap(16, 16))
        level = {"error": tr("Error"), "warning": tr("Warning"), "note": tr("Note")}.get(finding.kind, "")
        heading = f"{level}: {finding.title}" if level else finding.title
        title = QLabel(f"<b style='color:{getattr(palette, role)}'>{escape(heading)}</b>")
        title.setWordWrap(True)
        row.addWidget(mark)
        row.addWidget(title, 1)
        where = QPushButton(finding.where)
        where.setObjectName("link")
        where.setCursor(Qt.CursorShape.PointingHandCursor)
        where.setVisible(bool(finding.where))
        where.setEnabled(finding.file >= 0 and finding.line > 0)
        where.clicked.connect(lambda: model.show(finding.file, finding.line))
        row.addWidget(where)
        if finding.step >= 0 and (finding.kind == "failure" or finding.position >= 0):
            go = QPushButton(tr("Show in the graph") if finding.position >= 0 else tr("Go to the last op before it"))
            go.setObjectName("chip")
            go.clicked.connect(lambda: model.go_to_step(finding))
            row.addWidget(go)
        column.addLayout(row)
        message = QLabel(finding.message)
        message.setTextFormat(Qt.TextFormat.PlainText)
        message.setWordWrap(True)
        message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        message.setVisible(bool(finding.message))
        column.addWidget(message)
        for text in (finding.advice, finding.reached):
            if text:
                label = QLabel(text)
                label.setTextFormat(Qt.TextFormat.PlainText)
                label.setWordWrap(True)
                label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                label.setObjectName("" if text == finding.advice else "muted")
                column.addWidget(label)
        if finding.rule:
            rule = QPushButton(finding.rule_words)
            rule.setObjectName("link")
            rule.setCursor(Qt.CursorShape.PointingHandCursor)
            rule.setToolTip(tr("Why this? Look at the rule, and change its level and thresholds"))
            rule.clicked.connect(lambda: model.show_rule.emit(finding.rule))
            column.addWidget(rule, 0, Qt.AlignmentFlag.AlignLeft)
        self.path: QLabel | None = None
        if finding.hops:
            self.path = QLabel()
            self.path.setWordWrap(True)
            self.path.setTextFormat(Qt.TextFormat.RichText)
            self.path.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
            self.path.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self.path.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
            self.path.setAccessibleName(tr("Path (with lines): {hops}").format(hops=", ".join(finding.hops)))
            self.path.linkActivated.connect(lambda link: model.go_to_hop(finding, int(link)))
            column.addWidget(self.path)
        if finding.trace:
            column.addWidget(self._trace(finding, model))
        self.show_chosen(False)

    def show_chosen(self, chosen: bool) -> None:
        """Show whether this is the one looked at, and the stop of its path."""
        palette = theme.current().palette
        line = f"2px solid {palette.accent}" if chosen else f"1px solid {palette.line}"
        dress(self, f"#finding {{ background: {palette.panel}; border: {line}; border-radius: 8px; }}")
        if self.path is not None:
            stop = self._model.stop if chosen else -1
            links = []
            for number, hop in enumerate(self.finding.hops):
                weight = "700; text-decoration:underline" if number == stop else "400; text-decoration:none"
                style = f"color:{palette.accent}; font-weight:{weight}"
                links.append(f"<a style='{style}' href='{number}'>{number + 1}&nbsp;{escape(hop)}</a>")
            words = tr("Path (with lines): {hops}").format(hops=" → ".join(links))
            self.path.setText(f"<span style='color:{palette.muted}'>{words}</span>")

    def _trace(self, finding: Finding, model: FindingsModel) -> QLabel:
        palette = theme.current().palette
        lines = []
        for line in finding.trace:
            text = escape(line.text).replace(" ", "&nbsp;")
            if line.line:
                text = (
                    f"<a style='color:{palette.accent}; text-decoration:none' href='{line.file}:{line.line}'>{text}</a>"
                )
            lines.append(text)
        families = ", ".join(f"'{name}'" for name in theme.MONO_FAMILIES)
        label = QLabel(
            f'<div style="font-family:{families}; font-size:12px; color:{palette.muted}">'
            + "<br>".join(lines)
            + "</div>"
        )
        label.setTextFormat(Qt.TextFormat.RichText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        label.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        label.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        label.linkActivated.connect(lambda link: model.show(*(int(part) for part in link.split(":"))))
        label.setObjectName("trace")
        return label


class FindingsDock(Dock):
    """A card for every finding, under headings; the one looked at has a thicker frame."""

    def __init__(self, model: FindingsModel) -> None:
        super().__init__("findings", tr("Findings"))
        self._model = model
        self.rules = QPushButton(tr("Rules …"))
        self.rules.setObjectName("chip")
        self.rules.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.rules.setToolTip(tr("What is looked for: levels and thresholds"))
        self.rules.clicked.connect(lambda: model.show_rule.emit(""))
        self._amount = Elided()
        self._amount.setObjectName("dockNote")
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.cards: list[FindingCard] = []
        self._drawn: tuple[Finding, ...] | None = None
        head = QHBoxLayout()
        head.setContentsMargins(12, 7, 12, 0)
        head.addWidget(self._amount, 1)
        head.addWidget(self.rules)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._scroll, 1)
        self.set_body(body)
        self._into_view = QTimer(self)
        self._into_view.setSingleShot(True)
        self._into_view.timeout.connect(self._show_chosen_card)
        theme.current().changed.connect(self._recolor)
        self.on_dispose(
            model.changed.connect(self._changed),
            model.moved.connect(lambda: self.later("chosen", self.show_chosen)),
            model.dispose,
            self._into_view.stop,
        )
        self._changed()

    def _changed(self) -> None:
        count = len(self._model.findings)
        self.setWindowTitle(f"{tr('Findings')} {count}" if count else tr("Findings"))
        words = " · ".join(part for part in (self._model.summary, self._model.progress) if part)
        self.set_note(words)
        self.later("amount", lambda: self._amount.set_text(words))
        if self._model.findings != self._drawn:
            self.later("all", self.refresh)

    def _recolor(self) -> None:
        self.later("all", self.refresh)

    def refresh(self) -> None:
        """Show the model's findings."""
        before = self._scroll.verticalScrollBar().value()
        self._drawn = self._model.findings
        page = QWidget()
        page.setObjectName("dockBody")
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(8)
        self.cards = []
        group = ""
        for finding in self._model.findings:
            if finding.group and finding.group != group:
                heading = QLabel(finding.group)
                heading.setObjectName("muted")
                heading.setFont(theme.ui_font(12, theme.ui_font(1).weight().DemiBold))
                column.addWidget(heading)
            group = finding.group
            self.cards.append(FindingCard(finding, self._model))
            column.addWidget(self.cards[-1])
        if not self.cards:
            nothing = QLabel(tr("Nothing to report."))
            nothing.setObjectName("nothing")
            nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(nothing, 1)
        else:
            column.addStretch(1)
        self._scroll.setWidget(page)
        self._scroll.verticalScrollBar().setValue(before)
        self.show_chosen()

    def show_chosen(self) -> None:
        """Mark the finding looked at and bring it into view."""
        for number, card in enumerate(self.cards):
            card.show_chosen(number == self._model.chosen)
        if 0 <= self._model.chosen < len(self.cards):
            self._into_view.start(0)

    def _show_chosen_card(self) -> None:
        if 0 <= self._model.chosen < len(self.cards):
            card = self.cards[self._model.chosen]
            bar, room = self._scroll.verticalScrollBar(), self._scroll.viewport().height()
            top, bottom = card.geometry().top() - 8, card.geometry().bottom() + 8
            if not bar.value() <= top <= bottom <= bar.value() + room:
                bar.setValue(min(top, max(bar.value(), bottom - room)) if bottom > bar.value() else top)
