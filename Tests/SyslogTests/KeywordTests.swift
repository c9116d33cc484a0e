import Syslog
import Testing

@Suite struct KeywordTests {
    @Test func `Facilities have their usual keywords`() {
        let keywords = (0..<Facility.count).map { Facility.keyword($0).description }
        #expect(
            keywords == [
                "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
                "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
                "local7",
            ])
        #expect(keywords.enumerated().allSatisfy { Facility.number(forKeyword: $1) == UInt8($0) })
        #expect(Facility.number(forKeyword: "Kern") == nil)
        #expect(Facility.keyword(24).description == "unknown")
    }

    @Test func `Severities have their usual keywords`() {
        let keywords = (0..<Severity.count).map { Severity.keyword($0).description }
        #expect(keywords == ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"])
        #expect(keywords.enumerated().allSatisfy { Severity.number(forKeyword: $1) == UInt8($0) })
        #expect(Severity.number(forKeyword: "") == nil)
        #expect(Severity.keyword(8).description == "unknown")
    }

    @Test(arguments: 0...191)
    func `Every priority gives its facility and severity`(_ priority: Int) {
        var parser = HeaderParser()
        for rest in ["Nov  4 14:02:09 gw1 app: x", "1 - - - - - - x", "x"] {
            let frame = Array("<\(priority)>\(rest)".utf8)
            let message = parser.parse(frame.span, receivedSeconds: 0, zone: .utc)
            #expect(message.hasPriority)
            #expect(Int(message.facility) == priority / 8)
            #expect(Int(message.severity) == priority % 8)
        }
    }
}
