import CEL
import ConductorCore

/// Runs a text script against the whole core and writes what it decided and recorded.
///
/// No input or output: text in, text out, the same bytes everywhere.
package struct ScenarioRunner {
    package private(set) var rehearsal: Rehearsal
    package private(set) var output: [String] = []
    var printer = ScenarioPrinter()
    var machine = ""
    var track: TrackID?
    private var observations: [Target: Observation] = [:]
    private var silent: Set<String> = []
    private var lazy = false
    private var cadence: Span?
    private var lastPoll: Int64 = 0
    private var obliging = false
    private var commands = 0
    private var queue: [(at: Int64, event: Event)] = []

    /// A source at a scope.
    private struct Target: Hashable {
        var source: String
        var scope: Scope
    }

    private enum Event {
        case poll(Target)
        case answer(Effect, Entry.OutcomeRecord.Answer)
    }

    package init() { rehearsal = Rehearsal(at: Instant(milliseconds: 0)) }

    /// The output of a script.
    ///
    /// - Throws: `ScriptFault` for a line that cannot be read.
    package static func run(_ script: String) throws -> String {
        var runner = ScenarioRunner()
        try runner.play(script)
        return runner.output.map { $0 + "\n" }.joined()
    }

    /// Plays every line of a script.
    package mutating func play(_ script: String) throws {
        for line in script.split(separator: "\n", omittingEmptySubsequences: false) {
            let words = try ScriptLine(String(line))
            guard !words.isEmpty, !line.hasPrefix("#") else { continue }
            output.append("> \(line)")
            try take(words)
        }
    }

    // MARK: Lines

    private mutating func take(_ given: ScriptLine) throws {
        var line = given
        let verb = try line.word("a verb")
        switch verb {
        case "machine": try choose(&line)
        case "at": try goTo(try line.instant("a time"))
        case "wait": try wait(try line.span("a span"))
        case "tick": try settle()
        case "track": try register(&line)
        case "on": track = try line.track()
        case "see": try see(&line)
        case "fail": try fail(&line)
        case "poll":
            _ = line.take("every")
            cadence = try line.span("an interval")
            lastPoll = rehearsal.now.elapsed
        case "silent": silent.insert(try line.word("a source"))
        case "speaking": silent.remove(try line.word("a source"))
        case "lazy": lazy = true
        case "obliging": obliging = true
        case "waiting": obliging = false
        case "shadow": rehearsal.shadowed.append(try line.word("an app"))
        case "claim": try limit(&line)
        case "office-hours": openOffice()
        case "stop-file": rehearsal.stopFile = try line.word("on or off") == "on"
        case "clock": try setClock(&line)
        case "down": try restart(after: try line.span("a span"))
        case "explain": try explain(&line)
        case "state": try showState()
        case "replay": try replay()
        case "done", "already", "refused", "retryable", "unknown", "probe":
            try answer(verb, &line)
        default: try command(verb, &line)
        }
        switch verb {
        case "see", "fail", "track", "done", "already", "refused", "retryable", "unknown",
            "probe", "stop-file", "clock":
            // Several things in one round.
            if !line.take("with") { try settle() }
        default: break
        }
        guard line.isEmpty || verb == "explain" else {
            throw given.fault("'\(line.words.joined(separator: " "))' is too much")
        }
    }

    private mutating func choose(_ line: inout ScriptLine) throws {
        machine = try line.word("a machine")
        guard let value = PublishedMachine.named(machine) else {
            throw line.fault("there is \(PublishedMachine.names.joined(separator: ", "))")
        }
        try rehearsal.boot()
        try rehearsal.add(value, digest: machine)
    }

    private mutating func register(_ line: inout ScriptLine) throws {
        let new = try line.track()
        let stage = line.value(after: "at")
        var since: Instant?
        if let text = line.value(after: "since") {
            guard let instant = Instant(rfc3339: text) else { throw line.fault("no time") }
            since = instant
        }
        beat()
        try rehearsal.register(new, machine: machine, stage: stage, since: since)
        track = new
    }

    private func current(_ line: ScriptLine) throws -> TrackID {
        guard let track else { throw line.fault("no track is registered yet") }
        return track
    }

    private func target(_ source: String, _ line: ScriptLine) throws -> Target {
        guard let level = PublishedMachine.scopes[source] else {
            throw line.fault("'\(source)' is no source")
        }
        return Target(source: source, scope: Scope(level, around: try current(line)))
    }

    private mutating func see(_ line: inout ScriptLine) throws {
        let target = try target(try line.word("a source"), line)
        var observation = observations[target] ?? Observation()
        try line.facts(into: &observation)
        observations[target] = observation
        beat()
        try rehearsal.see(target.source, target.scope, observation)
    }

    private mutating func fail(_ line: inout ScriptLine) throws {
        let target = try target(try line.word("a source"), line)
        let text = try line.word("a failure")
        guard let failure = PollFailure(rawValue: text) else {
            throw line.fault("'\(text)' is no failure")
        }
        beat()
        try rehearsal.fail(target.source, target.scope, failure)
    }

    private mutating func limit(_ line: inout ScriptLine) throws {
        let name = try line.word("a claim")
        guard let limit = Int(line.value(after: "limit") ?? "1"),
            let per = ClaimLimit.Per(rawValue: line.value(after: "per") ?? "platform"),
            let within = Span(text: line.value(after: "within") ?? "24h")
        else { throw line.fault("write: claim NAME limit 1 per platform within 24h") }
        rehearsal.limits.append(.init(name: name, limit: limit, per: per, within: within))
    }

    /// Monday to Thursday, 9 to 16 in Stockholm in winter; it counts from the next start.
    private mutating func openOffice() {
        rehearsal.calendars = [
            ReleaseCalendar(
                name: "office_hours",
                zone: .init(name: "+01:00", initialOffset: 3600),
                windows: [.init(days: [1, 2, 3, 4], from: 9 * 60, to: 16 * 60)]
            )
        ]
    }

    private mutating func setClock(_ line: inout ScriptLine) throws {
        var text = try line.word("a step such as +1h")
        let isBack = text.removeFirst() == "-"
        guard let span = Span(text: text) else { throw line.fault("no step") }
        rehearsal.setWall(by: isBack ? .zero - span : span)
    }

    private mutating func restart(after span: Span) throws {
        queue = []
        rehearsal.pass(span)
        try rehearsal.boot()
        try settle()
    }

    // MARK: Answers and people

    private mutating func answer(_ verb: String, _ line: inout ScriptLine) throws {
        let key = try line.word("a part of a key")
        let found = rehearsal.inFlight.filter { effect in
            effect.intent.key.contains(key)
                && (effect.id.purpose == .probe) == (verb == "probe")
        }
        guard let effect = found.first, found.count == 1 else {
            let open = rehearsal.inFlight.map(\.intent.key).joined(separator: ", ")
            throw line.fault("\(found.count) calls under way match; open: \(open)")
        }
        let answer: Entry.OutcomeRecord.Answer
        switch verb {
        case "done": answer = .performed(.done(evidence: "ok"))
        case "already": answer = .performed(.alreadyDone(evidence: "it was there"))
        case "refused":
            let reason = line.text(after: "because") ?? "no permission"
            answer = .performed(.rejected(reason: reason, remedy: nil))
        case "retryable":
            let after = try line.value(after: "after").map { text in
                guard let span = Span(text: text) else { throw line.fault("no span") }
                return span
            }
            answer = .performed(.retryable(reason: "busy", after: after))
        case "unknown": answer = .performed(.unknown(reason: "no answer"))
        default:
            switch try line.word("an answer") {
            case "present": answer = .probed(.present(evidence: "seen"))
            case "absent": answer = .probed(.absent)
            case "ambiguous": answer = .probed(.ambiguous(reason: "somebody moved it"))
            case "unavailable": answer = .probed(.unavailable(reason: "no access"))
            default: throw line.fault("present, absent, ambiguous or unavailable")
            }
        }
        beat()
        try rehearsal.answer(effect, answer)
    }

    private mutating func command(_ verb: String, _ line: inout ScriptLine) throws {
        let reason = line.text(after: "because")
        let actor = line.value(after: "as") ?? "ada"
        let basedOn = line.value(after: "based").flatMap(Int.init)
        var scope = Scope.track(try current(line))
        if let text = line.value(after: "for") {
            guard let given = Scope(text) else { throw line.fault("'\(text)' is no scope") }
            scope = given
        }
        let request: Command.Request
        switch verb {
        case "place": request = .add(stage: try line.word("a stage"), since: nil)
        case "hold": request = .hold
        case "resume": request = .resume
        case "stop":
            request = .stop
            scope = .installation
        case "lift-stop":
            request = .liftStop
            scope = .installation
        case "advance": request = .advance(to: line.isEmpty ? nil : try line.word("a stage"))
        case "pause": request = .pause
        case "cancel": request = .cancel
        case "retry": request = .retry
        case "abandon": request = .abandon(line.take("as-done") ? .asDone : .stay)
        case "signoff":
            let what = try line.word("a team")
            let word = line.isEmpty ? "approved" : try line.word("a verdict")
            guard let verdict = Command.Signoff(rawValue: word) else {
                throw line.fault("'\(word)' is no verdict")
            }
            request = .signoff(what: what, verdict: verdict)
        case "override":
            let condition = try line.word("a condition")
            if line.take("lift") {
                request = .override(condition: condition, term: .lifted)
            } else if let text = line.value(after: "until") {
                guard let instant = Instant(rfc3339: text) else { throw line.fault("no time") }
                request = .override(condition: condition, term: .until(instant))
            } else {
                request = .override(condition: condition, term: .lasting(try line.span("a span")))
            }
        case "approve": request = .approve(transition: line.isEmpty ? nil : try line.word("a name"))
        case "rearm": request = .rearm(transition: line.isEmpty ? nil : try line.word("a name"))
        case "migrate": request = .migrate(to: try load(try line.word("a machine"), line))
        case "resolve":
            let part = try line.word("a part of a key")
            let done = try line.word("done or not-done") == "done"
            request = .resolve(key: try fullKey(part, line), done: done)
        default: throw line.fault("'\(verb)' is no verb")
        }
        commands += 1
        beat()
        try rehearsal.ask(
            Command(
                id: "c\(commands)",
                actor: "os:\(actor)",
                scope: scope,
                request: request,
                reason: reason,
                basedOn: basedOn
            )
        )
        if line.take("with") { return }
        try settle()
    }

    /// Takes a machine into the journal, as a start with new rules does.
    private mutating func load(_ name: String, _ line: ScriptLine) throws -> String {
        guard let value = PublishedMachine.named(name) else {
            throw line.fault("there is \(PublishedMachine.names.joined(separator: ", "))")
        }
        try rehearsal.add(value, digest: name)
        return name
    }

    private func fullKey(_ part: String, _ line: ScriptLine) throws -> String {
        let keys = rehearsal.rows.compactMap { row in
            if case .intent(let record) = row { record.intent.key } else { nil }
        }
        guard let key = keys.last(where: { $0.contains(part) }) else {
            throw line.fault("no action has such a key")
        }
        return key
    }

    // MARK: Time

    /// Everything that happens takes a second.
    private mutating func beat() { rehearsal.pass(.seconds(1)) }

    private mutating func goTo(_ instant: Instant) throws {
        let span = instant - rehearsal.now.wall
        if rehearsal.rows.isEmpty {
            rehearsal = Rehearsal(at: instant)
        } else {
            try wait(span)
        }
    }

    /// Lets time pass, as the runtime would: rounds when something is due, polls on their interval.
    private mutating func wait(_ span: Span) throws {
        let end = rehearsal.now.elapsed.addingReportingOverflow(span.milliseconds).partialValue
        var steps = 0
        while true {
            steps += 1
            guard steps < 10_000 else {
                throw ScriptFault(
                    line: output.suffix(12).joined(separator: "\n"),
                    why: "too many rounds"
                )
            }
            var next = end
            if let wake = rehearsal.world.nextWake { next = min(next, wake) }
            if let cadence { next = min(next, lastPoll + cadence.milliseconds) }
            for item in queue { next = min(next, item.at) }
            let pause = Span(milliseconds: max(0, next - rehearsal.now.elapsed))
            rehearsal.pass(pause)
            let isOver = rehearsal.now.elapsed >= end
            try happen()
            try tick()
            if isOver { return }
        }
    }

    /// Polls and answers that are due now.
    private mutating func happen() throws {
        let now = rehearsal.now.elapsed
        if let cadence, now >= lastPoll + cadence.milliseconds {
            lastPoll = now
            let targets = observations.keys.filter { !silent.contains($0.source) }
                .sorted {
                    ($0.source, $0.scope.description) < ($1.source, $1.scope.description)
                }
            for target in targets { try poll(target) }
        }
        let due = queue.filter { $0.at <= now }
        queue.removeAll { $0.at <= now }
        for item in due {
            switch item.event {
            case .poll(let target): try poll(target)
            case .answer(let effect, let answer): try rehearsal.answer(effect, answer)
            }
        }
    }

    private mutating func poll(_ target: Target) throws {
        guard let observation = observations[target] else { return }
        try rehearsal.see(target.source, target.scope, observation)
    }

    /// Rounds until nothing is due and nothing is under way that answers by itself.
    private mutating func settle() throws {
        try tick()
        var steps = 0
        while let next = queue.map(\.at).min() {
            steps += 1
            guard steps < 40 else {
                throw ScriptFault(
                    line: output.suffix(40).joined(separator: "\n"),
                    why: "it goes on and on"
                )
            }
            rehearsal.pass(Span(milliseconds: max(0, next - rehearsal.now.elapsed)))
            try happen()
            try tick()
        }
    }

    private mutating func tick() throws {
        var rounds = 0
        repeat {
            let round = try rehearsal.round()
            output += printer.lines(of: round, in: rehearsal)
            for (track, turn) in round.turns { look(again: turn.refetch, around: track) }
            if obliging {
                for effect in round.started { oblige(effect) }
            }
            rounds += 1
            guard rounds < 20 else {
                throw ScriptFault(
                    line: output.suffix(12).joined(separator: "\n"),
                    why: "it does not settle"
                )
            }
        } while rehearsal.world.nextWake.map { $0 <= rehearsal.now.elapsed } ?? false
            || rehearsal.hasNews
    }

    private mutating func look(again sources: [String], around track: TrackID) {
        guard !lazy else { return }
        for source in sources where !silent.contains(source) {
            guard let level = PublishedMachine.scopes[source] else { continue }
            let target = Target(source: source, scope: Scope(level, around: track))
            let isAsked = queue.contains { item in
                if case .poll(target) = item.event { true } else { false }
            }
            guard !isAsked, observations[target] != nil else { continue }
            queue.append((rehearsal.now.elapsed + 1000, .poll(target)))
        }
    }

    private mutating func oblige(_ effect: Effect) {
        guard rehearsal.inFlight.contains(where: { $0.id == effect.id }) else { return }
        let answer: Entry.OutcomeRecord.Answer =
            switch effect {
            case .perform: .performed(.done(evidence: "ok"))
            case .probe: .probed(.present(evidence: "seen"))
            }
        queue.append((rehearsal.now.elapsed + 1000, .answer(effect, answer)))
    }

    // MARK: Looking

    private mutating func explain(_ line: inout ScriptLine) throws {
        let track = line.isEmpty ? try current(line) : try line.track()
        var tick = Entry.Tick(number: 0, at: rehearsal.now, stopFile: rehearsal.stopFile)
        tick.shadow = rehearsal.shadowed
        tick.denied = rehearsal.world.lastTick?.denied ?? [:]
        guard let explanation = rehearsal.world.explain(track, in: tick) else {
            throw line.fault("no such track")
        }
        output += printer.lines(of: explanation)
    }

    private mutating func showState() throws {
        guard let track, let state = rehearsal.world.states[track] else { return }
        output.append("  " + (try JSON(encoding: state).description))
    }

    private mutating func replay() throws {
        for full in [false, true] {
            let replay = try rehearsal.replayed(full: full)
            output.append(
                "  replay\(full ? " in full" : ""): \(replay.ticks) ticks,"
                    + " \(replay.divergences.count) divergences"
            )
            for divergence in replay.divergences {
                output.append("    \(divergence)")
            }
        }
    }
}
