import Admin
import ArgumentParser
import Base
import Configuration
import Documents

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
            do throws(ValueFault) {
                if let place = AdminPlace(try Configuration.Admin.Listen(admin)) { return place }
                throw ValueFault("an address such as 127.0.0.1:9464 or the path of a socket")
            } catch {
                throw Failure(Failure.usage, "--admin: found \(Excerpt.value(admin)), expected \(error.expected)")
            }
        }
        let settings: Configuration.Admin
        do throws(ConfigurationErrors) {
            settings = try ConfigurationFile.load(config).configuration.admin
        } catch {
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
                guard !bytes.isEmpty else {
                    throw AdminError.refused(
                        place,
                        "closed without an answer: it serves as many connections as it may, or is no admin server")
                }
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
