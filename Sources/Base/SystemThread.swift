import CLinux
import Glibc

/// A thread of one's own, for what blocks or takes a processor for long: that has no place on a task's thread.
public final class SystemThread: Sendable {
    private let thread: pthread_t

    /// Starts `body` on a new thread with a name, of which the system keeps 15 bytes.
    public init(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        final class Start {
            let name: String
            let body: @Sendable () -> Void
            init(_ name: String, _ body: @escaping @Sendable () -> Void) {
                self.name = name
                self.body = body
            }
        }
        let context = Unmanaged.passRetained(Start(name, body)).toOpaque()
        var made = pthread_t()
        let failure = pthread_create(
            &made, nil,
            { context in
                let start = Unmanaged<Start>.fromOpaque(context!).takeRetainedValue()
                clinux_set_thread_name(start.name)
                start.body()
                return nil
            }, context)
        thread = made
        guard failure == 0 else {
            Unmanaged<Start>.fromOpaque(context).release()
            throw SystemError(failure)
        }
    }

    /// Waits for its end. Called once.
    public func join() { pthread_join(thread, nil) }

    /// The same without holding one of the tasks' threads. Called once.
    public func end() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            // A join may take as long as a batch; a thread of its own waits for it.
            do throws(SystemError) {
                _ = try SystemThread(name: "join") { [self] in
                    join()
                    pthread_detach(pthread_self())
                    continuation.resume()
                }
            } catch {
                join()
                continuation.resume()
            }
        }
    }
}
