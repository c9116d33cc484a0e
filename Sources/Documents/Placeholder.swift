/// A place in a text where shells, compose files, Kubernetes or templates put a variable's value: `${NAME}`,
/// `${NAME:-default}`, `$(NAME)`, `{{ name }}`, or `$NAME` as the whole text. Nothing is put there here, so a value that
/// holds one is not the value that was meant.
public struct Placeholder {
    /// As it is written. Part of a secret, where the text is one.
    private let text: String
    /// The kind of it, without its name.
    private let form: String

    /// The first one in a text.
    public init?(in text: String) {
        guard text.contains("$") || text.contains("{{") else { return nil }
        let isShell = text.dropFirst().allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "_") }
        if text.first == "$", isShell, text.count > 2, !text.dropFirst().first!.isNumber {
            (self.text, form) = (text, "$NAME")
            return
        }
        for (open, close, form) in [("${", "}", "${NAME}"), ("$(", ")", "$(NAME)"), ("{{", "}}", "{{name}}")] {
            guard let start = text.firstRange(of: open),
                let end = text[start.upperBound...].firstRange(of: close),
                Self.isName(text[start.upperBound..<end.lowerBound], withDefault: open == "${")
            else { continue }
            (self.text, self.form) = (String(text[start.lowerBound..<end.upperBound]), form)
            return
        }
        return nil
    }

    /// - Parameter withDefault: whether `:-default` and its kin may follow.
    private static func isName(_ text: Substring, withDefault: Bool) -> Bool {
        let trimmed = text.drop { $0 == " " }
        let name = trimmed.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "_.".contains($0)) }
        guard let first = name.first, !first.isNumber else { return false }
        guard let next = trimmed[name.endIndex...].drop(while: { $0 == " " }).first else { return true }
        return withDefault ? ":-?+=".contains(next) : next == "|"
    }

    /// Why the value is refused.
    public func fault(isSecret: Bool = false) -> String {
        "\(isSecret ? form : text) is not replaced by a variable's value"
    }
}
