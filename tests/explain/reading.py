"""Scripts run under the recorder and explained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePath
from textwrap import dedent

from tapeview.explain import Finding, explain
from tests.helpers.scripts import record_source

BEGIN = "import numpy as np\nimport tensorflow as tf\n"
_ALL = """
import runpy
import sys

for path in sys.argv[1:]:
    runpy.run_path(path)
"""


def explained(folder: Path, body: str, mark: str = "# here") -> tuple[list[Finding], int]:
    """The findings on a script, and the number of the line that ends with ``mark`` (0 if none does)."""
    source = BEGIN + dedent(body).lstrip("\n")
    run = record_source(folder, source)
    assert run.code == 0, run.err
    with run.recording() as recording:
        return explain(recording), marked(source, mark)[0]


def marked(source: str, mark: str = "# here") -> list[int]:
    """The numbers of the lines that end with ``mark``; [0] if none does."""
    return [n for n, text in enumerate(source.splitlines(), 1) if text.endswith(mark)] or [0]


def explained_together(folder: Path, bodies: Mapping[str, str]) -> dict[str, tuple[list[Finding], list[int]]]:
    """For each of several scripts, run one after the other in one process, the findings that are no rule's, and the
    lines that end with ``# here``.
    """
    folder.mkdir(exist_ok=True)
    sources = {f"case_{n}.py": BEGIN + dedent(body).lstrip("\n") for n, body in enumerate(bodies.values())}
    for name, source in sources.items():
        (folder / name).write_text(source, encoding="utf-8")
    run = record_source(folder, _ALL, [str(folder / name) for name in sources])
    assert run.code == 0, run.err
    found: dict[str, list[Finding]] = {name: [] for name in sources}
    with run.recording() as recording:
        for finding in explain(recording):
            if finding.kind != "rule":
                found[PurePath(recording.source(finding.file).path).name].append(finding)
    return {case: (found[name], marked(source)) for case, (name, source) in zip(bodies, sources.items(), strict=True)}
