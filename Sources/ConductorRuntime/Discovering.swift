import ConductorCore
import ConductorPorts

// Asking backends which versions there are. What is new is registered, and is in no stage yet.

extension Engine {
    /// One source that is asked for the versions of one app on one platform.
    package struct DiscoveryTarget: Sendable, Hashable {
        package var app: String
        package var platform: String
        package var source: String

        var place: String { "\(app)/\(platform)" }
    }

    /// Who is asked, in a fixed order.
    package nonisolated var discoveryTargets: [DiscoveryTarget] {
        settings.deployment.apps.flatMap { app in
            app.platforms.flatMap { platform in
                (app.discovery[platform] ?? []).map {
                    DiscoveryTarget(app: app.name, platform: platform, source: $0)
                }
            }
        }
    }

    /// Asks one source once, and registers what is new.
    package func discover(_ target: DiscoveryTarget) async {
        guard let definition = settings.deployment.source(target.source),
            let source = adapters.sources[target.source] as? any VersionLister
        else { return }
        let request = ObservationRequest(
            scope: .app(target.app),
            variables: ["app": target.app, "platform": target.platform]
        )
        let late = VersionAnswer.failed(
            .timedOut,
            message: "no answer within \(definition.timeout)"
        )
        let answer = await within(definition.timeout, on: clock, otherwise: late) {
            await source.versions(request)
        }
        if Task.isCancelled { return }
        switch answer {
        case .failed(let failure, let message):
            observe(
                .polled(
                    source: target.source,
                    scope: .app(target.app),
                    failure: failure,
                    message: message
                )
            )
        case .listed(let versions): register(versions, of: target)
        }
        await news.raise()
    }

    /// Looks again and again, at the source's own interval.
    func discoverForever(_ target: DiscoveryTarget) async {
        guard let definition = settings.deployment.source(target.source) else { return }
        let pause = Signal()
        while !Task.isCancelled {
            await discover(target)
            await pause.wait(atMost: definition.every, on: clock)
        }
    }

    /// The first listing of a source is where it begins: nothing of it is news.
    private func register(_ listed: [String], of target: DiscoveryTarget) {
        guard !world.low, let machine = settings.machines[target.place] else { return }
        let at = now()
        let baselines = world.baselines[target.place] ?? [:]
        guard baselines[target.source] != nil else {
            let event = Entry.Upkeep.Event.baseline(
                place: target.place,
                source: target.source,
                version: Discovery.baseline(of: listed)
            )
            _ = tryWrite([.upkeep(.init(at: at, event: event))])
            return
        }
        let discovery = Discovery(
            app: target.app,
            platform: target.platform,
            baselines: Array(baselines.values)
        )
        let tracks = discovery.news(in: listed) { world.states[$0] != nil }
        guard !tracks.isEmpty else { return }
        let entries = tracks.map { track in
            Entry.discovery(
                .init(at: at, track: track, machine: machine.digest, by: target.source)
            )
        }
        guard tryWrite(entries) else { return }
        for track in tracks { observe(.discovered(track, by: target.source)) }
    }
}
