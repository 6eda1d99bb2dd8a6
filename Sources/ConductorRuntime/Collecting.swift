package import ConductorCore
import ConductorPorts

// Asking backends, and recording what they say.

extension Engine {
    /// One source at one scope.
    package struct PollTarget: Sendable, Hashable {
        package var source: String
        package var scope: Scope

        package init(source: String, scope: Scope) {
            self.source = source
            self.scope = scope
        }
    }

    func target(of source: String, around track: TrackID) -> PollTarget? {
        guard let definition = settings.deployment.source(source), definition.people == nil else {
            return nil
        }
        return PollTarget(source: source, scope: Scope(definition.scope, around: track))
    }

    /// Every poll that live tracks need.
    package func targets() -> Set<PollTarget> {
        var targets: Set<PollTarget> = []
        for track in world.live {
            guard let state = world.states[track], let machine = world.machines[state.machine]
            else { continue }
            for source in machine.sources {
                if let target = target(of: source, around: track) { targets.insert(target) }
            }
        }
        return targets
    }

    package func takeWanted(_ target: PollTarget) -> Bool { wanted.remove(target) != nil }

    /// Polls one target, records what came, and wakes the decider.
    package func poll(_ target: PollTarget, bypassesCaches: Bool) async {
        guard let definition = settings.deployment.source(target.source),
            let source = adapters.sources[target.source]
        else { return }
        let begun = now()
        let request = ObservationRequest(
            scope: target.scope,
            variables: target.scope.variables,
            bypassesCaches: bypassesCaches
        )
        let late = PollAnswer.failed(.timedOut, message: "no answer within \(definition.timeout)")
        let answer = await within(definition.timeout, on: clock, otherwise: late) {
            await source.observe(request)
        }
        if Task.isCancelled { return }
        // Credit counts what validity intervals cover: what ran out before this answer came is
        // looked at first.
        if let wake = world.nextWake, wake < begun.elapsed {
            do { try round() } catch { return observe(.journalFailed("\(error)")) }
        }
        record(answer, of: target, begun: begun)
        await news.raise()
    }

    private func record(_ answer: PollAnswer, of target: PollTarget, begun: Stamp) {
        switch answer {
        case .observed(let observation):
            let body = observation.body
            let bytes = body.canonicalBytes
            guard bytes.count <= Limits.observationBytes,
                observation.facts.count <= Limits.factsPerObservation
            else {
                record(
                    .failed(.tooLarge, message: "\(bytes.count) bytes"),
                    of: target,
                    begun: begun
                )
                return
            }
            let digest = journal.digest(of: bytes)
            let poll = Entry.Poll(
                source: target.source,
                scope: target.scope,
                at: begun,
                result: .ok(body: digest, observedAt: observation.observedAt)
            )
            if holdBack(.poll(poll), bodies: [digest: body], of: target)
                || tryWrite([.poll(poll)], bodies: [digest: body])
            {
                observe(
                    .polled(
                        source: target.source,
                        scope: target.scope,
                        failure: nil,
                        message: nil
                    )
                )
            }
        case .failed(let failure, let message):
            let poll = Entry.Poll(
                source: target.source,
                scope: target.scope,
                at: begun,
                result: .failed(failure, message: message)
            )
            if holdBack(.poll(poll), bodies: [:], of: target) || tryWrite([.poll(poll)]) {
                observe(
                    .polled(
                        source: target.source,
                        scope: target.scope,
                        failure: failure,
                        message: message
                    )
                )
            }
        }
    }
}

extension Scope {
    /// Values for `${...}` in the settings of sources.
    var variables: [String: String] {
        switch self {
        case .installation: [:]
        case .app(let app): ["app": app]
        case .release(let release):
            ["app": release.app, "version": release.version, "release": release.description]
        case .track(let track):
            [
                "app": track.app, "platform": track.platform, "version": track.version,
                "release": track.release.description, "track": track.description,
            ]
        }
    }
}
