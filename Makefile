# The two commands that matter: `make demo` and `make test`.
SHELL := /bin/sh
AIRCHAIN := .venv/bin/airchain
PYTEST := .venv/bin/pytest
# Where a shell forbids Python to keep what it compiled, every run would compile the tests anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo down test lint test-unit test-properties test-integration test-e2e test-faults test-faults-bounded test-lane-1 test-lane-2 bench-deploy bench-tv evening soak lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make .venv with everything for development
	@scripts/setup dev

demo: ## From nothing to tv/ served by a fleet on this machine
	@scripts/setup cli
	@$(AIRCHAIN) -C tv up prod

down: ## Remove what `make demo` started
	@$(AIRCHAIN) -C tv down prod

test: setup ## Everything: linters, unit, integration, faults, end to end
	@$(MAKE) --no-print-directory -j 2 --output-sync=target lint test-properties test-unit
	@$(MAKE) --no-print-directory -j 2 test-lane-1 test-lane-2

# Two lanes of about the same length side by side, since what they run waits half of its time. The
# fleet of the faults is for one of them at a time; lane 1 takes all that lane 2 does not. What
# comes second runs also where the first has failed: one run shows all that is wrong.
LANE_2_FAULTS := tests/faults/test_releases.py

test-lane-1: setup
	@$(MAKE) --no-print-directory test-integration; first=$$?; \
	$(PYTEST) tests/faults -m "not long" $(addprefix --ignore=,$(LANE_2_FAULTS)) && exit $$first

test-lane-2: setup
	@.venv/bin/python -m airchain.machine run
	@$(AIRCHAIN) engine start
	@$(PYTEST) -m "not long" $(LANE_2_FAULTS); first=$$?; \
	$(MAKE) --no-print-directory test-e2e && exit $$first

lint: setup ## ruff, mypy strict, direction of imports
	@.venv/bin/ruff check src tests bench tv examples
	@.venv/bin/ruff format --check src tests bench tv examples
	@.venv/bin/mypy
	@.venv/bin/lint-imports

test-unit: setup ## Unit tests: no engine, no network
	@$(PYTEST) --numprocesses=auto tests/unit tv/client/tests

test-properties: setup ## Properties of the unit tests with many examples
	@$(PYTEST) tests/unit -m hypothesis --hypothesis-profile=thorough

test-integration: setup ## Tests against a real engine, registry and hosts
	@.venv/bin/python -m airchain.machine run test
	@$(AIRCHAIN) engine start
	@$(PYTEST) tests/integration

test-e2e: setup ## The main job: tv/ in a real browser, deploys and scaling under a probe
	@.venv/bin/python -m airchain.machine run test
	@$(AIRCHAIN) engine start
	@$(PYTEST) tests/e2e

bench-deploy: setup ## How long a changed line takes to every host: PRODUCT=hello HOSTS=1,4,8
	@$(AIRCHAIN) engine start
	@.venv/bin/python -m bench.deploy $(or $(PRODUCT),hello) $(if $(HOSTS),--hosts $(HOSTS)) $(BENCH)

bench-tv: setup ## How fast tv/ answers on one host, against a constant answer: CASES="home progress"
	@.venv/bin/python -m airchain.machine run bench
	@$(AIRCHAIN) engine start
	@.venv/bin/python -m bench.tv $(CASES) $(BENCH)

evening: setup ## A model of an evening against a running demo: EVENING_SECONDS=120 EVENING_VIEWERS=60
	@.venv/bin/locust --headless --only-summary --host http://127.0.0.1:8080 -f tv/load/evening.py

soak: setup ## Deploys and rollbacks in a row under load, nothing fails or grows: CHANGES=100 HOSTS=4
	@$(AIRCHAIN) engine start
	@.venv/bin/python -m bench.soak $(if $(CHANGES),--changes $(CHANGES)) $(if $(HOSTS),--hosts $(HOSTS)) $(BENCH)

test-faults: setup ## Every fault of docs/faults.md, on a fleet under a probe
	@.venv/bin/python -m airchain.machine run
	@$(AIRCHAIN) engine start
	@$(PYTEST) tests/faults

test-faults-bounded: setup ## The same without those that wait long
	@.venv/bin/python -m airchain.machine run
	@$(AIRCHAIN) engine start
	@$(PYTEST) tests/faults -m "not long"

lock: ## Write the lock files anew
	@scripts/lock

clean: ## Remove .venv and caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
