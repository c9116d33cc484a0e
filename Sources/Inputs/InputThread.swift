import CLinux
import Glibc

/// A thread of an input's own: `recvmmsg` and `read` block, so they have no place on a task's thread.
public final class InputThread: @unchecked Sendable {
    private var thread = pthread_t()

    /// Starts `body` on a new thread with a name (15 bytes are kept).
    public init(name: String, _ body: @escaping @Sendable () -> Void) throws(InputError) {
        final class Start {
            let name: String
            let body: @Sendable () -> Void
            init(_ name: String, _ body: @escaping @Sendable () -> Void) {
                self.name = name
                self.body = body
            }
        }
        let context = Unmanaged.passRetained(Start(name, body)).toOpaque()
        let failure = pthread_create(
            &thread, nil,
            { context in
                let start = Unmanaged<Start>.fromOpaque(context!).takeRetainedValue()
                clinux_set_thread_name(start.name)
                start.body()
                return nil
            }, context)
        guard failure == 0 else {
            Unmanaged<Start>.fromOpaque(context).release()
            throw InputError(place: name, operation: "start a thread for", errno: failure)
        }
    }

    /// Waits for its end. Called once.
    public func join() { pthread_join(thread, nil) }

    /// The same without holding one of the tasks' threads. Called once.
    func end() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            // A join may take as long as a batch; a thread of its own waits for it.
            do throws(InputError) {
                _ = try InputThread(name: "join") { [self] in
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
