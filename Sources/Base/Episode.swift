/// Something that happens again and again, said once when it begins and once when it is over, however often it happens in
/// between: refused connections, rejected datagrams.
///
/// It is looked at from time to time (once a second, say) with a count that only grows. Nothing is said more often than
/// once in ten seconds; what lasts is said again every minute, so that a long silence always means that all is well.
public struct Episode: Sendable {
    /// What there is to say.
    public enum Report: Sendable, Equatable {
        /// It has happened so often since it was last said to be over.
        case began(count: UInt64)
        /// It goes on: so often since it began, so many seconds ago.
        case goesOn(count: UInt64, seconds: Int)
        /// It has not happened for ten seconds: so often in all, for so many seconds.
        case ended(count: UInt64, seconds: Int)
    }

    /// Seconds without a further event after which an episode is over, and the least between two reports.
    public static let quiet = 10
    /// Seconds between the reports of an episode that lasts.
    public static let reminder = 60

    private struct Course {
        let start: Int
        let countBefore: UInt64
        var lastSeen: Int
        var isSaid = false
    }

    private var total: UInt64 = 0
    private var course: Course?
    private var lastReport = Int.min

    /// Nothing has happened yet.
    public init() {}

    /// Looks at the count.
    /// - Parameters:
    ///   - count: how often it has happened since the process began.
    ///   - now: seconds of a clock that never goes back.
    /// - Returns: what is to be said now, nil for nothing.
    public mutating func observe(_ count: UInt64, now: Int) -> Report? {
        let before = total
        total = max(before, count)
        if total > before {
            if course == nil { course = Course(start: now, countBefore: before, lastSeen: now) }
            course?.lastSeen = now
        }
        guard let course else { return nil }
        let report = due(course, hasGrown: total > before, now)
        guard let report else { return nil }
        lastReport = now
        self.course?.isSaid = true
        if case .ended = report { self.course = nil }
        return report
    }

    private func due(_ course: Course, hasGrown: Bool, _ now: Int) -> Report? {
        let count = total - course.countBefore
        let (silence, overflow) = now.subtractingReportingOverflow(lastReport)
        guard overflow || silence >= Self.quiet else { return nil }
        if now - course.lastSeen >= Self.quiet {
            return .ended(count: count, seconds: course.lastSeen - course.start)
        }
        if !course.isSaid { return .began(count: count) }
        return hasGrown && silence >= Self.reminder ? .goesOn(count: count, seconds: now - course.start) : nil
    }
}
