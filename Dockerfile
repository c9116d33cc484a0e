# syntax=docker/dockerfile:1
# Built where it runs: both stages are Debian 12, so the binary meets the libraries it was linked against.
#
#     docker build --build-arg VERSION="$(scripts/package-version)" --build-arg REVISION="$(git rev-parse HEAD)" \
#         --tag kafkastreamer .
#
# For several architectures at once (each is compiled on its own, under emulation where the builder has no such machine):
#
#     docker buildx build --platform linux/amd64,linux/arm64 --tag REGISTRY/kafkastreamer:VERSION --push .
#
# The debug symbols of the stripped binary: docker build --target symbols --output out .
#
# No container engine runs where this is developed: docs/deployment.md says what was checked, and how.
ARG SWIFT_IMAGE=swift:6.3.1-bookworm
ARG DEBIAN_IMAGE=debian:bookworm-20250520-slim

# hadolint ignore=DL3006
FROM ${SWIFT_IMAGE} AS build
# The suite of the base image is the pin: a version of a package would be gone with Debian's next security update.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends binutils librdkafka-dev libyaml-dev make pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# Dependencies first: they change less often than the sources.
COPY Package.swift ./
RUN swift package resolve
COPY Makefile ./
COPY scripts scripts
COPY configs configs
COPY Benchmarks Benchmarks
COPY Sources Sources
COPY Tests Tests
RUN make build \
    && objcopy --only-keep-debug .build/release/kafkastreamer /kafkastreamer.debug \
    && strip -o /kafkastreamer .build/release/kafkastreamer \
    && objcopy --add-gnu-debuglink=/kafkastreamer.debug /kafkastreamer

FROM scratch AS symbols
COPY --from=build /kafkastreamer.debug /

# hadolint ignore=DL3006
FROM ${DEBIAN_IMAGE} AS run
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libyaml-0-2 librdkafka1 tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin kafkastreamer \
    && install -d -o kafkastreamer -g kafkastreamer -m 750 /var/lib/kafkastreamer
COPY --from=build /kafkastreamer /usr/bin/kafkastreamer
COPY configs/kafka.yaml /etc/kafkastreamer/kafka.yaml
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Kafka Log Streamer" \
    org.opencontainers.image.description="Syslog and log files in, typed events out on Kafka topics" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
# What Kafka has not confirmed outlives the container in this volume; so do the places of files. Nothing else is written:
# the root file system may be read-only.
ENV KAFKASTREAMER_SPOOL_DIRECTORY=/var/lib/kafkastreamer
USER 10001:10001
WORKDIR /var/lib/kafkastreamer
VOLUME /var/lib/kafkastreamer
# Those of the configuration that is in the image; another one may have any port, container engines let every user bind
# those under 1024.
EXPOSE 5514/udp 5514/tcp
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["/usr/bin/kafkastreamer", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/kafkastreamer"]
CMD ["run"]
