import Glibc

/// What a file holds that is no text of lines, told by its first bytes or its name.
enum ContentKind: Equatable {
    case text
    case compressed(String)
    case utf16

    /// Bytes that are enough to tell.
    static let neededCount = 10

    private static let magics: [(name: String, bytes: [UInt8])] = [
        ("gzip", [0x1F, 0x8B, 0x08]), ("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]),
        ("zstd", [0x28, 0xB5, 0x2F, 0xFD]), ("lz4", [0x04, 0x22, 0x4D, 0x18]),
        ("bzip2", [0x42, 0x5A, 0x68]), ("zip", [0x50, 0x4B, 0x03, 0x04]), ("compress", [0x1F, 0x9D]),
    ]
    /// What stands behind "BZh" and a digit: without it a line may begin so.
    private static let bzip2Block: [UInt8] = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59]

    private static let endings = ["gz", "xz", "zst", "bz2", "lz4", "lzma", "zip", "Z"].map { Array(".\($0)".utf8) }

    /// Tells by a file's first bytes.
    init(firstBytes bytes: some Collection<UInt8>) {
        let bytes = Array(bytes.prefix(Self.neededCount))
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            self = .utf16
            return
        }
        let found = Self.magics.first { magic in
            bytes.starts(with: magic.bytes)
                && (magic.name != "bzip2" || Array(bytes.dropFirst(4)) == Self.bzip2Block)
        }
        self = found.map { .compressed($0.name) } ?? .text
    }

    /// Tells by the first bytes of an open file.
    init(of descriptor: Int32) {
        var bytes = [UInt8](repeating: 0, count: Self.neededCount)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        self.init(firstBytes: bytes.prefix(max(0, count)))
    }

    /// Whether a name says that the file is compressed.
    static func isCompressed(_ name: FilePath) -> Bool {
        let bytes = name.bytes
        return endings.contains { bytes.count > $0.count && bytes.suffix($0.count).elementsEqual($0) }
    }

    /// Why it is not read; nil when it is.
    var refusal: String? {
        switch self {
        case .text: nil
        case .compressed(let name): "compressed (\(name)): left out"
        case .utf16: "UTF-16, not UTF-8: left out (convert it with iconv -f UTF-16 -t UTF-8)"
        }
    }
}
