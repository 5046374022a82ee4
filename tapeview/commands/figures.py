"""``tapeview figures``."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from tapeview.commands import UserError
from tapeview.commands.export import encoded

if TYPE_CHECKING:
    from tapeview.trace.picture import Picture
    from tapeview.trace.query import Recording
    from tapeview.trace.records import Figure

SHARPNESS = 2.0
"""Pixels of a .png for each pixel of the figure."""


class Figures:
    """List the figures that the script drew with matplotlib, or write them into a folder.

    Each figure is written as it looked last; with --all also as it looked before, each time it was drawn.
    """

    name: ClassVar[str] = "figures"
    usage: ClassVar[str] = "FILE [--out FOLDER [--format svg|png]] [--all]"

    def prepare_parser(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a recording (.tapeview)")
        parser.add_argument("--out", metavar="FOLDER", help="write them there; the folder is made if need be")
        parser.add_argument(
            "--format", choices=("svg", "png"), default="svg", help="what is written (default: svg; png needs PySide6)"
        )
        parser.add_argument("--all", action="store_true", help="every figure each time it was drawn")

    def run(self, options: argparse.Namespace) -> int:
        from tapeview.trace.query import Recording, RecordingError

        try:
            recording = Recording.open(Path(options.file))
        except RecordingError as error:
            raise UserError(str(error)) from error
        with recording:
            entries = list(_entries(recording, every=options.all))
            if options.out is None:
                for entry in entries:
                    print(_line(recording, entry))
                if not entries:
                    print("the script drew no figures")
                return 0
            if not entries:
                raise UserError(f"there is no figure in {options.file}: the script drew none")
            return _write_all(recording, entries, Path(options.out), options.format)


def _entries(recording: Recording, *, every: bool) -> Iterator[Figure]:
    """What was drawn, figure by figure in the order in which they first appeared."""
    histories: dict[int, list[Figure]] = {}
    for _, entry in recording.figures.entries():
        histories.setdefault(entry.figure, []).append(entry)
    for history in histories.values():
        yield from history if every else history[-1:]


def _line(recording: Recording, entry: Figure) -> str:
    frames = recording.frames(entry.site)
    parts = [_called(entry), f'"{entry.title}"' if entry.title else "", _when(entry)]
    parts.append(f"line {frames[0].line}" if frames else "")
    return ", ".join(part for part in parts if part)


def _called(entry: Figure) -> str:
    return entry.label or f"figure {entry.number}"


def _when(entry: Figure) -> str:
    return f"step {entry.step + 1}" if entry.step >= 0 else "before the first step"


def _write_all(recording: Recording, entries: list[Figure], folder: Path, format: str) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot make the folder {folder}: {error.strerror}") from error
    damaged = 0
    for number, entry in enumerate(entries, 1):
        picture = recording.figures.picture(entry.picture)
        if picture is None:
            damaged += 1
            continue
        words = re.sub(r"\W+", "-", _called(entry)).strip("-")[:60] or "figure"
        goal = folder / f"{number:03d}-{words}{f'-step-{entry.step + 1}' if entry.step >= 0 else ''}.{format}"
        content = _content(picture, _called(entry), format)
        try:
            goal.write_bytes(content)
        except OSError as error:
            raise UserError(f"cannot write {goal}: {error.strerror}") from error
        print(goal)
    if damaged:
        raise UserError(f"{damaged} of {len(entries)} figures are damaged and cannot be written")
    return 0


def _content(picture: Picture, title: str, format: str) -> bytes:
    if format == "svg":
        from tapeview.views.picture_svg import svg

        return svg(picture, title).encode()
    try:
        from tapeview.ui.picture_paint import PicturePainter
    except ImportError as error:
        raise UserError(
            f"a .png is drawn by Qt, which cannot be loaded here ({error}): "
            "`pip install PySide6-Essentials`, or write a .svg"
        ) from error
    image = PicturePainter(picture).image(SHARPNESS)
    if image.isNull():
        raise UserError(f"{title} would be too large for a .png: write a .svg")
    return encoded(image)
