import Foundation
import Logging
import Synchronization
import Testing

@testable import Command

@Suite("The log's writer")
struct LogWriterTests {
    @Test(
        "Regression: a carriage return with its line feed in a message begins no line of the log",
        arguments: ["\r\n", "\n"])
    func lineEndInAMessage(end: String) {
        let line = StandardErrorLog.line(
            StandardErrorLog.Settings(), .info, "a\(end)2026-11-27T10:00:00Z critical forged")
        #expect(!line.utf8.contains(10) && line.contains("forged"))
    }

    @Test("A reader that has stopped holds nobody up; what is lost is counted where it is missing")
    func stalledReader() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let writer = try LogWriter(descriptor: ends[1], capacity: 64 * 1024) { "lost \($0)" }
        let padding = String(repeating: "x", count: 100)
        // Far more than the pipe and the writer hold, while nobody reads: a writer that waits would wait for ever here.
        for number in 0..<20_000 { writer.write("line \(number) \(padding)") }
        let reader = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        var text = ""
        var next = 0
        var lost = 0
        while next + lost < 20_000 {
            text += String(decoding: reader.availableData, as: UTF8.self)
            while let end = text.firstIndex(of: "\n") {
                let words = text[..<end].split(separator: " ")
                text = String(text[text.index(after: end)...])
                if words[0] == "lost" {
                    lost += Int(words[1])!
                } else {
                    #expect(words[1] == "\(next + lost)", "in order, and missing where it is said")
                    next += 1
                }
            }
        }
        #expect(lost > 0 && next > 0 && next + lost == 20_000)
        // It goes on as before.
        writer.write("afterwards")
        writer.flush(milliseconds: 60_000)
        #expect(String(decoding: reader.availableData, as: UTF8.self) == "afterwards\n")
        close(ends[1])
    }

    @Test("At the end what was written is waited for, and a reader that has stopped is not")
    func flush() throws {
        // As the command does: a reader that goes away ends a write with an error.
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let writer = try LogWriter(descriptor: ends[1]) { "lost \($0)" }
        writer.write("one")
        writer.flush(milliseconds: 60_000)
        var byte = [UInt8](repeating: 0, count: 16)
        #expect(read(ends[0], &byte, 16) == 4)
        for _ in 0..<5000 { writer.write(String(repeating: "y", count: 100)) }
        writer.flush(milliseconds: 50)
        close(ends[0])
        // The reader is gone for good: the rest is thrown away, and the writer is idle again.
        writer.flush(milliseconds: 60_000)
        close(ends[1])
    }
}
