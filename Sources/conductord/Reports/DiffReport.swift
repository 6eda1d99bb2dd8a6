import ConductorCore
import ConductorJournal

/// What `diff` says: a track at two moments, and what happened in between.
struct DiffReport: Sendable {
    /// A track as it stood after one tick.
    struct Side: Sendable {
        var tick: Entry.Tick
        var state: TrackState
        var explanation: Explanation
        /// Every condition of the machine.
        var conditions: [Explanation.Leaf]
        var holds: [ConductorCore.Hold]
        var stop: Bool
        var isReproduced: Bool

        /// - Throws: `Cannot` when the machine is not there; `JournalError`, `WorldError`.
        init(_ standing: Standing, of track: TrackID) throws {
            guard let explanation = standing.after.explain(track, in: standing.tick) else {
                throw Cannot("the machine of \(track) is not in the journal")
            }
            tick = standing.tick
            state = standing.recorded.state
            self.explanation = explanation
            conditions = standing.after.conditions(of: track, in: standing.tick)
            holds = standing.after.fleet.holds(over: track)
            stop = standing.after.fleet.stop != nil || standing.tick.stopFile
            isReproduced = try standing.isReproduced(for: track)
        }

        var json: JSON {
            [
                "at": JSON(tick.at.wall), "tick": JSON(tick.number),
                "recorded_equal": .bool(isReproduced),
            ]
        }
    }

    /// A value that is not what it was.
    struct Change: Sendable {
        var what: String
        var was: JSON
        var now: JSON
    }

    /// A condition, or a guard, whose verdict or facts are not what they were.
    struct ConditionChange: Sendable {
        var was: Explanation.Leaf?
        var now: Explanation.Leaf?
        /// Facts that are not what they were, by path.
        var facts: [(was: Explanation.ReadFact?, now: Explanation.ReadFact?)]

        var name: String { now?.name ?? was?.name ?? "" }
        var verdictChanged: Bool { was?.verdict != now?.verdict }
    }

    /// A transition that lacks other things than it did; nil where it does not lead from the stage.
    struct TransitionChange: Sendable {
        var name: String
        var to: String
        var was: [String]?
        var now: [String]?
    }

    var track: TrackID
    var was: Side
    var now: Side
    /// Everything in between, as the timeline tells it.
    var events: [TrackHistory.Event]

    // MARK: What changed

    /// Where the track stands: only what is not as it was, in an order for people.
    var changes: [Change] {
        let pairs: [(String, JSON, JSON)] = [
            ("stage", JSON(was.state.stage), JSON(now.state.stage)),
            ("phase", .string(was.state.phase.name), .string(now.state.phase.name)),
            (
                "light", .string(was.explanation.light.rawValue),
                .string(now.explanation.light.rawValue)
            ),
            ("since", JSON(was.state.since.wall), JSON(now.state.since.wall)),
            ("holds", Self.holds(was), Self.holds(now)),
            ("stop", .bool(was.stop), .bool(now.stop)),
            (
                "candidate", was.state.candidate?.json ?? .null,
                now.state.candidate?.json ?? .null
            ),
            ("work", JSON(was.explanation.work), JSON(now.explanation.work)),
            ("alerts", JSON(was.explanation.alerts), JSON(now.explanation.alerts)),
            ("drift", JSON(was.explanation.drift), JSON(now.explanation.drift)),
            (
                "shadow", .bool(was.explanation.isShadowed), .bool(now.explanation.isShadowed)
            ),
            ("machine", .string(was.state.machine), .string(now.state.machine)),
            ("step", JSON(was.state.step), JSON(now.state.step)),
            ("revision", JSON(was.state.revision), JSON(now.state.revision)),
            ("retired", .bool(was.state.retired), .bool(now.state.retired)),
        ]
        return pairs.filter { $0.1 != $0.2 }.map { Change(what: $0.0, was: $0.1, now: $0.2) }
    }

    private static func holds(_ side: Side) -> JSON { .array(side.holds.map(\.jsonWithScope)) }

    var conditions: [ConditionChange] { Self.changes(was.conditions, now.conditions) }

    /// The guards that watch, each with the condition leaves that changed.
    var guards: [(name: String, was: Bool, now: Bool, changes: [ConditionChange])] {
        names(was.explanation.guards, now.explanation.guards).compactMap { name in
            let before = was.explanation.guards.first { $0.name == name }
            let after = now.explanation.guards.first { $0.name == name }
            let changes = Self.changes(before?.leaves ?? [], after?.leaves ?? [])
                .filter(\.verdictChanged)
            guard (before == nil) != (after == nil) || !changes.isEmpty else { return nil }
            return (name, before != nil, after != nil, changes)
        }
    }

    var transitions: [TransitionChange] {
        names(was.explanation.transitions, now.explanation.transitions).compactMap { name in
            let before = was.explanation.transitions.first { $0.name == name }
            let after = now.explanation.transitions.first { $0.name == name }
            guard before?.smallest != after?.smallest else { return nil }
            return TransitionChange(
                name: name,
                to: after?.to ?? before?.to ?? "",
                was: before?.smallest,
                now: after?.smallest
            )
        }
    }

    private func names(
        _ before: [Explanation.Transition],
        _ after: [Explanation.Transition]
    ) -> [String] {
        var names = before.map(\.name)
        for name in after.map(\.name) where !names.contains(name) { names.append(name) }
        return names
    }

    private static func changes(
        _ before: [Explanation.Leaf],
        _ after: [Explanation.Leaf]
    ) -> [ConditionChange] {
        var names = before.map(\.name)
        for name in after.map(\.name) where !names.contains(name) { names.append(name) }
        return names.compactMap { name in
            let was = before.first { $0.name == name }
            let now = after.first { $0.name == name }
            var paths = was?.facts.map(\.path) ?? []
            for path in now?.facts.map(\.path) ?? [] where !paths.contains(path) {
                paths.append(path)
            }
            let facts = paths.map { path in
                (was?.facts.first { $0.path == path }, now?.facts.first { $0.path == path })
            }.filter { $0.0?.value != $0.1?.value || $0.0?.cause?.name != $0.1?.cause?.name }
            guard was?.verdict != now?.verdict || !facts.isEmpty else { return nil }
            return ConditionChange(was: was, now: now, facts: facts)
        }
    }

    // MARK: For machines

    var json: JSON {
        [
            "track": .string(track.description), "from": was.json, "to": now.json,
            "changes": .array(
                changes.map { ["what": .string($0.what), "was": $0.was, "now": $0.now] }
            ),
            "conditions": .array(conditions.map(json)),
            "guards": .array(
                guards.map { item in
                    [
                        "name": .string(item.name), "watched": .bool(item.was),
                        "watches": .bool(item.now),
                        "conditions": .array(item.changes.map(json)),
                    ]
                }
            ),
            "transitions": .array(
                transitions.map { item in
                    [
                        "name": .string(item.name), "to": .string(item.to),
                        "was": item.was.map { JSON($0) } ?? .null,
                        "now": item.now.map { JSON($0) } ?? .null,
                    ]
                }
            ),
            "events": .array(events.map(\.json)),
        ]
    }

    private func json(of change: ConditionChange) -> JSON {
        func side(_ leaf: Explanation.Leaf?) -> JSON {
            guard let leaf else { return .null }
            return [
                "verdict": .string(leaf.verdict.name), "cause": JSON(leaf.verdict.cause?.name),
                "detail": JSON(leaf.verdict.cause?.description),
                "light": .string(leaf.light.rawValue), "since": JSON(leaf.since),
            ]
        }
        func fact(_ fact: Explanation.ReadFact?) -> JSON {
            guard let fact else { return .null }
            return [
                "value": fact.value ?? .null, "cause": JSON(fact.cause?.name),
                "observed_at": JSON(fact.observedAt), "fetched_at": JSON(fact.fetchedAt),
            ]
        }
        return [
            "name": .string(change.name), "title": JSON((change.now ?? change.was)?.title),
            "owner": JSON((change.now ?? change.was)?.owner),
            "was": side(change.was), "now": side(change.now),
            "facts": .array(
                change.facts.map { pair in
                    [
                        "path": JSON((pair.now ?? pair.was)?.path),
                        "unit": JSON((pair.now ?? pair.was)?.unit), "was": fact(pair.was),
                        "now": fact(pair.now),
                    ]
                }
            ),
        ]
    }
}
