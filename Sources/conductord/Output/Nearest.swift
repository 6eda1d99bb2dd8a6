import ConductorCore

/// What was probably meant by a name that nothing has.
enum Nearest {
    /// The nearest of the names, the first among equals; nil when none is near.
    static func name(to word: String, among names: [String]) -> String? {
        let most = word.count <= 4 ? 1 : word.count <= 12 ? 2 : 3
        var best: (name: String, distance: Int)?
        for name in names where name != word {
            let distance = distance(Array(word.unicodeScalars), Array(name.unicodeScalars))
            if distance <= most, best.map({ distance < $0.distance }) ?? true {
                best = (name, distance)
            }
        }
        return best?.name
    }

    /// `(did you mean X?)` with a space before it, or nothing.
    static func hint(for word: String, among names: [String]) -> String {
        name(to: word, among: names).map { " (did you mean '\($0)'?)" } ?? ""
    }

    private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var row = Array(0...right.count)
        for (place, scalar) in left.enumerated() {
            var corner = row[0]
            row[0] = place + 1
            for (other, candidate) in right.enumerated() {
                let above = row[other + 1]
                row[other + 1] = min(
                    above + 1,
                    row[other] + 1,
                    corner + (scalar == candidate ? 0 : 1)
                )
                corner = above
            }
        }
        return row[right.count]
    }
}
