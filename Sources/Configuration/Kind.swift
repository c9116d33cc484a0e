import Base
import Syslog

/// What a setting's value is: how it is read from the file and the environment, written by `check --print`, and
/// described in the reference.
struct Kind<Value: Sendable>: Sendable {
    /// Type, range and unit, as the reference says them.
    let unit: String
    /// The same for the comment in `configs/kafka.yaml`, where it is worth saying there.
    var hint = ""
    let read: @Sendable (String) throws(ScalarFault) -> Value
    let write: @Sendable (Value) -> YAMLText

    /// The same kind, described in other words.
    func described(_ unit: String) -> Kind { Kind(unit: unit, hint: hint, read: read, write: write) }
}

extension Kind where Value == Int {
    static func integer(_ range: ClosedRange<Int>, _ unit: String = "") -> Kind {
        let words = "\(range.lowerBound) to \(range.upperBound)"
        return Kind(
            unit: unit.isEmpty ? words : unit, hint: unit.isEmpty ? words : unit,
            read: { text throws(ScalarFault) in try ScalarText.integer(text, in: range) }, write: { .plain("\($0)") })
    }

    /// Messages per second, or whatever else has no bound worth naming.
    static func rate(_ unit: String = "messages per second") -> Kind { integer(0...1_000_000_000, unit) }

    static let threads = integer(1...64)

    static func size(_ range: ClosedRange<Int>, multiple: Int = 1) -> Kind {
        var unit = "size, \(ScalarText.format(size: range.lowerBound)) to \(ScalarText.format(size: range.upperBound))"
        if multiple > 1 { unit += ", multiple of \(ScalarText.format(size: multiple))" }
        return Kind(
            unit: unit,
            read: { text throws(ScalarFault) in
                let size = try ScalarText.size(text, in: range)
                guard size % multiple == 0 else {
                    throw ScalarFault(expected: "a multiple of \(ScalarText.format(size: multiple))")
                }
                return size
            }, write: { .size($0) })
    }

    static let messageSize = size(480...(16 << 20))
    static let receiveBuffer = size((4 << 10)...(1 << 30))
    /// Records that one producer may have under way.
    static let window = integer(1...10_000_000, "records, 1 to 10000000")
}

extension Kind where Value == Duration {
    static func duration(_ range: ClosedRange<Duration>, step: Duration = .microseconds(1)) -> Kind {
        let least = range.lowerBound == .zero ? "0" : ScalarText.format(duration: range.lowerBound)
        var unit = "duration, \(least) to \(ScalarText.format(duration: range.upperBound))"
        if step == .milliseconds(1) { unit += ", whole milliseconds" }
        if step == .seconds(1) { unit += ", whole seconds" }
        if step == .seconds(3600) { unit += ", whole hours" }
        return Kind(
            unit: unit, read: { text throws(ScalarFault) in try ScalarText.duration(text, in: range, step: step) },
            write: { .duration($0) })
    }

    static let upToADay = duration(.zero...ScalarText.day)
}

extension Kind where Value == Bool {
    static let boolean = Kind(unit: "boolean", read: ScalarText.boolean, write: { .plain("\($0)") })
}

extension Kind where Value == String {
    static func text(_ unit: String = "text") -> Kind { Kind(unit: unit, read: ScalarText.text, write: { .text($0) }) }
    static let path = text("path")
    static let name = Kind(unit: "name", read: ScalarText.name, write: { .text($0) })
    static let topic = Kind(unit: "topic", read: ScalarText.topic, write: { .text($0) })
    static let topicTemplate = Kind(
        unit: "topic with `{type}` or `{family}`", read: ScalarText.topicTemplate, write: { .text($0) })
    static let field = Kind(unit: "event field", read: ScalarText.field, write: { .text($0) })
    static let broker = Kind(unit: "broker", read: ScalarText.broker, write: { .text($0) })
    static let socketPath = Kind(unit: "path, 1 to 107 bytes", read: ScalarText.socketPath, write: { .text($0) })
    static let timeZone = Kind(unit: "time zone", read: ScalarText.timeZone, write: { .text($0) })
}

extension Kind where Value == UInt16 {
    static let mode = Kind(
        unit: "octal permission bits", read: ScalarText.mode, write: { .text(ScalarText.format(mode: $0)) })
}

extension Kind where Value == Configuration.Address {
    static let address = Kind(unit: "address", read: ScalarText.address, write: { .text($0.description) })
}

extension Kind where Value == UInt8 {
    static let facility = Kind(
        unit: "list", read: ScalarText.facility,
        write: { .text(Facility.keyword($0).description) })
    static let severity = Kind(
        unit: "one, or a list", read: ScalarText.severity,
        write: { .text(Severity.keyword($0).description) })
}

extension Kind {
    /// One of some words, each with what it stands for.
    static func words(_ words: [(name: String, value: Value)], also: [String: String] = [:]) -> Kind
    where Value: Equatable {
        let names = words.map(\.name)
        return Kind(
            unit: names.map { "`\($0)`" }.joined(separator: ", "), hint: ScalarText.list(names),
            read: { text throws(ScalarFault) in
                if let word = words.first(where: { $0.name == also[text] ?? text }) { return word.value }
                throw ScalarFault(expected: ScalarText.list(names) + ScalarText.suggestion(text, names))
            },
            write: { value in .text(words.first { $0.value == value }?.name ?? "?") })
    }

    /// One of an enumeration's cases, by their raw values.
    static func cases(also: [String: String] = [:]) -> Kind
    where Value: RawRepresentable & CaseIterable & Equatable, Value.RawValue == String {
        words(Value.allCases.map { ($0.rawValue, $0) }, also: also)
    }
}
