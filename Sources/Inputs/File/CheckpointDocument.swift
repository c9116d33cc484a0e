import Base
import FoundationEssentials
import Spool

/// The text of a checkpoint file. Written by hand, because it is written each second for as many files as there are.
enum CheckpointDocument {
    enum Fault: Error {
        case version(Int)
        case content
    }

    // MARK: Reading

    private struct Header: Decodable { var version: Int }

    private struct Version1: Decodable {
        struct Entry: Decodable {
            var file: FileIdentity
            var path: String
            var offset: UInt64
        }
        var files: [Entry]
    }

    private struct Version2: Decodable {
        struct Entry: Decodable {
            var device: UInt64
            var inode: UInt64
            var born: Int64
            var path: String
            var pathBytes: Data?
            var offset: UInt64
            var proof: PlaceProof?
            var seen: SeenContent?
            var origin: String
            var standing: PlaceStanding?
        }
        var paths: [String]
        var files: [Entry]
    }

    static func read(_ data: Data) throws -> CheckpointFile.Content {
        let decoder = JSONDecoder()
        var content = CheckpointFile.Content()
        switch try decoder.decode(Header.self, from: data).version {
        case 1:
            content.isVersion1 = true
            content.places = try decoder.decode(Version1.self, from: data).files.map { place(of: $0) }
        case 2:
            let document = try decoder.decode(Version2.self, from: data)
            content.paths = document.paths
            content.places = try document.files.map { try place(of: $0) }
        case let version:
            throw Fault.version(version)
        }
        return content
    }

    private static func place(of entry: Version1.Entry) -> FilePlace {
        FilePlace(
            file: entry.file, born: 0, path: FilePath(entry.path), offset: entry.offset, proof: nil, origin: .random())
    }

    private static func place(of entry: Version2.Entry) throws -> FilePlace {
        guard let origin = OriginIdentity(entry.origin) else { throw Fault.content }
        return FilePlace(
            file: FileIdentity(device: entry.device, inode: entry.inode), born: entry.born,
            path: entry.pathBytes.map { FilePath(bytes: $0) } ?? FilePath(entry.path), offset: entry.offset,
            proof: entry.proof, seen: entry.seen, origin: origin, standing: entry.standing)
    }

    // MARK: Writing

    static func write(_ content: CheckpointFile.Content) -> [UInt8] {
        var text = "{\n  \"version\" : 2,\n  \"paths\" : ["
        text += content.paths.map { quoted($0) }.joined(separator: ", ")
        text += "],\n  \"files\" : ["
        var isFirst = true
        for place in content.places {
            text += isFirst ? "\n    {" : ",\n    {"
            isFirst = false
            write(place, into: &text)
            text += "}"
        }
        text += "\n  ]\n}\n"
        return Array(text.utf8)
    }

    private static func write(_ place: FilePlace, into text: inout String) {
        text += "\"path\" : \(quoted("\(place.path)")), \"offset\" : \(place.offset)"
        if !place.path.isText { text += ", \"pathBytes\" : \"\(Data(place.path.bytes).base64EncodedString())\"" }
        text += ", \"device\" : \(place.file.device), \"inode\" : \(place.file.inode), \"born\" : \(place.born)"
        if let proof = place.proof { text += ", \"proof\" : " + object(proof) }
        if let seen = place.seen {
            text += ", \"seen\" : {\"count\" : \(seen.count), \"proof\" : \(object(seen.proof))}"
        }
        text += ", \"origin\" : \"\(place.origin.text)\""
        if let standing = place.standing { text += ", \"standing\" : \"\(standing.rawValue)\"" }
    }

    private static func object(_ proof: PlaceProof) -> String {
        "{\"headCount\" : \(proof.headCount), \"head\" : \(proof.head), \"tailCount\" : \(proof.tailCount), "
            + "\"tail\" : \(proof.tail)}"
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
