import Base
import Patterns

/// The keys of an object that is being written, so that none comes twice: memory of a worker, for a fixed number of
/// keys.
package struct ObjectKeys: BitwiseCopyable {
    /// More keys are left out of the object, so that a message of many costs no more than their comparison.
    package static let capacity = 256

    package struct Key: BitwiseCopyable {
        var hash: UInt64
        var start: UInt32
        var count: UInt32
    }

    /// Freed by whoever made it with ``allocate()``.
    private let keys: UnsafeMutablePointer<Key>

    /// Memory for ``capacity`` keys.
    package static func allocate() -> ObjectKeys { ObjectKeys(keys: .allocate(capacity: capacity)) }

    /// Frees the memory.
    package func deallocate() { keys.deallocate() }

    /// Notes a key, of which `used` are noted before.
    /// - Returns: false when it is there already, or there is no room.
    package func add(_ frame: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ used: inout Int) -> Bool {
        guard used < Self.capacity else { return false }
        // Keys with the same hash are compared.
        let hash = NameHash.of(UnsafeRawBufferPointer(start: frame + start, count: end &- start))
        for index in 0..<used where keys[index].hash == hash {
            let other = keys[index]
            if orderByLength(frame + start, end &- start, frame + Int(other.start), Int(other.count)) == 0 {
                return false
            }
        }
        keys[used] = Key(
            hash: hash, start: UInt32(truncatingIfNeeded: start), count: UInt32(truncatingIfNeeded: end &- start))
        used &+= 1
        return true
    }
}
