/// Folds all that happened to a track into events, in order.
package struct TrackHistory: Sendable {
    /// One thing that happened.
    package struct Event: Sendable {
        package var at: Instant
        package var kind: Kind
        /// What is said beside `at` and `kind`.
        package var details: [String: JSON]
        /// The same for people.
        package var words: String

        /// All of `details`, with `at` and `kind`.
        package var json: JSON {
            .object(
                details.merging(["at": JSON(at), "kind": .string(kind.rawValue)]) { _, own in own }
            )
        }
    }

    /// The kinds of events: a closed list.
    package enum Kind: String, Sendable, CaseIterable {
        case registered, command, fired, entered, intent, attempt, outcome, probe, blocked, light
        case error, drift, withheld, abandoned, alert, retired
    }

    /// A stretch of time in a stage; `until` is nil for the present one.
    package struct Stay: Sendable {
        package var stage: String
        package var from: Instant
        package var until: Instant?
    }

    /// A leaf that held the track in a stay.
    package struct Holding: Sendable, Equatable {
        package var by: String
        package var leaf: String
        /// All stretches together; one that lasts counts to the journal's end.
        package var length: Span
    }

    package let track: TrackID
    package private(set) var events: [Event] = []
    package private(set) var stays: [Stay] = []
    private let stages: [Stage]
    private var last: Decision?
    private var lastState: TrackState?
    /// What stands in the way, and the place in `events` that says so.
    private var blocked: [(blocker: Decision.Blocker, place: Int)] = []
    /// Commands and probes that wait for their answer, by id and by key.
    private var unanswered: [String: Int] = [:]

    package init(track: TrackID, stages: [Stage]) {
        self.track = track
        self.stages = stages
    }

    /// What held the track in a stay, longest first.
    ///
    /// Several things hold at a time, so these are no parts of a whole.
    package func holdings(in stay: Stay, until end: Instant) -> [Holding] {
        var found: [Holding] = []
        for event in events where event.kind == .blocked {
            guard let by = event.details["by"]?.stringValue, event.at >= stay.from,
                stay.until.map({ event.at < $0 }) ?? true,
                event.details["stage"]?.stringValue == stay.stage
            else { continue }
            let until = event.details["until"]?.stringValue.flatMap(Instant.init(rfc3339:)) ?? end
            let length = max(.zero, until - event.at)
            if let place = found.firstIndex(where: { $0.by == by }) {
                found[place].length = found[place].length + length
            } else {
                let leaf = event.details["leaf"]?.stringValue ?? ""
                found.append(Holding(by: by, leaf: leaf, length: length))
            }
        }
        return found.filter { $0.length > .zero }.enumerated().sorted { left, right in
            left.element.length != right.element.length
                ? left.element.length > right.element.length : left.offset < right.offset
        }.map(\.element)
    }

    // MARK: Folding

    /// Takes the next entry in.
    ///
    /// - Parameters:
    ///   - entry: what is recorded.
    ///   - at: the time of the tick that a decision or an intent belongs to.
    /// - Throws: `WorldError` when stored text cannot be read.
    package mutating func take(_ entry: Entry, at: Instant) throws {
        switch entry {
        case .discovery(let record): take(record)
        case .command(let record): take(record)
        case .decision(let record):
            let decision: Decision = try Self.decode(record.decision, "decision on \(track)")
            let state: TrackState = try Self.decode(record.state, "state of \(track)")
            take(decision, state, at: at)
        case .intent(let record):
            let intent = record.intent
            add(
                .intent,
                at,
                [
                    "key": .string(intent.key), "action": .string(intent.action),
                    "step": JSON(intent.step), "parameters": intent.parameters,
                ],
                "\(intent.action) decided upon, as \(intent.key)"
            )
        case .attempt(let record): take(record)
        case .outcome(let record): take(record)
        case .boot, .machine, .upkeep, .poll, .tick: return
        }
    }

    private static func decode<Value: Decodable>(_ text: String, _ what: String) throws -> Value {
        do {
            return try JSON(stored: text).decode()
        } catch {
            throw WorldError(what: what, why: "\(error)")
        }
    }

    private mutating func add(
        _ kind: Kind,
        _ at: Instant,
        _ details: [String: JSON],
        _ words: String
    ) {
        events.append(Event(at: at, kind: kind, details: details, words: words))
    }

    private mutating func take(_ record: Entry.DiscoveryRecord) {
        guard record.track == track else { return }
        let placed = record.stage.map { ", in \($0)" } ?? ""
        add(
            .registered,
            record.at.wall,
            [
                "by": .string(record.by), "stage": JSON(record.stage),
                "since": JSON(record.since), "machine": .string(record.machine),
            ],
            "registered by \(record.by)\(placed)"
        )
        if let stage = record.stage {
            stays.append(Stay(stage: stage, from: record.since ?? record.at.wall))
        }
    }

    private mutating func take(_ record: Entry.CommandRecord) {
        let command = record.command
        unanswered["command \(command.id)"] = events.count
        let reason = command.reason.map { ": \($0)" } ?? ""
        let scope = command.scope == .track(track) ? "" : " on \(command.scope)"
        add(
            .command,
            record.at.wall,
            [
                "id": .string(command.id), "actor": .string(command.actor),
                "scope": .string(command.scope.description),
                "request": .string(command.request.verb),
                "arguments": command.request.arguments,
                "reason": JSON(command.reason), "reply": .null,
            ],
            "\(command.actor): \(command.request.verb)\(scope)\(reason)"
        )
    }

    private mutating func take(_ record: Entry.AttemptRecord) {
        switch record.purpose {
        case .perform:
            add(
                .attempt,
                record.at.wall,
                ["key": .string(record.key), "number": JSON(record.number)],
                "attempt \(record.number) of \(record.key)"
            )
        case .probe:
            unanswered["probe \(record.key) \(record.number)"] = events.count
            add(
                .probe,
                record.at.wall,
                [
                    "key": .string(record.key), "number": JSON(record.number), "answer": .null,
                    "text": .null, "answered_at": .null,
                ],
                "probe \(record.number) of \(record.key)"
            )
        }
    }

    private mutating func take(_ record: Entry.OutcomeRecord) {
        switch record.answer {
        case .performed(let outcome):
            let said = outcome.said
            add(
                .outcome,
                record.at.wall,
                [
                    "key": .string(record.key), "number": JSON(record.number),
                    "outcome": .string(said.name), "text": .string(said.text),
                ],
                "\(record.key): \(said.name) (\(said.text))"
            )
        case .probed(let answer):
            let said = answer.said
            let name = "probe \(record.key) \(record.number)"
            guard let place = unanswered.removeValue(forKey: name) else { return }
            events[place].details["answer"] = .string(said.name)
            events[place].details["text"] = JSON(said.text)
            events[place].details["answered_at"] = JSON(record.at.wall)
            let text = said.text.map { " (\($0))" } ?? ""
            events[place].words += ": \(said.name)\(text)"
        }
    }

    // MARK: Decisions

    private mutating func take(_ decision: Decision, _ state: TrackState, at: Instant) {
        for reply in decision.replies {
            guard let place = unanswered.removeValue(forKey: "command \(reply.id)") else {
                continue
            }
            events[place].details["reply"] = [
                "accepted": .bool(reply.accepted), "message": .string(reply.message),
                "unmet": JSON(reply.unmet),
            ]
            events[place].words +=
                reply.accepted ? " — \(reply.message)" : " — no: \(reply.message)"
        }
        if decision.light != last?.light {
            let was = last?.light
            add(
                .light,
                at,
                ["light": .string(decision.light.rawValue), "was": JSON(was?.rawValue)],
                "\(decision.light.sign) \(decision.light.rawValue)"
                    + (was.map { ", was \($0.rawValue)" } ?? "")
            )
        }
        // One turn may end a transition and begin the next, or do both to one.
        let entersFirst = decision.fired.map { $0.to != decision.entered } ?? true
        if entersFirst, let entered = decision.entered { enter(entered, at: at) }
        if let fired = decision.fired { take(fired, at: at) }
        if !entersFirst, let entered = decision.entered { enter(entered, at: at) }
        takeBlockers(of: decision, at: at)
        if stays.isEmpty, let stage = state.stage, decision.entered == nil {
            stays.append(Stay(stage: stage, from: state.since.wall))
        }
        takeRest(decision, state, at: at)
        last = decision
        lastState = state
    }

    private mutating func take(_ fired: Decision.Fired, at: Instant) {
        let cause = fired.cause.said
        add(
            .fired,
            at,
            [
                "name": .string(fired.name), "from": .string(fired.from), "to": .string(fired.to),
                "direction": .string(fired.direction.rawValue), "cause": .string(cause.name),
                "by": JSON(cause.by), "actions": JSON(fired.keys),
            ],
            "→ \(fired.to), by \(cause.by.map { "\(cause.name) \($0)" } ?? cause.name)"
        )
    }

    private mutating func enter(_ stage: String, at: Instant) {
        if let open = stays.indices.last { stays[open].until = at }
        let was = stays.last
        stays.append(Stay(stage: stage, from: at))
        add(
            .entered,
            at,
            [
                "stage": .string(stage), "from": JSON(was?.stage),
                "seconds": was.map { JSON(seconds: at - $0.from) } ?? .null,
            ],
            "entered \(stage)"
                + (was.map { ", after \(Words.length(at - $0.from)) in \($0.stage)" } ?? "")
        )
    }

    /// Notes what began, and what ceased, to stand in the way on.
    private mutating func takeBlockers(of decision: Decision, at: Instant) {
        let way = WayOn(stages: stages).candidate(of: decision)
        let blockers = way?.blockedBy ?? []
        let hasMoved = decision.stage != last?.stage
        for (blocker, place) in blocked where hasMoved || !blockers.contains(blocker) {
            let length = at - events[place].at
            events[place].details["until"] = JSON(at)
            events[place].details["seconds"] = JSON(seconds: length)
            events[place].words += ", for \(Words.length(length))"
        }
        blocked.removeAll { hasMoved || !blockers.contains($0.blocker) }
        for blocker in blockers where !blocked.contains(where: { $0.blocker == blocker }) {
            blocked.append((blocker, events.count))
            let cause = blocker.cause.map { " (\($0))" } ?? ""
            add(
                .blocked,
                at,
                [
                    "by": .string(blocker.name), "leaf": .string(blocker.kind.rawValue),
                    "verdict": .string(blocker.verdict), "cause": JSON(blocker.cause),
                    "stage": JSON(decision.stage), "to": JSON(way?.to), "until": .null,
                    "seconds": .null,
                ],
                "held by \(blocker.name)\(cause)"
            )
        }
    }

    private mutating func takeRest(_ decision: Decision, _ state: TrackState, at: Instant) {
        if case .error(let fault) = state.phase, decision.phase != last?.phase {
            add(
                .error,
                at,
                [
                    "error": .string(fault.kind.rawValue), "what": .string(fault.what),
                    "remedy": .string(fault.remedy),
                ],
                "\(fault.what). What to do: \(fault.remedy)"
            )
        }
        if decision.drift != last?.drift {
            let words = decision.drift.map { "reality shows \($0)" } ?? "reality is as believed"
            add(.drift, at, ["stage": JSON(decision.drift)], words)
        }
        for what in decision.withheld where last?.withheld.contains(what) != true {
            add(.withheld, at, ["what": .string(what)], "would have been done: \(what)")
        }
        for item in decision.abandoned {
            let what: [String: JSON] = ["key": .string(item.key), "why": .string(item.reason)]
            add(.abandoned, at, what, "\(item.key) is not sent: \(item.reason)")
        }
        for what in decision.alerts where last?.alerts.contains(what) != true {
            add(.alert, at, ["what": .string(what)], what)
        }
        if state.retired, lastState?.retired != true {
            add(.retired, at, [:], "retired")
        }
    }
}
