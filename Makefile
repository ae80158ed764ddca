# Commands of Linli. `make` lists them; each makes its own environments first, so nothing is installed by hand
# beyond Python 3.11, Node.js (for the tests) and make.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
RUN := .venv/bin/python
STAGE ?= dev
REGION ?= ap-southeast-1
TESTS ?= tests
WORKERS ?= 2
SIZE ?= 300
SEED ?= 1
SEEDS ?= 1
# Commands that look: at the stack that runs here, unless a stage is said.
HERE_OR_STAGE = $(if $(filter-out file,$(origin STAGE)),--stage $(STAGE) --region $(REGION))

# A switch: 1, or 0 or nothing. Whatever else is refused: nobody may mean the other thing where something is deleted.
switch = $(if $(filter-out 0 1,$($(1)))$(word 2,$($(1))),$(error $(1) is 1 or 0, not '$($(1))'))$(filter 1,$($(1)))

# The first Python on the PATH that is the one Lambda runs. A shim that cannot start counts as missing.
define find_python
found=; seen=; \
for candidate in $${PYTHON:-} python3.11 python3 python; do \
	version=$$($$candidate -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue; \
	if [ "$$version" = 3.11 ]; then found=$$candidate; break; fi; \
	seen="$$seen $$candidate=$$version"; \
done; \
if [ -z "$$found" ]; then \
	echo "setup: Linli needs Python 3.11 (found:$${seen:- none}); install python3.11 or set PYTHON=/path/to/python3.11" >&2; \
	exit 1; \
fi
endef

.PHONY: help setup setup-run run demo test check fmt logs trace stop deploy diff status rollback destroy queues migrate redrive audit-verify rotate-access-key retire-access-key rotate-seal-key reseal retire-seal-key keep-secrets import bench-start bench-search bench-webhooks bench-sign-in bench-settlement bench-overhead load capacity capacity-measure dashboard-picture campaign-picture inbox-picture statement-sample scans prove-booking prove-money prove-faults prove-access prove-commerce requirements clean

help: ## list the commands
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make or refresh the environments of this checkout (the other commands do it themselves)
	@$(find_python); exec $$found -m infra.local.environments

setup-run:
	@$(find_python); exec $$found -m infra.local.environments run

run: setup-run ## start everything on this machine and stay up until Ctrl-C
	@exec $(RUN) -m infra.local.run

demo: setup-run ## walk the whole journey over HTTP against a running stack
	@exec $(RUN) -m infra.demo

stop: setup-run ## stop a running stack from another terminal
	@exec $(RUN) -m infra.local.stop

logs: setup-run ## logs of the running stack, or of STAGE=prod REGION=...: NAME=outbox-relay for one, FOLLOW=1, SINCE=2h
	@exec $(RUN) -m infra.logs $(HERE_OR_STAGE) $(if $(NAME),--name $(NAME)) $(if $(call switch,FOLLOW),--follow) $(if $(SINCE),--since $(SINCE))

trace: setup-run ## follow one request through all functions: ID=... of a request, message or order (STAGE=prod REGION=..., SINCE=3d)
	@test -n "$(ID)" || { echo "trace: say what: make trace ID=<X-Request-Id, or the id of an order>" >&2; exit 2; }
	@exec $(RUN) -m infra.trace $(ID) $(HERE_OR_STAGE) $(if $(SINCE),--since $(SINCE)) $(ARGS)

test: setup ## all tests: unit, stores on the emulators, handlers, end to end (TESTS=path for some; SEED=2 for other examples)
	@exec $(RUN) -m pytest -n $(WORKERS) --hypothesis-seed $(SEED) $(if $(filter tests,$(TESTS)),--floor 90) $(ARGS) $(TESTS)

check: setup ## lint, format, types and the arrows between modules
	@status=0; \
	$(RUN) -m ruff check . || status=1; \
	$(RUN) -m ruff format --check . || status=1; \
	$(RUN) -m mypy || status=1; \
	$(RUN) -m pytest -q tests/test_arrows.py || status=1; \
	exit $$status

fmt: setup ## put the code into the house's format
	@$(RUN) -m ruff check --fix-only --quiet .
	@$(RUN) -m ruff format .

# One command for one region, or for each of REGIONS.
in_regions = $(RUN) -m $(if $(REGIONS),infra.regions $(1) --regions "$(REGIONS)",infra.$(1) --region $(REGION)) --stage $(STAGE)

deploy: setup-run ## deploy to AWS, try it, or take it back: STAGE=prod REGION=ap-southeast-1, or REGIONS="one another" (YES=1: ask nothing; ARGS=--plan: only look)
	@exec $(call in_regions,deploy) $(ARGS)

diff: setup-run ## what a deployment would change: STAGE=prod REGION=..., or REGIONS
	@exec $(call in_regions,diff) $(ARGS)

status: setup-run ## what runs, and what wants a look: STAGE=prod REGION=..., or REGIONS
	@exec $(call in_regions,status) $(ARGS)

rollback: setup-run ## the package that ran before, in seconds: STAGE=prod REGION=... (RELEASE=... another; ARGS=--list shows them)
	@exec $(call in_regions,rollback) $(if $(RELEASE),--release $(RELEASE)) $(ARGS)

destroy: setup-run ## take a stage's app away, its data stays: STAGE=dev REGION=... (DATA=1: the data too, and UNPROTECT=prod where it is protected)
	$(if $(filter file,$(origin REGION)),$(error destroy: say where: make destroy STAGE=$(STAGE) REGION=...))@exec $(RUN) -m infra.destroy --stage $(STAGE) --region $(REGION) $(if $(call switch,DATA),--data) $(if $(CONFIRM),--confirm $(CONFIRM)) $(if $(UNPROTECT),--unprotect $(UNPROTECT)) $(ARGS)

queues: setup-run ## what waits, and what lies among the dead letters: STAGE=prod REGION=... (STAGE=local: the running stack)
	@exec $(RUN) -m infra.redrive --look --stage $(STAGE) --region $(REGION) $(if $(QUEUE),--queue $(QUEUE))

migrate: setup-run ## change rows that are there already, once a stage, as far as not done: STAGE=prod REGION=... (LOOK=1 only counts)
	@exec $(RUN) -m infra.migrations --stage $(STAGE) --region $(REGION) $(if $(call switch,LOOK),--look)

redrive: setup-run ## send dead letters back to be worked: STAGE=prod REGION=... (QUEUE=payments for one queue)
	@exec $(RUN) -m infra.redrive --stage $(STAGE) --region $(REGION) $(if $(QUEUE),--queue $(QUEUE)) $(ARGS)

rotate-access-key: setup-run ## another key for access tokens; nobody is signed out: STAGE=prod REGION=...
	@exec $(RUN) -m infra.access_keys rotate --stage $(STAGE) --region $(REGION)

retire-access-key: setup-run ## delete an old key of access tokens, an hour later: VERSION=1 STAGE=prod REGION=...
	@test -n "$(VERSION)" || { echo "retire-access-key: say which: make retire-access-key VERSION=1" >&2; exit 2; }
	@exec $(RUN) -m infra.access_keys retire --version $(VERSION) --stage $(STAGE) --region $(REGION) $(ARGS)

rotate-seal-key: setup-run ## another data key for sealed personal data: STAGE=prod REGION=... (STAGE=local: the running stack)
	@exec $(RUN) -m infra.seal_keys rotate --stage $(STAGE) --region $(REGION)

reseal: setup-run ## seal personal data anew with the current key, as often as you like: STAGE=prod REGION=... (ARGS=--look counts)
	@exec $(RUN) -m infra.seal_keys reseal --stage $(STAGE) --region $(REGION) $(ARGS)

retire-seal-key: setup-run ## put an old data key aside once nothing needs it: VERSION=1 STAGE=prod REGION=...
	@test -n "$(VERSION)" || { echo "retire-seal-key: say which version: make retire-seal-key VERSION=1" >&2; exit 2; }
	@exec $(RUN) -m infra.seal_keys retire --version $(VERSION) --stage $(STAGE) --region $(REGION)

.PHONY: restore restore-drill verify-tables replay
replay: setup-run ## tell again what happened on a day: DAY=2030-05-01 STAGE=prod REGION=... (KIND='shop.*', LOOK=1 shows, SHOPS=1 indexes every shop)
	@exec $(RUN) -m infra.replay --stage $(STAGE) --region $(REGION) $(if $(DAY),--day $(DAY)) $(if $(call switch,SHOPS),--shops) $(if $(KIND),--kind '$(KIND)') $(if $(call switch,LOOK),--look)

restore: setup-run ## a stage's tables as they were, under another prefix: AT=2030-05-01T09:30:00Z PREFIX=linli-prod-r1 STAGE=prod REGION=... (COPIES_OF=region/stage, REHEARSE=1, RESUME=1)
	@test -n "$(PREFIX)" || { echo "restore: say under which prefix: make restore PREFIX=linli-prod-r1 AT=..." >&2; exit 2; }
	@exec $(RUN) -m infra.restore --stage $(STAGE) --region $(REGION) --prefix $(PREFIX) $(if $(AT),--at $(AT)) $(if $(COPIES_OF),--copies-of $(COPIES_OF)) $(if $(call switch,REHEARSE),--rehearse) $(if $(call switch,RESUME),--resume) $(ARGS)

restore-drill: setup-run ## lose all tables of a local stack of its own and restore them from an export: JOURNEYS=2 (FOLDER= keeps the export)
	@exec $(RUN) -m infra.drill $(if $(JOURNEYS),--journeys $(JOURNEYS)) $(if $(FOLDER),--folder $(FOLDER))

verify-tables: setup-run ## whether tables agree with themselves, books and sealed fields: STAGE=prod REGION=... (PREFIX=linli-prod-r1)
	@exec $(RUN) -m infra.drill.verify --stage $(STAGE) --region $(REGION) $(if $(PREFIX),--prefix $(PREFIX))

keep-secrets: setup-run ## keep what opens the backups where their copies go: STAGE=prod REGION=... (deployments do it too)
	@exec $(RUN) -m infra.kept_secrets --stage $(STAGE) --region $(REGION)

audit-verify: setup-run ## hold the audit log against its seals: DAY=2026-11-20, or FROM=... TO=..., ALL=1, ENTRY=aud_... (STAGE=prod REGION=...)
	@exec $(RUN) -m infra.audit_verify --stage $(STAGE) --region $(REGION) $(if $(DAY),--day $(DAY)) $(if $(FROM),--from $(FROM)) $(if $(TO),--to $(TO)) $(if $(call switch,ALL),--all) $(if $(ENTRY),--entry $(ENTRY)) $(ARGS)

import: setup-run ## import shops from a CSV or GeoJSON file into the running stack: FILE=shops.csv.gz
	@test -n "$(FILE)" || { echo "import: say which file: make import FILE=shops.csv.gz" >&2; exit 2; }
	@exec $(RUN) -m infra.import_shops $(FILE) $(ARGS)

bench-start: setup ## what a cold start pays, import of each handler from the package; fails over 1.5 times boto3 and Chalice
	@exec $(RUN) -m benchmarks.cold_start

bench-search: setup ## what a search costs, ours and others', on three sets of places (some minutes)
	@exec $(RUN) -m benchmarks.search $(ARGS)

bench-webhooks: setup ## what acknowledging a payment provider's notice costs: CPU, requests, write units
	@exec $(RUN) -m benchmarks.webhooks

bench-sign-in: setup ## whether answers tell by their time who has an account (SAMPLES=150), and what signing in costs
	@exec $(RUN) -m benchmarks.sign_in

bench-settlement: setup ## what settling and reconciling cost DynamoDB: requests and units
	@exec $(RUN) -m benchmarks.settlement

bench-overhead: setup ## CPU of our API handler beside a bare Chalice one with the same database calls (some minutes)
	@exec $(RUN) -m benchmarks.overhead $(ARGS)

load: setup ## load over HTTP against a local stack of its own: RATE=5 SECONDS=60 CLIENTS=8, or RAMP="2 4 8" (errors and double sales: exit 1)
	@exec $(RUN) -m tests.load $(if $(RATE),--rate $(RATE)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(CLIENTS),--clients $(CLIENTS)) $(if $(RAMP),--ramp $(RAMP))

capacity: setup ## write docs/capacity.md anew: what 10, 1,000 and 100,000 bookings an hour need and cost
	@exec $(RUN) -m benchmarks.capacity

capacity-measure: setup ## measure what the model is made of anew, then write docs/capacity.md
	@exec $(RUN) -m benchmarks.capacity --measure

dashboard-picture: setup-run ## draw the dashboard's layout from its definition: docs/images/dashboard.svg
	@exec $(RUN) -m infra.dashboard_picture

campaign-picture: setup-run ## [REPORT=report.json] draw the report of a text to many that the API answered; without, a sample's: docs/images/campaign-report.svg
	@exec $(RUN) -m $(if $(REPORT),infra.campaign_picture $(REPORT),benchmarks.campaign_sample)

inbox-picture: setup-run ## draw a notice as each channel shows it, in both languages: docs/images/inbox.svg
	@exec $(RUN) -m infra.inbox_picture

statement-sample: setup ## a merchant's documents as they look, and what they cost to make
	@exec $(RUN) -m benchmarks.statement_sample

scans: setup ## read the code by our own rules (semgrep) and look over the templates (checkov); makes their environments first
	@exec $(RUN) -m infra.scans

prove-booking: setup ## the proofs of booking at length: SIZE=300 SEED=1 (some minutes)
	@exec $(RUN) -m tests.prove_booking --size $(SIZE) --seed $(SEED)

prove-access: setup ## the proof of access: every operation as everybody, fuzz, garbage, races, scans: SIZE=1 SEED=1 (some minutes)
	@exec $(RUN) -m tests.prove_access --size $(if $(filter-out file,$(origin SIZE)),$(SIZE),1) --seed $(SEED)

prove-commerce: setup ## the proof of notices, webhooks, coupons and reviews: races, sums, outages, reminders over a year: SEED=1 (some minutes)
	@exec $(RUN) -m tests.prove_commerce --seed $(SEED)

prove-money: setup ## the proof of money at length: SIZE=2000 SEED=1 SEEDS=1 (some minutes a seed)
	@exec $(RUN) -m tests.prove_money --size $(if $(filter-out file,$(origin SIZE)),$(SIZE),2000) --seed $(SEED) --seeds $(SEEDS)

prove-faults: setup ## the proof of faults at length, each kind over a whole journey: SEEDS=20 SEED=1 (some minutes)
	@exec $(RUN) -m tests.prove_faults --seeds $(if $(filter-out file,$(origin SEEDS)),$(SEEDS),20) --seed $(SEED)

requirements: setup ## pin what the *.in files ask for, with hashes (needs uv on the PATH)
	@command -v uv >/dev/null || { echo "requirements: uv is missing; install it with: pipx install uv" >&2; exit 1; }
	@uv pip compile -q --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-header requirements.in -o requirements.txt
	@uv pip compile -q --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-header tests/requirements.in -o tests/requirements.txt
	@uv pip compile -q --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-header infra/local_requirements.in -o infra/local_requirements.txt
	@uv pip compile -q --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-header tests/scans/semgrep.in -o tests/scans/semgrep.txt
	@uv pip compile -q --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-header tests/scans/checkov.in -o tests/scans/checkov.txt

clean: ## remove the local stack's data, environments and caches
	@test ! -e .venv/bin/python || $(RUN) -m infra.local.stop --quiet
	@rm -rf .venv .local tests/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .chalice/deployments
