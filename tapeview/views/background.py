"""Where view-models send work that may take longer than a frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

Result = TypeVar("Result")


class Background(Protocol):
    """Runs jobs away from the caller's thread."""

    def submit(self, job: Callable[[], Result], done: Callable[[Result], object]) -> None:
        """Run ``job`` soon; then call ``done`` with its result in the caller's thread. What ``job`` raises is raised
        there.
        """


class Reporting(Background, Protocol):
    """One whose jobs can tell how far they are."""

    def tell(self, news: Callable[[], object]) -> None:
        """Called by a job: call ``news`` soon, in the thread that submitted the job."""


class Immediate:
    """Runs every job at once, in the caller's thread."""

    def submit(self, job: Callable[[], Result], done: Callable[[Result], object]) -> None:
        done(job())

    def tell(self, news: Callable[[], object]) -> None:
        news()
