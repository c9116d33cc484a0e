import Testing

/// The daemons of Debian's packages in network namespaces; what they log becomes events in Kafka, which must say what
/// their clients saw.
///
/// One lab at a time: each is half a dozen processes. It runs next to the other end-to-end tests, as it mostly waits.
@Suite("Daemons", .serialized, .disabled(if: NetworkLab.isSkipped, "SKIP_NETWORK_LABS=1"))
struct Daemons {
}
