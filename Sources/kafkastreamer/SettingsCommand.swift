import ArgumentParser
import Configuration
import Documents

/// `kafkastreamer settings FILE…`: for `make docs`, writes what the table of settings says into the documents that
/// show it.
struct SettingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings", abstract: "Write the settings into docs/configuration.md and configs/kafka.yaml.",
        shouldDisplay: false)

    @Argument(help: "The reference (.md) or the sample file (.yaml), changed in place.")
    var files: [String]

    func run() throws {
        for file in files {
            do throws(SourceFault) {
                let text = try TextFile.read(file)
                let updated = SettingDocuments.updated(text, isSample: file.hasSuffix(".yaml"))
                if updated != text { try TextFile.write(updated, to: file) }
            } catch {
                throw Failure(Failure.input, "\(file): \(error.message)")
            }
        }
    }
}
