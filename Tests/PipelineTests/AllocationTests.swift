import AllocationCounter
import Inputs
import Spool
import Testing

@testable import Pipeline

/// Heap use on the way from a frame to a committed record.
@Suite("Allocations", .serialized)
struct AllocationTests {
    private static let frames: [[UInt8]] = [
        "<30>Nov  4 14:02:09 gw1 dhcpd[812]: DHCPACK on 192.168.0.101 to 00:11:22:33:44:55 (laptop-01) via eth0",
        "<13>1 2025-11-04T14:02:09.123456Z host app 12 ID7 [x@1 a=\"b\"] text of a message",
        "<30>Nov  4 14:02:09 gw1 systemd[1]: Started nginx.service - A high performance web server.", "plain text",
    ].map { Array($0.utf8) }

    @Test("The counter counts", .enabled(if: allocations_are_counted(), "a sanitizer is in its place"))
    func counts() {
        let before = counted_allocations()
        let block = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 16)
        block.deallocate()
        #expect(counted_allocations() == before + 1)
    }

    private static var isOptimised: Bool {
        #if DEBUG
            false
        #else
            true
        #endif
    }

    /// `make bench` runs it on a release build: without the optimiser every closure is an allocation.
    @Test("Once warm, messages allocate nothing", .enabled(if: isOptimised, "needs a release build"))
    func none() throws {
        // Not started: nothing but the worker's own thread is at work on these records, and the spool has room for all.
        let bench = try Bench(spool: SpoolSettings(maximumSize: 64 << 20, segmentSize: 16 << 20))
        var context = ListenerContext(name: "udp")
        context.program = "dhcpd"
        let worker = bench.pipeline.makeWorker(context)
        func run(_ messages: Int) {
            var done = 0
            while done < messages {
                worker.beginBatch()
                for index in 0..<64 {
                    let peer = worker.peer(address(10, 0, 0, UInt8(index % 4)))
                    let frame = Self.frames[index % Self.frames.count]
                    if !worker.accept(frame.span, isTruncated: false, peer: peer) { Issue.record("no room") }
                }
                worker.reject(.empty)
                worker.endBatch()
                done += 64
            }
        }
        run(1024)
        let before = counted_allocations()
        run(12_800)
        let allocations = counted_allocations() - before
        #expect(allocations == 0)
    }
}
