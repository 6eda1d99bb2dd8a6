import ConductorCore
import ConductorFiles

/// What `check` says.
struct CheckReport: Sendable {
    var faults: [ConductorFiles.Fault]
    /// What is right, in words: shown when nothing is wrong.
    var summary: String

    var errors: Int { faults.count { $0.severity == .error } }
    var warnings: Int { faults.count - errors }
    var isFine: Bool { errors == 0 }

    var json: JSON {
        ["ok": .bool(isFine), "faults": .array(faults.map(\.json))]
    }

    func text(on page: Page) -> String {
        var lines: [String] = []
        for fault in faults { lines += words(of: fault, on: page) + [""] }
        let warned = warnings == 0 ? "" : ", \(counted(warnings, "warning"))"
        if isFine {
            lines.append(page.paint("✔ \(summary)\(warned)", .green))
        } else {
            lines.append(page.paint("✖ \(counted(errors, "error"))\(warned)", .bold, .red))
        }
        return lines.joined(separator: "\n")
    }

    private func words(of fault: ConductorFiles.Fault, on page: Page) -> [String] {
        let ink: Ink = fault.severity == .error ? .red : .yellow
        let place = "\(fault.file):\(fault.line):\(fault.column)"
        let hint = fault.suggestion.map { " (did you mean '\($0)'?)" } ?? ""
        var lines = [
            page.paint(place, .bold) + ": "
                + page.paint("\(fault.severity.rawValue)[\(fault.code.rawValue)]", .bold, ink)
                + ": \(fault.message)\(hint)"
        ]
        if let excerpt = fault.excerpt {
            lines.append(page.paint("  | ", .faint) + excerpt.text)
            lines.append(page.paint("  | ", .faint) + excerpt.indent + page.paint("^", .bold, ink))
        }
        return lines
    }

    private func counted(_ number: Int, _ what: String) -> String {
        "\(number) \(what)\(number == 1 ? "" : "s")"
    }
}
