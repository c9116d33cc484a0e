import Foundation

/// A file that cannot be used as text.
struct TextFileFault: Error {
    /// The line of the fault in the file, 0 for the file as a whole.
    var line = 0
    /// Its column in characters, 0 where `line` is.
    var column = 0
    /// What is wrong with it.
    var message: String
}

/// Small files read whole: the configuration, and the files that hold secrets.
enum TextFile {
    /// The text of a file of at most `limit` bytes.
    static func read(_ path: String, limit: Int) throws(TextFileFault) -> String {
        guard !path.isEmpty, !path.utf8.contains(0), let file = fopen(path, "re") else {
            throw TextFileFault(message: "cannot be read: " + (path.isEmpty ? "no name" : reason(errno)))
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        let count = bytes.withUnsafeMutableBytes { fread($0.baseAddress, 1, $0.count, file) }
        if ferror(file) != 0 { throw TextFileFault(message: "cannot be read: " + reason(errno)) }
        guard count <= limit else { throw TextFileFault(message: "is longer than \(ScalarText.format(size: limit))") }
        return try decode(bytes[..<count])
    }

    /// The first line of a file that holds a secret, without its newline.
    static func readSecret(_ path: String) throws(TextFileFault) -> String {
        var text = Substring(try read(path, limit: 64 << 10))
        // "\r\n" is one character.
        if let last = text.last, last == "\n" || last == "\r\n" { text.removeLast() }
        guard !text.isEmpty else { throw TextFileFault(message: "is empty, expected a value") }
        guard !text.utf8.contains(0) else { throw TextFileFault(message: "holds a NUL byte, expected text") }
        return String(text)
    }

    static func decode(_ bytes: ArraySlice<UInt8>) throws(TextFileFault) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        var line = 1
        var column = 1
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        while case .scalarValue(let scalar) = decoder.decode(&iterator) {
            column += 1
            if scalar == "\n" { (line, column) = (line + 1, 1) }
        }
        throw TextFileFault(line: line, column: column, message: "not UTF-8, expected UTF-8 text")
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
