/// How a variable and what is asked for within it are written, such as `build.commit`.
enum AttributePath {
    /// Texts longer than this are left out of paths.
    private static let longestKey = 200

    /// A field within a path, with a point where its name allows one.
    static func field(_ name: String, in path: String) -> String {
        isIdentifier(name) ? path + "." + name : key(.string(name), in: path)
    }

    /// The value at a key within a path; a key that has no short text leaves the path as it is.
    static func key(_ key: Value, in path: String) -> String {
        switch key {
        case .string(let text):
            if isIdentifier(text) { return path + "." + text }
            guard text.utf8.count <= longestKey else { return path }
            return path + "[" + key.description + "]"
        case .bool, .int, .uint, .double: return path + "[" + key.description + "]"
        default: return path
        }
    }

    private static func isIdentifier(_ text: String) -> Bool {
        guard let first = text.utf8.first, !isDigit(first), text.utf8.count <= longestKey else {
            return false
        }
        return text.utf8.allSatisfy {
            isDigit($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F
        }
    }

    private static func isDigit(_ octet: UInt8) -> Bool { (0x30...0x39).contains(octet) }
}
