import Crdkafka

/// One librdkafka producer. Owned by one sender's thread; librdkafka has threads of its own behind it.
struct ProducerHandle: ~Copyable {
    private let client: OpaquePointer
    private let mainQueue: OpaquePointer
    private var topics: [OpaquePointer?] = []

    /// Starts a producer.
    /// - Parameters:
    ///   - configuration: properties, already tried.
    ///   - wakeDescriptor: an eventfd that is written when reports wait to be served.
    ///   - owner: the producer, unretained, for the callbacks; it outlives the handle.
    init(_ configuration: ClientConfiguration, wakeDescriptor: Int32, owner: Producer) throws(KafkaError) {
        let conf = try configuration.makeConf()
        rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(owner).toOpaque())
        rd_kafka_conf_set_dr_msg_cb(conf) { _, message, opaque in
            guard let message, let opaque, let record = message.pointee._private else { return }
            Unmanaged<Producer>.fromOpaque(opaque).takeUnretainedValue().report(record, message.pointee.err)
        }
        rd_kafka_conf_set_error_cb(conf) { client, code, reason, opaque in
            guard let opaque else { return }
            let text = reason.map { String(cString: $0) } ?? ""
            // The code says no more than "fatal"; the client knows why.
            let isGap = rd_kafka_fatal_error(client, nil, 0) == RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE
            Unmanaged<Producer>.fromOpaque(opaque).takeUnretainedValue().failed(
                rd_kafka_resp_err_t(rawValue: code), text, isGap: isGap)
        }
        rd_kafka_conf_set_log_cb(conf) { client, level, facility, text in
            guard let client, let opaque = rd_kafka_opaque(client) else { return }
            Unmanaged<Producer>.fromOpaque(opaque).takeUnretainedValue().logged(
                level, facility.map { String(cString: $0) } ?? "", text.map { String(cString: $0) } ?? "")
        }
        // Called where `statistics.interval.ms` is set. 1 = the text is ours to free.
        rd_kafka_conf_set_stats_cb(conf) { _, text, count, opaque in
            guard let text, let opaque else { return 0 }
            Unmanaged<Producer>.fromOpaque(opaque).takeUnretainedValue().statistics(text, count)
            return 1
        }
        // Called with the broker's lock held, once for each change of a connection.
        let context = Unmanaged.passUnretained(owner).toOpaque()
        rd_kafka_conf_interceptor_add_on_new(
            conf, "kafkastreamer",
            { client, _, context, _, _ in
                rd_kafka_interceptor_add_on_broker_state_change(
                    client, "kafkastreamer",
                    { _, _, _, name, port, now, context in
                        // Port 0 is librdkafka's own, which is never connected.
                        guard let context, let name, let now, port > 0 else { return RD_KAFKA_RESP_ERR_NO_ERROR }
                        let state = String(cString: now)
                        Unmanaged<Producer>.fromOpaque(context).takeUnretainedValue().connection(
                            to: "\(String(cString: name)):\(port)", isUp: state == "UP" || state == "UPDATE")
                        return RD_KAFKA_RESP_ERR_NO_ERROR
                    }, context)
            }, context)
        var reason = [CChar](repeating: 0, count: 512)
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, &reason, reason.count) else {
            rd_kafka_conf_destroy(conf)
            throw KafkaError("producer: \(reason.withUnsafeBufferPointer { String(cString: $0.baseAddress!) })")
        }
        self.client = client
        mainQueue = rd_kafka_queue_get_main(client)
        var one: UInt64 = 1
        rd_kafka_queue_io_event_enable(mainQueue, wakeDescriptor, &one, 8)
    }

    deinit {
        // Whatever is still inside comes back as reports from the purge, or was served before; destroy waits for
        // librdkafka's threads, so no record's memory is read afterwards.
        rd_kafka_queue_io_event_enable(mainQueue, -1, nil, 0)
        rd_kafka_queue_destroy(mainQueue)
        for topic in topics { if let topic { rd_kafka_topic_destroy(topic) } }
        rd_kafka_destroy(client)
    }

    /// Hands a record over without copying its value. Nil when it was taken, else librdkafka's refusal.
    mutating func produce(
        topic index: Int, name: (Int) -> String, value: UnsafeMutableRawPointer, valueCount: Int,
        key: UnsafeMutableRawPointer?, keyCount: Int, timestamp: Int64, opaque: UnsafeMutableRawPointer
    ) -> rd_kafka_resp_err_t {
        while topics.count <= index { topics.append(nil) }
        if topics[index] == nil {
            guard let topic = rd_kafka_topic_new(client, name(index), nil) else { return rd_kafka_last_error() }
            topics[index] = topic
        }
        return crdkafka_produce(client, topics[index]!, value, valueCount, key, keyCount, timestamp, opaque)
    }

    /// Serves what waits: delivery reports, errors. Returns how many.
    /// - Parameter milliseconds: how long to wait for the first.
    @discardableResult borrowing func serve(waiting milliseconds: Int32 = 0) -> Int32 {
        rd_kafka_poll(client, milliseconds)
    }

    /// Takes back what is queued, and with `inFlight` what is on its way too: their reports come with a purge error.
    borrowing func purge(inFlight: Bool) {
        rd_kafka_purge(client, Int32(RD_KAFKA_PURGE_F_QUEUE | (inFlight ? RD_KAFKA_PURGE_F_INFLIGHT : 0)))
    }

    /// Records handed over whose report has not been served.
    borrowing func outstanding() -> Int32 { rd_kafka_outq_len(client) }
}
