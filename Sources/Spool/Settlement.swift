/// Settles records for one sender, and tells their origins. Owned by the sender's thread.
public final class Settlement {
    private let spool: Spool
    /// Origins with news since `publish`.
    private var noted: [Origin] = []

    init(_ spool: Spool) { self.spool = spool }

    /// Nothing more will become of the record: Kafka has it, or it was given up. Its origin will be told.
    @inline(__always)
    public func settle(_ record: Record, as state: RecordState) {
        if record.hasOrigin { mark(record) }
        record.settle(state)
    }

    /// Another record has taken its place (a copy in a backlog, a dead letter), and its origin waits for that one.
    public func replace(_ record: Record, as state: RecordState) { record.settle(state) }

    @inline(never)
    private func mark(_ record: Record) {
        guard let origin = record.origin else { return }
        origin.mark(record.originNumber, position: record.originPosition)
        guard !origin.isNoted else { return }
        origin.isNoted = true
        noted.append(origin)
    }

    /// Tells the origins what was settled since the last time. Called once a turn.
    public func publish() {
        guard !noted.isEmpty else { return }
        for origin in noted where origin.publish() { spool.forget(origin) }
        noted.removeAll(keepingCapacity: true)
    }
}
