import Inputs

extension Worker: DatagramSink {
    /// Takes a batch of datagrams, one message each. What cannot be kept is rejected with its reason: a datagram's
    /// sender cannot be made to wait.
    public func receive(_ batch: DatagramBatch) {
        beginBatch()
        for index in 0..<batch.count {
            let datagram = batch[index]
            if datagram.bytes.isEmpty {
                reject(.empty)
                continue
            }
            let source = datagram.source
            let address = source.baseAddress.map { PeerAddress($0, length: source.count) } ?? .none
            let peer = peers.peer(address)
            if !peer.pointee.isAllowed {
                reject(.acl)
            } else if rateWait(address) > 0 {
                reject(.rateLimited)
            } else if !accept(
                Span<UInt8>(_unsafeBytes: datagram.bytes), isTruncated: datagram.isTruncated, peer: peer)
            {
                reject(.spoolFull)
            }
        }
        endBatch()
    }
}
