# Two commands for a newcomer: `make check` runs the main job, `make test` the tests.
# Everything else is listed by `make help`. Set-up happens by itself, once, in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help check test test-all lint fast plain wheel bench bench-against bakeoff incident statistics lock golden \
	boards watching pages picture report-picture redraw mutation coverage soak advisories clean

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "fireexit needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

check: $(READY) ## the main job: is the exit open? first in virtual time, then over sockets
	$(BIN)/fireexit check --mode sim
	$(BIN)/fireexit check --mode load

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: $(READY) lint ## all tests that need neither root nor anything but PyPI
	$(BIN)/python -m pytest -q -n auto -m "not realtime and not large"
	$(BIN)/python -m pytest -q -m "realtime and not large and not watching"

COMPILED := runs/compiled
IN_COMPILED := cd $(COMPILED) && PYTHONPATH=$(CURDIR)/$(COMPILED) $(CURDIR)/$(BIN)/python
test-all: export FIREEXIT_TALLY := $(CURDIR)/runs/tally.jsonl
test-all: $(READY) lint ## test, and the larger runs (see .ci/run); a second test without an answer fails it
	@mkdir -p runs && rm -f $$FIREEXIT_TALLY
	$(BIN)/python -m pytest -q -n auto -m "not realtime and not lengthy"
	$(BIN)/python -m tools.compiling --copy $(COMPILED)
	export FIREEXIT_BUDGET=off; $(IN_COMPILED) -m pytest -q -n auto -m "not realtime and not large" \
		$(addprefix tests/,core drive engine gateway oracles recovery traders wire)
	$(IN_COMPILED) -m pytest -q -n auto -m lengthy
	$(BIN)/python -m pytest -q -m realtime
	$(BIN)/python -m tests.house.budget

fast: $(READY) ## compile the core in place, a minute or two (needs a C compiler); `make plain` takes that away again
	$(BIN)/python -m tools.compiling

plain: $(READY) ## take away what `make fast` has compiled
	$(BIN)/python -m tools.compiling --plain

wheel: $(READY) ## a wheel of this platform with a compiled core, in dist/ (needs a C compiler)
	FIREEXIT_COMPILE=1 $(BIN)/python -m hatchling build -t wheel -d dist

bench: $(READY) ## ratios against baselines measured in the same run (see benchmarks/README.md)
	$(BIN)/python -m benchmarks

bench-against: $(READY) ## this commit against REV=…, in turn; fails below 0.95 of it
	$(BIN)/python -m benchmarks.against $(REV)

bakeoff: $(READY) ## all policies under all scenarios: rewrite docs/bakeoff.md and its heat map (15–30 min)
	$(BIN)/python -m tools.pages.bakeoff

incident: $(READY) ## the incident again: rewrite docs/incident*.{json,md,svg} (about an hour)
	$(BIN)/python -m tools.pages.incident

statistics: $(READY) ## try the verdict's intervals on known systems: rewrite docs/statistics.{json,md} (15 min)
	$(BIN)/python -m tools.pages.statistics

LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-header --no-emit-index-url --no-emit-find-links

lock: ## renew requirements.lock and, for images, runtime.lock from pyproject.toml; they name no host and no path
	$(LOCK) --group dev --upgrade -o requirements.lock
	$(LOCK) --group build --constraint requirements.lock -o runtime.lock

golden: $(READY) ## rewrite the digests that hold simulation to its bytes; say why in the commit
	$(BIN)/python -m tests.golden

boards: $(READY) ## write grafana/dashboards from grafana/boards
	$(BIN)/python -m grafana.boards

watching: $(READY) ## redraw the README's pictures of a run under watch (needs prometheus and chromium)
	$(BIN)/python -m tools.pages.watching

pages: $(READY) ## rewrite docs/venue.md, docs/openapi.json and docs/contracts.md from the code and its tests
	$(BIN)/python -m tools.pages.venue
	$(BIN)/python -m tools.pages.contracts

redraw: $(READY) ## set line numbers, pictures of rooms and states, and the list of the public API anew
	$(BIN)/python -m tests.house.places
	$(BIN)/python -m tests.house.arrows
	$(BIN)/python -m tests.house.life
	$(BIN)/python -m tests.house.api > tests/house/api.txt
	$(BIN)/python -m tools.pages.protocol
	$(BIN)/python -m benchmarks.page

SEED ?= 20261127
mutation: $(READY) ## do the tests notice wrong code? SEED=… draws the places (hours; goes on where it stopped)
	$(BIN)/python -m tools.mutation map
	$(BIN)/python -m tools.mutation try $(SEED)
	$(BIN)/python -m tools.mutation try $(SEED) --kind critical
	$(BIN)/python -m tools.mutation table $(SEED)
	$(BIN)/python -m tools.pages.proof

soak: $(READY) ## the long campaigns, in pieces: mutation, fuzz at full size, intervals, bake-off (MINUTES=300)
	$(BIN)/python -m tools.soak

advisories: ## ask the advisory services about every package of both lock files (needs the network)
	$(PYTHON) -m venv .venvs/advisories
	.venvs/advisories/bin/python -m pip install --quiet --disable-pip-version-check "pip-audit>=2.9"
	.venvs/advisories/bin/pip-audit --strict --require-hashes --disable-pip -r requirements.lock
	.venvs/advisories/bin/pip-audit --strict --require-hashes --disable-pip -r runtime.lock

coverage: $(READY) ## which lines no test runs (processes that tests start are counted, too)
	$(BIN)/coverage erase
	FIREEXIT_BUDGET=off $(BIN)/coverage run -m pytest -q -n auto -m "not realtime and not large and not watching"
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	$(BIN)/coverage json --quiet -o runs/coverage/report.json
	$(BIN)/python -m tools.pages.proof coverage

report-picture: $(READY) ## take the README's picture of a report (needs chromium)
	$(BIN)/python -m tools.pages.report_picture

picture: $(READY) ## redraw the README's picture of a verdict
	$(BIN)/python -m tools.pages.picture

clean: ## remove environments, caches and runs
	find fireexit judging loadgen mock_exchange run_records -name '*.so' -delete
	rm -f fireexit_core__mypyc.*.so fireexit_core.sha256
	rm -rf $(VENV) .venvs runs dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
