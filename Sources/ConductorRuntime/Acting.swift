package import ConductorCore
import ConductorPorts

// Carrying out what was decided: never before it is written, never twice.

extension Engine {
    /// Effects that can start now: not under way, and alone in their lane.
    ///
    /// Brakes come first.
    package func takeStartable() -> [Effect] {
        let all = outstanding.values.flatMap { $0 }.sorted { left, right in
            let leftBrakes = left.intent.direction == .brakes
            let rightBrakes = right.intent.direction == .brakes
            if leftBrakes != rightBrakes { return leftBrakes }
            return left.intent.key.precedes(right.intent.key)
        }
        var started: [Effect] = []
        for effect in all {
            let id = effect.id
            guard !running.contains(id), !busyLanes.contains(effect.intent.lane),
                !isStopped(effect)
            else { continue }
            running.insert(id)
            busyLanes.insert(effect.intent.lane)
            started.append(effect)
        }
        return started
    }

    var isActing: Bool { !running.isEmpty }

    /// Carries out one effect: the attempt is written before anything is sent, the outcome after.
    ///
    /// Returns whether there is an outcome.
    package func carryOut(_ effect: Effect) async -> Bool {
        let id = effect.id
        guard isStillWanted(effect), !isStopped(effect) else {
            release(effect)
            return false
        }
        let intent = effect.intent
        let attempt = Entry.AttemptRecord(
            at: now(),
            key: intent.key,
            track: intent.track,
            purpose: id.purpose,
            number: id.number
        )
        let isRecorded: Bool
        if let evidence = sharedEvidence(of: effect) {
            isRecorded = finish(effect, attempt, .shared(evidence))
        } else if let other = sharedDoubt(over: effect) {
            isRecorded = finish(effect, attempt, .sharedDoubt(other))
        } else if let adapter = adapters.action(for: intent) {
            guard tryWrite([.attempt(attempt)]) else {
                release(effect)
                return false
            }
            isRecorded = finish(effect, nil, await ask(adapter, effect))
        } else {
            isRecorded = finish(effect, attempt, .missingAdapter(intent))
        }
        // An effect whose outcome could not be written stays under way: it is never begun again.
        if isRecorded { release(effect) }
        await news.raise()
        return isRecorded
    }

    private func release(_ effect: Effect) {
        running.remove(effect.id)
        busyLanes.remove(effect.intent.lane)
    }

    /// Writes the outcomes that a failing journal has refused so far.
    func writeLateOutcomes() throws {
        while let late = unwritten.first {
            try write(late.entries)
            unwritten.removeFirst()
            outstanding[late.effect.intent.track]?.removeAll { $0.id == late.effect.id }
            release(late.effect)
        }
    }

    /// The evidence that another track has had this very thing done.
    ///
    /// A brake, and a value that can have moved since, are set again.
    private func sharedEvidence(of effect: Effect) -> String? {
        let intent = effect.intent
        guard intent.direction != .brakes, intent.actionClass != .setToValue else { return nil }
        return world.sharedEffects[intent.key]
    }

    /// The track that is in doubt over this very thing: then it is not sent blindly by another one.
    private func sharedDoubt(over effect: Effect) -> TrackID? {
        guard case .perform(let intent, _) = effect, intent.direction != .brakes,
            let other = world.sharedDoubts[intent.key], other != intent.track
        else { return nil }
        return other
    }

    private func ask(_ adapter: any ActionAdapter, _ effect: Effect) async -> Answer {
        let deadline = effect.intent.policy.deadline
        // Behind the attempt's row: whoever has this head can find that row, and check all before.
        let head = journal.headHash
        switch effect {
        case .perform(let intent, let attempt):
            observe(.performing(intent, attempt: attempt))
            let late = ActionOutcome.unknown(reason: "no answer within \(deadline)")
            let outcome = await within(deadline, on: clock, otherwise: late) {
                await adapter.perform(intent.published(with: head), attempt: attempt)
            }
            return .performed(outcome)
        case .probe(let intent, _):
            let late = ProbeAnswer.unavailable(reason: "no answer within \(deadline)")
            let answer = await within(deadline, on: clock, otherwise: late) {
                await adapter.probe(intent)
            }
            return .probed(answer)
        }
    }

    /// How an effect ended.
    private enum Answer {
        case performed(ActionOutcome)
        case probed(ProbeAnswer)
        /// Another track of the same scope has had it done.
        case shared(String)
        /// Another track of the same scope does not know whether it is done.
        case sharedDoubt(TrackID)
        case missingAdapter(Intent)
    }

    private func finish(
        _ effect: Effect,
        _ attempt: Entry.AttemptRecord?,
        _ answer: Answer
    ) -> Bool {
        let id = effect.id
        let recorded: Entry.OutcomeRecord.Answer
        switch (answer, effect) {
        case (.performed(let outcome), _):
            recorded = .performed(outcome)
        case (.probed(let found), _):
            recorded = .probed(found)
        case (.shared(let evidence), .perform):
            recorded = .performed(.alreadyDone(evidence: evidence))
        case (.shared(let evidence), .probe):
            recorded = .probed(.present(evidence: evidence))
        case (.sharedDoubt(let other), .perform):
            recorded = .performed(.unknown(reason: "in doubt at \(other), which shares it"))
        case (.sharedDoubt(let other), .probe):
            recorded = .probed(.unavailable(reason: "in doubt at \(other), which shares it"))
        case (.missingAdapter(let intent), .perform):
            recorded = .performed(
                .rejected(
                    reason: "conductor.yaml has no action '\(intent.action)' any more",
                    remedy: "declare it again, then retry"
                )
            )
        case (.missingAdapter(let intent), .probe):
            recorded = .probed(
                .unavailable(reason: "conductor.yaml has no action '\(intent.action)' any more")
            )
        }
        let outcome = Entry.OutcomeRecord(
            at: now(),
            key: id.key,
            track: id.track,
            number: id.number,
            answer: recorded
        )
        // The outcome must not be lost: while the journal cannot be written it is kept here, and
        // should the process end before, a restart treats the attempt as unknown.
        let entries: [Entry] = (attempt.map { [.attempt($0)] } ?? []) + [.outcome(outcome)]
        guard tryWrite(entries) else {
            unwritten.append((effect, entries))
            return false
        }
        outstanding[id.track]?.removeAll { $0.id == id }
        switch recorded {
        case .performed(let outcome):
            observe(.performed(effect.intent, attempt: id.number, outcome))
        case .probed(let found): observe(.probed(effect.intent, found))
        }
        return true
    }

    private func isStillWanted(_ effect: Effect) -> Bool {
        outstanding[effect.intent.track]?.contains { $0.id == effect.id } ?? false
    }

    /// STOP works when the daemon answers nobody: the file is looked at before every perform.
    private func isStopped(_ effect: Effect) -> Bool {
        guard case .perform(let intent, _) = effect else { return false }
        if isShadowed(intent.track.app) { return true }
        guard intent.blocking || intent.direction != .neutral else { return false }
        return world.fleet.stop != nil || settings.stopFileExists()
    }

    private func isShadowed(_ app: String) -> Bool {
        settings.shadow || settings.deployment.app(app)?.shadow == true
            || settings.shadowedBefore.contains(app)
    }
}

extension Effect {
    /// The intent that it serves.
    package var intent: Intent {
        switch self {
        case .perform(let intent, _), .probe(let intent, _): intent
        }
    }

    var id: World.AttemptID {
        switch self {
        case .perform(let intent, let attempt):
            World.AttemptID(
                track: intent.track,
                key: intent.key,
                purpose: .perform,
                number: attempt
            )
        case .probe(let intent, let number):
            World.AttemptID(track: intent.track, key: intent.key, purpose: .probe, number: number)
        }
    }
}
