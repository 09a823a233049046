/// The part of a VHDX that changes with its contents; there are two, the valid one with the higher number counts.
///
///     0 "head"   4 CRC-32C   8 sequence number   16 file write GUID   32 data write GUID   48 log GUID
///     64 log version   66 version   68 log length   72 log offset   (4096 bytes)
///
/// Source: [MS-VHDX] 2.2.2.
struct VhdxHeader: Sendable, Equatable {
    static let length = 4096
    static let signature = Array("head".utf8)

    var sequenceNumber: UInt64
    var fileWrite: ImageIdentifier
    var dataWrite: ImageIdentifier
    /// Zero when the log is empty.
    var log = ImageIdentifier(bytes: [UInt8](repeating: 0, count: 16))
    var logLength: UInt32
    var logOffset: UInt64

    init(sequenceNumber: UInt64, fileWrite: ImageIdentifier, dataWrite: ImageIdentifier, layout: VhdxLayout) {
        self.sequenceNumber = sequenceNumber
        self.fileWrite = fileWrite
        self.dataWrite = dataWrite
        logLength = UInt32(layout.logLength)
        logOffset = VhdxLayout.logOffset
    }

    func encoded() -> [UInt8] {
        var bytes = Self.signature + [UInt8](repeating: 0, count: Self.length - 4)
        bytes.setLittleEndian(sequenceNumber, at: 8)
        bytes.replaceSubrange(16..<32, with: fileWrite.bytes)
        bytes.replaceSubrange(32..<48, with: dataWrite.bytes)
        bytes.replaceSubrange(48..<64, with: log.bytes)
        bytes.setLittleEndian(UInt16(1), at: 66)
        bytes.setLittleEndian(logLength, at: 68)
        bytes.setLittleEndian(logOffset, at: 72)
        bytes.setCrc32c(at: 4)
        return bytes
    }

    /// Nil unless signature, checksum and version are right.
    init?(parsing bytes: [UInt8]) {
        guard bytes.count == Self.length, Array(bytes[..<4]) == Self.signature, bytes.hasCrc32c(at: 4),
            bytes.littleEndian(UInt16.self, at: 66) == 1
        else { return nil }
        sequenceNumber = bytes.littleEndian(UInt64.self, at: 8)
        fileWrite = ImageIdentifier(bytes: Array(bytes[16..<32]))
        dataWrite = ImageIdentifier(bytes: Array(bytes[32..<48]))
        log = ImageIdentifier(bytes: Array(bytes[48..<64]))
        logLength = bytes.littleEndian(UInt32.self, at: 68)
        logOffset = bytes.littleEndian(UInt64.self, at: 72)
    }
}
