# archkit's commands; `make` alone lists them.
SHELL := /bin/sh
BIN := .venv/bin
SETUP := .venv/.setup-done

.DEFAULT_GOAL := help
.PHONY: help setup demo test lab app lint types bench report pictures lock clean

help:            ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(SETUP)  ## make .venv from requirements.lock

$(SETUP): requirements.lock pyproject.toml .ci/setup
	@sh .ci/setup

demo: $(SETUP)   ## set up, then the main job: brief, questions, proposal, decision, outcomes, report
	@$(BIN)/archkit demo

test: $(SETUP)   ## set up, then every test
	@sh .ci/test

lab: $(SETUP)    ## open the notebooks in JupyterLab
	@$(BIN)/jupyter lab notebooks

app: $(SETUP)    ## serve the dashboard and the trade-offs of your memory as pages, without code
	@$(BIN)/archkit app

lint: $(SETUP)   ## ruff, notebooks without outputs, layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/nbstripout --verify notebooks/*.ipynb
	@$(BIN)/lint-imports --no-logo --quiet 2>/dev/null || $(BIN)/lint-imports

types: $(SETUP)  ## mypy, strict
	@$(BIN)/mypy

bench: $(SETUP)  ## measure the speeds the README and the issues name
	@$(BIN)/python benchmarks/main_job.py
	@$(BIN)/python benchmarks/learning.py
	@$(BIN)/python benchmarks/memory.py --sizes 1000 --no-peers
	@$(BIN)/python benchmarks/documents.py --no-peers
	@$(BIN)/python benchmarks/tradeoffs.py --no-peers
	@$(BIN)/python benchmarks/queries.py --no-peers
	@$(BIN)/python benchmarks/turns.py
	@$(BIN)/python benchmarks/panel.py
	@$(BIN)/python benchmarks/dashboard.py
	@$(BIN)/python benchmarks/sessions.py --files 20000

pictures: $(SETUP) ## make the README's pictures anew, from simulated data, in Chromium
	@ARCHKIT_CHROMIUM=$$(sh .ci/chromium) $(BIN)/python tools/pictures.py

report: $(SETUP) ## write data/reports/memory.html from your memory
	@$(BIN)/archkit report

# Not the extra mcda: it is 160 MB that only its users need.
lock: $(SETUP)   ## resolve requirements.lock anew from pyproject.toml
	@$(BIN)/python -m uv pip compile pyproject.toml --extra app --extra dev --extra lab --extra mcp --extra semantic --universal \
	  --generate-hashes --no-header --no-emit-index-url --quiet --upgrade -o requirements.lock

clean:           ## remove .venv and caches; your data stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
