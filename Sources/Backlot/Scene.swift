package import ConductorCore

/// One source as it is seen at one scope.
package struct Place: Sendable, Hashable {
    package var source: String
    package var scope: Scope

    package init(_ source: String, _ scope: Scope) {
        self.source = source
        self.scope = scope
    }

    package init(_ source: String, _ track: TrackID) { self.init(source, .track(track)) }
}

/// What a person of the script asks of the conductor.
package struct Utterance: Sendable, Equatable {
    package var actor: String
    package var scope: Scope
    package var request: Command.Request
    package var reason: String?

    package init(
        actor: String,
        scope: Scope,
        request: Command.Request,
        reason: String? = nil
    ) {
        self.actor = actor
        self.scope = scope
        self.request = request
        self.reason = reason
    }
}

/// Something that happened in the world, told for people.
package struct Telling: Sendable, Equatable {
    package var at: Instant
    package var track: TrackID?
    package var text: String
}

/// An effect that reached the world.
package struct PerformedEffect: Sendable, Equatable {
    package var at: Instant
    package var key: String
    package var action: String
    package var track: TrackID
    package var attempt: Int
}

/// The scripted world as a script sees and changes it at a moment.
package struct Scene<Beat: Sendable>: Sendable {
    private struct Fact {
        var value: JSON
        var about: String?
        var observedAt: Instant?
    }

    private struct Cue {
        var at: Instant
        var order: Int
        var beat: Beat
    }

    /// What the conductor is told of, or asked for, since somebody last looked.
    package struct News: Sendable {
        /// Places whose backends called: a call only wakes, it carries no data.
        package var woken: [Place] = []
        package var said: [Utterance] = []
        package var told: [Telling] = []

        package var isEmpty: Bool { woken.isEmpty && said.isEmpty && told.isEmpty }
    }

    package private(set) var now: Instant
    /// Every effect that reached the world, in order.
    package private(set) var effects: [PerformedEffect] = []
    private var facts: [Place: [String: Fact]] = [:]
    private var outages: [String: (failure: PollFailure, message: String)] = [:]
    private var cues: [Cue] = []
    private var order = 0
    private var news = News()

    init(at start: Instant) { now = start }

    // MARK: Time

    /// Has a beat played at `instant`, or now if that is past.
    package mutating func at(_ instant: Instant, _ beat: Beat) {
        order += 1
        let cue = Cue(at: max(instant, now), order: order, beat: beat)
        let place = cues.firstIndex { ($0.at, $0.order) > (cue.at, cue.order) } ?? cues.endIndex
        cues.insert(cue, at: place)
    }

    /// Has a beat played after `span`.
    package mutating func after(_ span: Span, _ beat: Beat) { at(now + span, beat) }

    /// When the next beat is due.
    var nextCue: Instant? { cues.first?.at }

    /// The next beat that is due by `instant`; the scene's time is then that beat's.
    mutating func takeCue(by instant: Instant) -> Beat? {
        guard let cue = cues.first, cue.at <= instant else {
            now = max(now, instant)
            return nil
        }
        cues.removeFirst()
        now = max(now, cue.at)
        return cue.beat
    }

    // MARK: Facts

    /// Sets facts of a place; null takes one away.
    ///
    /// `about` is what they are about, where they have a subject; `observedAt` the backend's own
    /// time of them, where it says one. A backend that does not call (`wakes`) waits to be asked.
    package mutating func set(
        _ place: Place,
        _ values: [String: JSON],
        about: String? = nil,
        observedAt: Instant? = nil,
        wakes: Bool = true
    ) {
        for (name, value) in values {
            facts[place, default: [:]][name] =
                value == .null ? nil : Fact(value: value, about: about, observedAt: observedAt)
        }
        if wakes, !news.woken.contains(place) { news.woken.append(place) }
    }

    /// From now on every poll of a source fails.
    package mutating func fail(_ source: String, _ failure: PollFailure, _ message: String) {
        outages[source] = (failure, message)
    }

    /// The source answers again.
    package mutating func restore(_ source: String) { outages[source] = nil }

    /// What the place's backend answers now: its facts, or why there are none.
    func answer(at place: Place) -> Result<Observation, Outage> {
        if let outage = outages[place.source] {
            return .failure(Outage(failure: outage.failure, message: outage.message))
        }
        var observation = Observation()
        for (name, fact) in facts[place] ?? [:] {
            observation.facts[name] = ObservedFact(fact.value, about: fact.about)
            observation.observedAt[name] = fact.observedAt
        }
        return .success(observation)
    }

    /// What a backend knows of a place by itself, whoever asks.
    func value(_ place: Place, _ name: String) -> JSON? { facts[place]?[name]?.value }

    /// What a fact is about.
    func about(_ place: Place, _ name: String) -> String? { facts[place]?[name]?.about }

    /// The time that a fact is of.
    func time(_ place: Place, _ name: String) -> Instant? { facts[place]?[name]?.observedAt }

    /// Whether a source's backend is down.
    func isDown(_ source: String) -> Bool { outages[source] != nil }

    struct Outage: Error {
        var failure: PollFailure
        var message: String
    }

    // MARK: People

    /// A person asks the conductor for something.
    package mutating func say(
        _ actor: String,
        _ request: Command.Request,
        at scope: Scope,
        reason: String? = nil
    ) {
        news.said.append(
            Utterance(actor: actor, scope: scope, request: request, reason: reason)
        )
    }

    /// Tells what happened.
    package mutating func tell(_ track: TrackID?, _ text: String) {
        news.told.append(Telling(at: now, track: track, text: text))
    }

    mutating func takeNews() -> News {
        defer { news = News() }
        return news
    }

    // MARK: Effects

    /// An effect that reached the world over a vendor's interface.
    mutating func note(_ action: String, _ track: TrackID) {
        effects.append(
            PerformedEffect(
                at: now,
                key: "effect-\(effects.count + 1)",
                action: action,
                track: track,
                attempt: 1
            )
        )
    }

    mutating func note(_ intent: Intent, attempt: Int) {
        effects.append(
            PerformedEffect(
                at: now,
                key: intent.key,
                action: intent.action,
                track: intent.track,
                attempt: attempt
            )
        )
    }
}
