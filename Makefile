# What a person does with this repository. `make` alone lists it. Works with GNU make 3.81 (macOS).

.DEFAULT_GOAL := help

UV_VERSION := 0.13.9
BIN := .venv/bin
SCRIPTS := infra/local/bin
# Stamps lie inside what they speak of: whoever removes .venv removes them too.
UV := .venv/.stamp-uv-$(UV_VERSION)
SYNCED := .venv/.stamp-synced

MEMBERS := services/realtime services/producer services/feed services/chat services/systemtests infra infra/doctor loadtests/bench
PAGE := services/dashboard
PAGE_MODULES := $(PAGE)/node_modules/.package-lock.json
# Others' clients of a stream, which only tests run.
OUTSIDE := services/systemtests/clients
OUTSIDE_MODULES := $(OUTSIDE)/node_modules/.package-lock.json
PAGE_BUILT := $(PAGE)/dist/index.html
PAGE_SOURCES := $(shell find $(PAGE) \( -name node_modules -o -name dist \) -prune -o -type f -print)

# For `make bench`: QUICK=1, ONLY=feed,nchan, MEASURE=delivery,storm, SUBSCRIBERS=1000,5000, ROUNDS=3.
BENCH_OPTIONS := $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY)) \
  $(if $(MEASURE),--measure $(MEASURE)) $(if $(SUBSCRIBERS),--subscribers $(SUBSCRIBERS)) \
  $(if $(ROUNDS),--rounds $(ROUNDS))

# For `make load`: so many users, so many more each second, for so long; the environment of its own.
LOAD_BIN := loadtests/.venv/bin
LOAD_SYNCED := loadtests/.venv/.stamp-synced
SHAPE ?= ramp
HOST ?= http://127.0.0.1:$(or $(EDGE_PORT),8080)
LOCUST = $(LOAD_BIN)/locust -f loadtests/locustfile.py --host $(HOST) --shape $(SHAPE) \
  --users $(or $(USERS),100) --spawn-rate $(or $(RATE),20) --run-time $(or $(DURATION),1m) \
  $(if $(PROCESSES),--processes $(PROCESSES)) $(if $(THRESHOLDS),--thresholds $(THRESHOLDS)) \
  $(if $(RESULTS),--results $(RESULTS) --html $(RESULTS)/locust.html --csv $(RESULTS)/run) \
  $(if $(ROLL),--roll '$(ROLL)') $(ARGS)

.PHONY: help
help: ## this list
	@echo 'Airwave. Targets:'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-17s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo 'Settings: PYTHON=python3.13 · for up, EDGE_PORT=9090 and the other ports, AIRWAVE_DATA=folder,'
	@echo 'TLS=1, NATS_URL=…, REDIS_URL=…, FEED_*, CHAT_*, PRODUCER_*'
	@echo 'for load, SHAPE=ramp|steps|spike|storm|soak|rolling USERS=100 RATE=20 DURATION=1m HOST=… PROCESSES=4'
	@echo 'for capacity, USERS=50000 RATE=10 ROOMS=2500 POSTS=1 · for soak, MINUTES=60 USERS=100'
	@echo 'for compare, QUICK=1 CLIENTS=100 ROUNDS=2 · for chaos, RANDOM=20m SEED=7 BROKERS=3'
	@echo 'for fuzz, MINUTES=5 ONLY=senml,frames'
	@echo 'for bench, QUICK=1 ONLY=feed,nchan MEASURE=delivery,storm SUBSCRIBERS=1000,5000 ROUNDS=3'
	@echo 'for a cluster, OVERLAY=local or production, SERVICE=feed REPLICAS=5, DATA=delete'
	@echo 'A second copy from the same checkout: give it an EDGE_PORT and the other ports of its own.'

.PHONY: setup
setup: $(SYNCED) $(PAGE_BUILT) ## make everything that is needed, start nothing

.PHONY: up
up: setup ## run Airwave on this machine until Ctrl-C
	@exec $(BIN)/python -m infra.local up

.PHONY: watch
watch: $(SYNCED) ## Prometheus beside `make up`, with the alerts of the cluster: PROMETHEUS_PORT=9090
	@$(SCRIPTS)/ensure-prometheus
	@exec $(BIN)/python -m infra.watch run

# For `make logs`: LEVEL=warning, MATCH=text, LAST=20.
.PHONY: logs
logs: $(SYNCED) ## follow the logs of `make up`: SERVICE=feed (or all), LEVEL=warning, MATCH=text
	@exec $(BIN)/python -m infra.local.logs $(if $(SERVICE),--service '$(SERVICE)') \
	  $(if $(LEVEL),--level '$(LEVEL)') $(if $(MATCH),--match '$(MATCH)') $(if $(LAST),--last $(LAST))

.PHONY: clean
clean: ## remove infra/local/data: streams, history and logs of local runs
	@python=`$(SCRIPTS)/find-python` && PYTHONPATH=infra/src exec "$$python" -m infra.local clean

.PHONY: distclean
distclean: ## remove what setup made: environments, node_modules, the built page
	rm -rf .venv loadtests/.venv $(PAGE)/node_modules $(PAGE)/dist $(OUTSIDE)/node_modules

.PHONY: test
test: setup $(LOAD_SYNCED) $(OUTSIDE_MODULES) ## every test: the page's, unit, in-process, real servers, a real browser
	@exec $(SCRIPTS)/test

.PHONY: test-whole
test-whole: setup ## the long forms of tests whose short forms `make test` runs (minutes)
	@exec $(BIN)/python -m pytest -q -m whole

CHECKS := check-lint check-format check-types check-imports check-dependencies check-alone \
  check-yaml check-edge check-images check-supply check-page

.PHONY: check
check: $(CHECKS) ## linters, formatters, types, imports, dependencies, configuration
	@echo 'check: all good'

# The addresses and passwords are those of `make up`, unless others are given.
.PHONY: rebuild-history
rebuild-history: $(SYNCED) ## build chat's history anew from the log, while it runs; ARGS=--help explains
	@exec $(BIN)/python -m infra.local as chat $(BIN)/python -m chat.rebuild $(ARGS)

.PHONY: $(CHECKS)
$(CHECKS): setup

check-lint:
	$(BIN)/ruff check .

check-format:
	$(BIN)/ruff format --check .

check-types:
	$(BIN)/mypy

check-imports:
	$(BIN)/lint-imports

check-dependencies:
	@for member in $(MEMBERS); do \
	  case $$member in */systemtests) what=. ;; *) what=src ;; esac; \
	  echo "deptry: $$member"; (cd $$member && "$(CURDIR)/$(BIN)/deptry" $$what) || exit 1; \
	done

# Each service with its own dependencies only: the shared environment hides a missing one.
check-alone:
	@for service in producer feed chat doctor; do \
	  echo "alone: $$service"; $(BIN)/uv run --quiet --isolated --frozen --no-dev --package $$service \
	    python -c "import $$service.__main__" || exit 1; \
	done

check-yaml:
	$(BIN)/yamllint --strict -c infra/yamllint.yaml infra k8s

check-edge:
	$(BIN)/python -m infra.edge check

check-images:
	$(BIN)/hadolint --failure-threshold style services/Dockerfile $(PAGE)/Dockerfile loadtests/Dockerfile

check-supply:
	$(BIN)/python -m infra.supply check

check-page: $(PAGE_MODULES)
	$(SCRIPTS)/npm --prefix $(PAGE) run check

.PHONY: licences
licences: $(LOAD_SYNCED) ## write THIRD-PARTY.md: what others wrote, and under which licence
	@$(BIN)/python -m infra.supply licences

.PHONY: audit
audit: $(SYNCED) ## ask PyPI and npm for known holes in what we use (status 3: nobody answered)
	@$(BIN)/python -m infra.supply audit

.PHONY: render-edges
render-edges: $(SYNCED) ## render every edge's configuration from infra/edge/timeouts.toml
	@$(BIN)/python -m infra.edge render all

.PHONY: render-dashboards
render-dashboards: $(SYNCED) ## render Grafana's dashboards from infra/src/infra/watch/boards
	@$(BIN)/python -m infra.watch render

.PHONY: fmt
fmt: setup ## format the sources
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	$(SCRIPTS)/npm --prefix $(PAGE) run format

# In a cluster: k8s/GUIDE.md. OVERLAY is a folder of k8s/overlays.
OVERLAY ?= local
VERSION ?= 0.1.0
MANIFESTS := PYTHONPATH=k8s/src $(BIN)/python -m manifests

.PHONY: render
render: $(SYNCED) ## print what an overlay puts into a cluster: OVERLAY=local
	@$(MANIFESTS) render --overlay $(OVERLAY)

.PHONY: secrets
secrets: $(SYNCED) ## make the passwords that an overlay needs and the cluster lacks: OVERLAY
	@$(MANIFESTS) secrets --overlay $(OVERLAY)

.PHONY: deploy
deploy: $(SYNCED) ## apply an overlay to the cluster that kubectl is pointed at: OVERLAY
	@$(MANIFESTS) deploy --overlay $(OVERLAY)

.PHONY: undeploy
undeploy: $(SYNCED) ## remove it; volumes and passwords stay, unless DATA=delete: OVERLAY
	@$(MANIFESTS) undeploy --overlay $(OVERLAY) $(if $(DATA),--data $(DATA))

.PHONY: scale
scale: $(SYNCED) ## set the replicas of one service: SERVICE=feed REPLICAS=5, OVERLAY
	@$(MANIFESTS) scale --overlay $(OVERLAY) --service "$(SERVICE)" --replicas "$(REPLICAS)"

.PHONY: images
images: $(SYNCED) ## build every image with docker, podman or buildah: VERSION=0.1.0, ONLY=feed,chat
	@$(BIN)/python -m infra.images --version $(VERSION) $(if $(ONLY),--only $(ONLY))

.PHONY: compose-passwords
compose-passwords: ## make the passwords of infra/compose.yaml that infra/.env lacks
	@$(SCRIPTS)/compose-passwords infra/.env

.PHONY: cost
cost: $(SYNCED) ## what a delivery costs in user space, against its baseline
	@$(SCRIPTS)/ensure-valgrind
	@$(BIN)/python -m systemtests.cost

# RANDOM=20m SEED=7 for a random mix; BROKERS=3 has it on a cluster; ARGS='--only "feed killed"', --list.
.PHONY: chaos
chaos: setup ## every fault alone under load, or RANDOM=20m SEED=…; fails if a promise is broken
	@$(SCRIPTS)/ensure-nftables
	@$(SCRIPTS)/ensure-faketime || true
	@exec $(BIN)/python -m systemtests.chaos $(if $(RANDOM),--random $(RANDOM)) \
	  $(if $(SEED),--seed $(SEED)) $(if $(BROKERS),--brokers $(BROKERS)) $(ARGS)

# ARGS='--side-by-side 2', --runs 100000, --list; --input FILE takes a finding again, and shortens it.
.PHONY: fuzz
fuzz: $(SYNCED) ## coverage-guided fuzzing of every way in: MINUTES=5 (each) ONLY=senml,frames
	@$(SCRIPTS)/ensure-atheris || true
	@PYTHONHASHSEED=0 exec $(BIN)/python -m systemtests.fuzz $(if $(MINUTES),--minutes $(MINUTES)) \
	  $(if $(ONLY),--only $(ONLY)) $(ARGS)

.PHONY: pictures
pictures: setup ## take the READMEs' pictures of a running page anew (seven minutes)
	@exec $(BIN)/python -m systemtests.picture

.PHONY: load
load: $(LOAD_SYNCED) ## put load on a running Airwave, judge, report: SHAPE, USERS, RATE, DURATION, HOST
	@exec $(LOCUST) --headless --loglevel WARNING

.PHONY: load-ui
load-ui: $(LOAD_SYNCED) ## the same from locust's own page, http://127.0.0.1:8089
	@exec $(LOCUST) --web-host 127.0.0.1

.PHONY: soak
soak: $(LOAD_SYNCED) ## a stack of its own under churn: does anything grow? MINUTES=60 USERS=100
	@PYTHONPATH=loadtests exec $(BIN)/python -m soak $(if $(MINUTES),--minutes $(MINUTES)) \
	  $(if $(USERS),--users $(USERS)) $(ARGS)

# With USERS it answers from the last fit; without, it measures and fits.
.PHONY: capacity
capacity: $(SYNCED) ## what a crowd needs: USERS=50000 RATE=10 ROOMS=500; without USERS: measure anew
	@$(if $(USERS),,$(SCRIPTS)/ensure-cc)
	@PYTHONPATH=loadtests exec $(BIN)/python -m capacity $(if $(USERS),--users $(USERS)) \
	  $(if $(RATE),--rate $(RATE)) $(if $(ROOMS),--rooms $(ROOMS)) $(if $(POSTS),--posts $(POSTS)) $(ARGS)

.PHONY: doctor
doctor: $(SYNCED) ## examine a stream or WebSocket: URL=https://…, ARGS='--idle 5m'; ARGS=--help explains
	@exec $(BIN)/python -m doctor $(URL) $(ARGS)

.PHONY: bench
bench: $(SYNCED) ## measure Airwave beside what others use: 20 minutes; QUICK=1: 3
	@$(SCRIPTS)/ensure-cc
	@loadtests/bench/install-contenders || true
	@exec $(BIN)/python -m bench $(BENCH_OPTIONS)

.PHONY: compare
compare: $(SYNCED) ## the same readings over SSE, WebSocket, long polling, polling: 5 minutes; QUICK=1: 2
	@exec $(BIN)/python -m bench.compare $(if $(QUICK),--quick) $(if $(CLIENTS),--clients $(CLIENTS)) \
	  $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(OUT),--out $(OUT))

# What they say goes to stderr: `make render > file` may have to run them first.
$(UV):
	@UV_VERSION=$(UV_VERSION) $(SCRIPTS)/make-venv >&2
	@touch $@

$(SYNCED): $(UV) uv.lock pyproject.toml $(MEMBERS:=/pyproject.toml) loadtests/users/pyproject.toml
	@$(SCRIPTS)/sync >&2
	@touch $@

# locust patches the standard library: not in the environment of the services.
$(LOAD_SYNCED): $(SYNCED) loadtests/users/pyproject.toml
	@echo "load tests: fetching locust" >&2
	@UV_PROJECT_ENVIRONMENT=loadtests/.venv $(BIN)/uv sync --quiet --frozen --no-dev --package loadtests
	@touch $@

$(PAGE_MODULES): $(PAGE)/package.json $(PAGE)/package-lock.json | $(SYNCED)
	@echo "the page: fetching what it is built with (npm ci)"
	@$(SCRIPTS)/npm --prefix $(PAGE) ci --no-audit --no-fund
	@touch $@

$(OUTSIDE_MODULES): $(OUTSIDE)/package.json $(OUTSIDE)/package-lock.json | $(SYNCED)
	@echo "tests: fetching others' clients (npm ci)"
	@$(SCRIPTS)/npm --prefix $(OUTSIDE) ci --no-audit --no-fund
	@touch $@

$(PAGE_BUILT): $(PAGE_MODULES) $(PAGE_SOURCES)
	@echo "the page: building it"
	@$(SCRIPTS)/npm --prefix $(PAGE) run build
	@touch $@
