internal import CEL
internal import ConductorCore

extension Loader {
    /// Warns of what is declared and never used.
    func reportUnused(_ use: MachineBinder.Use, _ reader: FileReader) {
        for source in configuration.sources where !use.sources.contains(source.name.text) {
            reader.report(
                .unusedSource,
                at: source.name.place,
                "no rule reads a fact of '\(source.name.text)', and it is asked all the same"
            )
        }
        for action in configuration.actions where !use.actions.contains(action.name.text) {
            reader.report(
                .unusedAction,
                at: action.name.place,
                "no rule names the action '\(action.name.text)'"
            )
        }
        let claimed = Set(
            documents.values.compactMap(\.self).flatMap { $0.transitions.flatMap(\.claims) }
                .map(\.text)
        )
        for claim in configuration.claims where !claimed.contains(claim.limit.name) {
            reader.report(
                .unusedClaim,
                at: claim.place,
                "no rule takes the claim '\(claim.limit.name)'"
            )
        }
        reportUnusedCalendars(reader)
    }

    func reportUnusedCalendars(_ reader: FileReader) {
        let used = Set(
            documents.values.compactMap(\.self).flatMap { $0.transitions.flatMap(\.within) }
                .map(\.text)
        )
        for calendar in configuration.calendars where !used.contains(calendar.name.text) {
            reader.report(
                .unusedCalendar,
                at: calendar.name.place,
                "no rule waits for the calendar '\(calendar.name.text)'"
            )
        }
    }

    // MARK: The result

    func finish(
        _ bound: [BoundApp],
        broken: Set<String>,
        zones: [String: ZoneRules.Zone],
        mainFile: String?,
        previous: Deployment?
    ) -> RuleFiles.Loaded {
        let faults = collector.sorted
        var loaded = RuleFiles.Loaded(
            deployment: nil,
            faults: faults,
            keptApps: [],
            contents: contents
        )
        var deployment = Deployment(
            sources: configuration.sources.compactMap(\.definition),
            actions: configuration.actions.compactMap(\.definition),
            claims: configuration.claims.map(\.limit),
            calendars: configuration.calendars.compactMap(\.calendar)
                .sorted { $0.name.precedes($1.name) },
            zones: zones.values.sorted { $0.name.precedes($1.name) },
            tick: configuration.tick,
            http: configuration.http
        )
        let definitions = bound.map(\.definition)
        if !loaded.hasErrors {
            deployment.apps = definitions.sorted { $0.name.precedes($1.name) }
            loaded.deployment = deployment
            return loaded
        }
        // Only what is confined to an app may leave the others going.
        guard let previous, let mainFile, !faults.contains(where: { isShared($0, mainFile) }) else {
            return loaded
        }
        let sound = definitions.filter { !broken.contains($0.name) }
        let names = Set(sound.map(\.name))
        let kept = previous.apps.filter { app in
            !names.contains(app.name)
                && (broken.contains(app.name) || !configuration.unreadable.isEmpty)
        }
        guard kept.allSatisfy({ $0.stands(on: deployment) }) else { return loaded }
        deployment.apps = (sound + kept).sorted { $0.name.precedes($1.name) }
        // Those that are kept name zones that were looked up before.
        deployment.zones = zones.merging(previous.zones.map { ($0.name, $0) }) { new, _ in new }
            .values.sorted { $0.name.precedes($1.name) }
        loaded.deployment = deployment
        loaded.keptApps = kept.map(\.name).sorted { $0.precedes($1) }
        return loaded
    }

    /// Whether an error lies in the main configuration, which everybody shares.
    func isShared(_ fault: Fault, _ mainFile: String) -> Bool {
        fault.severity == .error && fault.file == mainFile && fault.code != .badInclude
    }
}

extension AppDefinition {
    /// Whether all that the app's machines name is still there.
    fileprivate func stands(on deployment: Deployment) -> Bool {
        machines.values.allSatisfy { machine in
            machine.facts.allSatisfy { deployment.source($0.source) != nil }
                && machine.actions.allSatisfy { deployment.action($0.name)?.declaration == $0 }
        }
    }
}
