import ArgumentParser
import ConductorCore

/// What every command that asks for something takes.
struct RequestOptions: ParsableArguments {
    @OptionGroup var places: PlaceOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "Why; journaled.")
    var reason: String?

    @Option(help: "Refuse when the track is not at this revision any more (see 'status --json').")
    var basedOn: Int?

    @Option(help: "The command's id: the same id again is the same command.")
    var id: String?

    func ask(_ request: Command.Request, at scope: Scope) async throws {
        try await Asking(places: places, output: output)
            .ask(request, at: scope, reason: reason, id: id, basedOn: basedOn)
    }
}
