import ConductorCore

/// What `replay --rules` says.
struct WhatIfReport: Sendable {
    typealias Finding = WhatIf.Finding

    var rules: String
    var since: Instant?
    var until: Instant?
    var ticks: Int
    var asked: Int
    var tracks: [TrackID]
    /// Why nothing can be said of a track.
    var unanswered: [TrackID: String]
    var findings: [Finding]

    init(_ whatIf: WhatIf, rules: String, since: Instant?) {
        self.rules = rules
        self.since = since
        until = whatIf.world.lastTick?.at.wall
        ticks = whatIf.ticks
        asked = whatIf.asked
        tracks = whatIf.tracks
        unanswered = whatIf.unanswered
        findings = whatIf.findings
    }

    private func findings(of track: TrackID) -> [Finding] { findings.filter { $0.track == track } }

    /// How many of a kind, and their hours between together where both sides have a time.
    private func total(_ kind: WhatIf.Kind) -> (count: Int, shift: Span) {
        let found = findings.filter { $0.kind == kind }
        let sum = found.compactMap(\.shift?.milliseconds).reduce(0, +)
        return (found.count, Span(milliseconds: sum))
    }

    // MARK: For machines

    var json: JSON {
        var totals: [String: JSON] = [:]
        for kind in WhatIf.Kind.allCases {
            let total = total(kind)
            switch kind {
            case .earlier, .later:
                totals[kind.rawValue] = [
                    "count": JSON(total.count), "seconds": JSON(seconds: total.shift),
                ]
            case .same, .never, .newly, .notThen, .unanswered:
                totals[kind.rawValue] = ["count": JSON(total.count)]
            }
        }
        return [
            "rules": .string(rules), "since": JSON(since), "until": JSON(until),
            "ticks": JSON(ticks), "asked": JSON(asked),
            "tracks": .array(
                tracks.map { track in
                    [
                        "track": .string(track.description), "unanswered": JSON(unanswered[track]),
                        "transitions": .array(findings(of: track).map(json)),
                    ]
                }
            ),
            "totals": .object(totals),
        ]
    }

    private func json(of finding: Finding) -> JSON {
        [
            "kind": .string(finding.kind.rawValue), "from": .string(finding.from),
            "to": JSON(finding.to), "recorded": json(of: finding.recorded),
            "would": json(of: finding.would),
            "seconds": finding.shift.map { JSON(seconds: $0) } ?? .null,
            "differences": .array(finding.differences.map(json)), "note": JSON(finding.note),
        ]
    }

    private func json(of leaving: WhatIf.Leaving?) -> JSON {
        guard let leaving else { return .null }
        let cause = leaving.cause.said
        return [
            "at": JSON(leaving.at.wall), "tick": JSON(leaving.tick),
            "name": .string(leaving.name), "to": .string(leaving.to),
            "cause": .string(cause.name), "by": JSON(cause.by),
            "second_look_assumed": .bool(leaving.isSecondLookAssumed),
        ]
    }

    private func json(of difference: WhatIf.Difference) -> JSON {
        [
            "name": .string(difference.name), "kind": .string(difference.kind.rawValue),
            "recorded": JSON(difference.recorded?.name), "would": JSON(difference.would?.name),
            "cause": JSON((difference.would ?? difference.recorded)?.cause?.name),
            "facts": .array(
                difference.facts.map {
                    [
                        "path": .string($0.path), "value": $0.value ?? .null,
                        "unit": JSON($0.unit), "cause": JSON($0.cause?.name),
                    ]
                }
            ),
        ]
    }

    // MARK: For people

    func text(on page: Page) -> String {
        let told = findings.filter { $0.kind != .same }
        var lines = [
            page.paint("What \(rules) would have done", .bold),
            page.paint(
                "\(ticks) ticks, one step at a time: the recorded state is given at each"
                    + (since.map { "; told from \(Words.minute($0)) on" } ?? ""),
                .faint
            ),
        ]
        if told.isEmpty, unanswered.isEmpty {
            lines += [
                "",
                page.paint("✔ The same: \(total(.same).count) departures, none otherwise", .green),
            ]
            return lines.joined(separator: "\n")
        }
        for track in tracks {
            let own = told.filter { $0.track == track }
            guard !own.isEmpty || unanswered[track] != nil else { continue }
            lines += ["", page.paint(track.description, .bold)]
            if let reason = unanswered[track] {
                lines.append(page.paint("  ? cannot say: \(reason)", .magenta))
            }
            for finding in own { lines += words(of: finding, on: page) }
        }
        lines += ["", totals(on: page)]
        return lines.joined(separator: "\n")
    }

    private func words(of finding: Finding, on page: Page) -> [String] {
        let look = Self.look(of: finding.kind)
        let to = finding.to.map { " → \($0)" } ?? ""
        var head = "  \(page.paint("\(look.sign) \(look.word)", look.ink))  \(finding.from)\(to)"
        switch finding.kind {
        case .earlier, .later:
            let length = finding.shift.map { Span(milliseconds: abs($0.milliseconds)) }
            head += ", by \(Words.length(length ?? .zero))"
        case .same, .never, .newly, .notThen, .unanswered: break
        }
        var lines = [head]
        func line(_ name: String, _ leaving: WhatIf.Leaving?) {
            guard let leaving else { return }
            let cause = leaving.cause.said
            let by = cause.by.map { "\(cause.name) \($0)" } ?? cause.name
            let assumed = leaving.isSecondLookAssumed ? ", its second look taken as read" : ""
            lines.append(
                "      \(page.paint(name, .faint)) \(Words.clock(leaving.at.wall)), by \(by)"
                    + page.paint(assumed, .faint)
            )
        }
        line("recorded", finding.recorded)
        line("would be", finding.would)
        for difference in finding.differences { lines.append(words(of: difference, on: page)) }
        if let note = finding.note { lines.append(page.paint("      \(note)", .faint)) }
        return lines
    }

    private func words(of difference: WhatIf.Difference, on page: Page) -> String {
        func word(_ verdict: Verdict?) -> String {
            guard let verdict else { return "not asked" }
            return verdict.name.replacing("_", with: " ")
                + (verdict.cause.map { " (\($0.name))" } ?? "")
        }
        let facts = difference.facts.map { fact in
            let unit = fact.unit.map { " \($0)" } ?? ""
            return "\(fact.path) = \(fact.value.map(\.description) ?? "?")\(unit)"
        }
        return "      \(difference.name): recorded \(word(difference.recorded)), "
            + page.paint("would be \(word(difference.would))", .bold)
            + (facts.isEmpty ? "" : page.paint("  \(facts.joined(separator: ", "))", .faint))
    }

    private func totals(on page: Page) -> String {
        let parts = WhatIf.Kind.allCases.compactMap { kind -> String? in
            let (count, shift) = total(kind)
            guard count > 0 else { return nil }
            switch kind {
            case .earlier, .later:
                let hours = Words.length(Span(milliseconds: abs(shift.milliseconds)))
                return "\(count) \(Self.look(of: kind).word) (\(hours) together)"
            case .same, .never, .newly, .notThen, .unanswered:
                return "\(count) \(Self.look(of: kind).word)"
            }
        }
        return page.paint("In sum: ", .bold) + parts.joined(separator: ", ")
    }

    private static func look(of kind: WhatIf.Kind) -> (sign: String, word: String, ink: Ink) {
        switch kind {
        case .same: ("=", "the same", .green)
        case .earlier: ("↑", "earlier", .cyan)
        case .later: ("↓", "later", .yellow)
        case .never: ("×", "never", .red)
        case .newly: ("+", "newly", .cyan)
        case .notThen: ("~", "not then", .yellow)
        case .unanswered: ("?", "cannot say", .magenta)
        }
    }
}
