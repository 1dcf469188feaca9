# Two commands for a newcomer: `make demo` and `make test`. Each does its own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export TOKENIZERS_PARALLELISM := false

.PHONY: demo test test-slow faults format lint notebooks clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, found " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "torch>=2.10,<2.14"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev,pretrained]"
	touch $@

demo: $(VENV)/.installed
	PATH="$(CURDIR)/$(BIN):$$PATH" sh docs/demo.sh

test: $(VENV)/.installed
	$(BIN)/python -m pytest

# 50 kills where `make test` makes 5 each: builds, training, annotation, the reviewer's page.
faults: $(VENV)/.installed
	FAULT_KILLS=50 $(BIN)/python -m pytest -o timeout=3600 tests/faults -k "fault_42 or fault_43 or fault_44"

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

clean:
	rm -rf demo build dist
