"""What a script draws with matplotlib, as pictures of the recording. Only what is called so needs matplotlib.

`backend` is a backend of matplotlib's: it draws no windows but hands each figure that is shown to a `Sink`. It is
chosen for scripts that have not chosen one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tapeview.trace.picture import Picture

BACKEND = "module://tapeview.figures.backend"
"""The backend under the name by which matplotlib knows it."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure as it was drawn: its number and the label it was given, its title, and what is to be seen.

    ``how`` is "shown" (`plt.show`), "drawn" (`canvas.draw`), "saved" (`savefig`), "left" (the script went on computing,
    or ended, and the figure was open). ``made`` is the call site at which the figure was made (0: unknown).
    """

    number: int
    label: str
    title: str
    picture: Picture
    how: str
    made: int


class Sink(Protocol):
    """Whoever keeps pictures. All methods are called on the thread that draws."""

    def site(self) -> int:
        """The call site at which the script is."""

    def take(self, drawn: Drawn) -> None:
        """Keep a picture."""

    def wait(self) -> None:
        """A figure has changed and was not drawn since: `film.take_waiting` is wanted before the script computes."""

    def trouble(self, sentence: str) -> None:
        """A figure cannot be drawn."""


sink: Sink | None = None


def listen(to: Sink | None) -> None:
    """Hand pictures to ``to`` from now on (None: to nobody)."""
    global sink
    sink = to
