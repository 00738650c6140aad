# make run     the daemon, with config.yaml; make run CHANNEL=some_channel also reads that Twitch chat
# make check   in a minute and a half: ruff, mypy --strict, and the tests that need no real parts
# make test    what has to pass: the same with all tests but the long ones
# make long    the long tests, for a nightly job
# make soak    ten minutes of failures, sixty kills and ten minutes of speech, for a nightly job
# make real    with OBS, PipeWire, Home Assistant and Prometheus themselves: docs/real.md
# make setup   only installs; make clean removes what was installed
# make setup ENGINE_PYTHON=/usr/bin/python3    the engine runs on that interpreter and its torch
# make sbom    the packages of .venv as a bill of materials (CycloneDX): dist/ishowtts.cdx.json
# make docs    these pages as a site, in build/site
# make bench   the benchmarks, results into tests/bench/results

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CHANNEL ?=
ARGS ?=
# Any from 2.5 on will do, and one that is installed stays. An index of builds for processors gives
# the small one.
TORCH ?= torch==2.13.0
# Another interpreter for the engine, which has torch already: Python 3.10 or newer. The environment
# that was made of it is kept; to go back: make clean, and python: null in my.yaml.
ENGINE_PYTHON ?= $(wildcard $(VENV)/engine/bin/python)
# Tests that run at a time: they wait a third of their time, so one more than there are cores.
WORKERS ?= 3
# How long each part of the soak takes.
MINUTES ?= 10
# Your own configuration, once there is one.
CONFIG ?= $(wildcard my.yaml)

.PHONY: run setup engine-python check test long real soak bench sbom docs clean
.DEFAULT_GOAL := run

run: $(VENV)/.ready
	@exec $(BIN)/ishowtts run $(if $(CONFIG),--config $(CONFIG)) $(if $(CHANNEL),--channel $(CHANNEL)) $(ARGS)

setup: $(VENV)/.ready $(if $(ENGINE_PYTHON),engine-python)

check: $(VENV)/.ready-to-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest --numprocesses 2 --dist loadfile -m 'not parts and not long and not real' $(ARGS)

test: $(VENV)/.ready-to-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@# Side by side: one is bound to a core, the others wait a third of their time.
	nice -n 10 $(BIN)/mypy & types=$$!; \
	  $(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile $(ARGS); tests=$$?; \
	  wait $$types && exit $$tests

long: $(VENV)/.ready-to-test
	$(BIN)/python -m tests.interpreters all
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile -m 'long and not real' $(ARGS)

real: $(VENV)/.ready-to-test $(VENV)/home-assistant/.ready
	$(BIN)/pip install --quiet --disable-pip-version-check pipx uv
	$(BIN)/pytest -rs -m real $(ARGS)
	$(BIN)/python -m tests.real.table
	$(BIN)/python -m tests.packages.platforms

# Under versions of packages that clash with ours, so it is a program beside ours.
$(VENV)/home-assistant/.ready: tests/real/home_assistant.txt | $(BIN)/python
	$(BIN)/python -m venv $(VENV)/home-assistant
	-$(VENV)/home-assistant/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# What fails comes in another order each day, which the log tells.
soak: $(VENV)/.ready-to-test
	$(BIN)/python -m tests.bench.chaos --minutes $(MINUTES) --seed "$$(date +%Y%j)"
	$(BIN)/python -m tests.bench.kills --kills $$((6 * $(MINUTES))) --seed "$$(date +%Y%j)"
	$(BIN)/python -m tests.bench.soak --minutes $(MINUTES) --every-s 10

bench: $(VENV)/.ready-to-test
	$(BIN)/python -m tests.bench.policy
	$(BIN)/python -m tests.bench.twitch
	$(BIN)/python -m tests.bench.playback
	$(BIN)/python -m tests.bench.daemon
	$(BIN)/python -m tests.bench.loop --save loop
	$(BIN)/python -m tests.bench.chaos --faults 1020 --daemons 3 --save chaos
	$(BIN)/python -m tests.bench.kills --save kills
	$(BIN)/python -m tests.bench.day --save day
	$(BIN)/python -m tests.bench.pool --save pool
	$(BIN)/python -m tests.bench.pool_ways --save pool_ways
	$(BIN)/python -m tests.bench.pool_capacity --save pool_capacity
	$(BIN)/python -m tests.bench.f5 --compare upstream --random small --json tests/bench/results/f5_cpu.json

# What only these need is in environments of their own.
sbom: $(VENV)/.ready
	$(PYTHON) -m venv $(VENV)/sbom
	$(VENV)/sbom/bin/pip install --quiet --disable-pip-version-check 'cyclonedx-bom>=7,<8'
	@mkdir -p dist
	$(VENV)/sbom/bin/cyclonedx-py environment --pyproject pyproject.toml --mc-type application \
	  --output-reproducible --spec-version 1.6 --output-file dist/ishowtts.cdx.json $(BIN)/python

docs: $(VENV)/docs/.ready $(BIN)/python
	$(BIN)/python -m tests.packages.pages build/pages
	NO_MKDOCS_2_WARNING=1 $(VENV)/docs/bin/mkdocs build --quiet --strict

$(VENV)/docs/.ready:
	$(PYTHON) -m venv $(VENV)/docs
	$(VENV)/docs/bin/pip install --quiet --disable-pip-version-check 'mkdocs-material>=9.5,<10'
	@touch $@

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

HAS_TORCH := from importlib.metadata import version; \
  exit([*map(int, version("torch").split(".")[:2])] < [2, 5])

# What `pip install '.[voices]'` leaves is a copy of the source, which follows no update: it becomes
# a link again.
INSTALLED := $(wildcard $(VENV)/lib/python3*/site-packages/ishowtts-*.dist-info/direct_url.json)
COPIES := $(if $(INSTALLED),$(shell grep -L editable $(INSTALLED)))

.PHONY: again
again:

$(VENV)/.ready: pyproject.toml $(if $(COPIES),again) | $(BIN)/python
ifneq ($(ENGINE_PYTHON),)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[fetch]'
else
	$(if $(filter file,$(origin TORCH)),@$(BIN)/python -c '$(HAS_TORCH)' 2>/dev/null || )\
	  $(BIN)/pip install --quiet --disable-pip-version-check '$(TORCH)'
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[f5]'
endif
	@touch $@

# What the engine's process imports besides torch. An environment of its own sees the interpreter's
# packages, torch among them, and leaves them as they are; one that is an environment already is
# taken itself. numpy 2 does not fit every torch.
ENGINE_PACKAGES := 'hibari-tts>=0.2.1,<0.3' msgspec 'numpy<2' pypinyin pyyaml rjieba safetensors structlog
ENGINE_BIN = $(if $(wildcard $(dir $(ENGINE_PYTHON))../pyvenv.cfg),$(abspath $(dir $(ENGINE_PYTHON))),$(abspath $(VENV)/engine/bin))

engine-python:
	@$(ENGINE_PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "$(ENGINE_PYTHON) is no Python 3.10 or newer."; exit 1; }
	@$(ENGINE_PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(ENGINE_PYTHON) cannot make virtual environments. Install the module with:"; \
	  echo "  sudo apt install python3-venv"; exit 1; }
	test -e $(ENGINE_BIN)/python || $(ENGINE_PYTHON) -m venv --system-site-packages $(VENV)/engine
	$(ENGINE_BIN)/python -m pip install --quiet --disable-pip-version-check $(ENGINE_PACKAGES)
	@own='$(or $(CONFIG),my.yaml)'; test -e "$$own" || cp config.yaml "$$own"; \
	  sed -E -i 's|^(  python:) [^#]*(#.*)?$$|\1 $(ENGINE_BIN)/python \2|' "$$own"; \
	  grep -q '^  python: $(ENGINE_BIN)/python' "$$own" || { \
	    echo "Enter this in $$own:"; echo "engine:"; echo "  python: $(ENGINE_BIN)/python"; exit 1; }; \
	  echo "$$own: engine.python is $(ENGINE_BIN)/python"
	@$(ENGINE_BIN)/python -c 'import torch; gpu = torch.cuda.is_available(); \
	  print("torch", torch.__version__, "with a GPU" if gpu else "without a GPU")' 2>/dev/null || { \
	  echo "$(ENGINE_PYTHON) has no torch that can be imported. Install the one for this machine"; \
	  echo "for it (docs/jetson.md), and run this again. Until then the light voice speaks."; exit 1; }

$(VENV)/.ready-to-test: pyproject.toml tests/upstream.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check '$(TORCH)'
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test,f5]'
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -r tests/upstream.txt
	$(BIN)/python -m venv $(VENV)/piper # under the GPL, so it is a program beside ours
	$(VENV)/piper/bin/pip install --quiet --disable-pip-version-check piper-tts==1.8.0
	$(BIN)/python -m tests.interpreters
	@touch $@ $(VENV)/.ready
