import CRules
import Documents
import Events
import Parsers

/// What each field means, in words, and the document that lists them.
public struct FieldDictionary: Sendable {
    /// Meanings by field name.
    public let meanings: [String: String]

    /// The dictionary of the built-in rules (`Sources/CRules/Rules/Fields/fields.yaml`).
    public static let builtIn: FieldDictionary = {
        let file = crules_fields().pointee
        let text = String(decoding: UnsafeBufferPointer(start: file.bytes, count: file.count), as: UTF8.self)
        do throws(SourceFault) {
            var meanings: [String: String] = [:]
            if case .mapping(let entries)? = try SourceReader.read(text, file: "fields.yaml")?.content {
                for entry in entries {
                    if case .scalar(let meaning, isNull: false) = entry.value.content { meanings[entry.key] = meaning }
                }
            }
            return FieldDictionary(meanings: meanings)
        } catch {
            // Tests read it; what is not YAML never leaves the build.
            preconditionFailure("fields.yaml: \(error)")
        }
    }()
}

extension RulesReport {
    /// A field that rules write.
    private struct Use {
        /// One, but for rules that somebody adds.
        var kinds: [FieldKind] = []
        var types: [String] = []
        var parsers: [String] = []
    }

    private var uses: [String: Use] {
        var uses: [String: Use] = [:]
        for parser in parsers + plugins {
            for rule in parser.rules {
                for field in rule.fields {
                    var use = uses[field.name] ?? Use()
                    if !use.kinds.contains(field.kind) { use.kinds.append(field.kind) }
                    if !use.types.contains(rule.eventType) { use.types.append(rule.eventType) }
                    if !use.parsers.contains(parser.name) { use.parsers.append(parser.name) }
                    uses[field.name] = use
                }
            }
        }
        return uses
    }

    /// Fields that rules write and the dictionary does not know, sorted.
    public func fieldsWithoutMeaning(_ dictionary: FieldDictionary) -> [String] {
        uses.keys.filter { dictionary.meanings[$0] == nil }.sorted()
    }

    /// Fields of the dictionary that no rule writes, sorted.
    public func unusedMeanings(_ dictionary: FieldDictionary) -> [String] {
        let uses = uses
        return dictionary.meanings.keys.filter { uses[$0] == nil }.sorted()
    }

    /// `docs/fields.md`: every field with its kind, its meaning and where it is written, in Markdown.
    public func fieldsDocument(_ dictionary: FieldDictionary) -> String {
        var lines = [
            "# Fields",
            "",
            "Generated from the rules and `Sources/CRules/Rules/Fields/fields.yaml`: do not edit. "
                + "`Tests/ParsersTests` compares it with them.",
            "",
            "A field means the same in every event. `docs/events.md` lists the types with their fields.",
            "",
            "| field | kind | meaning | types | parsers |",
            "|---|---|---|---|---|",
        ]
        for (name, use) in uses.sorted(by: { $0.key < $1.key }) {
            let types = use.types.sorted().map { "`\($0)`" }.joined(separator: " ")
            let sources = use.parsers.map { "`\($0)`" }.joined(separator: " ")
            let meaning = dictionary.meanings[name] ?? ""
            lines.append(
                "| `\(name)` | \(use.kinds.map(\.rawValue).joined(separator: ", ")) | \(meaning) | \(types) | \(sources) |"
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
