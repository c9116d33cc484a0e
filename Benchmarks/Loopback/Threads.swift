import Glibc
import Synchronization

// ReceivedCounter is shared by the receiving threads, which add to it, and the main thread, which reads it.

/// How much has been received so far.
final class ReceivedCounter: Sendable {
    private let count = Atomic<Int>(0)
    func add(_ more: Int) { count.wrappingAdd(more, ordering: .relaxed) }
    var value: Int { count.load(ordering: .relaxed) }
}

/// Runs `body` on a new detached thread.
func startThread(_ body: @escaping @Sendable () -> Void) throws {
    var thread = pthread_t()
    let box = Unmanaged.passRetained(ThreadBody(body))
    let code = pthread_create(
        &thread, nil,
        { raw in
            Unmanaged<ThreadBody>.fromOpaque(raw!).takeRetainedValue().body()
            return nil
        }, box.toOpaque())
    guard code == 0 else {
        box.release()
        throw Failure.system("pthread_create", code)
    }
    pthread_detach(thread)
}

private final class ThreadBody: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// Ends the process from a thread that cannot throw.
func fatalExit(_ error: any Error) -> Never {
    note("error: \(error)")
    exit(1)
}
