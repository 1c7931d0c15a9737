# Everything happens in .venv; nothing is installed outside it.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
# Two cores are what the suite is sized for.
WORKERS ?= 2
ARGS ?=
# A company's proxy signs with an authority that only the system knows.
export UV_SYSTEM_CERTS ?= 1
# Whoever starts programs again and again (tests, the demo) must not compile all of them each time.
export PYTHONDONTWRITEBYTECODE :=
SOURCES := campaigns nurture workers templates tests hatch_build.py

.DEFAULT_GOAL := help
.PHONY: help setup demo test quick check lint bench lock assets clean

help: ## tell what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: .venv/installed ## create .venv and install what the lock file names

demo: setup ## play the example company; ARGS=--once plays it to the end and exits
	$(BIN)/nurture demo $(ARGS)

test: setup ## run the whole suite, on SQLite and PostgreSQL
	$(PYTEST) -n $(WORKERS) --dist worksteal $(ARGS)

quick: setup ## run what is fast: SQLite only, nothing slow, no browser
	$(PYTEST) --database sqlite -m "not slow and not browser" $(ARGS)

check: lint test ## format, lint, types, contracts, tests

lint: setup ## format, lint, types, contracts
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup ## measure; ARGS="compose --json" measures one thing
	$(BIN)/nurture bench $(ARGS)

lock: .venv/bin/uv ## renew requirements.lock from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-annotate --no-header $(ARGS) \
		--output-file requirements.lock pyproject.toml

assets: ## build the console's scripts and styles, if the installation could not
	@rm -f .venv/installed
	@$(MAKE) --no-print-directory setup

clean: ## forget the installation, not the data in .nurture
	rm -rf .venv build dist nurture/web/static/vendor web/node_modules

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Nurture needs Python 3.11 or newer; set PYTHON=/path/to/it."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || sh .ci/venv
	@$(PYTHON) -m venv .venv

.venv/bin/uv: .venv/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.5"

# Quick when nothing changed: the stamp is newer than everything that it depends on.
.venv/installed: requirements.lock pyproject.toml hatch_build.py $(wildcard web/*.*) | .venv/bin/uv
	@echo "Installing into .venv"
	@$(BIN)/uv pip install --python $(BIN)/python --quiet --compile-bytecode --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --python $(BIN)/python --quiet --no-deps -e .
	@test ! -e nurture/web/static/vendor/MISSING || cat nurture/web/static/vendor/MISSING
	@touch $@
