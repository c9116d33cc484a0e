import Foundation
import Testing

/// The events of a name server, compared with what dig saw.
struct DNSEvents {
    let events: [ConsumedEvent]

    /// A field as text, numbers in decimal; nil when the event has none.
    static func text(_ field: String, of event: ConsumedEvent) -> String? {
        switch event.json[field] {
        case let text as String: text
        case let number as NSNumber: number.stringValue
        default: nil
        }
    }

    /// The events of a type with these fields.
    func all(_ type: String, _ fields: [String: String] = [:]) -> [ConsumedEvent] {
        events.filter { event in
            event.type == type && fields.allSatisfy { Self.text($0.key, of: event) == $0.value }
        }
    }

    /// Expects at least one event, or as many as `count` says, and gives the first.
    @discardableResult
    func expect(
        _ type: String, _ fields: [String: String], count: Int? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> ConsumedEvent? {
        let found = all(type, fields)
        #expect(
            count.map { found.count == $0 } ?? !found.isEmpty,
            """
            \(found.count) events \(ExpectedEvent(type: type, fields: fields)) among
            \(all(type).suffix(40).map(\.message).joined(separator: "\n"))
            """, sourceLocation: sourceLocation)
        return found.first
    }

    /// Expects one event for a query of dig's, with these fields and without those that are nil.
    @discardableResult
    func expect(
        _ type: String, of report: DigReport, _ fields: [String: String?],
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> ConsumedEvent? {
        let found = all(type, Self.client(report))
        #expect(
            found.count == 1, "\(found.count) events \(type) of the query for \(report.name) \(Self.client(report))",
            sourceLocation: sourceLocation)
        guard let event = found.first else { return nil }
        for (field, value) in fields {
            #expect(
                Self.text(field, of: event) == value, "\(field) of \(event.message)", sourceLocation: sourceLocation)
        }
        return event
    }

    /// The fields that name dig's end of a query.
    static func client(_ report: DigReport) -> [String: String] {
        ["client_ip": report.client.ip, "client_port": String(report.client.port)]
    }

    /// Expects named's word that it did not answer a query: for want of permission, or of what it would need.
    func expectRefusal(of report: DigReport, sourceLocation: SourceLocation = #_sourceLocation) {
        let client = Self.client(report)
        let refusals = all("DNS_DENIED", client) + all("DNS_RESOLVER_ERROR", client)
        #expect(
            refusals.contains { $0["query_name"] == report.name },
            "\(report.name): \(report.got?.status ?? "no answer"), and no event says so", sourceLocation: sourceLocation
        )
    }

    /// Expects named's line for each query: what was asked, from where, how, and of whom.
    func expectQueries(
        _ reports: [NamedQuery], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for query in reports {
            let sent = query.report.sent
            expect(
                "DNS_QUERY", of: query.report,
                [
                    "query_name": query.report.name,
                    "query_class": String(sent.queryClass), "query_type": String(sent.type),
                    "flags": query.flags, "server_ip": query.report.server, "key": query.key,
                    "view": query.view, "client_subnet": sent.clientSubnet.map(String.init),
                ], sourceLocation: sourceLocation)
        }
    }
}

/// A query and what named says of it that dig does not.
struct NamedQuery {
    var report: DigReport
    var key: String?
    var view: String?

    /// named's signs for a query: recursion desired or not, signed, EDNS and its version, TCP, DO, CD, and a cookie
    /// that it gave (V) or not (K).
    var flags: String {
        let sent = report.sent
        var flags = sent.flags.contains("rd") ? "+" : "-"
        if sent.isSigned { flags += "S" }
        if let version = sent.edns { flags += "E(\(version))" }
        if report.isTCP { flags += "T" }
        if sent.wantsSignatures { flags += "D" }
        if sent.flags.contains("cd") { flags += "C" }
        if let cookie = sent.cookie { flags += cookie.count > 16 ? "V" : "K" }
        return flags
    }
}
