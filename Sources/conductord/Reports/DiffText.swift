import ConductorCore

// `diff` for people.

extension DiffReport {
    /// Kinds of events that the tables above them tell already.
    private static let told: Set<TrackHistory.Kind> = [.blocked, .light, .drift]

    func text(on page: Page) -> String {
        let length = now.tick.at.wall - was.tick.at.wall
        var lines = [
            page.paint(track.description, .bold),
            page.paint(
                "from \(Words.moment(was.tick.at.wall, from: page.now)) (tick \(was.tick.number))"
                    + " to \(Words.moment(now.tick.at.wall, from: page.now))"
                    + " (tick \(now.tick.number)), \(Words.length(length)) later",
                .faint
            ),
        ]
        let place = changes
        if !place.isEmpty {
            lines.append("")
            lines += place.flatMap { words(of: $0, on: page) }
        }
        let conditions = conditions
        if !conditions.isEmpty { lines += ["", page.paint("Conditions", .bold)] }
        for change in conditions { lines += words(of: change, on: page) }
        let guards = guards
        if !guards.isEmpty { lines += ["", page.paint("Guards", .bold)] }
        for item in guards {
            let begins =
                item.was == item.now ? "" : item.now ? ": watches now" : ": watches no more"
            lines.append("  \(item.name)\(begins)")
            for change in item.changes where item.was && item.now {
                lines.append("    \(change.name): \(verdicts(change, on: page))")
            }
        }
        let transitions = transitions
        if !transitions.isEmpty { lines += ["", page.paint("What transitions lack", .bold)] }
        for change in transitions { lines += words(of: change, on: page) }
        let between = events.filter { !Self.told.contains($0.kind) }
        if !between.isEmpty { lines += ["", page.paint("In between", .bold)] }
        for event in between {
            lines.append("  \(page.paint(Words.clock(event.at), .faint))  \(event.words)")
        }
        if lines.count == 2 { lines += ["", "Nothing changed."] }
        for side in [was, now] where !side.isReproduced {
            lines.append(
                page.paint(
                    "✖ Deciding tick \(side.tick.number) once more does not give what was recorded;"
                        + " 'conductord replay' shows where.",
                    .red
                )
            )
        }
        return lines.joined(separator: "\n")
    }

    private func words(of change: Change, on page: Page) -> [String] {
        // Counters are for machines.
        if ["step", "revision"].contains(change.what) { return [] }
        let name = change.what + String(repeating: " ", count: max(0, 9 - change.what.count))
        return [
            "  \(page.paint(name, .faint)) \(Self.words(change.was)) → "
                + page.paint(Self.words(change.now), .bold)
        ]
    }

    /// A value in a line: texts without quotes, nothing as a dash.
    private static func words(_ json: JSON) -> String {
        switch json {
        case .null: "–"
        case .bool(let flag): flag ? "yes" : "no"
        case .string(let text):
            Instant(rfc3339: text).map { Words.clock($0) } ?? text
        case .array(let elements):
            elements.isEmpty ? "–" : elements.map(words).joined(separator: ", ")
        case .object(let members):
            members.sorted { $0.key.precedes($1.key) }
                .filter { $0.value != .null && $0.value != "" && $0.value != false }
                .map { $0.value == true ? $0.key : "\($0.key) \(words($0.value))" }
                .joined(separator: ", ")
        case .int, .double: json.description
        }
    }

    private func verdicts(_ change: ConditionChange, on page: Page) -> String {
        func word(_ leaf: Explanation.Leaf?) -> String {
            guard let leaf else { return "–" }
            return leaf.verdict.name.replacing("_", with: " ")
                + (leaf.verdict.cause.map { " (\($0.name))" } ?? "")
        }
        guard change.verdictChanged else { return "still \(word(change.now))" }
        let light = change.now?.light ?? .grey
        return "\(word(change.was)) → " + page.paint("\(light.sign) \(word(change.now))", light.ink)
    }

    private func words(of change: ConditionChange, on page: Page) -> [String] {
        let title = (change.now ?? change.was)?.title.map { " (\($0))" } ?? ""
        var lines = ["  \(change.name)\(title): \(verdicts(change, on: page))"]
        for (was, now) in change.facts {
            let fact = now ?? was
            if let before = was?.value?.arrayValue, let after = now?.value?.arrayValue {
                // Of a list, what went and what came.
                lines.append("    \(fact?.path ?? "")")
                lines += before.filter { !after.contains($0) }.map { "      − \(Self.words($0))" }
                lines += after.filter { !before.contains($0) }.map { "      + \(Self.words($0))" }
                continue
            }
            func value(_ fact: Explanation.ReadFact?) -> String {
                guard let fact, let value = fact.value else { return fact?.cause?.name ?? "–" }
                return Self.words(value) + (fact.cause.map { " (\($0.name))" } ?? "")
            }
            let unit = fact?.unit.map { " \($0)" } ?? ""
            lines.append("    \(fact?.path ?? "") = \(value(was)) → \(value(now))\(unit)")
        }
        return lines
    }

    private func words(of change: TransitionChange, on page: Page) -> [String] {
        func list(_ names: [String]) -> String {
            names.isEmpty ? "nothing" : names.joined(separator: ", ")
        }
        guard let was = change.was else {
            return ["  → \(change.to) leads from here now; it lacks \(list(change.now ?? []))"]
        }
        guard let now = change.now else {
            return ["  → \(change.to) does not lead from here any more"]
        }
        var lines = ["  → \(change.to) lacks \(list(now))"]
        let granted = was.filter { !now.contains($0) }
        let lost = now.filter { !was.contains($0) }
        if !granted.isEmpty { lines.append(page.paint("    + \(list(granted))", .green)) }
        if !lost.isEmpty { lines.append(page.paint("    − \(list(lost))", .yellow)) }
        return lines
    }
}
