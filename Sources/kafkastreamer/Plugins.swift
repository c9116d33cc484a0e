import Parsers
import Synchronization

/// The command, for an executable that brings parsers of its own (docs/writing-a-parser.md).
public enum Streamer {
    /// Reads the arguments of the process, does what they say and ends the process.
    /// - Parameter plugins: parsers in Swift besides those that come with the package. Routes find them by their program
    ///   tags and their names, every subcommand knows them; one that contradicts a rules file is an error of each.
    public static func main(plugins: [any ParserPlugin.Type] = []) async {
        Plugins.use(plugins)
        await KafkaStreamer.main()
    }
}

/// The parsers in Swift that every set of rules is compiled with.
enum Plugins {
    /// Those of the executable: set once, before the arguments are read.
    private static let own = Mutex<[any ParserPlugin.Type]>([])

    static func use(_ plugins: [any ParserPlugin.Type]) { own.withLock { $0 = plugins } }

    static var all: [any ParserPlugin.Type] { ParserSet.shippedPlugins + own.withLock { $0 } }
}
