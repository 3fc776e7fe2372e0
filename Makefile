SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export SAM_CLI_TELEMETRY := 0
# The project's tools come first, so that `sam build` finds Python 3.13 and hooks find uv.
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/.local/uv/bin:$(CURDIR)/.local/sam/bin:$(PATH)
# One cache on the checkout's own disk lets uv link files instead of copying them.
export UV_LINK_MODE ?= hardlink

UV := .local/uv/bin/uv
SAM := .local/sam/bin/sam
PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest -q
WORKERS ?= 2
export PORT ?= 8080
N ?= 20

HOST_ARCHITECTURE := $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)
ARCHITECTURE ?= arm64
SOURCES := functions shared/atelier local tests bench
PRESENT_SOURCES = $(wildcard $(SOURCES))
COMPILE := $(UV) pip compile -q --python-version 3.13 --universal --generate-hashes \
	--no-annotate --no-header --no-emit-index-url

##@ Everyday

help: ## List these targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z0-9-]+:.*## / {printf "  \033[36m%-16s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(UV) ## Make the environments this project needs; does nothing when they are up to date
	@$(MAKE) -s -j3 .venv/.up-to-date .local/ministack/.up-to-date .local/sam/.up-to-date

.PHONY: help setup

# A plain folder, not an environment: `python3 -m venv` alone takes longer than all of this.
$(UV): requirements-uv.txt
	@python3 -m pip --version >/dev/null 2>&1 || \
		{ echo "python3 has no pip; install it (Debian: apt install python3-pip) and run this again." >&2; exit 1; }
	@PIP_ROOT_USER_ACTION=ignore python3 -m pip install -q --disable-pip-version-check --no-deps --require-hashes --upgrade \
		--target .local/uv -r requirements-uv.txt
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
