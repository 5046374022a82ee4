from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tapeview.examples import GROUPS
from tapeview.views.examples import examples

WITHOUT_QT = """
import importlib, pkgutil, sys
sys.modules["PySide6"] = sys.modules["pyqtgraph"] = None  # importing them fails
import tapeview.views
for module in pkgutil.iter_modules(tapeview.views.__path__, "tapeview.views."):
    importlib.import_module(module.name)
"""


def test_examples_that_ship_have_titles() -> None:
    found = examples()
    assert found
    assert all(example.title and not example.title.endswith(".") for example in found)
    assert list(dict.fromkeys(example.group for example in found)) == list(GROUPS)
    assert [example.path.stem for example in found] == [name for names in GROUPS.values() for name in names]


def test_files_that_cannot_be_read_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text('"""하나.\n\nMore."""\n', encoding="utf-8")
    (tmp_path / "plain_one.py").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "broken.py").write_text("x = (\n", encoding="utf-8")
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "__init__.py").write_text("", encoding="utf-8")
    assert [(example.name, example.title) for example in examples(tmp_path)] == [
        ("good", "하나"),
        ("plain one", "plain one"),
    ]
    assert examples(tmp_path / "gone") == []


def test_view_models_need_no_qt() -> None:
    root = Path(__file__).parents[2]
    child = subprocess.run([sys.executable, "-c", WITHOUT_QT], cwd=root, capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
