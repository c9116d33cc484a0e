import Configuration
import Documents
import Foundation
import Testing

/// The repository's top, found from this file.
let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

/// The files of `configs/examples`.
let startingPoints: [String] = {
    do {
        return try FileManager.default.contentsOfDirectory(atPath: repository + "/configs/examples").sorted()
    } catch { fatalError("\(error)") }
}()

/// What reading `yaml` finds, a line each; empty when it loads without a warning.
func findings(_ yaml: String, environment: [String: String] = [:]) -> [String] {
    do throws(ConfigurationErrors) {
        return try Configuration.parse(yaml: yaml, file: "f", environment: environment).warnings.map(\.description)
    } catch {
        return (error.errors + error.warnings).map(\.description)
    }
}

func contents(_ path: String) throws -> String {
    try String(contentsOf: URL(fileURLWithPath: repository + "/" + path), encoding: .utf8)
}

/// A file that lives as long as the body runs.
func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("configuration-\(UUID().uuidString)")
    try Data(bytes).write(to: path)
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: path) } }
    return try body(path.path)
}

/// SplitMix64: the same seed, the same mutations.
struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
