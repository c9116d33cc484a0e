import Documents

/// The keys of a mapping, and what is commonly written instead of them.
struct KeyNames: Sendable {
    /// The mapping's own path, such as `spool` or `listeners[udp]`.
    let path: String
    let keys: [String]
    /// Names used elsewhere for what a key here sets.
    let synonyms: [String: String]

    var prefix: String { path.isEmpty ? "" : "\(path)." }

    /// What was meant by a key that is not here.
    func hint(for key: String) -> String {
        if key == "<<" { return "; merge keys are not read" }
        if let name = synonyms[key] ?? Spelling.nearest(to: key, among: keys) { return "; did you mean \(name)?" }
        if path == "kafka", key.contains(".") { return "; librdkafka properties go under kafka.properties" }
        let places = Tables.all.map(\.names).filter { $0.keys.contains(key) && $0.keys != keys }.map(\.path)
        if let place = places.first, places.count == 1 || !place.hasPrefix("listeners") {
            return place.isEmpty ? "; it belongs to the top level" : "; it belongs under \(place)"
        }
        return ", expected " + ScalarText.list(keys.sorted())
    }
}
