# PYTHON is used to create a new .venv (make test PYTHON=python3.12); an existing .venv is not changed.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test check docs gallery picture bench clean

help:  ## list these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' Makefile

demo: $(INSTALLED)  ## run the demo on synthetic radiographs; results go to demo-output/
	$(BIN)/radtl demo --out demo-output

test: $(INSTALLED)  ## run the quick tests; they need no download
	$(BIN)/pytest -n 2 --dist worksteal -m "not slow and not real"

check: $(INSTALLED)  ## check format, lint, types and the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

docs: $(INSTALLED)  ## build the documentation site; open site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

gallery: $(INSTALLED)  ## make the sample report of the site again, from an experiment on phantoms
	$(BIN)/python docs/make_gallery.py

picture: $(INSTALLED)  ## make the picture of the README again, from 400 real radiographs in RADTL_REAL (2 minutes)
	$(BIN)/python docs/make_readme_picture.py

bench: $(INSTALLED) .bench-torch/.installed  ## run all benchmarks (four hours; use an idle machine)
	@failed=; for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python "$$file" || failed="$$failed $$file"; done; \
	test -z "$$failed" || { echo "Failed:$$failed"; exit 1; }

# PyTorch is only used for comparison and has its own environment.
.bench-torch/.installed:
	$(BIN)/python -m venv .bench-torch
	.bench-torch/bin/pip install --quiet --disable-pip-version-check 'torch==2.13.*' torchvision transformers
	touch $@

clean:  ## remove everything the other targets wrote, except .venv
	rm -rf build dist site *.egg-info demo-output .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find cli.py benchmarks datasets radtl_tf tests -name __pycache__ -prune -exec rm -rf {} +

$(INSTALLED): setup.cfg constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,docs,test]'
	touch $@
