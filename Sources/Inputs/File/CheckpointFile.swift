import Foundation

/// How far each followed file has been delivered, kept in one small JSON file that is replaced as a whole.
public struct CheckpointFile: Sendable {
    /// One file's place.
    public struct Entry: Codable, Sendable, Equatable {
        /// Which file.
        public var file: FileIdentity
        /// Its name when it was last seen, for people who read this.
        public var path: String
        /// Bytes delivered from its start.
        public var offset: UInt64
    }

    private struct Document: Codable {
        var version: Int
        var files: [Entry]
    }

    /// Where it lies.
    public let path: String

    /// The checkpoint file of a listener in a state directory.
    public init(directory: String, listener: String) {
        path =
            directory + "/checkpoints-" + listener.map { $0.isLetter || $0.isNumber || $0 == "-" ? $0 : "_" } + ".json"
    }

    /// What was kept; empty when there is no file yet. A damaged file is an error: starting over would send everything
    /// again, and that is the user's choice to make.
    public func load() throws(InputError) -> [Entry] {
        guard let data = FileManager.default.contents(atPath: path) else {
            if FileManager.default.fileExists(atPath: path) {
                throw InputError(place: path, operation: "read checkpoints from")
            }
            return []
        }
        do {
            let document = try JSONDecoder().decode(Document.self, from: data)
            guard document.version == 1 else {
                throw InputError(
                    place: path, operation: "read version \(document.version) (expected 1) of checkpoints in")
            }
            return document.files
        } catch let error as InputError {
            throw error
        } catch {
            throw InputError(place: path, operation: "understand (delete it to read files from the start)")
        }
    }

    /// Replaces the file. A crash leaves the old one or the new one.
    public func save(_ entries: [Entry]) throws(InputError) {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
            let sorted = entries.sorted { ($0.path, $0.file.inode) < ($1.path, $1.file.inode) }
            let data = try encoder.encode(Document(version: 1, files: sorted))
            let url = URL(fileURLWithPath: path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try data.write(to: url, options: .atomic)
        } catch {
            throw InputError(place: "\(path): \(error)", operation: "write checkpoints to")
        }
    }
}
