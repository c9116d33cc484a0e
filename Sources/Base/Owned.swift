/// A value with one owner, which lives in memory of its own: what a thread's hot path changes for every message.
///
/// A class's stored property is checked at run time, at each use, against another use that overlaps; on the hot path those
/// calls cost more than what they guard, which one thread owns and one function at a time reaches. Reached through here, a
/// value is checked in debug builds, and so in every test, and costs a release build nothing. Within the value, whose
/// methods are those of a struct, the compiler proves the same.
///
/// Threads: those of the value.
public struct Owned<Value: ~Copyable>: ~Copyable {
    @usableFromInline let place: UnsafeMutablePointer<Value>
    #if DEBUG
        /// How many read it now; -1 while it is being changed.
        @usableFromInline let uses: UnsafeMutablePointer<Int>
    #endif

    /// Takes a value.
    @inlinable
    public init(_ value: consuming Value) {
        place = .allocate(capacity: 1)
        place.initialize(to: value)
        #if DEBUG
            uses = .allocate(capacity: 1)
            uses.initialize(to: 0)
        #endif
    }

    @inlinable
    deinit {
        place.deinitialize(count: 1)
        place.deallocate()
        #if DEBUG
            uses.deallocate()
        #endif
    }

    /// The value. While it is changed nobody may read or change it.
    @inlinable
    public var value: Value {
        @inline(__always)
        _read {
            #if DEBUG
                precondition(uses.pointee >= 0, "the value is read while it is being changed")
                uses.pointee += 1
                defer { uses.pointee -= 1 }
            #endif
            yield place.pointee
        }
        @inline(__always)
        nonmutating _modify {
            #if DEBUG
                precondition(uses.pointee == 0, "the value is changed while it is in use")
                uses.pointee = -1
                defer { uses.pointee = 0 }
            #endif
            yield &place.pointee
        }
    }
}
