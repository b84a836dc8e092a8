# From this folder to a stack on AWS. Included by the Makefile; needs no Docker and, up to `make build`, no AWS account.
# The SAM CLI pins versions that clash with ours, so it lives in an environment of its own.

SAM_PYTHON = NIGHTSHIFT_VENV=.venv-sam $(PYTHON) local/bootstrap.py sam
# A region is asked for even where nothing is sent to AWS.
SAM = @SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-$${AWS_REGION:-us-east-1}} $(SAM_PYTHON) -m samcli

# make hands what is given on its command line (ENV, STACK, PARAMETERS, YES, …) on in the environment.
.PHONY: validate build deploy destroy deploy-local test-build lock-sam lock-ministack audit licences job permissions observability costs tables raise-fences

validate: ## template.yaml, by SAM, cfn-lint (translated too) and our own rules
	$(SAM) validate
	$(SAM) validate --lint
	@$(SAM_PYTHON) -m deploy.check

# What shapes the build lies outside the folders whose content `sam build` compares with its cache.
.aws-sam/tools: deploy/bundle.py functions/Makefile $(wildcard layers/*/Makefile)
	@rm -rf .aws-sam/cache && mkdir -p .aws-sam && touch $@

build: .aws-sam/tools describe ## what is shipped, into .aws-sam/build, for both processors, without Docker
	$(SAM) build
	@$(PYTHON) deploy/bundle.py sizes .aws-sam/build

deploy: ## guided, from nothing to a running stack on AWS [ENV=prod STACK=name PARAMETERS="MailFrom=… …" YES=1: asks nothing]
	$(WITH_LOCAL) -m deploy.guide

destroy: ## the stack on AWS; asks twice, and keeps the data unless DATA=delete [ENV=prod STACK=name; YES=1 CONFIRM=name]
	$(WITH_LOCAL) -m deploy.destroy

deploy-local: build ## the same template into an AWS on this machine (MiniStack), and the smoke test there
	$(WITH_LOCAL) -m deploy.emulated

test-build: ## every function from .aws-sam/build, started with only what Lambda would give it; after `make build`
	$(WITH_DEV) -m pytest -p no:cacheprovider tests/build

lock-sam: ## the group `sam` of pyproject.toml into requirements/sam.txt, with hashes
	$(WITH_DEV) -m uv pip compile --quiet --universal --python-version=3.11 --generate-hashes --no-annotate \
		--no-header --no-emit-index-url --no-emit-find-links --group sam --output-file requirements/sam.txt

lock-ministack: ## likewise the group `ministack`, into requirements/ministack.txt
	$(WITH_DEV) -m uv pip compile --quiet --universal --python-version=3.11 --generate-hashes --no-annotate \
		--no-header --no-emit-index-url --no-emit-find-links --group ministack --output-file requirements/ministack.txt

audit: ## what is publicly known against the locked packages, by pip-audit (asks the package index)
	@NIGHTSHIFT_VENV=.venv-audit $(PYTHON) local/bootstrap.py audit -m deploy.audit

licences: ## those of the shipped packages, into docs/licences.md
	$(WITH_DEV) -m deploy.licence_table

job: ## a new one, ready to be filled: NAME=forget-products DOMAIN=upkeep SCHEDULE="rate(1 day)" [AT_MOST=300 DESCRIPTION="…"]
	$(WITH_DEV) -m deploy.new_job --name "$(NAME)" --domain "$(DOMAIN)" --schedule "$(SCHEDULE)" \
		$(if $(AT_MOST),--at-most "$(AT_MOST)") $(if $(DESCRIPTION),--description "$(DESCRIPTION)")
	$(WITH_DEV) -m ruff check --quiet --fix --select I functions
	$(WITH_DEV) -m deploy.observability.writing
	$(WITH_DEV) -m deploy.permission_table
	$(WITH_DEV) -m deploy.tables
	$(WITH_DEV) -m deploy.costs

permissions: ## what each function may do on AWS, into docs/permissions.md
	$(WITH_DEV) -m deploy.permission_table

observability: ## alarms, dashboard and saved queries, from the functions in template.yaml into the same file
	$(WITH_DEV) -m deploy.observability.writing

tables: ## of jobs, settings and sample events, into README.md, docs/configuration.md and events/README.md
	$(WITH_DEV) -m deploy.tables

raise-fences: ## of a deployed stack's locks, after a table was restored (docs/runbook.md) [STACK=nightshift]
	$(WITH_DEV) -m deploy.raise_fences "$(or $(STACK),nightshift)"

costs: ## what a month costs at three sizes of shop, into docs/costs.md and the README [MEASURE=1: the jobs' work first]
	$(if $(MEASURE),$(WITH_DEV) -m benchmarks.work)
	$(WITH_DEV) -m deploy.costs
