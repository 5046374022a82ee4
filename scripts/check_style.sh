#!/usr/bin/env bash
# Style, layout, types and import contracts: every check runs, the status is 1 where any of them fails.
# The same commands stand in .pre-commit-config.yaml.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PATH="$PWD/.venv/bin:$PATH"

failed=()
check() {
    printf '== %s\n' "$*"
    "$@" || failed+=("$*")
}

check ruff check .
check ruff format --check .
check mypy
check lint-imports

if [ ${#failed[@]} -gt 0 ]; then
    printf 'failed: %s\n' "${failed[@]}"
    exit 1
fi
