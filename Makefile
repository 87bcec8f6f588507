# Everything works on a machine that has only Python 3.11+, make and git, and a second time offline.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed

# The tests start hundreds of processes: what one of them has compiled the others need not.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo web test lint unit contract browser docs screenshots torture fuzz mutants bench bench-check soak format clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/'

demo: $(INSTALLED) ## a contact centre at work, here and in the console: make demo ARGS="--seconds 20"
	@$(BIN)/taskyard demo $(ARGS)

web: $(INSTALLED) ## what browsers load, if web/ has changed since
	@$(BIN)/python scripts/web.py build

test: lint unit contract browser ## everything that must hold before a commit

lint: web ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python scripts/web.py types

unit: web ## unit, property and architecture tests, and those of the browser SDK
	$(BIN)/python scripts/web.py test
	$(BIN)/pytest -q -n 2 --durations=8 tests --ignore=tests/browser --ignore=tests/contract --ignore=tests/torture --ignore=tests/fuzz

contract: web ## the server over HTTP, the stores, the commands, the official clients; killed a few times
	@$(BIN)/python scripts/web.py install
	$(BIN)/pytest -q -n 4 --durations=8 tests/contract tests/torture tests/fuzz

browser: web ## the SDK and the console in a real chromium
	@scripts/chromium
	@$(BIN)/python scripts/web.py install
	$(BIN)/pytest -q -n 2 --durations=8 tests/browser

docs: $(INSTALLED) ## docs/ as a site, in build/docs/site
	$(BIN)/python scripts/docs_site.py

screenshots: web ## the pictures of the console in docs/images
	@scripts/chromium
	$(BIN)/python scripts/screenshots.py

torture: $(INSTALLED) ## killed very often, then 10,000 simulated hours: make torture TASKYARD_TORTURE_ROUNDS=1000 SEED=7
	TASKYARD_TORTURE_ROUNDS=$(or $(TASKYARD_TORTURE_ROUNDS),100) $(BIN)/pytest -q -n 2 tests/torture
	$(BIN)/taskyard simulate $(if $(SEED),--seed $(SEED)) --seeds 20 --hours 500

fuzz: $(INSTALLED) ## many odd calls: make fuzz TASKYARD_FUZZ_EXAMPLES=1000
	TASKYARD_FUZZ_EXAMPLES=$(or $(TASKYARD_FUZZ_EXAMPLES),200) $(BIN)/pytest -q -n 2 tests/fuzz
	@scripts/guided $(VENV) $(or $(TASKYARD_FUZZ_SECONDS),20)

mutants: $(INSTALLED) ## which tests catch which planted bug: make mutants ARGS="--only capacity"
	PYTHONPATH=tests $(BIN)/python -m mutants $(ARGS)

bench: $(INSTALLED) ## everything measured, beside the alternatives, and a report: make bench ARGS=--quick
	@scripts/alternatives $(VENV)
	$(BIN)/python bench/everything.py $(ARGS)

bench-check: $(INSTALLED) ## our own ratios, held against bench/floors.toml: make bench-check ARGS=--quick
	$(BIN)/python bench/check.py $(ARGS)

soak: $(INSTALLED) ## five minutes at a thousand life cycles a second: make soak ARGS="--seconds 3600"
	$(BIN)/python bench/soak.py $(ARGS)

format: $(INSTALLED) ## lay the code out
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## forget the virtual environment and every cache
	rm -rf $(VENV) web/node_modules tests/npm/node_modules src/taskyard/static .mypy_cache .ruff_cache .pytest_cache .hypothesis

# One stamp says that the environment fits the files it was made from.
$(INSTALLED): pyproject.toml requirements.lock scripts/environment
	@PYTHON="$(PYTHON)" scripts/environment $(VENV)
	@touch $@
