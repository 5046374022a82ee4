"""Scripts run under the recorder and explained."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from tapeview.explain import Finding, explain
from tests.helpers.scripts import record_source

BEGIN = "import numpy as np\nimport tensorflow as tf\n"


def explained(folder: Path, body: str, mark: str = "# here") -> tuple[list[Finding], int]:
    """The findings on a script, and the number of the line that ends with ``mark`` (0 if none does)."""
    source = BEGIN + dedent(body).lstrip("\n")
    run = record_source(folder, source)
    assert run.code == 0, run.err
    line = next((n for n, text in enumerate(source.splitlines(), 1) if text.endswith(mark)), 0)
    with run.recording() as recording:
        return explain(recording), line
