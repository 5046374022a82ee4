"""A backend of matplotlib's that shows nothing itself: a figure that is shown becomes a picture of the recording.

`plt.show` does not wait for anybody. As after the windows of another backend were closed, the figures that were shown
are gone afterwards, unless matplotlib is interactive or `block` is False. The frames of an animation become the history
of its figure.
"""

from __future__ import annotations

import traceback
import weakref
from typing import Any

import matplotlib.pyplot as plt
from matplotlib import is_interactive
from matplotlib._pylab_helpers import Gcf
from matplotlib.backend_bases import CloseEvent, DrawEvent, FigureManagerBase, TimerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tapeview.figures import film


class FigureManager(FigureManagerBase):
    """Knows where its figure was made."""

    canvas: FigureCanvas
    num: int

    def __init__(self, canvas: Any, num: Any) -> None:
        super().__init__(canvas, num)
        self.made = film.made()

    def show(self) -> None:
        # Animations begin when their figure is drawn for the first time.
        canvas: Any = self.canvas
        drawn: Any = DrawEvent("draw_event", canvas, canvas.get_renderer())
        drawn._process()
        film.take(self, "shown")

    def play(self) -> None:
        """Let the figure's timers run, as they would in a window that is open."""
        film.play(self, self._advance)

    def _advance(self) -> bool:
        running = [timer for timer in list(self.canvas.timers) if timer.running]
        for timer in running:
            try:
                timer.fire()
            except Exception as error:  # windows of matplotlib's own print it and stay
                trace = error.__traceback__
                while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
                    trace = trace.tb_next
                traceback.print_exception(error.with_traceback(trace))
                return False
        return bool(running) and Gcf.figs.get(self.num) is self

    @classmethod
    def pyplot_show(cls, *, block: bool | None = None) -> None:
        managers: list[Any] = Gcf.get_all_fig_managers()
        for manager in managers:
            manager.show()
        if block or (block is None and not is_interactive()):
            for manager in managers:
                manager.play()
            for manager in managers:
                closed: Any = CloseEvent("close_event", manager.canvas)
                closed._process()
            Gcf.destroy_all()


class Timer(TimerBase):
    """Runs when it is told to: nobody waits."""

    running = False

    def _timer_start(self) -> None:
        self.running = True

    def _timer_stop(self) -> None:
        self.running = False

    def fire(self) -> None:
        """What a timer does when its time has come."""
        if self.single_shot:
            self.running = False
        callbacks: Any = self
        callbacks._on_timer()


class FigureCanvas(FigureCanvasAgg):
    """Draws with Agg for scripts that look at the pixels."""

    manager_class = FigureManager

    def __init__(self, figure: Figure | None = None) -> None:
        super().__init__(figure)
        self.timers: weakref.WeakSet[Timer] = weakref.WeakSet()

    def new_timer(self, interval: int | None = None, callbacks: Any = None) -> Timer:
        timer = Timer(interval=interval, callbacks=callbacks)
        self.timers.add(timer)
        return timer

    def draw(self) -> None:
        super().draw()  # type: ignore[no-untyped-call]
        self._take("drawn")

    def draw_idle(self, *args: Any, **kwargs: Any) -> None:
        # A window would draw when it comes to it; here that is when the script lets it, or goes on computing.
        film.changed(self.figure)

    def flush_events(self) -> None:
        if film.is_waiting(self.figure):
            self._take("drawn")

    def start_event_loop(self, timeout: float = 0) -> None:
        # Without a time it would wait for somebody to click, and nobody can.
        if timeout > 0:
            super().start_event_loop(timeout)

    def print_figure(self, *args: Any, **kwargs: Any) -> Any:
        result = super().print_figure(*args, **kwargs)
        self._take("saved")
        return result

    def _take(self, how: str) -> None:
        if self.manager is not None:
            film.take(self.manager, how)


def _watch() -> None:
    """Hear of every change of pyplot's figures: it calls this function of its own for each of them."""
    tell = getattr(plt, "_auto_draw_if_interactive", None)
    if tell is None:
        return

    def told(figure: Figure, stale: bool) -> None:
        tell(figure, stale)
        if stale:
            film.changed(figure)

    plt._auto_draw_if_interactive = told


_watch()
