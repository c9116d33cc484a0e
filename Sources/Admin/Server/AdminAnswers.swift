import CPage
import Pipeline
import Synchronization

/// What the admin server answers, by path.
public final class AdminAnswers: Sendable {
    private let observer: Observer
    private let configuration: @Sendable () -> String
    private let version: String
    private let warnings: RecentWarnings
    private let history = History()

    /// Answers.
    /// - Parameters:
    ///   - observer: what looks at the service.
    ///   - version: of the program.
    ///   - warnings: what the log said lately.
    ///   - configuration: the configuration in force as YAML, without secrets.
    public init(
        _ observer: Observer, version: String, warnings: RecentWarnings, configuration: @escaping @Sendable () -> String
    ) {
        self.observer = observer
        self.version = version
        self.warnings = warnings
        self.configuration = configuration
    }

    /// The paths, for a client that asks for another.
    static let paths = [
        "/", "/metrics", "/healthz", "/readyz", "/ledger", "/config", "/version", "/status", "/events", "/top", "/tap",
    ]

    func answer(_ request: AdminRequest) -> AdminAnswer {
        switch request.path {
        case "/": StatusPage.answer(history: StatusDocument.history(history.all), now: document())
        case "/metrics": metrics(request)
        case "/healthz": verdict(observer.health)
        case "/readyz": verdict(observer.readiness)
        case "/ledger": .json(LedgerText.json(observer.observe()))
        case "/config":
            AdminAnswer(200, type: "application/yaml; charset=utf-8", .bytes(Array(configuration().utf8)))
        case "/version": .json(#"{"name":"kafkastreamer","version":\#(JSON.text(version))}"#)
        case "/status": summary()
        case "/events": events()
        case "/top": screens()
        case "/tap": tap(request)
        default: .text(404, "nothing is here; there is " + Self.paths.joined(separator: ", "))
        }
    }

    /// Called every `History.interval` on the server's loop.
    func look() { history.add(History.Point(observer.observe(), time: Observer.milliseconds())) }

    private func metrics(_ request: AdminRequest) -> AdminAnswer {
        let form = MetricsForm(accept: request.accept)
        return AdminAnswer(200, type: form.contentType, .bytes(Exposition.write(observer.observe(), form)))
    }

    private func verdict(_ reasons: [String]) -> AdminAnswer {
        reasons.isEmpty ? .text(200, "ok") : .text(503, reasons.joined(separator: "\n"))
    }

    // MARK: Status

    private func summary() -> AdminAnswer {
        let (seen, point, rates) = present()
        return AdminAnswer(
            seen.unreadiness.isEmpty ? 200 : 503, type: "text/plain; charset=utf-8",
            .bytes(Array(StatusText.summary(seen, rates, now: point.time).utf8)))
    }

    private func present() -> (Observation, History.Point, Rates) {
        let seen = observer.observe()
        let point = History.Point(seen, time: Observer.milliseconds())
        return (seen, point, history.rates(to: point))
    }

    /// What the page shows.
    private func document() -> String {
        let (seen, point, rates) = present()
        return StatusDocument.now(seen, point, rates, samples: observer.unmatchedSamples, warnings: warnings.all)
    }

    /// Server-sent events for the page: what was, then what is, again and again.
    private func events() -> AdminAnswer {
        let isFirst = Once()
        let stream = AdminStream(interval: History.interval) { [self] in
            let now = document()
            var text = ""
            if isFirst.take() { text = "event: history\ndata: \(StatusDocument.history(history.all))\n\n" }
            return Array("\(text)event: now\ndata: \(now)\n\n".utf8)
        }
        return AdminAnswer(200, type: "text/event-stream", .stream(stream))
    }

    /// Screens for a terminal, each with a form feed behind it.
    private func screens() -> AdminAnswer {
        let stream = AdminStream(interval: History.interval) { [self] in
            let (seen, point, rates) = present()
            let screen = StatusText.screen(
                seen, rates, now: point.time, samples: observer.unmatchedSamples, warnings: warnings.all)
            return Array((screen + "\u{C}").utf8)
        }
        return AdminAnswer(200, type: "text/plain; charset=utf-8", .stream(stream))
    }

    // MARK: Tap

    private func tap(_ request: AdminRequest) -> AdminAnswer {
        var filter = TapFilter()
        for value in request.query["program"] ?? [] { filter.require("program", value) }
        for value in request.query["type"] ?? [] { filter.require("type", value) }
        for condition in request.query["where"] ?? [] {
            let parts = condition.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                return .text(400, "where: '\(condition)' is not field=value")
            }
            filter.require(String(parts[0]), String(parts[1]))
        }
        guard let tap = observer.tap(filter) else {
            return .text(503, "\(Tap.mostWatches) watch already")
        }
        return AdminAnswer(200, type: "application/x-ndjson", .stream(tap))
    }
}

/// Something that is true the first time.
private final class Once: Sendable {
    private let isFirst = Atomic<Bool>(true)
    func take() -> Bool { isFirst.exchange(false, ordering: .relaxed) }
}

/// The status page: one file in the binary, without anything from elsewhere.
enum StatusPage {
    /// The page. Only the script and the style that carry this answer's random word are run, so that text of a sender,
    /// should it ever become markup, does nothing.
    /// - Parameters:
    ///   - history: the looks of the last minutes, as JSON.
    ///   - now: what it shows first, as JSON.
    static func answer(history: String, now: String) -> AdminAnswer {
        var count = 0
        let start = cpage_status(&count)!
        let page = String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
        // Within a string of JSON this is the same, and it cannot end the element that it stands in. Byte by byte: a sign
        // that joins what follows it (U+0600) makes one character with a `<`, which a search for characters passes over.
        let json = #"{"history":\#(history),"now":\#(now)}"#
        let state = String(
            decoding: json.utf8.flatMap { $0 == UInt8(ascii: "<") ? Array("\\u003c".utf8) : [$0] }, as: UTF8.self)
        var generator = SystemRandomNumberGenerator()
        let word = String(generator.next(), radix: 36) + String(generator.next(), radix: 36)
        var answer = AdminAnswer(
            200, type: "text/html; charset=utf-8",
            .bytes(Array(page.replacing("__NONCE__", with: word).replacing("__STATE__", with: state).utf8)))
        answer.headers.append(
            (
                "Content-Security-Policy",
                "default-src 'none'; script-src 'nonce-\(word)'; style-src 'nonce-\(word)'; connect-src 'self'; "
                    + "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ))
        return answer
    }
}

/// The ledger as JSON: the sums by their names, and what came in by listener.
enum LedgerText {
    static func json(_ observation: Observation) -> String {
        let ledger = observation.ledger
        var members = ledger.entries.map { ($0.name, "\($0.value)") }
        members.append(("balanced", "\(ledger.isBalanced)"))
        let listeners = observation.listeners.sorted { $0.name < $1.name }.map { listener in
            let counts = listener.counts
            var own = [
                ("protocol", JSON.text(listener.transport)), ("received", "\(counts.received)"),
                ("committed", "\(counts.committed)"),
            ]
            for reason in Rejection.allCases {
                if let count = counts.rejected[reason], count > 0 {
                    own.append(("rejected.\(reason.name)", "\(count)"))
                }
            }
            return (listener.name, JSON.object(own))
        }
        members.append(("listeners", JSON.object(listeners)))
        return JSON.object(members)
    }
}
