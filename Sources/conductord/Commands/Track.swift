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

    @OptionGroup var request: RequestOptions

    func run() async throws {
        try await request.ask(.add(stage: at, since: since), at: .track(track))
    }
}
