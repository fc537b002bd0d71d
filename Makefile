# From a fresh clone `make run` and `make test` need only make and Python >= 3.11 with venv and pip.
# Another interpreter: make PYTHON=python3.13 test. Another port: CDS_PORT=8080 make run.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

UV_VERSION := 0.13.9
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
ifndef PYTHON
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c '$(NEW_ENOUGH)' 2>/dev/null && { echo $$p; break; }; done)
endif
PYTEST_ARGS ?= -n auto --maxprocesses 4

UV := .venv-uv/bin/uv
UV_STAMP := .venv-uv/uv-$(UV_VERSION)
STAMP := .venv/in-step-with-the-lock
FHIR_PORT ?= 8080
FHIR_STAMP := demo/fhir-server/node_modules/.package-lock.json

# A managed interpreter is never fetched: the one that make found is the one that is used.
export UV_PYTHON_DOWNLOADS := never
# An environment that is active in the caller's shell is not this project's.
unexport VIRTUAL_ENV

.PHONY: help setup run test check coverage e2e bench bench-recognition lock fhir-server sbom audit

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## set up the virtual environment from the lock (run, test and check do it by themselves)

run: $(STAMP) ## serve on 127.0.0.1:8000 with an embedded SQLite database
	exec .venv/bin/calcinosis-cds serve

test: $(STAMP) ## run the test suite
	.venv/bin/pytest $(PYTEST_ARGS)

check: $(STAMP) sbom ## lint, format, types, import contracts, knowledge, generated pages, licences
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/calcinosis-cds validate-knowledge
	.venv/bin/python -m cds_service.cli generated-docs --check
	.venv/bin/python -m scripts.conformance --check
	.venv/bin/python -m scripts.hazards --check
	.venv/bin/python -m scripts.licences dist/sbom.json

coverage: $(STAMP) ## run the test suite and show which branches it never took
	.venv/bin/pytest $(PYTEST_ARGS) --cov --cov-report=term

e2e: $(STAMP) ## what needs more parts: the README's commands, links of cards, faulty FHIR servers, container files
	bash scripts/e2e.sh

fhir-server: $(FHIR_STAMP) ## serve the demo patients from a FHIR R4 server on 127.0.0.1:8080 (needs npm)
	@$(PYTHON) deploy/loader/load.py demo/patients --base http://127.0.0.1:$(FHIR_PORT)/fhir --wait 90 & \
		cd demo/fhir-server && PATH="$$PWD/node_modules/.bin:$$PATH" FHIR_PORT=$(FHIR_PORT) exec node server.mjs

bench: $(STAMP) ## measure the request path
	.venv/bin/python -m benchmarks.run

bench-recognition: $(STAMP) ## measure how well drugs are recognised by name
	.venv/bin/python -m benchmarks.recognition.run

lock: $(UV_STAMP) ## resolve the dependencies anew into uv.lock
	$(UV) lock --upgrade --python .venv-uv/bin/python

sbom: $(UV_STAMP) ## write dist/sbom.json: what the service is installed with, from the lock, as CycloneDX
	@mkdir -p dist
	$(UV) export --quiet --frozen --no-dev --extra tracing --preview-features sbom-export --format cyclonedx1.5 \
		--python .venv-uv/bin/python --output-file dist/sbom.json

audit: $(UV_STAMP) ## ask osv.dev for known vulnerabilities of the locked dependencies (needs the network)
	$(UV) audit --frozen

$(STAMP): uv.lock pyproject.toml $(UV_STAMP)
	$(UV) sync --quiet --frozen --python .venv-uv/bin/python
	@touch $@

$(UV_STAMP):
	@$(if $(PYTHON),,echo 'calcinosis-cds needs Python 3.11 or newer and found none; name one: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)' >&2; exit 1)
	@$(PYTHON) -c '$(NEW_ENOUGH)' || { \
		echo "calcinosis-cds needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1 | head -n 1)" >&2; exit 1; }
	rm -rf .venv-uv
	$(PYTHON) -m venv .venv-uv
	.venv-uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

$(FHIR_STAMP): demo/fhir-server/package-lock.json
	cd demo/fhir-server && npm ci
	@touch $@
