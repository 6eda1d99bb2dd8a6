import ArgumentParser
import ConductorCore
import ConductorFiles
import SourceAdapters

/// `conductord check`.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find everything that is wrong in the rule file and the configuration, at once.",
        discussion: """
            Needs no network. Ends with 1 when there are errors; warnings leave it at 0.

            Examples:
              conductord check
              conductord check --rules new-states.yaml --config conductor.yaml
              conductord check --json | jq -r '.faults[].code'
            """
    )

    @OptionGroup var places: PlaceOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let loaded = RuleFiles.load(
            rules: places.rules,
            config: places.config,
            catalog: StandardAdapters(),
            zones: SystemZones.forCalendar
        )
        let report = CheckReport(faults: loaded.faults, summary: Self.summary(loaded))
        try Output.print(output, json: { report.json }, text: report.text)
        if !report.isFine { throw Exit.no }
    }

    private static func summary(_ loaded: RuleFiles.Loaded) -> String {
        guard let deployment = loaded.deployment else { return "Nothing to run" }
        let machines = deployment.apps.flatMap { app in
            app.platforms.map { "\(app.name)/\($0)" }
        }
        let files = loaded.contents.keys.sorted { $0.precedes($1) }
        return "\(files.joined(separator: ", ")): fine, for \(machines.joined(separator: ", "))"
    }
}
