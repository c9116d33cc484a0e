import Spool

/// The backlog of a stuck lane: a chain that the sender writes and reads itself.
final class Backlog {
    let writer: SpoolWriter
    var reader: SpoolReader

    init(_ writer: SpoolWriter) {
        self.writer = writer
        reader = SpoolReader(writer.chain)
    }
}
