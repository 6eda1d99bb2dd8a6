import CZlib

/// Bytes as gzip has them (RFC 1952), by the system's zlib.
enum Compression {
    /// Level 6 of 9: a page is compressed once per view.
    private static let level: Int32 = 6
    /// Fifteen bits of window, and 16 for gzip's header.
    private static let windowBits: Int32 = 15 + 16
    private static let memoryLevel: Int32 = 8

    /// The compressed bytes; nil where zlib cannot, and then they are sent as they are.
    static func gzip(_ bytes: [UInt8]) -> [UInt8]? {
        guard !bytes.isEmpty, let count = UInt32(exactly: bytes.count) else { return nil }
        var stream = unsafe z_stream()
        let begun = unsafe deflateInit2_(
            &stream,
            level,
            Z_DEFLATED,
            windowBits,
            memoryLevel,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
        guard begun == Z_OK else { return nil }
        defer { _ = unsafe deflateEnd(&stream) }
        var source = bytes
        let bound = unsafe Int(deflateBound(&stream, UInt(count)))
        var isWhole = false
        let packed = unsafe [UInt8](unsafeUninitializedCapacity: bound) { buffer, written in
            unsafe source.withUnsafeMutableBufferPointer { input in
                unsafe stream.next_in = input.baseAddress
                unsafe stream.avail_in = count
                unsafe stream.next_out = buffer.baseAddress
                unsafe stream.avail_out = UInt32(clamping: bound)
                unsafe isWhole = deflate(&stream, Z_FINISH) == Z_STREAM_END
                unsafe written = Int(stream.total_out)
            }
        }
        return isWhole ? packed : nil
    }
}
