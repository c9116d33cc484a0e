/// The configuration and rule base that make rsyslog do the same work: the same fields of the same messages, JSON of
/// the same shape, to the same topics, with the same librdkafka settings.
struct RsyslogConfiguration {
    enum Style: String, Codable, Sendable {
        /// One action and one template of constants and fields for each event type: the fastest configuration found.
        case actionPerType
        /// One action with the topic taken from a field, and one JSON template that leaves absent fields out: what most
        /// people write.
        case oneAction
    }

    let style: Style
    /// Every message goes through the main queue's files.
    let diskQueue: Bool

    private static let types: [(name: String, source: String, fields: [String])] = [
        ("DHCP_DISCOVER", "dhcp_log_parser", ["mac", "hostname", "interface"]),
        (
            "DNS_QUERY", "named_log_parser",
            ["client_ip", "client_port", "query_name", "query_class", "query_type", "flags", "server_ip"]
        ),
        ("SYSTEMD_UNIT", "systemd_log_parser", ["unit", "description", "state"]),
        ("DHCP_OFFER", "dhcp_log_parser", ["ip", "mac", "hostname", "interface"]),
        ("DHCP_REQUEST", "dhcp_log_parser", ["ip", "mac", "hostname", "interface", "server_ip"]),
        ("DHCP_LEASE", "dhcp_log_parser", ["ip", "mac", "hostname", "interface"]),
    ]

    /// The liblognorm rule base.
    var ruleBase: String {
        let dns =
            "%client_ip:ipv4%#%client_port:number% (%-:char-to:)%): query: %query_name:word% %query_class:word% "
            + "%query_type:word% %flags:word% (%server_ip:ipv4%)"
        let end = "%mac:mac48% (%hostname:char-to:)%) via %interface:word%"
        var text = """
            version=2
            rule=DHCP_DISCOVER: DHCPDISCOVER from \(end)
            rule=DHCP_OFFER: DHCPOFFER on %ip:ipv4% to \(end)
            rule=DHCP_REQUEST: DHCPREQUEST for %ip:ipv4% (%server_ip:ipv4%) from \(end)
            rule=DHCP_LEASE: DHCPACK on %ip:ipv4% to \(end)
            rule=DNS_QUERY: client @%-:word% \(dns)
            rule=DNS_QUERY: client \(dns)
            rule=SYSTEMD_UNIT,STARTED: Started %unit:word% - %description:rest%
            rule=SYSTEMD_UNIT,STOPPED: Stopped %unit:word% - %description:rest%
            annotate=STARTED:+state="started"
            annotate=STOPPED:+state="stopped"

            """
        for type in Self.types {
            text += "annotate=\(type.name):+type=\"\(type.name)\"\n"
            guard style == .oneAction else { continue }
            text += "annotate=\(type.name):+topic=\"\(MessageMix.topic(ofType: type.name))\"\n"
            text += "annotate=\(type.name):+source=\"\(type.source)\"\n"
        }
        return text
    }

    /// rsyslog.conf.
    func text(transport: Transport, port: UInt16, brokers: String, directory: String) -> String {
        let queue =
            diskQueue
            ? "queue.type=\"Disk\" queue.filename=\"main\" queue.maxFileSize=\"100m\" queue.maxDiskSpace=\"8g\""
            : "queue.type=\"FixedArray\" queue.size=\"200000\""
        let module =
            transport == .tcp
            ? "module(load=\"imptcp\" threads=\"1\")"
            : "module(load=\"imudp\" threads=\"1\" batchSize=\"128\" timeRequery=\"8\")"
        let buffer = transport == .tcp ? "" : " rcvbufSize=\"4m\""
        return """
            global(workDirectory="\(directory)" net.enableDNS="off" processInternalMessages="off" maxMessageSize="64k")
            \(module)
            module(load="mmnormalize")
            module(load="omkafka")
            main_queue(\(queue) queue.dequeueBatchSize="256" queue.timeoutEnqueue="600000" queue.workerThreads="1")
            \(templates)
            ruleset(name="bench") {
              action(type="mmnormalize" rulebase="\(directory)/rules.rb")
            \(actions(brokers: brokers, directory: directory))
            }
            input(type="im\(transport == .tcp ? "ptcp" : "udp")" address="127.0.0.1" port="\(port)"\(buffer) ruleset="bench")

            """
    }

    private var templates: String {
        switch style {
        case .actionPerType: Self.types.map(Self.template).joined(separator: "\n")
        case .oneAction: Self.oneTemplate
        }
    }

    private func actions(brokers: String, directory: String) -> String {
        let properties = ProducerProperties.common.map { "\"\($0)=\($1)\"" }.joined(separator: ",")
        func action(topic: String, template: String) -> String {
            "action(type=\"omkafka\" broker=[\"\(brokers)\"] \(topic) template=\"\(template)\" partitions.auto=\"on\" "
                + "confParam=[\(properties)] errorFile=\"\(directory)/omkafka.errors\" resubmitOnFailure=\"on\" "
                + "action.resumeRetryCount=\"-1\" action.resumeInterval=\"1\")"
        }
        switch style {
        case .oneAction:
            return "  " + action(topic: "topic=\"topic\" dynaTopic=\"on\"", template: "event")
        case .actionPerType:
            return Self.types.enumerated().map { index, type in
                "  \(index == 0 ? "if" : "else if") $!type == \"\(type.name)\" then { "
                    + action(topic: "topic=\"\(MessageMix.topic(ofType: type.name))\"", template: type.name) + " }"
            }.joined(separator: "\n")
        }
    }

    private static let envelope: [(name: String, property: String)] = [
        ("facility", "syslogfacility-text"), ("severity", "syslogseverity-text"), ("host", "hostname"),
        ("program", "programname"), ("pid", "procid"), ("received", "timegenerated"), ("peer", "fromhost-ip"),
    ]

    private static func property(_ name: String, _ more: String = " format=\"json\"") -> String {
        let date = name.hasPrefix("time") ? " dateFormat=\"rfc3339\" date.inUTC=\"on\"" : more
        return "  property(name=\"\(name)\"\(date)\(name == "msg" ? " position.from=\"2\"" : ""))\n"
    }

    private static func constant(_ text: String) -> String {
        "  constant(value=\"" + text.flatMap { $0 == "\"" ? "\\\"" : String($0) } + "\")\n"
    }

    /// Constants with the fields between them: rsyslog's cheapest way to write JSON.
    private static func template(_ type: (name: String, source: String, fields: [String])) -> String {
        var text = "template(name=\"\(type.name)\" type=\"list\") {\n"
        var opening = "{\"type\":\"\(type.name)\""
        for field in type.fields {
            text += constant(opening + ",\"\(field)\":\"") + property("$!\(field)")
            opening = "\""
        }
        text += constant("\",\"timestamp\":\"") + property("timereported")
        text += constant("\",\"source\":\"\(type.source)\",\"message\":\"") + property("msg")
        opening = "\",\"syslog\":{\""
        for (name, source) in envelope {
            text += constant(opening + name + "\":\"") + property(source)
            opening = "\",\""
        }
        return text + constant("\"}}") + "}"
    }

    /// rsyslog 8.2302 writes no nested JSON from a list template, so the envelope stands at the top here.
    private static var oneTemplate: String {
        var fields: [String] = ["type"]
        for type in types { for field in type.fields where !fields.contains(field) { fields.append(field) } }
        var text = "template(name=\"topic\" type=\"list\") { property(name=\"$!topic\") }\n"
        text += "template(name=\"event\" type=\"list\" option.jsonf=\"on\") {\n"
        func property(_ outName: String, _ name: String, _ more: String = "") {
            text += "  property(outname=\"\(outName)\" name=\"\(name)\" format=\"jsonf\"\(more))\n"
        }
        for field in fields + ["source"] { property(field, "$!\(field)", " onEmpty=\"skip\"") }
        property("timestamp", "timereported", " dateFormat=\"rfc3339\" date.inUTC=\"on\"")
        property("message", "msg", " position.from=\"2\"")
        for (name, source) in envelope {
            property(name, source, name == "received" ? " dateFormat=\"rfc3339\" date.inUTC=\"on\"" : "")
        }
        return text + "}"
    }
}
