import CEL

/// Any bytes as a text: libFuzzer calls this with what it makes up.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe UnsafeBufferPointer(start: start, count: count)
    let source = unsafe String(decoding: bytes, as: UTF8.self)
    var properties = FuzzProperties()
    if let fault = properties.fault(of: source) { fatalError("\(fault)\n\(source)") }
    return 0
}
