import Glibc

/// The system's clocks in plain integers: no `Date`, no allocation, so that they may be read once a batch.
public enum SystemClock {
    /// Nanoseconds of a clock that never goes back and stands still for nobody who sets the time.
    public static var monotonic: Int64 { nanoseconds(of: CLOCK_MONOTONIC) }

    /// Nanoseconds of Unix time.
    public static var realTime: Int64 { nanoseconds(of: CLOCK_REALTIME) }

    /// Lets the calling thread rest. A signal may end it early: who waits for something asks whether it is there.
    /// - Parameter nanoseconds: how long; 0 and less is not at all.
    public static func rest(nanoseconds: Int64) {
        guard nanoseconds > 0 else { return }
        var time = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        nanosleep(&time, nil)
    }

    private static func nanoseconds(of clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
