import Syslog
import Testing

/// What says nothing at a text's end is part of the content and not of the body.
@Suite struct BodyEndTests {
    private static let rows: [HeaderCase] = [
        HeaderCase(
            "a space", "<30>Nov  4 14:02:09 gw7 app: text ", priority: "daemon.info", time: "2025-11-04T14:02:09Z",
            host: "gw7", program: "app", content: "text ", body: "text"),
        HeaderCase(
            "spaces and tabs", "<30>Nov  4 14:02:09 gw7 app: text \t ", priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", host: "gw7", program: "app", content: "text \t ", body: "text"),
        HeaderCase(
            "an escaped line end", "<30>Nov  4 14:02:09 gw7 app: text#012", priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", host: "gw7", program: "app", content: "text#012", body: "text"),
        HeaderCase(
            "escaped CR, LF and NUL", "<30>Nov  4 14:02:09 gw7 app: text#015#012#000", priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", host: "gw7", program: "app", content: "text#015#012#000", body: "text"),
        HeaderCase(
            "a number sign that is none", "<30>Nov  4 14:02:09 gw7 app: ticket#013", priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", host: "gw7", program: "app", content: "ticket#013"),
        HeaderCase(
            "nothing else", "<30>Nov  4 14:02:09 gw7 app: #012", priority: "daemon.info",
            time: "2025-11-04T14:02:09Z", host: "gw7", program: "app", content: "#012", body: ""),
        HeaderCase(
            "in the new format", "<30>1 - gw7 app - - - text ", format: .rfc5424, priority: "daemon.info",
            host: "gw7", program: "app", content: "text ", body: "text"),
        HeaderCase(
            "behind a repeated message", "<30>Nov  4 14:02:09 gw7 app: message repeated 2 times: [ text ] ",
            priority: "daemon.info", time: "2025-11-04T14:02:09Z", host: "gw7", program: "app",
            content: "message repeated 2 times: [ text ] ", body: "text", repeated: 2),
        HeaderCase(
            "in an unstructured line", "text ", format: .unstructured, content: "text ", body: "text"),
    ]

    @Test(arguments: rows)
    func `Spaces and escaped line ends at the end are no part of the body`(_ row: HeaderCase) {
        row.check()
    }
}

extension BodyEndTests {
    @Test(arguments: [
        "Nov  4 14:02:09 gw7 app[1]: x y", "1 2025-11-04T14:02:09Z gw7 app 1 - [a b=\"c\"] x y", "app: x",
    ])
    func `A frame with something at its end has the same header and body`(_ rest: String) {
        var parser = HeaderParser()
        let frame = Array("<30>\(rest)".utf8)
        let expected = parser.parse(frame.span, receivedSeconds: 0, zone: .utc)
        for ending in [" ", "#012", "\r", "\n", "\0", "\t \r\n", "#015#012 "] {
            let longer = frame + Array(ending.utf8)
            var message = parser.parse(longer.span, receivedSeconds: 0, zone: .utc)
            message.content = expected.content
            #expect(message == expected, "\(ending.debugDescription)")
        }
    }
}
