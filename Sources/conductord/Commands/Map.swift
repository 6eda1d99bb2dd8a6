import ArgumentParser
import ConductorCore
import ConductorFiles
import SourceAdapters

/// `conductord map`.
struct Map: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Draw the machine as it runs, as a Mermaid diagram or for Graphviz.",
        discussion: """
            Without --app and --platform, the machine of the first app's first platform.

            Examples:
              conductord map
              conductord map --app music --platform android
              conductord map --dot | dot -Tsvg > map.svg
            """
    )

    @Flag(help: "For Graphviz rather than Mermaid.")
    var dot = false

    @Option(help: "The app whose machine to draw.")
    var app: String?

    @Option(help: "The platform whose machine to draw.")
    var platform: String?

    @OptionGroup var places: PlaceOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let loaded = RuleFiles.load(
            rules: places.rules,
            config: places.config,
            catalog: StandardAdapters(),
            zones: SystemZones.forCalendar
        )
        guard let deployment = loaded.deployment else {
            let report = CheckReport(faults: loaded.faults, summary: "")
            Output.complain(
                "the rules have errors\n" + report.text(on: Terminal.errors.page(now: nil))
            )
            throw Exit.no
        }
        let chosen = try choice(in: deployment)
        let text = dot ? DotMap(of: chosen.machine).text : MermaidMap(of: chosen.machine).text
        try Output.print(
            output,
            json: {
                [
                    "app": .string(chosen.app), "platform": .string(chosen.platform),
                    "format": dot ? "dot" : "mermaid", "text": .string(text),
                ]
            },
            text: { _ in String(text.hasSuffix("\n") ? text.dropLast() : text[...]) }
        )
    }

    private func choice(
        in deployment: Deployment
    ) throws -> (app: String, platform: String, machine: Machine) {
        let names = deployment.apps.map(\.name)
        guard let found = app.map({ deployment.app($0) }) ?? deployment.apps.first else {
            let hint = Nearest.hint(for: app ?? "", among: names)
            throw Cannot(
                app.map { "there is no app '\($0)'\(hint)" } ?? "the configuration names no app"
            )
        }
        let fitting = found.platforms.filter { platform == nil || $0 == platform }
        guard let name = fitting.first, let machine = found.machines[name] else {
            let hint = Nearest.hint(for: platform ?? "", among: found.platforms)
            throw Cannot("'\(found.name)' has no platform '\(platform ?? "")'\(hint)")
        }
        return (found.name, name, machine)
    }
}
