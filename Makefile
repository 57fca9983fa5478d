# siko on one machine: needs Python 3.11 or newer and make; everything else goes into .venv.
#   make setup PYTHON=python3.13   with this Python, not the distribution's (in a fresh clone)
#   make run PORT=0          any free ports instead of 8400 to 8405
#   make test ARGS='-k demo' some tests only
#   make lock UPGRADE=1      the newest versions that fit, not only what is missing

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

VENV := .venv
BIN := $(VENV)/bin
DATA ?= siko-data
PORT ?= 8400
ARGS ?=
MYPY_FLAGS ?=

# the machine's own Python, and nothing of an environment that happens to be active
export UV_PYTHON_DOWNLOADS := never
unexport VIRTUAL_ENV PYTHONPATH

PROJECTS := $(sort $(wildcard shared/*/pyproject.toml services/*/pyproject.toml cli/pyproject.toml))
PACKAGES := $(PROJECTS:/pyproject.toml=)
SOURCES := $(PACKAGES:=/src)
SERVICES := $(notdir $(patsubst %/,%,$(dir $(wildcard services/*/pyproject.toml))))
LOCKS := requirements.lock locks/build.lock

say = @printf '\033[1m%s\033[0m\n' '$(1)'

.PHONY: help setup run demo test slow check lock

help: ## show this
	@echo 'siko: security conferences of police authorities. Targets:'
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 16

setup: $(VENV)/.ready ## put everything that siko needs into .venv (the other targets do it too)

run: setup ## start the whole system, play a year of Cologne and Leverkusen, stay until Ctrl-C
	$(call say,siko up --demo: data stays in $(DATA)/)
	@exec $(BIN)/siko up --demo --data '$(DATA)' --port '$(PORT)'

demo: setup ## the same in a folder of its own, and end
	$(call say,siko up --demo --exit: data goes into a fresh folder that is removed)
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	$(BIN)/siko up --demo --exit --data "$$folder" --port 0

test: setup $(if $(shell command -v npm),javascript) ## run the tests, but for the slow ones
	$(call say,pytest: real brokers and databases on free ports)
	@$(BIN)/pytest --numprocesses 2 --dist loadfile -m 'not slow' $(ARGS)

slow: setup $(if $(shell command -v npm),javascript) ## run the slow tests: attacks, faults, whole states, samples of earlier versions
	$(call say,pytest: the slow tests)
	@$(BIN)/pytest --numprocesses 2 --dist loadfile -m slow $(ARGS)

check: setup ## lint, types, who may import whom, compose file, Dockerfile, locks
	$(call say,ruff)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	$(call say,mypy --strict)
	@$(BIN)/mypy $(MYPY_FLAGS) $(SOURCES) docs/examples
	$(call say,import-linter)
	@$(BIN)/lint-imports
	$(call say,compose.yaml and Dockerfile)
	@$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
	@$(BIN)/hadolint deploy/Dockerfile
	$(call say,locks hold no address)
	@if grep -n '://' $(LOCKS) locks/*.lock; then echo 'a lock names an address: make lock'; exit 1; fi

.PHONY: javascript

JAVASCRIPT := tests/javascript
javascript: $(JAVASCRIPT)/node_modules/.package-lock.json

$(JAVASCRIPT)/node_modules/.package-lock.json: $(JAVASCRIPT)/package-lock.json
	$(call say,setting up: JavaScript packages that tests need)
	@npm --prefix $(JAVASCRIPT) ci --no-audit --no-fund --loglevel error
	@touch $@

.PHONY: contracts

contracts: setup ## write what is made from the code: schemas, samples of new stored events, tables in docs
	$(call say,python -m tests.contracts: what is released is never written over)
	@$(BIN)/python -m tests.contracts

.PHONY: samples

samples: setup ## write docs/samples: one of each document as PDF and as pictures
	@$(BIN)/python -m tests.documents

.PHONY: graph

graph: setup ## show who imports whom, package by package
	@$(BIN)/python -m tests.graph

# --- the environment ---------------------------------------------------------------------------

# uv from the PATH, else from the package index by the machine's own pip
UV = $(or $(shell command -v uv),$(VENV)/uv/bin/uv)

# the distribution's Python before any other: it gets security updates, and like the one of our
# images it was compiled with profile-guided optimisation, which pyenv leaves out unless told
PYTHONS = $(or $(PYTHON),/usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11)

$(VENV)/bin/python:
	$(call say,setting up: Python environment in $(VENV))
	@python=; for candidate in $(PYTHONS); do \
	  if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	  then python=$$(command -v $$candidate); break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo 'siko needs Python 3.11 or newer; it is none of: $(PYTHONS). Install it, or say PYTHON=/path/to/python3'; exit 1; \
	fi; \
	uv=$$(command -v uv || echo $(VENV)/uv/bin/uv); \
	if [ ! -x "$$uv" ]; then \
	  for installer in $$python $(PYTHONS); do \
	    if $$installer -m pip --version >/dev/null 2>&1; then \
	      $$installer -m pip install --quiet --disable-pip-version-check --root-user-action ignore --target $(VENV)/uv 'uv>=0.9,<1'; break; \
	    elif $$installer -c 'import ensurepip' >/dev/null 2>&1; then \
	      $$installer -m venv $(VENV)/uv; \
	      $(VENV)/uv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'; break; \
	    fi; \
	  done; \
	fi; \
	if [ ! -x "$$uv" ]; then \
	  echo "$$python has neither pip nor venv; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; \
	fi; \
	$$uv venv --quiet --allow-existing --python $$python $(VENV)

$(VENV)/.ready: $(LOCKS) $(PROJECTS) | $(VENV)/bin/python
	$(call say,setting up: what requirements.lock says)
	@$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes $(LOCKS)
	$(call say,setting up: our packages)
	@$(UV) pip install --quiet --python $(BIN)/python --offline --no-deps --no-build-isolation \
	  $(addprefix -e ./,$(PACKAGES))
	@touch $@

# --- the locks: third parties only, hashes, no addresses ---------------------------------------

COMPILE = $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	--custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade) \
	$(foreach project,$(PROJECTS),--no-emit-package $(shell sed -n 's/^name = "\(.*\)"/\1/p' $(project)))

lock: $(VENV)/bin/python ## renew requirements.lock and locks/ from the pyproject.toml files
	$(call say,uv pip compile)
	@$(COMPILE) pyproject.toml --group dev -o requirements.lock
	@for service in $(SERVICES); do \
	  $(COMPILE) services/$$service/pyproject.toml -c requirements.lock -o locks/$$service.lock; \
	done
	@$(COMPILE) cli/pyproject.toml -c requirements.lock -o locks/cli.lock
	@$(COMPILE) locks/build.in -o locks/build.lock

.PHONY: pins

pins: ## write the digests of the base images into Dockerfile, compose.yaml and kustomize; needs a registry
	@deploy/pin_images.sh

# --- measuring ----------------------------------------------------------------------------------

.PHONY: bench

bench: setup ## measure siko against the machine's floors: JSON=FILE keeps the figures, ROWS="relay reply" picks some
	$(call say,python -m bench: about five minutes on two cores; nothing else should run)
	@$(BIN)/python -m bench $(ROWS) $(if $(JSON),--json '$(JSON)')

# --- faults --------------------------------------------------------------------------------------

SEEDS ?= 1
SEED ?=
MINUTES ?= 5
.PHONY: chaos away

chaos: setup ## kill, pause, cut, fill and roll back what runs, and judge: SEEDS=5 how many runs, SEED=1 which first
	$(call say,python -m tests.chaos: 30 faults and about 90 s a seed)
	@$(BIN)/python -m tests.chaos --seeds '$(SEEDS)' $(if $(SEED),--first '$(SEED)')

away: setup ## the broker is away for MINUTES=5 while commands go on, then the database: what that does
	$(call say,python -m tests.chaos away: twice $(MINUTES) minutes)
	@$(BIN)/python -m tests.chaos away --minutes '$(MINUTES)'

REQUESTS ?= 50000
.PHONY: fuzz

fuzz: setup ## ask everything that the contracts allow, and what they do not: REQUESTS=50000, SEED=1 which ones
	$(call say,python -m tests.fuzz: half of $(REQUESTS) requests on each database)
	@$(BIN)/python -m tests.fuzz --requests '$(REQUESTS)' --seed '$(or $(SEED),1)'

NUMBER ?= 300
.PHONY: mutants

mutants: setup $(if $(shell command -v npm),javascript) ## change one thing at a time in the rules and see whether a test fails: NUMBER=300 mutants, SEED=1 which ones
	$(call say,python -m tests.mutants: each against the tests that reach its line)
	@$(BIN)/python -m tests.mutants --number '$(NUMBER)' --seed '$(or $(SEED),1)' $(if $(AT),--at '$(AT)')
