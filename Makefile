# Everything from a fresh clone, on a machine with Python 3.11, pip, git and make. Each step leaves a stamp in .build/,
# so a repeated call does only what a change asks for.
#
#   make first-test   the core's tests, without a build or a browser: 15 seconds, and the downloads
#   make demo         scan barcodes on a page and watch a license server count them
#   make test         linters, type checkers and the tests, in three real browsers

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash

# Some machines forbid it, and then each of the tests' processes compiles all of them anew: half of what it takes to
# collect them.
export PYTHONDONTWRITEBYTECODE =

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .build/stamps
# Node out of the PyPI wheel, found by the Python that has it.
NODE = $(shell $(BIN)/python -c "from wasm import npm; print(npm.find_node())")

SOURCES := $(shell find src web wasm -type f -not -name '*.pyc' -not -path '*/_bundle/*' 2>/dev/null)
BUILD_FILES := build_wasm.py hatch_build.py pyproject.toml package-lock.json README.md LICENSE docs/npm.md
# What changes leave the wheel as it is, but are linted.
LINTED := $(shell find tests benchmarks -name '*.py' 2>/dev/null)

# Tests wait for browsers and servers, so one process more than there are processors keeps those busy; five at most, as
# more were never tried.
PROCESSES ?= $(shell n=$$(getconf _NPROCESSORS_ONLN); echo $$((n < 4 ? n + 1 : 5)))
SIDE_BY_SIDE = --numprocesses $(PROCESSES) --dist worksteal
# The import of its plugin takes each process a second, and the tests of the server alone use it.
WITHOUT_FUZZ := -p no:schemathesis
# Temporary files, where there is room.
IN_MEMORY = TMPDIR="$$($(BIN)/python -m tests.temporary)"
# Folders with tests that start browsers: to look for them in all others would take each process ten seconds.
WITH_BROWSERS := $(addprefix tests/,benchmarks browser chaos dashboard demo docs mutants npm plugin readers tryout wasm web)
# What a scan is, what a device is, also after an upgrade, under two codes and without storage, which runtime counts where
# one fails, and what a window keeps apart, which WebDriver has to do as Playwright does.
IN_WEBKIT := $(addprefix tests/browser/,test_devices.py test_earlier_layouts.py \
	test_counting.py::test_a_still_image_counts_its_distinct_barcodes \
	test_counting.py::test_a_video_stream_counts_by_capture_time \
	test_counting.py::test_the_camera_gives_the_exact_number_of_scans \
	test_fallback.py::test_of_a_runtime_that_is_not_what_was_built \
	test_storage.py::test_a_store_that_cannot_be_opened_is_replaced_by_memory_that_says_so \
	test_windows.py::test_isolated_and_private_windows_share_nothing_and_keep_nothing \
	test_windows.py::test_a_killed_browser_is_gone_and_its_profile_opens_again)

# What becomes of WebKit's tests where it cannot be installed: skip, and say so at the end, or fail.
MISSING_BROWSER ?= skip

comma := ,

say = @printf '\n== %s\n' "$(1)"

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

.PHONY: demo
demo: $(STAMPS)/installed ## Set up, build, and run the demo (ARGS="--no-browser --port 8000")
	$(BIN)/dlt-web demo $(ARGS)

.PHONY: first-test
first-test: $(STAMPS)/core-tests ## The core's tests on the sources as they are: from a fresh clone in a minute or two
	PYTHONPATH=$(CURDIR)/src $(BIN)/python -m pytest tests/core $(PYTEST_ARGS)

.PHONY: try
try: $(STAMPS)/npm ## The docs' try-out, without a license server, at http://localhost:8020/
	$(BIN)/python -m wasm.tryout
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory dist/try 8020

.PHONY: test
# What takes seconds to make and several runs of pytest need, such as the built docs.
test: export DLT_WEB_SHARED := $(CURDIR)/.build/shared
test: $(STAMPS)/venv ## Set up, build, lint, and run the tests, those in browsers in a short form
# While the bundle is built, which takes a minute on one processor, the linters run on another.
	@$(MAKE) --no-print-directory --jobs 2 $(STAMPS)/installed lint $(STAMPS)/browsers
	@rm -rf $(DLT_WEB_SHARED)
	$(call say,Tests of the core with branch coverage)
	$(BIN)/coverage erase
	$(IN_MEMORY) $(BIN)/coverage run -m pytest tests/core $(WITHOUT_FUZZ) $(SIDE_BY_SIDE) $(PYTEST_ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --include='*/dlt_web/*.py' --omit='*/cli.py,*/bundle.py,*/browsers.py,*/explain_scan.py,*/integrity.py,*/reader_shapes.py,*/standard_error.py' --fail-under=100
	$(call say,Tests of the core's properties$(comma) the server and the tools)
	$(IN_MEMORY) $(BIN)/python -m pytest tests --ignore=tests/core -m 'not browser' $(SIDE_BY_SIDE) $(PYTEST_ARGS)
# Processes of their own: the browsers' event loop runs to the end of the session, and asyncio allows no second one.
# The list begins with all of Chromium's tests and ends with Firefox's, so that few processes need both.
	$(call say,Tests in real browsers$(comma) in Chromium and Firefox; all of them: make test-browsers)
	$(IN_MEMORY) $(BIN)/python -m pytest $(WITH_BROWSERS) -m browser $(WITHOUT_FUZZ) $(SIDE_BY_SIDE) $(PYTEST_ARGS)
	$(call say,What is counted$(comma) in WebKit; the rest of the tests there: make test-browsers)
	$(IN_MEMORY) $(BIN)/python -m pytest $(IN_WEBKIT) -m browser $(WITHOUT_FUZZ) $(SIDE_BY_SIDE) --browser webkit --missing-browser $(MISSING_BROWSER) $(PYTEST_ARGS)
	@$(BIN)/python -c "from dlt_web.browsers import find_browser as f; f('webkit') or print('\n== Not tested: WebKit, which is not here')"

.PHONY: test-browsers
test-browsers: $(STAMPS)/browsers $(STAMPS)/installed ## All browser tests in all engines, and the matrix (ENGINE=webkit for tests in it alone)
	$(BIN)/dlt-web browsers install --headed $(or $(ENGINE),chromium webkit)
	DLT_WEB_EVERY_WAY=1 $(IN_MEMORY) $(BIN)/python -m pytest $(WITH_BROWSERS) -m browser $(WITHOUT_FUZZ) $(SIDE_BY_SIDE) $(PYTEST_ARGS) \
		$(if $(ENGINE),--browser $(ENGINE),--browser chromium --browser firefox --browser webkit)
	$(if $(ENGINE),,@$(MAKE) --no-print-directory browser-matrix)

.PHONY: test-fallback
test-fallback: $(STAMPS)/browsers $(STAMPS)/installed ## The browser tests on the npm runtime, which starts where the baked one cannot
	$(BIN)/dlt-web build --out .build/fallback
	rm .build/fallback/python.*.wasm .build/fallback/python.*.packed
	DLT_WEB_EVERY_WAY=1 DLT_WEB_BUNDLE=$(CURDIR)/.build/fallback $(BIN)/python -m pytest tests/browser tests/chaos -m browser \
		$(SIDE_BY_SIDE) $(PYTEST_ARGS)

.PHONY: browser-matrix
browser-matrix: $(STAMPS)/browsers $(STAMPS)/installed ## Verify the tracker in every browser, write docs/browsers.md anew
	$(BIN)/dlt-web browsers install --headed chromium webkit
	$(BIN)/python -m tests.harness.reference_run $(ARGS)

.PHONY: test-long
test-long: $(STAMPS)/installed ## Proofs in their long form: 50 kills, thousands of random histories, each Python of this machine
	DLT_WEB_LONG_TESTS=1 $(IN_MEMORY) $(BIN)/python -m pytest tests -m '(long_form or long_only) and not browser' $(SIDE_BY_SIDE) $(PYTEST_ARGS)

# Settings of the two targets below reach the tests as DLT_WEB_CHAOS_…; an empty one says nothing.
CHAOS = $(BIN)/python -m pytest -m browser $(addprefix --browser ,$(or $(ENGINE),chromium firefox)) $(PYTEST_ARGS)

.PHONY: chaos
chaos: $(STAMPS)/browsers $(STAMPS)/installed ## Random faults (N=500, SEED=7 ENGINE=firefox WORKERS=own, SCHEDULE=FILE)
	DLT_WEB_CHAOS_N='$(N)' DLT_WEB_CHAOS_SEED='$(SEED)' DLT_WEB_CHAOS_WORKERS='$(WORKERS)' \
	DLT_WEB_CHAOS_SCHEDULE='$(SCHEDULE)' $(CHAOS) tests/chaos/test_chaos.py

.PHONY: chaos-host
chaos-host: $(STAMPS)/installed ## The same of processes on CPython that share a device (N=500, SEED=7, SCHEDULE=FILE)
	DLT_WEB_HOST_CHAOS_N='$(N)' DLT_WEB_HOST_CHAOS_SEED='$(SEED)' DLT_WEB_HOST_CHAOS_SCHEDULE='$(SCHEDULE)' \
		$(BIN)/python -m pytest tests/host/chaos/test_chaos.py $(PYTEST_ARGS)

.PHONY: chaos-kill
chaos-kill: $(STAMPS)/browsers $(STAMPS)/installed ## Kill browsers right after a scan resolved (KILLS=20 ENGINE=firefox)
	DLT_WEB_CHAOS_KILLS='$(or $(KILLS),20)' $(CHAOS) --capture=no tests/chaos/test_kills.py

.PHONY: bench-lts
bench-lts: $(STAMPS)/installed ## Measure the server with 1 k, 1 M and 5 M devices (ARGS="--devices 1000,100000")
	$(BIN)/python -m benchmarks.lts_bench $(ARGS)

.PHONY: bench-dashboard
bench-dashboard: $(STAMPS)/installed ## Measure each view of the dashboard with 1 M devices and a year of usage (ARGS="--devices 100000")
	$(BIN)/python -m benchmarks.dashboard_bench $(ARGS)

.PHONY: bench-browser
bench-browser: $(STAMPS)/browsers $(STAMPS)/installed ## Measure the tracker in browsers (ARGS="--engines chromium --rounds 1 --only cold")
	$(BIN)/python -m benchmarks.browser_bench $(ARGS)

.PHONY: bench-size
bench-size: $(STAMPS)/wheel ## Measure what each step of the build does for the size of what a page fetches
	$(BIN)/python -m benchmarks.size_bench

.PHONY: build
build: $(STAMPS)/wheel ## Build dist/web (the bundle for a web server), dist/npm (the npm package) and dist/*.whl

.PHONY: named-version
named-version:
	@test -n '$(VERSION)' || { echo 'Say which version is to be released: make release-check VERSION=0.2.0' >&2; exit 2; }

.PHONY: release-check
release-check: named-version $(STAMPS)/npm ## The release checklist up to the commands that tag and upload, which it prints (VERSION=0.2.0)
	@$(BIN)/python -m wasm.release '$(VERSION)'

.PHONY: docs
docs: $(STAMPS)/installed ## Build the docs into dist/docs, files for any web server or to open from the disk
	$(call say,Docs)
	$(BIN)/python -m docs.generators.site

.PHONY: links
links: $(STAMPS)/venv ## Follow the links that leave the docs, over the network, and tell which answer wrong
	@$(BIN)/python -m docs.generators.outward

.PHONY: lint
lint: $(STAMPS)/npm $(STAMPS)/dependencies ## Run ruff, mypy, biome and tsc
	$(call say,Linters and type checkers)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(NODE) node_modules/@biomejs/biome/bin/biome ci --colors=off --error-on-warnings .
	$(NODE) node_modules/typescript/bin/tsc

.PHONY: format
format: $(STAMPS)/npm ## Let ruff and biome format what they can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(NODE) node_modules/@biomejs/biome/bin/biome check --write .

.PHONY: browsers
browsers: $(STAMPS)/browsers ## Install the browsers for the tests

.PHONY: clean
clean: ## Remove everything that was built or installed here
	rm -rf $(VENV) .build dist node_modules .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache

# The virtual environment. Debian's Python may lack ensurepip (package python3-venv); then the machine's pip fills it.
$(STAMPS)/environment:
	@mkdir -p $(STAMPS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) --version 2>&1): make PYTHON=/path/to/python3 …" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || \
		{ rm -rf $(VENV) && $(PYTHON) -m venv --without-pip $(VENV); }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || \
		$(PYTHON) -m pip --python $(BIN)/python install pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@touch $@

$(STAMPS)/core-tests: $(STAMPS)/environment pyproject.toml
	$(call say,What the tests of the core are written with)
	$(BIN)/python -m pip install --disable-pip-version-check --group core-tests
	@touch $@

$(STAMPS)/venv: $(STAMPS)/environment pyproject.toml
	$(call say,Virtual environment with development tools)
	$(BIN)/python -m pip install --disable-pip-version-check --group dev
	@touch $@

$(STAMPS)/npm: $(STAMPS)/venv package.json package-lock.json
	$(BIN)/python -c "from wasm import npm; npm.install_npm_packages(npm.find_node(), print)"
	@touch $@

# The full wheel; its build hook builds dist/web first. Exactly one wheel lies in dist/.
$(STAMPS)/wheel: $(STAMPS)/npm $(SOURCES) $(BUILD_FILES)
	$(call say,Web bundle)
	$(BIN)/python build_wasm.py
	$(call say,Wheel)
	@rm -f dist/*.whl
	$(BIN)/python -m build --wheel --no-isolation --outdir dist . >.build/wheel.log 2>&1 || { cat .build/wheel.log; exit 1; }
	@ls -l dist/*.whl
	@touch $@

# The wheel's dependencies change with pyproject.toml only, its content with every source.
$(STAMPS)/dependencies: $(STAMPS)/venv
	$(call say,Dependencies of the wheel)
	$(BIN)/python -m wasm.dependencies lts host testing >.build/dependencies.txt
	$(BIN)/python -m pip install --disable-pip-version-check --requirement .build/dependencies.txt
	@touch $@

$(STAMPS)/installed: $(STAMPS)/dependencies $(STAMPS)/wheel
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps dist/*.whl
	@touch $@

# Of the sources: the wheel may not be there yet.
$(STAMPS)/browsers: INSTALL_BROWSERS = PYTHONPATH=$(CURDIR)/src $(BIN)/python -m dlt_web.cli browsers install
$(STAMPS)/browsers: $(STAMPS)/dependencies
	$(call say,Browsers)
	$(INSTALL_BROWSERS)
# The tests of the third engine say themselves that they were skipped, and why.
	$(INSTALL_BROWSERS) webkit || echo 'WebKit cannot be installed here: its tests will be skipped.'
	@touch $@
