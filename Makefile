# Needs Python 3.11 or newer and make, nothing else: everything is installed into .venv.
# `make` lists the targets.

PYTHON ?= python3
# The peer library that training is compared with. `make test PEERS=` does without: those tests then skip.
PEERS ?= peers
DEMO ?= demo
# `make figure`: all images of cat, dog and ship of CIFAR-10, the sample sizes, and where the studies go on.
DATA ?= cifar10_cat_dog_ship.npz
N ?= 100,200
FIGURE ?= figure-1
# Processes that run the tests.
PROCESSES ?= 2

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
comma := ,
IN_PARALLEL := --numprocesses=$(PROCESSES) --dist=loadfile
# Compiling was most of the time of the quick tests: they let the compiler optimise nothing and take its older code
# generator. `make test XLA_QUICK=` runs them as users compile, which `make test-slow` always does.
XLA_QUICK ?= --xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo figure install dev test test-slow test-oldest pytest lint format docs bench bench-tangent bench-coverage clean distclean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.installed  ## the whole story on real data: writes demo/report.html
	$(BIN)/howwide demo --out $(DEMO)

figure: $(VENV)/.installed  ## the figure of Chen et al. from its packed trials and DATA=...npz; more N=100,200,... go on
	@test -f "$(DATA)" || { echo "no file $(DATA); name the images with: make figure DATA=FILE (docs/figure-1.md says how they are made)" >&2; exit 1; }
	@set -e; for pair in cat-dog:3/5 cat-ship:3/8; do \
	    name=$${pair%:*}; packed=examples/figure-1/$$name.jsonl.gz; \
	    if [ -f $$packed ]; then $(BIN)/howwide sweep unpack $$packed $(FIGURE)/$$name; fi; \
	    $(BIN)/howwide width --config examples/figure1-$$name.toml --data "$(DATA):$${pair#*:}" --n $(N) \
	        --reference chen2021-$$name --accept-versions --out $(FIGURE)/$$name; \
	    $(BIN)/howwide sweep pack $(FIGURE)/$$name $$packed; \
	done
	$(BIN)/python benchmarks/figure1.py

install: $(VENV)/.installed  ## the library and its command in .venv

dev: $(VENV)/.installed-dev  ## the same with everything that tests, lint and documentation need

test: lint docs pytest  ## what continuous integration runs: lint, documentation, tests

# Last, so that its summary is the last line printed. A process takes whole files, whose tests share what they set up.
pytest: $(VENV)/.installed-dev  ## the tests alone, without the slow ones
	XLA_FLAGS="$$XLA_FLAGS $(XLA_QUICK)" $(BIN)/python -m pytest $(IN_PARALLEL) --durations=20

test-slow: $(VENV)/.installed-dev  ## the slow tests, and with the optimising compiler those that compare bytes
	$(BIN)/python -m pytest $(IN_PARALLEL) --durations=20 -m "slow or bytes"

test-oldest: $(VENV)-oldest/.installed  ## the tests of networks, kernels, training, width and statistics on the oldest versions that are supported
	$(VENV)-oldest/bin/python -m pytest -W default $(wildcard tests/test_networks.py tests/test_tangent_*.py tests/test_training_*.py tests/test_width_*.py tests/test_statistics_*.py)

lint: $(VENV)/.installed-dev  ## style, formatting, types, who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-dev  ## reformat and repair what can be repaired
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.installed-dev  ## the documentation: docs/_build/html/index.html
	$(BIN)/python -m sphinx -b html -W --keep-going -q docs docs/_build/html

bench: PEERS := peers
bench: $(VENV)/.installed-dev  ## the speed of a training step against PyTorch: benchmarks/results/steps.json
	$(BIN)/python -c "import torch" 2>/dev/null || $(PIP) install --quiet --editable ".[dev,peers]"
	$(BIN)/python benchmarks/steps.py

bench-tangent: $(VENV)/.installed-dev $(VENV)-neural-tangents/.installed  ## the tangent Gram against neural-tangents and torch.func
	$(BIN)/python -c "import torch" 2>/dev/null || $(PIP) install --quiet --editable ".[dev,peers]"
	$(BIN)/python benchmarks/tangent.py

bench-coverage: $(VENV)/.installed-dev  ## how often intervals and certificates are wrong, on real and simulated trials; an hour on two cores
	$(BIN)/python benchmarks/coverage.py
	$(BIN)/python benchmarks/certificate_coverage.py

# Neural-tangents stopped at JAX 0.4; its TensorFlow part, which nothing here needs, is left out.
$(VENV)-neural-tangents/.installed: $(BIN)/python
	$(BIN)/python -m venv --clear $(VENV)-neural-tangents
	$(VENV)-neural-tangents/bin/python -m pip --disable-pip-version-check install --quiet "jax==0.4.25" "jaxlib==0.4.25" "numpy<2" "scipy<1.13" absl-py frozendict
	$(VENV)-neural-tangents/bin/python -m pip --disable-pip-version-check install --quiet --no-deps "neural-tangents==0.6.5"
	@touch $@

clean:  ## remove what make made, except .venv
	rm -rf docs/_build dist build $(DEMO) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests docs -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean  ## remove .venv too
	rm -rf $(VENV)

# $(PYTHON) if it is new enough, else the newest of the usual names that is.
$(BIN)/python:
	@for python in "$(PYTHON)" python3.13 python3.12 python3.11; do \
	    if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        echo "Making $(VENV) with $$("$$python" --version)"; \
	        "$$python" -m venv --clear $(VENV) && exit 0; rm -rf $(VENV); exit 1; \
	    fi; \
	done; \
	echo "howwide needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3" >&2; exit 1

$(VENV)/.installed: pyproject.toml $(BIN)/python
	@echo "Installing howwide (half a minute, about a gigabyte with JAX)"
	$(PIP) install --quiet --editable .
	@touch $@

$(VENV)-oldest/.installed: pyproject.toml tests/oldest.txt $(BIN)/python
	$(BIN)/python -m venv --clear $(VENV)-oldest
	$(VENV)-oldest/bin/python -m pip --disable-pip-version-check install --quiet --editable . pytest hypothesis jsonschema mpmath --constraint tests/oldest.txt
	@touch $@

$(VENV)/.installed-dev: pyproject.toml $(BIN)/python
	@echo "Installing howwide and what its tests need (one to two minutes)"
	$(PIP) install --quiet --editable ".[dev$(if $(PEERS),$(comma)$(PEERS))]"
	@touch $(VENV)/.installed $@
