# Built where it runs: both stages are Debian 12, so the binary meets the libraries it was linked against.
FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends librdkafka-dev libyaml-dev make pkg-config \
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
RUN make build && strip .build/release/kafkastreamer -o /kafkastreamer

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libyaml-0-2 librdkafka1 tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin kafkastreamer \
    && install -d -o kafkastreamer -g kafkastreamer -m 750 /var/lib/kafkastreamer
COPY --from=build /kafkastreamer /usr/local/bin/kafkastreamer
COPY configs/kafka.yaml /etc/kafkastreamer/kafka.yaml
# What Kafka has not confirmed outlives the container in this volume; so do file checkpoints.
ENV KAFKASTREAMER_SPOOL_DIRECTORY=/var/lib/kafkastreamer
USER 10001:10001
WORKDIR /var/lib/kafkastreamer
VOLUME /var/lib/kafkastreamer
EXPOSE 5514/udp 5514/tcp
# Healthy while the TCP listener takes connections.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["bash", "-c", ": < /dev/tcp/127.0.0.1/5514"]
ENTRYPOINT ["/usr/local/bin/kafkastreamer"]
CMD ["run"]
