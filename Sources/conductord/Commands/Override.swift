import ArgumentParser
import ConductorCore

/// `conductord override`.
struct Override: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let a condition count as met for this candidate, until a moment.",
        discussion: """
            It counts for transitions alone; guards see what is there. It ends with its time, with
            another candidate, or with --lift.

            Examples:
              conductord override music/ios/8.9.2 used_enough --for 4h --reason "a hotfix"
              conductord override music/ios/8.9.2 used_enough --until 2026-03-03T18:00:00Z \\
                --reason "a hotfix" --based-on 17
              conductord override music/ios/8.9.2 used_enough --lift
            """
    )

    @Argument(help: "The track: app/platform/version.")
    var track: TrackID

    @Argument(help: "The condition's name.")
    var condition: String

    @Option(help: "Until when (RFC 3339).")
    var until: Instant?

    @Option(name: .customLong("for"), help: "For how long: 90m, 4h, 2d.")
    var span: Span?

    @Flag(help: "End it.")
    var lift = false

    @OptionGroup var request: RequestOptions

    func validate() throws {
        let given = [until != nil, span != nil, lift].count { $0 }
        guard given == 1 else {
            throw ValidationError("Say one of '--until TIME', '--for SPAN' and '--lift'.")
        }
        if !lift, request.reason == nil {
            throw ValidationError("An override says why: '--reason TEXT'.")
        }
    }

    func run() async throws {
        let term: Command.OverrideTerm =
            until.map { .until($0) } ?? span.map { .lasting($0) } ?? .lifted
        try await request.ask(.override(condition: condition, term: term), at: .track(track))
    }
}
