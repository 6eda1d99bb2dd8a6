import ConductorCore
import ConductorPorts

/// What `doctor` says.
struct DoctorReport: Sendable {
    var diagnoses: [Diagnosis]

    var isWell: Bool { diagnoses.allSatisfy(\.isWell) }

    // MARK: For machines

    var json: JSON {
        ["well": .bool(isWell), "diagnoses": .array(diagnoses.map(Self.json))]
    }

    private static func json(_ diagnosis: Diagnosis) -> JSON {
        [
            "backend": .string(diagnosis.backend), "credential": JSON(diagnosis.credential),
            "address": .string(diagnosis.address),
            "used_by": .array(diagnosis.users.map { .string($0) }),
            "well": .bool(diagnosis.isWell),
            "clock_ahead": diagnosis.clockAhead.map { JSON(seconds: $0) } ?? .null,
            "requests_left": diagnosis.budget.map {
                ["remaining": .int(Int64($0.remaining)), "limit": .int(Int64($0.limit))]
            } ?? .null,
            "findings": .array(
                diagnosis.findings.map { finding in
                    [
                        "what": .string(finding.what),
                        "verdict": .string(Self.word(finding.verdict)),
                        "evidence": JSON(finding.evidence), "remedy": JSON(finding.remedy),
                    ]
                }
            ),
        ]
    }

    private static func word(_ verdict: Finding.Verdict) -> String {
        switch verdict {
        case .yes: "yes"
        case .no: "no"
        case .untold: "cannot_tell"
        }
    }

    // MARK: For people

    func text(on page: Page) -> String {
        guard !diagnoses.isEmpty else {
            return "The configuration names no backend outside: there is nothing to look at."
        }
        var table = Table("", "backend", "credential", "may", "clock", "requests left", "address")
        for diagnosis in diagnoses {
            table.rows.append([
                Self.sign(diagnosis), Cell(diagnosis.backend), Cell(diagnosis.credential ?? "-"),
                Cell(Self.sum(diagnosis)), Cell(Self.clock(diagnosis)),
                Cell(diagnosis.budget.map { "\($0.remaining) of \($0.limit)" } ?? "-"),
                Cell(diagnosis.address),
            ])
        }
        var parts = [table.text(on: page)]
        for diagnosis in diagnoses {
            let told = diagnosis.findings.filter { $0.verdict != .yes }
            guard !told.isEmpty else { continue }
            let name = "\(diagnosis.backend), \(diagnosis.credential ?? diagnosis.address)"
            var lines = [page.paint(name, .bold) + ": " + diagnosis.users.joined(separator: ", ")]
            for finding in told { lines += Self.lines(finding, page) }
            parts.append(lines.joined(separator: "\n"))
        }
        parts.append(end(on: page))
        return parts.joined(separator: "\n\n")
    }

    private static func sign(_ diagnosis: Diagnosis) -> Cell {
        if !diagnosis.isWell { return Cell("✖ wrong", .red) }
        return diagnosis.count(.untold) == 0 ? Cell("● well", .green) : Cell("◐ well", .yellow)
    }

    /// `5 yes, 1 no, 2 cannot tell`.
    private static func sum(_ diagnosis: Diagnosis) -> String {
        [(Finding.Verdict.yes, "yes"), (.no, "no"), (.untold, "cannot tell")].compactMap {
            let count = diagnosis.count($0.0)
            return count == 0 ? nil : "\(count) \($0.1)"
        }.joined(separator: ", ")
    }

    private static func clock(_ diagnosis: Diagnosis) -> String {
        guard let ahead = diagnosis.clockAhead else { return "-" }
        // Their header counts whole seconds.
        guard abs(ahead.milliseconds) >= 1500 else { return "same" }
        let distance = Words.length(Span(milliseconds: abs(ahead.milliseconds)))
        return ahead > .zero ? "\(distance) ahead" : "\(distance) behind"
    }

    private static func lines(_ finding: Finding, _ page: Page) -> [String] {
        let isWrong = finding.verdict == .no
        let sign =
            isWrong ? page.paint("✖ no", .red) : page.paint("? cannot tell without acting", .yellow)
        var first = "  \(sign): \(finding.what)"
        if let evidence = finding.evidence { first += ": \(evidence)" }
        guard let remedy = finding.remedy else { return [first] }
        return [first]
            + Table.wrapped(remedy, to: max(30, (page.width ?? 100) - 6)).enumerated()
            .map { ($0.offset == 0 ? "    → " : "      ") + $0.element }
    }

    private func end(on page: Page) -> String {
        let wrong = diagnoses.count { !$0.isWell }
        let all = diagnoses.count == 1 ? "1 credential" : "\(diagnoses.count) credentials"
        guard wrong == 0 else {
            return page.paint("✖ something is wrong with \(wrong) of \(all)", .bold, .red)
        }
        let untold = diagnoses.reduce(0) { $0 + $1.count(.untold) }
        let rest = untold == 0 ? "" : "; \(untold) things cannot be told without acting"
        return page.paint("✔ nothing is wrong with \(all), as far as reads can tell\(rest)", .green)
    }
}
