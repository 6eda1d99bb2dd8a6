import ConductorCore

/// What `migrate` says: the difference for each track, and what came of it.
struct MigrationReport: Sendable {
    /// In order of tracks.
    var previews: [MigrationPreview] = []
    /// Tracks for which the rules have no machine, or that were never decided.
    var unknown: [TrackID] = []
    /// Answers, where it was asked for.
    var replies: [TrackID: CommandReply]?

    /// Whether a track that should move did not, or could not.
    var isRefused: Bool {
        guard let replies else {
            return !unknown.isEmpty || previews.contains { $0.isNeeded && $0.obstacle != nil }
        }
        return !unknown.isEmpty || replies.values.contains { !$0.accepted }
    }

    var json: JSON {
        [
            "tracks": .array(previews.map(json)),
            "without_machine": .array(unknown.map { .string($0.description) }),
        ]
    }

    private func json(of preview: MigrationPreview) -> JSON {
        [
            "track": .string(preview.track.description),
            "from": .string(preview.from),
            "to": .string(preview.to),
            "stage": JSON(preview.stage),
            "revision": JSON(preview.revision),
            "needed": .bool(preview.isNeeded),
            "obstacle": JSON(preview.obstacle),
            "differences": .array(
                preview.difference.items.map { item in
                    [
                        "part": .string(item.part.rawValue),
                        "name": .string(item.name),
                        "change": .string(item.change.rawValue),
                        "was": item.was,
                        "now": item.now,
                    ]
                }
            ),
            "verdicts": .array(
                preview.verdicts.map { verdict in
                    [
                        "condition": .string(verdict.condition),
                        "was": JSON(verdict.was?.name),
                        "now": JSON(verdict.now?.name),
                    ]
                }
            ),
            "before": .array(preview.before.map(json)),
            "after": .array(preview.after.map(json)),
            "reply": (replies?[preview.track]).map(json) ?? .null,
        ]
    }

    private func json(of transition: Explanation.Transition) -> JSON {
        [
            "name": .string(transition.name),
            "to": .string(transition.to),
            "smallest": JSON(transition.smallest),
        ]
    }

    private func json(of reply: CommandReply) -> JSON {
        [
            "id": .string(reply.id),
            "accepted": .bool(reply.accepted),
            "message": .string(reply.message),
        ]
    }

    // MARK: For people

    var text: String {
        var lines: [String] = []
        for preview in previews { lines += self.lines(of: preview) }
        lines += unknown.map { "\($0): the rules have no machine for it" }
        return lines.isEmpty ? "No live tracks." : lines.joined(separator: "\n")
    }

    private func lines(of preview: MigrationPreview) -> [String] {
        let place = "\(preview.track), at \(preview.stage ?? "no stage")"
        guard preview.isNeeded else { return ["\(place): on the newest rules already"] }
        var lines = ["\(place): \(preview.from.prefix(12)) → \(preview.to.prefix(12))"]
        if let obstacle = preview.obstacle { lines.append("  ✖ not now: \(obstacle)") }
        for item in preview.difference.items {
            switch item.change {
            case .added: lines.append("  + \(item.part.rawValue) \(item.name)")
            case .removed: lines.append("  - \(item.part.rawValue) \(item.name)")
            case .changed:
                lines.append("  ~ \(item.part.rawValue) \(item.name)")
                lines.append("      was \(item.was)")
                lines.append("      now \(item.now)")
            }
        }
        for verdict in preview.verdicts {
            let was = verdict.was?.name ?? "not there"
            let now = verdict.now?.name ?? "not there"
            lines.append("  \(verdict.condition): \(was) → \(now)")
        }
        for way in preview.after {
            let lacks = way.smallest.isEmpty ? "nothing" : way.smallest.joined(separator: ", ")
            lines.append("  then → \(way.to) lacks \(lacks)")
        }
        return lines
    }

    /// What came of it, track by track.
    var answers: String {
        let answered = previews.compactMap { preview in
            replies?[preview.track].map { reply in
                "\(reply.accepted ? "" : "no: ")\(preview.track): \(reply.message)"
            }
        }
        return answered.isEmpty ? "Nothing to move." : answered.joined(separator: "\n")
    }
}
