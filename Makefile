# Two commands for a newcomer: `make demo` and `make test`. Each does its own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TOOLS := build/tools
export TOKENIZERS_PARALLELISM := false

.PHONY: demo test test-slow faults format lint notebooks lock audit sbom fuzz mutants clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, found " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "torch>=2.13,<2.14"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev,pretrained]"
	touch $@

demo: $(VENV)/.installed
	PATH="$(CURDIR)/$(BIN):$$PATH" sh docs/demo.sh

test: $(VENV)/.installed
	$(BIN)/python -m pytest

# 50 kills where `make test` makes 5 each: builds, training, annotation, the reviewer's page, decisions from a sheet.
faults: $(VENV)/.installed
	FAULT_KILLS=50 $(BIN)/python -m pytest -o timeout=3600 -rP tests/faults -k "fault_42 or fault_43 or fault_44"

test-slow: $(VENV)/.installed
	$(BIN)/python -m pytest -m slow

format: $(VENV)/.installed
	$(BIN)/ruff format corpus_tools relext tests
	$(BIN)/ruff check --fix corpus_tools relext tests

lint: $(VENV)/.installed
	$(BIN)/ruff format --check corpus_tools relext tests
	$(BIN)/ruff check corpus_tools relext tests
	$(BIN)/mypy

notebooks: $(VENV)/.installed
	for notebook in notebooks/*.ipynb; do echo "$$notebook"; $(BIN)/jupyter-execute "$$notebook" || exit 1; done

# Tools that look at the dependencies, in an environment of their own: they change nothing in the project's.
$(TOOLS)/.installed:
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check "cyclonedx-bom>=7" "pip-audit>=2.9" "uv>=0.9"
	touch $@

# Keeps the versions that are pinned and still fit; `make lock UPGRADE=--upgrade` takes the newest.
lock: $(TOOLS)/.installed
	env -u UV_FIND_LINKS -u UV_INDEX -u UV_EXTRA_INDEX_URL $(TOOLS)/bin/uv --no-config pip compile pyproject.toml --quiet $(UPGRADE) \
		--universal --python-version 3.11 --all-extras --generate-hashes --default-index https://pypi.org/simple \
		--custom-compile-command "make lock" --output-file requirements.lock

# Fails where an advisory is known for a pinned version (unless IGNORE="--ignore-vuln ID"), and where the service doesn't know or can't be asked about one.
audit: $(TOOLS)/.installed
	$(TOOLS)/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off --requirement requirements.lock $(IGNORE)

sbom: $(VENV)/.installed $(TOOLS)/.installed
	$(TOOLS)/bin/cyclonedx-py environment --pyproject pyproject.toml --mc-type application --output-reproducible \
		--output-format JSON --output-file build/sbom.json $(BIN)/python

# The readers of what nobody vetted, with atheris (Linux and macOS), each for FUZZ_SECONDS.
FUZZ_SECONDS ?= 60
fuzz: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "atheris>=3"
	for target in ann annotation_conf log manifest weights; do \
		$(BIN)/python -m tests.fuzz $$target $(FUZZ_SECONDS) || exit 1; done

# 400 small faults, drawn by seed, in alignment, agreement, CRF and evaluation: how many does a test notice? An hour at most.
mutants: $(VENV)/.installed
	$(BIN)/python -m tests.mutants $(MUTANTS)

clean:
	rm -rf demo build dist
