/// A set of code points: ranges and general categories, possibly all others instead.
struct ScalarSet: Sendable, Hashable {
    private var ranges: [ClosedRange<UInt32>] = []
    /// A bit for each general category.
    private var categories: UInt32 = 0
    private var asciiLow: UInt64 = 0
    private var asciiHigh: UInt64 = 0
    private(set) var isNegated = false
    private(set) var ignoresCase = false

    init() {}

    init(_ scalar: UInt32) { insert(scalar...scalar) }

    init(_ ranges: ClosedRange<UInt32>...) {
        for range in ranges { insert(range) }
    }

    static let all = ScalarSet(0...0x10FFFF)

    mutating func insert(_ range: ClosedRange<UInt32>) {
        ranges.append(range)
        guard range.lowerBound < 128 else { return }
        for scalar in range.lowerBound...min(range.upperBound, 127) {
            if scalar < 64 { asciiLow |= 1 << scalar } else { asciiHigh |= 1 << (scalar - 64) }
        }
    }

    mutating func insert(_ mask: UInt32) {
        categories |= mask
        for scalar in UInt32(0)..<128 where mask & Self.bit(of: Unicode.Scalar(UInt8(scalar))) != 0
        {
            if scalar < 64 { asciiLow |= 1 << scalar } else { asciiHigh |= 1 << (scalar - 64) }
        }
    }

    /// Adds all members of a set that is not folded; of a negated one, its ranges' complement.
    mutating func insert(_ other: ScalarSet) {
        let plain = other.isNegated ? other.complementRanges : other.ranges
        for range in plain { insert(range) }
        if other.categories != 0 { insert(other.isNegated ? ~other.categories : other.categories) }
    }

    /// The ranges between the ranges; empty when the set is one of categories.
    private var complementRanges: [ClosedRange<UInt32>] {
        guard categories == 0 else { return [] }
        var gaps: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > next { gaps.append(next...(range.lowerBound - 1)) }
            next = max(next, range.upperBound + 1)
        }
        if next <= 0x10FFFF { gaps.append(next...0x10FFFF) }
        return gaps
    }

    var negated: ScalarSet {
        var set = self
        set.isNegated.toggle()
        return set
    }

    var ignoringCase: ScalarSet {
        var set = self
        set.ignoresCase = true
        return set
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        var isMember = isPlainMember(scalar)
        if ignoresCase, !isMember {
            isMember = Self.variants(of: scalar).contains(where: isPlainMember)
        }
        return isMember != isNegated
    }

    private func isPlainMember(_ scalar: Unicode.Scalar) -> Bool {
        let value = scalar.value
        if value < 64 { return asciiLow >> UInt64(value) & 1 == 1 }
        if value < 128 { return asciiHigh >> UInt64(value - 64) & 1 == 1 }
        for range in ranges where range.contains(value) { return true }
        return categories != 0 && categories & Self.bit(of: scalar) != 0
    }

    /// Code points that differ from one in case only.
    private static func variants(of scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        switch scalar {
        case "k", "K", "\u{212A}": return ["k", "K", "\u{212A}"]
        case "s", "S", "\u{17F}": return ["s", "S", "\u{17F}"]
        case "\u{E5}", "\u{C5}", "\u{212B}": return ["\u{E5}", "\u{C5}", "\u{212B}"]
        case "\u{3C9}", "\u{3A9}", "\u{2126}": return ["\u{3C9}", "\u{3A9}", "\u{2126}"]
        case "\u{B5}", "\u{3BC}", "\u{39C}": return ["\u{B5}", "\u{3BC}", "\u{39C}"]
        case "\u{DF}", "\u{1E9E}": return ["\u{DF}", "\u{1E9E}"]
        case "a"..."z": return [Unicode.Scalar(scalar.value - 32) ?? scalar]
        case "A"..."Z": return [Unicode.Scalar(scalar.value + 32) ?? scalar]
        default:
            guard scalar.value >= 128 else { return [] }
            let properties = scalar.properties
            return [
                properties.lowercaseMapping, properties.uppercaseMapping,
                properties.titlecaseMapping,
            ].compactMap { mapping in
                let scalars = mapping.unicodeScalars
                return scalars.count == 1 ? scalars.first : nil
            }
        }
    }

    private static func bit(of scalar: Unicode.Scalar) -> UInt32 {
        1 << number(of: scalar.properties.generalCategory)
    }

    private static let names: [(name: String, category: Unicode.GeneralCategory)] = [
        ("Lu", .uppercaseLetter), ("Ll", .lowercaseLetter), ("Lt", .titlecaseLetter),
        ("Lm", .modifierLetter), ("Lo", .otherLetter), ("Mn", .nonspacingMark),
        ("Mc", .spacingMark), ("Me", .enclosingMark), ("Nd", .decimalNumber),
        ("Nl", .letterNumber), ("No", .otherNumber), ("Pc", .connectorPunctuation),
        ("Pd", .dashPunctuation), ("Ps", .openPunctuation), ("Pe", .closePunctuation),
        ("Pi", .initialPunctuation), ("Pf", .finalPunctuation), ("Po", .otherPunctuation),
        ("Sm", .mathSymbol), ("Sc", .currencySymbol), ("Sk", .modifierSymbol),
        ("So", .otherSymbol), ("Zs", .spaceSeparator), ("Zl", .lineSeparator),
        ("Zp", .paragraphSeparator), ("Cc", .control), ("Cf", .format), ("Cs", .surrogate),
        ("Co", .privateUse), ("Cn", .unassigned),
    ]

    private static func number(of category: Unicode.GeneralCategory) -> UInt32 {
        UInt32(names.firstIndex { $0.category == category } ?? 31)
    }

    /// The set of a general category such as `Lu` or `L`; `nil` when there is none of that name.
    static func category(_ name: String) -> ScalarSet? {
        if name == "Any" { return .all }
        var mask: UInt32 = 0
        for (place, entry) in names.enumerated()
        where entry.name == name || (name.utf8.count == 1 && entry.name.hasPrefix(name)) {
            // RE2 counts unassigned code points to no category.
            if entry.name != "Cn" { mask |= 1 << UInt32(place) }
        }
        guard mask != 0 else { return nil }
        var set = ScalarSet()
        set.insert(mask)
        return set
    }

    /// The set of a POSIX class such as `alpha`.
    static func posix(_ name: String) -> ScalarSet? {
        switch name {
        case "alnum": ScalarSet(48...57, 65...90, 97...122)
        case "alpha": ScalarSet(65...90, 97...122)
        case "ascii": ScalarSet(0...127)
        case "blank": ScalarSet(9...9, 32...32)
        case "cntrl": ScalarSet(0...31, 127...127)
        case "digit": .digits
        case "graph": ScalarSet(33...126)
        case "lower": ScalarSet(97...122)
        case "print": ScalarSet(32...126)
        case "punct": ScalarSet(33...47, 58...64, 91...96, 123...126)
        case "space": ScalarSet(9...13, 32...32)
        case "upper": ScalarSet(65...90)
        case "word": .words
        case "xdigit": ScalarSet(48...57, 65...70, 97...102)
        default: nil
        }
    }

    static let digits = ScalarSet(48...57)
    static let words = ScalarSet(48...57, 65...90, 95...95, 97...122)
    static let blanks = ScalarSet(9...10, 12...13, 32...32)
    static let newline = ScalarSet(10)
}
