/// Finds the word that was probably meant.
enum Suggestions {
    /// The nearest of some words, the first in order among equally near ones; `nil` when none is
    /// near.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let scalars = Array(word.unicodeScalars)
        let most = scalars.count <= 3 ? 1 : scalars.count <= 12 ? 2 : 3
        var best: (distance: Int, word: String)?
        for candidate in candidates where candidate != word {
            let other = Array(candidate.unicodeScalars)
            guard abs(other.count - scalars.count) <= most,
                let distance = distance(scalars, other, most: most),
                distance < other.count
            else { continue }
            if let known = best,
                (known.distance, known.word) <= (distance, candidate)
            {
                continue
            }
            best = (distance, candidate)
        }
        return best?.word
    }

    /// Letters dropped, added, changed or swapped with their neighbour; `nil` beyond a bound.
    private static func distance(
        _ left: [Unicode.Scalar],
        _ right: [Unicode.Scalar],
        most: Int
    ) -> Int? {
        guard !left.isEmpty, !right.isEmpty else { return nil }
        var before = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        var row = before
        for place in 1...left.count {
            row[0] = place
            for other in 1...right.count {
                let isSame = left[place - 1] == right[other - 1]
                var cost = min(
                    last[other] + 1,
                    row[other - 1] + 1,
                    last[other - 1] + (isSame ? 0 : 1)
                )
                if place > 1, other > 1, left[place - 1] == right[other - 2],
                    left[place - 2] == right[other - 1]
                {
                    cost = min(cost, before[other - 2] + 1)
                }
                row[other] = cost
            }
            if (row.min() ?? 0) > most { return nil }
            (before, last, row) = (last, row, before)
        }
        return last[right.count] <= most ? last[right.count] : nil
    }
}
