extension ParserSet {
    /// The parsers in Swift that come with the package. Routes choose them by name.
    public static let shippedPlugins: [any ParserPlugin.Type] = [JSONParser.self, LogfmtParser.self, CEFParser.self]
}
