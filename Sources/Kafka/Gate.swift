import Synchronization

/// Lets other senders' workers begin once what an earlier process left has been handed over.
final class Gate: Sendable {
    let isOpen = Atomic<Bool>(true)
}
