"""Each row of the fault table in docs/reliability.md is a test here, and each test is a row."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
TABLE = HERE.parents[1] / "docs" / "reliability.md"


def test_each_row_has_its_test_and_each_test_its_row() -> None:
    rows = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")][2:]
    named = [re.fullmatch(r"\| .+ \| .+ \| `(test_\w+)` \|", row) for row in rows]
    assert all(named), rows
    tests = [
        node.name
        for path in sorted(HERE.glob("test_*.py"))
        if path.name != Path(__file__).name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert sorted(match[1] for match in named if match is not None) == sorted(tests)
    assert len(tests) >= 16
