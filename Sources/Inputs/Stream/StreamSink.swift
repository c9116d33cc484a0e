/// Where the bytes of stream connections go: one sink per event loop, called on that loop alone.
public protocol StreamSink: InputSink {
    /// What the sink keeps of one connection (its frame decoder).
    associatedtype Connection

    /// A connection has come.
    func open(peer: PeerAddress) -> Connection

    /// Takes bytes in the order they came. After a blocked answer nothing is read, and what was not taken is offered
    /// again (an empty run of bytes, if all were) once `resume` has been called or the time is over.
    /// - Parameter resume: called once, from any thread, after `.untilRoom`.
    func receive(
        _ bytes: UnsafeRawBufferPointer, on connection: inout Connection, resume: @escaping @Sendable () -> Void
    ) -> StreamIntake

    /// The stream has ended: what is left unterminated is a last frame. False when there is no room for it: the call is
    /// made again after `resume`.
    func finish(_ connection: inout Connection, resume: @escaping @Sendable () -> Void) -> Bool
}

/// What a sink did with the bytes of a stream.
public struct StreamIntake: Sendable, Equatable {
    /// Why it took no more.
    public enum Blocked: Sendable, Equatable {
        /// It did not: all bytes are taken.
        case no
        /// The spool is full; `resume` will be called.
        case untilRoom
        /// The rate is used up; to be offered again after so many nanoseconds.
        case forNanoseconds(Int64)
    }

    /// Bytes taken.
    public var taken: Int
    /// Whether, and why, it wants no more now.
    public var blocked: Blocked

    /// An answer.
    public init(taken: Int, blocked: Blocked) {
        self.taken = taken
        self.blocked = blocked
    }
}
