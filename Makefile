# Two commands: `make demo` and `make test`. Each makes .venv if needed and installs what it needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
NEWEST := .venv-newest
# Modules are compiled when they are first imported, which few of them are: half a minute less.
PIP    := $(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt
NEEDS  := $(BIN)/python pyproject.toml constraints.txt
export JUPYTER_PLATFORM_DIRS = 1

.DEFAULT_GOAL := help
.PHONY: help demo test newest lab notebooks data lint clean

help:
	@echo "make demo       train LEO on four rooms, write runs/demo and say what to open (about a minute)"
	@echo "make lab        open JupyterLab on the first notebook"
	@echo "make test       all tests"
	@echo "make newest     the fast tests with the newest versions of everything, in an environment of its own"
	@echo "make notebooks  run all notebooks and store their outputs"
	@echo "make data       make everything in data/ again"
	@echo "make lint       check the style"
	@echo "make clean      remove what demo and test made, and .venv"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "leo-lab needs Python 3.11 to 3.13; try: make PYTHON=python3.12 demo"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "Python has no venv module; on Debian or Ubuntu: apt-get install python3-venv"; exit 1; }

# Each of the three holds those before it, so that one call of pip is enough whichever comes first.
$(VENV)/.base: $(NEEDS)
	@echo "Installing leo-lab into $(VENV) (once, a minute or two) ..."
	@$(PIP) --editable .
	@touch $@

$(VENV)/.lab: $(NEEDS)
	@echo "Installing leo-lab and JupyterLab into $(VENV) (once, two minutes) ..."
	@$(PIP) --editable ".[lab]"
	@touch $(VENV)/.base $@

$(VENV)/.test: $(NEEDS)
	@echo "Installing leo-lab, JupyterLab and what the tests need into $(VENV) (once, two minutes) ..."
	@$(PIP) --editable ".[lab,test]"
	@touch $(VENV)/.base $(VENV)/.lab $@

demo: $(VENV)/.base
	@$(BIN)/leo-lab demo --out runs/demo

lab: $(VENV)/.lab
	@$(BIN)/python -m jupyterlab notebooks/00_tour.ipynb

test: $(VENV)/.test
	@$(BIN)/python -m pytest -m "not clock" --numprocesses logical --maxprocesses 4 --dist loadfile
	@$(BIN)/python -m pytest -m clock

# Nothing is pinned here but by pyproject.toml, so that what a new release breaks is seen before a course meets it.
newest:
	@$(PYTHON) -m venv $(NEWEST)
	@$(NEWEST)/bin/python -m pip install --quiet --no-compile --disable-pip-version-check --upgrade --editable ".[lab,test]"
	@$(NEWEST)/bin/python -m pip freeze --exclude-editable | diff --ignore-case constraints.txt - | grep '^>' || echo "the newest versions are those of constraints.txt"
	@$(NEWEST)/bin/python -m pytest -m "not clock and not slow and not browser" --numprocesses logical --maxprocesses 4 --dist loadfile

notebooks: $(VENV)/.test
	@$(BIN)/python notebooks/build.py

data: $(VENV)/.base
	@$(BIN)/python data/make.py

lint: $(VENV)/.test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

clean:
	rm -rf $(VENV) $(NEWEST) runs .jax_cache .hypothesis
