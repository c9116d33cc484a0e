/// Whether an ASCII byte is `0` to `9`.
@inlinable
@inline(__always)
public func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

/// Whether an ASCII byte is `A` to `Z`.
@inlinable
@inline(__always)
public func isCapital(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "A") < 26 }

/// Whether an ASCII byte is a letter.
@inlinable
@inline(__always)
public func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 }
