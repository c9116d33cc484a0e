import Base

extension SystemThread {
    /// Starts the thread of an input: `recvmmsg` and `read` block.
    /// - Throws: what the system refused, with the thread's name.
    public static func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws(InputError) -> SystemThread
    {
        do throws(SystemError) {
            return try SystemThread(name: name, body)
        } catch {
            throw InputError(place: name, operation: "start a thread for", errno: error.code)
        }
    }
}
