/// What is measured: a receiver, or one of the two limits.
enum Product: String, Codable, Sendable, CaseIterable {
    case streamer
    case streamerSpool = "streamer-spool"
    case rsyslog
    case rsyslogOneAction = "rsyslog-one-action"
    case rsyslogDisk = "rsyslog-disk"
    case receiveLoop = "receive-loop"
    case receiveNIO = "receive-nio"
    case receiveRest = "receive-rest"
    case produceLimit = "produce-limit"

    /// How it is called in the tables.
    var title: String {
        switch self {
        case .streamer: "kafkastreamer, memory spool"
        case .streamerSpool: "kafkastreamer, directory spool"
        case .rsyslog: "rsyslog, an action per type"
        case .rsyslogOneAction: "rsyslog, one action"
        case .rsyslogDisk: "rsyslog, disk queue"
        case .receiveLoop: "receive alone, plain loop"
        case .receiveNIO: "receive alone, SwiftNIO"
        case .receiveRest: "receive alone, resting"
        case .produceLimit: "produce alone"
        }
    }

    enum Role { case streamer, peer, receiveLimit, produceLimit }

    var role: Role {
        switch self {
        case .streamer, .streamerSpool: .streamer
        case .rsyslog, .rsyslogOneAction, .rsyslogDisk: .peer
        case .receiveLoop, .receiveNIO, .receiveRest: .receiveLimit
        case .produceLimit: .produceLimit
        }
    }
}

/// One load, and what is measured under it.
struct Scenario: Codable, Sendable {
    let name: String
    let title: String
    let transport: Transport
    var connections = 1
    /// Messages per second; as fast as the receiver takes them when nil (TCP only).
    var rate: Double?
    let messages: Int
    var products: [Product]
}

/// One run of one product.
struct Trial: Codable, Sendable {
    let scenario: String
    let product: Product
    let round: Int
    /// Messages sent after the warm-up, and records that the broker appended for them.
    let sent: Int
    let delivered: Int
    let cpuSeconds: Double
    let userSeconds: Double
    let systemSeconds: Double
    /// From the first message sent to the last record appended.
    let wallSeconds: Double
    /// Messages a second as they left the sender; nil for the produce limit.
    let sentPerSecond: Double?
    let peakKiB: Int
    /// Events read back and compared field by field, and their mean size; nil for the limits.
    let eventsCompared: Int?
    let meanEventBytes: Double?

    var perCPUSecond: Double { Double(delivered) / cpuSeconds }
    var lost: Int { max(0, sent - delivered) }
    var duplicated: Int { max(0, delivered - sent) }
}
