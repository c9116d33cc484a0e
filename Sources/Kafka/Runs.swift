/// How a lane is sent whose records came back for what one of them is: in runs, each waited for before the next, so that
/// a run which comes back can be halved until what fails is alone. Runs of a held lane are of one record.
///
/// It is halved by what was refused: a batch with too many bytes by bytes, one with a bad record in it by records. A
/// limit in bytes is the topic's and stays; the number of records doubles with each run that gets through.
struct Runs {
    /// Records of a run at most.
    private(set) var mostRecords = Self.mostRecordsEver
    /// Bytes of a run at most, unless it is of one record.
    private(set) var mostBytes = Self.mostBytesEver
    /// The run under way.
    private var count = 0
    private var bytes = 0
    private var refusedCount = 0
    /// Records of the run that came back for whatever reason.
    private var returnedCount = 0
    private var refusedBytes = 0
    private var measure = Fault.Measure.records
    /// When a record last came back for its own or the topic's fault; monotonic ns.
    private(set) var lastRefusal: UInt64

    /// Below librdkafka's own limits of a batch, so that a run to one partition is one batch: if it were two, the second
    /// could get through when the first comes back.
    static let mostRecordsEver = 5_000
    static let mostBytesEver = 500_000
    /// What a batch adds to a record's value and key.
    private static let recordOverhead = 40

    init(_ now: UInt64) { lastRefusal = now }

    /// Whether the run under way is one record: what comes back then is its own fault.
    var isAlone: Bool { count == 1 }

    /// Whether a record may join the run.
    func hasRoom(for size: Int, most: Int) -> Bool {
        count == 0 || count < min(most, mostRecords) && bytes + size + Self.recordOverhead <= mostBytes
    }

    /// A record joined the run.
    mutating func join(_ size: Int) {
        count += 1
        bytes += size + Self.recordOverhead
    }

    /// A record of the run, or one handed over before there were runs, came back for what one of them is.
    mutating func refuse(_ size: Int, _ measure: Fault.Measure, _ now: UInt64) {
        refusedCount += 1
        refusedBytes += size + Self.recordOverhead
        self.measure = measure
        lastRefusal = now
    }

    /// A record came back for the topic's fault.
    mutating func noteRefusal(_ now: UInt64) { lastRefusal = now }

    /// A record of the run came back, for whatever reason, and will be sent again.
    mutating func noteReturned() { returnedCount += 1 }

    /// Every record of the run was reported: the next may begin.
    mutating func endRun() {
        defer { (count, bytes, refusedCount, refusedBytes, returnedCount) = (0, 0, 0, 0, 0) }
        guard refusedCount > 0 else {
            if count > 0, returnedCount == 0 { mostRecords = min(mostRecords * 2, Self.mostRecordsEver) }
            return
        }
        switch measure {
        case .bytes: mostBytes = max(1, min(mostBytes, refusedBytes) / 2)
        case .records: mostRecords = max(1, min(mostRecords, refusedCount) / 2)
        }
    }

    /// Whether it has learnt a limit in bytes, which the topic will not forget soon.
    var hasLearnt: Bool { mostBytes < Self.mostBytesEver }
}
