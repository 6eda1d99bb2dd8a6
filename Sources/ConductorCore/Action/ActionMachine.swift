// How one action goes from decided to done. Pure: every step is a function of what was heard and
// the moment; the dispatcher only performs.

extension IntentProgress {
    /// Whether a new attempt is due.
    func isAboutToStart(at now: Stamp) -> Bool {
        switch status {
        case .pending: true
        case .backoff(let until, _): now.elapsed >= until
        case .sent, .quiet, .probing, .probeAgain, .done, .failed, .inDoubt, .abandoned: false
        }
    }

    /// The attempt that is decided on and not answered.
    var openAttempt: World.AttemptID? {
        guard case .sent = status else { return nil }
        return World.AttemptID(
            track: intent.track,
            key: intent.key,
            purpose: .perform,
            number: attempts
        )
    }

    /// Takes back an attempt that was decided on and never sent.
    mutating func recall() {
        guard case .sent = status else { return }
        attempts -= 1
        if attempts == 0 { firstTry = nil }
        status = .pending
    }

    /// Starts what is due.
    ///
    /// Returns whether anything changed.
    ///
    /// `mayStart`: false while a hold or STOP keeps new attempts from starting; probes go on.
    mutating func advance(at now: Stamp, mayStart: Bool) -> Bool {
        switch status {
        case .pending:
            guard mayStart else { return false }
            begin(at: now)
        case .backoff(let until, _):
            guard mayStart, now.elapsed >= until else { return false }
            begin(at: now)
        case .quiet(let until, _):
            guard now.elapsed >= until else { return false }
            status = .probing(number: 1, absences: 0)
        case .probeAgain(let at, let number, let absences):
            guard now.elapsed >= at else { return false }
            status = .probing(number: number + 1, absences: absences)
        case .sent, .probing, .done, .failed, .inDoubt, .abandoned:
            return false
        }
        return true
    }

    private mutating func begin(at now: Stamp) {
        attempts += 1
        // Kept where it is asked for: `give_up_after` counts from it.
        if intent.policy.giveUpAfter != nil { firstTry = firstTry ?? now.elapsed }
        status = .sent(since: now)
    }

    /// Takes in how an attempt ended.
    ///
    /// Answers to attempts that are not open are ignored.
    ///
    /// `begun`: when it was sent; nil when only the decision's moment is known.
    mutating func performed(
        _ outcome: ActionOutcome,
        attempt: Int,
        begun: Stamp?,
        at now: Stamp
    ) -> Bool {
        guard case .sent(let decided) = status, attempt == attempts else { return false }
        let since = begun ?? decided
        switch outcome {
        case .done(let evidence), .alreadyDone(let evidence):
            status = .done(evidence: evidence)
        case .rejected(let reason, let remedy):
            status = .failed(reason: reason, remedy: remedy)
        case .retryable(let reason, let after):
            tryAgain(at: now, after: after, reason: reason)
        case .unknown(let reason):
            inDoubt(since: since, at: now, reason: reason)
        }
        return true
    }

    private mutating func inDoubt(since: Stamp, at now: Stamp, reason: String) {
        // A brake may be repeated blindly: the second one changes nothing, a missing one costs. So
        // the first doubt is answered at once; only further ones give the store time.
        if intent.direction == .brakes {
            if attempts == 1 {
                status = .backoff(until: now.elapsed, reason: reason)
            } else {
                tryAgain(at: now, after: nil, reason: reason)
            }
            return
        }
        #if CONDUCTOR_PLANTED_BUGS
            if PlantedBug.probeSkipped.isPlanted {
                return tryAgain(at: now, after: nil, reason: reason)
            }
            if PlantedBug.atMostOnceRepeated.isPlanted, intent.actionClass == .atMostOnce {
                return tryAgain(at: now, after: nil, reason: reason)
            }
            if PlantedBug.quietPeriodSkipped.isPlanted, intent.actionClass.isProbed {
                status = .quiet(until: now.elapsed, reason: reason)
                return
            }
        #endif
        switch intent.actionClass {
        case .setToValue, .createOnce, .appendWithMarker:
            let until =
                since.elapsed + intent.policy.deadline.milliseconds
                + intent.policy.settle.milliseconds
            status = .quiet(until: max(until, now.elapsed), reason: reason)
        case .atMostOnce:
            status = .inDoubt(reason: reason)
        case .atLeastOnce:
            tryAgain(at: now, after: nil, reason: reason)
        }
    }

    private mutating func tryAgain(at now: Stamp, after: Span?, reason: String) {
        // A brake is never given up.
        guard attempts < intent.policy.maxTries || intent.direction == .brakes else {
            status = .failed(
                reason: "\(Self.gaveUp) \(attempts) tries: \(reason)",
                remedy: nil
            )
            return
        }
        let doublings = Int64(min(max(attempts, 1) - 1, 6))
        let base = intent.policy.backoff * (1 << doublings)
        let seed = Jitter.hash("\(intent.key)/\(attempts)")
        let jitter = Span(milliseconds: Int64(seed % UInt64(max(1, base.milliseconds / 4 + 1))))
        // A backend does not put a release off for ever.
        let pause = max(base + jitter, min(after ?? .zero, Limits.longestPause))
        let next = now.advanced(by: pause).elapsed
        if let total = intent.policy.giveUpAfter, intent.direction != .brakes,
            next > (firstTry ?? now.elapsed).saturatingAdd(total.milliseconds)
        {
            status = .failed(
                reason: "\(Self.gaveUp) \(attempts) tries, as the next would come later than"
                    + " \(total) after the first: \(reason)",
                remedy: nil
            )
            return
        }
        status = .backoff(until: next, reason: reason)
    }

    /// How the reason begins when tries or their time ran out.
    private static let gaveUp = "gave up after"

    /// Whether it failed for want of further tries, not by a refusal.
    var hasGivenUp: Bool {
        if case .failed(let reason, _) = status { reason.hasPrefix(Self.gaveUp) } else { false }
    }

    /// Whether its time was over before it began, or before it was to be tried again.
    func isExpired(at now: Stamp) -> Bool {
        guard let expires = intent.expires, intent.direction != .brakes else { return false }
        switch status {
        case .pending, .backoff: return now.elapsed >= expires
        case .sent, .quiet, .probing, .probeAgain, .done, .failed, .inDoubt, .abandoned:
            return false
        }
    }

    /// When it expires, unless it begins before.
    var expiryAhead: Int64? {
        switch status {
        case .pending, .backoff: intent.direction == .brakes ? nil : intent.expires
        case .sent, .quiet, .probing, .probeAgain, .done, .failed, .inDoubt, .abandoned: nil
        }
    }

    /// Whether it is of the kind of which only the newest is sent, and the same as another one.
    func isSameMessage(as other: IntentProgress) -> Bool {
        intent.policy.latestWins == true && other.intent.policy.latestWins == true
            && intent.action == other.intent.action && intent.scope == other.intent.scope
    }

    /// When an attempt without any answer is in doubt: its effect can have arrived by then.
    var silentUntil: Int64? {
        guard case .sent(let since) = status else { return nil }
        return since.elapsed.saturatingAdd(intent.policy.deadline.milliseconds)
            .saturatingAdd(intent.policy.settle.milliseconds)
    }

    /// Takes an attempt that was never answered as unknown.
    mutating func giveUpWaiting(at now: Stamp) {
        guard let until = silentUntil, now.elapsed >= until else { return }
        _ = performed(
            .unknown(reason: "no answer"),
            attempt: attempts,
            begun: nil,
            at: now
        )
    }

    /// Takes in what a probe found.
    ///
    /// An effect counts as absent only when two probes, apart, say so.
    mutating func probed(_ answer: ProbeAnswer, number asked: Int, at now: Stamp) -> Bool {
        guard case .probing(let number, let absences) = status, number == asked else {
            return false
        }
        switch answer {
        case .present(let evidence):
            status = .done(evidence: evidence)
        #if CONDUCTOR_PLANTED_BUGS
            case .absent where PlantedBug.oneAbsenceIsEnough.isPlanted:
                tryAgain(at: now, after: nil, reason: "one probe found no effect")
        #endif
        case .absent where absences >= 1:
            tryAgain(at: now, after: nil, reason: "two probes found no effect")
        case .absent:
            let pause = max(intent.policy.settle, .seconds(1))
            status = .probeAgain(
                at: now.advanced(by: pause).elapsed,
                number: number,
                absences: absences + 1
            )
        case .ambiguous(let reason):
            status = .inDoubt(reason: reason)
        case .unavailable:
            let doublings = Int64(min(number - 1, 6))
            let pause = intent.policy.backoff * (1 << doublings)
            status = .probeAgain(
                at: now.advanced(by: pause).elapsed,
                number: number,
                absences: absences
            )
        }
        return true
    }

    /// Takes in an answer, if it is to this action's open attempt or probe.
    mutating func take(_ record: Entry.OutcomeRecord, begun: Stamp?, at now: Stamp) -> Bool {
        guard intent.key == record.key else { return false }
        switch record.answer {
        case .performed(let outcome):
            return performed(outcome, attempt: record.number, begun: begun, at: now)
        case .probed(let answer): return probed(answer, number: record.number, at: now)
        }
    }

    /// Whether a person's testimony can settle it: its fate is looked for, or nobody knows it.
    var isUnsettled: Bool {
        switch status {
        case .quiet, .probing, .probeAgain, .inDoubt: true
        case .pending, .sent, .backoff, .done, .failed, .abandoned: false
        }
    }

    /// A person's testimony.
    mutating func testify(done: Bool, actor: String) {
        status = done ? .done(evidence: "testified by \(actor)") : .pending
    }

    /// The work that is outstanding for the dispatcher.
    package var effect: Effect? {
        switch status {
        case .sent: .perform(intent, attempt: attempts)
        case .probing(let number, _): .probe(intent, number: number)
        case .pending, .backoff, .quiet, .probeAgain, .done, .failed, .inDoubt, .abandoned: nil
        }
    }

    /// When it must be looked at again, on the elapsed clock.
    var wakeAt: Int64? {
        switch status {
        case .backoff(let until, _), .quiet(let until, _), .probeAgain(let until, _, _): until
        case .pending, .sent, .probing, .done, .failed, .inDoubt, .abandoned: nil
        }
    }

    /// Whether an attempt may have reached the backend.
    var mayHaveLanded: Bool {
        switch status {
        case .sent, .quiet, .probing, .probeAgain, .done, .inDoubt: true
        // What cannot be probed is tried again without knowing what became of the last attempt.
        case .backoff, .failed: intent.actionClass == .atLeastOnce
        case .pending, .abandoned: false
        }
    }
}

/// Spread that is the same on every machine and in every replay: FNV-1a of the key.
enum Jitter {
    static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 {
            hash ^= UInt64(byte)
            hash = hash &* 0x0000_0100_0000_01b3
        }
        return hash
    }
}
