/// Every metric there is.
enum MetricTable {
    static let all: [Metric] =
        state + messages + parsing + content + connections + spool + kafka + files + process

    /// What bounds labels that senders choose.
    static let programBound = "512 programs of a process; what finds no place is `other`"
    static let listenerBound = "listeners of the configuration"

    private static let state: [Metric] = [
        .gauge("kafkastreamer_build_info", ["version"], "The program's version; always 1.") {
            [.init([$0.version], 1)]
        },
        .gauge("kafkastreamer_healthy", "Whether the process and all its listeners are live, as /healthz says.") {
            [.init([], $0.illness.isEmpty)]
        },
        .gauge(
            "kafkastreamer_ready",
            "Whether it accepts messages and has room for them, with Kafka or in the spool, as /readyz says."
        ) { [.init([], $0.unreadiness.isEmpty)] },
    ]

    private static let process: [Metric] = [
        .counter("process_cpu_seconds_total", "Processor time used, user and system.") {
            [.init([], $0.process.cpuSeconds)]
        },
        .gauge("process_resident_memory_bytes", "Resident memory.") { [.init([], $0.process.residentBytes)] },
        .gauge("process_virtual_memory_bytes", "Address space.") { [.init([], $0.process.virtualBytes)] },
        .gauge("process_threads", "Threads.") { [.init([], $0.process.threads)] },
        .gauge("process_open_fds", "Descriptors that are open.") { [.init([], $0.process.openDescriptors)] },
        .gauge("process_max_fds", "Descriptors that may be open.") { [.init([], $0.process.maximumDescriptors)] },
        .gauge("process_start_time_seconds", "When the process began, Unix time.") {
            [.init([], Double($0.process.startTime))]
        },
        .counter(
            "kafkastreamer_admin_connections_refused_total",
            "Connections to the admin server closed because max-connections were served already."
        ) { [.init([], $0.refusedAdminConnections)] },
    ]
}
