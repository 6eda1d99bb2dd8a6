/// A set of small whole numbers, one bit each: ids of a table are dense, and there are many.
struct Bitmap: Sendable {
    private var words: [UInt64] = []
    /// What lies beyond the bits, as a tampered file may have it.
    private var far: Set<Int64> = []

    private static let limit: Int64 = 1 << 32

    func contains(_ number: Int64) -> Bool {
        guard (0..<Self.limit).contains(number) else { return far.contains(number) }
        let word = Int(number >> 6)
        guard word < words.count, words[word] & (1 << UInt64(number & 63)) != 0 else {
            return far.contains(number)
        }
        return true
    }

    /// Whether the number was not there before.
    @discardableResult
    mutating func insert(_ number: Int64) -> Bool {
        guard (0..<Self.limit).contains(number) else { return far.insert(number).inserted }
        let word = Int(number >> 6)
        // In steps: a lone large number costs no more than its own place.
        if word >= words.count {
            if word > 2 * words.count + 1_024 { return far.insert(number).inserted }
            words += Array(repeating: 0, count: max(word + 1 - words.count, words.count / 2))
        }
        if far.contains(number) { return false }
        let bit: UInt64 = 1 << UInt64(number & 63)
        defer { words[word] |= bit }
        return words[word] & bit == 0
    }
}
