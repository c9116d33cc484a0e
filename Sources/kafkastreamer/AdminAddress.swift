import Admin
import ArgumentParser
import Configuration
import Foundation

/// Which running instance a command asks.
struct AdminAddress: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The instance's admin server: host:port or the path of a socket. Default: as its configuration says.",
            valueName: "addr"))
    var admin: String?

    @Option(
        help: "The instance's configuration file. Default: the file that `run` takes by itself, if there is one.")
    var config: String?

    /// Where to ask.
    func place() throws -> AdminPlace {
        if let admin {
            guard let listen = Configuration.Admin.Listen(admin), let place = AdminPlace(listen) else {
                throw Failure(Failure.usage, "--admin: '\(admin)' is not host:port or the path of a socket")
            }
            return place
        }
        let environment = ProcessInfo.processInfo.environment
        let file = config ?? RunFlags.defaultFile
        let settings: Configuration.Admin
        do {
            let loaded =
                try file.map { try Configuration.load(path: $0, environment: environment) }
                ?? Configuration.parse(yaml: "", file: "defaults", environment: environment)
            settings = loaded.configuration.admin
        } catch let error as ConfigurationErrors {
            // What else is wrong with the file is not this command's business.
            guard let partial = error.partial else { throw Failure(Failure.input, error.description) }
            settings = partial.configuration.admin
        }
        guard let place = AdminPlace(settings.listen) else {
            throw Failure(Failure.input, "admin.listen is off: the instance answers nobody")
        }
        return place
    }

    /// Asks for a path and gives the whole answer.
    /// - Parameter milliseconds: how long each step may take.
    func get(_ path: String, milliseconds: Int = 5_000) throws -> AdminReply {
        let place = try place()
        do throws(AdminError) {
            return try AdminReply.get(place, path, milliseconds: milliseconds)
        } catch {
            throw Failure(Failure.input, error.description)
        }
    }

    /// Asks for a path and calls `body` with each piece of the answer until that is over or `body` says false.
    func stream(_ path: String, _ body: ([UInt8]) -> Bool) throws {
        let place = try place()
        do throws(AdminError) {
            let client = try ClientSocket.connect(place, milliseconds: 0)
            try client.ask(path)
            var head: [UInt8] = []
            while true {
                let bytes = try client.read()
                guard !bytes.isEmpty else { break }
                head += bytes
                guard let start = AdminReply.head(head) else { continue }
                guard start.status == 200 else {
                    let text = String(decoding: head[start.end...], as: UTF8.self)
                    throw AdminError.refused(place, text.split(separator: "\n").first.map(String.init) ?? "")
                }
                if start.end < head.count, !body(Array(head[start.end...])) { return }
                while true {
                    let bytes = try client.read()
                    guard !bytes.isEmpty, body(bytes) else { return }
                }
            }
        } catch {
            throw Failure(Failure.input, error.description)
        }
    }
}
