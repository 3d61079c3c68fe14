# Every command a newcomer needs. `make` alone lists them.
PYTHON ?= python3
VENV   := .venv
RUN    := $(VENV)/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup demo test thorough faults mutants check format draw peers bench results requirements

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null \
	  || sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile

setup: $(VENV)/.installed ## make .venv and install what is pinned, hashes checked

$(VENV)/.installed: pyproject.toml requirements/dev.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

demo: setup ## import a fictional organisation's spreadsheets, and tell what can be asked
	@SCP_HOME="$(CURDIR)/.demo" $(RUN) -m scp_cli demo

test: setup ## run the tests where nothing goes wrong on purpose; says what was skipped and how to get it
	$(RUN) -m pytest -n auto --dist worksteal -m "not long and not faults" $(ARGS)

thorough: setup ## run the long tests too, and ten times as many random examples of every property
	SCP_TEST_TIMES=10 $(RUN) -m pytest -n auto --dist worksteal

faults: setup ## let everything go wrong that can (tests/faults/README.md says what), and nothing else
	$(RUN) -m pytest -n auto --dist worksteal -m "faults and not long"

mutants: setup ## change the rules in one place at a time, and say which changes no test notices (20 minutes)
	$(RUN) -m tests.aggregates.mutants $(OF)

check: setup ## format, lint, types, layers, drawings, and what the house knows about itself
	$(RUN) -m ruff format --check
	$(RUN) -m ruff check
	$(RUN) -m mypy
	$(VENV)/bin/lint-imports --no-logo
	$(RUN) docs/draw.py --check
	$(RUN) docs/draw_benchmarks.py --check
	$(RUN) -m pytest -q -m "not long and not once" tests/house tests/projections/test_statements.py

format: setup ## put every file into the house's form
	$(RUN) -m ruff format
	$(RUN) -m ruff check --fix

draw: setup ## draw the pages from the code, and write the published language anew
	$(RUN) docs/draw.py
	$(RUN) docs/draw_benchmarks.py
	$(RUN) -m tests.house.language

# One module of benchmarks/ each. `make bench SHORT=--short` takes a minute for each.
BENCHMARKS := append http lag opening growth catching_up costs encrypted_fields tree_writing verifying \
  importing matching

peers: ## install UmaDB, Message DB and Emmett, beside which `make bench` then measures (two of them by npm)
	$(PYTHON) -m venv benchmarks/peers/.venv
	benchmarks/peers/.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r benchmarks/peers/requirements.txt
	npm ci --prefix benchmarks/peers --ignore-scripts --no-audit --no-fund --loglevel=error

bench: setup ## compare with the plain library and with bare inserts, by ratio, on this machine
	@for each in $(BENCHMARKS); do $(RUN) -m benchmarks.$$each $(SHORT) || exit 1; done

results: setup ## measure everything anew and draw docs/BENCHMARKS.md from it (an hour)
	@for each in $(BENCHMARKS); do \
	  $(RUN) -m benchmarks.$$each >benchmarks/results/$$each.json.new || exit 1; \
	  mv benchmarks/results/$$each.json.new benchmarks/results/$$each.json; done
	$(RUN) docs/draw_benchmarks.py

requirements: setup ## pin the dependencies again, with hashes and without registry addresses
	$(RUN) -m uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links pyproject.toml -o requirements/run.txt
	$(RUN) -m uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --extra dev -c requirements/run.txt pyproject.toml -o requirements/dev.txt
	echo umadb | $(RUN) -m uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links - -o benchmarks/peers/requirements.txt
