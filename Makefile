# make run     the daemon, with config.yaml; make run CHANNEL=some_channel also reads that Twitch chat
# make test    every check: ruff, mypy --strict, pytest
# make setup   only installs; make clean removes what was installed
# make bench   the benchmarks, results into tests/bench/results

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CHANNEL ?=
ARGS ?=
# The build for machines without a GPU, where there is one; any torch from 2.5 on will do.
TORCH ?= torch==2.13.0

.PHONY: run setup test bench clean
.DEFAULT_GOAL := run

run: $(VENV)/.ready
	@exec $(BIN)/ishowtts run $(if $(CHANNEL),--channel $(CHANNEL)) $(ARGS)

setup: $(VENV)/.ready

test: $(VENV)/.ready-to-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest $(ARGS)

bench: $(VENV)/.ready-to-test
	$(BIN)/python -m tests.bench.policy
	$(BIN)/python -m tests.bench.twitch
	$(BIN)/python -m tests.bench.playback
	$(BIN)/python -m tests.bench.daemon
	$(BIN)/ishowtts bench --compare upstream --random small --json tests/bench/results/f5_cpu.json

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "Python is missing. Install it with: sudo apt install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$$($(PYTHON) --version) is too old, 3.11 or newer is needed. If another one is installed:"; \
	  echo "  make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "This Python cannot make virtual environments. Install the module with:"; \
	  echo "  sudo apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check '$(TORCH)'
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[f5]'
	@touch $@

$(VENV)/.ready-to-test: pyproject.toml tests/upstream.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check '$(TORCH)'
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test,f5]'
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -r tests/upstream.txt
	@if python3.10 -c 'import ensurepip' 2>/dev/null; then python3.10 -m venv $(VENV)/python3.10 && \
	  $(VENV)/python3.10/bin/pip install --quiet --disable-pip-version-check msgspec numpy; fi
	@touch $@ $(VENV)/.ready
