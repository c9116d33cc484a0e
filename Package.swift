// swift-tools-version: 6.1
import PackageDescription

// One target per stage of a message's journey; a target imports only targets above it in that order
// (docs/architecture.md). C stays behind Crdkafka, CYaml, CLinux, CRules and CPage. What imports Foundation is 34 MB larger
// for the tables of its ICU: the command and what it is made of take FoundationEssentials where the system is not enough.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// Types that lend bytes and cannot outlive them (`FrameText`) have to say whose they are.
let lifetimes: [SwiftSetting] = [.enableExperimentalFeature("Lifetimes")]

let package = Package(
    name: "kafka-log-streamer",
    products: [
        .executable(name: "kafkastreamer", targets: ["kafkastreamer"]),
        // For plug-ins from outside (examples/plugin): the contract, the command, and the suite that holds them to it.
        .library(name: "KafkaLogStreamer", targets: ["Events", "Parsers", "Command"]),
        .library(name: "PluginConformance", targets: ["PluginConformance"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "Crdkafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CYaml", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .target(name: "CLinux"),
        .target(name: "CRules", exclude: ["Rules"]),
        .target(name: "CPage", exclude: ["status.html"]),
        .target(name: "Base", dependencies: ["CLinux"], swiftSettings: strict),
        .target(name: "Documents", dependencies: ["Base", "CYaml"], swiftSettings: strict),
        .target(name: "Syslog", dependencies: ["Base"], swiftSettings: strict + lifetimes),
        .target(name: "Patterns", dependencies: ["Base"], swiftSettings: strict),
        .target(name: "Events", dependencies: ["Base", "Syslog", "Patterns"], swiftSettings: strict),
        .target(
            name: "Parsers",
            dependencies: ["Base", "CRules", "Documents", "Syslog", "Patterns", "Events"],
            swiftSettings: strict),
        .target(
            name: "RuleTools",
            dependencies: ["CRules", "Documents", "Syslog", "Patterns", "Events", "Parsers"],
            swiftSettings: strict),
        .target(
            name: "Routing", dependencies: ["Base", "Documents", "Parsers", "Events", "Syslog"], swiftSettings: strict),
        .target(name: "Spool", dependencies: ["Base", "CLinux"], swiftSettings: strict),
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
                "CLinux", "Base", "Syslog", "Events", "Parsers", "Routing", "Spool", "Kafka", "Inputs",
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
                "Base", "Documents", "Syslog", "Events", "Routing", "Spool", "Kafka", "Inputs",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        // A library, so that another executable can be the command with plug-ins of its own.
        .target(
            name: "Command",
            dependencies: [
                "Base", "CLinux", "Documents", "Syslog", "Events", "Parsers", "RuleTools", "Routing", "Spool", "Kafka",
                "Inputs", "Pipeline", "Admin", "Configuration",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Sources/kafkastreamer",
            swiftSettings: strict),
        .executableTarget(
            name: "kafkastreamer", dependencies: ["Command"], path: "Sources/Main", swiftSettings: strict),
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
        .target(
            name: "PluginConformance", dependencies: ["Events", "Parsers", "Syslog", "TestSupport"],
            path: "Tests/PluginConformance", swiftSettings: strict),
        .target(
            name: "TestRules", dependencies: ["Parsers", "RuleTools"], path: "Tests/TestRules", swiftSettings: strict),
        .testTarget(name: "HouseTests", swiftSettings: strict),
        .testTarget(name: "BaseTests", dependencies: ["Base", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "SyslogTests", dependencies: ["Syslog", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "EventsTests", dependencies: ["Events", "Syslog", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "ParsersTests",
            dependencies: [
                "Parsers", "RuleTools", "Events", "Syslog", "PluginConformance", "TestRules", "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "RoutingTests",
            dependencies: ["Base", "Routing", "Parsers", "Events", "Syslog", "TestRules", "TestSupport"],
            swiftSettings: strict),
        .testTarget(name: "SpoolTests", dependencies: ["Spool", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "KafkaTests",
            dependencies: [
                "Kafka", "SeenThreads", "Spool", "TestSupport", .product(name: "Logging", package: "swift-log"),
            ],
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
        .target(name: "SeenThreads", path: "Tests/SeenThreads"),
        .testTarget(
            name: "PipelineTests",
            dependencies: [
                "AllocationCounter", "Base", "Pipeline", "Events", "Inputs", "Kafka", "Spool", "Routing", "Parsers",
                "Syslog", "TestRules", "TestSupport",
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
                "Base", "Configuration", "Documents", "Inputs", "Kafka", "Routing", "Spool", "Syslog",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(name: "PackagingTests", swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "kafkastreamer", "Command", "Kafka", "Pipeline", .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)

// Only for Fuzz/run, which builds everything with the fuzzer's instrumentation and main function.
if Context.environment["FUZZ"] != nil {
    package.targets += [
        .target(name: "FuzzDriver", path: "Fuzz/Driver"),
        .executableTarget(name: "FuzzHeader", dependencies: ["FuzzDriver", "Syslog"], path: "Fuzz/Header"),
        .executableTarget(name: "FuzzFraming", dependencies: ["FuzzDriver", "Syslog"], path: "Fuzz/Framing"),
        .executableTarget(
            name: "FuzzRules", dependencies: ["FuzzDriver", "Parsers", "Events", "Syslog"], path: "Fuzz/Rules"),
    ]
}
