import Base
import Patterns

/// The keys of an object that is being written, so that none comes twice: memory of a worker, for a fixed number of
/// keys.
struct ObjectKeys: BitwiseCopyable {
    /// More keys are left out of the object, so that a message of many costs no more than their comparison.
    static let capacity = 256

    struct Key: BitwiseCopyable {
        var hash: UInt64
        var start: UInt32
        var count: UInt32
    }

    /// Owned by ``Matcher``.
    let keys: UnsafeMutablePointer<Key>

    /// Notes a key, of which `used` are noted before.
    /// - Returns: false when it is there already, or there is no room.
    func add(_ frame: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ used: inout Int) -> Bool {
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
