import CEL

/// A fact as it stands at a moment, for one condition's validity.
struct ResolvedFact: Sendable, Equatable {
    enum Standing: Sendable, Equatable {
        case known(Value, JSON)
        case unknown(Cause)
    }

    var standing: Standing
    /// The raw value, known or not; for people.
    var value: JSON?
    var observedAt: Instant?
    var fetched: Stamp?
    /// When it becomes, or became, too old, on the elapsed clock.
    var expires: Int64?
    /// The moment that the value speaks of, on the elapsed clock: the backend's, else the fetch.
    var origin: Int64?
}

/// One look at all facts and conditions of a track at a moment.
///
/// It gathers, as it goes, the next moment at which any of its answers can change by the passing of
/// time alone.
struct Evaluation {
    let machine: CompiledMachine
    let state: TrackState
    let view: View
    let now: Stamp
    /// The next moment of the elapsed clock at which something can change by itself.
    private(set) var nextChange: Int64?

    /// A condition's answer before `sustained` is asked for.
    struct Answer: Equatable {
        var verdict: Verdict
        var alarm: Bool
        /// When the first of its inputs became too old, for pausing sustained credit.
        var expired: Int64?
    }

    /// By place of the condition.
    private var answers: [Answer?]
    /// Readings by place of the source in the machine.
    private let readings: [Reading?]

    init(machine: CompiledMachine, state: TrackState, view: View, now: Stamp) {
        self.machine = machine
        answers = Array(repeating: nil, count: machine.conditions.count)
        readings = machine.sources.map { view.readings[$0] }
        self.state = state
        self.view = view
        self.now = now
    }

    /// Remembers a moment at which to look again.
    mutating func wake(at moment: Int64) {
        guard moment > now.elapsed else { return }
        nextChange = min(nextChange ?? moment, moment)
    }

    // MARK: Facts

    /// Remembers when a fact that was looked at becomes too old.
    mutating func wakeWhenStale(_ fact: ResolvedFact) {
        guard case .known = fact.standing, let expires = fact.expires else { return }
        wake(at: expires.saturatingAdd(1))
    }

    /// The newest commit of the release branch, if it is known.
    var head: String? {
        guard case .known(.string(let commit), _) = headFact?.standing else { return nil }
        return commit
    }

    private var headFact: ResolvedFact? {
        machine.machine.head.flatMap { machine.factIndex[$0] }.map { resolve($0, maxAge: nil) }
    }

    /// How a fact stands now.
    func resolve(_ index: Int, maxAge conditionLimit: Span?) -> ResolvedFact {
        let fact = machine.machine.facts[index]
        if let people = machine.peopleOfFact[index] {
            return answered(by: people, fact)
        }
        guard let reading = readings[machine.sourceOfFact[index]] else {
            return ResolvedFact(standing: .unknown(.missing(fact: fact.path)))
        }
        guard let good = reading.good else {
            let cause: Cause =
                reading.failed.map { .failed(fact: fact.path, failure: $0.failure) }
                ?? .missing(fact: fact.path)
            return ResolvedFact(standing: .unknown(cause))
        }
        let limit = min(fact.maxAge, conditionLimit ?? fact.maxAge)
        var resolved = ResolvedFact(standing: .unknown(.missing(fact: fact.path)))
        resolved.fetched = good.fetched
        // A backend's clock that runs ahead gives no extra validity.
        let times = good.observation.observedAt
        #if CONDUCTOR_PLANTED_BUGS
            let observed = PlantedBug.backendClockIgnored.isPlanted ? nil : times[fact.name]
        #else
            let observed = times.isEmpty ? nil : times[fact.name]
        #endif
        resolved.observedAt = observed
        let lag = observed.map { max(0, (good.fetched.wall - $0).milliseconds) } ?? 0
        resolved.origin = good.fetched.elapsed - lag
        #if CONDUCTOR_PLANTED_BUGS
            let expires =
                PlantedBug.staleCountsAsFresh.isPlanted
                ? .max : (good.fetched.elapsed - lag).saturatingAdd(limit.milliseconds)
        #else
            let expires = (good.fetched.elapsed - lag).saturatingAdd(limit.milliseconds)
        #endif
        resolved.expires = expires
        guard let observation = good.observation.facts[fact.name] else { return resolved }
        resolved.value = observation.value
        if let cause = subjectFault(fact, about: observation.about) {
            resolved.standing = .unknown(cause)
            return resolved
        }
        // Valid through the whole of `max_age`, stale from the moment after it.
        if now.elapsed > expires {
            resolved.standing = .unknown(.stale(fact: fact.path))
            return resolved
        }
        guard let value = fact.type.convert(observation.value) else {
            resolved.standing = .unknown(
                observation.value == .null
                    ? .missing(fact: fact.path)
                    : .type(what: "\(fact.path) is not \(fact.type.celType)")
            )
            return resolved
        }
        if case .list(let elements) = value, elements.isEmpty, !fact.emptyIsKnown {
            resolved.standing = .unknown(.missing(fact: fact.path))
            return resolved
        }
        resolved.standing = .known(value, observation.value)
        return resolved
    }

    /// Since when the track is live in its stage.
    enum LiveSince {
        case known(Stamp)
        case unknown(Cause)
    }

    /// Since when the track is live in its stage: by the store's own word where the stage has one,
    /// and not before it was entered.
    mutating func liveSince() -> LiveSince {
        guard let stage = state.stage.flatMap(machine.machine.stage), let path = stage.liveAt,
            let index = machine.factIndex[path]
        else { return .known(state.since) }
        let fact = resolve(index, maxAge: nil)
        wakeWhenStale(fact)
        switch fact.standing {
        case .unknown(let cause): return .unknown(cause)
        case .known(_, let json):
            guard let live = json.stringValue.flatMap(Instant.init(rfc3339:)) else {
                return .unknown(.type(what: "\(path) is no time"))
            }
            let stamp = stamp(of: live)
            return .known(stamp.elapsed > state.since.elapsed ? stamp : state.since)
        }
    }

    /// An instant of the wall clock on both clocks, as they stand to each other now.
    func stamp(of instant: Instant) -> Stamp {
        Stamp(
            wall: instant,
            elapsed: now.elapsed.saturatingAdd((instant - now.wall).milliseconds)
        )
    }

    private func subjectFault(_ fact: FactDeclaration, about: String?) -> Cause? {
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.wrongSubjectAccepted.isPlanted { return nil }
        #endif
        let wanted: String?
        switch fact.subject {
        case .none: return nil
        case .version: wanted = state.track.version
        case .candidate:
            // Stores know builds and no commits; the candidate knows both.
            if let build = state.candidate?.build, about == build { return nil }
            wanted = state.candidate?.commit
        // The head cannot be about another head than itself.
        case .head: wanted = fact.path == machine.machine.head ? nil : head
        }
        guard let wanted, let about, about == wanted else {
            return .wrongSubject(fact: fact.path, was: about, wanted: wanted)
        }
        return nil
    }

    /// What people said, as the journal has it: known at any time.
    private func answered(by people: People, _ fact: FactDeclaration) -> ResolvedFact {
        func isCurrent(_ record: SignoffRecord) -> Bool {
            record.commit == state.candidate?.commit
        }
        let value: JSON
        if fact.name == "teams", !people.teams.isEmpty {
            value = .array(
                people.teams.map { team in
                    let record = state.signoffs[team]
                    let stateWord: String
                    switch record?.verdict {
                    case .approved: stateWord = record.map(isCurrent) == true ? "approved" : "stale"
                    case .rejected: stateWord = "rejected"
                    case .optedOut, .withdrawn, nil: stateWord = "missing"
                    }
                    return [
                        "team": .string(team), "state": .string(stateWord),
                        "opted_out": .bool(record?.verdict == .optedOut),
                        "by": .string(record?.actor ?? ""),
                    ]
                }
            )
        } else {
            let record = state.signoffs[fact.name]
            value = .bool(record?.verdict == .approved && record.map(isCurrent) == true)
        }
        guard let converted = fact.type.convert(value) else {
            return ResolvedFact(standing: .unknown(.type(what: fact.path)))
        }
        var resolved = ResolvedFact(standing: .known(converted, value), value: value)
        resolved.fetched = now
        resolved.origin = now.elapsed
        return resolved
    }

    // MARK: Conditions

    /// A condition's answer; asked once, remembered for the turn.
    mutating func answer(_ index: Int) -> Answer {
        if let known = answers[index] { return known }
        let compiled = machine.conditions[index]
        var answer: Answer
        let applies = compiled.applies.map { evaluate($0, maxAge: nil).verdict } ?? .met
        switch applies {
        case .unmet, .notApplicable:
            answer = Answer(verdict: .notApplicable, alarm: false)
        case .unknown(let cause):
            // Nobody knows whether it matters, so it does.
            answer = Answer(verdict: .unknown(cause), alarm: false)
        case .met:
            let limit = compiled.condition.maxAge
            let every = compiled.condition.every
            let (verdict, expired) = evaluate(compiled.expression, maxAge: limit, every: every)
            answer = Answer(verdict: verdict, alarm: false, expired: expired)
            if verdict == .unmet, let alarm = compiled.alarm {
                answer.alarm = evaluate(alarm, maxAge: limit, every: every).verdict == .met
            }
            if let every { wake(at: clock(every).saturatingAdd(every.milliseconds)) }
        }
        answers[index] = answer
        return answer
    }

    /// Whether reality shows a stage; nil when the stage does not say what it looks like.
    mutating func reality(of stage: String) -> Verdict? {
        guard let expression = machine.realities[stage] else { return nil }
        return evaluate(expression, maxAge: nil).verdict
    }

    /// The elapsed clock as a condition sees it: with `every`, it moves in steps of that length, so
    /// that its answer is the same whenever somebody looks.
    private func clock(_ every: Span?) -> Int64 {
        guard let step = every?.milliseconds, step > 0 else { return now.elapsed }
        return now.elapsed.flooredDivision(by: step) * step
    }

    /// Evaluates one expression over the facts as they stand.
    private mutating func evaluate(
        _ expression: CompiledExpression,
        maxAge: Span?,
        every: Span? = nil
    ) -> (verdict: Verdict, expired: Int64?) {
        guard let program = expression.program else {
            return (.unknown(.disabled(reason: expression.fault ?? "it does not compile")), nil)
        }
        var slots: [Slot] = []
        slots.reserveCapacity(expression.inputs.count)
        var causes: [(path: String, cause: Cause)] = []
        var expired: Int64?
        for (place, input) in expression.inputs.enumerated() {
            switch input {
            case .constant(let value): slots.append(.value(value))
            case .app: slots.append(.value(.string(state.track.app)))
            case .platform: slots.append(.value(.string(state.track.platform)))
            case .version: slots.append(.value(.string(state.track.version)))
            case .release: slots.append(.value(.string(state.track.release.description)))
            case .candidate(let name):
                if let part = candidatePart(name) {
                    slots.append(.value(.string(part)))
                } else {
                    slots.append(.unknown)
                    causes.append((name, .missing(fact: name)))
                }
            case .timeInStage:
                let span = max(0, clock(every).saturatingAdd(-state.since.elapsed))
                slots.append(FactType.duration(milliseconds: span).map { .value($0) } ?? .unknown)
            case .fact(let index), .age(let index):
                let fact = resolve(index, maxAge: maxAge)
                if machine.machine.facts[index].subject == .head, let head = headFact {
                    wakeWhenStale(head)
                }
                switch fact.standing {
                case .known(let value, _):
                    wakeWhenStale(fact)
                    if case .age = input {
                        let age = max(0, clock(every) - (fact.origin ?? now.elapsed))
                        slots.append(
                            FactType.duration(milliseconds: age).map { .value($0) } ?? .unknown
                        )
                    } else {
                        slots.append(.value(value))
                    }
                case .unknown(let cause):
                    causes.append((program.variables[place], cause))
                    if let expires = fact.expires, expires < now.elapsed {
                        expired = min(expired ?? expires, expires)
                    }
                    slots.append(.unknown)
                }
            }
        }
        scheduleFlips(of: expression, maxAge: maxAge)
        switch program.evaluate(slots, zones: view.zones) {
        case .value(.bool(true)): return (.met, expired)
        case .value(.bool(false)): return (.unmet, expired)
        case .value(let other): return (.unknown(.type(what: "\(other) is no bool")), expired)
        case .error(let error):
            if error.code == .notANumber { return (.unknown(.nan), expired) }
            return (.unknown(.type(what: error.message)), expired)
        case .unknown(let paths):
            #if CONDUCTOR_PLANTED_BUGS
                if PlantedBug.unknownCountsAsTrue.isPlanted { return (.met, expired) }
                if PlantedBug.unknownCountsAsFalse.isPlanted { return (.unmet, expired) }
            #endif
            let named = causes.first { item in
                paths.contains { path in
                    path == item.path || path.hasPrefix(item.path + ".")
                        || path.hasPrefix(item.path + "[")
                }
            }
            let cause = named?.cause ?? causes.first?.cause
            return (.unknown(cause ?? .missing(fact: paths.first ?? "?")), expired)
        }
    }

    /// A part of the candidate by the name of its variable; nil before it is latched.
    private func candidatePart(_ name: String) -> String? {
        switch name {
        case "candidate.commit": state.candidate?.commit
        case "candidate.build": state.candidate?.build
        default: state.candidate?.digest
        }
    }

    private mutating func scheduleFlips(of expression: CompiledExpression, maxAge: Span?) {
        for clock in expression.clocks {
            let origin: Int64?
            switch clock.input {
            case .timeInStage: origin = state.since.elapsed
            case .age(let index): origin = resolve(index, maxAge: maxAge).origin
            case .fact, .app, .platform, .version, .release, .candidate, .constant: origin = nil
            }
            guard let origin else { continue }
            let flip = origin.saturatingAdd(clock.threshold.milliseconds)
            wake(at: flip)
            wake(at: flip.saturatingAdd(1))
        }
    }

    // MARK: For people

    /// The facts that a condition reads, as they stand.
    func readFacts(ofCondition index: Int) -> [Explanation.ReadFact] {
        let compiled = machine.conditions[index]
        return compiled.factsRead.map { fact in
            let resolved = resolve(fact, maxAge: compiled.condition.maxAge)
            let declaration = machine.machine.facts[fact]
            let cause: Cause? =
                if case .unknown(let cause) = resolved.standing { cause } else { nil }
            return Explanation.ReadFact(
                path: declaration.path,
                value: resolved.value,
                unit: declaration.unit,
                cause: cause,
                observedAt: resolved.observedAt,
                fetchedAt: resolved.fetched?.wall
            )
        }
    }
}
