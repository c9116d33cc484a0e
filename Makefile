# Kafka Log Streamer. `make help` lists the targets.

SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
# Further flags for every debug build and test run, as in: make test SWIFT_FLAGS="-Xswiftc -warnings-as-errors"
SWIFT_FLAGS ?=
# Arguments for `make run`, as in: make run ARGS="--udp :5514 --brokers localhost:9092"
ARGS ?=

# One file is the whole installation: Swift's own libraries are linked in. Small hot functions inline across
# targets only with cross-module optimisation.
RELEASE_FLAGS := -c release --static-swift-stdlib -Xswiftc -cross-module-optimization

SWIFT_FILES := Package.swift Sources Tests Benchmarks Fuzz $(wildcard $(addprefix examples/plugin/,Package.swift Sources Tests))
SHELL_SCRIPTS := kafkastreamer .ci/run $(filter-out %-suppressions,$(wildcard scripts/* Fuzz/run))
YAML_FILES := docker-compose.kafka.yml $(shell find configs examples packaging Sources/CRules/Rules -name '.build*' -prune -o -name '*.y*ml' -print)

.DEFAULT_GOAL := help
.PHONY: help build run demo test test-release crash-test soak bench fuzz sanitize docs format lint deb check-deployment install clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1 \2/p' $(firstword $(MAKEFILE_LIST)) | \
		while read -r target does; do printf '  make %-16s %s\n' "$$target" "$$does"; done

build: ## build the release binary (installs librdkafka-dev when missing)
	@scripts/install-build-dependencies
	$(SWIFT) build $(RELEASE_FLAGS) --product kafkastreamer

run: build ## build, then run it with ARGS="..."
	./kafkastreamer $(ARGS)

demo: build ## send examples/*.log over UDP, TCP and as files; show what comes out of Kafka
	scripts/demo

test: ## build and run every test (installs rsyslog, kcat and so on when missing)
	@scripts/install-build-dependencies
	@scripts/install-test-dependencies
	$(SWIFT) test --disable-xctest $(SWIFT_FLAGS)

test-release: build ## the end-to-end tests on the binary that ships
	@scripts/install-test-dependencies
	KAFKASTREAMER_BIN="$(CURDIR)/.build/release/kafkastreamer" \
		$(SWIFT) test --disable-xctest $(SWIFT_FLAGS) --filter 'EndToEndTests'

# How often the crash test kills, and how long and at how many messages a second the soak runs.
ROUNDS ?= 100
SECONDS ?= 3600
RATE ?= 20000

crash-test: build ## kill -9 under load, ROUNDS times with one producer and with three
	@scripts/install-test-dependencies
	KAFKASTREAMER_BIN="$(CURDIR)/.build/release/kafkastreamer" CRASH_ROUNDS=$(ROUNDS) \
		$(SWIFT) test --disable-xctest $(SWIFT_FLAGS) --filter 'CrashRunTests'

soak: build ## steady load with reloads and outages, SECONDS at RATE messages a second
	@scripts/install-test-dependencies
	KAFKASTREAMER_BIN="$(CURDIR)/.build/release/kafkastreamer" SOAK_SECONDS=$(SECONDS) SOAK_RATE=$(RATE) \
		$(SWIFT) test --disable-xctest $(SWIFT_FLAGS) --filter 'SoakTests'

bench: ## measure against rsyslog and write docs/benchmarks.md
	scripts/bench

FUZZ_SECONDS ?= 60

fuzz: ## run the fuzz targets, FUZZ_SECONDS each
	@scripts/install-build-dependencies
	Fuzz/run $(FUZZ_SECONDS)

sanitize: ## run the unit tests under AddressSanitizer and ThreadSanitizer
	@scripts/install-build-dependencies
	scripts/sanitize address
	scripts/sanitize thread

docs: ## write what is generated: events, fields, metrics, settings where they are shown, the coverage of the corpus
	@scripts/install-build-dependencies
	$(SWIFT) build $(SWIFT_FLAGS) --product kafkastreamer
	.build/debug/kafkastreamer rules document > docs/events.md
	.build/debug/kafkastreamer rules document --fields > docs/fields.md
	.build/debug/kafkastreamer metrics > docs/metrics.md
	.build/debug/kafkastreamer settings docs/configuration.md configs/kafka.yaml
	UPDATE_DOCS=1 $(SWIFT) test --disable-xctest $(SWIFT_FLAGS) --filter CorpusTests

format: ## format the Swift sources
	$(SWIFT) format --in-place --parallel --recursive $(SWIFT_FILES)

lint: ## check formatting, shell scripts and YAML
	@scripts/install-lint-dependencies
	$(SWIFT) format lint --strict --parallel --recursive $(SWIFT_FILES)
	shellcheck $(SHELL_SCRIPTS)
	yamllint --strict $(YAML_FILES)

deb: build ## package the release binary for Debian: out/deb/*.deb
	scripts/build-deb

check-deployment: ## check the Dockerfile and the Kubernetes manifests against what reads them
	scripts/check-deployment

install: build ## install the binary and a sample configuration under PREFIX (/usr/local)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/kafkastreamer
	install -m 755 .build/release/kafkastreamer $(DESTDIR)$(PREFIX)/bin/kafkastreamer
	install -m 644 configs/kafka.yaml LICENSE README.md CHANGELOG.md $(DESTDIR)$(PREFIX)/share/kafkastreamer/

clean: ## remove what was built
	rm -rf .build .build-* examples/plugin/.build out/deb
