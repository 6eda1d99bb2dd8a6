/// Whether two texts have the same code points; Swift's `==` asks for canonical equivalence only.
@inline(__always)
func sameText(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count && beginsWith(left, right)
}

/// Whether the code points of a text begin with those of another.
func beginsWith(_ text: String, _ part: String) -> Bool {
    let result: Bool?? = unsafe text.utf8.withContiguousStorageIfAvailable { text in
        unsafe part.utf8.withContiguousStorageIfAvailable { part in
            unsafe text.count >= part.count
                && sameOctets(UnsafeRawBufferPointer(text), 0, UnsafeRawBufferPointer(part))
        }
    }
    return (result ?? nil) ?? text.utf8.starts(with: part.utf8)
}

/// Whether the code points of a text end with those of another.
func endsWith(_ text: String, _ part: String) -> Bool {
    let result: Bool?? = unsafe text.utf8.withContiguousStorageIfAvailable { text in
        unsafe part.utf8.withContiguousStorageIfAvailable { part in
            unsafe text.count >= part.count
                && sameOctets(
                    UnsafeRawBufferPointer(text),
                    text.count - part.count,
                    UnsafeRawBufferPointer(part)
                )
        }
    }
    return (result ?? nil) ?? text.utf8.reversed().starts(with: part.utf8.reversed())
}

/// The number of code points of a text: its octets but for those that continue one.
func countCodePoints(_ text: String) -> Int {
    let count = unsafe text.utf8.withContiguousStorageIfAvailable { octets in
        var count = 0
        var place = 0
        while place < octets.count {
            if unsafe octets[place] & 0xC0 != 0x80 { count &+= 1 }
            place &+= 1
        }
        return count
    }
    return count ?? text.unicodeScalars.count
}

/// Whether octets from a place on are others, which lie within them; eight are compared at a time.
@inline(__always)
private func sameOctets(
    _ octets: UnsafeRawBufferPointer,
    _ start: Int,
    _ others: UnsafeRawBufferPointer
) -> Bool {
    var place = 0
    while place &+ 8 <= others.count {
        let left = unsafe octets.loadUnaligned(fromByteOffset: start &+ place, as: UInt64.self)
        let right = unsafe others.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        if left != right { return false }
        place &+= 8
    }
    while place < others.count {
        if unsafe octets[start &+ place] != others[place] { return false }
        place &+= 1
    }
    return true
}
