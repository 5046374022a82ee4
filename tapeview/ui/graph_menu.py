"""The context menu of the graph."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from tapeview.ui.text import tr
from tapeview.views.graph_model import GraphModel

Offer = Callable[[QMenu, int], None]
"""Adds to a menu what others offer for a node."""


def menu_for(
    view: QWidget,
    model: GraphModel,
    node: int,
    fit: Callable[[], None],
    centre: Callable[[], None],
    offer: Offer | None = None,
) -> QMenu:
    """What can be done with a node (-1: with the graph). The menu goes away by itself when it closes."""
    menu = QMenu(view)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    scene = model.scene
    if scene is not None and 0 <= node < len(scene.faces):
        if node in scene.graph.groups:
            menu.addAction(tr("Open the folded ops"), lambda: model.unfold(node))
        else:
            menu.addAction(tr("Move the cursor here"), lambda: model.activate(node))
        if model.group_around(node) is not None:
            menu.addAction(tr("Fold what is around it"), lambda: model.fold(node))
        menu.addSeparator()
        if offer is not None:
            offer(menu, node)
            menu.addSeparator()
    menu.addAction(tr("Show the whole graph"), fit)
    menu.addAction(tr("Go to the current op"), centre)
    if scene is not None and scene.graph.root.count > len(scene.graph.root.members):
        menu.addSeparator()
        menu.addAction(tr("Fold everything"), lambda: model.fold_all(True))
        menu.addAction(tr("Unfold again"), lambda: model.fold_all(False))
    return menu
