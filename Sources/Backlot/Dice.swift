/// Dice whose throws are the same on every machine: SplitMix64.
package struct Dice: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }

    /// A whole number of `range`, without a bias that could be seen.
    package mutating func roll(_ range: ClosedRange<Int64>) -> Int64 {
        let count = UInt64(bitPattern: range.upperBound &- range.lowerBound) &+ 1
        return count == 0
            ? Int64(bitPattern: next())
            : range.lowerBound &+ Int64(bitPattern: next().multipliedFullWidth(by: count).high)
    }

    /// A name like a commit's: 40 hex digits.
    package mutating func commit() -> String {
        let digits = Array("0123456789abcdef".utf8)
        let bytes = (0..<40).map { _ in digits[Int(roll(0...15))] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
