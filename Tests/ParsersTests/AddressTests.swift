import Foundation
import Parsers
import TestSupport
import Testing

/// The way of an address in the middle of a message against the way at its end, and `ip` against its two halves.
@Suite struct AddressTests {
    private static let seeds = ["192.0.2.1", "255.255.255.255", "1.2.3.4", "0.0.0.0", "::1", "2001:db8::17", "a:b:1::"]

    private func address(_ random: inout SeededGenerator) -> String {
        if Bool.random(using: &random) {
            return (0..<Int.random(in: 3...5, using: &random)).map { _ in
                let octets = [
                    "0", "7", "00", "01", "10", "99", "100", "199", "255", "256", "300", "999", "1000", "", "a",
                ]
                return octets.randomElement(using: &random)!
            }.joined(separator: ".")
        }
        var bytes = Array(Self.seeds.randomElement(using: &random)!.utf8)
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            let byte = "0129afgz:.%_".utf8.randomElement(using: &random)!
            let at = Int.random(in: 0..<bytes.count, using: &random)
            if Bool.random(using: &random) { bytes[at] = byte } else { bytes.insert(byte, at: at) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func anAddressIsTheSameInTheMiddleAndAtTheEnd() throws {
        let seed = SeededGenerator.runSeed
        var random = SeededGenerator(seed: seed)
        var four = try Harness(parserSet(["{x:ipv4}"]))
        var six = try Harness(parserSet(["{x:ipv6}"]))
        var either = try Harness(parserSet(["{x:ip}"]))
        var fourBefore = try Harness(parserSet(["{x:ipv4} {_:rest}"]))
        var eitherBefore = try Harness(parserSet(["{x:ip} {_:rest}"]))
        var found = 0
        for _ in 0..<3000 {
            let text = address(&random)
            let long = text + " and more text than an address"
            let asFour = try four.fields(text)
            let asSix = try six.fields(text)
            let asEither = try either.fields(text)
            let asFourBefore = try fourBefore.fields(long)
            let asEitherBefore = try eitherBefore.fields(long)
            if asFour != nil { found += 1 }
            #expect(asFourBefore == asFour, "seed \(seed), \(text)")
            #expect(asEither == asFour ?? asSix, "seed \(seed), \(text)")
            #expect(asEitherBefore == asEither, "seed \(seed), \(text)")
        }
        #expect(found > 50, "seed \(seed)")
    }

    /// What the C library takes as an address, alone and with the full stop of a sentence behind it.
    @Test func anAddressIsWhatTheSystemTakesAsOne() throws {
        let seed = SeededGenerator.runSeed
        var random = SeededGenerator(seed: seed)
        var alone = try Harness(parserSet(["{x:ip}"]))
        var sentence = try Harness(parserSet(["it is {x:ip}."]))
        var inside = try Harness(parserSet(["it is {x:ip}. {_:rest}"]))
        var found = 0
        for _ in 0..<3000 {
            let text = address(&random)
            // A zone is no part of what the library reads here.
            guard !text.contains("%") else { continue }
            var storage = in6_addr()
            let isAddress = inet_pton(AF_INET, text, &storage) == 1 || inet_pton(AF_INET6, text, &storage) == 1
            if isAddress, text.contains(":") { found += 1 }
            let expected = isAddress ? "T0 x=\(text)" : nil
            let asAlone = try alone.fields(text)
            let asSentence = try sentence.fields("it is \(text).")
            let asInside = try inside.fields("it is \(text). And more")
            #expect(asAlone == expected, "seed \(seed), \(text)")
            #expect(asSentence == expected, "seed \(seed), \(text)")
            #expect(asInside == expected, "seed \(seed), \(text)")
        }
        #expect(found > 50, "seed \(seed)")
    }
}
