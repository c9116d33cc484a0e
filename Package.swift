// swift-tools-version: 6.1
import PackageDescription

// One target per stage of a message's journey; a target imports only targets above it in that order
// (docs/architecture.md). C stays behind Crdkafka, CLinux, CRules and CPage.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    // A worker's state belongs to one thread and is reached through one object: the run-time check of exclusive access
    // costs a call per use and finds nothing there. Debug builds and the tests keep it (docs/performance.md).
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

let package = Package(
    name: "kafka-log-streamer",
    products: [
        .executable(name: "kafkastreamer", targets: ["kafkastreamer"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "Crdkafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .target(name: "CLinux"),
        .target(name: "CRules", exclude: ["Rules"]),
        .target(name: "CPage", exclude: ["status.html"]),
        .target(name: "Base", swiftSettings: strict),
        .target(
            name: "Documents", dependencies: [.product(name: "Yams", package: "Yams")], swiftSettings: strict),
        .target(name: "Syslog", swiftSettings: strict),
        .target(name: "Patterns", dependencies: ["Base"], swiftSettings: strict),
        .target(name: "Events", dependencies: ["Base", "Syslog", "Patterns"], swiftSettings: strict),
        .target(
            name: "Parsers",
            dependencies: [
                "Base", "CRules", "Documents", "Syslog", "Patterns", "Events",
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),
        .target(
            name: "RuleTools",
            dependencies: [
                "CRules", "Syslog", "Patterns", "Events", "Parsers", .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),
        .target(name: "Routing", dependencies: ["Base", "Parsers", "Events", "Syslog"], swiftSettings: strict),
        .target(name: "Spool", dependencies: ["CLinux"], swiftSettings: strict),
        .target(
            name: "Kafka",
            dependencies: [
                "Base", "Crdkafka", "CLinux", "Patterns", "Events", "Spool",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(
            name: "Inputs",
            dependencies: [
                "Base", "CLinux", "Spool",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .target(
            name: "Pipeline",
            dependencies: [
                "Base", "Syslog", "Events", "Parsers", "Routing", "Spool", "Kafka", "Inputs",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(
            name: "Admin",
            dependencies: [
                "Base", "CLinux", "CPage", "Events", "Inputs", "Kafka", "Pipeline", "Spool",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .target(
            name: "Configuration",
            dependencies: [
                "Base", "Documents", "Syslog", "Events", "Routing", "Kafka",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "kafkastreamer",
            dependencies: [
                "Base", "CLinux", "Documents", "Syslog", "Events", "Parsers", "RuleTools", "Routing", "Spool", "Kafka",
                "Inputs", "Pipeline", "Admin", "Configuration",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        .target(name: "CBench", path: "Benchmarks/CBench"),
        .executableTarget(
            name: "kafkastreamer-bench",
            dependencies: [
                "Crdkafka", "CBench", "Syslog", "Events", "Parsers",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Benchmarks/Loopback",
            swiftSettings: strict),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(name: "BaseTests", dependencies: ["Base", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "SyslogTests", dependencies: ["Syslog", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "EventsTests", dependencies: ["Events", "Syslog", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "ParsersTests", dependencies: ["Parsers", "RuleTools", "Events", "Syslog", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "RoutingTests", dependencies: ["Base", "Routing", "Parsers", "Events", "Syslog", "TestSupport"],
            swiftSettings: strict),
        .testTarget(name: "SpoolTests", dependencies: ["Spool", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "KafkaTests",
            dependencies: ["Kafka", "Spool", "TestSupport", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),
        .testTarget(
            name: "InputsTests",
            dependencies: [
                "Base", "Inputs", "Spool", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
        .testTarget(
            name: "PipelineTests",
            dependencies: [
                "AllocationCounter", "Base", "Pipeline", "Events", "Inputs", "Kafka", "Spool", "Routing", "Parsers",
                "Syslog", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "AdminTests",
            dependencies: [
                "Admin", "Base", "Inputs", "Kafka", "Parsers", "Pipeline", "Routing", "Spool", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ConfigurationTests",
            dependencies: [
                "Base", "Configuration", "Documents", "Routing", "Syslog",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(name: "EndToEndTests", dependencies: ["kafkastreamer", "Kafka"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)

// Only for Fuzz/run, which builds everything with the fuzzer's instrumentation and main function.
if Context.environment["FUZZ"] != nil {
    package.targets.append(
        .executableTarget(name: "FuzzRules", dependencies: ["Parsers", "Events", "Syslog"], path: "Fuzz/Rules"))
}
