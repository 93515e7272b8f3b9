# Needs Python >= 3.11 and make; everything else is installed into .venv.

SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
KERNELS := src/agenttrace/native/kernels.so
DEMO := build/demo
CODE := $(wildcard src tests benchmarks)
BENCHMARKS := $(wildcard $(patsubst %,benchmarks/%.py,\
	reading analysis replay_speed replay_accuracy replay_pairs diff_calibration report scale))
RECENT := import sys; sys.exit(sys.version_info < (3, 11))
ARGS ?= --quick
PINS := pyproject.toml --quiet --upgrade --universal --python-version 3.11 \
	--no-header --no-annotate --no-emit-index-url

BUILT := build
# What a browser and the site need is not run with other versions: it is no dependency of the package.
OTHERS := -n auto --ignore=tests/browser --ignore=tests/documents --ignore=tests/unit/report/perfetto

export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help setup compiler demo browser test fix schemas docs damage kills fuzz bench pins wheel lowest newest

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' Makefile

setup: $(STAMP) $(KERNELS)  ## install everything into .venv (the other targets do it too)
	@$(PY) -m compileall -q src

$(STAMP): pyproject.toml requirements/dev.txt
	@echo "== setup: installing into $(VENV)"
	@if ! $(PY) -c 'import pip; $(RECENT)' 2>/dev/null; then \
		found=; \
		for python in $(PYTHON) python3.14 python3.13 python3.12 python3.11 python3 python; do \
			if $$python -c 'import ensurepip, venv; $(RECENT)' 2>/dev/null; then \
				found=$$python; break; \
			fi; \
		done; \
		if [ -z "$$found" ]; then \
			echo "error: no Python >= 3.11 with the venv module was found" >&2; \
			echo "hint: install one, or name it: make setup PYTHON=/path/to/python3" >&2; \
			exit 1; \
		fi; \
		$$found -m venv --clear $(VENV) || exit 1; \
	fi
	@$(PY) -m pip install --quiet -r requirements/dev.txt
	@$(PY) -m pip install --quiet --no-deps --no-build-isolation -e .
	@$(PY) -m compileall -qq $(VENV)/lib || true
	@touch $@

$(KERNELS): $(wildcard src/agenttrace/native/*.[ch]) $(STAMP) | compiler
	@$(PY) -m agenttrace.native.building

compiler:  ## in CI, install the C compiler that the kernels are built with
	@if [ -n "$$CI" ] && ! command -v cc >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1; then \
		echo "== compiler: installing gcc"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
			--no-install-recommends gcc libc6-dev >/dev/null; \
	fi

demo: setup  ## write the 33-minute sample session and say where its time went
	@echo "== demo: a session of 33 minutes, freshly written"
	@mkdir -p $(DEMO)
	@$(PY) -m agenttrace sample claude-code-33min -o $(DEMO)/session.jsonl
	@echo "== demo: agenttrace analyze $(DEMO)/session.jsonl"
	@$(PY) -m agenttrace analyze $(DEMO)/session.jsonl

browser: setup  ## in CI, install the Chromium that the report is tested in
	@for name in $$AGENTTRACE_CHROMIUM chromium chromium-browser google-chrome; do \
		if command -v $$name >/dev/null 2>&1; then exit 0; fi; \
	done; \
	if [ -n "$$CI" ] && command -v apt-get >/dev/null 2>&1; then \
		echo "== browser: installing chromium"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
			--no-install-recommends chromium fonts-dejavu-core >/dev/null; \
	else \
		echo "== browser: there is no Chromium; what has to be seen in one is not tested"; \
	fi

test: setup browser  ## everything that has to hold before a change lands
	@echo "== format"
	@$(PY) -m ruff format --check --quiet $(CODE)
	@echo "== lint"
	@$(PY) -m ruff check --quiet $(CODE)
	@echo "== types"
	@$(PY) -m mypy --no-error-summary $(CODE)
	@echo "== imports only point down"
	@$(VENV)/bin/lint-imports
	@echo "== schemas and references are current"
	@$(PY) -m agenttrace.model.documents --check schemas
	@$(PY) -m agenttrace.documents --check docs/reference
	@echo "== tests"
	@$(PY) -m pytest -q -n auto

fix: setup  ## format, and mend what the linter can mend
	@echo "== fix"
	@$(PY) -m ruff check --fix --quiet $(CODE) || true
	@$(PY) -m ruff format $(CODE)

schemas: setup  ## write schemas/ and docs/reference/ from the code
	@echo "== schemas"
	@$(PY) -m agenttrace.model.documents schemas
	@$(PY) -m agenttrace.documents docs/reference

docs: setup  ## build the site of README.md and docs/ into build/site
	@echo "== docs: build/site/index.html"
	@NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict --quiet

damage: setup  ## damaged inputs: no traceback, no hang (ARGS=... instead of --quick)
	@echo "== damage"
	@$(PY) benchmarks/damage.py $(ARGS)

kills: setup  ## kill -9 at random moments of an ingest (ARGS=... instead of --quick)
	@echo "== kills"
	@$(PY) benchmarks/kills.py $(ARGS)

fuzz: setup  ## coverage-guided fuzzing of the readers (needs: .venv/bin/pip install atheris)
	@echo "== fuzz"
	@$(PY) benchmarks/fuzz.py $(ARGS)

bench: setup  ## the benchmarks, each with ARGS (--quick unless given)
	@for program in $(BENCHMARKS); do \
		echo "== $$program $(ARGS)"; $(PY) $$program $(ARGS) || exit 1; \
	done

pins: setup  ## compile requirements/*.txt anew, without index addresses
	@echo "== pins"
	@$(PY) -m pip install --quiet uv
	@$(PY) -m uv pip compile $(PINS) -o requirements/runtime.txt
	@$(PY) -m uv pip compile $(PINS) --group dev -c requirements/runtime.txt -o requirements/dev.txt
	@$(PY) -m uv pip compile $(PINS) --group docs -c requirements/dev.txt -o requirements/docs.txt
	@$(PY) -m uv pip compile $(PINS) --resolution lowest-direct --group build --group test \
		-o requirements/lowest.txt

wheel: setup  ## build wheel and sdist into dist/, and try the wheel in an empty environment
	@rm -rf dist $(BUILT)/wheel
	@$(PY) -m hatchling build -d dist >/dev/null
	@$(PY) -m venv $(BUILT)/wheel
	@echo "== wheel: installing it into $(BUILT)/wheel"
	@$(BUILT)/wheel/bin/python -m pip install --quiet dist/*.whl
	@.ci/installed $(BUILT)/wheel/bin

lowest: setup  ## the tests with the lowest versions that pyproject.toml allows
	@$(PY) -m venv --clear $(BUILT)/lowest
	@$(BUILT)/lowest/bin/python -m pip install --quiet -r requirements/lowest.txt
	@$(BUILT)/lowest/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@echo "== lowest: tests"
	@$(BUILT)/lowest/bin/python -m pytest -q $(OTHERS)

newest: setup  ## the tests with the newest versions that there are today
	@$(PY) -m pip install --quiet uv
	@mkdir -p $(BUILT)
	@$(PY) -m uv pip compile $(PINS) --group build --group test -o $(BUILT)/newest.txt
	@$(PY) -m venv --clear $(BUILT)/newest
	@$(BUILT)/newest/bin/python -m pip install --quiet -r $(BUILT)/newest.txt
	@$(BUILT)/newest/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@echo "== newest: tests"
	@$(BUILT)/newest/bin/python -m pytest -q $(OTHERS)
