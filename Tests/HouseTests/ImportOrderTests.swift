import Foundation
import Testing

/// A target imports only what stands above it in the table of docs/architecture.md, and Package.swift says what it
/// imports.
@Suite struct ImportOrderTests {
    private static let house = Result { try House() }

    @Test func everyTargetStandsInTheTable() throws {
        let house = try Self.house.get()
        #expect(Set(house.imports.keys) == Set(house.order))
        #expect(Set(house.order).count == house.order.count, "a target stands in the table twice")
    }

    @Test func aTargetImportsOnlyWhatStandsAboveIt() throws {
        let house = try Self.house.get()
        #expect(house.order.count > 10)
        for (target, files) in house.imports {
            for (module, file) in files {
                #expect(house.stands(module, above: target), "\(file) of \(target) imports \(module)")
            }
        }
    }

    @Test func aTargetDependsOnlyOnWhatStandsAboveIt() throws {
        let house = try Self.house.get()
        for (target, dependencies) in house.dependencies where house.order.contains(target) {
            for module in dependencies {
                #expect(house.stands(module, above: target), "\(target) depends on \(module) in Package.swift")
            }
        }
    }

    /// A dependency that Package.swift does not list is found only as long as another target builds it first.
    @Test func whatIsImportedIsADependencyAndTheOtherWayRound() throws {
        let house = try Self.house.get()
        for target in house.order {
            let listed = Set(house.dependencies[target] ?? [])
            let imported = Set((house.imports[target] ?? []).map(\.module))
            #expect(imported.subtracting(listed).sorted() == [], "\(target) imports what it does not depend on")
            #expect(listed.subtracting(imported).sorted() == [], "\(target) depends on what it does not import")
        }
    }

    @Test(arguments: [
        ("import Events", "Events"), ("@testable import Events", "Events"), ("public import Events", "Events"),
        ("@_exported import Events", "Events"), ("import struct Events.FieldID", "Events"),
        ("@preconcurrency internal import Events // why", "Events"), ("    import Events", nil),
        ("// import Events", nil), ("let text = \"import Events\"", nil),
    ])
    func imports(line: String, module: String?) {
        #expect(House.module(importedBy: line[...]) == module)
    }
}

/// The sources' imports, the package's dependencies and the order of the targets, as text.
private struct House {
    /// Targets, each below those that it may import.
    let order: [String]
    /// For each target of Swift below `Sources`, the targets of the package that its files import.
    let imports: [String: [(module: String, file: String)]]
    /// For each target of Package.swift the targets that it depends on.
    let dependencies: [String: [String]]
    private let foreign: Set<String>

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let document = try String(contentsOf: root.appending(path: "docs/architecture.md"), encoding: .utf8)
        order = Self.order(document)
        let package = try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
        let targets = Self.targets(package)
        let names = Dictionary(uniqueKeysWithValues: targets.map { ($0.folder, $0.name) })
        let sources = root.appending(path: "Sources")
        var files: [String: [URL]] = [:]
        var others: Set<String> = ["Crdkafka"]
        for folder in try FileManager.default.contentsOfDirectory(at: sources, includingPropertiesForKeys: nil) {
            let name = names["Sources/\(folder.lastPathComponent)"] ?? folder.lastPathComponent
            let found =
                FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?
                .compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" } ?? []
            if found.isEmpty { others.insert(name) } else { files[name] = found }
        }
        foreign = others
        let own = others.union(files.keys)
        imports = try files.mapValues { urls in
            try urls.flatMap { url in
                try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
                    .compactMap { Self.module(importedBy: $0) }.filter { own.contains($0) }
                    .map { (module: $0, file: url.lastPathComponent) }
            }
        }
        dependencies = Dictionary(
            uniqueKeysWithValues: targets.map { ($0.name, $0.dependencies.filter { own.contains($0) }) })
    }

    /// Targets of C hold no Swift: they import nothing and stand above all.
    func stands(_ module: String, above target: String) -> Bool {
        if foreign.contains(module) { return true }
        guard let upper = order.firstIndex(of: module), let lower = order.firstIndex(of: target) else { return false }
        return upper < lower
    }

    /// The first column of the table under "The house".
    private static func order(_ document: String) -> [String] {
        let lines = document.split(separator: "\n", omittingEmptySubsequences: false)
        let rows = lines.drop { $0 != "## The house" }.dropFirst().prefix { !$0.hasPrefix("## ") }
        return rows.filter { $0.hasPrefix("| `") }.compactMap { row in
            row.split(separator: "`").dropFirst().first.map(String.init)
        }
    }

    /// The module of an import declaration that begins at the line's first column.
    static func module(importedBy line: Substring) -> String? {
        var words = line.split(separator: " ", omittingEmptySubsequences: false)[...]
        let modifiers: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
        while let word = words.first, word.hasPrefix("@") || modifiers.contains(word) { words.removeFirst() }
        guard words.first == "import" else { return nil }
        words.removeFirst()
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]
        if let word = words.first, kinds.contains(word) { words.removeFirst() }
        return words.first?.split(separator: ".").first.map(String.init)
    }

    /// Each target with its folder and the names in its dependency list. Products of other packages are no target's name.
    private static func targets(_ package: String) -> [(name: String, folder: String, dependencies: [String])] {
        package.components(separatedBy: "arget(").dropFirst().compactMap { part in
            guard let name = part.firstMatch(of: /name:\s*"([^"]+)"/)?.1 else { return nil }
            let list = part.firstMatch(of: /dependencies:\s*\[((?:[^\]])*)\]/)?.1 ?? ""
            let bare = list.replacing(/\.product\([^)]*\)/, with: "")
            let folder = part.firstMatch(of: /path:\s*"([^"]+)"/)?.1 ?? "Sources/\(name)"
            return (String(name), String(folder), bare.matches(of: /"([^"]+)"/).map { String($0.1) })
        }
    }
}
