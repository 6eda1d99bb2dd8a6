import ConductorCore

/// Watches a simulation: folds the journal's rows and the calls of backends by itself, and says
/// which invariant does not hold.
///
/// It knows the published machine as people read it, and nothing of how the core decides.
struct Referee {
    let machine: Machine
    let limit: ClaimLimit
    /// Transitions by the stage that they leave, and guards by the stage that they watch.
    let ways: [String: [Transition]]
    let watching: [String: [Guard]]
    /// The tracks, in order.
    var order: [TrackID] = []
    /// Every row that is known to be durable.
    var rows: [Entry] = []
    var bodies: [String: JSON] = [:]
    var readings: [String: [Scope: PlainReading.Seen]] = [:]
    var tracks: [TrackID: Track] = [:]
    var heldScopes: [Scope] = []
    var isStopped = false
    var tick: Entry.Tick?
    /// What has come to lack nothing but its second look at the last tick.
    var nearly: [(track: TrackID, transition: String)] = []
    var intents: [Action: Intent] = [:]
    var sent: [Action: Sent] = [:]
    var open: Set<Attempt> = []
    var commands: [String: Entry.CommandRecord] = [:]
    /// When the wall clock was set last.
    var wallStepped: Int64?
    var grants: [(claim: String, track: TrackID, at: Int64)] = []
    var faults: [Violation] = []
    /// When something last came from outside that was not there before.
    var stirred: Int64 = 0
    /// Whether a secret came by in an event or an answer.
    var sawCanary = false

    /// What is believed of a track, as far as an invariant asks for it.
    struct Belief: Decodable {
        var track: TrackID
        var revision = 0
        var step = 0
        var stage: String?
        var phase = Phase.waiting
        var candidate: Candidate?
        var disarmed: [String] = []
        var uncertain: [IntentProgress] = []
        var retired = false

        init(track: TrackID, stage: String?) {
            self.track = track
            self.stage = stage
        }
    }

    /// An action of a track, by its key.
    struct Action: Hashable {
        var track: TrackID
        var key: String
    }

    /// A call of a backend that was written down.
    struct Attempt: Hashable {
        var action: Action
        var purpose: Entry.AttemptRecord.Purpose
        var number: Int
    }

    /// What is known of an action that was sent.
    struct Sent {
        var number = 0
        var at: Int64 = 0
        /// Nobody knows whether its effect is there.
        var isInDoubt = false
        /// When probes found nothing, since the doubt began.
        var absences: [Int64] = []
        var isDone = false
    }

    /// A track as its rows show it.
    struct Track {
        var state: Belief
        var since: Stamp
        var isRetired = false
        var isStoppedByPerson = false
        var brakeDue: (tick: Int, at: Int64)?
        var hasBraked = false
        var hasSpike = false
        /// When a raise took effect that a brake had overtaken.
        var landedAfterBrake: Int64?
        /// Transitions of which a condition was not met at the last tick.
        var failing: Set<String> = []
        /// Its last decision, as it was written.
        var decision = ""
        /// Its last state, as it was written.
        var written = ""
        var signoffs: [String: (verdict: Command.Signoff, commit: String?)] = [:]
        /// Since when each transition has lacked nothing but its second look.
        var readySince: [String: Int64] = [:]
        /// Polls of quality: from when, until when they were valid, and whether all was calm.
        var calm: [(from: Int64, until: Int64, isCalm: Bool?)] = []
        /// What happened, in words.
        var road: [String] = []
        var revisionsAnswered: Set<String> = []
        /// Who has approved what leads on from the stage.
        var approvers: Set<String> = []
    }

    init(machine: Machine, limit: ClaimLimit) {
        self.machine = machine
        self.limit = limit
        ways = Dictionary(grouping: machine.transitions, by: \.from)
        watching = machine.stages.reduce(into: [:]) { watching, stage in
            watching[stage.name] = machine.guards.filter { $0.watch.contains(stage.name) }
        }
    }

    // MARK: What is told

    /// Rows that are durable now.
    mutating func took(_ entries: [Entry], bodies: [String: JSON], now: Int64) -> [Violation] {
        faults = []
        self.bodies.merge(bodies) { first, _ in first }
        for entry in entries {
            rows.append(entry)
            take(entry, now)
        }
        return faults
    }

    /// The rows that a new process finds; those that were told before must be among them.
    mutating func recovered(_ found: [Entry], body: (String) throws -> JSON) -> String? {
        guard found.count >= rows.count else {
            return "\(rows.count - found.count) rows that were durable are gone"
        }
        for place in rows.indices where rows[place] != found[place] {
            return "row \(place + 1) has changed over a restart: \(Self.words(rows[place]))"
        }
        let new = Array(found[rows.count...])
        for entry in new {
            guard case .poll(let poll) = entry, case .ok(let digest, _) = poll.result else {
                continue
            }
            guard let body = try? body(digest) else { return "the body \(digest) is lost" }
            bodies[digest] = body
        }
        return took(new, bodies: [:], now: tick?.at.elapsed ?? 0).first?.what
    }

    /// Whether the journal at the end is what was told.
    func recoveredAtEnd(_ found: [Entry]) -> String? {
        found == rows ? nil : "the journal does not hold what it was given"
    }

    mutating func started() {
        for track in tracks.keys {
            tracks[track]?.brakeDue = nil
            tracks[track]?.landedAfterBrake = nil
        }
    }

    mutating func heard(_ text: String) {
        if text.contains("cAn4ry") { sawCanary = true }
    }

    mutating func fault(_ invariant: Invariant, _ what: String) {
        faults.append(Violation(invariant: invariant.rawValue, what: what))
    }

    // MARK: Rows

    private mutating func take(_ entry: Entry, _ now: Int64) {
        noteStir(entry)
        switch entry {
        case .boot, .machine, .upkeep: return
        case .poll(let poll): take(poll)
        case .tick(let tick): take(tick)
        case .decision(let record): take(record, now)
        case .command(let record): take(record)
        case .intent(let record): take(record)
        case .attempt(let record): take(record)
        case .outcome(let record): take(record)
        case .discovery(let record):
            guard tracks[record.track] == nil else { return }
            let state = Belief(track: record.track, stage: record.stage)
            tracks[record.track] = Track(state: state, since: record.at)
            order = tracks.keys.sorted()
        }
    }

    /// The longest that clocks go on by themselves once nothing new comes in.
    static let longestClock: Int64 = 135 * 60_000

    /// Notes when the world was last not as it had been; a journal that grows long after is not idle.
    private mutating func noteStir(_ entry: Entry) {
        switch entry {
        case .boot(let boot): stirred = boot.at.elapsed
        case .command(let record): stirred = record.at.elapsed
        case .outcome(let record): stirred = record.at.elapsed
        case .discovery(let record): stirred = record.at.elapsed
        case .tick(let new):
            if new.wallStep != nil || new.stopFile != tick?.stopFile { stirred = new.at.elapsed }
        case .poll(let poll):
            guard case .ok(let digest, let observedAt) = poll.result, observedAt.isEmpty,
                let known = readings[poll.source]?[poll.scope], known.digest == digest,
                known.observedAt.isEmpty
            else { return stirred = poll.at.elapsed }
        case .decision, .intent, .attempt:
            guard let now = tick?.at.elapsed, now - stirred > Self.longestClock else { return }
            fault(
                .idle,
                "nothing has come in since \(Span(milliseconds: stirred)), and there is"
                    + " \(Self.words(entry))"
            )
        case .machine, .upkeep: break
        }
    }

    private mutating func take(_ poll: Entry.Poll) {
        guard case .ok(let digest, let observedAt) = poll.result, let body = bodies[digest] else {
            return
        }
        let seen = PlainReading.Seen(
            digest: digest,
            body: body,
            observedAt: observedAt,
            fetched: poll.at
        )
        readings[poll.source, default: [:]][poll.scope] = seen
        guard poll.source == "quality", case .track(let track) = poll.scope,
            let reading = reading(of: track, at: poll.at)
        else { return }
        let ahead = observedAt["crash_rate"].map { (poll.at.wall - $0).milliseconds } ?? 0
        let until = poll.at.elapsed - max(0, ahead) + PlainReading.validity(of: poll.source)
        let isCalm = reading.holds("crash_rate_calm")
        if let last = tracks[track]?.calm.indices.last {
            let end = tracks[track]?.calm[last].until ?? 0
            tracks[track]?.calm[last].until = min(end, poll.at.elapsed)
        }
        tracks[track]?.calm.append((poll.at.elapsed, until, isCalm))
    }

    func reading(of track: TrackID, at now: Stamp) -> PlainReading? {
        guard let known = tracks[track] else { return nil }
        return PlainReading(
            track: track,
            candidate: known.state.candidate,
            signoffs: known.signoffs,
            readings: readings,
            now: now
        )
    }

    private mutating func take(_ record: Entry.CommandRecord) {
        let command = record.command
        if commands.updateValue(record, forKey: command.id) != nil {
            fault(.once, "the command \(command.id) is recorded twice")
        }
        switch command.request {
        case .hold:
            if !heldScopes.contains(command.scope) { heldScopes.append(command.scope) }
        case .resume: heldScopes.removeAll { $0 == command.scope }
        case .stop: isStopped = true
        case .liftStop: isStopped = false
        case .signoff(let what, let verdict):
            for track in tracks.keys where command.scope.contains(track) {
                let commit = tracks[track]?.state.candidate?.commit
                tracks[track]?.signoffs[what] = (verdict, commit)
            }
        case .add, .register, .advance, .pause, .cancel, .retry, .abandon, .override, .approve,
            .rearm, .migrate:
            break
        case .resolve(let key, let done):
            for action in sent.keys where action.key == key && command.scope.contains(action.track)
            {
                if !done { sent[action]?.isInDoubt = false }
            }
        }
    }

    private mutating func take(_ record: Entry.IntentRecord) {
        let action = Action(track: record.intent.track, key: record.intent.key)
        if let known = intents.updateValue(record.intent, forKey: action) {
            // What a release shares is the same thing when it comes by again; its own is not.
            if record.intent.scope.level == .track || known.step == record.intent.step {
                fault(.once, "the key \(action.key) is used a second time")
            }
            sent[action] = nil
        }
        guard let build = record.intent.parameters["with"]?["build"]?.stringValue else { return }
        let wanted = tracks[action.track]?.state.candidate?.build
        if build != wanted {
            fault(.exactConditions, "\(action.key) names build \(build), not \(wanted ?? "none")")
        }
    }

    private mutating func take(_ record: Entry.AttemptRecord) {
        let action = Action(track: record.track, key: record.key)
        if intents[action] == nil {
            fault(.durableIntent, "\(record.key) is attempted, and no intent is written")
        }
        open.insert(Attempt(action: action, purpose: record.purpose, number: record.number))
        guard let intent = intents[action] else { return }
        let now = record.at.elapsed
        switch record.purpose {
        case .probe:
            guard let sent = sent[action], sent.isInDoubt, sent.absences.isEmpty else { return }
            let quiet = intent.policy.deadline.milliseconds + intent.policy.settle.milliseconds
            if now - sent.at < quiet, sent.number > 0 {
                fault(.once, "\(record.key) is probed while its effect may still come")
            }
        case .perform:
            checkInForce(intent)
            var known = sent[action] ?? Sent()
            if record.number <= known.number {
                fault(.once, "\(record.key) is sent a second time as attempt \(record.number)")
            }
            if known.isDone { fault(.once, "\(record.key) is sent again, and was done") }
            if intent.direction != .brakes, known.isInDoubt, intent.actionClass != .atLeastOnce,
                known.absences.count < 2
            {
                fault(.once, "\(record.key) is sent again while nobody knows what became of it")
            }
            known = Sent(number: record.number, at: now, isInDoubt: true)
            sent[action] = known
        }
    }

    private mutating func take(_ record: Entry.OutcomeRecord) {
        let action = Action(track: record.track, key: record.key)
        switch record.answer {
        case .performed(let outcome):
            open.remove(Attempt(action: action, purpose: .perform, number: record.number))
            switch outcome {
            case .done, .alreadyDone:
                sent[action]?.isInDoubt = false
                sent[action]?.isDone = true
            case .rejected, .retryable: sent[action]?.isInDoubt = false
            case .unknown: sent[action]?.isInDoubt = true
            }
        case .probed(let found):
            open.remove(Attempt(action: action, purpose: .probe, number: record.number))
            switch found {
            case .present: sent[action]?.isDone = true
            case .absent: sent[action]?.absences.append(record.at.elapsed)
            case .ambiguous, .unavailable: break
            }
        }
    }

    // MARK: Words

    static func words(_ entry: Entry) -> String {
        switch entry {
        case .boot: "row boot"
        case .machine: "row machine"
        case .upkeep: "row upkeep"
        case .poll(let poll):
            switch poll.result {
            case .ok(let body, _): "row poll \(poll.source) \(poll.scope) \(body.prefix(6))"
            case .failed(let why, _): "row poll \(poll.source) \(poll.scope) \(why.rawValue)"
            }
        case .tick(let tick): "row tick \(tick.number) at \(tick.at.elapsed)"
        case .decision(let record): "row decision \(record.track)"
        case .command(let record): "row command \(record.command.id)"
        case .intent(let record): "row intent \(record.intent.key)"
        case .attempt(let record): "row attempt \(record.purpose) \(record.number) \(record.key)"
        case .outcome(let record): "row outcome \(record.number) \(record.key) \(record.answer)"
        case .discovery(let record): "row discovery \(record.track)"
        }
    }
}
