import Foundation
import Testing

/// What was read back from Kafka, with `kcat`: a client that shares no code with the streamer but librdkafka.
struct ConsumedEvent {
    var topic: String
    /// Empty when the record has none.
    var key: String
    var json: [String: Any]

    subscript(field: String) -> String? { json[field] as? String }

    var type: String { self["type"] ?? "" }
    var message: String { self["message"] ?? "" }
    var syslog: [String: Any] { json["syslog"] as? [String: Any] ?? [:] }

    /// A field of the envelope.
    func envelope(_ field: String) -> String? { syslog[field] as? String }

    init(topic: String, key: String, value: String) throws {
        self.topic = topic
        self.key = key
        json = try JSON.object(value)
    }
}

enum JSON {
    /// One JSON object from a line.
    static func object(_ line: String) throws -> [String: Any] {
        do {
            guard let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
                throw HarnessError("not a JSON object: \(line)")
            }
            return object
        } catch let error as HarnessError {
            throw error
        } catch {
            throw HarnessError("not JSON (\(error)): \(line)")
        }
    }
}

enum Kcat {
    /// The topics a cluster has.
    static func topics(_ brokers: String) throws -> [String] {
        let lines = try run(["-b", brokers, "-L", "-J"])
        let topics = try JSON.object(lines.joined())["topics"] as? [[String: Any]] ?? []
        return topics.compactMap { $0["topic"] as? String }.filter { !$0.hasPrefix("__") }.sorted()
    }

    /// Everything that is in the topics (all by default) now.
    static func events(_ brokers: String, topics: [String]? = nil) throws -> [ConsumedEvent] {
        var events: [ConsumedEvent] = []
        for topic in try topics ?? Self.topics(brokers) {
            let lines = try run([
                "-b", brokers, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f", "%t\\t%k\\t%s\\n",
            ])
            for line in lines {
                let parts = line.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
                guard parts.count == 3 else { throw HarnessError("kcat printed: \(line)") }
                events.append(
                    try ConsumedEvent(topic: String(parts[0]), key: String(parts[1]), value: String(parts[2])))
            }
        }
        return events
    }

    private static func run(_ arguments: [String]) throws -> [String] {
        let process = try ChildProcess("kcat", arguments)
        defer { process.end() }
        guard try process.waitForExit() == .code(0) else { throw HarnessError(process.transcript) }
        return process.lines(.output)
    }
}

/// How many of each there are.
func counted<Element: Hashable>(_ elements: some Sequence<Element>) -> [Element: Int] {
    var counts: [Element: Int] = [:]
    for element in elements { counts[element, default: 0] += 1 }
    return counts
}
