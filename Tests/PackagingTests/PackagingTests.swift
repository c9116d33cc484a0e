import Foundation
import Testing

/// What is installed and deployed, by the scripts that check it: they are run by hand as well. One after the other, for each
/// may install what it needs.
@Suite(.serialized) struct PackagingTests {
    /// The binary that ships, where the tests are run on it.
    private static let binary = ProcessInfo.processInfo.environment["KAFKASTREAMER_BIN"]

    /// Runs a script of the repository and gives its exit code and all that it printed.
    private static func run(_ script: String) throws -> (code: Int32, output: String) {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let process = Process()
        process.executableURL = root.appendingPathComponent("scripts/" + script)
        process.currentDirectoryURL = root
        let pipe = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    /// hadolint, Kubernetes' schemas, the manifests against each other and against their configurations.
    @Test func imageAndManifestsAreWhatTheirReadersTake() throws {
        let (code, output) = try Self.run("check-deployment")
        print(output)
        #expect(code == 0, "\(output)")
    }

    /// Prometheus' own tool: rules, their tests, and every query of the dashboards.
    @Test func alertsAndDashboardsAskForWhatThereIs() throws {
        let (code, output) = try Self.run("check-monitoring")
        #expect(code == 0, "\(output)")
    }

    /// A debug build is no package: this is for the binary that ships.
    @Test(.enabled(if: binary != nil, "KAFKASTREAMER_BIN names no release binary"))
    func thePackageInstallsRunsUpgradesAndPurges() throws {
        let (code, output) = try Self.run("test-deb")
        print(output)
        #expect(code == 0, "\(output)")
    }
}
