# The one door: every command a person types. What each does lives in deploy/native and in cargo.
#   make S=worker logs      make DAY=2013-07-04 demo      make ARGS='-p event' test

FAROL := python3 deploy/native/farol
.DEFAULT_GOAL := help
# every target with a text in `make help` is a command, not a file
.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*\#\# .*/\1/p' $(firstword $(MAKEFILE_LIST)))

help: ## this list
	@awk 'BEGIN {FS = ":.*## "} {gsub(/[$$][$$]/, "$$")} /^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Run
up: ## start everything (containers where a Docker engine answers, else natively); again: only what changed
	@$(FAROL) up $(if $(ONLY),--only $(ONLY))
demo: ## send one day of real flights and follow them to their rows (DAY=2013-07-04 for another day)
	@$(FAROL) demo $(if $(DAY),--day $(DAY)) -- $(ARGS)
top: ## traffic, latency, errors, saturation, lag, books and alerts, live in the terminal
	@$(FAROL) farolctl -- top $(ARGS)
dashboards-picture: ## a board from live data as SVG or PNG (BOARD=golden-signals OUT=board.png ARGS='--range 1h')
	@$(FAROL) farolctl -- picture --board $(or $(BOARD),golden-signals) --out $(or $(OUT),$(or $(BOARD),golden-signals).svg) $(ARGS)
pictures: ## the README's two pictures, new, from the stack that is up: a minute of load, a board, a trace
	@nice python3 deploy/browser/pictures.py
status: ## what runs: state, pid, memory, ports
	@$(FAROL) status
logs: ## follow the logs (S=worker for one service)
	@$(FAROL) logs $(S)
urls: ## the addresses
	@$(FAROL) urls
key: ## the local key
	@$(FAROL) key
env: ## the variables of the running stack: eval "$$(make -s env)"
	@$(FAROL) env
signal: ## inject a fault: make signal S=worker SIGNAL=KILL (or STOP, CONT)
	@$(FAROL) supervisorctl -- signal $(or $(SIGNAL),KILL) $(or $(S),$(error S=<service> is missing))
down: ## stop everything; data stays
	@$(FAROL) down
clean: ## stop, and remove data, logs, passwords and the key
	@$(FAROL) clean
clean-cache: ## remove the tools that were built or downloaded
	@$(FAROL) clean-cache
packages: ## as root: install Debian packages without starting their services (P='redis-server prometheus')
	@$(FAROL) packages $(or $(P),$(error P='<packages>' is missing))

##@ Develop
build: ## compile all programs
	cargo build --workspace --bins --locked
fmt: ## format the sources
	cargo fmt --all
test: ## all tests, on throw-away PostgreSQL, Redis and Kafka (ARGS='-p worker' for fewer)
	@$(FAROL) test -- $(ARGS)
bench: ## the headline figures of the release build: CPU seconds per million events, rates, latency (7 minutes)
	@$(FAROL) bench -- $(ARGS)
bench-rivals: ## the same beside Flask and FastAPI, in turns (10 minutes)
	@$(FAROL) bench-rivals -- $(ARGS)
bench-all: ## every row there is, with rivals, soak and bench-storage (an hour)
	@$(FAROL) bench-all -- $(ARGS)
bench-compare: ## CPU per event beside another commit's build, in pairs: make bench-compare BASE=main
	@$(FAROL) bench-compare $(or $(BASE),$(error BASE=<commit> is missing)) -- $(ARGS)
pgo: ## after a change of the hot path: make crates/farol.profdata anew, by which release builds are optimised (two builds, then load)
	@$(FAROL) pgo
bench-page: ## write the figures of docs/bench into the pages that tell them
	@$(FAROL) bench-page
scaling-plot: ## HPA and KEDA over a load curve, by arithmetic: table, and OUT=file.svg (ARGS='--environment prod')
	@$(FAROL) scaling-plot -- $(ARGS) $(if $(OUT),--out $(OUT))
bench-storage: ## Kafka to PostgreSQL: rows/s and CPU beside COPY and Kafka Connect (ARGS=--quick tries it out)
	@$(FAROL) bench-storage -- $(ARGS)
load-check: ## overload, a silent Kafka, a failing Redis, slow clients: each figure with its bound
	@$(FAROL) load-check -- $(ARGS)

##@ Verify
check: ## formatting, lints, documentation, dependencies, scripts
	@$(FAROL) check
smoke: ## the whole stack from nothing on free ports: demo, traces, metrics, every part killed once
	@$(FAROL) smoke
prove: ## break every part under load, then count what was acknowledged (ARGS='--seed 1', LONG=1 for an hour)
	@$(FAROL) prove -- $(ARGS) $(if $(LONG),--long)
alerts-test: ## rules, their tests, series and runbooks, and Alertmanager's routes; needs no stack
	@$(FAROL) alerts-test
alerts-drill: ## break a stack of its own and see alerts fire and resolve (ARGS='--only worker-stopped')
	@$(FAROL) alerts-drill -- $(ARGS)
alerts-write: ## after a change of slo.yml or of Alertmanager's files: write what follows from them
	@$(FAROL) alerts-write
dashboards: ## write grafana/dashboards from grafana/farol_boards
	@python3 grafana/boards build
dashboards-check: ## the boards: rules, queries, metrics; with PROMETHEUS=http://… also every panel's data
	@python3 grafana/boards check
	$(if $(PROMETHEUS),@python3 grafana/boards live --prometheus $(PROMETHEUS))
viewer-test: ## the trace viewer in a headless browser, on a Jaeger of its own
	@python3 jaeger/viewer/tests/run.py
page-test: ## the landing page in a headless browser, on a stack of its own
	@python3 crates/gateway/page/tests/run.py
telemetry-isolation: ## a collector that is absent, frozen, refusing, slow: the acknowledged p99 beside a whole one, in pairs
	@$(FAROL) telemetry-isolation -- $(ARGS)
collector-check: ## the collector of Kubernetes: build it, judge its configurations, run agent and second tier here
	@$(FAROL) collector-check
docs-check: ## the pages: links, names, farolctl's options, and every marked command typed on a stack of its own
	@nice -n 5 $(FAROL) docs-check
examples-check: ## docs/FIRST-EVENT.md in five languages against a stack of its own (ARGS='go java' for fewer)
	@nice -n 5 $(FAROL) examples-check -- $(ARGS)
release-check: ## what keeps this commit from being tagged: versions, changelog, licences, tree, tag
	@$(FAROL) release-check
fuzz: ## random input: the reader of events, then a running gateway by its OpenAPI document (minutes)
	@$(FAROL) fuzz -- $(ARGS)
terraform-check: ## Terraform against the provider's schema, moto and checkov, and its names against the manifests
	@nice -n 5 deploy/verify/terraform/check
ci: ## what CI runs: check, manifests-check, apiserver-check, test, alerts-test, smoke, docs-check, a short prove, viewer-test, page-test, terraform-check
	@.ci/run

##@ Deploy
terraform-docs: ## write what is generated of Terraform's code: modules' READMEs, the table of costs
	@deploy/verify/terraform/check docs
compose-config: ## show what compose would start, with this checkout's settings
	@$(FAROL) compose -- config
manifests-check: ## render and judge all that a cluster would be given; unchanged files cost nothing
	@python3 deploy/verify/manifests check
apiserver-check: ## the same given to a real kube-apiserver and etcd, as dry runs (built once; unchanged files cost nothing)
	@python3 deploy/verify/manifests apiserver-check
images-check: ## build every image, judge what is in it, start the services from them (Docker; ARGS='--profile dev' is quicker)
	@nice -n 5 deploy/docker/check $(ARGS)
kind-up: ## a kind cluster with everything in it (Docker, kind, kubectl, helm)
	@python3 deploy/verify/manifests kind-up
kind-down: ## remove it
	@python3 deploy/verify/manifests kind-down
promote: ## write digests into an overlay: make promote TO=staging IMAGES=from=dev (dev: IMAGES='gateway=sha256:… …')
	@python3 deploy/verify/manifests promote $(or $(TO),$(error TO=<environment> is missing)) $(or $(IMAGES),$(error IMAGES=<images> is missing))
