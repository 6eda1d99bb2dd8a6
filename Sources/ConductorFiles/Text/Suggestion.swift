internal import ConductorCore

/// What was probably meant by a word that is not known.
enum Suggestion {
    /// The candidate nearest to `word`, if one is near; the first in order of name among equals.
    static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        let typed = Array(word.lowercased().unicodeScalars.prefix(80))
        guard !typed.isEmpty else { return nil }
        var best: (name: String, distance: Int)?
        for name in Set(candidates).sorted(by: { $0.precedes($1) }) where name != word {
            let other = Array(name.lowercased().unicodeScalars)
            guard other.count <= 80 else { continue }
            let allowed = max(1, min(typed.count, other.count) / 3)
            guard abs(other.count - typed.count) <= allowed else { continue }
            let found = distance(typed, other)
            if found <= allowed, found < best?.distance ?? .max { best = (name, found) }
        }
        return best?.name
    }

    /// Letters to insert, delete, replace or swap with their neighbour.
    private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in 1...max(1, left.count) where row <= left.count {
            var current = [row]
            for column in 1...max(1, right.count) where column <= right.count {
                let isSame = left[row - 1] == right[column - 1]
                var cost = min(
                    last[column] + 1,
                    current[column - 1] + 1,
                    last[column - 1] + (isSame ? 0 : 1)
                )
                if row > 1, column > 1, left[row - 1] == right[column - 2],
                    left[row - 2] == right[column - 1]
                {
                    cost = min(cost, beforeLast[column - 2] + 1)
                }
                current.append(cost)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
