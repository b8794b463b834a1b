# The commands of the office. Each sets itself up on a fresh machine.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv

.PHONY: run test bench fuzz

run: $(VENV)/.ready
	$(VENV)/bin/python manage.py quickstart --port $(PORT)

test:
	bash .ci/run

# Ratios against baselines of the same run: the law, suggestions, workbook, gaps, lists by the API, imports, idle memory. About a quarter of an hour.
bench: $(VENV)/.ready-dev
	$(VENV)/bin/python -m tests.bench.memory
	$(VENV)/bin/python -m tests.bench.law
	$(VENV)/bin/python -m tests.bench.suggestions
	$(VENV)/bin/python -m tests.bench.workbook
	$(VENV)/bin/python -m tests.bench.gaps
	$(VENV)/bin/python -m tests.bench.api
	$(VENV)/bin/python -m tests.bench.imports

# Looks further than the tests: the API with ten times as many made-up requests, properties with new examples.
fuzz: $(VENV)/.ready-dev
	CASES_PER_OPERATION=60 HYPOTHESIS_PROFILE=search $(VENV)/bin/python -m pytest -q -n 2 tests/api/test_schema.py tests/frameworks tests/controls

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.txt
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(VENV)/.ready: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; this is Python %d.%d. Install a newer one, or name it: make run PYTHON=python3.12" % sys.version_info[:2])'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "This Python has no venv module. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Installing into $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@
