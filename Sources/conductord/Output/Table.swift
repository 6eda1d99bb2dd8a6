/// A text in a column of a table.
struct Cell: Sendable {
    var text: String
    var inks: [Ink]

    init(_ text: String, _ inks: Ink...) {
        self.text = text
        self.inks = inks
    }
}

/// Columns under headings, as wide as what stands in them; the last one takes the lines it needs.
struct Table: Sendable {
    var headings: [String]
    var rows: [[Cell]] = []

    private static let gap = 2
    /// The least that the last column gets, however narrow the terminal is.
    private static let leastRoom = 16

    init(_ headings: String...) { self.headings = headings }

    /// The lines of the table, without a line's end after the last.
    func text(on page: Page) -> String {
        var widths = headings.map(\.count)
        for row in rows {
            for (column, cell) in row.enumerated() {
                widths[column] = max(widths[column], cell.text.count)
            }
        }
        let before = widths.dropLast().reduce(0) { $0 + $1 + Self.gap }
        let room = page.width.map { max(Self.leastRoom, $0 - before) }
        var lines = [line(headings.map { Cell($0, .faint) }, widths, page)]
        for row in rows {
            guard var last = row.last else { continue }
            let parts = room.map { Self.wrapped(last.text, to: $0) } ?? [last.text]
            for (number, part) in parts.enumerated() {
                last.text = part
                let cells = number == 0 ? row.dropLast() : row.dropLast().map { _ in Cell("") }
                lines.append(line(cells + [last], widths, page))
            }
        }
        return lines.joined(separator: "\n")
    }

    private func line(_ cells: [Cell], _ widths: [Int], _ page: Page) -> String {
        var text = ""
        var pending = 0
        for (column, cell) in cells.enumerated() {
            if !cell.text.isEmpty {
                text += String(repeating: " ", count: pending)
                text += page.paint(cell.text, cell.inks)
                pending = 0
            }
            pending += (cell.text.isEmpty ? widths[column] : widths[column] - cell.text.count)
            pending += Self.gap
        }
        return text
    }

    /// Lines of whole words, none longer than `width` unless a word is.
    static func wrapped(_ text: String, to width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return line.isEmpty && !lines.isEmpty ? lines : lines + [line]
    }
}
