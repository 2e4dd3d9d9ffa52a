# The same few commands for people and for CI. Everything happens inside .venv.
.DEFAULT_GOAL := help
.PHONY: help demo test slow conformance live bench bench-full lint types docs check-docs package check lock clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

help:  ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "placewright needs Python 3.11 or newer; set PYTHON=python3.11 or the like" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP)  ## place the bundled sample and show the result
	@$(BIN)/placewright place scenarios/data/demo.yaml

test: $(STAMP)  ## the fast tests (conformance with kube-scheduler and the slow suites are apart)
	@$(BIN)/python -m pytest -q -n auto -m "not slow"

slow: $(STAMP)  ## the slow suites: 2,000 clusters against exhaustive search, real data
	@$(BIN)/python -m pytest -q -n auto -m slow

CLUSTERS ?= 60
PLANS ?= 10
SEED ?= 0
JUDGE := .conformance/conformance

$(JUDGE): $(wildcard tests/conformance/*.go) tests/conformance/go.mod tests/conformance/go.sum
	@command -v go >/dev/null || { echo "conformance asks the real kube-scheduler, which needs Go to build: install Go 1.26 or newer" >&2; exit 1; }
	@echo "building kube-scheduler's side; the first time takes minutes"
	@mkdir -p $(@D) && cd tests/conformance && go build -o ../../$@ .

conformance: $(STAMP) $(JUDGE)  ## kube-scheduler itself as the judge (needs Go); CLUSTERS=500 PLANS=200 for more
	@$(BIN)/python -m placewright.tests.conformance.run --clusters $(CLUSTERS) --plans $(PLANS) --seed $(SEED)

PLANE := .live/control-plane

$(PLANE): tests/live/main.go tests/live/go.mod tests/live/go.sum
	@command -v go >/dev/null || { echo "live builds a control plane, which needs Go: install Go 1.26 or newer" >&2; exit 1; }
	@echo "building a control plane; the first time takes minutes"
	@mkdir -p $(@D) && cd tests/live && go build -ldflags "-X k8s.io/component-base/version.gitVersion=v1.36.3" -o ../../$@ .

live: $(STAMP) $(PLANE)  ## what is written, carried out on a real API server (needs Go and jq)
	@$(BIN)/python -m pytest -q tests/live

BENCH = $(BIN)/python -m placewright.benchmarks $(CASES) $(if $(OLD),--compare $(OLD))

bench: $(STAMP)  ## the small benchmarks, in minutes; CASES='steady openb*' for some, OLD=FILE.json to compare with
	@$(BENCH)

bench-full: $(STAMP)  ## all sizes: hours, and 8 GiB of memory
	@$(BENCH) --full

lint: $(STAMP)  ## ruff, formatting included
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(STAMP)  ## mypy --strict, over every file
	@$(BIN)/python tests/check_types.py

docs: $(STAMP)  ## make the generated pages anew
	@$(BIN)/python docs/generate.py

check-docs: $(STAMP)  ## the generated pages are current
	@$(BIN)/python docs/generate.py --check

package: $(STAMP)  ## build wheel and sdist, install the wheel elsewhere, run it there
	@$(BIN)/python tests/check_package.py

check: lint types check-docs test slow package  ## all of it

lock: $(STAMP)  ## write requirements.lock from what is installed now
	@{ echo '# Every version that development, tests and CI install. Made by `make lock`.'; $(BIN)/python -m pip freeze --all --exclude-editable | grep -v '^pip=='; } > requirements.lock.new && mv requirements.lock.new requirements.lock

clean:  ## remove what was built
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .conformance .live .bench
