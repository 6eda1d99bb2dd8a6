/// An upper bound on how large a text becomes when its aliases are replaced by what they stand for.
///
/// It is taken before the parser sees the text, because the parser hashes whatever stands as a key,
/// expanded. What looks like an anchor or an alias counts as one; the bound is far above what
/// anybody writes by hand.
enum AliasGrowth {
    /// Code points that a file may have after expansion.
    static let limit = 32 << 20

    struct Excess: Equatable {
        var offset: Int
        var message: String
    }

    /// The first alias at which the text grows beyond bounds.
    static func excess(in scalars: [Unicode.Scalar]) -> Excess? {
        let tokens = tokens(in: scalars)
        let aliased = Set(tokens.filter { !$0.isAnchor }.map(\.name))
        // What an anchor names ends before its first alias: an alias inside itself is unknown.
        var open: [String: (start: Int, added: Int)] = [:]
        var sizes: [String: Int] = [:]
        var added = 0
        for token in tokens where aliased.contains(token.name) {
            if token.isAnchor {
                if open[token.name] != nil {
                    return Excess(
                        offset: token.offset,
                        message: "the anchor '&\(token.name)' is set twice, and used as an alias"
                    )
                }
                open[token.name] = (token.offset, added)
            } else if let anchor = open[token.name] {
                let size =
                    sizes[token.name] ?? (token.offset - anchor.start + added - anchor.added)
                sizes[token.name] = size
                added = added.saturatingAdd(size)
                if added > limit {
                    return Excess(
                        offset: token.offset,
                        message: "with its aliases replaced the file would grow beyond all bounds"
                    )
                }
            }
        }
        return nil
    }

    private struct Token {
        var name: String
        var isAnchor: Bool
        var offset: Int
    }

    private static func tokens(in scalars: [Unicode.Scalar]) -> [Token] {
        var tokens: [Token] = []
        for (offset, scalar) in scalars.enumerated() where scalar == "&" || scalar == "*" {
            if offset > 0 {
                switch scalars[offset - 1] {
                case " ", "\t", "\n", "\r", "[", "{", ",", "-", "?", ":", "\"", "'", "\u{85}",
                    "\u{2028}", "\u{2029}":
                    break
                default: continue
                }
            }
            var name = String.UnicodeScalarView()
            for letter in scalars[(offset + 1)...] {
                guard
                    letter.properties.isAlphabetic || ("0"..."9").contains(letter)
                        || letter == "_" || letter == "-"
                else { break }
                name.append(letter)
            }
            guard !name.isEmpty else { continue }
            tokens.append(Token(name: String(name), isAnchor: scalar == "&", offset: offset))
        }
        return tokens
    }
}

extension Int {
    fileprivate func saturatingAdd(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
