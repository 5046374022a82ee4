#!/usr/bin/env bash
# Run the test suite with the oldest dependencies that pyproject.toml admits, in .venv-oldest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=${PYTHON:-.venv/bin/python}
venv=.venv-oldest
constraints=$(mktemp)
trap 'rm -f "$constraints"' EXIT

"$python" - >"$constraints" <<'PYTHON'
import re
import tomllib

with open("pyproject.toml", "rb") as file:
    for requirement in tomllib.load(file)["project"]["dependencies"]:
        name, bound = re.fullmatch(r"([\w-]+)>=([\w.]+).*", requirement).groups()
        print(f"{name}=={bound}")
        if name == "PySide6-Essentials":
            print(f"shiboken6=={bound}")
PYTHON
cat "$constraints"

[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --constraint "$constraints" --editable '.[dev]'
"$venv/bin/python" -m pytest "$@"
