# Plain `make` lists the targets. Nothing is needed but Python 3.11+, make and a package index.
PYTHON ?= python3
WORKERS ?= 2
# Whoever runs us may have forbidden Python to keep what it compiled: then each of a hundred programs compiles all anew.
unexport PYTHONDONTWRITEBYTECODE
BIN := .venv/bin
# The stamp carries the clone's path: a virtual environment that was copied along with a clone is made anew.
STAMP := .venv/.ready-$(shell pwd | cksum | cut -d' ' -f1)
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check --no-input

.DEFAULT_GOAL := help
.PHONY: help demo demo-once test test-fast faults fuzz check bench fmt docs lock clean venv

help: ## list these targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(STAMP) ## run everything here with a small utility inside; Ctrl-C stops it, the next start keeps its data
	@$(BIN)/relight demo

demo-once: $(STAMP) ## play the story from payment to light once, without a screen, and prove each step
	@$(BIN)/relight demo --once

test: $(STAMP) ## run every test (WORKERS=2 at a time)
	@$(BIN)/python -m pytest -n $(WORKERS) -q

test-fast: $(STAMP) ## run the tests that take no seconds and no browser
	@$(BIN)/python -m pytest -n $(WORKERS) -q -m "not slow and not browser and not long"

faults: $(STAMP) ## kill every process at every step, for many minutes: the long form of what `make test` does in short
	@$(BIN)/python -m pytest -n $(WORKERS) -q -m long

MINUTES ?= 0.25
fuzz: $(STAMP) ## feed every decoder bytes that coverage leads to, MINUTES=0.25 for each target
	@$(BIN)/python -m tests.fuzz --minutes $(MINUTES) $(TARGETS)

check: $(STAMP) ## lint, format, types, import layers, size limits, migrations up and down
	@echo "ruff" && $(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .
	@echo "mypy" && $(BIN)/python -m mypy
	@echo "import layers" && $(BIN)/lint-imports --no-cache
	@echo "architecture" && $(BIN)/python -m pytest -q tests/architecture

bench: $(STAMP) ## measure, as ratios within one run
	@$(BIN)/python -m app bench

fmt: $(STAMP) ## format, and mend what ruff can mend
	@$(BIN)/python -m ruff check --fix .
	@$(BIN)/python -m ruff format .

docs: $(STAMP) ## write the pages anew that come from the code: settings, functions of concentrators, items of meters
	@$(BIN)/python -m app.settings_page > docs/settings.md
	@$(BIN)/python -m meters_io.gdw1376.functions.page > docs/gdw1376-functions.md
	@$(BIN)/python -m meters_io.dlt645.page > docs/dlt645-items.md

# Needed by redis on the Pythons before 3.11.3; a freeze on a newer one does not show it.
ALSO_LOCKED := async-timeout==5.0.1; python_full_version < "3.11.3"

lock: ## write requirements.lock anew from what pyproject.toml allows today
	@$(PYTHON) -m venv --clear build/lock
	@build/lock/bin/python -m pip -qq --disable-pip-version-check install '.[dev]'
	@{ build/lock/bin/python -m pip freeze --all | grep -vE '^(pip|relight)( |=)'; echo '$(ALSO_LOCKED)'; } | LC_ALL=C sort -f > requirements.lock

clean: ## remove the virtual environment, caches and the demo's data
	@if [ -e $(STAMP) ]; then $(BIN)/python -m app.engines clean; fi
	@rm -rf .venv var .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info build
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Relight needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	@if [ ! -e $(STAMP) ]; then echo "creating .venv" && $(PYTHON) -m venv --clear .venv; fi
	@echo "installing the locked packages (once, well under a minute)"
	@$(PIP) install --no-compile --no-deps -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $(STAMP)
