"""What stands under a value of the Inspector: "What if…", the form to change it in, and its value with the changes."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from tapeview.ui import theme
from tapeview.ui.choice import Choice
from tapeview.ui.facts import breakable, dress, show_if
from tapeview.ui.text import tr
from tapeview.views.inspector_model import InspectorModel
from tapeview.views.whatif_form import Form


class WhatIfEditor(QFrame):
    """Binds to a ``Form``. Enter makes the change, Esc closes the form; it hides itself while that is closed."""

    def __init__(self, form: Form, parent: QWidget) -> None:
        super().__init__(parent)  # it shows and hides itself, and without a parent it would be a window
        self.setObjectName("whatIf")
        self.setAccessibleName(tr("What if"))
        self._form = form
        self._ways: tuple[tuple[str, str], ...] = ()
        self.title, self.hint, self.error = QLabel(), QLabel(), QLabel()
        for label in (self.title, self.hint, self.error):
            label.setWordWrap(True)
            label.setMinimumWidth(1)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setFont(theme.ui_font(12, theme.ui_font(1).weight().DemiBold))
        self.how = Choice(tr("What is done with the value"))
        self.how.activated.connect(self._chosen)
        self.value, self.place = QLineEdit(), QLineEdit()
        self.value.setAccessibleName(tr("Number"))
        self.value.setPlaceholderText(tr("a number"))
        self.place.setAccessibleName(tr("Element"))
        self.place.setPlaceholderText(tr("all elements"))
        self.place.setToolTip(tr("An index such as 0, 2, or nothing for all; or click the element below"))
        for field in (self.value, self.place):
            field.setFont(theme.mono_font(12))
            field.textEdited.connect(lambda _text: form.write(self.value.text(), self.place.text()))
            field.setMinimumWidth(60)
        self._at = QLabel(tr("element"))
        self.apply, self.cancel = QPushButton(tr("Try it")), QPushButton(tr("Cancel"))
        self.apply.setObjectName("primary")
        self.apply.setToolTip(tr("Work the step out with this change (Enter)"))
        self.cancel.setToolTip(tr("Change nothing (Esc)"))
        self.apply.clicked.connect(form.apply)
        self.cancel.clicked.connect(form.close)
        column = QVBoxLayout(self)
        column.setContentsMargins(11, 9, 11, 10)
        column.setSpacing(7)
        first, second, third = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.how)
        first.addWidget(self.value, 1)
        second.addWidget(self._at)
        second.addWidget(self.place, 1)
        third.addWidget(self.apply)
        third.addWidget(self.cancel)
        third.addStretch(1)
        column.addWidget(self.title)
        column.addLayout(first)
        column.addLayout(second)
        column.addWidget(self.error)
        column.addLayout(third)
        column.addWidget(self.hint)
        theme.current().changed.connect(self.refresh)
        for widget in (self.how, self.value, self.place, self.apply, self.cancel):
            widget.installEventFilter(self)
        self.refresh()

    def refresh(self) -> None:
        """Show the form."""
        form, palette = self._form, theme.current().palette
        show_if(self, form.open)
        if not form.open:
            return
        dress(
            self, f"#whatIf {{ border: 1px solid {palette.accent}; border-radius: 8px; background: {palette.panel}; }}"
        )
        self.title.setText(breakable(form.title))
        if form.ways != self._ways:
            self._ways = form.ways
            self.how.clear()
            self.how.addItems([words for _, words in form.ways])
        self.how.setCurrentIndex([way for way, _ in form.ways].index(form.how))
        for field, text in ((self.value, form.value), (self.place, form.place)):
            if field.text() != text:
                field.setText(text)
        fits = form.subject is not None
        show_if(self.how, fits)
        show_if(self.value, fits and form.takes_value)
        for widget in (self._at, self.place):
            show_if(widget, form.takes_place)
        show_if(self.apply, fits)
        self.cancel.setText(tr("Cancel") if fits else tr("Close"))
        self.hint.setText(breakable(form.hint))
        dress(self.hint, f"color: {palette.muted}; font-size: 11px;")
        show_if(self.hint, bool(form.hint))
        self.error.setText(breakable(form.error))
        dress(self.error, f"color: {palette.bad if fits else palette.muted}; font-size: 12px;")
        show_if(self.error, bool(form.error))

    def take_focus(self) -> None:
        """The keys go to the first thing there is to fill in."""
        if self._form.subject is None:
            self.cancel.setFocus(Qt.FocusReason.OtherFocusReason)
        elif self._form.takes_value:
            self.value.setFocus(Qt.FocusReason.OtherFocusReason)
            self.value.selectAll()
        else:
            self.apply.setFocus(Qt.FocusReason.OtherFocusReason)

    def _chosen(self, place: int) -> None:
        self._form.choose(self._ways[place][0])
        self.take_focus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc and Enter are the form's, whatever the window does with them."""
        if isinstance(event, QKeyEvent):
            key = Qt.Key(event.key())
            enter = (
                key in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
                and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            )
            if event.type() == QEvent.Type.ShortcutOverride and (key == Qt.Key.Key_Escape or enter):
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress and key == Qt.Key.Key_Escape:
                self._form.close()
                return True
            if event.type() == QEvent.Type.KeyPress and enter:
                (self._form.close if watched is self.cancel else self._form.apply)()
                return True
        return super().eventFilter(watched, event)


class WhatIfPart(QWidget):
    """What the Inspector has under a value: the button "What if …" with its form, and, while a what-if is shown, what
    the value is then and the choice of which of both is drawn.
    """

    def __init__(self, model: InspectorModel, form: Form, parent: QWidget) -> None:
        super().__init__(parent)
        self._model, self._form = model, form
        self.editor = WhatIfEditor(form, self)
        self.ask = QPushButton(tr("What if …"))
        self.ask.setToolTip(tr("See what would have come of another value here (Ctrl+I)"))
        self.recorded, self.changed = QPushButton(tr("Recorded")), QPushButton(tr("What if"))
        self._group = QButtonGroup(self)
        for button in (self.recorded, self.changed):
            button.setCheckable(True)
            self._group.addButton(button)
        for button in (self.ask, self.recorded, self.changed):
            button.setObjectName("chip")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.after = QLabel()
        self.after.setFont(theme.mono_font(12))
        self.after.setMinimumWidth(1)
        self.after.setTextFormat(Qt.TextFormat.PlainText)
        self.after.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.after.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row = QHBoxLayout()
        row.setSpacing(5)
        row.addWidget(self.ask)
        row.addStretch(1)
        row.addWidget(self.recorded)
        row.addWidget(self.changed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addLayout(row)
        column.addWidget(self.after)
        column.addWidget(self.editor)
        self.recorded.clicked.connect(lambda: model.draw_after(False))
        self.changed.clicked.connect(lambda: model.draw_after(True))
        self.disconnect_form = form.changed.connect(self._form_changed)

    def open(self, how: str = "") -> None:
        """Open the form for what is drawn, and give it the keys."""
        self._model.change(how)
        self.editor.take_focus()

    def _form_changed(self) -> None:
        self.editor.refresh()
        self.refresh()

    def refresh(self) -> None:
        """Show what the value is with the changes, if there are any, and whether that is what is drawn."""
        model = self._model
        entry, after = model.entry, model.after_words
        can_ask = entry is not None and entry.role == "value" and bool(entry.tensor)
        show_if(self.ask, can_ask and not self._form.open)
        for widget in (self.recorded, self.changed, self.after):
            show_if(widget, bool(after))
        (self.changed if model.draws_after else self.recorded).setChecked(True)
        dress(self.after, f"color: {theme.current().palette.accent};")
        self.after.setText(tr("what if: {value}").format(value=after))
        show_if(self, can_ask or bool(after) or self._form.open)
