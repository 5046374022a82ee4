"""Names of variables without what they all begin with."""

from __future__ import annotations

from collections.abc import Sequence

LEAST = 2
"""Parts of a path that stay: the layer and the kind (``conv2d/kernel``)."""


def short_names(names: Sequence[str]) -> list[str]:
    """``net/conv2d/kernel:0`` as ``conv2d/kernel`` where no path that begins with ``net`` becomes shorter than that.

    The first long path says what goes, since a model's weights come before an optimizer's. Where two names would
    become the same they stay as they are.
    """
    whole = [name.removesuffix(":0") for name in names]
    paths = [name.split("/") for name in whole]
    front = next((path[0] for path in paths if len(path) > LEAST), "")
    while front:
        having = {place for place, path in enumerate(paths) if path[0] == front and len(path) > 1}
        if min(len(paths[place]) for place in having) <= LEAST:
            break
        paths = [path[1:] if place in having else path for place, path in enumerate(paths)]
        fronts = {paths[place][0] for place in having}
        front = fronts.pop() if len(fronts) == 1 else ""
    short = ["/".join(path) for path in paths]
    return short if len(set(short)) == len(set(whole)) else whole
