import Glibc

/// A file's name as the system has it: bytes, which need not be UTF-8. Those of a Swift string would be mended on the
/// way, and the mended name is another file's.
public struct FilePath: Hashable, Sendable, CustomStringConvertible {
    /// Its bytes, ended by a zero.
    private let storage: ContiguousArray<CChar>

    /// The path that a text names.
    public init(_ text: String) { storage = ContiguousArray(text.utf8CString) }

    /// The path of some bytes, none of them zero.
    init(bytes: some Sequence<UInt8>) { storage = ContiguousArray(bytes.map { CChar(bitPattern: $0) } + [0]) }

    /// Its bytes without the zero.
    var bytes: [UInt8] { storage.dropLast().map { UInt8(bitPattern: $0) } }

    /// For the log: what is no UTF-8 is shown as U+FFFD.
    public var description: String { String(decoding: bytes, as: UTF8.self) }

    /// Whether its text is the whole of it.
    var isText: Bool { String(validating: bytes, as: UTF8.self) != nil }

    func withPointer<R>(_ body: (UnsafePointer<CChar>) throws -> R) rethrows -> R {
        try storage.withUnsafeBufferPointer { try body($0.baseAddress!) }
    }

    private var lastSlash: Int? { storage.lastIndex(of: CChar(UInt8(ascii: "/"))) }

    /// The directory that it lies in.
    var directory: FilePath {
        guard let slash = lastSlash else { return FilePath(".") }
        return slash == 0 ? FilePath("/") : FilePath(bytes: bytes[..<slash])
    }

    /// Its last part.
    var name: [UInt8] { Array(bytes[(lastSlash.map { $0 + 1 } ?? 0)...]) }

    /// A name in this directory.
    func appending(_ name: some Collection<UInt8>) -> FilePath {
        if self == FilePath(".") { return FilePath(bytes: name) }
        let own = bytes
        let joint: [UInt8] = own.isEmpty || own.last == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]
        return FilePath(bytes: own + joint + name)
    }

    /// `stat` of it; nil with `errno` set.
    func status() -> FileStatus? {
        var status = FileStatus()
        return withPointer { name in stat(name, &status) == 0 } ? status : nil
    }

    /// `lstat` of it: a symbolic link is not followed.
    func linkStatus() -> FileStatus? {
        var status = FileStatus()
        return withPointer { name in lstat(name, &status) == 0 } ? status : nil
    }
}

/// What the system says of a file. The type has the name of the call, which hides the call where both are wanted.
typealias FileStatus = stat

extension stat {
    var isRegular: Bool { st_mode & S_IFMT == S_IFREG }
    var isDirectory: Bool { st_mode & S_IFMT == S_IFDIR }
    var isLink: Bool { st_mode & S_IFMT == S_IFLNK }
    var byteCount: UInt64 { UInt64(max(0, st_size)) }
    /// When its bytes last changed, ns.
    var modified: Int64 { Int64(st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(st_mtim.tv_nsec) }
    /// When anything of it last changed, ns.
    var changed: Int64 { Int64(st_ctim.tv_sec) &* 1_000_000_000 &+ Int64(st_ctim.tv_nsec) }
}
