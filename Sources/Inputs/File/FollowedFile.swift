import Base
import Glibc
import Spool

/// Reading one life of a file's content: from its first byte until it is truncated.
struct Reading: Sendable {
    /// A place that may be kept once so many records are settled.
    struct Mark: Sendable {
        /// What counts them: the handle then, which a listener that went on with the file has exchanged.
        let handle: any FileOrigin
        let records: UInt64
        let offset: UInt64
        let proof: PlaceProof
    }

    /// Its number.
    let origin: OriginIdentity
    /// What the sink keeps for it; nil before its first line and after its last is settled.
    var handle: (any FileOrigin)?
    /// Where reading stands.
    var line: LineState
    /// What it held before its first line was read.
    var first: SeenContent?
    /// The place that is delivered.
    private(set) var settled: UInt64
    /// Its proof.
    private(set) var proof: PlaceProof
    private var marks: [Mark] = []
    /// Every so many marks one is kept.
    private var step = 1
    private var sinceKept = 0

    /// So many marks are kept; a longer outage makes the steps wider in which the place moves on after it.
    private static let maximumMarks = 32

    init(origin: OriginIdentity, line: LineState) {
        self.origin = origin
        self.line = line
        settled = line.position
        proof = line.consumed.proof
    }

    /// What of it is read, or was there before.
    var seen: SeenContent? {
        line.position > 0 ? SeenContent(count: line.position, proof: line.consumed.proof) : first
    }

    /// How many marks are kept.
    var markCount: Int { marks.count }

    /// Whether all that was read is delivered.
    var isSettled: Bool { marks.isEmpty }

    /// The reading as another listener goes on with it after this one's end: what is pending stays pending.
    var handedOver: Reading {
        var reading = self
        reading.handle = nil
        reading.line.forgetHeld()
        return reading
    }

    /// Notes how far reading is now. The newest mark is always kept, older ones in even steps that widen as they
    /// become many.
    mutating func mark(_ handle: any FileOrigin, offset: UInt64, proof: PlaceProof) {
        guard (marks.last?.offset ?? settled) != offset else { return }
        if marks.isEmpty { (step, sinceKept) = (1, 0) }
        let new = Mark(handle: handle, records: handle.committedCount, offset: offset, proof: proof)
        if sinceKept % step == 0 { marks.append(new) } else { marks[marks.count - 1] = new }
        sinceKept += 1
        guard marks.count == Self.maximumMarks, sinceKept % step == 0 else { return }
        marks = marks.indices.filter { $0 % 2 == 1 }.map { marks[$0] }
        step *= 2
        sinceKept = 0
    }

    /// Moves the place to what is settled.
    /// - Returns: whether it has moved.
    mutating func settle() -> Bool {
        var done = 0
        var (counted, count): ((any FileOrigin)?, UInt64) = (nil, 0)
        for mark in marks {
            if counted !== mark.handle { (counted, count) = (mark.handle, mark.handle.settledCount) }
            guard mark.records <= count else { break }
            done += 1
        }
        guard done > 0 else { return false }
        settled = marks[done - 1].offset
        proof = marks[done - 1].proof
        marks.removeFirst(done)
        return true
    }
}

/// One file that is followed, whatever its name is now. Belongs to its follower's thread.
final class FollowedFile {
    /// What is done with it at its turn.
    enum Role {
        /// It is read.
        case read
        /// It holds no lines: left out until its content is another.
        case leftOut
        /// The patterns do not mean it any more: what was read of it is settled.
        case retired
    }

    let identity: FileIdentity
    /// When it was made; 0 = not known.
    var born: Int64
    /// Its name now, as far as is known.
    var path: FilePath
    var reading: Reading
    /// -1 while it is closed.
    var descriptor: Int32 = -1
    var role = Role.read

    /// Its size when it was last looked at.
    var size: UInt64 = 0
    /// Its size when its bytes were last seen to be those that are read: less once it is truncated says what was lost.
    var extent: UInt64 = 0
    /// When its bytes had last changed then, ns.
    var modified: Int64 = 0
    /// When its last bytes came, or it lost its name; ns of the monotonic clock.
    var lastProgress: Int64
    /// When its last bytes came, Unix time in ns; 0 = not in this process.
    var lastRead: Int64 = 0
    /// Its last turn's number.
    var lastTurn: UInt64 = 0

    /// How many of the patterns' names lead to it.
    var nameCount = 0
    /// Another file has taken its name, or it has none any more: it is read to its end, and its last line needs no end
    /// once it has been quiet for a while.
    var isRotatedAway = false
    /// It has no name at all: once it is closed, it is gone.
    var isDeleted = false
    /// Rotated, read to its end and given up; looked at now and then for late lines.
    var isOver = false
    /// It may have bytes that are not read.
    var hasNews = false
    /// It is among those that have turns.
    var isActive = false
    /// When it was opened again, its name and number were another file's.
    var isReplaced = false
    /// Its first bytes were looked at: it is text, and no copy of another file.
    var isExamined = false
    /// It was there before reading began, so that it is no copy of what was read since.
    var isOfFirstLook = false
    /// The file whose name this one has taken: read to its end first.
    var predecessor: FollowedFile?
    /// A read of it failed, and that was said.
    var hasFailed = false

    let isStandardInput: Bool

    init(
        path: FilePath, identity: FileIdentity, born: Int64, reading: Reading, now: Int64, isStandardInput: Bool = false
    ) {
        self.path = path
        self.identity = identity
        self.born = born
        self.reading = reading
        self.isStandardInput = isStandardInput
        lastProgress = now
    }

    deinit { close() }

    /// Gives the descriptor back; what was read of an unended line is read again.
    func close() {
        guard descriptor >= 0, !isStandardInput else { return }
        Glibc.close(descriptor)
        descriptor = -1
        reading.line.forgetHeld()
    }

    /// Whether all that it has been seen to hold is read.
    var isAtEnd: Bool { reading.line.offset >= size }

    /// The place to keep.
    var place: FilePlace {
        FilePlace(
            file: identity, born: born, path: path, offset: reading.settled, proof: reading.proof, seen: reading.seen,
            origin: reading.origin, standing: standing)
    }

    private var standing: PlaceStanding {
        if role == .retired { return .retired }
        return nameCount == 0 && isRotatedAway ? .rotated : .named
    }

    /// The name that its descriptor has now; nil when it is closed or has none.
    func currentPath() -> FilePath? {
        guard descriptor >= 0 else { return nil }
        return withUnsafeTemporaryAllocation(byteCount: Int(PATH_MAX), alignment: 1) { text in
            let count = readlink(
                "/proc/self/fd/\(descriptor)", text.baseAddress!.assumingMemoryBound(to: CChar.self), text.count)
            guard count > 0 else { return nil }
            let path = FilePath(bytes: text[..<count])
            return path.status().map(FileIdentity.init) == identity ? path : nil
        }
    }
}

/// How far one file is read, for who asks from outside.
public struct FileLag: Sendable, Equatable {
    /// Its name.
    public var path: FilePath
    /// Bytes in it.
    public var size: UInt64
    /// Bytes read from its start.
    public var position: UInt64
    /// Bytes delivered from its start.
    public var settled: UInt64
    /// When its last bytes came, Unix time in ns; 0 = none in this process.
    public var lastProgress: Int64

    /// Bytes that wait to be read.
    public var unread: UInt64 { size > position ? size - position : 0 }
}
