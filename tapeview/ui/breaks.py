"""Setting breakpoints from anywhere: at once, or in the dialog. Each dock that offers some gets the one `Breaks`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QMenu, QWidget

from tapeview.ui.breakpoint_dialog import BreakpointDialog
from tapeview.ui.text import tr
from tapeview.views.breakpoints_model import Breakpoint, BreakpointsModel

IS_NAN = "np.isnan(value).any()"
"""The condition of "stop here when it is NaN": ``value`` is the op's output."""


class Breaks:
    """Puts breakpoints into the model; what needs a number or a text first is asked in a dialog over ``window``.

    ``files`` are (path, title) of the script's files, ``added`` is called when one was put without a dialog.
    """

    def __init__(
        self, window: QWidget | None, model: BreakpointsModel, files: Callable[[], Sequence[tuple[str, str]]]
    ) -> None:
        self._window, self.model, self._files = window, model, files

    def put(self, breakpoint: Breakpoint | None) -> None:
        """Set a breakpoint, or change the one that has its id."""
        if breakpoint is not None:
            self.model.put(breakpoint)

    def edit(self, breakpoint: Breakpoint | None = None) -> BreakpointDialog:
        """Fill one in, or change one."""
        dialog = BreakpointDialog(self._window, self.model.put, breakpoint, files=self._files())
        dialog.open()
        return dialog

    def edit_log(self, breakpoint: Breakpoint | None) -> None:
        """Fill in one that writes a line instead of stopping."""
        dialog = self.edit(breakpoint)
        dialog.logs.setChecked(True)
        dialog.log.setFocus()

    def offer_op(self, menu: QMenu, op: str, name: str) -> None:
        """Add what can be stopped at for the op picked: ``op`` is its type, ``name`` the user's for its result."""
        here = self.model.of_selection()
        if here is not None:
            menu.addAction(tr("Stop at this op  F9"), self.model.toggle_selection)
        if op:
            menu.addAction(tr("Stop at every {op}").format(op=op), lambda: self.put(Breakpoint("op", name=op)))
        if name:
            words = tr("Stop when “{name}” is made").format(name=name)
            menu.addAction(words, lambda: self.put(BreakpointsModel.of_name(name)))
        if here is not None:
            menu.addAction(tr("Stop here when it holds NaN"), lambda: self.put(_with_condition(here, IS_NAN)))
            menu.addAction(tr("Stop here if …"), lambda: self.edit(here))

    def offer_node(self, menu: QMenu, name: str) -> None:
        """Add what can be stopped at for a node of a deferred graph."""
        menu.addAction(tr("Stop at this node  F9"), self.model.toggle_selection)
        here = BreakpointsModel.of_name(name)
        menu.addAction(tr("Stop here when it holds NaN"), lambda: self.put(_with_condition(here, IS_NAN)))
        menu.addAction(tr("Stop here if …"), lambda: self.edit(here))

    def offer_variable(self, menu: QMenu, name: str) -> None:
        """Add what can be stopped at for a variable's gradient."""
        words = tr("Stop when its gradient is None")
        menu.addAction(words, lambda: self.put(BreakpointsModel.of_variable(name)))
        words = tr("Stop when its gradient holds NaN")
        menu.addAction(words, lambda: self.put(Breakpoint("gradient", "nan", name=name)))
        words = tr("Stop when its gradient’s norm is above …")
        menu.addAction(words, lambda: self.edit(Breakpoint("gradient", "above", name=name, limit=10.0)))

    def offer_point(self, menu: QMenu, series: str, value: float, step: int) -> None:
        """Add what can be stopped at for a place in the plots; ``step`` from 0."""
        if series:
            limit = float(f"{value:.3g}")
            for test, words in (
                ("above", tr("Stop when {name} is above {limit}")),
                ("below", tr("Stop when {name} is below {limit}")),
            ):
                one = Breakpoint("scalar", test, name=series, limit=limit)  # type: ignore[arg-type]
                action = menu.addAction(words.format(name=series, limit=f"{limit:g}"))
                action.triggered.connect(lambda _checked=False, one=one: self.put(one))
            menu.addAction(
                tr("Stop when {name} rises by …").format(name=series),
                lambda: self.edit(Breakpoint("scalar", "rises", name=series, limit=20.0)),
            )
        if step >= 0:
            words = tr("Stop at training step {step}").format(step=step + 1)
            menu.addAction(words, lambda: self.put(BreakpointsModel.of_step(step)))


def _with_condition(one: Breakpoint, condition: str) -> Breakpoint:
    return Breakpoint(
        one.kind, one.test, file=one.file, line=one.line, column=one.column, end_column=one.end_column,
        name=one.name, condition=condition,
    )  # fmt: skip
