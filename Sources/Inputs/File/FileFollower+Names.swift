import Base
import Glibc
import Logging
import Spool

/// Which files there are, and what became of their names.
extension FileFollower {
    /// Looks at every name that the patterns give, and at the files that have lost theirs.
    func look() {
        if names.refresh(now: SystemClock.realTime) { takeNames() }
        for name in watched { look(at: name) }
        // A single pass over what is there now has no use for what is not.
        for pattern in names.empty {
            complaints.say(
                FilePath(pattern.text), settings.follow ? "no such file yet: waiting for it" : "no such file",
                level: settings.follow ? .warning : .error, now: now)
            if isFirstLook { fail(InputError(place: pattern.text, operation: "find a file for")) }
        }
        if isFirstLook, settings.follow { findLostPlaces() }
        for file in rotated { lookAtRotated(file) }
        isFirstLook = false
        isFirstLookSinceUse = false
    }

    private func takeNames() {
        var old = Dictionary(uniqueKeysWithValues: watched.map { ($0.path, $0) })
        watched = names.names.map { old.removeValue(forKey: $0) ?? Watched($0) }
        for gone in old.values {
            guard let file = gone.file else { continue }
            guard gone.path.status().map(FileIdentity.init) == file.identity else {
                loseName(gone, file)
                continue
            }
            file.nameCount -= 1
            if file.nameCount == 0 { retire(file) }
        }
    }

    /// The patterns do not mean it any more.
    private func retire(_ file: FollowedFile) {
        file.role = .retired
        file.hasNews = false
        rotated.removeAll { $0 === file }
        if loaded !== file { closeFile(file) }
    }

    // MARK: One name

    private func look(at name: Watched) {
        guard let status = name.path.status() else {
            let code = errno
            // What cannot be asked now may be there all the same.
            guard code == ENOENT || code == ENOTDIR else {
                refuse(name.path, .system(code))
                return
            }
            if let file = name.file { loseName(name, file) }
            return
        }
        let identity = FileIdentity(status)
        if let file = name.file {
            if file.identity == identity {
                note(file, status)
                return
            }
            loseName(name, file)
        }
        if let file = files[identity] {
            attach(name, file)
            note(file, status)
        } else if !status.isRegular {
            refuse(name.path, .notRegular)
        } else if ContentKind.isCompressed(name.path) {
            leaveOut(name.path, "compressed, as its name says: left out")
        } else {
            begin(name)
        }
    }

    /// Another look at a file that is known.
    private func note(_ file: FollowedFile, _ status: stat) {
        let isChanged = file.size != status.byteCount || file.modified != status.modified
        // One that was not examined may wait to be known as a copy; one that failed may be readable again.
        let isWaiting = file.hasFailed || (!file.isExamined && file.size > 0 && file.role == .read)
        guard isChanged || isWaiting else { return }
        file.size = status.byteCount
        file.modified = status.modified
        if file.role == .leftOut {
            // Its content may be another now.
            file.role = .read
            file.isExamined = false
        }
        activate(file)
        hold(file)
        noteExtent(of: file)
    }

    /// A size is believed of the content that is being read only while that stands there still.
    private func noteExtent(of file: FollowedFile) {
        guard file.descriptor >= 0, loaded !== file, !file.isReplaced, file.size > file.reading.line.offset else {
            return
        }
        let line = file.reading.line
        if line.consumed.isTail(of: file.descriptor, before: line.position) { file.extent = file.size }
    }

    /// Opens a closed file that has bytes to be read: its turn may be long in coming while another file's lines are
    /// blocked, and one that is compressed or deleted before it is gone with them. No other is closed for it here.
    private func hold(_ file: FollowedFile) {
        guard file.descriptor < 0, file.role == .read, file.hasNews, open.count < settings.openFiles else { return }
        _ = makeOpen(file)
    }

    func activate(_ file: FollowedFile) {
        guard file.role == .read, !file.isStandardInput else { return }
        file.isOver = false
        file.hasNews = true
        if file.isRotatedAway, !rotated.contains(where: { $0 === file }) { rotated.append(file) }
        guard !file.isActive else { return }
        file.isActive = true
        active.append(file)
    }

    private func attach(_ name: Watched, _ file: FollowedFile) {
        name.file = file
        file.nameCount += 1
        file.path = name.path
        if let reason = complaints.settle(name.path), reason.hasPrefix("cannot open") {
            logger.notice("file: it can be opened now", metadata: ["path": "\(name.path)"])
        }
        if name.lost === file {
            // It was away for a moment, and is no rotated one.
            file.isRotatedAway = false
            rotated.removeAll { $0 === file }
        }
        name.lost = nil
        guard file.role == .retired else { return }
        file.role = .read
        activate(file)
    }

    private func loseName(_ name: Watched, _ file: FollowedFile) {
        name.file = nil
        name.lost = file
        file.nameCount -= 1
        guard file.nameCount == 0 else { return }
        news.write(.info, "file rotated", ["path": "\(name.path)"], now: now)
        // It holds no lines to be read to the end: its descriptor would keep a deleted file's blocks for ever.
        if file.role == .leftOut {
            forget(file)
            return
        }
        file.isRotatedAway = true
        file.lastProgress = now
        activate(file)
    }

    private func refuse(_ path: FilePath, _ refusal: OpenedFile.Refusal) {
        complaints.say(path, refusal.text, now: now)
        switch refusal {
        case .system(let code): fail(InputError(place: "\(path)", operation: "open", errno: code))
        case .notRegular, .foreignLink:
            // What a glob happens to match is no failure.
            guard names.isNamed(path) else { return }
            fail(InputError(place: "\(path)", operation: "read what is \(refusal.text) (use - for a pipe):"))
        }
    }

    /// - Parameter isText: it would have lines for somebody who reads its encoding.
    func leaveOut(_ path: FilePath, _ reason: String, isText: Bool = false) {
        let isMissed = isText || names.isNamed(path)
        complaints.say(path, reason, level: isMissed ? .warning : .notice, now: now)
        guard isMissed else { return }
        fail(InputError(place: "\(path)", operation: "read (\(reason))"))
    }

    // MARK: A new file

    private func begin(_ name: Watched) {
        let opened: OpenedFile
        do throws(OpenedFile.Refusal) {
            opened = try openFile(name.path)
        } catch {
            refuse(name.path, error)
            return
        }
        if let said = complaints.settle(name.path), said.hasPrefix("cannot open") {
            logger.notice("file: it can be opened now", metadata: ["path": "\(name.path)"])
        }
        // Between two looks the name may have passed to another file: the open one counts.
        if let file = files[opened.identity] {
            close(opened.descriptor)
            attach(name, file)
            return
        }
        let file = follow(opened, name.path)
        let lost = name.lost
        file.predecessor = lost
        attach(name, file)
        if let lost { followMissed(of: name.path, since: lost.born, lost.reading.seen, lost, file) }
    }

    private func follow(_ opened: OpenedFile, _ path: FilePath) -> FollowedFile {
        let born = FileIdentity.birth(of: opened.descriptor)
        let file = FollowedFile(
            path: path, identity: opened.identity, born: born, reading: start(opened, path, born), now: now)
        file.size = opened.status.byteCount
        file.modified = opened.status.modified
        file.extent = file.size
        file.isOfFirstLook = isFirstLook
        noteContent(of: file, opened.descriptor)
        file.descriptor = opened.descriptor
        open.append(file)
        files[opened.identity] = file
        if !file.reading.isSettled { unsettled.append(file) }
        isDirty = true
        isUrgent = true
        activate(file)
        news.write(
            .info, "reading file",
            ["path": "\(path)", "offset": "\(file.reading.line.position)", "size": "\(file.size)"], now: now)
        return file
    }

    /// Notes what a file holds before its first line is read, to be saved before that.
    func noteContent(of file: FollowedFile, _ descriptor: Int32) {
        guard places != nil, file.reading.seen == nil else { return }
        file.reading.first = SeenContent(of: descriptor, size: file.size)
        guard file.reading.first != nil else { return }
        isDirty = true
        isUrgent = true
    }

    /// Where a file is begun.
    private func start(_ opened: OpenedFile, _ path: FilePath, _ born: Int64) -> Reading {
        if let place = places?.take(opened.identity, path) {
            if let reading = goOn(place, opened) ?? resume(place, opened, born) { return reading }
            logger.notice(
                "file: not the one whose place is known, as after a truncation or in another file's inode; it is read from its beginning",
                metadata: ["path": "\(path)", "place": "\(place.offset)"])
            past.append(PastReading(place))
            return Reading(origin: .random(), line: LineState())
        }
        let end = isToBeginAtEnd(path) ? endOfLines(opened.descriptor, opened.status.byteCount) : 0
        let consumed = Fingerprint(of: opened.descriptor, at: end)
        return Reading(
            origin: .random(), line: LineState(position: consumed == nil ? 0 : end, consumed: consumed ?? Fingerprint())
        )
    }

    /// Goes on where a listener that a reload took out has stopped reading, whose lines may be pending still.
    private func goOn(_ place: FilePlace, _ opened: OpenedFile) -> Reading? {
        guard let reading = places?.takePending(place.origin) else { return nil }
        let line = reading.line
        guard line.position <= opened.status.byteCount,
            line.consumed.isTail(of: opened.descriptor, before: line.position)
        else { return nil }
        return reading
    }

    private func resume(_ place: FilePlace, _ opened: OpenedFile, _ born: Int64) -> Reading? {
        let size = opened.status.byteCount
        let isSeen = place.seen.map { $0.holds(for: opened.descriptor, size: size) }
        guard place.holds(for: opened.descriptor, size: size, born: born), isSeen != false || place.offset > 0 else {
            return nil
        }
        var offset = place.offset
        // What the spool has of it counts as read, once the file is known to hold what was read of it.
        if let spooled = recovered[place.origin], spooled > offset, spooled <= size, isSeen == true {
            offset = spooled
        }
        guard let consumed = Fingerprint(of: opened.descriptor, at: offset) else { return nil }
        // Cut behind its place: what the spool has of it says nothing of what comes now.
        let origin = isSeen == false ? .random() : place.origin
        return Reading(origin: origin, line: LineState(position: offset, consumed: consumed))
    }

    /// `start-at: end` is for files that were there when their pattern came.
    private func isToBeginAtEnd(_ path: FilePath) -> Bool {
        guard !settings.fromBeginning, isFirstLook || isFirstLookSinceUse else { return false }
        return settings.paths.contains { pattern in
            !formerPaths.contains(pattern) && places?.knows(pattern) != true && names.names(of: pattern).contains(path)
        }
    }

    /// The place behind the last line that has an end, as far as the longest line goes back.
    private func endOfLines(_ descriptor: Int32, _ size: UInt64) -> UInt64 {
        let count = Int(min(size, UInt64(settings.maximumLine)))
        var bytes = [UInt8](repeating: 0, count: count)
        guard count > 0, pread(descriptor, &bytes, count, off_t(clamping: size) - off_t(count)) == count,
            let last = bytes.lastIndex(of: 10)
        else { return size }
        return size - UInt64(count - last - 1)
    }

    // MARK: Files without their names

    /// Files that were renamed while nobody looked: they lie in their directory under another name.
    private func findLostPlaces() {
        guard let lost = places?.waiting.values else { return }
        for place in lost.sorted(by: { $0.offset < $1.offset }) { find(place) }
        for reading in past { findCopy(reading) }
    }

    private func find(_ place: FilePlace) {
        let directory = place.path.directory
        if isNotMeant(place) {
            leave(place)
        } else if let path = Directory.findNear(place.file, directory), !ContentKind.isCompressed(path) {
            guard let opened = openIfPossible(path) else { return }
            let file = followRotated(opened, path, before: place.path)
            findMissed(after: place, file)
        } else if Directory.hasLost(place.file, place.path) {
            places?.forget(place.file)
            isDirty = true
            let isMissed = watched.contains { $0.path == place.path } || names.isNamed(place.path)
            news.write(
                isMissed ? .warning : .info, "file is gone: what came into it behind its place was not read",
                ["path": "\(place.path)", "place": "\(place.offset)"], now: now)
            findMissed(after: place, nil)
        }
    }

    private func findMissed(after place: FilePlace, _ file: FollowedFile?) {
        guard place.standing != .rotated, let name = watched.first(where: { $0.path == place.path }) else { return }
        followMissed(
            of: name.path, since: place.born,
            place.seen ?? place.proof.map { SeenContent(count: place.offset, proof: $0) }, file, name.file)
    }

    /// Whether the configuration has left out, since its place was kept, the name that a file had. One that was rotated
    /// is read to its end all the same, whatever its new name is.
    private func isNotMeant(_ place: FilePlace) -> Bool {
        switch place.standing {
        case .retired: true
        case .named: names.isExcluded(place.path) || places?.isRemoved(place.path) == true
        case .rotated, nil: false
        }
    }

    /// Keeps the place of a file that is not meant any more, for as long as there is the file.
    private func leave(_ place: FilePlace) {
        if Directory.find(place.file, in: place.path.directory) == nil, Directory.hasLost(place.file, place.path) {
            places?.forget(place.file)
            isDirty = true
        } else if place.standing != .retired {
            places?.retire(place.file)
            isDirty = true
            news.write(
                .info, "file is not meant by the paths any more: it is read no further, and its place is kept",
                ["path": "\(place.path)", "place": "\(place.offset)"], now: now)
        }
    }

    /// Follows a file under a name that the patterns do not give.
    @discardableResult
    func followRotated(_ opened: OpenedFile, _ path: FilePath, before name: FilePath) -> FollowedFile {
        let file = follow(opened, path)
        file.isRotatedAway = true
        rotated.append(file)
        watched.first { $0.path == name }?.file?.predecessor = file
        return file
    }

    private func lookAtRotated(_ file: FollowedFile) {
        if file.nameCount == 0 { lookAtNameless(file) }
        if file.role == .leftOut, file.nameCount == 0 {
            forget(file)
            return
        }
        let quiet = now - file.lastProgress
        if !file.isOver, quiet >= Int64(settings.rotatedSeconds) * Self.second { activate(file) }
        if file.isOver, file.nameCount == 0, quiet >= Int64(settings.lateHours) * 3600 * Self.second { letGo(file) }
        if file.isOver, file.nameCount > 0 { rotated.removeAll { $0 === file } }
    }

    private func lookAtNameless(_ file: FollowedFile) {
        var status = stat()
        if file.descriptor >= 0 {
            guard fstat(file.descriptor, &status) == 0 else { return }
            if status.st_nlink == 0, !file.isDeleted {
                news.write(.info, "file deleted", ["path": "\(file.path)"], now: now)
                file.isDeleted = true
                isDirty = true
            }
            if let path = file.currentPath() { file.path = path }
        } else {
            guard let found = file.path.status(), FileIdentity(found) == file.identity else {
                findAgain(file)
                return
            }
            status = found
        }
        note(file, status)
    }

    /// A closed file has lost its name: it has another one, or is gone.
    private func findAgain(_ file: FollowedFile) {
        if let path = Directory.findNear(file.identity, file.path.directory), !ContentKind.isCompressed(path) {
            file.path = path
            // At once: a renamed file is often compressed in the next moment.
            if let status = path.status(), FileIdentity(status) == file.identity { note(file, status) }
            hold(file)
            return
        }
        file.isOver = true
        guard Directory.hasLost(file.identity, file.path) else {
            letGo(file)
            return
        }
        file.isDeleted = true
        sayGone(file)
        forget(file)
    }

    /// A closed file is gone: with what it was seen to hold behind its place, which nobody can read now.
    private func sayGone(_ file: FollowedFile) {
        let position = file.reading.line.position
        guard file.role == .read, file.size > position else {
            news.write(.info, "file deleted", ["path": "\(file.path)"], now: now)
            return
        }
        news.write(
            .warning, "file is gone: what came into it behind its place was not read",
            ["path": "\(file.path)", "place": "\(position)", "bytes": "\(file.size - position)"], now: now)
    }

    // MARK: Leaving

    /// A file that is not looked at any more; its place stays.
    private func letGo(_ file: FollowedFile) {
        guard file.reading.isSettled else { return }
        places?.keep(file.place)
        forget(file)
    }

    func forget(_ file: FollowedFile) {
        if loaded === file { return }
        closeFile(file)
        if let handle = file.reading.handle { released.append(handle) }
        file.reading.handle = nil
        // Whoever waits for it to be read waits no longer.
        file.hasNews = false
        file.isActive = false
        files[file.identity] = nil
        rotated.removeAll { $0 === file }
        active.removeAll { $0 === file }
        isDirty = true
    }

    /// Gives back what is not used: files that are over or quiet, old lives.
    func tidy() {
        for file in Array(files.values) where file.role == .retired { letGo(file) }
        let quiet = Int64(settings.quietSeconds) * Self.second
        closeFiles { self.isIdle($0) && self.now - $0.lastProgress >= quiet }
        released += past.filter { now - $0.since > PastReading.life }.compactMap(\.reading.handle)
        past.removeAll { now - $0.since > PastReading.life }
    }

    private func closeFiles(_ isToBeClosed: (FollowedFile) -> Bool) {
        for file in open where isToBeClosed(file) {
            if let path = file.currentPath() { file.path = path }
            file.close()
        }
        open.removeAll { $0.descriptor < 0 }
    }

    /// Whether a file can be closed and opened again without losing anything.
    private func isIdle(_ file: FollowedFile) -> Bool {
        loaded !== file && !file.hasNews && (file.nameCount > 0 || file.isOver) && !file.isDeleted
    }

    func closeFile(_ file: FollowedFile) {
        file.close()
        open.removeAll { $0 === file }
    }

    /// Opens a name, and closes the files that were not read for longest where the limit is reached.
    func openFile(_ path: FilePath) throws(OpenedFile.Refusal) -> OpenedFile {
        if open.count >= settings.openFiles { closeSome() }
        do throws(OpenedFile.Refusal) {
            return try OpenedFile.open(path)
        } catch {
            guard error == .system(EMFILE) || error == .system(ENFILE), closeSome() else { throw error }
            return try OpenedFile.open(path)
        }
    }

    @discardableResult
    private func closeSome() -> Bool {
        let idle = open.filter { loaded !== $0 && !$0.isDeleted && ($0.nameCount > 0 || $0.currentPath() != nil) }
            .sorted { $0.lastTurn < $1.lastTurn }
        let some = idle.prefix(max(1, open.count / 8))
        if let last = some.last?.lastTurn {
            closeFiles { file in file.lastTurn <= last && some.contains { $0 === file } }
        }
        return !some.isEmpty
    }

    /// The same for a file that nobody has named: one that has gone meanwhile, or may not be read, is none.
    func openIfPossible(_ path: FilePath) -> OpenedFile? {
        do throws(OpenedFile.Refusal) {
            return try openFile(path)
        } catch {
            return nil
        }
    }
}
