import ArgumentParser
import ConductorCore
import ConductorFiles
import ConductorJournal
import ConductorPorts
import Logging

/// `conductord migrate`.
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Move a track from the rules that it is pinned to, to the newest.",
        discussion: """
            What is different is shown first; --dry-run shows it and ends there. Nothing is done to
            the world by it.

            Examples:
              conductord migrate music/ios/8.9.2 --dry-run
              conductord migrate music/ios/8.9.2 --based-on 17 --reason "stricter crash limit"
              conductord migrate --all
            """
    )

    @Argument(help: "The track: app/platform/version.")
    var track: TrackID?

    @Flag(help: "Every live track.")
    var all = false

    @Flag(help: "Show what would be different, and change nothing.")
    var dryRun = false

    @OptionGroup var request: RequestOptions

    func validate() throws {
        guard (track != nil) != all else {
            throw ValidationError("Name a track, or say '--all'.")
        }
        if all, request.basedOn != nil || request.id != nil {
            throw ValidationError("'--based-on' and '--id' are for one track.")
        }
    }

    func run() async throws {
        let places = request.places
        let wiring = Wiring(
            places: places,
            logger: Logger(label: "conductord") { _ in SwiftLogNoOpLogHandler() }
        )
        guard let deployment = try wiring.load().deployment else { throw Exit.no }
        let newest = try Wiring.machineRecords(of: deployment)
        let history = try History.open(places.journalPath)
        if let track { try history.reader.require(track) }
        var report = MigrationReport()
        for track in history.world.live where self.track == nil || self.track == track {
            guard let record = newest["\(track.app)/\(track.platform)"],
                let machine = deployment.app(track.app)?.machines[track.platform],
                let tick = history.world.lastTick,
                let preview = history.world.previewMigration(
                    of: track,
                    to: CompiledMachine(machine, digest: record.digest),
                    in: tick
                )
            else {
                report.unknown.append(track)
                continue
            }
            report.previews.append(preview)
        }
        if report.previews.isEmpty, report.unknown.isEmpty, let track {
            throw Cannot("\(track) is retired: nothing is decided for it any more")
        }
        if !request.output.json, !dryRun { try Output.print(report.text) }
        if !dryRun { report.replies = try await ask(report) }
        if request.output.json {
            try Output.print(report.json)
        } else {
            try Output.print(dryRun ? report.text : report.answers)
        }
        if report.isRefused { throw Exit.no }
    }

    private func ask(_ report: MigrationReport) async throws -> [TrackID: CommandReply] {
        let asking = Asking(places: request.places, output: request.output)
        var replies: [TrackID: CommandReply] = [:]
        for preview in report.previews where preview.isNeeded {
            replies[preview.track] = try await asking.reply(
                to: .migrate(to: preview.to),
                at: .track(preview.track),
                reason: request.reason,
                id: request.id,
                // What was shown is what is asked for.
                basedOn: request.basedOn ?? preview.revision
            )
        }
        return replies
    }
}
