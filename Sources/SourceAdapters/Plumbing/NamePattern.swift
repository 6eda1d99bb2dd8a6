import ConductorCore
import ConductorPorts

/// Names of branches or tags: a text with one `*` in it, such as `release/*`.
struct NamePattern: Sendable, Hashable {
    let beginning: String
    let ending: String

    func matches(_ name: String) -> Bool {
        name.count >= beginning.count + ending.count && name.hasPrefix(beginning)
            && name.hasSuffix(ending)
    }
}

extension SettingsReader {
    func namePattern(_ key: String) -> NamePattern? {
        guard let text = string(key) else { return nil }
        let parts = text.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
        let plain = parts.joined(separator: "x")
        guard parts.count == 2, GitRepository.isReferenceName(plain) else {
            fault(.badValue, key, "should be a name with one * in it, for example release/*")
            return nil
        }
        return NamePattern(beginning: parts[0], ending: parts[1])
    }
}

/// Names in the order of the numbers in them: `v8.9.2` before `v8.10.0`, and before it `v8.9.2-rc.1`.
enum VersionOrder {
    static func precedes(_ left: String, _ right: String) -> Bool {
        let (left, right) = (pieces(left), pieces(right))
        for (one, other) in zip(left, right) where one != other {
            switch (Int(one), Int(other)) {
            case (let one?, let other?) where one != other: return one < other
            default: return one.precedes(other)
            }
        }
        if left.count == right.count { return false }
        // A longer name goes on with a dot, or is a candidate of the shorter one.
        let isCandidate = (left.count > right.count ? left : right)[min(left.count, right.count)]
            .hasPrefix("-")
        return (left.count < right.count) != isCandidate
    }

    /// Runs of digits, and what stands between them.
    private static func pieces(_ text: String) -> [String] {
        var pieces: [String] = []
        var wasDigit: Bool?
        for character in text {
            let isDigit = character.isASCII && character.isNumber
            if isDigit == wasDigit {
                pieces[pieces.count - 1].append(character)
            } else {
                pieces.append(String(character))
            }
            wasDigit = isDigit
        }
        return pieces
    }
}
