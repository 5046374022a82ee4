"""Taking pictures of matplotlib's figures and handing them on. Nothing here may disturb the script that draws."""

from __future__ import annotations

import contextlib
import time
import warnings
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from matplotlib import _pylab_helpers, cbook
from matplotlib.figure import Figure

from tapeview import figures
from tapeview.figures.renderer import PictureRenderer
from tapeview.trace.picture import Picture

SHARE = 20.0
"""Pictures that the script did not ask for take at most one part in so many of its time."""

MOST_BYTES = 18 << 20
"""A figure of which the shapes and places take more (more than a million marks) is kept as an image."""

MOST_FRAMES = 100
MOST_SECONDS = 10.0
"""Of an animation so many frames are kept, as long as they take no longer."""

_taken: weakref.WeakSet[Figure] = weakref.WeakSet()
_busy = False
_rest_until = 0.0


def made() -> int:
    """The call site at which a figure is being made."""
    return 0 if figures.sink is None else figures.sink.site()


def take(manager: Any, how: str, unless: Picture | None = None) -> Picture | None:
    """Take a picture of a manager's figure, and keep it unless it looks like another one. None if there is none.

    Warnings about it are the script's own only if it is shown.
    """
    global _busy
    sink, figure = figures.sink, manager.canvas.figure
    if sink is None or _busy:
        return None
    _busy = True
    try:
        with _silent(how != "shown"):
            drawn = _drawn(manager, figure, how)
    except Exception as error:  # a label that is no formula, say; windows of matplotlib's own survive that, too
        if how != "left":
            what = " ".join(f"{type(error).__name__}: {error}".split())
            sink.trouble(f"figure {manager.num} cannot be drawn, so it is not in the recording: {what}")
        return None
    finally:
        _busy = False
        _taken.add(figure)
    if drawn.picture != unless:
        sink.take(drawn)
    return drawn.picture


def play(manager: Any, advance: Callable[[], bool]) -> None:
    """Take a picture of each frame of an animation, once around, not too many and not for too long.

    ``advance`` goes on by one frame, and returns False if there is none.
    """
    first: Picture | None = None
    until = time.monotonic() + MOST_SECONDS
    for _ in range(MOST_FRAMES):
        if time.monotonic() > until or not advance():
            return
        picture = take(manager, "shown", first)
        if picture is None or picture == first:
            return
        first = first or picture


def take_waiting() -> None:
    """Take pictures of the figures that the script has drawn into since the last one: it is about to go on computing,
    to wait or to end."""
    for manager in _pylab_helpers.Gcf.get_all_fig_managers():
        if is_waiting(manager.canvas.figure):
            take(manager, "left")


def take_waiting_unless_busy() -> None:
    """The same, unless such pictures have taken much of the script's time lately."""
    global _rest_until
    began = time.monotonic()
    if began < _rest_until:
        return
    take_waiting()
    ended = time.monotonic()
    _rest_until = ended + SHARE * (ended - began)


def is_waiting(figure: Figure) -> bool:
    """Whether there is anything in a figure of which there is no picture."""
    return (figure.stale or figure not in _taken) and has_content(figure)


def has_content(figure: Figure) -> bool:
    """Whether anything was drawn into a figure yet; empty axes are nothing."""
    parts = [figure, *figure.subfigs]
    return any(axes.has_data() or axes.texts or axes.images or axes.patches for axes in figure.axes) or any(
        part.lines or part.images or part.texts or part.patches for part in parts
    )


def changed(figure: Figure) -> None:
    """A figure of ours was drawn into."""
    if figures.sink is not None and not _busy:
        figures.sink.wait()


def _drawn(manager: Any, figure: Figure, how: str) -> figures.Drawn:
    renderer = PictureRenderer(figure.bbox.width, figure.bbox.height, figure.dpi)
    # As for a file: what moves in an animation is drawn too, and no animation begins.
    with cbook._setattr_cm(figure.canvas, _is_saving=True):
        figure.draw(renderer)
        if renderer.size > MOST_BYTES:
            renderer = PictureRenderer(figure.bbox.width, figure.bbox.height, figure.dpi)
            renderer.draw_whole(figure)
    number = manager.num if isinstance(manager.num, int) else 0
    return figures.Drawn(
        number, str(figure.get_label() or ""), title_of(figure), renderer.picture(), how, getattr(manager, "made", 0)
    )


def title_of(figure: Figure) -> str:
    """What a figure is called: its title, or that of its first axes that have one, or what the axes show."""
    whole = figure.get_suptitle()
    titles = [axes.get_title() for axes in figure.axes]
    labels = [axes.get_ylabel() or axes.get_xlabel() for axes in figure.axes]
    found = next((text for text in (whole, *titles, *labels) if text.strip()), "")
    return " ".join(found.split())


@contextlib.contextmanager
def _silent(silent: bool) -> Iterator[None]:
    if not silent:
        yield
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
