"""The wheel: built from this checkout, installed into an empty environment, used from another folder."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import tapeview

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> str:
    """Standard output of a command that has to succeed; both of its streams are shown where it does not."""
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    result = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=100, check=False)
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without the network."""
    pytest.importorskip("hatchling")
    out = tmp_path_factory.mktemp("dist")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    run(sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", out, ROOT, cwd=out)
    (built,) = out.glob("tapeview-*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel in it; its scripts folder.

    The packages that tapeview needs are lent by this environment instead of downloaded. They come through a .pth file,
    and Python reads no .pth files in a folder named by one: so the checkout's editable install stays invisible.
    """
    home = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", home, cwd=home)
    paths = sysconfig.get_paths(vars={"base": str(home), "platbase": str(home)}, scheme="venv")
    site, scripts = Path(paths["purelib"]), Path(paths["scripts"])
    (site / "lent.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    options = ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    run(sys.executable, "-m", "pip", "--python", scripts / "python", "install", *options, wheel, cwd=home)
    return scripts


def test_wheel_carries_every_file_of_the_package(wheel: Path) -> None:
    ignored = {"__pycache__"}
    expected = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tapeview").rglob("*")
        if path.is_file() and not ignored & set(path.parts)
    }
    with zipfile.ZipFile(wheel) as archive:
        carried = {name for name in archive.namelist() if name.startswith("tapeview/")}

    assert carried == expected
    assert {"tapeview/py.typed", "tapeview/examples/__init__.py"} <= carried


def test_wheel_states_its_licence_and_version(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = archive.read(next(name for name in names if name.endswith("/METADATA"))).decode()

    assert f"\nVersion: {tapeview.__version__}\n" in metadata
    assert "\nLicense-Expression: MIT\n" in metadata
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_installed_command_tells_its_version(environment: Path, tmp_path: Path) -> None:
    assert tapeview.__version__ in run(environment / "tapeview", "--version", cwd=tmp_path)


def test_installed_command_is_the_one_from_the_wheel(environment: Path, tmp_path: Path) -> None:
    program = "import tapeview; print(tapeview.__file__)"
    where = Path(run(environment / "python", "-c", program, cwd=tmp_path).strip())
    assert where.is_relative_to(environment.parent)


def test_installed_command_lists_and_prints_the_examples(environment: Path, tmp_path: Path) -> None:
    names = {path.stem for path in (ROOT / "tapeview" / "examples").glob("*.py")} - {"__init__"}
    assert names

    listing = run(environment / "tapeview", "examples", cwd=tmp_path)

    assert {name for name in names if name not in listing} == set()


def test_installed_command_records_an_example(environment: Path, tmp_path: Path) -> None:
    script = run(environment / "tapeview", "examples", "linear_regression", "--path", cwd=tmp_path).strip()
    assert Path(script).is_relative_to(environment.parent)

    run(environment / "tapeview", "record", "-o", "run.tapeview", script, cwd=tmp_path)

    assert "linear_regression.py" in run(environment / "tapeview", "info", "run.tapeview", cwd=tmp_path)
