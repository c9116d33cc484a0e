import Glibc

/// A path of the configuration: a name, or a glob with `*`, `?` and `[…]` inside a part and `**` for any depth.
///
/// A file that exists by the very text is meant as well: a shell gives `app[1].log` as it stands.
struct PathPattern: Equatable {
    private enum Part: Equatable {
        case name([UInt8])
        case glob(FilePath)
        case anyDepth
    }

    private static let all = FilePath("*")

    /// As the configuration has it.
    let text: String
    private let parts: [Part]
    private let root: FilePath

    /// Whether it can match more than one file.
    let isGlob: Bool

    init(_ text: String) {
        self.text = text
        root = FilePath(text.hasPrefix("/") ? "/" : ".")
        parts = text.utf8.split(separator: UInt8(ascii: "/")).map { part in
            if part.elementsEqual("**".utf8) { return .anyDepth }
            let isGlob = part.contains { "*?[\\".utf8.contains($0) }
            return isGlob ? .glob(FilePath(bytes: part)) : .name(Array(part))
        }
        isGlob = parts.contains {
            if case .name = $0 { return false }
            return true
        }
    }

    /// The files that it names now, and the directories that it looked at for them.
    func expand() -> Expansion {
        var expansion = Expansion()
        let literal = FilePath(text)
        if !isGlob {
            expansion.names.insert(literal)
        } else {
            if literal.linkStatus() != nil { expansion.names.insert(literal) }
            walk(root, parts[...], &expansion, isBehindGlob: false)
        }
        return expansion
    }

    /// Whether a name is one that the pattern gives, as far as its text tells.
    func matches(_ path: FilePath) -> Bool {
        if path == FilePath(text) { return true }
        // "**" stands for any depth, and "*" that may match a slash is no stricter.
        let flags = parts.contains(.anyDepth) ? 0 : FNM_PATHNAME | FNM_PERIOD
        return isGlob && path.withPointer { fnmatch(text, $0, flags) == 0 }
    }

    private func walk(_ path: FilePath, _ rest: ArraySlice<Part>, _ expansion: inout Expansion, isBehindGlob: Bool) {
        guard let part = rest.first else { return }
        let others = rest.dropFirst()
        switch part {
        case .name(let name):
            let next = path.appending(name)
            if others.isEmpty {
                if next.linkStatus() != nil { expansion.names.insert(next) }
            } else if !isBehindGlob || Self.isDirectory(next) {
                walk(next, others, &expansion, isBehindGlob: isBehindGlob)
            }
        case .glob(let pattern):
            for entry in expansion.entries(of: path) where Self.matches(entry.name, pattern) {
                let next = path.appending(entry.name)
                if others.isEmpty {
                    // That "*" is not meant to name directories need not be said; of "*.log" it is.
                    if entry.type != Int(DT_DIR) || pattern != Self.all { expansion.names.insert(next) }
                } else if Self.mayBeDirectory(entry), Self.isDirectory(next) {
                    walk(next, others, &expansion, isBehindGlob: true)
                }
            }
        case .anyDepth:
            walkAnyDepth(path, others, &expansion)
        }
    }

    /// `**`: here and in every directory below. Symbolic links are not gone through: they may lead in circles.
    private func walkAnyDepth(_ path: FilePath, _ rest: ArraySlice<Part>, _ expansion: inout Expansion) {
        walk(path, rest.isEmpty ? [.glob(Self.all)] : rest, &expansion, isBehindGlob: true)
        for entry in expansion.entries(of: path)
        where Self.mayBeDirectory(entry) && entry.name.first != UInt8(ascii: ".") {
            let next = path.appending(entry.name)
            if next.linkStatus()?.isDirectory == true { walkAnyDepth(next, rest, &expansion) }
        }
    }

    private static func mayBeDirectory(_ entry: Directory.Entry) -> Bool {
        [Int(DT_DIR), Int(DT_LNK), Int(DT_UNKNOWN)].contains(entry.type)
    }

    /// A directory that a glob may lead into: not through a link that somebody else has laid.
    private static func isDirectory(_ path: FilePath) -> Bool {
        guard let link = path.linkStatus(), link.isLink else { return path.linkStatus()?.isDirectory == true }
        guard let target = path.status(), target.isDirectory else { return false }
        return LinkTrust.isTrusted(link: link, leadingTo: target)
    }

    private static func matches(_ name: [UInt8], _ pattern: FilePath) -> Bool {
        FilePath(bytes: name).withPointer { name in pattern.withPointer { fnmatch($0, name, FNM_PERIOD) == 0 } }
    }
}

/// What a pattern came to.
struct Expansion {
    /// A directory that was looked at, and the time of its last change then.
    struct Visit {
        let path: FilePath
        let modified: Int64?
    }

    /// The files.
    var names: Set<FilePath> = []
    /// Directories looked at.
    private(set) var visits: [Visit] = []
    private var seen: [FilePath: [Directory.Entry]] = [:]

    /// The names in a directory; each directory is read once for one expansion.
    mutating func entries(of path: FilePath) -> [Directory.Entry] {
        if let entries = seen[path] { return entries }
        // The time is taken first: what is made while the directory is read changes it again.
        visits.append(Visit(path: path, modified: path.status()?.modified))
        let entries = Directory.entries(of: path) ?? []
        seen[path] = entries
        return entries
    }

    /// Ends the work on it: what only helped is given back.
    mutating func finish() { seen = [:] }
}
