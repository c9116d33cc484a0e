// swift-tools-version: 6.1
import PackageDescription

// A command with one parser more, without a change to Kafka Log Streamer (docs/writing-a-parser.md).
let package = Package(
    name: "position-streamer",
    products: [.executable(name: "position-streamer", targets: ["position-streamer"])],
    dependencies: [
        .package(name: "kafka-log-streamer", path: "../..")
    ],
    targets: [
        .target(
            name: "PositionParser",
            dependencies: [.product(name: "KafkaLogStreamer", package: "kafka-log-streamer")]),
        .executableTarget(
            name: "position-streamer",
            dependencies: ["PositionParser", .product(name: "KafkaLogStreamer", package: "kafka-log-streamer")]),
        // The shipped CEF parser, compiled as a plug-in from outside: what is public is enough for it.
        .target(
            name: "CEFFromOutside",
            dependencies: [.product(name: "KafkaLogStreamer", package: "kafka-log-streamer")]),
        .testTarget(
            name: "PositionParserTests",
            dependencies: [
                "PositionParser", "position-streamer",
                .product(name: "KafkaLogStreamer", package: "kafka-log-streamer"),
                .product(name: "PluginConformance", package: "kafka-log-streamer"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
