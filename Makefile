# Every target goes through local/bootstrap.py, which makes .venv from the lock files when it is missing or old.
# Nothing is needed but Python 3.11 or newer. NIGHTSHIFT_PYTHON=/path/to/python picks another one.

PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(shell command -v $(name) 2>/dev/null)))
ifeq ($(PYTHON),)
$(error Python 3.11 or newer is needed, and no python3 was found)
endif

WITH_LOCAL = @$(PYTHON) local/bootstrap.py local
WITH_DEV = @$(PYTHON) local/bootstrap.py dev

.DEFAULT_GOAL := help
.PHONY: help run invoke jobs runs logs start pause resume reset test test-long model lock-proof contract chaos load storm fuzz accuracy bench scale lint format types lock extract describe

help: ## what can be done here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: describe ## the whole system on this machine [PORT=8080] [ONCE=1: end after the first results] [VERBOSE=1: show logs]
	$(WITH_LOCAL) -m local.run $(if $(PORT),--port "$(PORT)") $(if $(filter-out 0,$(ONCE)),--once) \
		$(if $(filter-out 0,$(VERBOSE)),--verbose)

invoke: ## one function through the local Lambda service: JOB=product-checks, EVENT=events/x.json, or both
	$(WITH_LOCAL) -m local.invoke $(if $(JOB),--job "$(JOB)") $(if $(EVENT),--event "$(EVENT)")

# Operators' commands: on the running system of this checkout or, with URL=https://…, on a deployed stack.
CONSOLE = $(WITH_LOCAL) -m local.console $(if $(URL),--remote "$(URL)") $(if $(SECRET_FILE),--secret-file "$(SECRET_FILE)")

jobs: ## every job and its state [URL=https://… of a deployed door, SECRET_FILE=…: also for the next five]
	$(CONSOLE) jobs

runs: ## the newest runs of a job: JOB=product-checks [STATUS=failed]
	$(CONSOLE) runs "$(JOB)" $(if $(STATUS),--status "$(STATUS)")

logs: ## what a run did and wrote: RUN=id, or JOB=… for its newest
	$(CONSOLE) logs $(if $(RUN),"$(RUN)") $(if $(JOB),--job "$(JOB)")

start: ## a job over HTTP, and wait for its end: JOB=product-checks [PARAMS='{"limit": 5}']
	$(CONSOLE) start "$(JOB)" $(if $(PARAMS),--params '$(PARAMS)')

pause: ## a job's schedule: JOB=… [REASON="…"]
	$(CONSOLE) pause "$(JOB)" $(if $(REASON),--reason "$(REASON)")

resume: ## a job's schedule: JOB=…
	$(CONSOLE) resume "$(JOB)" $(if $(REASON),--reason "$(REASON)")

describe: ## the API's description, into functions/api/openapi.json; build and run make it by themselves
	$(WITH_LOCAL) -m deploy.describe

reset: ## forget the local data, secrets and logs
	$(WITH_LOCAL) -m local.reset

extract: ## what a stored page says about its product: FILE=page.html URL=https://shop.example/product
	$(WITH_LOCAL) -m product_checks.extract "$(FILE)" --url "$(URL)"

# Some tests wait for what never answers, so that three at a time keep two cores busy.
test: ## the tests, on two cores [ARGS="-k lock -x"]
	$(WITH_DEV) -m pytest --numprocesses=3 --dist=loadfile --no-loadscope-reorder -m "not long" $(ARGS)

test-long: ## those that take long: every page judged by axe-core, the environment made from nothing, …
	$(WITH_DEV) -m pytest -m long tests/browser tests/e2e tests/integration

model: ## the lock's model, searched by Spin with every seeded mistake (Debian: spin, gcc)
	$(WITH_DEV) -m tests.model.check

lock-proof: ## the lock's own code against faults, with every mistake, on emulators, and in races [ARGS="--histories 500"]
	$(WITH_DEV) -m tests.lock.prove $(ARGS)

chaos: ## every job killed, frozen and cut off, and what came of it [SEED=n FENCE=off JOBS=a,b FAULTS="x,y"]
	$(WITH_DEV) -m tests.chaos.run $(if $(SEED),--seed $(SEED)) $(if $(FENCE),--fence $(FENCE)) \
		$(if $(JOBS),--jobs "$(JOBS)") $(if $(FAULTS),--faults "$(FAULTS)")

load: ## many triggers a second at one job, through the door [RATE=200 SECONDS=60]
	$(WITH_DEV) -m tests.chaos.load $(if $(RATE),--rate $(RATE)) $(if $(SECONDS),--seconds $(SECONDS))

storm: ## 100,000 puppet jobs, 8 processors, workers that fail, hang and die [JOBS=100000]
	$(WITH_DEV) -m benchmarks.queue.fairness $(if $(JOBS),--jobs $(JOBS))

fuzz: ## every reader of what others write, with new inputs each time [SECONDS=60 ONLY=mail]
	$(WITH_DEV) -m tests.fuzz.run $(or $(SECONDS),60) $(if $(ONLY),--only "$(ONLY)")

contract: ## every route against the API's description, with many requests as every kind of caller (some minutes)
	$(WITH_DEV) -m pytest --hypothesis-profile=searching tests/integration/api/test_described.py

accuracy: ## how good the forecasts are, into docs/forecast-accuracy.md [SERIES=folder with series.csv]
	$(WITH_DEV) -m benchmarks.forecasting.accuracy $(if $(SERIES),"$(SERIES)")

bench: ## ours against peers and limits, as ratios, into docs/performance.md [ONLY=starts,wishlist ROUNDS=5]
	$(WITH_DEV) -m benchmarks.run $(if $(ONLY),--only "$(ONLY)") $(if $(ROUNDS),--rounds "$(ROUNDS)")

scale: ## how far it goes beyond one machine, simulated, into docs/scaling.md [ONLY=claims,locks,mails,reality]
	$(WITH_DEV) -m benchmarks.scale.run $(if $(ONLY),--only "$(ONLY)")

lint: ## style and errors, by ruff
	$(WITH_DEV) -m ruff check .
	$(WITH_DEV) -m ruff format --check .

format: ## let ruff write it
	$(WITH_DEV) -m ruff format .
	$(WITH_DEV) -m ruff check --fix .

types: ## type hints, by mypy in strict mode
	$(WITH_DEV) -m mypy

lock: ## pyproject.toml's dependency groups into requirements/*.txt, with hashes
	$(WITH_DEV) -m local.lock

include build.mk
