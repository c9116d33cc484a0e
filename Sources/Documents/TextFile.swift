import Base
import Glibc

/// Small files read whole: the configuration, rules, and the files that hold secrets.
public enum TextFile {
    /// Longer files of settings or rules are refused, in bytes.
    public static let maximumSize = 1 << 20

    /// The text of a regular file of at most `limit` bytes. A pipe, a device or a directory is refused before anything
    /// is read of it: reading may never end.
    public static func read(_ path: String, limit: Int = maximumSize) throws(SourceFault) -> String {
        try decode(bytes(path, limit: limit)[...])
    }

    /// The first line of a file that holds a secret, without its newline.
    public static func readSecret(_ path: String) throws(SourceFault) -> String {
        var text = Substring(try read(path, limit: 64 << 10))
        // "\r\n" is one character.
        if let last = text.last, last == "\n" || last == "\r\n" { text.removeLast() }
        guard !text.isEmpty else { throw SourceFault(message: "is empty, expected a value") }
        guard !text.utf8.contains(0) else { throw SourceFault(message: "holds a NUL byte, expected text") }
        return String(text)
    }

    /// Replaces a file's text.
    public static func write(_ text: String, to path: String) throws(SourceFault) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw SourceFault(message: "cannot be written: " + SystemError.text(of: errno)) }
        defer { close(file) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { throw SourceFault(message: "cannot be written: " + SystemError.text(of: errno)) }
            rest = rest.dropFirst(count)
        }
    }

    private static func bytes(_ path: String, limit: Int) throws(SourceFault) -> [UInt8] {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw SourceFault(message: "cannot be read: no name") }
        // Without waiting: to open a pipe waits for its writer.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { throw SourceFault(message: "cannot be read: " + SystemError.text(of: errno)) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else {
            throw SourceFault(message: "cannot be read: " + SystemError.text(of: errno))
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw SourceFault(message: "cannot be read: " + SystemError.text(of: EISDIR))
        case S_IFIFO: throw SourceFault(message: "cannot be read: it is a pipe, expected a regular file")
        default: throw SourceFault(message: "cannot be read: it is a device or a socket, expected a regular file")
        }
        // Files of /proc have no size, others may grow meanwhile: what counts is what is read.
        guard status.st_size <= limit else { throw tooLong(limit) }
        var bytes = [UInt8](repeating: 0, count: min(max(Int(status.st_size), 4096), limit) + 1)
        var count = 0
        while true {
            if count == bytes.count {
                guard count <= limit else { throw tooLong(limit) }
                bytes += [UInt8](repeating: 0, count: min(bytes.count, limit + 1 - bytes.count))
            }
            let got = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress! + count, $0.count - count) }
            if got == 0 { return Array(bytes[..<count]) }
            if got > 0 {
                count += got
            } else if errno != EINTR {
                throw SourceFault(message: "cannot be read: " + SystemError.text(of: errno))
            }
        }
    }

    private static func tooLong(_ limit: Int) -> SourceFault {
        let shown = limit % (1 << 20) == 0 ? "\(limit >> 20)MiB" : "\(limit >> 10)KiB"
        return SourceFault(message: "is longer than \(shown)")
    }

    static func decode(_ bytes: ArraySlice<UInt8>) throws(SourceFault) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        var line = 1
        var column = 1
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        while case .scalarValue(let scalar) = decoder.decode(&iterator) {
            column += 1
            if scalar == "\n" { (line, column) = (line + 1, 1) }
        }
        throw SourceFault(line: line, column: column, message: "not UTF-8, expected UTF-8 text")
    }
}
