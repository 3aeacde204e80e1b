# The short front of the build; CMakePresets.json and scripts/ do the work. `make help` lists the targets.
SHELL := /bin/bash
JOBS ?= $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
FUZZ_SECONDS ?= 60
CMAKE_OPTIONS ?=
export SHOAL_JOBS := $(JOBS)
release := build/release

# A folder that is configured already keeps its choice, so that `make build` after `make test` drops no tests.
without_tests = $(if $(wildcard $(release)/CMakeCache.txt),,-DSHOAL_TESTS=OFF)

.DEFAULT_GOAL := build
.PHONY: build setup demo test test-all check bench fuzz format clean help

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

build: ## compile build/release/bin/shoal and the engines
	cmake --preset release $(without_tests) $(CMAKE_OPTIONS)
	cmake --build --preset release -j $(JOBS)

setup: ## install the system packages that the build needs (root or sudo; scripts/setup --dry-run lists them)
	scripts/setup

demo: setup ## everything from nothing: install, build, pull two small models, read scanned PDFs, answer
	@$(MAKE) --no-print-directory build
	demo/run

build-tests:
	scripts/setup --group test
	cmake --preset release -DSHOAL_TESTS=ON $(CMAKE_OPTIONS)
	cmake --build --preset release -j $(JOBS)
	if [[ -x scripts/test-models ]]; then scripts/test-models; fi
.PHONY: build-tests

test: build-tests ## build and run the tests, but those labelled long
	scripts/run-tests $(release) -LE long

test-all: build-tests ## the tests, with the long ones
	scripts/run-tests $(release)

check: ## format, clang-tidy, the tests under the sanitizers, a short fuzz; warnings are errors
	scripts/setup --group all
	scripts/format --check
	cmake --preset release -DSHOAL_TESTS=ON $(CMAKE_OPTIONS)
	cmake --build --preset release -j $(JOBS)
	scripts/tidy $(release)
	if [[ -x scripts/test-models ]]; then scripts/test-models; fi
	for preset in asan tsan; do \
	  cmake --preset $$preset -DSHOAL_WERROR=ON $(CMAKE_OPTIONS) && cmake --build --preset $$preset -j $(JOBS) \
	    && scripts/run-tests build/$$preset -LE long || exit 1; \
	done
	@$(MAKE) --no-print-directory fuzz FUZZ_SECONDS=10

fuzz: ## run each fuzzer for FUZZ_SECONDS (60)
	scripts/setup --group check
	cmake --preset fuzz -DSHOAL_WERROR=ON $(CMAKE_OPTIONS)
	cmake --build --preset fuzz -j $(JOBS)
	scripts/fuzz $(FUZZ_SECONDS)

bench: ## the micro-benchmarks of the rooms, then bench/run (it says which models to pull)
	scripts/setup --group check
	cmake --preset release -DSHOAL_BENCH=ON $(CMAKE_OPTIONS)
	cmake --build --preset release -j $(JOBS)
	for program in $(release)/benchmarks/*_bench; do case $$program in */engine_*) ;; *) $$program || exit 1 ;; esac; done
	bench/run

format: ## format all C++ files
	scripts/format

clean: ## remove build/ (the cache in ~/.cache/shoal stays)
	rm -rf build
