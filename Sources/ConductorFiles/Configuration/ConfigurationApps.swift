internal import ConductorCore

extension ConfigurationReader {
    mutating func readClaims(_ node: YAMLNode) {
        for entry in entries(node, of: "'claims'") {
            guard let name = reader.name(entry.key, at: entry.keyPlace, of: "a claim"),
                var section = reader.section(
                    entry.value,
                    of: "claim '\(name.text)'",
                    at: name.place
                )
            else { continue }
            let limit = section.require("limit").flatMap {
                reader.integer($0, of: "'limit'", in: 1...10_000)
            }
            let per = section.require("per").flatMap {
                reader.choice($0, of: "'per'", as: ClaimLimit.Per.self)
            }
            let within = section.require("within").flatMap { reader.span($0, of: "'within'") }
            section.finish()
            document.claims.append(
                .init(
                    limit: ClaimLimit(
                        name: name.text,
                        limit: limit ?? 1,
                        per: per ?? .installation,
                        within: within ?? .zero
                    ),
                    place: name.place,
                    source: reader.source
                )
            )
        }
    }

    mutating func readApps(_ node: YAMLNode) {
        let entries = reader.entries(node, of: "'apps'") ?? []
        if entries.isEmpty, case .mapping = node.content {
            reader.report(.emptyList, at: node.place, "'apps' names nothing")
        }
        for entry in entries {
            guard let name = reader.name(entry.key, at: entry.keyPlace, of: "an app"),
                var section = reader.section(entry.value, of: "app '\(name.text)'", at: name.place)
            else { continue }
            var app = ConfigurationDocument.AppText(
                name: name,
                source: reader.source,
                machine: nil,
                platforms: [],
                shadow: false,
                sources: [],
                actions: [],
                parameters: []
            )
            if let node = section.take("machine"), let path = reader.text(node, of: "'machine'") {
                app.machine = Word(text: path, place: node.place)
            }
            if let node = section.require("platforms") {
                app.platforms = reader.names(node, of: "'platforms'") ?? []
                if case .sequence(let nodes) = node.content, nodes.isEmpty {
                    reader.report(.emptyList, at: node.place, "'platforms' names nothing")
                }
            }
            if let node = section.take("shadow") {
                app.shadow = reader.flag(node, of: "'shadow'") ?? false
            }
            if let node = section.take("priority") {
                app.priority = reader.integer(node, of: "'priority'", in: -1000...1000) ?? 0
            }
            if let node = section.take("discover") {
                app.discover = reader.names(node, of: "'discover'", single: true) ?? []
            }
            let platforms = app.platforms.map(\.text)
            if let node = section.take("sources") {
                app.sources = bindings(node, of: "'sources'", .identifier, platforms)
            }
            if let node = section.take("actions") {
                app.actions = bindings(node, of: "'actions'", .dotted, platforms)
            }
            if let node = section.take("parameters") { app.parameters = parameters(node) }
            section.finish()
            document.apps.append(app)
        }
    }

    private func parameters(_ node: YAMLNode) -> [RulesDocument.Parameter] {
        entries(node, of: "'parameters'").compactMap { entry in
            reader.name(entry.key, at: entry.keyPlace, of: "a parameter", .identifier).map {
                .init(name: $0, value: entry.value.json)
            }
        }
    }

    private func bindings(
        _ node: YAMLNode,
        of what: String,
        _ shape: FileReader.NameShape,
        _ platforms: [String]
    ) -> [ConfigurationDocument.Binding] {
        var bindings: [ConfigurationDocument.Binding] = []
        for entry in entries(node, of: what) {
            let name = reader.name(entry.key, at: entry.keyPlace, of: "a name in \(what)", shape)
            guard let name, shape != .identifier || isFree(name) else { continue }
            var binding = ConfigurationDocument.Binding(name: name, byPlatform: [])
            if case .mapping(let entries) = entry.value.content {
                for entry in entries {
                    guard
                        let platform = reader.name(
                            entry.key,
                            at: entry.keyPlace,
                            of: "a platform"
                        ),
                        let target = reader.name(entry.value, of: "a name in \(what)", .dotted)
                    else { continue }
                    if platforms.contains(platform.text) {
                        binding.byPlatform.append((platform, target))
                    } else {
                        reader.report(
                            .unknownPlatform,
                            at: platform.place,
                            "the app has no platform '\(platform.text)'",
                            suggestion: Suggestion.nearest(to: platform.text, among: platforms)
                        )
                    }
                }
            } else {
                binding.all = reader.name(entry.value, of: "a name in \(what)", .dotted)
            }
            bindings.append(binding)
        }
        return bindings
    }
}
