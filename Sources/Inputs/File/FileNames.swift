import Base
import Glibc

/// Which names the patterns give now. Directories are read again only when their time of change says that a name in
/// them has come or gone, so that a look costs one `stat` a directory.
struct FileNames {
    private struct Known {
        let pattern: PathPattern
        var expansion: Expansion
        var expandedAt: Int64
        /// How long that took, ns.
        var cost: Int64 = 0
    }

    private var known: [Known]
    private let exclude: [FilePath]
    /// All names now, in a stable order.
    private(set) var names: [FilePath] = []
    private var isNew = true

    /// A directory that changed so shortly before it was read may have changed once more within one tick of the file
    /// system's clock: it is read again until it has been quiet for so long, ns.
    private static let tick: Int64 = 2_000_000_000
    /// Read again after so long in any case, ns: some network file systems do not change a directory's time.
    private static let trust: Int64 = 10_000_000_000

    init(paths: [String], exclude: [String]) {
        known = paths.filter { $0 != "-" }.map {
            Known(pattern: PathPattern($0), expansion: Expansion(), expandedAt: .min)
        }
        self.exclude = exclude.map { FilePath($0) }
    }

    /// Looks again.
    /// - Parameter now: the real-time clock, ns.
    /// - Returns: whether `names` may have changed.
    mutating func refresh(now: Int64) -> Bool {
        var isChanged = isNew
        isNew = false
        for index in known.indices where Self.isOutdated(known[index], now) {
            let begun = SystemClock.monotonic
            var expansion = known[index].pattern.expand()
            known[index].cost = SystemClock.monotonic - begun
            expansion.finish()
            isChanged = isChanged || expansion.names != known[index].expansion.names
            known[index].expansion = expansion
            known[index].expandedAt = now
        }
        if isChanged { collect() }
        return isChanged
    }

    private static func isOutdated(_ known: Known, _ now: Int64) -> Bool {
        if known.expandedAt == .min { return true }
        guard known.pattern.isGlob else { return false }
        // A directory with very many names that changes all the time does not take the whole processor.
        if now >= known.expandedAt, now - known.expandedAt < FileFollower.rest(after: known.cost) { return false }
        if now - known.expandedAt > trust || now < known.expandedAt { return true }
        return known.expansion.visits.contains { visit in
            guard let modified = visit.path.status()?.modified, let then = visit.modified else {
                return visit.path.status() != nil || visit.modified != nil
            }
            return modified != then || known.expandedAt - then < tick
        }
    }

    private mutating func collect() {
        let all = known.reduce(into: Set<FilePath>()) { $0.formUnion($1.expansion.names) }
        names = all.filter { !isExcluded($0) }.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }

    /// Whether a name is left out.
    func isExcluded(_ path: FilePath) -> Bool {
        exclude.contains { pattern in
            pattern.withPointer { glob in path.withPointer { fnmatch(glob, $0, 0) == 0 } }
        }
    }

    /// The patterns that name nothing now.
    var empty: [PathPattern] {
        known.filter { known in
            known.pattern.isGlob
                ? known.expansion.names.isEmpty
                : known.expansion.names.allSatisfy { $0.linkStatus() == nil }
        }.map(\.pattern)
    }

    /// The names that a pattern gives now.
    func names(of text: String) -> Set<FilePath> {
        known.first { $0.pattern.text == text }?.expansion.names ?? []
    }

    /// Names that are meant by themselves and not because a glob happens to match them.
    func isNamed(_ path: FilePath) -> Bool {
        known.contains { !$0.pattern.isGlob && $0.pattern.text == path.description }
    }
}
