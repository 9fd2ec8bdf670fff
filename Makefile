# Everything a maintainer runs. `make` alone lists the targets.
PYTHON ?= python3
STACK ?= staging
VENV := .venv
BIN := $(VENV)/bin
# uv compiles no bytecode by itself, and without bytecode the cloud SDKs take four times as long to import.
export UV_COMPILE_BYTECODE := 1

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# A change of a requirements file installs again; otherwise nothing runs and no network is needed.
$(VENV)/.installed: requirements.txt requirements-dev.txt requirements-uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "packyard needs Python 3.11 or newer, $(PYTHON) is $$($(PYTHON) --version 2>&1). HINT: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Setting up $(VENV) (about half a minute, once)" >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements-dev.txt
	@touch $@

.PHONY: setup
setup: $(VENV)/.installed ## Make the virtual environment

.PHONY: preview
preview: setup ## Show the whole estate of STACK, e.g. make preview STACK=production AGAINST=main ARGS=--json
	@$(BIN)/python -m preview $(STACK) $(if $(AGAINST),--against $(AGAINST)) $(ARGS)

.PHONY: test
test: setup ## Run the tests
	@$(BIN)/python -m pytest $(ARGS)

.PHONY: lint
lint: setup ## Check style and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/basedpyright

.PHONY: format
format: setup ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: bench
bench: setup ## Time and memory of the preview against the import floor
	@$(BIN)/python -m tests.bench_preview

.PHONY: requirements
requirements: setup ## Compile the requirements files anew after a change of a *.in file
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes -o requirements.txt requirements.in
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes -o requirements-dev.txt requirements-dev.in
	@grep -A1000 '^uv==' requirements-dev.txt | awk 'NR > 1 && /^[a-z]/ {exit} {print}' > requirements-uv.txt
