package import ConductorCore
import ConductorPorts

// What people ask.

extension Engine {
    /// Takes a command in: writes it, decides at once, and returns the answer.
    ///
    /// - Throws: when the journal cannot be written.
    package func submit(_ command: Command) async throws -> CommandReply {
        #if CONDUCTOR_PLANTED_BUGS
            let isTakenAgain = PlantedBug.clickTakenTwice.isPlanted
        #else
            let isTakenAgain = false
        #endif
        if !isTakenAgain, let known = world.commands[command.id] {
            return known
                ?? CommandReply(id: command.id, accepted: true, message: "taken in already")
        }
        if let refusal = refusalOnFullDisk(command) ?? refusal(of: command) {
            return CommandReply(id: command.id, accepted: false, message: refusal)
        }
        let at = now()
        var entries: [Entry] = []
        if let registration = registration(by: command, at: at) { entries.append(registration) }
        entries.append(.command(.init(at: at, command: command)))
        try write(entries)
        try round()
        await news.raise()
        let reply =
            (world.commands[command.id] ?? nil)
            ?? CommandReply(id: command.id, accepted: true, message: "taken in")
        observe(.command(command, reply))
        return reply
    }

    /// Whether a command of this id was taken in before.
    package func hasTaken(_ id: String) -> Bool { world.commands[id] != nil }

    /// The row that registers the track of a command; nil where there is none to register.
    private func registration(by command: Command, at: Stamp) -> Entry? {
        let (stage, since): (String?, Instant?)
        guard case .track(let track) = command.scope, world.states[track] == nil,
            let machine = settings.machines["\(track.app)/\(track.platform)"]
        else { return nil }
        switch command.request {
        case .add(let given, let moment): (stage, since) = (given ?? firstStage(of: track), moment)
        case .register: (stage, since) = (nil, nil)
        case .hold, .resume, .stop, .liftStop, .advance, .pause, .cancel, .retry, .abandon,
            .signoff, .resolve, .override, .approve, .rearm, .migrate:
            return nil
        }
        return .discovery(
            .init(
                at: at,
                track: track,
                machine: machine.digest,
                by: command.actor,
                stage: stage,
                since: since
            )
        )
    }

    private func firstStage(of track: TrackID) -> String? {
        settings.deployment.app(track.app)?.machines[track.platform]?.stages.first?.name
    }

    /// Why a command cannot even be taken in.
    private func refusal(of command: Command) -> String? {
        switch (command.request, command.scope) {
        case (.migrate(let digest), .track(let track)):
            guard world.live.contains(track) else { return "there is no live track at \(track)" }
            guard let newest = settings.machines["\(track.app)/\(track.platform)"] else {
                return
                    "the rules that are loaded have no machine for \(track.app)/\(track.platform)"
            }
            return newest.digest == digest
                ? nil : "the daemon runs other rules than those that were compared: start it again"
        case (.migrate, _):
            return "tracks migrate one by one"
        case (.register, .track(let track)):
            if world.states[track] != nil { return "\(track) is registered already" }
            return refusal(ofTrack: track)
        case (.add(let stage, let since), .track(let track)):
            if let known = world.states[track] {
                guard known.stage == nil else { return "\(track) is registered already" }
                if stage == nil { return "\(track) is registered, and not placed: say --at STAGE" }
            }
            if let since, since > clock.wall() { return "'--since' lies in the future" }
            if since != nil, stage == nil { return "'--since' goes with '--at STAGE'" }
            if let refusal = refusal(ofTrack: track) { return refusal }
            if let stage, let machine = machine(of: track), machine.stage(stage) == nil {
                return
                    "there is no stage '\(stage)'; there is \(machine.stages.map(\.name).joined(separator: ", "))"
            }
            return nil
        case (.add, _), (.register, _):
            return "a track is named app/platform/version"
        case (.hold, _), (.resume, _), (.stop, _), (.liftStop, _):
            return refusal(ofScope: command.scope, lifting: command.request == .resume)
        case (.advance, let scope), (.pause, let scope), (.cancel, let scope),
            (.retry, let scope), (.abandon, let scope), (.signoff, let scope),
            (.resolve, let scope), (.override, let scope), (.approve, let scope),
            (.rearm, let scope):
            return world.live.contains(where: scope.contains)
                ? nil : "there is no live track at \(scope)"
        }
    }

    /// The machine that a track is, or would be, pinned to.
    private func machine(of track: TrackID) -> Machine? {
        if let state = world.states[track] { return world.machines[state.machine]?.machine }
        return settings.deployment.app(track.app)?.machines[track.platform]
    }

    /// Why a track cannot be registered, whatever its version.
    private func refusal(ofTrack track: TrackID) -> String? {
        guard let app = settings.deployment.app(track.app) else {
            let apps = settings.deployment.apps.map(\.name).joined(separator: ", ")
            return "conductor.yaml has no app '\(track.app)'; it has \(apps)"
        }
        guard app.machines[track.platform] != nil else {
            return
                "\(track.app) has no platform '\(track.platform)'; it has \(app.platforms.joined(separator: ", "))"
        }
        return nil
    }

    /// Why nothing can be held or resumed at a scope.
    private func refusal(ofScope scope: Scope, lifting: Bool) -> String? {
        let isHeld = world.fleet.holds.contains { $0.scope == scope }
        if lifting, isHeld { return nil }
        switch scope {
        case .installation: break
        case .app(let app):
            guard settings.deployment.app(app) != nil || world.live.contains(where: scope.contains)
            else { return "there is no app '\(app)'" }
        case .release(let release):
            guard world.states.keys.contains(where: scope.contains) else {
                return "there is no track of \(release)"
            }
        case .track(let track):
            guard world.states[track] != nil else { return "there is no track \(track)" }
            return nil
        }
        return lifting && !world.live.contains(where: scope.contains)
            ? "nothing is held at \(scope)" : nil
    }
}
