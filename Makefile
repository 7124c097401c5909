# Every target starts from a bare python3 (3.11+), make and git: what it needs is installed inside
# the clone (.venv, .tools), said in one line per step, and skipped the next time.

PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(shell command -v $(name))))
VENV   ?= .venv
BOOT    = $(or $(PYTHON),$(error no python3 on PATH: install Python 3.11 or newer)) tools/bootstrap.py
RUN     = $(VENV)/bin/python
PYTEST  = $(RUN) -m pytest --quiet
XDIST   = -n 2 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help install extras demo test test-fast test-versions gate long stats plots pictures check format api ui ui-write bench lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## what runs the game, into .venv; nothing is started (some seconds)
	@$(BOOT) runtime

extras: ## that and the extras: itg up, PostgreSQL, Parquet, PDF; with the workbench (under a minute)
	@$(BOOT) dev

demo: ## watch six bots trade one day of an SPX/SPY option chain (about three minutes)
	@$(BOOT) runtime
	@$(VENV)/bin/itg demo

test: ## every test but the gate's and the long ones (about 15 minutes on 2 cores)
	@$(BOOT) dev
	$(PYTEST) $(XDIST) -m "not gate and not slow"

test-fast: ## unit and contract tests (under 30 seconds)
	@$(BOOT) dev
	$(PYTEST) $(XDIST) -m "not gate and not slow and not system"

test-versions: ## the same on Python 3.12 and 3.13, where present
	@for python in python3.12 python3.13; do \
	  if ! $$python -c '' 2>/dev/null; then echo "  $$python is not here: skipped"; continue; fi; \
	  echo "== $$python"; \
	  $(MAKE) --no-print-directory test-fast PYTHON=$$python VENV=.venv-$$python || exit 1; \
	done

gate: ## the campaigns: simulation, crashes, references (about 25 minutes on 2 cores)
	@$(BOOT) dev
	$(PYTEST) $(XDIST) -m "gate and not slow" --timeout 900

long: ## campaigns of minutes to hours, by hand before a release
	@$(BOOT) dev
	$(PYTEST) -m slow --timeout 36000

stats: ## hold the simulated world to its numbers with a fresh seed, or SEED=n (about five minutes)
	@$(BOOT) dev
	@$(RUN) -m tools.stats $(if $(SEED),--seed $(SEED))

plots: ## draw the pictures of docs/explanation/the-model-measured.md anew (about two minutes)
	@$(BOOT) dev
	@$(RUN) -m tools.plots

pictures: ## take the pictures of the pages in docs/ anew from a demo (about six minutes)
	@$(BOOT) dev
	@$(RUN) -m tools.pictures

check: ## format, lint, types, contracts, tidy, dead code, dependencies, interfaces, changelog
	@$(BOOT) dev
	@$(RUN) tools/check.py

format: ## put the code into its one layout
	@$(BOOT) dev
	$(VENV)/bin/ruff check --quiet --select I --fix .
	$(VENV)/bin/ruff format .

api: ## write the documents of the interfaces and the tables read from the program
	@$(BOOT) dev
	$(RUN) -m tools.api write

ui: ## check the page's types, build it, compare it with what is committed (needs Node and npm)
	@$(or $(PYTHON),$(error no python3 on PATH: install Python 3.11 or newer)) tools/ui.py check

ui-write: ## the same, and write what is built to src/itg/ui
	@$(or $(PYTHON),$(error no python3 on PATH: install Python 3.11 or newer)) tools/ui.py write

bench: ## measure, print the change against the last run
	@$(BOOT) bench
	$(RUN) -m bench.run

lock: ## resolve the dependencies anew and write requirements*.lock
	@$(BOOT) lock

clean: ## remove everything the targets made
	rm -rf .venv .venv-* .tools dist frontend/node_modules .cache .hypothesis .import_linter_cache .mypy_cache \
	  .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
