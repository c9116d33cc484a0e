import Base
import Glibc
import Logging
import Spool
import Synchronization

/// Reading one file for a while.
extension FileFollower {
    func openStandardInput() {
        guard settings.paths.contains("-"), input == nil else { return }
        let file = FollowedFile(
            path: FilePath("-"), identity: FileIdentity(device: 0, inode: 0), born: 0,
            reading: Reading(origin: .random(), line: LineState()), now: now, isStandardInput: true)
        file.descriptor = STDIN_FILENO
        file.isExamined = true
        input = file
        file.hasNews = true
        file.isActive = true
        active.append(file)
    }

    /// One read of a file, and the lines that came of it.
    func turn<Sink: FileSink>(_ file: FollowedFile, _ sink: Sink) -> LineReader.Outcome {
        guard file.role == .read, !file.isOver, mayHaveTurn(file), makeOpen(file) else { return .end }
        turns += 1
        file.lastTurn = turns
        if loaded !== file { reader.load(file.reading.line) }
        loaded = file
        defer { if loaded === file, !reader.isBlocked { putBack(file) } }
        if file.isStandardInput {
            var ready = pollfd(fd: file.descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&ready, 1, 0) <= 0 { return .end }
        } else if !noticeTruncation(file, sink) {
            return .blocked
        } else if !isReadable(file) {
            // Saved first, read in the next round.
            return file.hasNews && isUrgent ? .progress : .end
        }
        let origin = handle(of: file, sink)
        let outcome = reader.read(from: file.descriptor, isSeekable: !file.isStandardInput) { line, isCut, position in
            sink.receive(line: line, isTruncated: isCut, origin: origin, position: position)
        }
        return conclude(file, outcome, origin, sink)
    }

    private func putBack(_ file: FollowedFile) {
        reader.store(into: &file.reading.line)
        loaded = nil
    }

    private func handle<Sink: FileSink>(of file: FollowedFile, _ sink: Sink) -> Sink.Origin {
        if let handle = file.reading.handle { return handle as! Sink.Origin }
        let new = sink.open(file.reading.origin, at: file.reading.line.position)
        file.reading.handle = new
        return new
    }

    private func conclude<Sink: FileSink>(
        _ file: FollowedFile, _ outcome: LineReader.Outcome, _ origin: Sink.Origin, _ sink: Sink
    ) -> LineReader.Outcome {
        sayNULs(file)
        var outcome = outcome
        switch outcome {
        case .progress:
            file.lastProgress = now
            file.lastRead = SystemClock.realTime
            file.hasFailed = false
        case .failed(let code):
            sayFailure(file, code)
            if file.isStandardInput {
                // It is not opened again, and would be readable without an end.
                mark(file, origin)
                end(file)
                return .end
            }
        case .end:
            file.predecessor = nil
            if isAtLast(file) {
                guard finish(file, origin, sink) else {
                    outcome = .blocked
                    break
                }
                mark(file, origin)
                end(file)
                return .end
            }
            file.hasNews = false
        case .blocked: break
        }
        mark(file, origin)
        return outcome
    }

    private func sayFailure(_ file: FollowedFile, _ code: Int32) {
        complaints.say(file.path, "cannot read: " + SystemError.text(of: code), now: now)
        fail(InputError(place: "\(file.path)", operation: "read", errno: code))
        // A followed file is tried again at the next look: a network file system may come back.
        file.hasFailed = settings.follow
        file.hasNews = false
    }

    private func sayNULs(_ file: FollowedFile) {
        let count = reader.takeSkipped()
        guard count > 0 else { return }
        published.withLock { $0.skippedNULs += count }
        news.write(
            .warning, "file: a block of NUL bytes was skipped; a crash has left them in the place of lines",
            ["path": "\(file.path)", "bytes": "\(count)", "offset": "\(reader.position)"], now: now)
    }

    /// Notes how far the file is read; the place moves there when all of it is settled.
    private func mark(_ file: FollowedFile, _ origin: some FileOrigin) {
        guard places != nil, !file.isStandardInput else { return }
        let wasSettled = file.reading.isSettled
        file.reading.mark(origin, offset: reader.position, proof: reader.consumed.proof)
        if wasSettled, !file.reading.isSettled { unsettled.append(file) }
    }

    /// Whether a file that has no more bytes now will have none later.
    private func isAtLast(_ file: FollowedFile) -> Bool {
        if file.isStandardInput || !settings.follow { return true }
        return file.isRotatedAway && now - file.lastProgress >= Int64(settings.rotatedSeconds) * Self.second
    }

    /// Offers the last line of a file, which has no end. False when there is no room for it.
    private func finish<Sink: FileSink>(_ file: FollowedFile, _ origin: Sink.Origin, _ sink: Sink) -> Bool {
        reader.finish { line, isCut, position in
            sink.receive(line: line, isTruncated: isCut, origin: origin, position: position)
        }
    }

    private func end(_ file: FollowedFile) {
        file.isOver = true
        file.hasNews = false
        guard !file.isStandardInput else { return }
        putBack(file)
        if let path = file.currentPath() { file.path = path }
        // At once: the next file may get its number.
        if file.isDeleted { forget(file) } else { closeFile(file) }
    }

    // MARK: Before a read

    /// Whether its bytes may be read now: not before those of the file whose name it has taken, and not while it may be
    /// the copy of another.
    private func mayHaveTurn(_ file: FollowedFile) -> Bool {
        if loaded === file || file.isStandardInput { return true }
        if let predecessor = file.predecessor {
            if predecessor.hasNews, predecessor.role == .read { return false }
            file.predecessor = nil
        }
        return true
    }

    /// Opens a file under its name, unless it is open.
    func makeOpen(_ file: FollowedFile) -> Bool {
        if file.descriptor >= 0 { return true }
        do throws(OpenedFile.Refusal) {
            let opened = try openFile(file.path)
            guard opened.identity == file.identity else {
                // Its name has passed on; the next look finds where it is.
                close(opened.descriptor)
                file.hasNews = false
                return false
            }
            file.descriptor = opened.descriptor
            open.append(file)
            let born = FileIdentity.birth(of: opened.descriptor)
            // It may be closed once more before its turn.
            file.isReplaced = file.isReplaced || born != file.born
            file.born = born
            if complaints.settle(file.path) != nil {
                logger.notice("file: it can be opened now", metadata: ["path": "\(file.path)"])
            }
            return true
        } catch {
            if error != .system(ENOENT) { complaints.say(file.path, error.text, now: now) }
            fail(InputError(place: "\(file.path)", operation: "read what is gone or \(error.text):"))
            file.hasNews = false
            file.hasFailed = true
            return false
        }
    }

    /// Goes back to the start of a file that was cut. One that was cut and has grown beyond the old place since is known
    /// by other bytes before that place. False when there is no room for what was read of the old content.
    private func noticeTruncation(_ file: FollowedFile, _ sink: some FileSink) -> Bool {
        var status = stat()
        guard fstat(file.descriptor, &status) == 0 else { return true }
        file.size = status.byteCount
        file.modified = status.modified
        let isSame = reader.offset <= file.size && !file.isReplaced && reader.recognises(file.descriptor)
        if isSame {
            file.extent = file.size
            return true
        }
        if reader.hasUnendedLine {
            let origin = handle(of: file, sink)
            guard finish(file, origin, sink) else { return false }
            mark(file, origin)
        }
        let unread = file.extent - min(file.extent, reader.offset)
        beginAnew(file)
        sayTruncation(file, unread: unread)
        return true
    }

    /// What was not read of a truncated file may be in the copy that was made before, which is then read on. It is looked
    /// for in any case: of what came since the last look nobody knows.
    private func sayTruncation(_ file: FollowedFile, unread: UInt64) {
        let copy = settings.follow ? past.last.map { findCopy($0) } : nil
        if copy == .compressed {
            news.write(
                .warning,
                "file truncated, and its copy is compressed already: what came shortly before is not read "
                    + "(logrotate: delaycompress); reading from its start",
                ["path": "\(file.path)", "bytes": "\(unread)"], now: now)
        } else if unread == 0 || copy == .found {
            news.write(.info, "file truncated: reading from its start", ["path": "\(file.path)"], now: now)
        } else {
            news.write(
                .warning, "file truncated: what it held behind its place was not read; reading from its start",
                ["path": "\(file.path)", "bytes": "\(unread)"], now: now)
        }
    }

    private func beginAnew(_ file: FollowedFile) {
        reader.store(into: &file.reading.line)
        past.append(PastReading(file, now: now))
        file.reading = Reading(origin: .random(), line: LineState())
        file.isExamined = false
        file.extent = 0
        file.isReplaced = false
        file.isOfFirstLook = true
        unsettled.removeAll { $0 === file }
        isDirty = true
        isUrgent = true
        reader.load(file.reading.line)
    }

    /// Whether a file holds lines of its own, asked when its first bytes are there.
    private func isReadable(_ file: FollowedFile) -> Bool {
        if file.isExamined || file.size == 0 { return true }
        if reader.offset == 0 {
            let kind = ContentKind(of: file.descriptor)
            if let refusal = kind.refusal {
                leaveOut(file.path, refusal, isText: kind == .utf16)
                file.role = .leftOut
                file.hasNews = false
                return false
            }
            if settings.follow, !isItsOwn(file) { return false }
        }
        file.isExamined = true
        let wasKnown = file.reading.seen != nil || places == nil
        noteContent(of: file, file.descriptor)
        // The first lines wait until it is saved: a process that is killed then still knows the file.
        return wasKnown
    }
}
