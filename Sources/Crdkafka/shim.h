// The librdkafka C API. The mock cluster (rdkafka_mock.h) is the embedded broker. Variadic functions cannot be called
// from Swift: the one needed is wrapped here.
#ifndef CRDKAFKA_SHIM_H
#define CRDKAFKA_SHIM_H
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

/// rd_kafka_producev with a time stamp, the partition left to the partitioner, and neither value nor key owned by
/// librdkafka: the value is not copied and must stay until the delivery report (the key is always copied).
/// Not rd_kafka_produceva: with headers it frees twice in librdkafka 2.0.2, and its array costs more to fill.
static inline rd_kafka_resp_err_t crdkafka_produce(rd_kafka_t *rk, rd_kafka_topic_t *topic, void *value, size_t value_count,
                                                   const void *key, size_t key_count, int64_t timestamp_ms,
                                                   void *opaque) {
    return rd_kafka_producev(rk, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(RD_KAFKA_PARTITION_UA),
                             RD_KAFKA_V_MSGFLAGS(0), RD_KAFKA_V_VALUE(value, value_count),
                             RD_KAFKA_V_KEY(key, key_count), RD_KAFKA_V_TIMESTAMP(timestamp_ms),
                             RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
}

#endif
