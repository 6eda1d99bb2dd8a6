import ArgumentParser
import ConductorCore

/// `conductord track`.
struct Track: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Register tracks, and list them.",
        discussion: """
            Examples:
              conductord track add music/ios/8.9.3
              conductord track list
            """,
        subcommands: [TrackAdd.self, TrackList.self]
    )
}

/// `conductord track add`.
struct TrackAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Register a track; with --at, adopt a release in flight, performing nothing.",
        discussion: """
            Examples:
              conductord track add music/ios/8.9.3
              conductord track add music/ios/8.9.1 --unplaced
              conductord track add music/android/8.9.74 --at rollout_1 \\
                --since 2026-03-10T09:00:00Z --reason "in flight when we began"
            """
    )

    @Argument(help: "The track: app/platform/version.")
    var track: TrackID

    @Option(help: "The stage that it is in; without it, the machine's first.")
    var at: String?

    @Option(help: "Since when it is there (RFC 3339).")
    var since: Instant?

    @Flag(help: "Let reality place it: it does nothing until a stage's 'reality' is met.")
    var unplaced = false

    @OptionGroup var request: RequestOptions

    func validate() throws {
        if unplaced, at != nil || since != nil {
            throw ValidationError("--unplaced goes without --at and --since.")
        }
    }

    func run() async throws {
        let asked: Command.Request = unplaced ? .register : .add(stage: at, since: since)
        try await request.ask(asked, at: .track(track))
    }
}
