package import ConductorCore

/// One thing that is wrong in a file that people write: code, place, what would have been right.
package struct Fault: Sendable, Hashable {
    /// Whether the files can be used all the same.
    package enum Severity: String, Sendable, Hashable, CaseIterable {
        case error, warning
    }

    package var file: String
    package var place: Place
    package var code: FaultCode
    package var message: String
    /// What was probably meant.
    package var suggestion: String?
    /// The line of the file, unless it holds a secret.
    package var excerpt: Excerpt?

    package init(
        file: String,
        place: Place,
        code: FaultCode,
        message: String,
        suggestion: String? = nil
    ) {
        self.file = file
        self.place = place
        self.code = code
        self.message = message
        self.suggestion = suggestion
    }

    package var line: Int { place.line }
    package var column: Int { place.column }
    package var severity: Severity { code.severity }

    /// The piece of a line that is shown, and where in it the caret stands.
    package struct Excerpt: Sendable, Hashable {
        package var text: String
        /// What stands before the caret, so that tabs keep their width.
        package var indent: String

        static let width = 160

        init(line: [Unicode.Scalar], column: Int) {
            let caret = min(column - 1, line.count)
            // Of an endless line only the surroundings of the place are shown.
            let start = caret > Self.width - 20 ? caret - Self.width / 2 : 0
            let end = min(line.count, start + Self.width)
            func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
                var view = String.UnicodeScalarView()
                for scalar in scalars {
                    let isShown = scalar == "\t" || scalar.properties.generalCategory != .control
                    view.append(isShown ? scalar : "\u{FFFD}")
                }
                return String(view)
            }
            self.text = text(line[start..<max(start, end)])
            indent = text(
                line[start..<caret].map { $0 == "\t" ? $0 : " " as Unicode.Scalar }[...]
            )
        }
    }
}

extension Fault: CustomStringConvertible {
    /// `file:line:column: error[E017]: what (did you mean 'x'?)`.
    package var description: String {
        let hint = suggestion.map { " (did you mean '\($0)'?)" } ?? ""
        return
            "\(file):\(line):\(column): \(severity.rawValue)[\(code.rawValue)]: \(message)\(hint)"
    }

    /// The description, the line, and a caret under the place.
    package var rendered: String {
        guard let excerpt else { return description }
        return "\(description)\n  | \(excerpt.text)\n  | \(excerpt.indent)^"
    }

    /// The documented form of `check --json`.
    package var json: JSON {
        [
            "file": .string(file), "line": .int(Int64(line)), "column": .int(Int64(column)),
            "code": .string(code.rawValue), "severity": .string(severity.rawValue),
            "message": .string(message), "suggestion": suggestion.map { .string($0) } ?? .null,
        ]
    }
}

extension Fault: Comparable {
    /// By file, place, code, then words: the order in which faults are shown.
    package static func < (left: Fault, right: Fault) -> Bool {
        if left.file != right.file { return left.file.precedes(right.file) }
        if left.place != right.place { return left.place < right.place }
        if left.code != right.code { return left.code.rawValue.precedes(right.code.rawValue) }
        if left.message != right.message { return left.message.precedes(right.message) }
        return (left.suggestion ?? "").precedes(right.suggestion ?? "")
    }
}
