import Admin
import Base
import Configuration
import Inputs
import Logging
import ServiceLifecycle

/// The admin server in the life of the service: open before anything is taken in, closed when all else has ended.
struct AdminService: Service {
    /// How often librdkafka's statistics are taken, ms.
    static let statisticsInterval = 5_000

    /// nil where it is off, or where its default address is another's.
    let server: AdminServer?

    /// Opens it as configured.
    static func open(
        _ settings: Configuration.Admin, _ answers: AdminAnswers, _ observer: Observer, logger: Logger
    ) async throws(Failure) -> AdminService {
        guard let place = AdminPlace(settings.listen) else { return AdminService(server: nil) }
        do throws(AdminError) {
            let server = try await AdminServer.open(place, limits: AdminLimits(settings), answers: answers)
            observer.count { server.refusedConnections }
            logger.info("admin server listening", metadata: ["address": "\(server.place)"])
            return AdminService(server: server)
        } catch {
            guard settings.configuredListen == nil else { throw Failure(Failure.input, error.description) }
            // Two instances on one machine must both do what they are for.
            logger.warning(
                "\(error): nobody can ask this process how it is; set admin.listen to another address, or to off")
            return AdminService(server: nil)
        }
    }

    func run() async throws {
        try await gracefulShutdown()
        await server?.stop()
    }
}

extension AdminPlace {
    /// Where a configuration has the server; nil for nowhere.
    init?(_ listen: Configuration.Admin.Listen) {
        switch listen {
        case .off: return nil
        case .address(let address): self = .tcp(host: address.host, port: Int(address.port))
        case .unix(let path): self = .unix(path)
        }
    }
}

extension AdminLimits {
    /// As configured, but never so many connections that brokers, spool and files run short of descriptors.
    init(_ settings: Configuration.Admin) {
        self.init(
            connections: max(1, min(settings.maximumConnections, DescriptorLimit.reserve / 2)),
            milliseconds: Int64(settings.timeout.wholeMilliseconds), requestBytes: settings.maximumRequestSize)
    }
}
