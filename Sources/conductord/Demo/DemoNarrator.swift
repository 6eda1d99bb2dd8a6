import Backlot
import ConductorCore
import ConductorRuntime

/// Turns what the engine and the script say into a story: when, which track, what, and why.
struct DemoNarrator {
    private(set) var record = DemoRecord()
    /// Sources whose last poll failed, so that an outage is told once.
    private var failing: [String: Set<Scope>] = [:]

    /// What is new in the story after this event.
    mutating func take(_ event: DemoEvent, _ world: World) -> [DemoRecord.Event] {
        let before = record.events.count
        switch event {
        case .told(let telling):
            record.add(
                .init(at: telling.at, kind: .world, track: telling.track, text: telling.text)
            )
        case .heard(let event, let at): take(event, at: at, world)
        case .moment: noteRetired(world)
        }
        return Array(record.events[before...])
    }

    private mutating func take(_ event: RuntimeEvent, at: Instant, _ world: World) {
        func add(
            _ kind: DemoRecord.Event.Kind,
            _ track: TrackID?,
            _ text: String,
            _ details: [String] = []
        ) {
            record.add(.init(at: at, kind: kind, track: track, text: text, details: details))
        }
        switch event {
        case .fired(let track, let fired):
            var text = "\(fired.from) → \(fired.to)"
            switch fired.cause {
            case .rule: break
            case .guard(let name): text += "  by the guard \(name)"
            case .person(let actor): text += "  by \(actor)"
            case .adoption(let reason): text += "  adopted: \(reason)"
            }
            if !fired.cause.isPerson { record.decidedByItself(track, at: at) }
            add(.decided, track, text, Self.reasons(of: fired, on: track, world))
        case .entered(let track, let stage, _):
            record.entered(stage, track, at: at)
        case .performed(let intent, let attempt, let outcome):
            // Chat speaks for itself.
            guard intent.blocking || !outcome.isDone else { return }
            let number = attempt > 1 ? " (attempt \(attempt))" : ""
            add(.performed, intent.track, "\(intent.action)\(number): \(outcome.words)")
        case .probed(let intent, let answer):
            add(.performed, intent.track, "looked for \(intent.action): \(answer.words)")
        case .withheld(let track, let what):
            add(.alert, track, "withheld: \(what.joined(separator: "; "))")
        case .alert(let track, let text): add(.alert, track, text)
        case .command(let command, let reply):
            let refusal = reply.accepted ? "" : ": refused, \(reply.message)"
            add(
                .command,
                command.scope.track,
                "\(command.actor): \(command.request.words)\(Self.release(command.scope))"
                    + refusal,
                command.reason.map { ["\"\($0)\""] } ?? []
            )
        case .polled(let source, let scope, .some(let failure), let message):
            let isFirst = failing[source, default: []].isEmpty
            failing[source, default: []].insert(scope)
            guard isFirst else { return }
            add(.poll, nil, "\(source) does not answer (\(failure.rawValue)): \(message ?? "")")
        case .polled(let source, let scope, nil, _):
            failing[source]?.remove(scope)
        case .journalFailed(let reason): add(.alert, nil, "the journal failed: \(reason)")
        case .booted, .discovered, .performing, .wallStep, .room, .stopped: break
        }
    }

    private static func release(_ scope: Scope) -> String {
        if case .release(let release) = scope { " on \(release)" } else { "" }
    }

    private mutating func noteRetired(_ world: World) {
        for (track, state) in world.states.sorted(by: { $0.key < $1.key })
        where state.retired && !record.isRetired.contains(track) {
            record.retired(track)
            let at = world.lastTick?.at.wall ?? state.since.wall
            record.add(
                .init(at: at, kind: .retired, track: track, text: "monitoring is over, all quiet")
            )
        }
    }

    // MARK: Why

    /// A raise takes its second look before it is decided.
    private static let justNow = Span.minutes(1)

    /// The conditions that a transition rested on, the newest first; for a guard, what it read.
    private static func reasons(
        of fired: Decision.Fired,
        on track: TrackID,
        _ world: World
    ) -> [String] {
        guard let state = world.states[track], let machine = world.machines[state.machine] else {
            return []
        }
        switch fired.cause {
        case .guard(let name):
            let rule = machine.machine.guards.first { $0.name == name }
            return values(ofConditions: rule?.when ?? [], machine, track, world)
        case .rule:
            guard
                let rule = machine.machine.transitions.first(where: {
                    $0.name == fired.name && $0.from == fired.from
                })
            else { return [] }
            let now = world.lastTick?.at.wall
            var reasons: [(name: String, since: Instant)] = []
            for name in rule.when {
                let since = (state.verdicts[name]?.since ?? state.since).wall
                reasons.append((name, since))
            }
            reasons.sort { $0.since > $1.since }
            var lines = reasons.map { reason in
                let isNew = now.map { $0 - reason.since < Self.justNow } ?? false
                return isNew
                    ? "\(reason.name) now" : "\(reason.name) since \(Self.time(reason.since))"
            }
            if let dwell = rule.dwell { lines.append("\(dwell) in \(fired.from)") }
            return lines
        case .person, .adoption: return []
        }
    }

    private static func values(
        ofConditions names: [String],
        _ machine: CompiledMachine,
        _ track: TrackID,
        _ world: World
    ) -> [String] {
        var lines: [String] = []
        for condition in machine.conditions where names.contains(condition.condition.name) {
            for fact in condition.factsRead.map({ machine.machine.facts[$0] }) {
                let scopes = world.readings[fact.source] ?? [:]
                let reading = Scope.Level.allCases.reversed()
                    .compactMap { scopes[Scope($0, around: track)] }.first
                guard let value = reading?.good?.observation.facts[fact.name]?.value else {
                    continue
                }
                lines.append("\(fact.path) = \(value)")
            }
        }
        return lines
    }

    // MARK: Words

    /// `Mon 23:10`.
    static func time(_ instant: Instant) -> String {
        "\(OfficeCalendar.weekday(of: instant).short) \(clock(instant))"
    }

    /// `23:10`.
    static func clock(_ instant: Instant) -> String {
        String(instant.description.dropFirst(11).prefix(5))
    }

    /// `Mon 2026-03-09`.
    static func day(_ instant: Instant) -> String {
        "\(OfficeCalendar.weekday(of: instant).short) \(instant.description.prefix(10))"
    }
}

extension Progress.Cause {
    fileprivate var isPerson: Bool {
        switch self {
        case .person: true
        case .rule, .guard, .adoption: false
        }
    }
}

extension ActionOutcome {
    fileprivate var isDone: Bool {
        switch self {
        case .done, .alreadyDone: true
        case .rejected, .retryable, .unknown: false
        }
    }
}

extension Scope {
    /// The track, if it is one.
    fileprivate var track: TrackID? {
        if case .track(let track) = self { track } else { nil }
    }
}

extension Command.Request {
    /// What is asked, in words.
    fileprivate var words: String {
        switch self {
        case .add: "track add"
        case .register: "track add --unplaced"
        case .hold: "hold"
        case .resume: "resume"
        case .stop: "stop"
        case .liftStop: "stop --lift"
        case .advance(let to): "advance" + (to.map { " --to \($0)" } ?? "")
        case .pause: "pause"
        case .cancel: "cancel"
        case .retry: "retry"
        case .abandon: "abandon"
        case .signoff(let what, let verdict): "signoff \(what) (\(verdict.rawValue))"
        case .resolve(let key, _): "resolve \(key)"
        case .override(let condition, let term): "override \(condition) \(term.words)"
        case .approve(let transition): "approve" + (transition.map { " \($0)" } ?? "")
        case .rearm(let transition): "rearm" + (transition.map { " \($0)" } ?? "")
        case .migrate: "migrate"
        }
    }
}
