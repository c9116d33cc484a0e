import Base
import Spool

/// What a file was seen to hold: it proves the file even while nothing of it is delivered.
public struct SeenContent: Sendable, Equatable, Codable {
    /// Bytes from its start.
    var count: UInt64
    /// What shows that it still holds them.
    var proof: PlaceProof

    /// All that an open file holds now; nil when it holds nothing.
    init?(of descriptor: Int32, size: UInt64) {
        guard size > 0, let now = Fingerprint(of: descriptor, at: size) else { return nil }
        self.init(count: size, proof: now.proof)
    }

    init(count: UInt64, proof: PlaceProof) {
        self.count = count
        self.proof = proof
    }

    func holds(for descriptor: Int32, size: UInt64) -> Bool {
        count <= size && proof.holds(for: descriptor, at: count)
    }
}

/// What a file was to its listener when its place was kept.
enum PlaceStanding: String, Sendable, Codable {
    /// The patterns named it.
    case named
    /// It was renamed and is read to its end, whatever its name is.
    case rotated
    /// The patterns did not mean it any more: its place is kept, and it is not read.
    case retired
}

/// How far one file has been delivered, and what shows that it is still that file.
public struct FilePlace: Sendable, Equatable {
    /// Which file.
    public var file: FileIdentity
    /// When it was made, ns of Unix time; 0 = not known.
    public var born: Int64
    /// Its name when it was last seen.
    public var path: FilePath
    /// Bytes delivered from its start.
    public var offset: UInt64
    /// What shows that a file with this identity is still the one; nil in places that version 1 kept.
    public var proof: PlaceProof?
    /// What was read of it when the place was kept, which may be more: what the spool has of it is believed with this.
    public var seen: SeenContent?
    /// Its content's number, by which records in the spool name it.
    public var origin: OriginIdentity
    /// What it was then; nil in places that were kept before this was noted.
    var standing: PlaceStanding?

    init(
        file: FileIdentity, born: Int64, path: FilePath, offset: UInt64, proof: PlaceProof?, seen: SeenContent? = nil,
        origin: OriginIdentity, standing: PlaceStanding? = nil
    ) {
        self.file = file
        self.born = born
        self.path = path
        self.offset = offset
        self.proof = proof
        self.seen = seen
        self.origin = origin
        self.standing = standing
    }

    /// Whether an open file is the one whose place this is: it has the content that stood before the place.
    func holds(for descriptor: Int32, size: UInt64, born: Int64) -> Bool {
        if self.born != 0, born != 0, self.born != born { return false }
        guard offset <= size else { return false }
        return proof?.holds(for: descriptor, at: offset) ?? true
    }
}
