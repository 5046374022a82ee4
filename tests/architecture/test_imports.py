"""What each package really loads, looked at in a fresh interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Imports every module of the package (not __main__ and the examples, which would run) and prints what that loaded.
LOAD_ALL = """
import importlib, json, pkgutil, sys
before = set(sys.modules)
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(getattr(package, "__path__", []), package.__name__ + "."):
    if not module.name.endswith("__main__") and package.__name__ != "tapeview.examples":
        importlib.import_module(module.name)
print(json.dumps(sorted(set(sys.modules) - before)))
"""

# package -> (packages of ours, other people's packages) that it may load; "*" is any.
ALLOWED: dict[str, tuple[set[str], set[str]]] = {
    "engine": (set(), {"numpy"}),
    "keras": ({"engine"}, {"numpy"}),
    "tf1": ({"engine", "keras"}, {"numpy"}),
    "tensorflow": ({"engine", "keras", "tf1"}, {"numpy"}),
    "trace": (set(), {"numpy", "msgspec"}),
    "figures": ({"trace"}, {"*"}),
    "breakpoints": (set(), {"msgspec"}),
    "protocol": ({"breakpoints"}, {"msgspec"}),
    "joining": ({"protocol", "breakpoints", "trace"}, {"msgspec"}),
    "graph": ({"trace"}, {"numpy", "msgspec", "networkx", "fast_sugiyama"}),
    "explain": ({"trace"}, {"numpy", "msgspec"}),
    "replay": ({"engine", "explain", "keras", "tf1", "trace"}, {"numpy", "msgspec"}),
    "debugger": ({"trace", "joining", "protocol", "breakpoints"}, {"numpy", "msgspec", "platformdirs"}),
    "debuggee": (
        {"engine", "keras", "tf1", "tensorflow", "trace", "figures", "joining", "protocol", "breakpoints"},
        {"numpy", "msgspec"},
    ),
    "views": (
        {"trace", "graph", "explain", "debugger", "joining", "protocol", "breakpoints", "examples"},
        {"numpy", "msgspec", "networkx", "fast_sugiyama", "pygments", "platformdirs"},
    ),
    "ui": ({"views", "trace", "graph", "explain", "debugger", "joining", "protocol", "breakpoints", "examples"}, {"*"}),
    "examples": (set(), set()),
}


def loaded_by(package: str) -> tuple[set[str], set[str]]:
    """Names of our packages and of other people's that are loaded once all modules of `package` are."""
    child = subprocess.run(
        [sys.executable, "-c", LOAD_ALL, package], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
    assert child.returncode == 0, child.stderr
    modules: Collection[str] = json.loads(child.stdout)
    ours = {name.split(".")[1] for name in modules if name.startswith("tapeview.")}
    others = {name.partition(".")[0] for name in modules} - sys.stdlib_module_names - {"tapeview"}
    others -= {
        "typing_extensions",
        "cython_runtime",
    }  # msgspec loads the first where it is installed, some NumPy versions make the second
    return ours, {name for name in others if not name.startswith("_")}


def test_importing_tapeview_loads_nothing_else() -> None:
    program = "import sys, tapeview; print([m for m in ('numpy', 'PySide6', 'msgspec', 'sqlite3') if m in sys.modules])"
    child = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert child.stdout.strip() == "[]"


@pytest.mark.parametrize("package", ALLOWED)
def test_package_loads_only_what_it_may(package: str) -> None:
    needed = {"ui": "PySide6", "figures": "matplotlib"}.get(package)
    if needed is not None and find_spec(needed) is None:
        pytest.skip(f"{package} needs {needed}")
    allowed_ours, allowed_others = ALLOWED[package]

    ours, others = loaded_by(f"tapeview.{package}")

    assert ours <= allowed_ours | {package}
    assert "*" in allowed_others or others <= allowed_others


def test_every_package_is_in_the_table() -> None:
    composition_root = {"cli", "commands", "__main__", "__init__"}
    parts = {
        path.stem for path in (ROOT / "tapeview").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert parts - composition_root == set(ALLOWED)


def test_import_contracts_hold() -> None:
    pytest.importorskip("importlinter")
    from importlinter.cli import lint_imports

    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0
