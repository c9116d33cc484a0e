/// Settles records for one sender, and tells their origins. Owned by the sender's thread.
///
/// A record that another one has replaced is settled only when that one is as durable as the spool promises: until then
/// a power loss would take the copy, and the original would not be sent again.
public final class Receipts {
    private let spool: Spool
    /// Origins with news since the last turn.
    private var noted: [Origin] = []
    /// Replaced records whose replacement may not be on the disk yet, oldest first.
    private var replaced: [(record: Record, state: RecordState)] = []
    /// How many of them wait for which sync, with `sync: interval`; those of this turn are in none.
    private var groups: [(sync: UInt64, count: Int)] = []
    private var grouped = 0
    /// With `sync: always`: who wrote the replacements of this turn.
    private var writers: [SpoolWriter] = []

    init(_ spool: Spool) { self.spool = spool }

    /// Nothing more will become of the record: Kafka has it, or it was given up. Its origin will be told.
    @inline(__always)
    public func finish(_ record: Record, as state: RecordState) {
        if record.hasOrigin { mark(record) }
        record.settle(state)
    }

    /// Another record has taken its place (a copy in a backlog, a dead letter), and its origin waits for that one.
    /// - Parameter writer: who wrote the other one.
    public func replace(_ record: Record, as state: RecordState, by writer: SpoolWriter) {
        guard spool.settings.directory != nil, spool.settings.sync != .process else { return record.settle(state) }
        replaced.append((record, state))
        if !spool.keepsOnInterval, !writers.contains(where: { $0 === writer }) { writers.append(writer) }
    }

    @inline(never)
    private func mark(_ record: Record) {
        guard let origin = record.origin else { return }
        origin.mark(record.originNumber, position: record.originPosition)
        guard !origin.isNoted else { return }
        origin.isNoted = true
        noted.append(origin)
    }

    /// Whether replaced records wait for the disk.
    public var isWaiting: Bool { !replaced.isEmpty }

    /// Called once a turn: tells the origins what was settled since the last time, and settles replaced records whose
    /// replacement is on the disk.
    /// - Returns: whether any replaced record was settled.
    public func endTurn() -> Bool {
        if !noted.isEmpty {
            for origin in noted where origin.publish() { spool.forget(origin) }
            noted.removeAll(keepingCapacity: true)
        }
        guard !replaced.isEmpty else { return false }
        return spool.keepsOnInterval ? settleSynchronised() : settleWritten()
    }

    private func settleWritten() -> Bool {
        do throws(SpoolError) {
            while let writer = writers.last {
                try writer.endBatch()
                writers.removeLast()
            }
        } catch {
            spool.note(error)
            return false
        }
        settle(replaced.count)
        return true
    }

    private func settleSynchronised() -> Bool {
        if grouped < replaced.count {
            groups.append((spool.nextSync, replaced.count - grouped))
            grouped = replaced.count
        }
        let done = groups.prefix { spool.isDone(sync: $0.sync) }
        guard !done.isEmpty else { return false }
        let count = done.reduce(0) { $0 + $1.count }
        groups.removeFirst(done.count)
        grouped -= count
        settle(count)
        return true
    }

    private func settle(_ count: Int) {
        for (record, state) in replaced.prefix(count) { record.settle(state) }
        replaced.removeFirst(count)
    }

    /// The last turn is over: with `sync: interval` nobody else may synchronise any more.
    public func finish() {
        if spool.keepsOnInterval, !replaced.isEmpty {
            do throws(SpoolError) {
                _ = endTurn()
                try spool.synchronise()
            } catch {
                // The originals stay to be sent: twice rather than never.
                spool.note(error)
            }
        }
        _ = endTurn()
    }
}
