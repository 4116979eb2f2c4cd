# The only entry: `make help` lists every target. All of it installs below this folder and nothing globally.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# ---- What may be set from outside -------------------------------------------------------------------------

PYTHON ?= python3.11
# Read by serving/local/settings.ts, which holds the defaults: an unset one must not be exported as empty.
PARAMETERS := PLATFORM_STATE_DIR MLFLOW_PORT AIRFLOW_PORT SERVING_PORT SERVING_GRPC_PORT SERVING_MANAGEMENT_PORT MODEL_NAME \
  DATASET_URI SEED CANDIDATES AUTO_PROMOTE REQUIRE_APPROVAL ANSWER NOTE VARIANTS AS_OF SEARCH_TRIALS SEARCH_MINUTES SCHEDULES SERVICE \
  POLL_INTERVAL_SECONDS START_TIMEOUT_SECONDS RUN_TIMEOUT_SECONDS FORCE KEEP \
  MONITORING_CONFIGURATION PUSHGATEWAY_URL RETRAINING_REQUESTS_KAFKA \
  VERSION PLAN AGAIN PROMOTION PROMETHEUS_URL ROLLOUT_PLAN ROLLOUT_LOOK_SECONDS \
  DRIFT_WINDOW_MINUTES DRIFT_MIN_ROWS DRIFT_PSI_UPPER DRIFT_PSI_LOWER PREDICTION_LOG_SAMPLE_RATE \
  RETRAINING_REQUESTS_PORT PROMETHEUS_PORT PUSHGATEWAY_PORT ALERTMANAGER_PORT NODE_EXPORTER_PORT STATSD_EXPORTER_PORT STATSD_PORT \
  STREAM_PORT KAFKA_PORT KAFKA_CONTROLLER_PORT KAFKA_METRICS_PORT STREAM_MAX_IN_FLIGHT STREAM_MAX_MESSAGE_BYTES STREAM_API_KEY_FILE \
  CLUSTER_NAMESPACE CLUSTER_CONFIRM CLUSTER_VALUES CLUSTER_TIMEOUT_MINUTES IMAGE_LOAD IMAGE_REGISTRY IMAGE_TAG DELETE_DATA \
  BLUE_GREEN_PORT BLUE_GREEN_MANAGEMENT_PORT BLUE_PORT BLUE_GRPC_PORT BLUE_MANAGEMENT_PORT GREEN_PORT GREEN_GRPC_PORT \
  GREEN_MANAGEMENT_PORT BLUE GREEN TO BLUE_RELEASE GREEN_RELEASE BLUE_COMMIT GREEN_COMMIT COMPOSE COMPOSE_PORT COMPOSE_MANAGEMENT_PORT \
  COMPOSE_SUBNET BLUE_IMAGE GREEN_IMAGE MLFLOW_TRACKING_URI \
  SINK_SMTP_PORT SINK_WEBHOOK_PORT MONITORING_INTERVAL_SECONDS ALERT_FOR MINUTES ALERT DURATION COMMENT END
$(foreach name,$(PARAMETERS),$(if $($(name)),$(eval export $(name)),))

# ---- Where things are -------------------------------------------------------------------------------------

UV := $(CURDIR)/.tools/uv/bin/uv
SERVING_IMAGE_NAME := $(or $(TAG),localhost/model-serving:dev)
# The images of the platform, each after what it is made from.
IMAGE_REGISTRY ?= localhost/retraining
IMAGE_TAG ?= dev
ALL_IMAGES := serving mlflow postgres s3 training kafka airflow
IMAGES ?= $(ALL_IMAGES)
WANTED_IMAGES := $(filter $(IMAGES) $(if $(filter training,$(IMAGES)),serving),$(ALL_IMAGES))
STAMPS := .tools/stamps
REQUIREMENTS := dags/requirements
TRAINING_PYTHON := $(CURDIR)/.venv/training/bin/python
AIRFLOW_PYTHON := $(CURDIR)/.venv/airflow/bin/python
PLATFORM := node --enable-source-maps serving/dist/local/main.js
REPORTS := $(CURDIR)/.reports
STEP = serving/local/step.sh .tools/logs/$(@F).log
PREFLIGHT := serving/local/preflight.sh "$(CURDIR)" "$(PYTHON)"
SERVING_SOURCES = $(shell find serving/src serving/local serving/bench/report -name '*.ts' -o -name '*.json' -path 'serving/src/*') \
  $(wildcard serving/src/api/browser/* serving/src/api/browser/*/*)

# Python is the one that is named, never one that uv downloads; npm says nothing that nobody asked.
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
export NPM_CONFIG_UPDATE_NOTIFIER := false
# What the tests of both languages need to reach the other one. The real table is used where there is a copy.
UCI_DATASET ?= $(wildcard $(CURDIR)/../shared/data/default_of_credit_card_clients.csv)
TEST_ENVIRONMENT = TRAINING_PYTHON="$(TRAINING_PYTHON)" \
  SERVING_CLI="node $(CURDIR)/serving/dist/src/cli/main.js" UCI_DATASET="$(UCI_DATASET)" KAFKA_LIBS="$(KAFKA_LIBS)" \
  MONITORING_TOOLS_DIR="$(MONITORING_BIN)"
# A small real S3 server; tests that need it are skipped where Go is not installed.
VERSITYGW := .tools/go/bin/versitygw
VERSITYGW_MODULE := github.com/versity/versitygw/cmd/versitygw@v1.8.0
# A real registry of images, for tests that publish some.
IMAGE_REGISTRY_PROGRAM := .tools/go/bin/registry
IMAGE_REGISTRY_MODULE := github.com/distribution/distribution/v3/cmd/registry@v3.1.0
# The load generator of `make load`; needs Go to be built.
K6 := .tools/go/bin/k6
K6_MODULE := go.k6.io/k6@v1.8.1
# A real Kafka broker; tests that need it are skipped where Java or Maven is missing.
KAFKA_LIBS := $(CURDIR)/.tools/kafka/libs
KAFKA := $(if $(and $(shell command -v mvn),$(shell command -v java)),$(STAMPS)/kafka)
# Prometheus, Alertmanager and what brings them metrics; tests that need them are skipped where Go is not installed.
MONITORING_BIN := $(CURDIR)/.tools/monitoring/bin
MONITORING_TOOLS := $(if $(shell command -v go),$(STAMPS)/monitoring-tools)
# Reads and sends logs; of a large distribution, only what the pipeline uses.
OTELCOL := .tools/monitoring/bin/otelcol
OTELCOL_SOURCES := $(addprefix monitoring/logging/collector-build/,go.mod go.sum main.go)
# Programs that tests drive: a browser for pages, and what takes metrics of tasks that end.
DEBIAN_PACKAGES := chromium prometheus-pushgateway nginx jq
# What charts are checked with. Helm is taken from the PATH, or from where a cluster of this machine has it.
HELM_TOOLS := $(if $(shell command -v go),$(STAMPS)/helm-tools $(STAMPS)/helm-schemas $(STAMPS)/checkov)
# A Kubernetes on this machine and a builder of images, where there is one: `up`, `down`, `image-build`, `image-load`.
CLUSTER_TOOLS ?= $(wildcard $(CURDIR)/../shared/cluster)
# What reads and documents Terraform's files. Terraform itself is taken from the PATH, its provider from the public
# registry, or from where a copy for tests is.
TERRAFORM := $(shell command -v terraform)
TERRAFORM_TOOLS := $(if $(TERRAFORM),$(if $(shell command -v go),$(STAMPS)/terraform-tools $(STAMPS)/checkov))
TERRAFORM_PROVIDER ?= $(wildcard $(CURDIR)/../shared/terraform)
TERRAFORM_HOME := $(CURDIR)/.tools/terraform
# What reads workflows and looks for secrets, weaknesses and known vulnerabilities: .github/tools.
CI_TOOLS := $(CURDIR)/.tools/ci
TRIVY := $(CI_TOOLS)/bin/trivy
# Lists of known vulnerabilities are fetched from afar. OFFLINE=1 leaves out what needs one.
OFFLINE ?=
# What a platform in a dev cluster runs.
DEV_IMAGES := serving mlflow postgres s3 training

##@ The platform on this machine

.PHONY: up
up: ## Start everything, train the first model if there is none, answer a prediction (DATASET_URI=...)
	@$(PREFLIGHT)
	@$(MAKE) -j3 --output-sync=line build check-ports env-training env-airflow
	@$(PLATFORM) up

# Not by way of `build`: an edit that does not compile must not keep anything running.
.PHONY: down
down: $(if $(wildcard serving/dist/local/main.js),,$(if $(wildcard $(or $(PLATFORM_STATE_DIR),.local)),build)) ## Stop everything, also what a crash left behind; data stays
	@if [[ -e serving/dist/local/main.js ]]; then $(PLATFORM) down; else echo 'Nothing was ever started here.'; fi

.PHONY: status
status: build ## What runs, whether it works, and which version answers
	@$(PLATFORM) status

.PHONY: logs
logs: build ## Follow a log (SERVICE=mlflow|airflow|serving|prometheus|...)
	@$(PLATFORM) logs

##@ Watching it

.PHONY: kafka-up
kafka-up: build $(KAFKA) ## A real Kafka broker, and beside a tier that runs the stream that scores it (Java 17 and Maven)
	@$(if $(KAFKA),:,echo 'make kafka-up needs Java 17 and Maven (java and mvn on the PATH) to install a broker.' >&2; exit 1)
	@KAFKA_LIBS="$(KAFKA_LIBS)" $(PLATFORM) kafka-up

.PHONY: kafka-down
kafka-down: build ## Stop the stream and the broker; topics stay
	@$(PLATFORM) kafka-down

.PHONY: score-stream
score-stream: build ## Send some applications to Kafka, and one that is none; show what comes of them
	@$(PLATFORM) score-stream

.PHONY: replay-dead-letters
replay-dead-letters: build ## Send dead letters to the stream again, each once (REASON=rejected,poison LIMIT=100 DRY_RUN=1 KAFKA_BROKERS=host:port)
	@env KAFKA_BROKERS="$(or $(KAFKA_BROKERS),127.0.0.1:$(or $(KAFKA_PORT),9092))" \
	  node --enable-source-maps serving/dist/src/cli/main.js replay-dead-letters \
	  $(if $(REASON),--reason "$(REASON)") $(if $(LIMIT),--limit "$(LIMIT)") $(if $(DRY_RUN),--dry-run)

.PHONY: attack
attack: build ## Attack the stream in rising steps until the alert fires (START_RATE STEP_RATE STEP_SECONDS MAX_RATE MAX_SECONDS MALFORMED_SHARE KEYS=one)
	@$(PLATFORM) attack

.PHONY: autoscaler
autoscaler: build ## What a HorizontalPodAutoscaler does, with workers as replicas, until Ctrl-C (MIN_REPLICAS=4 MAX_REPLICAS=6)
	@$(PLATFORM) autoscaler

.PHONY: game-day
game-day: build env-training env-airflow $(KAFKA) $(MONITORING_TOOLS) ## Attack, alert, message, recovery, on a platform of its own, in some minutes (KEEP=1)
	@KAFKA_LIBS="$(KAFKA_LIBS)" $(PLATFORM) game-day

.PHONY: monitoring-up
monitoring-up: build $(MONITORING_TOOLS) ## Prometheus, Alertmanager and exporters, before or after `up` (MONITORING_INTERVAL_SECONDS=15 ALERT_FOR=20s)
	@$(PLATFORM) monitoring-up

.PHONY: monitoring-down
monitoring-down: build ## Stop what watches; the platform goes on, and what was gathered stays
	@$(PLATFORM) monitoring-down

.PHONY: silence
silence: build ## Keep one alert from telling anybody for a while (ALERT=<name> DURATION=2h COMMENT='why')
	@$(PLATFORM) silence

.PHONY: silences
silences: build ## What is silent, until when, by whom and why; END=<id> ends one
	@$(PLATFORM) silences

.PHONY: monitoring-picture
monitoring-picture: build ## Draw the main charts of the last minutes into monitoring/dashboards/*.svg (MINUTES=15)
	@$(PLATFORM) monitoring-picture

.PHONY: dashboards
dashboards: env-monitoring ## Write what Grafana reads from monitoring/dashboards/*.ts
	@cd monitoring && npm run --silent dashboards

.PHONY: check-dashboards
check-dashboards: dashboards ## The same, and fail where what is committed differs
	@git diff --exit-code -- monitoring/dashboards/generated

.PHONY: chart-files
chart-files: ## Copy rules, alerts, dashboards and the names of settings into the charts
	@helm/chart-files.sh

.PHONY: check-chart-files
check-chart-files: chart-files ## The same, and fail where what is committed differs
	@git diff --exit-code -- 'helm/*/files'
	@new="$$(git ls-files --others --exclude-standard -- 'helm/*/files')"; [[ -z $$new ]] || { printf 'Not committed:\n%s\n' "$$new" >&2; exit 1; }

##@ Working with models

.PHONY: push-dags
push-dags: build ## Publish dags/ as it is now, uncommitted edits too; Airflow runs it within seconds (FORCE=1: also what does not compile)
	@$(PLATFORM) push-dags

.PHONY: retrain
retrain: build ## Push, train, and follow the run (DATASET_URI=... AS_OF=2026-01-31 SEARCH_TRIALS=20 REQUIRE_APPROVAL=true ...)
	@$(PLATFORM) retrain

.PHONY: trigger-dag
trigger-dag: build ## Trigger a DAG of any Airflow and follow its run (AIRFLOW_URL=https://... AIRFLOW_TOKEN=... or AIRFLOW_USERNAME and AIRFLOW_PASSWORD, DAG_ID=... DAG_PARAMETERS='{"seed":7}')
	@$(PLATFORM) trigger-dag

.PHONY: approve
approve: build ## What waits for a person before its promotion, and the answer (ANSWER=approve|reject NOTE='why')
	@$(PLATFORM) approve

.PHONY: rollout
rollout: build ## The challenger answers little live traffic, then more, then becomes champion, or not; shows each decision (VERSION=8 PLAN=plan.yaml AGAIN=1)
	@$(PLATFORM) rollout

.PHONY: predict
predict: build ## One curl with a real row, and its answer
	@$(PLATFORM) predict

.PHONY: grpc-predict
grpc-predict: build ## The same row over gRPC (Open Inference Protocol, ModelInfer)
	@$(PLATFORM) grpc-predict

.PHONY: grpc-health
grpc-health: build ## What grpc.health.v1 says of the tier
	@$(PLATFORM) grpc-health

.PHONY: drift-demo
drift-demo: build env-training env-airflow ## A simulated population shifts; drift, retraining by itself, recovery, in some minutes (KEEP=1)
	@$(PLATFORM) drift-demo

.PHONY: rollback-demo
rollback-demo: build env-training $(MONITORING_TOOLS) ## A good version takes the whole way, three bad ones are taken back by themselves, in ten minutes (KEEP=1)
	@$(PLATFORM) rollback-demo

##@ Two releases of the tier side by side

.PHONY: blue-green
blue-green: build ## Blue and green, two tiers on the platform of `make up`, behind a real nginx, 9:1 (GREEN_COMMIT=<commit> BLUE=9 GREEN=1)
	@serving/local/debian-packages.sh .tools/logs/debian-packages.log nginx
	@$(PLATFORM) blue-green

.PHONY: blue-green-switch
blue-green-switch: build ## All requests to one colour, none lost; the other stands by (TO=green FORCE=1)
	@$(PLATFORM) blue-green-switch

.PHONY: blue-green-weights
blue-green-weights: build ## So many requests of so many to each, none lost (BLUE=9 GREEN=1)
	@$(PLATFORM) blue-green-weights

.PHONY: compose
compose: build $(if $(BLUE_IMAGE),,compose-image-1.0.0) $(if $(GREEN_IMAGE),,compose-image-1.0.1) ## The same with Docker: images of both releases, containers, nginx (BLUE_IMAGE=... GREEN_IMAGE=... MLFLOW_TRACKING_URI=...)
	@$(PLATFORM) compose-up

# What runs containers must find them: not the builder of a cluster.
.PHONY: compose-image-1.0.0 compose-image-1.0.1
compose-image-1.0.0 compose-image-1.0.1: compose-image-%:
	@$(MAKE) image TAG=localhost/model-serving:$* IMAGE_VERSION=$* CLUSTER_TOOLS=

.PHONY: compose-switch
compose-switch: build ## All requests to one colour, none lost; the other stands by (TO=green FORCE=1)
	@$(PLATFORM) compose-switch

.PHONY: compose-weights
compose-weights: build ## So many requests of so many to each, none lost (BLUE=9 GREEN=1)
	@$(PLATFORM) compose-weights

.PHONY: compose-down
compose-down: build ## Stop and remove the containers; what they have downloaded stays
	@$(PLATFORM) compose-down

.PHONY: blue-green-down
blue-green-down: build ## Stop nginx, blue and green; the platform goes on
	@$(PLATFORM) blue-green-down

##@ In a Kubernetes cluster

# The one of CLUSTER_TOOLS, which is started and left running, or that of KUBECONFIG.
WITH_CLUSTER = CLUSTER_TOOLS="$(CLUSTER_TOOLS)" KEEP_CLUSTER=1 $(if $(CLUSTER_TOOLS),serving/local/with-test-cluster.sh,env)

.PHONY: cluster-up
cluster-up: build ## Images, platform, first model, prediction through the Gateway; again: upgrades (CLUSTER_NAMESPACE=... CLUSTER_VALUES=... IMAGE_LOAD=...)
	@$(WITH_CLUSTER) $(MAKE) images IMAGES='$(if $(filter file,$(origin IMAGES)),$(DEV_IMAGES),$(IMAGES))'
	@$(WITH_CLUSTER) $(PLATFORM) cluster-up

.PHONY: cluster-retrain
cluster-retrain: build ## Publish the pipeline to the cluster and run it there (DATASET_URI=... CANDIDATES=a,b ...)
	@$(WITH_CLUSTER) $(PLATFORM) cluster-retrain

.PHONY: cluster-game-day
cluster-game-day: build $(if $(CLUSTER_TOOLS),$(MONITORING_TOOLS)) ## Attack, alert, message, recovery, of the platform that cluster-up has installed, in twenty minutes (KEEP=1 ALERT_FOR=20s)
	@$(WITH_CLUSTER) $(PLATFORM) cluster-game-day

.PHONY: cluster-down
cluster-down: build ## Uninstall the platform; volumes and secrets stay (DELETE_DATA=1 deletes them too)
	@$(WITH_CLUSTER) $(PLATFORM) cluster-down

# Of a version that is known; where there is Docker. Its kubeconfig is a file of its own, so that no other cluster is meant.
KIND := .tools/go/bin/kind
KIND_MODULE := sigs.k8s.io/kind@v0.33.0
KIND_KUBECONFIG := $(CURDIR)/.tools/kind/kubeconfig
.PHONY: kind-up
kind-up: $(KIND) $(STAMPS)/helm ## A cluster in Docker by kind, with a gateway and Prometheus, for KUBECONFIG=.tools/kind/kubeconfig make cluster-up
	@mkdir -p $(dir $(KIND_KUBECONFIG))
	@$(KIND) create cluster --name retraining --kubeconfig $(KIND_KUBECONFIG) --wait 5m
	@$(MAKE) upstream-charts
	@$(with-helm) KUBECONFIG=$(KIND_KUBECONFIG) $(MAKE) upstream-up ENV=staging UPSTREAM='gateway-helm kube-prometheus-stack'

.PHONY: kind-down
kind-down: $(KIND) ## Delete that cluster
	@$(KIND) delete cluster --name retraining --kubeconfig $(KIND_KUBECONFIG)

.PHONY: cluster-chaos
cluster-chaos: build ## What goes wrong in clusters, under load, to what cluster-up installed (SCENARIOS=a,b COMMIT_REPORT=1)
	@$(WITH_CLUSTER) $(PLATFORM) cluster-chaos

##@ In Yandex Cloud

# With the provider of the public registry: a copy for tests can neither plan nor apply.
.PHONY: tf-plan
tf-plan: ## Show what Terraform would change in an environment, and keep the plan (ENV=dev|staging|prod); needs an account
	@$(if $(TERRAFORM),terraform/tools/environment.sh plan "$(ENV)",$(terraform-missing))

.PHONY: tf-apply
tf-apply: ## Apply the plan that tf-plan has shown, and nothing else (ENV=dev|staging|prod)
	@$(if $(TERRAFORM),terraform/tools/environment.sh apply "$(ENV)",$(terraform-missing))

# Of IMAGE_TAG only what somebody asked for: the default is that of a cluster on one's own machine.
DEPLOY = env ENV="$(ENV)" OUTPUTS="$(abspath $(OUTPUTS))" DRY_RUN="$(DRY_RUN)" CONFIRM="$(CONFIRM)" DIGESTS="$(abspath $(DIGESTS))" \
  DEPLOY_TAG="$(if $(filter file,$(origin IMAGE_TAG)),,$(IMAGE_TAG))" DEPLOY_API_KEY_FILE="$(abspath $(API_KEY_FILE))" $(PLATFORM)

# CI deploys with the Helm that charts are tested with, whatever its machine has; people deploy with theirs.
DEPLOYING_HELM := $(if $(CI),$(STAMPS)/helm)
with-deploying-helm = $(if $(CI),$(with-helm))

.PHONY: deploy
deploy: build $(DEPLOYING_HELM) ## From Terraform's outputs to a tier that its clients accept (ENV=dev|staging|prod IMAGE_TAG=1.4.0 API_KEY_FILE=file DRY_RUN=1 OUTPUTS=file.json DIGESTS=file.json)
	@$(with-deploying-helm) $(DEPLOY) deploy

.PHONY: destroy
destroy: build ## All of a dev environment, data included; asks first (ENV=dev CONFIRM=dev DRY_RUN=1)
	@$(DEPLOY) destroy

# What people have written comes by the environment: make would expand it.
.PHONY: rollback-release
rollback-release: $(STAMPS)/helm ## Take the platform's code in the cluster of KUBECONFIG back to an earlier revision (REASON='why' BY=name REVISION=7 CLUSTER_NAMESPACE=retraining)
	@$(with-helm) helm/rollback.sh platform "$${CLUSTER_NAMESPACE:-retraining}"

##@ Installing and building

.PHONY: install
install: ## Install all that `make up` needs: two Python environments and the Node modules, from locks
	@$(PREFLIGHT) $(if $(wildcard $(STAMPS)/training $(STAMPS)/airflow),0,4000)
	@$(MAKE) -j3 --output-sync=line env-serving env-training env-airflow

.PHONY: build
build: serving/dist/.built ## Compile serving/src and serving/local
	@:

# Needs neither of the environments: the image compiles for itself.
.PHONY: image
image: ## Build the image of the serving tier (TAG=localhost/model-serving:dev IMAGE_VERSION=1.0.1 IMAGE_BUILD='docker build')
	@$(STEP) 'building the image $(SERVING_IMAGE_NAME)' env CLUSTER_TOOLS="$(CLUSTER_TOOLS)" serving/image/build.sh $(SERVING_IMAGE_NAME) \
	  $(if $(IMAGE_VERSION),--build-arg "VERSION=$(IMAGE_VERSION)")

# As it would run for good, but on the network of this machine, where the registry of `make up` is.
.PHONY: run-docker
run-docker: ## Build the image and run one container until Ctrl-C, on the registry of `make up` (PORT=8000)
	@$(MAKE) image CLUSTER_TOOLS=
	@docker run --rm --name model-serving --network host --user 65532:65532 --read-only --tmpfs /tmp:size=64m \
	  --cap-drop ALL --security-opt no-new-privileges --cpus 2 --memory 1g --pids-limit 256 \
	  --volume model-serving-cache:/var/cache/model-serving \
	  --env MLFLOW_TRACKING_URI=http://127.0.0.1:$(or $(MLFLOW_PORT),5000) --env HOST=127.0.0.1 --env PORT=$(or $(PORT),8000) \
	  --env GRPC_PORT=0 --env MANAGEMENT_PORT=0 --env MODEL_NAME=$(or $(MODEL_NAME),credit-scoring) $(SERVING_IMAGE_NAME)

.PHONY: images
images: $(if $(filter s3,$(WANTED_IMAGES)),$(VERSITYGW)) $(if $(filter kafka,$(WANTED_IMAGES)),$(KAFKA)) ## Build the images of the platform (IMAGES='serving mlflow' IMAGE_REGISTRY=localhost/retraining IMAGE_TAG=dev)
	@$(if $(filter-out $(ALL_IMAGES),$(IMAGES)),echo 'There is no image $(filter-out $(ALL_IMAGES),$(IMAGES)): $(ALL_IMAGES).' >&2; exit 64,:)
	@for name in $(WANTED_IMAGES); do serving/local/step.sh ".tools/logs/image-$$name.log" "building the image $(IMAGE_REGISTRY)/$$name:$(IMAGE_TAG)" \
	  env CLUSTER_TOOLS="$(CLUSTER_TOOLS)" helm/images/build.sh "$(IMAGE_REGISTRY)" "$(IMAGE_TAG)" "$$name"; done

.PHONY: upstream-charts
upstream-charts: ## Fetch the charts of others that helm/upstream pins, and hold them against their recorded sums
	@helm/upstream/fetch.sh

.PHONY: upstream-up
upstream-up: ## Install them in the cluster of KUBECONFIG (ENV=staging|production UPSTREAM='airflow ...' NAMESPACE=retraining)
	@$(if $(NAMESPACE),NAMESPACE="$(NAMESPACE)") helm/upstream/install.sh "$(ENV)" $(or $(UPSTREAM),all)

.PHONY: lock
lock: $(STAMPS)/uv ## Resolve all dependencies again and write the locks
	@for name in uv training airflow airflow-cluster training-dev airflow-dev; do $(MAKE) lock-one NAME=$$name; done
	@for name in $(BENCH_PEERS); do $(MAKE) lock-one NAME=$$name REQUIREMENTS=serving/bench/peers/requirements; done
	@$(MAKE) lock-one NAME=schemathesis REQUIREMENTS=serving/test/fuzz/requirements
	@$(MAKE) lock-one NAME=checkov REQUIREMENTS=helm/tools
	@for name in workflows bandit; do $(MAKE) lock-one NAME=$$name REQUIREMENTS=.github/tools; done
	@$(MAKE) lock-one NAME=mlflow REQUIREMENTS=mlflow/requirements LOCKED_ON=../../dags/requirements/training.lock
	@cd serving && npm install --package-lock-only
	@cd monitoring && npm install --package-lock-only

.PHONY: clean
clean: down ## Stop everything and delete all that is not source: environments, builds, models, logs
	@rm -rf .local .tools .venv .reports serving/dist serving/node_modules monitoring/node_modules
	@find dags mlflow -type d \( -name __pycache__ -o -name '.*_cache' \) -prune -exec rm -rf {} +

##@ Publishing and deploying, as CI does

# What is published are the bytes that were scanned and accepted.
IMAGE_FILES := $(REPORTS)/images
.PHONY: images-save
images-save: ## Write built images into .reports/images (IMAGES='serving mlflow' IMAGE_REGISTRY=... IMAGE_TAG=dev)
	@CLUSTER_TOOLS="$(CLUSTER_TOOLS)" helm/images/save.sh "$(IMAGE_FILES)" "$(IMAGE_REGISTRY)" "$(IMAGE_TAG)" $(IMAGES)

.PHONY: images-publish
images-publish: $(if $(filter no,$(SIGN)),,$(TRIVY)) ## Publish what images-save wrote, signed and with SBOMs, and say the digests (IMAGES=... IMAGE_REGISTRY=... IMAGE_TAG=... SIGN=no)
	@TRIVY="$(TRIVY)" SIGN="$(or $(SIGN),yes)" helm/images/publish.sh "$(IMAGE_FILES)" "$(IMAGE_REGISTRY)" "$(IMAGE_TAG)" $(IMAGES)

.PHONY: images-release
images-release: ## Give a version to what was published of this commit, once its signatures are verified (FROM=... COMMIT=... IMAGE_TAG=1.0.0 IMAGES=... SIGN=no)
	@SIGN="$(or $(SIGN),yes)" helm/images/release.sh "$(FROM)" "$(COMMIT)" "$(IMAGE_TAG)" $(IMAGES)

.PHONY: charts-publish
charts-publish: $(STAMPS)/helm ## Package the charts and publish them as OCI artifacts, signed (CHART_REGISTRY=ghcr.io/... SIGN=no)
	@SIGN="$(or $(SIGN),yes)" $(with-helm) helm/publish-charts.sh "$(CHART_REGISTRY)" $(REPORTS)/charts

.PHONY: images-copy
images-copy: ## Copy published images, once their signatures are verified, to an environment's registry (FROM=... OUTPUTS=file.json DIGESTS=file.json IMAGE_TAG=... SIGN=no)
	@SIGN="$(or $(SIGN),yes)" helm/images/copy.sh "$(FROM)" "$$(jq --exit-status --raw-output .registry.value.image_registry "$(OUTPUTS)")" "$(IMAGE_TAG)" "$(DIGESTS)"

# From the environment, where a workflow has them of its own environment at GitHub.
.PHONY: deployment-files
deployment-files: ## In a workflow: TERRAFORM_OUTPUTS, DIGESTS and API_KEY as files in .reports/deployment, for images-copy and deploy
	@.github/tools/deployment-files.sh $(REPORTS)/deployment

.PHONY: registry-login
registry-login: ## Log docker, skopeo and cosign in to a registry (REGISTRY=ghcr.io REGISTRY_USER=..., and REGISTRY_PASSWORD in the environment)
	@.github/tools/registry-login.sh "$${REGISTRY:-}" "$${REGISTRY_USER:-}"

.PHONY: cloud-login
cloud-login: ## In a workflow: log in to Yandex Cloud with the job's own identity, without a key (OUTPUTS=file.json)
	@.github/tools/cloud-login.sh "$(OUTPUTS)"

.PHONY: deployment-order
deployment-order: $(DEPLOYING_HELM) ## In a workflow: waits for a deployment that is under way, and fails where a later commit is there (OUTPUTS=file.json CLUSTER_NAMESPACE=retraining COMMIT=...)
	@$(with-deploying-helm) .github/tools/deployment-order.sh "$(OUTPUTS)" "$(or $(CLUSTER_NAMESPACE),retraining)" "$(COMMIT)"

.PHONY: check-version
check-version: ## One version everywhere: serving/package.json, charts, tags of images (TAG=v1.0.0: that of a release, too)
	@.github/tools/version.sh check $(TAG)

.PHONY: set-version
set-version: ## Write a new version into all of them (VERSION=1.1.0); a tag on main then publishes it
	@.github/tools/version.sh set "$(VERSION)"

.PHONY: changelog
changelog: ## What has changed up to a tag, or to now, since the tag before it, as Markdown (TAG=v1.0.0)
	@.github/tools/changelog.sh "$(or $(TAG),HEAD)"

# CI publishes what is scanned and signs it; this is for whoever has none.
.PHONY: push-images
push-images: ## Push what `images` has built, and leave the digests for `deploy` (IMAGES='serving mlflow' IMAGE_REGISTRY=... IMAGE_TAG=1.4.0 FORCE=1)
	@CLUSTER_TOOLS="$(CLUSTER_TOOLS)" FORCE="$(FORCE)" helm/images/push.sh "$(IMAGE_REGISTRY)" "$(IMAGE_TAG)" ".local/digests/$(IMAGE_TAG).json" $(IMAGES)
	@echo 'To deploy exactly these: make deploy ENV=... IMAGE_TAG=$(IMAGE_TAG) DIGESTS=.local/digests/$(IMAGE_TAG).json'

##@ Checking

.PHONY: check
check: lint test ## All that a change must pass

.PHONY: lint
lint: lint-serving lint-monitoring lint-dags lint-shell lint-workflows ## Types, style and formatting of all languages, and workflows

# Files of charts have no first line that names a shell: they are handed to one.
.PHONY: lint-shell
lint-shell: $(STAMPS)/ci-workflows ## Shell scripts: shellcheck
	@git ls-files -z '*.sh' .ci/run | xargs -0 $(CI_TOOLS)/workflows/bin/shellcheck --severity=warning --exclude=SC2148

# A GH_TOKEN lets zizmor also ask GitHub whether a pinned commit is the version that its comment says.
.PHONY: lint-workflows
lint-workflows: $(if $(shell command -v go),$(CI_TOOLS)/bin/actionlint) $(STAMPS)/ci-workflows ## Workflows and their shell: actionlint, shellcheck, zizmor
	@$(if $(shell command -v go),$(CI_TOOLS)/bin/actionlint -shellcheck $(CI_TOOLS)/workflows/bin/shellcheck,echo 'make $@: without Go, actionlint is left out.')
	@$(CI_TOOLS)/workflows/bin/zizmor $(if $(and $(GH_TOKEN),$(if $(OFFLINE),,yes)),,--offline) --persona=auditor --no-progress --quiet --config .github/tools/zizmor.yml .

.PHONY: scan
scan: scan-secrets scan-python scan-node scan-files ## Secrets, weaknesses, known vulnerabilities (OFFLINE=1: without what asks lists of vulnerabilities)

.PHONY: scan-secrets
scan-secrets: $(if $(shell command -v go),$(CI_TOOLS)/bin/gitleaks) ## Secrets in all of the history, by gitleaks; needs Go
	@$(if $(shell command -v go),$(CI_TOOLS)/bin/gitleaks git --no-banner --redact --config .github/tools/gitleaks.toml .,$(scan-go-missing))

.PHONY: scan-python
scan-python: $(STAMPS)/ci-bandit ## Weaknesses in Python, by Bandit
	@$(CI_TOOLS)/bandit/bin/bandit --quiet --configfile .github/tools/bandit.yaml --recursive dags mlflow .ci serving/bench serving/test/fuzz

.PHONY: scan-node
scan-node: ## Known vulnerabilities of Node modules, by npm audit
	@$(if $(OFFLINE),echo 'make $@: npm audit is left out.',for folder in serving monitoring; do (cd $$folder && npm audit --audit-level=high); done)

# Its rules for files are built in: none are fetched. Its list of vulnerabilities is.
TRIVY_OPTIONS = --config .github/tools/trivy.yaml --cache-dir .tools/trivy --quiet --skip-version-check --skip-check-update \
  $(if $(OFFLINE),--offline-scan)
.PHONY: scan-files
scan-files: $(if $(shell command -v go),$(TRIVY)) ## Dockerfiles, charts, Terraform, locks, by Trivy; needs Go
	@$(if $(shell command -v go),$(TRIVY) fs $(TRIVY_OPTIONS) --scanners $(if $(OFFLINE),,vuln$(comma))misconfig$(comma)secret .,$(scan-go-missing))

.PHONY: scan-images
scan-images: images-save $(TRIVY) ## Known vulnerabilities that can be mended, and secrets, in built images, by Trivy (IMAGES=... IMAGE_TAG=dev); needs Go
	@for name in $(IMAGES); do \
	  $(TRIVY) image $(TRIVY_OPTIONS) --scanners $(if $(OFFLINE),,vuln$(comma))secret --input "$(IMAGE_FILES)/$$name.tar"; done


.PHONY: fmt
fmt: env-serving env-monitoring env-training-dev ## Format and fix what can be fixed
	@cd serving && npm run --silent fmt
	@cd monitoring && ../serving/node_modules/.bin/eslint --fix . && ../serving/node_modules/.bin/prettier --write .
	@cd dags && $(ruff) check --fix . ../mlflow ../.ci ../serving/bench ../serving/test/fuzz && $(ruff) format . ../mlflow ../.ci ../serving/bench ../serving/test/fuzz

# End-to-end tests have the machine for themselves. The others share nothing but it, and wait for much of their time:
# with TEST_JOBS=2 two of them run at once, and each says what it has to say when it has ended.
TEST_JOBS ?= 1
SUITES := test-serving test-dags test-monitoring $(if $(shell command -v go),helm-test) $(if $(TERRAFORM),test-terraform)
.PHONY: test
test: ## Unit, contract, integration and end-to-end tests (TEST_JOBS=2)
	@failed=; mkdir -p $(REPORTS); rm -f $(REPORTS)/*.xml; \
	{ $(MAKE) --keep-going -j$(TEST_JOBS) $(if $(filter-out 1,$(TEST_JOBS)),--output-sync=target) $(SUITES) \
	    2>&1 >&3 3>&- | tee $(REPORTS)/errors.log >&2; } 3>&1 || \
	  { failed=$$(sed -n 's/^make.*: \*\*\* \[[^ ]* \(.*\)\] .*/\1/p' $(REPORTS)/errors.log); failed=$${failed:-test}; }; \
	$(MAKE) test-e2e || failed+=' test-e2e'; \
	"$(PYTHON)" .ci/summary.py $(REPORTS) --broken $$failed

.PHONY: test-monitoring
test-monitoring: env-monitoring env-serving $(MONITORING_TOOLS) ## Rules and alerts by promtool; dashboards, runbooks and names by mocha
	@mkdir -p $(REPORTS)
	@cd monitoring && MONITORING_TOOLS_DIR="$(MONITORING_BIN)" $(call mocha,monitoring)

.PHONY: test-serving
test-serving: build env-training-dev debian-packages $(KAFKA) $(MONITORING_TOOLS) ## Tests of the serving tier, with a real MLflow and a real ONNX runtime
	@mkdir -p $(REPORTS)
	@cd serving && $(TEST_ENVIRONMENT) $(call mocha,serving)

# Of the integration tests of the tier, which `test-serving` runs too.
.PHONY: blue-green-test
blue-green-test: build env-training-dev debian-packages ## Only these: the split, switches under load, a sick green, an older release, with a real nginx
	@cd serving && $(TEST_ENVIRONMENT) npx mocha --reporter spec --config .mocharc.blue-green.json

.PHONY: test-workflows
test-workflows: build env-training-dev $(MONITORING_TOOLS) ## Steps of workflows, run here one by one against a real registry, tier and Prometheus (some minutes); not part of `test`
	@mkdir -p $(REPORTS)
	@cd serving && $(TEST_ENVIRONMENT) $(call mocha,workflows) --config .mocharc.workflows.json

.PHONY: test-logging
test-logging: build env-training-dev $(OTELCOL) ## The log pipeline with a real collector, on real lines; needs Go, and minutes to build it once; not part of `test`
	@mkdir -p $(REPORTS)
	@cd serving && $(TEST_ENVIRONMENT) $(call mocha,logging) --config .mocharc.logging.json

.PHONY: test-dags
test-dags: build env-training-dev env-airflow-dev $(if $(shell command -v go),$(VERSITYGW)) debian-packages $(KAFKA) ## Tests of the pipeline, in the training and in the Airflow environment
	@mkdir -p $(REPORTS)
	@failed=0; cd dags; \
	$(TEST_ENVIRONMENT) "$(TRAINING_PYTHON)" -m pytest --ignore=tests/airflow --junitxml=$(REPORTS)/dags.xml $(PYTEST_SECOND_ATTEMPT) || failed=1; \
	"$(AIRFLOW_PYTHON)" -m pytest tests/airflow --junitxml=$(REPORTS)/dags-airflow.xml $(PYTEST_SECOND_ATTEMPT) || failed=1; \
	exit $$failed

.PHONY: helm-test
helm-test: env-serving $(HELM_TOOLS) ## The charts: lint, unit tests, strict schemas, policies; needs no cluster, but Go
	@$(if $(HELM_TOOLS),:,echo 'make helm-test needs Go, and there is none on the PATH.' >&2; exit 1)
	@mkdir -p $(REPORTS)
	@cd serving && $(call mocha,helm) --config .mocharc.helm.json

.PHONY: tf-fmt
tf-fmt: $(TERRAFORM_TOOLS) ## Format Terraform's files and write the tables of its READMEs
	@$(if $(TERRAFORM),terraform fmt -recursive terraform,$(terraform-missing))
	@$(if $(TERRAFORM_TOOLS),for folder in terraform/modules/* terraform/bootstrap terraform/environments/*/; do [[ ! -e $$folder/README.md ]] || \
	  $(TERRAFORM_HOME)/bin/terraform-docs --config="$(CURDIR)/terraform/.terraform-docs.yml" "$$folder"; done,$(terraform-go-missing))

# One after the other: both fill the folder of the provider. What both need is made before, by the make that makes the rest.
.PHONY: test-terraform
test-terraform: $(TERRAFORM_TOOLS) env-serving $(if $(shell command -v go),$(VERSITYGW))
	@failed=0; $(MAKE) tf-validate || failed=1; $(MAKE) tf-test || failed=1; exit $$failed

.PHONY: tf-validate
tf-validate: $(TERRAFORM_TOOLS) ## Terraform's files: formatting, validity, tflint, READMEs, a test for each rule, checkov; needs Terraform and Go
	@$(if $(TERRAFORM_TOOLS),terraform/tools/lint.sh $(TERRAFORM_HOME)/bin $(CURDIR)/.tools/checkov/bin/checkov,$(terraform-go-missing))
	@$(if $(TERRAFORM),$(terraform-provider) terraform/tools/terraform.sh $(TERRAFORM_HOME) validate,$(terraform-missing))

.PHONY: tf-test
tf-test: $(if $(TERRAFORM),env-serving $(if $(shell command -v go),$(VERSITYGW))) ## Terraform's modules and environments against a mock of the cloud, and the lock of a state against a real store; needs Terraform (WRITE_FIXTURES=1: outputs anew)
	@$(if $(TERRAFORM),$(terraform-provider) failed=0; \
	  terraform/tools/terraform.sh $(TERRAFORM_HOME) test $(REPORTS) || failed=1; \
	  (cd serving && $(call mocha,terraform-plans) --config .mocharc.terraform.json) || failed=1; exit $$failed,$(terraform-missing))

.PHONY: test-e2e
test-e2e: build env-training-dev env-airflow $(KAFKA) $(MONITORING_TOOLS) ## The whole loop on other ports, with a state of its own (some minutes)
	@mkdir -p $(REPORTS)
	@cd serving && $(TEST_ENVIRONMENT) $(call mocha,e2e) --config .mocharc.e2e.json

.PHONY: test-cluster
test-cluster: $(if $(or $(CLUSTER_TOOLS),$(and $(KUBECONFIG),$(IMAGE_LOAD))),env-serving env-training-dev) ## The image and the whole platform in a real Kubernetes (KUBECONFIG=... IMAGE_LOAD='kind load docker-image')
	@mkdir -p $(REPORTS)
	@CLUSTER_TOOLS="$(CLUSTER_TOOLS)" serving/local/with-test-cluster.sh $(MAKE) cluster-suite

# The way of a change in one piece. Of signatures and lists of vulnerabilities it knows nothing: both are far away.
.PHONY: test-delivery
test-delivery: build env-training-dev $(MONITORING_TOOLS) $(if $(shell command -v go),$(IMAGE_REGISTRY_PROGRAM)) ## Push, images, acceptance, publishing, deployment, canary and rollback by the workflows' own steps, in a real cluster (TESTS='lint security'); half an hour
	@mkdir -p $(REPORTS)
	@serving/local/debian-packages.sh .tools/logs/debian-packages.log jq skopeo
	@CLUSTER_TOOLS="$(CLUSTER_TOOLS)" serving/local/with-test-cluster.sh $(MAKE) delivery-suite

# What a tier answers only when it is asked again, it does not answer.
acceptance acceptance-image-suite delivery-suite: SECOND_ATTEMPT :=

# Knows a tier by its address alone: on this machine, in a container, behind a Gateway, in public.
.PHONY: acceptance
acceptance: env-serving ## Any tier as its clients see it (TARGET=https://... TARGET_HOST=name API_KEY_FILE=file MANAGEMENT_TARGET=http://... ROWS=file.json REQUESTS=300)
	@mkdir -p $(REPORTS)
	@cd serving && env TARGET="$(or $(TARGET),http://127.0.0.1:$(or $(SERVING_PORT),8080))" TARGET_HOST="$(TARGET_HOST)" \
	  API_KEY_FILE="$(abspath $(API_KEY_FILE))" MANAGEMENT_TARGET="$(MANAGEMENT_TARGET)" ROWS="$(abspath $(ROWS))" \
	  REQUESTS="$(REQUESTS)" REQUESTS_PER_SECOND="$(REQUESTS_PER_SECOND)" P99_MS="$(P99_MS)" \
	  READY_WITHIN_SECONDS="$(READY_WITHIN_SECONDS)" $(call mocha,acceptance) --config .mocharc.acceptance.json

.PHONY: acceptance-image
acceptance-image: build env-training-dev ## The acceptance tests on the built image, by Docker or in a cluster to play in (IMAGE_REGISTRY=... IMAGE_TAG=dev)
	@mkdir -p $(REPORTS)
	@if [[ -z "$(CLUSTER_TOOLS)" ]] && docker info >/dev/null 2>&1; then $(MAKE) acceptance-image-suite; \
	elif [[ -n "$(or $(CLUSTER_TOOLS),$(and $(KUBECONFIG),$(IMAGE_LOAD)))" ]]; then \
	  CLUSTER_TOOLS="$(CLUSTER_TOOLS)" serving/local/with-test-cluster.sh $(MAKE) acceptance-image-suite; \
	else echo "make acceptance-image needs Docker, or a cluster: KUBECONFIG=... IMAGE_LOAD='kind load docker-image'" >&2; exit 69; fi

.PHONY: acceptance-image-suite
acceptance-image-suite:
	@cd serving && $(TEST_ENVIRONMENT) IMAGE_REGISTRY="$(IMAGE_REGISTRY)" IMAGE_TAG="$(IMAGE_TAG)" $(call mocha,image) --config .mocharc.image.json

# Against the tier as it is compiled. Takes too long for `test`, which sends some seconds of the same bytes.
FUZZ_PACKAGES := $(REPORTS)/fuzz/packages
.PHONY: fuzz
fuzz: build $(FUZZ_PACKAGES)/tensor-a/manifest.json $(STAMPS)/schemathesis ## Schemathesis and damaged bytes against every protocol of the tier (SECONDS=120 SEED=1 REPLAY=file)
	@cd serving && npm run --silent fuzz -- "$(FUZZ_PACKAGES)" --schemathesis "$(CURDIR)/.tools/schemathesis/bin/st" \
	  --reports "$(REPORTS)/fuzz" $(if $(SECONDS),--seconds "$(SECONDS)") $(if $(SEED),--seed "$(SEED)") $(if $(REPLAY),--replay "$(abspath $(REPLAY))")

##@ Measuring

# On the real table where there is a copy of it, as the tests.
BENCH_MODEL := $(REPORTS)/bench/model-$(if $(UCI_DATASET),real,synthetic)
# Environments of their own: their versions of FastAPI and protobuf exclude each other.
BENCH_PEERS := asgi mlserver bentoml litserve

.PHONY: bench
bench: build $(BENCH_MODEL)/rows.json $(BENCH_PEERS:%=$(STAMPS)/bench-%) ## CPU and latency beside FastAPI, MLServer, BentoML ..., into serving/docs/benchmarks.md (ROUNDS=5 SECONDS=3 PEERS=a,b)
	@cd serving && npm run --silent bench -- "$(BENCH_MODEL)" "$(CURDIR)/.tools/bench" \
	  --rounds "$(ROUNDS)" --seconds "$(SECONDS)" --peers "$(PEERS)"

# The signature of the credit model, in sizes and forms that the other benchmarks need.
BENCH_PACKAGES := $(REPORTS)/bench/packages-$(if $(UCI_DATASET),real,synthetic)
BENCH_SECONDS = $(if $(SECONDS),--seconds "$(SECONDS)")

.PHONY: bench-configs
bench-configs: build $(BENCH_PACKAGES)/variants.json ## Workers, threads, batching, int8, protocols: which to choose when (SECONDS=3)
	@cd serving && npm run --silent bench:configs -- "$(BENCH_PACKAGES)" $(BENCH_SECONDS)

.PHONY: bench-feedback
bench-feedback: build $(BENCH_PACKAGES)/variants.json ## What drift and the prediction log cost a request, side by side (SECONDS=2)
	@cd serving && npm run --silent bench:feedback -- "$(BENCH_PACKAGES)" $(BENCH_SECONDS)

.PHONY: bench-shadow
bench-shadow: build $(BENCH_PACKAGES)/variants.json ## What live requests pay for a shadow, side by side (SECONDS=2)
	@cd serving && npm run --silent bench:shadow -- "$(BENCH_PACKAGES)" $(BENCH_SECONDS)

.PHONY: bench-blocking
bench-blocking: build $(BENCH_PACKAGES)/variants.json ## Small requests and probes beside a 200 MB model and 50,000 rows (SECONDS=8)
	@cd serving && npm run --silent bench:blocking -- "$(BENCH_PACKAGES)" $(BENCH_SECONDS)

.PHONY: overload
overload: build $(BENCH_PACKAGES)/variants.json ## Four times the capacity, and one client that floods the others (SECONDS=20)
	@cd serving && npm run --silent overload -- "$(BENCH_PACKAGES)" $(BENCH_SECONDS)

.PHONY: soak
soak: build $(BENCH_PACKAGES)/variants.json ## Swap the champion under load: failures, memory a swap, p99; ten minutes (SWAPS=1000)
	@cd serving && npm run --silent soak -- "$(BENCH_PACKAGES)" $(if $(SWAPS),--swaps "$(SWAPS)")

# One line a run, wherever the file comes from; a workflow keeps it from night to night.
.PHONY: bench-history
bench-history: env-serving ## What bench, soak and the others have just measured, beside what was usual; adds it (HISTORY=.reports/bench-history.jsonl)
	@cd serving && npm run --silent bench:history -- "$(or $(abspath $(HISTORY)),$(REPORTS)/bench-history.jsonl)" \
	  --commit "$$(git rev-parse HEAD)"

.PHONY: stream-kill-test
stream-kill-test: build $(BENCH_PACKAGES)/variants.json $(KAFKA) ## Kill the stream with SIGKILL again and again: nothing may be lost (MESSAGES=100000 KILLS=20)
	@$(if $(KAFKA),:,echo 'make stream-kill-test needs Java 17 and Maven (java and mvn on the PATH) to install a broker.' >&2; exit 1)
	@cd serving && $(TEST_ENVIRONMENT) npm run --silent stream-kill -- "$(BENCH_PACKAGES)" \
	  $(if $(MESSAGES),--messages "$(MESSAGES)") $(if $(KILLS),--kills "$(KILLS)")

.PHONY: load
load: build $(K6) ## k6 against any tier, at rising rates (TARGET=http://127.0.0.1:8080 RATE=200 SECONDS=60 P99_MS=100 ROWS=file.json PACKAGE=folder)
	@cd serving && env TARGET="$(or $(TARGET),http://127.0.0.1:$(or $(SERVING_PORT),8080))" RATE="$(RATE)" SECONDS="$(SECONDS)" \
	  P99_MS="$(P99_MS)" CONFIRM="$(CONFIRM)" ROWS="$(abspath $(ROWS))" PACKAGE="$(abspath $(PACKAGE))" npm run --silent load -- "$(CURDIR)/$(K6)"

.PHONY: help
help: ## This list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@/ { printf "\n\033[1m%s\033[0m\n", substr($$0, 5) } \
	  /^[a-z0-9-]+:.*## / { printf "  \033[36m%-19s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- The parts of the targets above -----------------------------------------------------------------------

# A machine that is shared may fail a test that says nothing of the code. CI runs it again, and says so: .ci/summary.py.
SECOND_ATTEMPT := $(if $(CI),--second-attempt)
PYTEST_SECOND_ATTEMPT := $(if $(CI),--reruns 1)
mocha = $(CURDIR)/serving/test/support/mocha.sh $(REPORTS)/$(1).xml $(SECOND_ATTEMPT)

# One configuration for all Python, also for what lies outside dags/.
ruff = "$(TRAINING_PYTHON)" -m ruff --config pyproject.toml

.PHONY: lint-serving lint-monitoring lint-dags check-ports
lint-serving: env-serving
	@cd serving && npm run --silent typecheck && npm run --silent lint

# With the tools of serving, and its rules: monitoring/eslint.config.js.
lint-monitoring: env-serving env-monitoring
	@cd monitoring && npx tsc --noEmit && ../serving/node_modules/.bin/eslint . && ../serving/node_modules/.bin/prettier --check .

lint-dags: env-training-dev
	@cd dags && $(ruff) check . ../mlflow ../.ci ../serving/bench ../serving/test/fuzz && $(ruff) format --check . ../mlflow ../.ci ../serving/bench ../serving/test/fuzz
	@cd dags && "$(TRAINING_PYTHON)" -m mypy

comma := ,
scan-go-missing = echo 'make $@: skipped, there is no Go on the PATH to build it with.'
terraform-missing = echo 'make $@: skipped, there is no terraform on the PATH (1.11 or later).'
terraform-go-missing = echo 'make $@: without Go and Terraform, tflint, terraform-docs and checkov are left out.'
# Where there is a copy of the provider, Terraform is told to take it.
terraform-provider = $(if $(TERRAFORM_PROVIDER),export TF_CLI_CONFIG_FILE; \
  TF_CLI_CONFIG_FILE=$$("$(TERRAFORM_PROVIDER)/install" $(TERRAFORM_HOME)/provider);)

# In a cluster that runs: with-test-cluster.sh says where, and how an image gets there.
.PHONY: cluster-suite
cluster-suite:
	@$(MAKE) images IMAGES='$(DEV_IMAGES)'
	@cd serving && $(TEST_ENVIRONMENT) $(call mocha,cluster) --config .mocharc.cluster.json

.PHONY: debian-packages
debian-packages:
	@serving/local/debian-packages.sh .tools/logs/debian-packages.log $(DEBIAN_PACKAGES)

# A taken port is said before minutes of installing, not after.
check-ports: build
	@$(PLATFORM) check-ports

.PHONY: delivery-suite
delivery-suite:
	@cd serving && $(TEST_ENVIRONMENT) IMAGE_REGISTRY_PROGRAM="$(CURDIR)/$(IMAGE_REGISTRY_PROGRAM)" TESTS="$(or $(TESTS),lint security)" WORKFLOWS_VERBOSE=1 \
	  $(call mocha,delivery) --config .mocharc.delivery.json

serving/dist/.built: $(STAMPS)/serving serving/tsconfig.json serving/tsconfig.build.json $(SERVING_SOURCES)
	@$(STEP) 'compiling serving' npm --prefix serving run build
	@touch $@

.PHONY: env-serving env-monitoring env-training env-airflow env-training-dev env-airflow-dev
env-serving: $(STAMPS)/serving
	@:
env-monitoring: $(STAMPS)/monitoring
	@:
env-training: $(STAMPS)/training
	@:
env-airflow: $(STAMPS)/airflow
	@:
env-training-dev: $(STAMPS)/training-dev
	@:
env-airflow-dev: $(STAMPS)/airflow-dev
	@:

$(STAMPS)/serving: serving/package.json serving/package-lock.json serving/.npmrc | $(STAMPS)
	@$(PREFLIGHT) 600
	@$(STEP) 'installing Node modules' npm --prefix serving ci --no-audit --no-fund
	@touch $@

$(STAMPS)/monitoring: monitoring/package.json monitoring/package-lock.json monitoring/.npmrc | $(STAMPS)
	@$(PREFLIGHT) 200
	@$(STEP) 'installing Node modules of the dashboards' npm --prefix monitoring ci --no-audit --no-fund
	@touch $@

$(STAMPS)/uv: $(REQUIREMENTS)/uv.lock | $(STAMPS)
	@$(PREFLIGHT) 200
	@rm -rf .tools/uv
	@$(STEP) 'installing uv' bash -c '"$(PYTHON)" -m venv .tools/uv && \
	  .tools/uv/bin/pip install --disable-pip-version-check --require-hashes --only-binary :all: -r $<'
	@touch $@

$(STAMPS)/training $(STAMPS)/airflow: $(STAMPS)/%: $(REQUIREMENTS)/%.lock $(STAMPS)/uv
	@$(PREFLIGHT) 2000
	@$(STEP) 'installing the $* environment' bash -c '$(UV) venv --quiet --clear --python "$(PYTHON)" .venv/$* && \
	  $(UV) pip sync --python .venv/$* --require-hashes $<'
	@touch $@

$(STAMPS)/training-dev $(STAMPS)/airflow-dev: $(STAMPS)/%-dev: $(REQUIREMENTS)/%-dev.lock $(STAMPS)/%
	@$(STEP) 'installing test tools of the $* environment' \
	  $(UV) pip install --python .venv/$* --require-hashes -r $<
	@touch $@

$(BENCH_PEERS:%=$(STAMPS)/bench-%): $(STAMPS)/bench-%: serving/bench/peers/requirements/%.lock $(STAMPS)/uv
	@$(PREFLIGHT) 600
	@$(STEP) 'installing the $* environment of the benchmark' bash -c '$(UV) venv --quiet --clear --python "$(PYTHON)" .tools/bench/$* && \
	  $(UV) pip sync --python .tools/bench/$* --require-hashes $<'
	@touch $@

$(OTELCOL): $(OTELCOL_SOURCES)
	@mkdir -p $(@D)
	@$(STEP) 'building the collector of logs' bash -c 'cd monitoring/logging/collector-build && \
	  go build -trimpath -ldflags "-s -w" -o "$(CURDIR)/$@" .'

$(STAMPS)/schemathesis: serving/test/fuzz/requirements/schemathesis.lock $(STAMPS)/uv
	@$(PREFLIGHT) 200
	@$(STEP) 'installing schemathesis' bash -c '$(UV) venv --quiet --clear --python "$(PYTHON)" .tools/schemathesis && \
	  $(UV) pip sync --python .tools/schemathesis --require-hashes $<'
	@touch $@

$(FUZZ_PACKAGES)/tensor-a/manifest.json: dags/tests/support/packages.py dags/tests/support/small_models.py $(STAMPS)/training-dev
	@$(STEP) 'writing the models that are fuzzed' bash -c 'cd dags && "$(TRAINING_PYTHON)" -m tests.support.packages $(FUZZ_PACKAGES)'

$(BENCH_MODEL)/rows.json: serving/bench/peers/model/champion.py dags/retraining/candidates.py dags/retraining/conversion.py $(STAMPS)/training
	@$(STEP) 'training the model of the benchmark' env PYTHONPATH=dags "$(TRAINING_PYTHON)" $< $(@D) --dataset "$(or $(UCI_DATASET),synthetic:)"

$(BENCH_PACKAGES)/variants.json: dags/tests/support/benchmark_packages.py dags/retraining/candidates.py dags/retraining/conversion.py $(STAMPS)/training-dev
	@$(STEP) 'training the models of the benchmarks' bash -c 'cd dags && "$(TRAINING_PYTHON)" -m tests.support.benchmark_packages $(@D) --dataset "$(or $(UCI_DATASET),synthetic:)"'

$(KIND):
	@command -v go >/dev/null || { echo 'make kind-up builds kind with Go, and there is none on the PATH.' >&2; exit 1; }
	@$(STEP) 'building kind' env GOBIN=$(CURDIR)/.tools/go/bin go install $(KIND_MODULE)

$(IMAGE_REGISTRY_PROGRAM):
	@$(STEP) 'installing a registry of images for tests' env GOBIN=$(CURDIR)/.tools/go/bin go install $(IMAGE_REGISTRY_MODULE)

$(K6):
	@command -v go >/dev/null || { echo 'make load builds k6 with Go, and there is none on the PATH.' >&2; exit 1; }
	@$(STEP) 'building k6' env GOBIN=$(CURDIR)/.tools/go/bin go install $(K6_MODULE)

$(STAMPS)/kafka: serving/local/kafka/pom.xml | $(STAMPS)
	@$(STEP) 'installing a Kafka broker' mvn -B -q -f $< -Dmaven.repo.local=$(CURDIR)/.tools/m2 \
	  dependency:copy-dependencies -DoutputDirectory=$(KAFKA_LIBS)
	@touch $@

$(STAMPS)/monitoring-tools: monitoring/tools/install.sh monitoring/tools/prometheus/go.mod | $(STAMPS)
	@$(STEP) 'installing Prometheus and Alertmanager' monitoring/tools/install.sh $(MONITORING_BIN)
	@touch $@

install-for-charts = env PATH="$$PATH$(if $(CLUSTER_TOOLS),:$(or $(CLUSTER_HOME),$(HOME)/.cache/cluster-testbed)/bin)" helm/tools/install.sh .tools/helm/bin
# After $(STAMPS)/helm, for one command.
with-helm = PATH="$(CURDIR)/.tools/helm/bin:$$PATH"
# By itself: who takes a release back waits for nothing else.
$(STAMPS)/helm: helm/tools/install.sh | $(STAMPS)
	@$(STEP) 'installing Helm' $(install-for-charts) helm
	@touch $@

$(STAMPS)/helm-tools: helm/tools/unittest/go.mod $(STAMPS)/helm
	@$(STEP) 'installing what charts are checked with' $(install-for-charts) kubeconform helm-unittest
	@touch $@

$(STAMPS)/helm-schemas: serving/test/helm/schemas/main.ts serving/test/helm/schemas/strict-schema.ts $(STAMPS)/serving
	@$(STEP) 'writing schemas of Kubernetes and its operators' bash -c 'cd serving && \
	  node --import tsx test/helm/schemas/main.ts ../.tools/helm/schemas'
	@touch $@

$(STAMPS)/terraform-tools: terraform/tools/install.sh $(wildcard terraform/tools/*/go.mod) | $(STAMPS)
	@$(STEP) 'building what Terraform is checked with' terraform/tools/install.sh $(TERRAFORM_HOME)/bin
	@touch $@

$(STAMPS)/checkov: helm/tools/checkov.lock $(STAMPS)/uv
	@$(PREFLIGHT) 600
	@$(STEP) 'installing checkov' bash -c '$(UV) venv --quiet --clear --python "$(PYTHON)" .tools/checkov && \
	  $(UV) pip sync --python .tools/checkov --require-hashes $<'
	@touch $@

$(CI_TOOLS)/bin/%: .github/tools/%/go.mod .github/tools/install.sh
	@$(STEP) 'building $*' .github/tools/install.sh $(@D) $*

$(STAMPS)/ci-%: .github/tools/%.lock $(STAMPS)/uv
	@$(PREFLIGHT) 200
	@$(STEP) 'installing $*' bash -c '$(UV) venv --quiet --clear --python "$(PYTHON)" $(CI_TOOLS)/$* && \
	  $(UV) pip sync --python $(CI_TOOLS)/$* --require-hashes $<'
	@touch $@

$(VERSITYGW):
	@$(STEP) 'installing an S3 server for tests' env GOBIN=$(CURDIR)/.tools/go/bin go install $(VERSITYGW_MODULE)

$(STAMPS):
	@mkdir -p $@

# Locked on top of another lock, with its versions: development tools on what they test, what Airflow needs in a
# cluster on Airflow. NAME.excludes lists what is left out though something requires it. No addresses in the locks:
# any index serves.
LOCKED_ON = $(if $(filter %-dev %-cluster,$(NAME)),$(NAME:-$(lastword $(subst -, ,$(NAME)))=).lock)
.PHONY: lock-one
lock-one:
	@cd $(REQUIREMENTS) && $(UV) pip compile --quiet --upgrade --generate-hashes --python-version 3.11 --universal \
	  --no-emit-index-url --custom-compile-command 'make lock' $(if $(LOCKED_ON),-c $(LOCKED_ON)) \
	  $(if $(wildcard $(REQUIREMENTS)/$(NAME).excludes),--excludes $(NAME).excludes) \
	  $(NAME).in --output-file $(NAME).lock
