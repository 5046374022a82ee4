# Each target sets up what it needs first (scripts/setup_env.sh); the second time that takes a few milliseconds.
SHELL := /bin/bash
BIN := .venv/bin

.PHONY: help run test lint format bench wheel oldest clean distclean setup-run setup-test

help:
	@echo "make run        run an example: in a window, or where there is no display, into out/tapeview.png"
	@echo "make test       style, types, import contracts and the whole test suite"
	@echo "make lint       the same without the tests"
	@echo "make format     put imports and layout in order"
	@echo "make bench      benchmarks, side by side with other engines where they are installed"
	@echo "make wheel      build dist/*.whl"
	@echo "make oldest     the test suite with the oldest dependencies that pyproject.toml admits"
	@echo "make clean      remove caches and results; make distclean removes .venv too"

setup-run:
	@scripts/setup_env.sh run

setup-test:
	@scripts/setup_env.sh test

run: setup-run
	@scripts/run_example.sh

# Everything runs even where an early check fails, so that one run tells all; pytest's closing line comes last.
test: setup-test
	@scripts/check_style.sh; style=$$?; $(BIN)/python scripts/run_tests.py $(PYTEST_ARGS) && exit $$style

lint: setup-test
	@scripts/check_style.sh

format: setup-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup-test
	@for program in benchmarks/[a-z]*.py; do echo "== $$program"; $(BIN)/python $$program || exit 1; done

wheel: setup-test
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

oldest: setup-test
	@scripts/check_oldest.sh

clean:
	rm -rf build dist out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -path ./.venv -prune -o -name __pycache__ -type d -print0 | xargs -0 rm -rf

distclean: clean
	rm -rf .venv .venv-oldest
