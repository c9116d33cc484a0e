import Routing
import Testing

@Suite("Routes that cannot work")
struct RouteErrorTests {
    private func settings(_ definitions: [RouteDefinition], everythingTo: String? = nil) -> [String] {
        do throws(RouteErrors) {
            _ = try Routes(definitions, everythingTo: everythingTo)
            return []
        } catch {
            return error.errors.map { "\($0.index).\($0.setting)" }
        }
    }

    @Test("Every error of every route is given at once, with its place")
    func allAtOnce() {
        let wrong = Routes.route("a", topic: "bad topic") {
            $0.parser = .named("nobody")
            $0.key = "no_such_field"
            $0.topics = ["NO_TYPE": "x", "DHCP_LEASE": "also bad!"]
        }
        let settings = settings([wrong, Routes.route("fine"), Routes.route("b", topic: "")])
        #expect(settings == ["0.parser", "0.key", "0.topics.NO_TYPE", "0.topic", "0.topics.DHCP_LEASE", "2.topic"])
    }

    @Test("An error names what there is")
    func message() {
        #expect {
            _ = try Routes([Routes.route("a") { $0.parser = .named("nobody") }])
        } throws: { error in
            let text = "\(error)"
            return text.hasPrefix("routes[0].parser: ") && text.contains("nobody") && text.contains("dhcp_log_parser")
        }
    }

    @Test("Regression: a bad topic behind a good topic of the first type is refused")
    func badTopicBehindTyped() {
        #expect(settings([Routes.route("a", topic: "bad topic") { $0.topics = ["SYSLOG": "good"] }]) == ["0.topic"])
    }

    @Test("Regression: a bad topic for everything is refused once")
    func badEverything() {
        #expect(settings([Routes.route("a"), Routes.route("b")], everythingTo: "no good") == ["2.topic"])
    }

    @Test("A name of 249 bytes is taken, one of 250 is not")
    func longest() {
        #expect(settings([Routes.route("a", topic: String(repeating: "t", count: 249))]) == [])
        #expect(settings([Routes.route("a", topic: String(repeating: "t", count: 250))]) == ["0.topic"])
    }
}
