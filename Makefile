# `make demo` and `make test` set up everything themselves; a second run starts at once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --no-input

.PHONY: help demo test bench screenshots lock clean

help: ## What there is to make
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 20

demo: $(VENV)/.local ## The screens on the local platform; without a terminal the same pipeline headless
	@if [ -t 0 ] && [ -t 1 ] && [ -t 2 ]; then exec $(BIN)/aeptui demo; \
	else exec $(BIN)/aeptui run loyalty --profile local --if-exists new; fi

# Tests start the program some hundred times; where bytecode is not kept, each start would compile it for a second.
test: $(VENV)/.dev ## All checks: ruff, mypy, import-linter, pytest
	$(BIN)/ruff check aeptui tests
	$(BIN)/ruff format --check --quiet aeptui tests
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q -n auto

bench: $(VENV)/.dev ## Speeds and bytes, measured in a real terminal
	$(BIN)/python tests/bench/bench.py

screenshots: $(VENV)/.local ## Draw every screen anew
	$(BIN)/aeptui screenshots screenshots

lock: ## Write requirements/ anew from pyproject.toml
	@command -v uv >/dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv" >&2; exit 1; }
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-annotate --custom-compile-command "make lock" --extra local --group build pyproject.toml -o requirements/local.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-annotate --custom-compile-command "make lock" --extra local --group build --group dev pyproject.toml -o requirements/dev.txt

clean: ## Remove what was set up
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "aeptui needs Python 3.11 or newer; this is $$($(PYTHON) --version). Name another: make PYTHON=python3.12 demo" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { version=$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	    echo "Python $$version has no venv here. On Debian or Ubuntu: apt-get install python$$version-venv" >&2; exit 1; }
	@echo "Setting up $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

# The product as it runs; the package itself is linked, so that edits count at once.
$(VENV)/.local: $(VENV)/.made requirements/local.txt pyproject.toml
	@echo "Installing what aeptui needs (once; a minute or two) ..."
	@$(PIP) install --require-hashes -r requirements/local.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.made requirements/dev.txt pyproject.toml
	@echo "Installing what the checks need (once; a minute or two) ..."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.local
