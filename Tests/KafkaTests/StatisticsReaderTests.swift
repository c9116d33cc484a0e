import Testing

@testable import Kafka

@Suite("librdkafka's statistics")
struct StatisticsReaderTests {
    private func readings(_ text: String) -> KafkaReadings {
        var readings = KafkaReadings()
        Array(text.utf8).withUnsafeBufferPointer { StatisticsReader($0).fold(into: &readings) }
        return readings
    }

    private static let text = """
        {"name":"rdkafka#producer-1", "msg_cnt":22, "msg_size":704010, "replyq":0, "odd":"a \\"}, {[ text",
         "brokers":{
           "b1:9092/1":{ "name":"b1:9092/1", "nodeid":1, "state":"UP", "tx":320, "txbytes":84283332, "txerrs":1,
             "rxerrs":2, "req_timeouts":3, "outbuf_cnt":4, "waitresp_cnt":5, "source":"learned",
             "rtt": {"min":1580, "max":3389, "avg":2349, "p50":2319, "p99":3000, "hist":[1,[2,{}]]}, "toppars":{"t-0":{"topic":"t"}} },
           "b2:9092/2":{ "nodeid":2, "state":"DOWN" },
           "SSL://b3:9092/bootstrap":{ "nodeid":-1, "state":"UP", "tx":9 } },
         "topics":{"t":{"partitions":{"0":{"msg_cnt":7}}}}, "tx":1}
        """

    @Test("queues and brokers are read, and everything else is stepped over")
    func reads() {
        let readings = readings(Self.text)
        #expect(readings.queuedMessages == 22 && readings.queuedBytes == 704_010)
        var first = KafkaReadings.Broker()
        first.isUp = true
        first.requests = 320
        first.bytes = 84_283_332
        first.errors = 3
        first.timeouts = 3
        first.waiting = 9
        first.roundTripMean = 2349
        first.roundTripMost = 3000
        #expect(readings.brokers == ["b1:9092": first, "b2:9092": KafkaReadings.Broker()])
    }

    @Test("a text that ends anywhere is read to there and no further")
    func ends() {
        let bytes = Array(Self.text.utf8)
        for count in bytes.indices {
            let part = Array(bytes[..<count])
            var readings = KafkaReadings()
            part.withUnsafeBufferPointer { StatisticsReader($0).fold(into: &readings) }
            #expect(readings.queuedMessages == 0 || readings.queuedMessages <= 22)
        }
    }

    @Test(
        "what is no statistics says nothing",
        arguments: [
            "", "[]", "{", "{}", "{\"brokers\":1}", "{\"msg_cnt\":\"x\"}", "{\"msg_cnt\":-1}", "{{{{", "}", "{\"a\"}",
        ])
    func nothing(_ text: String) { #expect(readings(text) == KafkaReadings()) }

    @Test("two producers' statistics add up")
    func sums() {
        var sum = KafkaReadings()
        for _ in 0..<2 {
            Array(Self.text.utf8).withUnsafeBufferPointer { StatisticsReader($0).fold(into: &sum) }
        }
        #expect(sum.queuedMessages == 44 && sum.brokers["b1:9092"]?.requests == 640)
        #expect(sum.brokers["b1:9092"]?.roundTripMean == 2349)
    }

    @Test("times fall into the bucket of their upper bound")
    func latency() {
        let latency = DeliveryLatency()
        for time in [-5, 0, 1, 2, 3, 5, 6, 3_600_000, 3_600_001] as [Int64] { latency.note(milliseconds: time) }
        var counts = LatencyCounts()
        latency.fold(into: &counts)
        #expect(counts.buckets[..<4] == [3, 1, 2, 1] && counts.buckets.suffix(2) == [1, 1])
        #expect(counts.milliseconds == 17 + 7_200_001)
    }
}
