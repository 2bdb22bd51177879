# DocuVault. `make help` lists the verbs.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
STATE := $(VENV)/.state
MODEL_DIR ?= build/model
ifdef QUALITY
export QUALITY := $(abspath $(QUALITY))
endif
export DOCUVAULT_AI__MODEL_DIR ?= $(abspath $(MODEL_DIR))

.PHONY: help
help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- the two commands -------------------------------------------------------------------------

.PHONY: run
run: $(STATE)/runtime $(STATE)/model $(STATE)/web ## Set everything up and serve the vault on http://127.0.0.1:8000 (PORT=)
	@DOCUVAULT_SERVER__PORT=$(PORT) exec $(BIN)/docuvault serve

.PHONY: test
test: $(STATE)/dev $(STATE)/model ## Set everything up and pass all tests that need no browser
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile $(if $(CI),-q) $(PYTEST_ARGS)
	@$(BIN)/python -m tests.notrun
# More than the two processors that it was made for: many tests wait for servers.
WORKERS ?= 3

# --- environments -----------------------------------------------------------------------------

# Two jobs at a time; what they print stays together.
SIDE_BY_SIDE := $(MAKE) --no-print-directory --jobs=2 --output-sync=target

.PHONY: setup
setup: ## Install, prepare and build everything that the other verbs need
	@$(SIDE_BY_SIDE) $(STATE)/dev $(STATE)/node
	@$(SIDE_BY_SIDE) $(STATE)/model $(STATE)/web

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("DocuVault needs Python 3.11 or newer.") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing (on Debian: apt-get install python3-venv)." >&2; exit 1; }

$(STATE)/build: requirements/build.txt | $(BIN)/python
	@mkdir -p $(STATE)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/build.txt
	@touch $@

# The lock says everything, so nothing is resolved here and every hash is checked.
define install
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --require-hashes -r $(1)
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@
endef

$(STATE)/runtime: requirements/runtime.txt pyproject.toml $(STATE)/build
	$(call install,requirements/runtime.txt)

$(STATE)/dev: requirements/dev.txt pyproject.toml $(STATE)/build
	$(call install,requirements/dev.txt)
	@touch $(STATE)/runtime

$(STATE)/model: backend/docuvault/ai/model.py | $(STATE)/runtime
	@$(BIN)/docuvault model prepare
	@touch $@

# --- web UI -----------------------------------------------------------------------------------

WEB_SOURCES := $(shell find frontend/src frontend/public -type f 2>/dev/null) $(wildcard frontend/*.html frontend/*.ts frontend/*.json)

$(STATE)/node: frontend/package-lock.json | $(BIN)/python
	@mkdir -p $(STATE)
	@node -e 'const [a,b]=process.versions.node.split(".").map(Number); if (a<20||(a===20&&b<19)) {console.error("DocuVault needs Node 20.19 or newer."); process.exit(1)}'
	@cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(STATE)/web: $(STATE)/node $(WEB_SOURCES)
	@cd frontend && npm run -s build
	@touch $@

.PHONY: web
web: $(STATE)/web ## Build the web UI

.PHONY: dev
dev: $(STATE)/dev $(STATE)/model $(STATE)/node ## Serve the API with reload on :8000 and the UI with reload on :5173
	@trap 'kill 0' EXIT; $(BIN)/uvicorn --factory docuvault.api.asgi:create --reload --reload-dir backend/docuvault --port 8000 & cd frontend && npm run dev

# --- quality ----------------------------------------------------------------------------------

.PHONY: check
check: $(STATE)/dev $(STATE)/node ## Everything that CI checks without running the product
	@$(SIDE_BY_SIDE) check-backend check-frontend

.PHONY: check-backend check-frontend
check-backend:
	@$(BIN)/ruff format --check backend
	@$(BIN)/ruff check backend
	@$(BIN)/mypy
	@$(BIN)/lint-imports --config importlinter.toml

check-frontend: openapi-check
	@cd frontend && npm run -s check && npm run -s test

.PHONY: format
format: $(STATE)/dev $(STATE)/node ## Format all sources
	@$(BIN)/ruff check --fix -q backend || true
	@$(BIN)/ruff format backend
	@cd frontend && npm run -s format

.PHONY: openapi
openapi: $(STATE)/dev $(STATE)/node ## Write the API description and the client generated from it
	@$(BIN)/docuvault openapi > build/openapi.json && mv build/openapi.json frontend/openapi.json
	@cd frontend && npm run -s generate

.PHONY: openapi-check
openapi-check: $(STATE)/dev $(STATE)/node
	@$(BIN)/docuvault openapi | diff -q - frontend/openapi.json >/dev/null || { echo "frontend/openapi.json is stale: run 'make openapi'." >&2; exit 1; }
	@cd frontend && npm run -s generate:check

.PHONY: e2e
e2e: $(STATE)/runtime $(STATE)/model $(STATE)/web ## Browser tests: start the product as a user would and use it (CHROMIUM=)
	@cd frontend && npm run -s e2e

.PHONY: compose-test
compose-test: $(STATE)/dev $(STATE)/node ## The compose stack for real, on stand-in images (LAB=script that makes them)
	@$(BIN)/python -m tests.compose "$(LAB)" $(PYTEST_ARGS)

.PHONY: corpus
corpus: $(STATE)/dev $(STATE)/model ## Read a folder of files through the product and print the table (CORPUS=folder)
	@$(BIN)/python -m tests.corpus $(CORPUS)

.PHONY: quality
quality: $(STATE)/dev $(STATE)/model ## Judged searches and topics through the product (QUALITY=folder WRITE=1)
	@cd backend && ../$(BIN)/python -m tests.quality.search $(if $(WRITE),--write)
	@cd backend && ../$(BIN)/python -m tests.quality.topics $(if $(WRITE),--write)

.PHONY: bench
bench: $(STATE)/dev $(STATE)/model ## Speed, memory and size against the bare pieces (GOALS="G3 G9" ROUNDS= CORPUS=folder WRITE=1)
	@cd backend && $(if $(CORPUS),CORPUS=$(abspath $(CORPUS))) ../$(BIN)/python -m tests.bench $(GOALS) $(if $(filter file,$(origin ROUNDS)),,--rounds $(ROUNDS)) $(if $(WRITE),--write)

.PHONY: kill-loop
kill-loop: $(STATE)/dev $(STATE)/model ## Kill processes at random and look whether anything is lost (ROUNDS= SEED= ASSEMBLY=embedded|services|both)
	@cd backend && ../$(BIN)/python -m tests.killloop --rounds $(ROUNDS) --assembly $(ASSEMBLY) $(if $(SEED),--seed $(SEED)) $(if $(KILL_LOOP_JUNIT),--junit $(KILL_LOOP_JUNIT))

.PHONY: worker-loop
worker-loop: $(STATE)/dev $(STATE)/model ## Let workers and Redis fail at random and look whether work is lost or done twice (ROUNDS= SEED=)
	@cd backend && ../$(BIN)/python -m tests.workerloop --rounds $(ROUNDS) $(if $(SEED),--seed $(SEED)) $(if $(WORKER_LOOP_JUNIT),--junit $(WORKER_LOOP_JUNIT))
ROUNDS ?= 10
ASSEMBLY ?= both

.PHONY: faults
faults: $(STATE)/dev $(STATE)/model ## Every fault of docs/faults.md with what was seen, then rounds of faults at random (ROUNDS= SEED=)
	@cd backend && ../$(BIN)/python -m tests.faults $(if $(filter file,$(origin ROUNDS)),,--rounds $(ROUNDS)) $(if $(SEED),--seed $(SEED))

.PHONY: lock
lock: $(STATE)/build ## Resolve the dependencies again and write the locks
	@cd requirements && for name in build; do ../$(BIN)/uv pip compile $$name.in $(LOCK_FLAGS) -o $$name.txt; done
	@$(BIN)/uv pip compile pyproject.toml $(LOCK_FLAGS) -o requirements/runtime.txt
	@$(BIN)/uv pip compile pyproject.toml --extra dev $(LOCK_FLAGS) -o requirements/dev.txt
LOCK_FLAGS := -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

.PHONY: revision
revision: $(STATE)/dev ## Write a migration from the models (m="what changes")
	@$(BIN)/alembic revision --autogenerate -m "$(m)"

.PHONY: env
env: ## Write .env with generated secrets for docker compose
	@docker/make-env

.PHONY: clean
clean: ## Remove everything that was made here, but never data/
	@rm -rf $(VENV) build frontend/node_modules frontend/dist .mypy_cache .ruff_cache .pytest_cache
