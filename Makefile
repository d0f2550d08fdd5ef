# A new environment takes PYTHON (make test PYTHON=python3.12); a .venv that exists is used as it is.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test check docs gallery bench clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' Makefile

demo: $(INSTALLED)  ## the whole job on synthetic radiographs, into demo-output/
	$(BIN)/radtl demo --out demo-output

test: $(INSTALLED)  ## the tests that need seconds and no download
	$(BIN)/pytest -n 2 --dist worksteal -m "not slow and not real"

check: $(INSTALLED)  ## format, lint, types, direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

docs: $(INSTALLED)  ## the documentation site, into site/: open site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

gallery: $(INSTALLED)  ## the sample report of the site, from a real experiment on phantoms: some minutes
	$(BIN)/python docs/make_gallery.py

bench: $(INSTALLED) .bench-torch/.installed  ## what it costs: every file in benchmarks/, three quarters of an hour, best on an idle machine
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python "$$file" || exit 1; done

# PyTorch, to compare with, stays out of the environment that is tested.
.bench-torch/.installed:
	$(BIN)/python -m venv .bench-torch
	.bench-torch/bin/pip install --quiet --disable-pip-version-check 'torch==2.13.*' torchvision
	touch $@

clean:  ## remove what the other targets wrote, but for .venv
	rm -rf build dist site *.egg-info demo-output .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find cli.py benchmarks datasets radtl_tf tests -name __pycache__ -prune -exec rm -rf {} +

$(INSTALLED): setup.cfg constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,docs,test]'
	touch $@
