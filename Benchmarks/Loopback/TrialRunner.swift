import Foundation

/// Runs one product under one load: a fresh broker, the receiver, a warm-up that is compared event by event, the
/// measured messages, and the readings.
struct TrialRunner {
    /// Messages before the measured ones. All of them are read back, so they must fit into what the broker keeps.
    static let warmUp = 16000
    /// Seconds without any progress after which the rest counts as lost.
    static let patience = 10.0
    /// Events of each partition that are compared after the measured messages.
    static let tail = 10

    let streamer: String
    let rsyslogd: String
    let workDirectory: String
    let partitions: Int32
    let framing: Framing
    let padding: Int

    func run(_ product: Product, _ scenario: Scenario, round: Int) throws -> Trial {
        switch product.role {
        case .streamer, .peer: try measureReceiver(product, scenario, round)
        case .receiveLimit: try measureReceiveLimit(product, scenario, round)
        case .produceLimit: try measureProduceLimit(scenario, round)
        }
    }

    // MARK: - Receivers

    private func measureReceiver(_ product: Product, _ scenario: Scenario, _ round: Int) throws -> Trial {
        let clock = Int(Date().timeIntervalSince1970)
        let mix = MessageMix(seconds: clock, padding: padding)
        let broker = try Broker(partitions: partitions)
        let directory = try makeDirectory(product, scenario, round)
        defer { removeTree(directory) }
        let starter = ReceiverStarter(
            streamer: streamer, rsyslogd: rsyslogd, brokers: broker.bootstrapServers, directory: directory)
        let receiver = try starter.start(product, scenario.transport)
        let watermarks = try Watermarks(brokers: broker.bootstrapServers, topics: mix.topics, partitions: partitions)
        let check = EventCheck(mix: mix, brokers: broker.bootstrapServers, partitions: partitions)

        _ = try send(scenario, to: receiver.address, first: 0, count: Self.warmUp, clock: clock)
        let warm = try waitForArrival(Self.warmUp, watermarks, receiver)
        try requireCounts(warm.sums, mix, count: Self.warmUp, "the warm-up")
        let compared = try check.everyMessage(count: Self.warmUp)

        let before = try CPUReading.settled(of: receiver.child.pid)
        let sent = try send(scenario, to: receiver.address, first: Self.warmUp, count: scenario.messages, clock: clock)
        let total = Self.warmUp + scenario.messages
        let arrived = try waitForArrival(total, watermarks, receiver)
        let after = try CPUReading.settled(of: receiver.child.pid)
        let peak = try peakMemory(of: receiver.child.pid)

        let delivered = arrived.sums.values.reduce(0, +)
        if scenario.transport == .tcp || delivered == total {
            try requireCounts(arrived.sums, mix, count: total, "all")
        }
        let tail = try check.tail(perPartition: Self.tail, limit: total)
        try stop(receiver, product, delivered: delivered)
        let final = try watermarks.read().values.reduce(0, +)
        guard final == delivered else { throw Failure("\(final - delivered) more records after the receiver's end") }
        return Trial(
            scenario: scenario.name, product: product, round: round, sent: scenario.messages,
            delivered: delivered - Self.warmUp, cpuSeconds: after.total - before.total,
            userSeconds: after.user - before.user, systemSeconds: after.system - before.system,
            wallSeconds: arrived.at - sent.started, sentPerSecond: Double(scenario.messages) / sent.seconds,
            peakKiB: peak, eventsCompared: compared.events + tail.events,
            meanEventBytes: Double(compared.bytes) / Double(compared.events))
    }

    /// Waits until the topics hold `count` records, or until nothing more has come for `patience` seconds.
    private func waitForArrival(
        _ count: Int, _ watermarks: borrowing Watermarks, _ receiver: Receiver
    ) throws -> (sums: [String: Int], at: Double) {
        var last = -1
        var changed = monotonicSeconds()
        while true {
            let sums = try watermarks.read()
            let sum = sums.values.reduce(0, +)
            let now = monotonicSeconds()
            if sum != last {
                last = sum
                changed = now
            }
            if sum >= count { return (sums, now) }
            if let code = receiver.child.wait(within: 0) {
                throw Failure("\(receiver.child.name) ended with exit code \(code): \(try logTail(receiver.log))")
            }
            if now - changed > Self.patience { return (sums, changed) }
            sleepUntil(now + 0.02)
        }
    }

    private func requireCounts(_ sums: [String: Int], _ mix: MessageMix, count: Int, _ what: String) throws {
        let expected = mix.expectedCounts(first: 0, count: count)
        for topic in mix.topics where sums[topic] != expected[topic] {
            throw Failure("\(what): \(topic) has \(sums[topic] ?? 0) records, expected \(expected[topic] ?? 0)")
        }
    }

    private func stop(_ receiver: Receiver, _ product: Product, delivered: Int) throws {
        let code = receiver.child.end(SIGTERM, within: 30)
        guard code == 0 else {
            throw Failure("\(receiver.child.name) stopped with exit code \(code ?? -1): \(try logTail(receiver.log))")
        }
        guard product.role == .streamer else { return }
        // The ledger must agree with the broker.
        let lines = try readFile(receiver.log).split(separator: "\n").map(String.init)
        guard let ledger = lines.last(where: { $0.contains(" ledger ") }) else {
            throw Failure("no ledger was printed")
        }
        guard keyedValue("delivered", in: ledger) == String(delivered), keyedValue("pending", in: ledger) == "0" else {
            throw Failure("the broker has \(delivered) records, but the ledger says: \(ledger)")
        }
    }

    private func logTail(_ path: String) throws -> String {
        path.isEmpty ? "" : try readFile(path).split(separator: "\n").suffix(10).joined(separator: "\n")
    }

    // MARK: - Limits

    private func measureReceiveLimit(_ product: Product, _ scenario: Scenario, _ round: Int) throws -> Trial {
        let starter = ReceiverStarter(streamer: streamer, rsyslogd: rsyslogd, brokers: "", directory: workDirectory)
        let receiver = try starter.start(product, scenario.transport)
        let clock = Int(Date().timeIntervalSince1970)
        // Receiving over TCP costs so little that a longer stream is needed for a steady figure.
        let count = scenario.transport == .tcp ? scenario.messages * 5 : scenario.messages
        let warm = try send(scenario, to: receiver.address, first: 0, count: Self.warmUp, clock: clock)
        let unit = scenario.transport == .tcp ? warm.bytes : Self.warmUp
        try waitForReceived(unit, receiver)
        let before = try CPUReading.settled(of: receiver.child.pid)
        let sent = try send(scenario, to: receiver.address, first: Self.warmUp, count: count, clock: clock)
        let expected = unit + (scenario.transport == .tcp ? sent.bytes : count)
        try waitForReceived(expected, receiver)
        let ended = monotonicSeconds()
        let after = try CPUReading.settled(of: receiver.child.pid)
        return Trial(
            scenario: scenario.name, product: product, round: round, sent: count, delivered: count,
            cpuSeconds: after.total - before.total, userSeconds: after.user - before.user,
            systemSeconds: after.system - before.system, wallSeconds: ended - sent.started,
            sentPerSecond: Double(count) / sent.seconds, peakKiB: try peakMemory(of: receiver.child.pid),
            eventsCompared: nil, meanEventBytes: nil)
    }

    private func waitForReceived(_ expected: Int, _ receiver: Receiver) throws {
        let deadline = monotonicSeconds() + Self.patience
        var received = 0
        repeat {
            try receiver.child.tell("count")
            received = Int(try receiver.child.value("received", within: 10)) ?? -1
            if received == expected { return }
            sleepUntil(monotonicSeconds() + 0.02)
        } while monotonicSeconds() < deadline
        throw Failure("receive alone: \(received) of \(expected) arrived")
    }

    private func measureProduceLimit(_ scenario: Scenario, _ round: Int) throws -> Trial {
        let broker = try Broker(partitions: partitions)
        let child = try Child(
            "produce-limit",
            [
                try ownExecutable(), "produce-limit", "--brokers", broker.bootstrapServers, "--padding", "\(padding)",
            ])
        guard try child.line(within: 10) == "ready" else { throw Failure("produce-limit is not ready") }
        let rate = scenario.rate.map { " \($0)" } ?? ""
        try child.tell("\(Self.warmUp)\(rate)")
        _ = try child.line(within: 120)
        let before = try CPUReading.settled(of: child.pid)
        let started = monotonicSeconds()
        try child.tell("\(scenario.messages)\(rate)")
        let answer = try child.line(within: 600)
        let ended = monotonicSeconds()
        let after = try CPUReading.settled(of: child.pid)
        let total = Self.warmUp + scenario.messages
        guard answer == "delivered=\(total) failed=0" else { throw Failure("produce alone: \(answer)") }
        let mix = MessageMix(seconds: 0)
        let sums = try Watermarks(brokers: broker.bootstrapServers, topics: mix.topics, partitions: partitions).read()
        guard sums.values.reduce(0, +) == total else { throw Failure("produce alone: the broker has \(sums)") }
        return Trial(
            scenario: scenario.name, product: .produceLimit, round: round, sent: scenario.messages,
            delivered: scenario.messages, cpuSeconds: after.total - before.total,
            userSeconds: after.user - before.user, systemSeconds: after.system - before.system,
            wallSeconds: ended - started, sentPerSecond: nil, peakKiB: try peakMemory(of: child.pid),
            eventsCompared: nil, meanEventBytes: nil)
    }

    // MARK: - Parts

    private struct Sent {
        let bytes: Int
        let started: Double
        let seconds: Double
    }

    private func send(_ scenario: Scenario, to address: String, first: Int, count: Int, clock: Int) throws -> Sent {
        var arguments = [
            try ownExecutable(), "send", "--transport", scenario.transport.rawValue, "--to", address,
            "--first", "\(first)", "--count", "\(count)", "--connections", "\(scenario.connections)",
            "--framing", framing.rawValue, "--padding", "\(padding)", "--clock", "\(clock)",
        ]
        if let rate = scenario.rate { arguments += ["--rate", "\(rate)"] }
        let sender = try Child("send", arguments)
        let line = try sender.line(within: 900)
        guard sender.wait(within: 10) == 0, keyedValue("sent", in: line) == "\(count)",
            let bytes = keyedValue("bytes", in: line).flatMap({ Int($0) }),
            let started = keyedValue("started", in: line).flatMap({ Double($0) }),
            let finished = keyedValue("finished", in: line).flatMap({ Double($0) })
        else { throw Failure("send: \(line)") }
        return Sent(bytes: bytes, started: started, seconds: max(finished - started, 1e-6))
    }

    private func makeDirectory(_ product: Product, _ scenario: Scenario, _ round: Int) throws -> String {
        let path = "\(workDirectory)/\(scenario.name)-\(product.rawValue)-\(round)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }
}

/// A broker process, ended with its owner.
struct Broker: ~Copyable {
    let bootstrapServers: String
    private let child: Child

    init(partitions: Int32) throws {
        let started = try Child("broker", [try ownExecutable(), "broker", "--partitions", "\(partitions)"])
        bootstrapServers = try started.value("brokers", within: 10)
        child = started
    }

    deinit {
        child.closeInput()
        child.end(SIGTERM, within: 5)
    }
}

/// Removes a directory and all in it; says so when that fails.
func removeTree(_ path: String) {
    do {
        try FileManager.default.removeItem(atPath: path)
    } catch { note("warning: \(path) is left behind: \(error)") }
}
