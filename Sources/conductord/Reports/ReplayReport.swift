import ConductorCore

/// What `replay` says.
struct ReplayReport: Sendable {
    typealias Divergence = ConductorCore.Replay.Divergence

    var ticks: Int
    /// Live tracks, summed over the ticks.
    var trackTicks: Int
    var decided: Int
    /// The first of them, with the engine that decided what is recorded.
    var divergences: [Divergence]
    /// All of them.
    var count: Int
    /// The engine that decides now.
    var engine: String

    init(_ replay: ConductorCore.Replay, engine: String = Conductor.engine) {
        ticks = replay.ticks
        trackTicks = replay.trackTicks
        decided = replay.decided
        divergences = replay.divergences
        count = replay.divergenceCount
        self.engine = engine
    }

    var isEqual: Bool { count == 0 }

    var json: JSON {
        [
            "ticks": JSON(ticks),
            "track_ticks": JSON(trackTicks),
            "decided": JSON(decided),
            "engine": .string(engine),
            "divergences": .array(
                divergences.map { divergence in
                    [
                        "tick": JSON(divergence.tick),
                        "track": .string(divergence.track.description),
                        "kind": .string(divergence.kind.rawValue),
                        "cause": .string(cause(of: divergence)),
                        "recorded": Self.document(divergence.recorded),
                        "now": Self.document(divergence.now),
                    ]
                }
            ),
            "omitted": JSON(count - divergences.count),
        ]
    }

    /// A newer engine may decide otherwise; the same one may not.
    private func cause(of divergence: Divergence) -> String {
        divergence.engine == engine ? "does_not_reproduce" : "changed_by_upgrade"
    }

    /// The recorded text as it stands, should it be no JSON.
    private static func document(_ text: String?) -> JSON {
        guard let text else { return .null }
        return (try? JSON(stored: text)) ?? .string(text)
    }

    // MARK: For people

    /// Divergences that are shown; the rest is counted.
    private static let shown = 10

    func text(on page: Page) -> String {
        let counts = "\(ticks) ticks, \(decided) decisions made again"
        guard !isEqual else {
            return page.paint("✔ \(counts), every byte is as recorded", .green)
        }
        var lines = [
            page.paint("✖ \(counts), \(count) not as recorded", .bold, .red)
        ]
        for divergence in divergences.prefix(Self.shown) {
            lines += words(of: divergence, on: page)
        }
        if count > Self.shown {
            let all = count == divergences.count ? "them all" : "the first \(divergences.count)"
            lines.append("and \(count - Self.shown) more; --json has \(all)")
        }
        return lines.joined(separator: "\n")
    }

    private func words(of divergence: Divergence, on page: Page) -> [String] {
        let what =
            switch divergence.kind {
            case .decision: "another decision"
            case .state: "the same decision, another state after it"
            case .missing: "nothing is recorded, and something is decided now"
            case .extra: "something is recorded, and nothing is decided now"
            }
        let cause =
            cause(of: divergence) == "changed_by_upgrade"
            ? "decided by conductord \(divergence.engine ?? "?"), this is \(engine)"
            : "does not reproduce"
        var lines = [
            "",
            page.paint("tick \(divergence.tick), \(divergence.track): \(what)", .bold)
                + page.paint(" (\(cause))", .faint),
        ]
        if let recorded = divergence.recorded, let now = divergence.now,
            let difference = Difference.first(between: recorded, and: now)
        {
            lines.append("  first difference at \(difference.path)")
            lines.append("    recorded  " + page.paint(difference.left, .green))
            lines.append("    now       " + page.paint(difference.right, .red))
        }
        return lines
    }
}

/// The first place where two JSON texts differ.
enum Difference {
    /// The path, and what stands there on either side, cut to a length that can be read.
    static func first(
        between left: String,
        and right: String
    ) -> (path: String, left: String, right: String)? {
        guard left != right else { return nil }
        guard let first = try? JSON(stored: left), let second = try? JSON(stored: right) else {
            return ("(text)", cut(left), cut(right))
        }
        return find(first, second, at: "$").map { ($0.path, cut($0.left), cut($0.right)) }
    }

    private static func find(
        _ left: JSON?,
        _ right: JSON?,
        at path: String
    ) -> (path: String, left: String, right: String)? {
        guard left != right else { return nil }
        if let mine = left?.objectValue, let other = right?.objectValue {
            let names = Set(mine.keys).union(other.keys).sorted { $0.precedes($1) }
            for name in names {
                if let found = find(mine[name], other[name], at: "\(path).\(name)") { return found }
            }
        }
        if let mine = left?.arrayValue, let other = right?.arrayValue {
            for place in 0..<max(mine.count, other.count) {
                let found = find(
                    place < mine.count ? mine[place] : nil,
                    place < other.count ? other[place] : nil,
                    at: "\(path)[\(place)]"
                )
                if let found { return found }
            }
        }
        return (path, left?.description ?? "(nothing)", right?.description ?? "(nothing)")
    }

    private static func cut(_ text: String) -> String {
        text.count > 200 ? text.prefix(199) + "…" : text
    }
}
