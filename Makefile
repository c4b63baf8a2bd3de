# What people type here. `mall --help` shows the rest.

PROFILE ?= release
TARGET := $(or $(CARGO_TARGET_DIR),target)
MALL := $(TARGET)/$(PROFILE)/mall
# What runs: the command line and the nine services.
BINARIES := --package mall-cli $(patsubst services/%/Cargo.toml,--package %,$(wildcard services/*/Cargo.toml)) --bins
CARGO_PROFILE := $(if $(filter debug,$(PROFILE)),dev,$(PROFILE))

.PHONY: up down reset demo status load test faults fuzz openapi check bench build cli images helm-check terraform-check deploy

build:
	cargo build --profile $(CARGO_PROFILE) $(BINARIES)

# Stopping and looking need the command line only.
cli:
	@test -x $(MALL) || cargo build --profile $(CARGO_PROFILE) --package mall-cli

up: build
	$(MALL) up

down: cli
	$(MALL) down

reset: cli
	$(MALL) reset

demo: cli
	$(MALL) demo

status: cli
	@$(MALL) status

# People and bots come: make load ARGS='--rate 50 --seconds 60'
load: cli
	$(MALL) load $(ARGS)

# All tests against a private PostgreSQL and Kafka. Some only: make test ARGS='-p ordering cancel'
# One build for the tests and the services they start: `cargo build` would compile dependencies with other features.
test:
	cargo test --workspace --no-run
	$(TARGET)/debug/mall with-servers -- cargo test --no-fail-fast $(or $(ARGS),--workspace)

# The faults of the fleet once more, with outages of 20 s instead of 5.
faults:
	MALL_OUTAGE_SECONDS=20 $(MAKE) test ARGS='--workspace --test it faults'

# What `make test` asks of the API at random, and much more of it: make fuzz EXAMPLES=2000
fuzz:
	cargo test --workspace --no-run
	MALL_FUZZ_EXAMPLES=$(or $(EXAMPLES),500) $(TARGET)/debug/mall with-servers -- \
		cargo test --workspace --test it api::openapi -- --nocapture

# After a change of /proto: the document that is committed.
openapi:
	cargo test --workspace --no-run
	$(TARGET)/debug/mall openapi > docs/openapi.json

check:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	@if command -v cargo-deny > /dev/null; then cargo deny check; else echo "cargo-deny is not installed: skipped"; fi

bench: build
	$(MALL) bench $(ARGS)

# The chart: rendered, validated, compared with the topology; its gateway in a real Envoy. make helm-check ARGS=test_gateway
helm-check: cli
	MALL=$(abspath $(MALL)) helm/check $(ARGS)

# Form, validity, lint, policy, and tests with a mocked AWS.
terraform-check:
	terraform/check

# One static build of everything, and an image of each where docker runs.
images:
	deploy/images

# An environment on AWS: docs/deploy.md. make deploy ENV=dev STATE_BUCKET=.. ADMIN_ROLE=..
deploy:
	ENV=$(ENV) deploy/aws/deploy
