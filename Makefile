# Everything that people, hooks and CI run. `make help` lists it.
SHELL := /bin/bash
# The distribution's first: it is optimised by a profile, and takes a sixth less time than one that a version manager has
# compiled without. `make PYTHON=python3.12 ...` takes another one.
PYTHON ?= $(shell for one in /usr/bin/python3.11 /usr/bin/python3.12 /usr/bin/python3.13 python3.11 python3.12 python3.13; do \
  command -v $$one >/dev/null && $$one -c 'import ensurepip, venv' 2>/dev/null && echo $$one && exit; done; echo python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
USED := $(VENV)/.used
COMPILED := $(VENV)/.compiled
NODE_STAMP := web/node_modules/.installed
PAGE := src/emagsync/entrypoints/api/static/index.html
SOURCES := $(shell find src -name '*.py' -o -name '*.json' -o -name '*.mako' 2>/dev/null)
PAGE_SOURCES := $(shell find web/src web/public -type f 2>/dev/null) web/index.html web/vite.config.ts
# Tests wait more than they compute, so there are more at once than processors.
WORKERS ?= 5
SEEDS ?= 50
# Of `make thorough`: 2/8 is the second eighth of its tests; all of them without it. The browser is in the first.
PART ?=
PYTEST_USUAL := -n $(WORKERS) --dist worksteal -q --hypothesis-profile few -m "not storm and not quiet and not thorough" --durations=10
# Only these files are read for the measurements: reading all takes longer than some of them.
QUIET_TESTS = $(shell grep -rl --include=test_*.py "mark.quiet" tests)
# Where tests keep their files: in memory where there is room for them. On a disk they take a fifteenth more time.
MEMORY := $(shell test -w /dev/shm && test "$$(df -Pk /dev/shm | awk 'NR == 2 { print $$4 }')" -gt 2000000 && echo /dev/shm)
# Before a command of tests. PostgreSQL, which is another user, goes through the folder.
IN_MEMORY = $(if $(MEMORY),folder=$$(mktemp -d $(MEMORY)/emagsync-tests.XXXXXX) && chmod 711 $$folder && trap 'rm -rf '$$folder EXIT && export TMPDIR=$$folder;)
AUDIT := build/audit
CORE_TESTS := tests/marketplace/rows tests/marketplace/test_envelope.py tests/marketplace/test_network.py tests/core/test_money.py tests/core/test_settings.py tests/edits/merge tests/db/test_engine.py tests/sync/run/test_page_plan.py
# Each of the tests' processes would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install dev page distribution-venv environment fit-python demo serve test thorough checks lint lint-python lint-web format pytest web-test e2e web web-types schema bench storm lock wheel clean chromium servers audit sbom core tests quiet bytecode pytest-beside screenshots thorough-python thorough-web

help: ## This list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# pip compiles what it copies, and not what stays where it is: each start would take a quarter longer where Python itself
# may write no bytecode.
$(STAMP): pyproject.toml requirements/dev.txt
	@$(MAKE) --no-print-directory -s distribution-venv
	@$(MAKE) --no-print-directory -s environment
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q src
	@touch $@

$(NODE_STAMP): web/package.json web/package-lock.json
	@command -v npm >/dev/null || { echo "The page needs Node 20 and npm: install them." >&2; exit 1; }
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(PAGE): $(NODE_STAMP) $(PAGE_SOURCES)
	cd web && npm run --silent build
	@touch $@

# Users need a sixth of what developers do: the packages that the program itself imports, and a wheel with the page in it.
install: page ## Install emagsync with its page in .venv
	@if [ -e $(STAMP) ]; then $(MAKE) --no-print-directory -s $(STAMP); else $(MAKE) --no-print-directory -s $(USED); fi
	@echo "emagsync $$($(BIN)/python -c 'import emagsync; print(emagsync.__version__)') is installed. Start it: $(BIN)/emagsync serve"

$(USED): pyproject.toml requirements/base.txt requirements/build.txt $(SOURCES)
	@$(MAKE) --no-print-directory -s distribution-venv
	@$(MAKE) --no-print-directory -s environment
	@echo "1 of 3: an environment in $(VENV), with $$($(BIN)/python --version)"
	@echo "2 of 3: the packages that it needs, about a minute"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt -r requirements/build.txt
	@echo "3 of 3: emagsync itself"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --force-reinstall .
	@touch $@

dev: $(STAMP) $(NODE_STAMP) ## Install what developers need, in .venv and web/node_modules

web: $(PAGE) ## Build the page

# Without Node everything works but the page. Debian's own may be too old, so it is asked before it is used.
page:
	@if [ "$$(id -u)" = 0 ] && ! command -v npm >/dev/null && command -v apt-get >/dev/null; then \
	  echo "Installing Node, to build the page"; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null || true; fi
	@if command -v npm >/dev/null && node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'; then \
	  [ -e $(PAGE) ] || echo "Building the page, about a minute"; $(MAKE) --no-print-directory -s $(PAGE); \
	else echo "The page is left out: it needs Node 20.19 or newer. Install Node and do the same again; everything else works." >&2; fi

# Debian has what makes environments in a package of its own. Another Python that is there does as well.
distribution-venv:
	@[ "$(origin PYTHON)" = file ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null || exit 0; \
	/usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || exit 0; \
	/usr/bin/python3 -c 'import ensurepip' 2>/dev/null && exit; \
	{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv; } >/dev/null 2>&1 || true

# What an environment has of another Python does not go with this one.
environment: fit-python
	@which='import sys; print(sys.base_prefix, sys.version)'; \
	[ "$$($(BIN)/python -c "$$which" 2>/dev/null)" = "$$($(PYTHON) -c "$$which")" ] && $(BIN)/python -c 'import pip' 2>/dev/null \
	  || $(PYTHON) -m venv --clear $(VENV)

fit-python:
	@command -v $(PYTHON) >/dev/null || { echo "emagsync needs Python 3.11 or newer: install it, or say 'make PYTHON=python3.12 ...'." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$($(PYTHON) --version) is too old: emagsync needs Python 3.11 or newer." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null; } \
	  || { echo "$(PYTHON) cannot make virtual environments: on Debian, 'apt install python3-venv'." >&2; exit 1; }

demo: install ## Start a simulated marketplace with two accounts, copy both, show the page
	@$(BIN)/emagsync demo

test: checks tests quiet ## Linters, types, import directions, and every kind of test once

# What takes one processor each, two at a time. `bytecode` spares each of the tests' processes compiling all tests: once
# for a checkout, for what changes later takes no time to speak of.
checks: $(STAMP) $(NODE_STAMP)
	@$(MAKE) --no-print-directory -j2 lint-web lint-python web-test bytecode

# A browser's tests wait for the most part, and the Python tests take the processors meanwhile; each tells at its end.
tests: $(STAMP) $(PAGE) servers chromium
	@$(MAKE) --no-print-directory -j2 --output-sync=target e2e pytest-beside

pytest: $(STAMP) $(PAGE) servers ## The Python tests
	@$(IN_MEMORY) $(BIN)/python -m pytest $(PYTEST_USUAL)
	@$(MAKE) --no-print-directory quiet

pytest-beside: $(STAMP) $(PAGE) servers
	@$(IN_MEMORY) nice -n 5 $(BIN)/python -m pytest $(PYTEST_USUAL)

# Rates are measured when the other tests are over.
quiet: $(STAMP) $(PAGE) servers
	@$(IN_MEMORY) $(BIN)/python -m pytest -n 2 -q -m "quiet and not storm and not thorough" $(QUIET_TESTS)

bytecode: $(COMPILED)

$(COMPILED): $(STAMP)
	@$(BIN)/python -m pytest -q --collect-only > /dev/null
	@touch $@

thorough: $(STAMP) $(PAGE) servers chromium ## What repeats and varies the tests: on PostgreSQL, large files; PART=2/8 for an eighth
	@$(MAKE) --no-print-directory -j2 --output-sync=target thorough-web thorough-python
	@$(IN_MEMORY) $(BIN)/python -m pytest -n 2 -q -m "thorough and quiet and not storm" $(PART:%=--part %) $(QUIET_TESTS)$(if $(PART), || [ $$? = 5 ])

thorough-python: $(STAMP) $(PAGE) servers
	@$(IN_MEMORY) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -q -m "thorough and not storm and not quiet" $(PART:%=--part %)

thorough-web: $(STAMP) $(PAGE) chromium
	cd web && npm run --silent lint
	@$(IN_MEMORY) cd web && E2E_THOROUGH=1 npm run --silent e2e -- $(PART:%=--shard=%)
ifeq ($(filter-out 1/%,$(PART)),)
	@$(IN_MEMORY) cd web && E2E_OFFERS=50000 npm run --silent e2e -- e2e/offers.spec.ts
endif

lint: lint-python lint-web ## Linters, formatters, types, import directions

lint-python: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m emagsync.db.new_schema | diff -q - src/emagsync/db/new_schema.sqlite.sql >/dev/null || { echo "src/emagsync/db/new_schema.sqlite.sql is stale: 'make schema'." >&2; exit 1; }
	@$(BIN)/python -m emagsync.entrypoints.api.schema | diff -q - web/src/api/openapi.json >/dev/null || { echo "web/src/api/openapi.json is stale: 'make web-types'." >&2; exit 1; }

lint-web: $(NODE_STAMP)
	cd web && npm run --silent check

schema: $(STAMP) ## Write the statements that make a new SQLite file again
	$(BIN)/python -m emagsync.db.new_schema > src/emagsync/db/new_schema.sqlite.sql

web-types: $(STAMP) $(NODE_STAMP) ## Generate the OpenAPI document and the page's types again
	$(BIN)/python -m emagsync.entrypoints.api.schema > web/src/api/openapi.json
	cd web && npm run --silent types

web-test: $(NODE_STAMP) ## The page's unit tests
	cd web && npm test --silent

# Without them tests/support/servers.py takes PostgreSQL and Redis from a wheel each; Prometheus has none.
servers:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  need=""; \
	  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need="$$need postgresql postgresql-contrib"; \
	  command -v redis-server >/dev/null || need="$$need redis-server"; \
	  command -v pgbouncer >/dev/null || need="$$need pgbouncer"; \
	  command -v promtool >/dev/null || need="$$need prometheus"; \
	  command -v openssl >/dev/null || need="$$need openssl"; \
	  command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || need="$$need nginx-light"; \
	  command -v soffice >/dev/null || need="$$need libreoffice-calc-nogui"; \
	  [ -z "$$need" ] || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$need; }; \
	fi
	@command -v promtool >/dev/null && command -v prometheus >/dev/null || { echo "The tests of metrics and alerts need prometheus and promtool: install Prometheus ('apt install prometheus')." >&2; exit 1; }

chromium:
	@for one in $${CHROMIUM:-/usr/bin/chromium-headless-shell /usr/bin/chromium}; do test -x $$one && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium-headless-shell; \
	else echo "The browser tests need Chromium: install it ('apt install chromium-headless-shell'), or name one by CHROMIUM=/path." >&2; exit 1; fi

e2e: $(STAMP) $(PAGE) chromium ## The page in a real browser, against the real server and sandbox
	@$(IN_MEMORY) cd web && npm run --silent e2e

screenshots: $(STAMP) $(PAGE) chromium ## The pictures of docs/, anew
	cd web && E2E_SCREENSHOTS=1 E2E_THOROUGH=1 npm run --silent e2e
	cd web && E2E_SCREENSHOTS=1 E2E_OFFERS=50000 npm run --silent e2e -- e2e/offers.spec.ts

format: $(STAMP) $(NODE_STAMP) ## Let the formatters fix what they can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	cd web && npm run --silent format

bench: $(STAMP) ## Measure speed, memory and CPU beside a bare loop
	$(BIN)/python -m benchmarks $(BENCH_OPTIONS)

# What depends on Python itself: parsing, money, texts, TLS, the engine's plans. `make core CORE_PYTHON=python3.13`
core: ## The core tests on another Python, in an environment of its own
	@test -n "$(CORE_PYTHON)" || { echo "make core CORE_PYTHON=python3.13" >&2; exit 1; }
	@test -x build/core/bin/python && build/core/bin/python -c 'import sys; sys.exit(sys.argv[1] != "%d.%d" % sys.version_info[:2])' "$$($(CORE_PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')" || { rm -rf build/core && $(CORE_PYTHON) -m venv build/core; }
	@build/core/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	@build/core/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	build/core/bin/python -m pytest -q -n 2 -p no:cacheprovider $(CORE_TESTS)

storm: $(STAMP) servers ## Random storms and kills: 50 seeds, or SEEDS=n
	@$(IN_MEMORY) EMAGSYNC_STORM_SEEDS=$(SEEDS) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -q -m storm

wheel: $(STAMP) $(PAGE) ## A wheel with the page in it, and what it is made of (CycloneDX), in dist/
	$(BIN)/python -m hatchling build -t wheel
	@$(MAKE) --no-print-directory sbom

# Tools of their own: what the program and its tests need is not changed by them.
$(AUDIT)/.installed: requirements/audit.txt
	@$(PYTHON) -m venv $(AUDIT)
	@$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/audit.txt
	@touch $@

sbom: $(STAMP) $(AUDIT)/.installed ## Bills of materials of the program and of the page (CycloneDX), in dist/
	@mkdir -p dist
	@name=emagsync-$$($(BIN)/python -c 'import emagsync; print(emagsync.__version__)'); \
	$(AUDIT)/bin/python -W ignore -m cyclonedx_py requirements requirements/base.txt --pyproject pyproject.toml --output-reproducible --of JSON -o dist/$$name.cdx.json && \
	(cd web && npm sbom --sbom-format cyclonedx --omit dev --package-lock-only) > dist/$$name-page.cdx.json && ls dist/$$name*.cdx.json

# Strict: without it, packages that nothing is known about would count as good.
audit: $(STAMP) $(AUDIT)/.installed ## Known weaknesses of what is installed and of the page's packages; needs the public advisories
	@$(AUDIT)/bin/pip-audit --strict --disable-pip --require-hashes -r requirements/tracing.txt -r requirements/parquet.txt || { echo "make audit: a weakness, or the advisories could not be read: see the lines above." >&2; exit 1; }
	@cd web && npm audit --omit=dev || { echo "make audit: a weakness of the page's packages, or the advisories could not be read." >&2; exit 1; }

lock: $(STAMP) ## Pin the dependencies again
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q -o requirements/base.txt
	$(BIN)/uv pip compile pyproject.toml --group dev --extra tracing --extra parquet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q -c requirements/base.txt -o requirements/dev.txt
	$(BIN)/uv pip compile pyproject.toml --extra tracing --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q -c requirements/base.txt -o requirements/tracing.txt
	$(BIN)/uv pip compile pyproject.toml --extra parquet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q -c requirements/base.txt -o requirements/parquet.txt
	printf 'cyclonedx-bom>=7.5,<8\npip-audit>=2.10,<3\n' | $(BIN)/uv pip compile - --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q -o requirements/audit.txt
	echo hatchling | $(BIN)/uv pip compile - --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -q -c requirements/dev.txt -o requirements/build.txt

clean: ## Remove what was built and measured
	rm -rf $(VENV) .demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis benchmarks/results web/node_modules src/emagsync/entrypoints/api/static
