internal import ConductorCore

extension Loader {
    /// Finds names within the configuration that mean nothing, or two things.
    mutating func checkNames() {
        var seen: [String: Word] = [:]
        var apps: [ConfigurationDocument.AppText] = []
        for app in configuration.apps {
            if seen.updateValue(app.name, forKey: app.name.text) != nil {
                collector.add(
                    .duplicateName,
                    at: app.name.place,
                    in: app.source,
                    "there is an app '\(app.name.text)' already"
                )
                brokenFiles.insert(app.source.file)
                continue
            }
            apps.append(app)
            checkTargets(
                app.sources,
                of: app,
                among: configuration.sources.map(\.name.text),
                .unknownSource,
                "source"
            )
            checkTargets(
                app.actions,
                of: app,
                among: configuration.actions.map(\.name.text),
                .unknownAction,
                "action"
            )
            checkRoles(of: app)
        }
        configuration.apps = apps
    }

    mutating func checkTargets(
        _ bindings: [ConfigurationDocument.Binding],
        of app: ConfigurationDocument.AppText,
        among names: [String],
        _ code: FaultCode,
        _ what: String
    ) {
        for binding in bindings {
            let targets = [binding.all].compactMap(\.self) + binding.byPlatform.map(\.target)
            for target in targets where !names.contains(target.text) {
                collector.add(
                    code,
                    at: target.place,
                    in: app.source,
                    "there is no \(what) '\(target.text)'",
                    suggestion: Suggestion.nearest(to: target.text, among: names)
                )
                brokenFiles.insert(app.source.file)
            }
        }
    }

    /// A role may not have the name of another source that the app reads under its own name.
    mutating func checkRoles(of app: ConfigurationDocument.AppText) {
        let bound = Set(
            app.sources.flatMap { [$0.all].compactMap(\.self) + $0.byPlatform.map(\.target) }
                .map(\.text)
        )
        for binding in app.sources {
            let role = binding.name.text
            guard configuration.sources.contains(where: { $0.name.text == role }),
                !bound.contains(role)
            else { continue }
            collector.add(
                .factTwice,
                at: binding.name.place,
                in: app.source,
                "the role '\(role)' hides the source '\(role)', which the app would read too;"
                    + " rename one of them"
            )
            brokenFiles.insert(app.source.file)
        }
    }
}
