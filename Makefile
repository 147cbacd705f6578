# The names of scripts/, for who types make. All the work is in the scripts. Arguments: make test ARGS="tests/unit -x"
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint molecule bench chaos lock clean

help:     ## Show this list
	@sed -n 's/^\([a-z]*\): *## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

setup:    ## Prepare this folder (.venv and the system packages)
	@scripts/setup $(ARGS)

demo:     ## One case from the sheet to the proof
	@scripts/demo $(ARGS)

test:     ## Run the tests
	@scripts/test $(ARGS)

lint:     ## Run the gates (ARGS=quick leaves ansible-test out)
	@scripts/lint $(ARGS)

molecule: ## Run the roles on hosts of their own (root)
	@scripts/molecule $(ARGS)

bench:    ## Measure what docs/performance.md promises
	@scripts/bench $(ARGS)

chaos:    ## Kill runs and look whether they mend
	@scripts/chaos $(ARGS)

lock:     ## Write the requirements anew from pyproject.toml
	@scripts/lock $(ARGS)

clean:    ## Remove what the scripts made here (ARGS=--all: .venv too)
	@scripts/clean $(ARGS)
