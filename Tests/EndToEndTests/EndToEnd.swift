import Testing

/// The built command with real senders, a broker hosted by the test and `kcat` behind it.
///
/// One test at a time: each starts several processes and the machine may have two cores.
@Suite("End to end", .serialized)
struct EndToEnd {
}
