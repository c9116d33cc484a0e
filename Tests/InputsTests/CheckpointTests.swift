import Foundation
import TestSupport
import Testing

@testable import Inputs

@Suite("Checkpoint files")
struct CheckpointTests {
    @Test("What is saved is loaded, and a save replaces the whole")
    func roundTrip() throws {
        let scratch = try Scratch()
        let file = CheckpointFile(directory: scratch.file("made/on demand"), listener: "web/1")
        #expect(try file.load() == [])
        let entries = (1...3).map {
            CheckpointFile.Entry(file: FileIdentity(device: .max, inode: UInt64($0)), path: "/a \($0)\n", offset: .max)
        }
        try file.save(entries)
        #expect(try file.load() == entries)
        try file.save([entries[1]])
        #expect(try file.load() == [entries[1]])
        #expect(!file.path.hasSuffix("web/1.json"))
    }

    @Test(
        "A damaged file is a clear error and not an empty list",
        arguments: ["", "{", "{\"version\":1}", "{\"version\":2,\"files\":[]}"])
    func damaged(_ text: String) throws {
        let scratch = try Scratch()
        let file = CheckpointFile(directory: scratch.path, listener: "f")
        try Data(text.utf8).write(to: URL(fileURLWithPath: file.path))
        let error = #expect(throws: InputError.self) { _ = try file.load() }
        #expect(error?.place == file.path && "\(error!)".contains("cannot"))
    }

    @Test("A place that cannot be written is an error that names it")
    func unwritable() {
        let error = #expect(throws: InputError.self) {
            try CheckpointFile(directory: "/dev/null/state", listener: "f").save([])
        }
        #expect("\(error!)".contains("/dev/null/state"))
    }

    @Test("A fingerprint is never 0 and differs by device and inode")
    func fingerprints() {
        var seen: Set<UInt32> = []
        for inode in 0..<2000 as Range<UInt64> {
            for device in 0..<2 as Range<UInt64> { seen.insert(FileIdentity(device: device, inode: inode).fingerprint) }
        }
        #expect(seen.count == 4000 && !seen.contains(0))
    }
}
