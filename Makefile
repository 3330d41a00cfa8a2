# Each target works in a fresh clone by itself; only Python 3.11, make and a package index are needed.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
DATA ?= demo-data
PORT ?= 8000
SAMPLE := indexer/sample/corpus.jsonl

.PHONY: install demo test lint bench clean

install: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

demo: install
	$(BIN)/broadsheet index $(SAMPLE) --data $(DATA)
	$(BIN)/broadsheet serve --data $(DATA) --port $(PORT)

# As many processes as there are cores, each with one thread for its matrices; a file's tests stay together.
test: lint
	OMP_NUM_THREADS=1 $(BIN)/pytest -n logical --dist loadfile

lint: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: install
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) $(DATA) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
