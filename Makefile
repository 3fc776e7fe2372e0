SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export SAM_CLI_TELEMETRY := 0
# The PATH as we found it: its python3 has pip, the ones we make have none.
ifndef OUTER_PATH
export OUTER_PATH := $(PATH)
endif
# The project's tools come first, so that `sam build` finds Python 3.13 and hooks find uv.
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/.local/uv/bin:$(CURDIR)/.local/sam/bin:$(PATH)

UV := .local/uv/bin/uv
SAM := .local/sam/bin/sam
PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest -q
WORKERS ?= 2
export PORT ?= 8080
N ?= 20
QUEUE ?= notices

HOST_ARCHITECTURE := $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)
# What was answered at the first deployment counts: parameters given on the command line would replace all saved ones.
ARCHITECTURE ?= $(or $(shell sed -nE 's/.*Architecture=[^a-z]*(arm64|x86_64).*/\1/p' samconfig.toml),arm64)
SOURCES := functions shared/atelier local tests bench
PRESENT_SOURCES = $(wildcard $(SOURCES))
REQUIREMENTS := shared/requirements.txt functions/packs/requirements.txt requirements-dev.txt requirements-sam.txt local/requirements.txt \
	requirements-uv.txt
COMPILE := uv pip compile -q --python-version 3.13 --universal --generate-hashes \
	--no-annotate --no-header --no-emit-index-url

##@ Everyday

help: ## List these targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z0-9-]+:.*## / {printf "  \033[36m%-16s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(UV) ## Make the environments this project needs; does nothing when they are up to date
	@$(MAKE) -s $(if $(filter 0,$(MAKELEVEL)),-j3) .venv/.up-to-date .local/ministack/.up-to-date .local/sam/.up-to-date

start: setup ## Run the local cloud with development data until Ctrl-C (PORT=8080, 0 = any free one; KEEP=1 keeps data)
	@exec $(PYTHON) -m local start

users: setup ## Add users u001.. with tokens to the running local cloud (N=20)
	@$(PYTHON) -m local users $(N)

tour: setup ## Walk through the whole story against the running local cloud
	@$(PYTHON) -m local tour

mail: setup ## Print the last mails that the running local cloud sent
	@$(PYTHON) -m local mail

redrive: setup ## Bring a queue's failures back to it (QUEUE=notices, recorder, deliveries, packs; AWS=1 STACK=name for a deployed stack)
	@$(PYTHON) -m local redrive $(QUEUE)

##@ Checks

test: quick in-process e2e ## Every check that CI runs

# Two at a time: none of them keeps two cores busy. The tests below do.
quick: setup
	@$(MAKE) -j2 --output-sync=target format-check lint types requirements template

format: setup ## Rewrite the code in the project's format
	@ruff check -q --select I --fix $(PRESENT_SOURCES)
	@ruff format -q $(PRESENT_SOURCES)

format-check: setup
	@ruff format --check $(PRESENT_SOURCES)

lint: setup ## Look for mistakes with ruff
	@ruff check $(PRESENT_SOURCES)

types: setup ## Check the types with mypy
	@mypy $(PRESENT_SOURCES)

# Together, so that no core waits for the last test of a folder.
in-process: setup ## All tests but those over HTTP
	@$(PYTEST) -n $(WORKERS) --dist worksteal tests/unit tests/integration tests/property tests/infrastructure

unit: setup ## Tests without a table
	@$(PYTEST) -n $(WORKERS) tests/unit

integration: setup ## Tests against an emulated table
	@$(PYTEST) -n $(WORKERS) tests/integration

property: setup ## Tests of what must hold in every order of events
	@$(PYTEST) -n $(WORKERS) tests/property

infrastructure: setup ## Tests of the template, the requirements and the layout
	@$(PYTEST) tests/infrastructure

e2e: setup ## Tests over HTTP against a local cloud of their own
	@$(PYTEST) -n $(WORKERS) tests/e2e

# Both linters read the same template; `sam validate` also runs the transform.
template: setup
	@cfn-lint template.yaml
	@AWS_DEFAULT_REGION=eu-central-1 $(SAM) validate --lint >/dev/null

bench: build ## Print the benchmarks, each as a ratio
	@$(PYTHON) -m bench

least-privilege: setup ## Drop one policy statement at a time and report those that no e2e test misses (takes long)
	@$(PYTHON) -m local least-privilege

##@ Documents and requirements

docs: setup ## Write docs/openapi.json from the code
	@$(PYTHON) -m local docs

hooks: setup ## Let git run the quick checks before each commit
	@pre-commit install

# $(1) where to. shared/requirements.txt comes first: the tests run with the very versions that the layer ships.
define PIN
	@$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml -o $(1)/shared/requirements.txt
	@$(COMPILE) $(if $(UPGRADE),--upgrade) --group packs -o $(1)/functions/packs/requirements.txt
	@$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --group dev --group packs -c $(1)/shared/requirements.txt \
		-c $(1)/functions/packs/requirements.txt -o $(1)/requirements-dev.txt
	@$(COMPILE) $(if $(UPGRADE),--upgrade) --group sam -o $(1)/requirements-sam.txt
	@$(COMPILE) $(if $(UPGRADE),--upgrade) --group local -o $(1)/local/requirements.txt
	@$(COMPILE) $(if $(UPGRADE),--upgrade) --group uv -o $(1)/requirements-uv.txt
endef

lock: $(UV) ## Pin the requirements again; UPGRADE=1 takes the newest versions within pyproject.toml's bounds
	$(call PIN,.)

requirements: UPGRADE :=
requirements: setup
	@mkdir -p .local/pins && rm -rf .local/pins/* && tar cf - $(REQUIREMENTS) | tar xf - -C .local/pins
	$(call PIN,.local/pins)
	@for file in $(REQUIREMENTS); do diff -q $$file .local/pins/$$file >/dev/null || \
		{ echo "$$file does not follow from pyproject.toml; run 'make lock'." >&2; exit 1; }; done

##@ Build and deploy

# Lambda's disks are read-only and SAM ships no bytecode, so without this every cold start compiles every module.
# unchecked-hash: SAM's archives lose the times that ordinary bytecode is checked by. The Python is the runtime's own.
# $(1) the folder of built artefacts
define BYTECODE
	@$(PYTHON) -m compileall -q -j 0 --invalidation-mode unchecked-hash \
		-s $(1)/SharedLayer/python -p /opt/python $(1)/SharedLayer/python
	@for folder in $(1)/*Function; do $(PYTHON) -m compileall -q --invalidation-mode unchecked-hash \
		-s $$folder -p /var/task $$folder; done
endef

# $(1) the architecture, $(2) where to
SAM_BUILD = PATH="$(CURDIR)/.local/sam/bin:$$PATH" $(SAM) build --cached --parallel \
	--parameter-overrides Architecture=$(1) --build-dir $(2)/build --cache-dir $(2)/cache

build: setup ## Build the functions and the layer for this machine, bytecode included
	@$(call SAM_BUILD,$(HOST_ARCHITECTURE),.aws-sam)
	$(call BYTECODE,.aws-sam/build)

deploy: setup ## Build for ARCHITECTURE (arm64) and deploy to AWS; asks the first time, then goes by samconfig.toml
	@$(call SAM_BUILD,$(ARCHITECTURE),.aws-sam/deploy)
	$(call BYTECODE,.aws-sam/deploy/build)
	@$(SAM) deploy --template-file .aws-sam/deploy/build/template.yaml --config-file $(CURDIR)/samconfig.toml \
		$(if $(shell grep '^region' samconfig.toml),,--guided --parameter-overrides Architecture=$(ARCHITECTURE))

clean: ## Remove everything that was made here: environments, builds, caches
	rm -rf .venv .local .aws-sam .hypothesis .mypy_cache .pytest_cache .ruff_cache .coverage .coverage.* htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help setup start users tour mail redrive test in-process quick format format-check lint types unit integration \
	property infrastructure e2e requirements template bench least-privilege docs hooks lock build deploy clean

# A plain folder, not an environment: `python3 -m venv` alone takes longer than all of this.
$(UV): requirements-uv.txt
	@PATH="$$OUTER_PATH"; for python in python3 python3.13 /usr/bin/python3; do \
		! $$python -m pip --version >/dev/null 2>&1 || break; done; \
	PIP_ROOT_USER_ACTION=ignore $$python -m pip install -q --disable-pip-version-check --no-deps --require-hashes \
		--upgrade --target .local/uv -r requirements-uv.txt || { echo \
		"The installer uv could not be fetched with '$$python -m pip'; see above. Python needs pip for this" \
		"(Debian: apt install python3-pip)." >&2; exit 1; }
	@touch $@

# $(1) the environment, $(2) its requirements file
define ENVIRONMENT
$(1)/.up-to-date: $(2) $(UV)
	@$(UV) venv -q --allow-existing --python 3.13 $(1) || { echo \
		"Python 3.13 is needed and was not found. Install it (uv python install 3.13, pyenv install 3.13, your" \
		"system's package) and run this again." >&2; exit 1; }
	@VIRTUAL_ENV=$(1) $(UV) pip sync -q --require-hashes $(2)
	@touch $$@
endef
$(eval $(call ENVIRONMENT,.venv,requirements-dev.txt))
$(eval $(call ENVIRONMENT,.local/ministack,local/requirements.txt))
$(eval $(call ENVIRONMENT,.local/sam,requirements-sam.txt))
