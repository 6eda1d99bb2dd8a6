/// The name of a field, ready to be looked up in maps.
struct FieldName: Sendable {
    let text: String
    /// A number that tells most names apart; never 0.
    let mark: UInt64
    private let isASCII: Bool

    init(_ text: String) {
        self.text = text
        mark = Self.mark(of: text)
        isASCII = text.utf8.allSatisfy { $0 < 128 }
    }

    /// Whether a name with the same mark is the same; of a name in ASCII Swift's own comparison of
    /// texts of the same length is exact.
    @inline(__always)
    func isSame(as other: String) -> Bool {
        isASCII
            ? other.utf8.count == text.utf8.count && other == text : sameText(other, text)
    }

    /// The mark of a name (Fowler, Noll and Vo's hash).
    static func mark(of text: String) -> UInt64 {
        var mark: UInt64 = 0xCBF2_9CE4_8422_2325
        for octet in text.utf8 { mark = (mark ^ UInt64(octet)) &* 0x100_0000_01B3 }
        return mark | 1
    }
}
