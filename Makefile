# make demo          the example behind its policy: a tour over HTTP, then it goes on serving
# make demo ONCE=1   the tour alone
# make test          lint, types, tests, coverage (WORKERS=0: in one process)
# make bench         statusware against its peers (QUICK=1: a minute instead of ten)
# make bench-http    the same over HTTP (needs wrk)
# make suites      the test suites of Flask, Pyramid, WebTest and Bottle, statusware around every app
# make fuzz         the policy fuzzed against five frameworks (CASES=1000000 SEED=...)
# make fuzz-readers  every reader fuzzed with atheris (RUNS=10000000 SEED=... ONLY=json)
# make mutants      faults put into the code: do the tests notice? (SAMPLE=300 SEED=... AGAIN=1)
# make versions     the tests with the lowest and newest dependencies (ENV=3.13-lowest TESTS=...)
# make audit        pip-audit on all that statusware installs
# make wire          raw requests and misbehaving apps against six servers
# make faults        full disks, lost files, wrong clocks, ill identity providers
# make soak          load, restarts, kills, memory (MINUTES=60 of load; needs wrk)
# make docs         the documentation as a site, in docs/_build
# make clean         removes all that the others made
#
# Needs Python 3.11 or later with venv, and make. Nothing is written outside this folder.

PYTHONS = python3.13 python3.12 python3.11 python3
BIN     = .venv/bin
# Says in which folder it was made: a virtualenv does not survive a move.
STAMP   = .venv/made-in

export HERE = $(CURDIR)
export TMPDIR = $(CURDIR)/.venv/tmp
export PIP_NO_CACHE_DIR = 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_USER = 0
unexport PYTHONPATH PYTHONHOME

.PHONY: demo test docs fuzz fuzz-readers mutants versions audit wire faults soak suites bench bench-http clean stale

demo: $(STAMP)
	@$(BIN)/statusware demo $(if $(ONCE),--once) $(if $(PORT),--port $(PORT))

test: $(STAMP)
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/python -m pytest -q $(IN_PARALLEL) --cov

# A file's tests run in one process; WORKERS=0 runs all in one.
IN_PARALLEL = -n $(or $(WORKERS),auto) --maxprocesses 4 --dist loadfile

docs: $(STAMP)
	@$(BIN)/python -m sphinx -q -W --keep-going -n -b html -d docs/_build/trees docs docs/_build/html
	@echo "docs/_build/html/index.html"

# Properties with new examples; the policy against five frameworks: the whole corpus, then generated paths, methods, policies and headers.
fuzz: $(STAMP)
	@HYPOTHESIS_PROFILE=random $(BIN)/python -m pytest -q -m hypothesis
	@STATUSWARE_CORPUS=whole $(BIN)/python -m pytest -q tests/bypass/test_corpus.py
	@$(BIN)/python -m tests.bypass.fuzz --cases $(or $(CASES),1000000) $(if $(SEED),--seed $(SEED)) $(DOCUMENT_FLAG)

# What docs/reliability.md claims, measured again; DOCUMENT=1 writes the tables into that page.
PROOF = $(BIN)/python -m tests.proof
DOCUMENT_FLAG = $(if $(DOCUMENT),--document)

fuzz-readers: $(STAMP)
	@$(PROOF).fuzz_readers $(DOCUMENT_FLAG) --runs $(or $(RUNS),10000000) \
		$(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only $(ONLY))

mutants: $(STAMP)
	@$(PROOF).mutants $(DOCUMENT_FLAG) --sample $(or $(SAMPLE),300) $(if $(SEED),--seed $(SEED)) $(if $(AGAIN),--again)

versions: $(STAMP)
	@$(PROOF).versions $(ENV) $(DOCUMENT_FLAG) $(if $(TESTS),--tests $(TESTS))

audit: $(STAMP)
	@$(PROOF).audit $(DOCUMENT_FLAG)

wire: $(STAMP)
	@$(PROOF).wire $(DOCUMENT_FLAG)
	@$(PROOF).responses $(DOCUMENT_FLAG)

faults: $(STAMP)
	@$(PROOF).faults $(DOCUMENT_FLAG)
	@$(PROOF).provider $(DOCUMENT_FLAG) $(if $(SECONDS),--seconds $(SECONDS))

soak: $(STAMP)
	@$(PROOF).soak $(DOCUMENT_FLAG) --minutes $(or $(MINUTES),60)
	@$(PROOF).restarts $(DOCUMENT_FLAG) --times $(or $(TIMES),20)
	@$(PROOF).memory $(DOCUMENT_FLAG)

# From their source packages, in a virtualenv of their own.
suites: $(STAMP)
	@$(BIN)/python tests/suites/run.py $(SUITE)

bench: $(STAMP)
	@$(BIN)/python benchmarks/bench.py $(if $(QUICK),--quick)

bench-http: $(STAMP)
	@$(BIN)/python benchmarks/http_bench.py

clean:
	rm -rf .venv .bench .fuzz .mutants .versions .suites .demo docs/_build build dist *.egg-info .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

ifneq ($(shell exec 2>/dev/null; $(BIN)/python -c "" && cat $(STAMP)),$(CURDIR))
$(STAMP): stale
endif

# One make at a time, where flock exists; whoever had to wait finds the work done. pip asks
# rustc for its version, and that of rustup would make a folder in an empty home.
$(STAMP): pyproject.toml
	@if command -v flock >/dev/null; then exec 9<pyproject.toml; flock 9; fi; \
	if [ "$$(cat $@ 2>/dev/null)" = "$$HERE" ] && [ $@ -nt pyproject.toml ]; then exit 0; fi; \
	best=; bare=; \
	for p in $(PYTHONS); do \
		"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		if "$$p" -c 'import ensurepip, venv' 2>/dev/null; then best=$$p; break; fi; \
		bare=$${bare:-$$p}; \
	done; \
	missing="python3, in version 3.11 or later"; \
	if [ -n "$$bare" ]; then missing="the venv module of $$bare (apt install python3-venv)"; fi; \
	if [ -z "$$best" ]; then echo "Missing: $$missing" >&2; exit 1; fi; \
	echo "Making .venv with $$best; this takes a minute." >&2; \
	[ -d ~/.rustup ] || export RUSTUP_HOME="$${RUSTUP_HOME:-$$TMPDIR/rustup}"; \
	rm -rf .venv && mkdir -p .venv/tmp && "$$best" -m venv .venv && \
	$(BIN)/python -m pip install -qq --editable '.[test]' && \
	printf '%s\n' "$$HERE" >$@
