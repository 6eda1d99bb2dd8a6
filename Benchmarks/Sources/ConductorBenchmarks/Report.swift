import Foundation

/// A table of one benchmark.
struct Report {
    var title: String
    var columns: [String]
    var rows: [[String]] = []
    /// Ratios that were promised, and whether the promise is kept.
    var goals: [(words: String, isMet: Bool)] = []

    /// Prints the table, its columns lined up: the first to the left, numbers to the right.
    func print() {
        let table = [columns] + rows
        let widths = columns.indices.map { column in
            table.map { $0[column].count }.max() ?? 0
        }
        Swift.print("\n\(title)")
        for row in table {
            let cells = row.enumerated().map { place, text in
                let space = String(repeating: " ", count: widths[place] - text.count)
                return place == 0 ? text + space : space + text
            }
            Swift.print("  " + cells.joined(separator: "   "))
        }
        for goal in goals { Swift.print("  \(goal.isMet ? "met" : "MISSED"): \(goal.words)") }
        // Seen at once, in a file or a pipe too: the next one may take minutes.
        fflush(nil)
    }
}

extension Double {
    /// The number with so many digits after the point.
    func text(_ digits: Int) -> String { String(format: "%.\(digits)f", self) }
}

/// A duration in words, from nanoseconds.
func time(_ nanoseconds: Double) -> String {
    switch nanoseconds {
    case ..<1e4: nanoseconds.text(0) + " ns"
    case ..<1e7: (nanoseconds / 1e3).text(1) + " us"
    case ..<1e10: (nanoseconds / 1e6).text(1) + " ms"
    default: (nanoseconds / 1e9).text(1) + " s"
    }
}
