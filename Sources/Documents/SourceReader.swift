import CYaml

/// How much of a text is read before it is refused: what nobody wrote by hand must not keep a service busy that is
/// told to reload it. Time and memory are linear in these, whatever the text.
public struct SourceLimits: Sendable {
    /// Values, with each alias counted as all that it stands for: a few lines can make any number of them.
    public var nodes = 100_000
    /// Lists and mappings inside each other. Readers of the tree call themselves as deep.
    public var depth = 64
    /// Keys of one mapping.
    public var keys = 2_000
    /// Items of one list.
    public var items = 20_000

    /// Limits far beyond what is written by hand.
    public init() {}
}

/// Reads YAML text; faults of the text itself have a line and column and never quote it, as it may hold secrets.
///
/// It takes the events of libyaml and not a ready tree: a tree of values compares keys with each other, and a key that
/// is an alias to aliases costs hours there.
public struct SourceReader: ~Copyable {
    private let file: String
    private let text: String
    private let limits: SourceLimits
    /// On the heap: the library keeps the parser's own address.
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private var event = yaml_event_t()
    private var anchors: [String: (node: SourceNode, size: Int)] = [:]
    private var nodes = 0

    /// The tree of a text, nil for a text that holds nothing.
    /// - Parameter file: what its marks call the file.
    public static func read(
        _ text: String, file: String, limits: SourceLimits = SourceLimits()
    ) throws(SourceFault) -> SourceNode? {
        var text = text
        // A byte order mark is no part of the first line.
        if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
        try checkCharacters(text)
        let bytes = Array(text.utf8)
        let result: Result<SourceNode?, SourceFault> = bytes.withUnsafeBufferPointer { bytes in
            var reader = SourceReader(file: file, text: text, limits: limits)
            do throws(SourceFault) {
                return .success(try reader.document(bytes))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private init(file: String, text: String, limits: SourceLimits) {
        self.file = file
        self.text = text
        self.limits = limits
        parser = .allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else { fatalError("out of memory for a YAML parser") }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    }

    deinit {
        var event = event
        yaml_event_delete(&event)
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    /// YAML's set of characters, checked here because the library counts bytes where we count lines.
    private static func checkCharacters(_ text: String) throws(SourceFault) {
        // Most texts are plain, and the built-in rules are long: they stand between the start and the first listener.
        if text.utf8.allSatisfy({ ($0 >= 0x20 && $0 < 0x7F) || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) { return }
        var line = 1
        var column = 1
        var last: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF: break
            default:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                let code = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
                throw SourceFault(
                    line: line, column: column, message: "the character U+\(code) is not allowed in YAML")
            }
            column += 1
            let isPair = last == "\r" && scalar == "\n"
            if ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains(scalar) {
                if !isPair { line += 1 }
                column = 1
            }
            last = scalar
        }
    }

    // MARK: Events

    private mutating func document(_ bytes: UnsafeBufferPointer<UInt8>) throws(SourceFault) -> SourceNode? {
        guard let base = bytes.baseAddress else { return nil }
        yaml_parser_set_input_string(parser, base, bytes.count)
        try next()
        try next()
        guard event.type == YAML_DOCUMENT_START_EVENT else { return nil }
        try next()
        let root = try node(depth: 0)
        try next()
        try next()
        if event.type == YAML_DOCUMENT_START_EVENT {
            throw fault(event.start_mark, "a second document begins here, expected one")
        }
        return root
    }

    private mutating func next() throws(SourceFault) {
        yaml_event_delete(&event)
        guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxFault() }
    }

    private func syntaxFault() -> SourceFault {
        let parser = parser.pointee
        let problem = parser.problem.map { String(cString: $0) } ?? "it cannot be read"
        guard parser.error == YAML_SCANNER_ERROR || parser.error == YAML_PARSER_ERROR else {
            return SourceFault(line: 1, column: 1, message: "not valid YAML: \(problem)")
        }
        if let fault = firstCharacterFault(parser) { return fault }
        var message = "not valid YAML: \(problem)"
        if let context = parser.context {
            message += " \(String(cString: context))"
            if parser.context_mark.line != parser.problem_mark.line {
                message += " that begins on line \(parser.context_mark.line + 1)"
            }
        }
        return fault(parser.problem_mark, message)
    }

    /// What the library says of a sign that begins no value is of no use to who forgot the quotes, or hit the tab key.
    private func firstCharacterFault(_ parser: yaml_parser_t) -> SourceFault? {
        let context = parser.context.map { String(cString: $0) }
        let isName = context == "while scanning an alias" || context == "while scanning an anchor"
        let isToken = context == "while scanning for the next token"
        guard isName || isToken else { return nil }
        let mark = isName ? parser.context_mark : parser.problem_mark
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        guard Int(mark.line) < lines.count, let sign = lines[Int(mark.line)].dropFirst(Int(mark.column)).first else {
            return nil
        }
        if sign == "\t" { return fault(mark, "not valid YAML: a tab stands here, expected spaces") }
        return fault(mark, "not valid YAML: text that begins with \(sign) needs quotes")
    }

    private func fault(_ mark: yaml_mark_t, _ message: String) -> SourceFault {
        SourceFault(line: Int(mark.line) + 1, column: Int(mark.column) + 1, message: message)
    }

    private func place(_ mark: yaml_mark_t) -> SourceMark {
        SourceMark(file: file, line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }

    private mutating func count(_ size: Int, at mark: yaml_mark_t) throws(SourceFault) {
        nodes += size
        guard nodes <= limits.nodes else {
            throw fault(mark, "more than \(limits.nodes) values, aliases written out")
        }
    }

    // MARK: Nodes

    /// The node that the current event begins; the event that ends it is the current one afterwards.
    private mutating func node(depth: Int) throws(SourceFault) -> SourceNode {
        let mark = event.start_mark
        guard depth < limits.depth else { throw fault(mark, "nested more than \(limits.depth) deep") }
        if event.type == YAML_ALIAS_EVENT {
            let name = name(event.data.alias.anchor)
            guard let target = anchors[name] else { throw fault(mark, "not valid YAML: found undefined alias") }
            try count(target.size, at: mark)
            return target.node
        }
        let before = nodes
        try count(1, at: mark)
        let anchor: String
        let content: SourceNode.Content
        var style = SourceNode.Style.plain
        switch event.type {
        case YAML_SCALAR_EVENT:
            anchor = name(event.data.scalar.anchor)
            try checkTag(event.data.scalar.tag, at: mark)
            let value = scalar()
            style = scalarStyle()
            content = .scalar(value, isNull: style == .plain && ["", "~", "null", "Null", "NULL"].contains(value))
        case YAML_SEQUENCE_START_EVENT:
            anchor = name(event.data.sequence_start.anchor)
            try checkTag(event.data.sequence_start.tag, at: mark)
            content = .sequence(try items(depth: depth))
        default:
            anchor = name(event.data.mapping_start.anchor)
            try checkTag(event.data.mapping_start.tag, at: mark)
            content = .mapping(try entries(depth: depth))
        }
        let node = SourceNode(content: content, mark: place(mark), style: style)
        if !anchor.isEmpty { anchors[anchor] = (node, nodes - before) }
        return node
    }

    private mutating func items(depth: Int) throws(SourceFault) -> [SourceNode] {
        var items: [SourceNode] = []
        while true {
            try next()
            if event.type == YAML_SEQUENCE_END_EVENT { return items }
            guard items.count < limits.items else {
                throw fault(event.start_mark, "more than \(limits.items) items in one list")
            }
            items.append(try node(depth: depth + 1))
        }
    }

    private mutating func entries(depth: Int) throws(SourceFault) -> [SourceEntry] {
        var entries: [SourceEntry] = []
        while true {
            try next()
            if event.type == YAML_MAPPING_END_EVENT { return entries }
            let mark = event.start_mark
            guard entries.count < limits.keys else {
                throw fault(mark, "more than \(limits.keys) keys in one mapping")
            }
            let key = try key()
            try next()
            entries.append(SourceEntry(key: key, mark: place(mark), value: try node(depth: depth + 1)))
        }
    }

    /// A key is a scalar, or an alias to one. What an alias to more stands for is never looked at.
    private mutating func key() throws(SourceFault) -> String {
        let mark = event.start_mark
        guard event.type == YAML_SCALAR_EVENT || event.type == YAML_ALIAS_EVENT,
            case .scalar(let key, _) = try node(depth: 0).content
        else { throw fault(mark, "a key is a list or a mapping, expected a name") }
        return key
    }

    private func scalar() -> String {
        let scalar = event.data.scalar
        return String(decoding: UnsafeBufferPointer(start: scalar.value, count: Int(scalar.length)), as: UTF8.self)
    }

    private func scalarStyle() -> SourceNode.Style {
        switch event.data.scalar.style {
        case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
        case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
        case YAML_LITERAL_SCALAR_STYLE, YAML_FOLDED_SCALAR_STYLE: .block
        default: .plain
        }
    }

    private func name(_ bytes: UnsafeMutablePointer<UInt8>?) -> String { bytes.map { String(cString: $0) } ?? "" }

    private func checkTag(_ tag: UnsafeMutablePointer<UInt8>?, at mark: yaml_mark_t) throws(SourceFault) {
        let name = name(tag)
        guard name.isEmpty || name == "!" || name.hasPrefix("tag:yaml.org,2002:") else {
            // Final for every reader: what stands behind it has not been measured.
            throw fault(mark, "tags such as !include are not read; expected a plain value")
        }
    }
}
