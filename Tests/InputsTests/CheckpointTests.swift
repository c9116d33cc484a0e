import Base
import Foundation
import Spool
import TestSupport
import Testing

@testable import Inputs

@Suite("Checkpoint files")
struct CheckpointTests {
    private func place(_ inode: UInt64, _ path: FilePath) -> FilePlace {
        FilePlace(
            file: FileIdentity(device: .max, inode: inode), born: .min, path: path, offset: .max,
            proof: PlaceProof(headCount: 1024, head: .max, tailCount: 64, tail: 1), origin: .random())
    }

    private func content(_ places: [FilePlace]) -> CheckpointFile.Content {
        var content = CheckpointFile.Content()
        content.paths = ["/a/*.log", "\"\\\n"]
        content.places = places
        return content
    }

    @Test("What is saved is loaded, and a save replaces the whole")
    func roundTrip() throws {
        let scratch = try Scratch()
        let file = CheckpointFile(path: scratch.file("c.json"))
        #expect(try file.load() == nil)
        var places = (1...3).map { place(UInt64($0), FilePath("/a \($0)\n\"\\\u{1}é")) }
        places[1].proof = nil
        places[2].seen = SeenContent(count: 1 << 60, proof: places[0].proof!)
        try file.save(content(places))
        #expect(try file.load() == content(places))
        try file.save(content([places[1]]))
        #expect(try file.load() == content([places[1]]))
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["c.json"])
    }

    @Test("Regression: a name that is not UTF-8 comes back byte for byte")
    func nameOfBytes() throws {
        let scratch = try Scratch()
        let file = CheckpointFile(path: scratch.file("c.json"))
        let places = [place(1, FilePath(bytes: [0x2F, 0xFF, 0xC3, 0x28]))]
        try file.save(content(places))
        #expect(try file.load()?.places == places)
    }

    @Test("Version 1 is read: its places prove nothing and are believed")
    func version1() throws {
        let scratch = try Scratch()
        let file = CheckpointFile(path: scratch.file("c.json"))
        try scratch.append(
            #"{"files":[{"file":{"device":1,"inode":2},"offset":3,"path":"/a"}],"version":1}"#, to: "c.json")
        let content = try #require(try file.load())
        #expect(content.isVersion1 && content.places.count == 1)
        let place = content.places[0]
        #expect(place.file == FileIdentity(device: 1, inode: 2) && place.offset == 3 && place.path == FilePath("/a"))
        #expect(place.proof == nil)
    }

    @Test(
        "A damaged file is a clear error and not an empty list",
        arguments: [
            "{", "{\"version\":1}", "{\"version\":3,\"files\":[]}", "{\"version\":2,\"paths\":[],\"files\":[{}]}",
            "null",
        ])
    func damaged(_ text: String) throws {
        let scratch = try Scratch()
        let file = CheckpointFile(path: scratch.file("c.json"))
        try scratch.append(text, to: "c.json")
        let error = #expect(throws: InputError.self) { _ = try file.load() }
        #expect(error?.place == file.path && "\(error!)".contains("cannot"))
    }

    @Test("Regression: an empty file, which a loss of power leaves, is no damage and says so", arguments: [0, 1, 4096])
    func empty(_ count: Int) throws {
        let scratch = try Scratch()
        try scratch.append(bytes: [UInt8](repeating: 0, count: count), to: "c.json")
        let content = try #require(try CheckpointFile(path: scratch.file("c.json")).load())
        #expect(content.wasEmpty && content.places.isEmpty)
    }

    @Test("A place that cannot be written is an error that names it")
    func unwritable() {
        let error = #expect(throws: InputError.self) { try CheckpointFile(path: "/dev/null/c.json").save(content([])) }
        #expect("\(error!)".contains("/dev/null/c.json"))
    }

    @Test("Regression: the mode does not depend on the umask")
    func mode() throws {
        let scratch = try Scratch()
        let file = CheckpointFile(path: scratch.file("c.json"))
        // Other tests make files at the same time: the bits of the owner stay.
        let old = umask(0o077)
        defer { umask(old) }
        try file.save(content([]))
        #expect(FilePath(file.path).status()!.st_mode & 0o777 == 0o640)
    }

    // MARK: The directory and its names

    @Test("Regression: names that differ in a dot, a line or a sign do not share a file")
    func names() {
        let names = ["a.b", "a_b", "a-b", "a b", "a/b", "a%20b", "é"]
        let keys = names.map { Places.key(of: $0, ["/x"]) }
        #expect(Set(keys).count == names.count && keys.allSatisfy { !$0.contains("/") })
    }

    @Test("Regression: a listener without a name is known by its paths, wherever it stands")
    func positionalNames() {
        #expect(Places.key(of: "file", ["/a", "/b"]) == Places.key(of: "file-2", ["/b", "/a"]))
        #expect(Places.key(of: "file", ["/a"]) != Places.key(of: "file", ["/b"]))
        #expect(Places.key(of: "file-web", ["/a"]) == "file-web")
    }

    @Test("Regression: another process with the same state directory is refused, and not this one's next listener")
    func lock() throws {
        let scratch = try Scratch()
        let path = scratch.file("made/on demand")
        let first = try StateDirectory.open(path)
        #expect(try StateDirectory.open(path) === first)
        // Another process has another description of the lock's file.
        let other = open(path + "/state.lock", O_RDWR)
        defer { close(other) }
        #expect(flock(other, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    }

    @Test("Regression: a state directory that another process has, or that cannot be written, is an error at the start")
    func refused() throws {
        let scratch = try Scratch()
        try #require(mkdir(scratch.file("taken"), 0o755) == 0)
        let other = open(scratch.file("taken/state.lock"), O_RDWR | O_CREAT, 0o600)
        defer { close(other) }
        try #require(flock(other, LOCK_EX | LOCK_NB) == 0)
        let error = #expect(throws: InputError.self) { _ = try StateDirectory.open(scratch.file("taken")) }
        #expect("\(error!)".contains("share") && error?.place == scratch.file("taken"))
        #expect(throws: InputError.self) { _ = try StateDirectory.open("/dev/null/state") }
        #expect(throws: InputError.self) { _ = try StateDirectory.open("/proc/self") }
    }
}
