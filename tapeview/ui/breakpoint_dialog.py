"""The dialog that makes or changes a breakpoint. It does not block the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tapeview.breakpoints import Breakpoint
from tapeview.ui import theme
from tapeview.ui.choice import Choice, Tick
from tapeview.ui.facts import breakable, dress, show_if
from tapeview.ui.text import tr
from tapeview.views.breakpoint_form import Form, build, changed, choices, fields_of, form_of, kinds, preview

WIDTH = 470


class BreakpointDialog(QDialog):
    """Fields for one breakpoint with its text form below them; ``accept`` hands what was made to ``done``.

    ``files`` are (path, title) of the files to choose from, ``names`` what a name may be completed to.
    """

    def __init__(
        self,
        parent: QWidget | None,
        done: Callable[[Breakpoint], object],
        before: Breakpoint | None = None,
        *,
        files: Sequence[tuple[str, str]] = (),
        names: Sequence[str] = (),
    ) -> None:
        super().__init__(parent)
        self._done, self._before, self._filling = done, before, False
        known = before is not None and before.id > 0
        self.setWindowTitle(tr("Change the breakpoint") if known else tr("New breakpoint"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(WIDTH)
        self._form = form_of(before) if before is not None else Form("op", "op")
        self.kind, self.test, self.file = (_choice(name) for name in (tr("Kind"), tr("Test"), tr("File")))
        for choice in kinds():
            self.kind.addItem(choice.title, choice.id)
        self._files = list(files)
        if self._form.file and self._form.file not in [path for path, _ in files]:
            self._files.append((self._form.file, self._form.file))
        for path, title in self._files:
            self.file.addItem(title, path)
        self.line, self.name, self.limit = _field(tr("Line")), _field(tr("Name")), _field(tr("Limit"))
        self.expression, self.condition = _field(tr("Expression")), _field(tr("Condition"))
        self.after, self.log = _field(tr("Hits")), _field(tr("Text to write"))
        self.exact = Tick(tr("only the expression at these columns"))
        self.logs = Tick(tr("Write a line instead of stopping"))
        self.expression.setPlaceholderText("value.min() < 0")
        self.condition.setPlaceholderText(tr("a Python expression, such as i > 10"))
        self.log.setPlaceholderText(tr("such as loss is {loss}"))
        self._names = list(dict.fromkeys(names))
        self.after.setMaximumWidth(90)
        self.text, self.problem = QLabel(), QLabel()
        self.text.setFont(theme.mono_font(12))
        self.text.setWordWrap(True)
        self.text.setAccessibleName(tr("Text form"))
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.problem.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.ok = QPushButton(tr("Change") if known else tr("Add"))
        self.ok.setObjectName("primary")
        self.ok.setDefault(True)
        buttons.addButton(self.ok, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._rows = self._lay_out(buttons)
        for box, field in ((self.kind, "kind"), (self.test, "test"), (self.file, "file")):
            box.activated.connect(lambda _index, box=box, field=field: self._take(**{field: box.currentData()}))
        for edit, field in (
            (self.line, "line"), (self.name, "name"), (self.limit, "limit"), (self.expression, "expression"),
            (self.condition, "condition"), (self.after, "after"), (self.log, "log"),
        ):  # fmt: skip
            edit.textEdited.connect(lambda text, field=field: self._take(**{field: text}))
        self.logs.toggled.connect(lambda on: self._take(logs=on))
        self.exact.toggled.connect(self._exact)
        if self._files and not self._form.file:
            self._form = changed(self._form, file=self._files[0][0])
        self._show(everything=True)

    @property
    def form(self) -> Form:
        """The fields as they are now."""
        return self._form

    def accept(self) -> None:
        if not preview(self._form)[1]:
            self._done(build(self._form, self._before))
            super().accept()

    # -- inner ---------------------------------------------------------------------------------------------------------

    def _lay_out(self, buttons: QDialogButtonBox) -> dict[str, tuple[QLabel, QWidget]]:
        grid = QFormLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(9)
        grid.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        grid.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        tested = QWidget()
        row = QHBoxLayout(tested)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self._unit = QLabel()
        self._unit.setObjectName("muted")
        row.addWidget(self.test, 1)
        row.addWidget(self.limit, 1)
        row.addWidget(self._unit)
        hits = QWidget()
        row = QHBoxLayout(hits)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.after)
        label = QLabel(tr("1 stops the first time"))
        label.setObjectName("muted")
        row.addWidget(label, 1)
        rows: dict[str, tuple[QLabel, QWidget]] = {}
        for key, words, widget in (
            ("kind", tr("Stop at"), self.kind),
            ("file", tr("File"), self.file),
            ("line", tr("Line"), self.line),
            ("exact", "", self.exact),
            ("name", tr("Name"), self.name),
            ("test", tr("when it"), tested),
            ("expression", tr("Expression"), self.expression),
            ("condition", tr("Only if"), self.condition),
            ("after", tr("From hit number"), hits),
            ("logs", "", self.logs),
            ("log", tr("Text"), self.log),
        ):
            label = QLabel(words)
            label.setObjectName("muted")
            label.setBuddy(widget)
            grid.addRow(label, widget)
            rows[key] = (label, widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(12)
        column.addLayout(grid)
        column.addWidget(self.text)
        column.addWidget(self.problem)
        column.addStretch(1)
        column.addWidget(buttons)
        return rows

    def _exact(self, on: bool) -> None:
        before = self._before
        columns = (before.column, before.end_column) if on and before is not None else (-1, -1)
        self._take(column=columns[0], end_column=columns[1])

    def _take(self, **values: object) -> None:
        if self._filling:
            return
        before, self._form = self._form, changed(self._form, **values)
        self._show(everything=before.kind != self._form.kind or before.test != self._form.test)

    def _show(self, everything: bool) -> None:
        form, palette = self._form, theme.current().palette
        if everything:
            self._filling = True
            self._fill()
            self._filling = False
        show_if(self._rows["log"][1], form.logs)
        show_if(self._rows["log"][0], form.logs)
        text, problem = preview(form)
        self.text.setText(breakable(text))
        self.problem.setText(problem)
        frame = "border-radius: 6px; padding: 7px 10px;"
        dress(self.text, f"background: {palette.code}; color: {palette.text}; {frame}")
        dress(self.problem, f"background: {palette.code}; color: {palette.muted}; {frame}")
        show_if(self.text, not problem)
        show_if(self.problem, bool(problem))
        self.ok.setEnabled(not problem)

    def _fill(self) -> None:
        form = self._form
        tests, wanted = choices(form.kind), fields_of(form)
        self.kind.setCurrentIndex(self.kind.findData(form.kind))
        self.test.clear()
        for choice in tests:
            self.test.addItem(choice.title, choice.id)
        self.test.setCurrentIndex(max(0, self.test.findData(form.test)))
        self.file.setCurrentIndex(self.file.findData(form.file))
        for edit, words in (
            (self.line, form.line), (self.name, form.name), (self.limit, form.limit), (self.log, form.log),
            (self.expression, form.expression), (self.condition, form.condition), (self.after, form.after),
        ):  # fmt: skip
            if edit.text() != words:
                edit.setText(words)
        self.logs.setChecked(form.logs)
        self.exact.setChecked(form.column >= 0)
        exact = form.kind == "line" and self._before is not None and self._before.column >= 0
        shown = {"kind": True, "test": len(tests) > 1, "exact": exact, "condition": True, "after": True, "logs": True}
        for key, pair in self._rows.items():
            if key != "log":
                for widget in pair:
                    show_if(widget, shown.get(key, key in wanted))
        show_if(self.limit, "limit" in wanted)
        show_if(self._unit, form.test == "rises")
        self._unit.setText("%")
        label, hint = {
            "op": (tr("Op type"), "Conv2D*") if form.test == "op" else (tr("Name"), "y_pred"),
            "gradient": (tr("Variable"), tr("any")),
            "scalar": (tr("Curve"), "loss"),
            "rule": (tr("Names"), "dead-*"),
        }.get(form.kind, (tr("Name"), ""))
        self._rows["name"][0].setText(label)
        self.name.setAccessibleName(label)
        self.name.setPlaceholderText(hint)
        at = form.kind == "op" or form.test in ("step", "every")
        rule = form.kind == "rule"
        self._rows["test"][0].setText(tr("Rule") if rule else tr("at") if at else tr("when it"))
        self._rows["expression"][0].setText(tr("Thresholds") if rule else tr("Expression"))
        self.expression.setPlaceholderText(
            tr("as in Rules …, or such as units=0.6, rows=4") if rule else "value.min() < 0"
        )
        self.limit.setPlaceholderText({"step": "120", "every": "50", "rises": "20"}.get(form.test, "100"))


def _choice(name: str) -> QComboBox:
    box = Choice(name)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.setFont(theme.ui_font(13))
    box.setObjectName("field")
    return box


def _field(name: str) -> QLineEdit:
    edit = QLineEdit()
    edit.setAccessibleName(name)
    return edit
