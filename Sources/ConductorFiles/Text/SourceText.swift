/// A line and a column in a file, both from 1; columns count code points.
package struct Place: Sendable, Hashable, Comparable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static let start = Place(line: 1, column: 1)

    package static func < (left: Place, right: Place) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// The text of a file, with its lines.
///
/// Lines end where YAML ends them, so that places agree with the parser's.
package struct SourceText: Sendable {
    /// The name under which faults speak of it.
    package let file: String
    let scalars: [Unicode.Scalar]
    /// Where each line begins.
    private let lineStarts: [Int]

    package init(file: String, text: String) {
        self.file = file
        // A byte order mark is no part of the text.
        let content = text.unicodeScalars
        scalars = Array(content.first == "\u{FEFF}" ? content.dropFirst() : content[...])
        var starts = [0]
        var index = 0
        while index < scalars.count {
            let length = Self.breakLength(scalars, at: index)
            if length > 0 { starts.append(index + length) }
            index += max(1, length)
        }
        lineStarts = starts
    }

    var text: String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    /// Where the first octets stand that were no text.
    var firstReplacement: Place? {
        scalars.firstIndex(of: "\u{FFFD}").map { place(at: $0) }
    }

    /// The length of the line break at `index`: 0 where there is none.
    static func breakLength(_ scalars: [Unicode.Scalar], at index: Int) -> Int {
        guard index < scalars.count else { return 0 }
        switch scalars[index] {
        case "\r": return index + 1 < scalars.count && scalars[index + 1] == "\n" ? 2 : 1
        case "\n", "\u{85}", "\u{2028}", "\u{2029}": return 1
        default: return 0
        }
    }

    /// Whether a place lies in the text, or right behind the end of one of its lines.
    package func contains(_ place: Place) -> Bool {
        lineStarts.indices.contains(place.line - 1) && place.column >= 1
            && place.column <= line(place.line).count + 1
    }

    func offset(of place: Place) -> Int? {
        guard lineStarts.indices.contains(place.line - 1) else { return nil }
        let offset = lineStarts[place.line - 1] + place.column - 1
        return offset <= scalars.count ? offset : nil
    }

    func place(at offset: Int) -> Place {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return Place(line: low + 1, column: offset - lineStarts[low] + 1)
    }

    /// A line without its break.
    func line(_ number: Int) -> [Unicode.Scalar] {
        guard lineStarts.indices.contains(number - 1) else { return [] }
        let start = lineStarts[number - 1]
        var end = start
        while end < scalars.count, Self.breakLength(scalars, at: end) == 0 { end += 1 }
        return Array(scalars[start..<end])
    }
}
