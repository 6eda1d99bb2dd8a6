package import CEL

/// All that is known at a point of the journal: the fold of its rows.
///
/// The runtime and the replay fold the same entries by the same function, so what is decided live
/// and what is decided again rest on the same values.
package struct World: Sendable {
    /// Machines by digest, with the titles, owners and links that people read.
    package private(set) var machines: [String: CompiledMachine] = [:]
    package internal(set) var states: [TrackID: TrackState] = [:]
    /// Readings by source and scope.
    package internal(set) var readings: [String: [Scope: Reading]] = [:]
    package private(set) var fleet = FleetState()
    package internal(set) var grants: [ClaimGrant] = []
    package private(set) var lastTick: Entry.Tick?
    package private(set) var lastBoot: Entry.Boot?
    /// The calendars in force, by name.
    private var calendars: [String: ReleaseCalendar] = [:]
    /// The time zones that conditions may name.
    private var zones = ZoneRules.none
    /// The newest version at the end of the road, by `app/platform`.
    private var newestOut: [String: TrackID] = [:]
    /// The newest stamp of any row.
    package private(set) var newest: Stamp?
    /// The recorded decision in force for each track: canonical bytes.
    package internal(set) var decisions: [TrackID: String] = [:]
    /// The same, as values: what is equal needs not be written to be seen to be equal.
    var decided: [TrackID: Decision] = [:]
    /// Attempts and probes without an outcome.
    package private(set) var open: [AttemptID: Entry.AttemptRecord] = [:]
    /// Effects that are there, by the key of an action that several tracks share.
    package private(set) var sharedEffects: [String: String] = [:]
    /// Tracks in doubt over an effect, by the key of an action that several tracks share.
    package private(set) var sharedDoubts: [String: TrackID] = [:]
    /// What people have testified, by the id of the command, until it is answered.
    var testimonies: [String: Testimony] = [:]
    /// Ids of all commands that were taken in, with the answer once there is one.
    package internal(set) var commands: [String: CommandReply?] = [:]
    /// The disk is full: only brakes are written.
    package private(set) var low = false
    /// The highest version at each source's first look, by `app/platform` and source.
    package private(set) var baselines: [String: [String: String]] = [:]
    /// When the journal was restored from a backup, if it was.
    private var restored: Stamp?
    /// Tracks that have not taken note of the restore yet.
    private var unaware: Set<TrackID> = []
    /// Tracks with open actions that nothing has answered for since the restore.
    private var unprobed: Set<TrackID> = []
    /// The last round ended what held everybody back.
    private var everybodyGoesOn = false
    /// What came in since the last tick.
    private var inputs: [TrackID: [TrackInput]] = [:]
    /// Tracks whose decision may have changed since the last tick.
    var dirty: Set<TrackID> = []
    /// When each track must be looked at again, on the elapsed clock.
    private var wakeAt: [TrackID: Int64] = [:]
    /// Tracks that can still be decided, in order.
    package private(set) var live: [TrackID] = []

    /// One attempt or probe of an action, for one track.
    package struct AttemptID: Sendable, Hashable {
        package var track: TrackID
        package var key: String
        package var purpose: Entry.AttemptRecord.Purpose
        package var number: Int

        package init(
            track: TrackID,
            key: String,
            purpose: Entry.AttemptRecord.Purpose,
            number: Int
        ) {
            self.track = track
            self.key = key
            self.purpose = purpose
            self.number = number
        }
    }

    /// A person's word on whether an effect is there.
    struct Testimony {
        var key: String
        var done: Bool
        var actor: String
    }

    package init() {}

    // MARK: Folding

    /// Takes one entry in.
    ///
    /// `observation`: the body that a poll names by digest; nil leaves the reading without facts.
    ///
    /// Throws `WorldError` when stored text cannot be read.
    package mutating func apply(
        _ entry: Entry,
        observation: (String) throws -> JSON
    ) throws {
        switch entry {
        case .boot(let boot):
            lastBoot = boot
            calendars = Dictionary(boot.calendars.map { ($0.name, $0) }) { first, _ in first }
            zones = ZoneRules(boot.zones.map(\.zone))
            saw(boot.at)
            dirty.formUnion(live)
        case .machine(let record):
            let machine: Machine = try Self.decode(record.source, "machine \(record.digest)")
            // The same machine again has other titles, owners or links.
            guard machines[record.digest]?.machine != machine else { return }
            machines[record.digest] = CompiledMachine(machine, digest: record.digest)
        case .poll(let poll):
            saw(poll.at)
            try apply(poll, observation: observation)
        case .tick(let tick):
            saw(tick.at)
            lastTick = tick
            inputs = [:]
            everybodyGoesOn = false
        case .decision(let record):
            try apply(record)
        case .command(let record):
            saw(record.at)
            apply(record)
        case .intent:
            return
        case .attempt(let record):
            saw(record.at)
            open[AttemptID(record)] = record
            // Whoever was in doubt has looked, and does it again.
            if record.purpose == .perform, sharedDoubts[record.key] == record.track {
                sharedDoubts[record.key] = nil
            }
        case .outcome(let record):
            saw(record.at)
            let begun = open.removeValue(forKey: AttemptID(record))?.at
            noteSharedEffect(record)
            inputs[record.track, default: []].append(.outcome(record, begun: begun))
            dirty.insert(record.track)
        case .discovery(let record):
            saw(record.at)
            register(record)
        case .upkeep(let record):
            saw(record.at)
            apply(record)
        }
    }

    /// Whether something came in since the last tick.
    package var hasInputs: Bool { !inputs.isEmpty }

    /// Whether a restored journal's open actions are not all answered for yet.
    package var isReconciling: Bool { !unaware.isEmpty || !unprobed.isEmpty }

    private mutating func apply(_ record: Entry.Upkeep) {
        switch record.event {
        case .restored:
            restored = record.at
            unaware = Set(live)
            unprobed = []
            dirty.formUnion(live)
        case .room(let low):
            self.low = low
            dirty.formUnion(live)
        case .baseline(let place, let source, let version):
            baselines[place, default: [:]][source] = version
        case .pruned: return
        }
    }

    /// For this long after a restore, a track that is registered can have been known before it.
    private static let lostTail = Span.hours(24)

    private mutating func noteRestoration(of state: TrackState) {
        guard let restored else { return }
        let wasReconciling = isReconciling
        if state.restored?.at == restored { unaware.remove(state.track) }
        if state.retired || state.restored?.unprobed.isEmpty != false {
            unprobed.remove(state.track)
        } else {
            unprobed.insert(state.track)
        }
        if wasReconciling, !isReconciling { everybodyGoesOn = true }
    }

    /// Forgets which decisions can have changed: the rows before were not all there to see.
    package mutating func resumeAtCheckpoint() { dirty.formUnion(live) }

    private mutating func noteSharedEffect(_ record: Entry.OutcomeRecord) {
        guard !record.key.hasPrefix("\(record.track)/") else { return }
        switch record.answer {
        case .performed(.done(let evidence)), .performed(.alreadyDone(let evidence)),
            .probed(.present(let evidence)):
            sharedEffects[record.key] = evidence
            sharedDoubts[record.key] = nil
        case .performed(.unknown):
            if sharedDoubts[record.key] == nil { sharedDoubts[record.key] = record.track }
        case .performed(.rejected), .performed(.retryable):
            if sharedDoubts[record.key] == record.track { sharedDoubts[record.key] = nil }
        case .probed: return
        }
    }

    private mutating func saw(_ stamp: Stamp) {
        if let newest, newest.elapsed > stamp.elapsed { return }
        newest = stamp
    }

    private mutating func apply(_ poll: Entry.Poll, observation: (String) throws -> JSON) throws {
        var reading = readings[poll.source]?[poll.scope] ?? Reading()
        switch poll.result {
        case .ok(let digest, let observedAt):
            let body: JSON =
                if let good = reading.good, good.digest == digest {
                    good.observation.body
                } else {
                    try observation(digest)
                }
            reading.good = Reading.Good(
                observation: Observation(body: body, observedAt: observedAt),
                fetched: poll.at,
                digest: digest
            )
            reading.failed = nil
        case .failed(let failure, let message):
            reading.failed = .init(failure: failure, message: message, at: poll.at)
        }
        readings[poll.source, default: [:]][poll.scope] = reading
        for track in live where poll.scope.contains(track) { dirty.insert(track) }
    }

    private mutating func apply(_ record: Entry.DecisionRecord) throws {
        let state: TrackState = try Self.decode(record.state, "state of \(record.track)")
        let decision: Decision = try Self.decode(record.decision, "decision on \(record.track)")
        take(record, decision, state)
    }

    /// Takes in a recorded decision whose texts were read, or made again, already.
    mutating func take(_ record: Entry.DecisionRecord, _ decision: Decision, _ state: TrackState) {
        settle(state, decision: record.decision)
        decided[record.track] = state.retired ? nil : decision
        if !decision.released.isEmpty {
            grants.removeAll {
                $0.track == record.track && decision.released.contains($0.claim)
            }
        }
        for claim in decision.fired?.claims ?? [] {
            grants.append(
                ClaimGrant(
                    claim: claim,
                    track: record.track,
                    at: lastTick?.at ?? state.since
                )
            )
        }
        for reply in decision.replies {
            guard reply.accepted, let word = testimonies.removeValue(forKey: reply.id),
                !word.key.hasPrefix("\(record.track)/")
            else { continue }
            // What a person has seen of a shared effect holds for all who share it.
            if word.done { sharedEffects[word.key] = "testified by \(word.actor)" }
            sharedDoubts[word.key] = nil
        }
        for reply in decision.replies where commands[reply.id] != nil {
            // Of the answers of several tracks a refusal is the one to hear.
            if let known = commands[reply.id] ?? nil, !known.accepted { continue }
            commands[reply.id] = reply
        }
    }

    private mutating func settle(_ state: TrackState, decision: String) {
        states[state.track] = state
        decisions[state.track] = decision
        noteRestoration(of: state)
        noteEnd(of: state)
        if state.retired { live.removeAll { $0 == state.track } }
    }

    /// Remembers the newest version that came to the end of the road.
    private mutating func noteEnd(of state: TrackState) {
        guard case .finished = state.phase, let stage = state.stage,
            machines[state.machine]?.machine.stage(stage)?.kind == .road
        else { return }
        let place = "\(state.track.app)/\(state.track.platform)"
        if let known = newestOut[place], !(known < state.track) { return }
        newestOut[place] = state.track
    }

    /// Finished tracks that are still watched though a newer version has reached the end too.
    package var successors: [String: TrackID] {
        var found: [String: TrackID] = [:]
        for track in live {
            guard let newest = newestOut["\(track.app)/\(track.platform)"], track < newest,
                let state = states[track], case .finished = state.phase
            else { continue }
            found[track.description] = newest
        }
        return found
    }

    private mutating func apply(_ record: Entry.CommandRecord) {
        guard commands[record.command.id] == nil else { return }
        commands[record.command.id] = .some(nil)
        let held = fleet.holds.contains { $0.scope == record.command.scope }
        let lifts = record.command.request == .resume && held
        fleet.apply(record)
        if case .resolve(let key, let done) = record.command.request {
            testimonies[record.command.id] = Testimony(
                key: key,
                done: done,
                actor: record.command.actor
            )
        }
        switch record.command.request {
        // STOP is the installation's, whatever scope the command names.
        case .stop, .liftStop: dirty.formUnion(live)
        case .add, .register, .hold, .resume, .advance, .pause, .cancel, .retry, .abandon, .signoff,
            .resolve, .override, .approve, .rearm, .migrate:
            break
        }
        for track in live where record.command.scope.contains(track) {
            inputs[track, default: []].append(.command(record, liftedHold: lifts))
            dirty.insert(track)
        }
    }

    private mutating func register(_ record: Entry.DiscoveryRecord) {
        guard states[record.track] == nil else { return }
        var since = record.at
        if let given = record.since {
            since = Stamp(
                wall: given,
                elapsed: record.at.elapsed - (record.at.wall - given).milliseconds
            )
        }
        let state = TrackState(
            track: record.track,
            machine: record.machine,
            since: since,
            stage: record.stage
        )
        states[record.track] = state
        let place = live.firstIndex { record.track < $0 } ?? live.endIndex
        live.insert(record.track, at: place)
        dirty.insert(record.track)
        if let restored, record.at.since(restored) < Self.lostTail { unaware.insert(record.track) }
    }

    private static func decode<Value: Decodable>(_ text: String, _ what: String) throws -> Value {
        do {
            return try JSON(stored: text).decode()
        } catch {
            throw WorldError(what: what, why: "\(error)")
        }
    }

    // MARK: Deciding

    /// Whether a track's decision can differ from the one in force.
    private func isDue(_ track: TrackID, in tick: Entry.Tick) -> Bool {
        if dirty.contains(track) { return true }
        if let wake = wakeAt[track], tick.at.elapsed >= wake { return true }
        if !tick.successors.isEmpty, tick.successors[track.description] != nil { return true }
        guard !tick.denied.isEmpty || lastTick?.denied.isEmpty == false else { return false }
        let name = track.description
        return tick.denied[name] != nil || lastTick?.denied[name] != nil
    }

    /// Whether this tick says something that concerns every track.
    func concernsAll(_ tick: Entry.Tick) -> Bool {
        guard let last = lastTick else { return true }
        return everybodyGoesOn || tick.wallStep != nil || last.wallStep != nil
            || tick.stopFile != last.stopFile
            || tick.shadow != last.shadow
    }

    /// When the next track must be looked at, on the elapsed clock; nil when only news wakes.
    package var nextWake: Int64? {
        live.compactMap { wakeAt[$0] }.min()
    }

    /// What one track's decision looks at in a tick.
    package func view(of track: TrackID, in tick: Entry.Tick) -> View {
        guard let state = states[track], let machine = machines[state.machine] else {
            return View()
        }
        return view(of: track, in: tick, for: machine)
    }

    /// What one track's decision by some machine looks at in a tick.
    func view(of track: TrackID, in tick: Entry.Tick, for machine: CompiledMachine) -> View {
        var found: [String: Reading] = [:]
        for source in machine.sources {
            guard let scopes = readings[source] else { continue }
            // A source's scope can have been changed: the reading that was taken last counts.
            found[source] = Scope.Level.allCases.compactMap { scopes[Scope($0, around: track)] }
                .max { $0.lastHeard < $1.lastHeard }
            #if CONDUCTOR_PLANTED_BUGS
                if PlantedBug.neighboursFactsTaken.isPlanted {
                    found[source] = scopes.values.max { $0.lastHeard < $1.lastHeard }
                }
            #endif
        }
        return View(
            readings: found,
            inputs: inputs[track] ?? [],
            holds: fleet.holds(over: track),
            stopped: fleet.stop != nil || tick.stopFile,
            shadow: tick.shadow.contains(track.app),
            deniedClaims: tick.denied[track.description] ?? [],
            begun: open.isEmpty
                ? [] : Set(open.keys.filter { $0.track == track && $0.purpose == .perform }),
            nextMachine: nextMachine(of: track),
            restored: unaware.contains(track) ? restored : nil,
            reconciling: isReconciling,
            low: low,
            calendars: calendars,
            zones: zones,
            successor: tick.successors[track.description]
        )
    }

    /// The time zones that a start records: those that the rules name, and as the last start had
    /// them those that only a machine names to which a live track is pinned.
    package func zones(with current: [ZoneRules.Zone]) -> [RecordedZone] {
        var found = Dictionary(current.map { ($0.name, $0) }) { first, _ in first }
        for digest in Set(live.compactMap { states[$0]?.machine }) {
            for name in machines[digest]?.zoneNames ?? [] where found[name] == nil {
                found[name] = zones[name]
            }
        }
        return found.values.sorted { $0.name.precedes($1.name) }.map { RecordedZone($0) }
    }

    /// The machine that the last wish to migrate names.
    private func nextMachine(of track: TrackID) -> CompiledMachine? {
        for input in (inputs[track] ?? []).reversed() {
            guard case .command(let record, _) = input,
                case .migrate(let digest) = record.command.request
            else { continue }
            return machines[digest]
        }
        return nil
    }

    /// Decides one track in a tick.
    package func decide(_ track: TrackID, in tick: Entry.Tick) -> Turn? {
        guard let state = states[track], let machine = machines[state.machine] else { return nil }
        return Conductor.decide(
            state,
            view(of: track, in: tick),
            machine,
            Moment(tick.at, wallStepped: tick.wallStep != nil)
        )
    }

    /// Explains one track as it stands after a tick.
    package func explain(_ track: TrackID, in tick: Entry.Tick) -> Explanation? {
        guard let state = states[track], let machine = machines[state.machine] else { return nil }
        var explanation = Conductor.explain(
            state,
            view(of: track, in: tick),
            machine,
            Moment(tick.at)
        )
        if let decision = decision(on: track) {
            explanation.light = decision.light
            explanation.alerts = decision.alerts
            explanation.drift = decision.drift
        }
        return explanation
    }

    /// The decision in force for a track, as a value.
    package func decision(on track: TrackID) -> Decision? {
        if let known = decided[track] { return known }
        guard let text = decisions[track] else { return nil }
        return try? JSON(stored: text).decode(Decision.self)
    }

    /// Decides every track that is due, or every live one.
    ///
    /// `full`: decide all, also those that cannot have changed.
    package func decideAll(in tick: Entry.Tick, full: Bool = false) -> [(TrackID, Turn)] {
        due(in: tick, full: full).compactMap { track in
            decide(track, in: tick).map { (track, $0) }
        }
    }

    /// The live tracks that are due, or all, in order.
    func due(in tick: Entry.Tick, full: Bool) -> [TrackID] {
        if full || concernsAll(tick) { return live }
        return live.filter { isDue($0, in: tick) }
    }

    /// Claims to deny in this tick: asks every due track what it would fire.
    ///
    /// What is denied one transition can leave room for the next one of its track, which may want
    /// claims too; so it asks until nobody wants what it does not get.
    ///
    /// `priorities`: of apps, by name; higher goes first, and 0 is what others have.
    ///
    /// Returns what is denied, and what every due track decides then.
    package func decideAll(
        in tick: Entry.Tick,
        limits: [ClaimLimit],
        priorities: [String: Int] = [:]
    ) -> (denied: [String: [String]], turns: [(TrackID, Turn)]) {
        guard !limits.isEmpty else { return ([:], decideAll(in: tick)) }
        var open = tick
        open.denied = [:]
        while true {
            let turns = decideAll(in: open)
            func proposals(_ claims: (Turn) -> [String]) -> [ClaimProposal] {
                turns.compactMap { track, turn in
                    let claims = claims(turn)
                    guard !claims.isEmpty, let state = states[track] else { return nil }
                    return ClaimProposal(
                        track: track,
                        claims: claims,
                        since: state.since,
                        priority: priorities[track.app] ?? 0
                    )
                }
            }
            let wanted = proposals { $0.decision.fired?.claims ?? [] }
            var refused = Conductor.admit(wanted, held: grants, limits: limits, at: tick.at)
            let granted = wanted.filter { refused[$0.track] == nil }.flatMap { proposal in
                proposal.claims.map {
                    ClaimGrant(claim: $0, track: proposal.track, at: tick.at)
                }
            }
            // Who still looks takes nothing from those who are ready, nor from one another; but where
            // there is no room it need not look, and may go another way.
            for wish in proposals(\.wished) {
                let answer = Conductor.admit(
                    [wish],
                    held: grants + granted,
                    limits: limits,
                    at: tick.at
                )
                if let claims = answer[wish.track] { refused[wish.track] = claims }
            }
            var isSettled = true
            for (track, claims) in refused {
                var known = open.denied[track.description] ?? []
                for claim in claims where !known.contains(claim) {
                    known.append(claim)
                    isSettled = false
                }
                open.denied[track.description] = known.sorted { $0.precedes($1) }
            }
            if isSettled { return (open.denied, turns) }
        }
    }

    /// The entries that record a round: what changed, and nothing that did not.
    package func entries(for tick: Entry.Tick, _ turns: [(TrackID, Turn)]) throws -> [Entry] {
        var entries: [Entry] = [.tick(tick)]
        for (track, turn) in turns
        where decided[track] != turn.decision || turn.state != states[track] {
            let decision = try JSON(encoding: turn.decision).description
            guard decision != decisions[track] || turn.state != states[track] else { continue }
            let state = try JSON(encoding: turn.state).description
            entries.append(
                .decision(.init(tick: tick.number, track: track, decision: decision, state: state))
            )
            entries += turn.intents.map { .intent(.init(tick: tick.number, intent: $0)) }
        }
        return entries
    }

    /// Takes in the entries of a round without reading again what was just written from `turns`.
    package mutating func apply(
        _ entries: [Entry],
        deciding turns: [(TrackID, Turn)],
        observation: (String) throws -> JSON
    ) throws {
        var rest = turns[...]
        for entry in entries {
            guard case .decision(let record) = entry,
                let place = rest.firstIndex(where: { $0.0 == record.track })
            else {
                try apply(entry, observation: observation)
                continue
            }
            let turn = rest[place].1
            rest = rest[(place + 1)...]
            take(record, turn.decision, turn.state)
        }
    }

    /// Takes note that tracks were decided: when to come back to them.
    package mutating func decided(_ turns: [(TrackID, Turn)]) {
        for (track, turn) in turns {
            dirty.remove(track)
            wakeAt[track] = turn.state.retired ? nil : turn.wakeAt
        }
    }
}

/// Stored text that cannot be read.
package struct WorldError: Error, Sendable, Equatable, CustomStringConvertible {
    package var what: String
    package var why: String

    package init(what: String, why: String) {
        self.what = what
        self.why = why
    }

    package var description: String { "the \(what) cannot be read: \(why)" }
}

extension World.AttemptID {
    init(_ record: Entry.AttemptRecord) {
        self.init(
            track: record.track,
            key: record.key,
            purpose: record.purpose,
            number: record.number
        )
    }

    init(_ record: Entry.OutcomeRecord) {
        let purpose: Entry.AttemptRecord.Purpose =
            switch record.answer {
            case .performed: .perform
            case .probed: .probe
            }
        self.init(track: record.track, key: record.key, purpose: purpose, number: record.number)
    }
}
