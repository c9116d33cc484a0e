import Base
import Glibc
import Logging

/// Files that came and went between two looks: made under a name, and renamed before anybody had looked at it there. Two
/// rotations in a row make one, while the service is down or is not given a processor.
extension FileFollower {
    /// Follows what had a name between two files that had it, in the order in which they were made.
    /// - Parameters:
    ///   - born: when the earlier one was made; 0 = not known, and nothing is looked for.
    ///   - read: what was read of the earlier one: a copy of it is none of them.
    ///   - earlier: the earlier one, which is read first.
    ///   - next: the file that has the name now.
    func followMissed(
        of name: FilePath, since born: Int64, _ read: SeenContent?, _ earlier: FollowedFile?, _ next: FollowedFile?
    ) {
        guard settings.follow, born > 0, next.map({ $0.born >= born }) ?? true else { return }
        var missed = missed(of: name, bornAfter: born, before: next?.born ?? .max, unlike: read)
        missed.sort { $0.born < $1.born }
        var last = earlier
        for one in missed {
            let file = followRotated(one.opened, one.path, before: name)
            file.predecessor = last
            last = file
        }
    }

    private func missed(
        of name: FilePath, bornAfter: Int64, before: Int64, unlike read: SeenContent?
    ) -> [(opened: OpenedFile, path: FilePath, born: Int64)] {
        let directory = name.directory
        var found: [(opened: OpenedFile, path: FilePath, born: Int64)] = []
        for entry in Directory.entries(of: directory) ?? [] {
            let path = directory.appending(entry.name)
            guard Self.isRotated(path, of: name), !ContentKind.isCompressed(path), !names.names.contains(path),
                let status = path.status(), status.isRegular, files[FileIdentity(status)] == nil,
                places?.waiting[FileIdentity(status)] == nil, let opened = openIfPossible(path)
            else { continue }
            let born = FileIdentity.birth(of: opened.descriptor)
            // The system notes the tick of its clock: files of one tick are made at one time.
            if born >= bornAfter, born <= before, files[opened.identity] == nil, !opened.isCopy(of: read) {
                found.append((opened, path, born))
            } else {
                close(opened.descriptor)
            }
        }
        return found
    }

    /// Whether a name is one that a rotation gives: `app.log.1`, `app.log-20261127`, `app-1.log`, `app.2026-11-27.log`.
    static func isRotated(_ path: FilePath, of original: FilePath) -> Bool {
        let (name, own) = (path.name, original.name)
        let separators = Array(".-_~".utf8)
        if name.count > own.count, name.starts(with: own) {
            // `mail.err` is another file than `mail`, and no rotation of it.
            let rest = name[own.count...]
            return separators.contains(rest.first!)
                && (rest.contains { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
                    || rest.elementsEqual("~".utf8)
                    || ["old", "bak", "orig"].contains { rest.dropFirst().elementsEqual($0.utf8) })
        }
        guard let dot = own.lastIndex(of: UInt8(ascii: ".")), dot > 0, name.count > own.count,
            name.starts(with: own[..<dot]),
            name.suffix(own.count - dot).elementsEqual(own[dot...])
        else { return false }
        let middle = name[dot..<(name.count - (own.count - dot))]
        return separators.contains(middle.first!)
            && middle.contains { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}

extension OpenedFile {
    /// Whether it begins with the bytes that were read of another file, as far as it goes.
    func isCopy(of read: SeenContent?) -> Bool {
        // So few may well be the same in every file: read twice rather than never.
        guard let read, read.count >= Fingerprint.tailSize else { return false }
        if status.byteCount >= read.count { return read.proof.holds(for: descriptor, at: read.count) }
        // Made while that one was shorter. What is shorter than the proof's head cannot be told.
        let head = UInt64(read.proof.headCount)
        return status.byteCount >= head && Fingerprint(of: descriptor, at: head)?.proof.head == read.proof.head
    }
}
