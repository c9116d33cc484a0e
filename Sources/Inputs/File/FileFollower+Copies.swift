import Base
import Glibc
import Logging

/// One life of a file's content that a truncation has ended. `copytruncate` makes a copy before it truncates: the copy
/// has the same bytes under another name, and is read on from where the original was.
struct PastReading {
    let path: FilePath
    /// Where it was read to, with the proof of that.
    let offset: UInt64
    let proof: PlaceProof
    var reading: Reading
    let since: Int64

    /// A copy that was not found so long after, ns, will not be.
    static let life: Int64 = 300_000_000_000

    /// The life that has just ended.
    init(_ file: FollowedFile, now: Int64) {
        path = file.path
        reading = file.reading
        offset = file.reading.line.position
        proof = file.reading.line.consumed.proof
        since = now
    }

    /// One that ended while nobody looked.
    init(_ place: FilePlace) {
        path = place.path
        offset = place.offset
        proof = place.proof ?? .nothing
        reading = Reading(origin: place.origin, line: LineState(position: place.offset))
        since = SystemClock.monotonic
    }
}

extension FileFollower {
    /// Whether a file that begins is no copy of one that was read. One that may be a copy, because it begins as another
    /// file does that is still there, is left alone until that one is truncated or the copy has been quiet for a while.
    func isItsOwn(_ file: FollowedFile) -> Bool {
        if let index = past.firstIndex(where: { isCopy(file.path, file.descriptor, file.size, of: $0) }) {
            goOn(with: file, index)
            return true
        }
        guard !file.isOfFirstLook else { return true }
        let originals = files.values.filter { mayBeOriginal($0, of: file) }
        guard originals.contains(where: { isLike($0, file) }) else { return true }
        // Still being copied, or about to be truncated.
        let since = max(file.lastProgress, file.modified - SystemClock.realTime + now)
        guard now - since < Int64(settings.rotatedSeconds) * Self.second else { return true }
        file.hasNews = false
        return false
    }

    private func goOn(with file: FollowedFile, _ index: Int) {
        let old = past.remove(at: index)
        let consumed = Fingerprint(of: file.descriptor, at: old.offset)
        file.reading = old.reading
        file.reading.line = LineState(position: old.offset, consumed: consumed ?? Fingerprint())
        if !file.reading.isSettled { unsettled.append(file) }
        reader.load(file.reading.line)
        isDirty = true
        isUrgent = true
        news.write(
            .info, "file is a copy of one that was truncated: read on where that was",
            ["path": "\(file.path)", "original": "\(old.path)", "offset": "\(old.offset)"], now: now)
    }

    private func isCopy(_ path: FilePath, _ descriptor: Int32, _ size: UInt64, of old: PastReading) -> Bool {
        old.offset > 0 && size >= old.offset && Self.isRelated(path, to: old.path)
            && old.proof.holds(for: descriptor, at: old.offset)
    }

    /// Names of a file and of its copy: in one directory, the copy's begins as the file's does up to its first dot.
    static func isRelated(_ copy: FilePath, to original: FilePath) -> Bool {
        guard copy.directory == original.directory, copy != original else { return false }
        let stem = original.name.dropFirst().prefix { $0 != UInt8(ascii: ".") }
        return copy.name.starts(with: original.name.prefix(1) + stem)
    }

    private func mayBeOriginal(_ original: FollowedFile, of file: FollowedFile) -> Bool {
        original !== file && original.reading.line.position > 0 && Self.isRelated(file.path, to: original.path)
    }

    /// Whether a file begins as one that is followed does, or that one is being truncated at this moment.
    private func isLike(_ original: FollowedFile, _ file: FollowedFile) -> Bool {
        let isClosed = original.descriptor < 0
        guard let descriptor = isClosed ? reopened(original) : original.descriptor else { return false }
        defer { if isClosed { close(descriptor) } }
        let line = original.reading.line
        guard line.consumed.isTail(of: descriptor, before: line.position) else {
            // The next look sees its truncation.
            activate(original)
            return true
        }
        if file.size >= line.position { return line.consumed.proof.holds(for: file.descriptor, at: line.position) }
        return hasSameHead(descriptor, file.descriptor, Int(min(file.size, UInt64(Fingerprint.headSize))))
    }

    private func reopened(_ file: FollowedFile) -> Int32? {
        guard let opened = openIfPossible(file.path) else { return nil }
        guard opened.identity == file.identity else {
            close(opened.descriptor)
            return nil
        }
        return opened.descriptor
    }

    private func hasSameHead(_ one: Int32, _ other: Int32, _ count: Int) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 2 * count, alignment: 16) { bytes in
            let second = bytes.baseAddress! + count
            return pread(one, bytes.baseAddress!, count, 0) == count && pread(other, second, count, 0) == count
                && memcmp(bytes.baseAddress!, second, count) == 0
        }
    }

    /// What became of the copy of a file that was truncated.
    enum Copy {
        /// It is read on, now or at its turn, or holds nothing more.
        case found
        /// There is none, but one that has just been compressed.
        case compressed
        case none
    }

    /// Looks for the copy of a file that was truncated, under a name that no pattern gives or that nobody has looked at.
    @discardableResult
    func findCopy(_ old: PastReading) -> Copy {
        let directory = old.path.directory
        var result = Copy.none
        for entry in Directory.entries(of: directory) ?? [] {
            let path = directory.appending(entry.name)
            guard Self.isRelated(path, to: old.path), let status = path.status(), status.isRegular else { continue }
            guard !ContentKind.isCompressed(path) else {
                if isRecent(status) { result = .compressed }
                continue
            }
            let known = files[FileIdentity(status)]
            // One that was examined is another file.
            guard known == nil || known?.isExamined == false && known?.role == .read, let opened = openIfPossible(path)
            else { continue }
            if isCopy(path, opened.descriptor, opened.status.byteCount, of: old) {
                // One that holds no more than was read needs no reading; a pattern may still give its name.
                if known == nil, opened.status.byteCount > old.offset || !old.reading.isSettled {
                    followRotated(opened, path, before: old.path)
                } else {
                    close(opened.descriptor)
                }
                return .found
            }
            close(opened.descriptor)
        }
        return result
    }

    /// Whether a file was made, renamed or written since shortly before the last look.
    private func isRecent(_ status: stat) -> Bool {
        SystemClock.realTime - status.changed < Int64(settings.pollMilliseconds) * 1_000_000 + 2 * Self.second
    }
}
