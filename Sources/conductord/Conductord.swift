import ArgumentParser

/// The release conductor's command line: one verb per job, one file per verb.
@main
struct Conductord: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conductord",
        abstract: "Moves mobile releases through their stages, and can say why.",
        discussion: """
            Start with 'conductord init', then 'conductord check', then 'conductord run'.

            Exit codes: 0 fine, 1 the answer is no, 2 usage, 3 cannot.
            """,
        version: Version.text,
        subcommands: [
            Init.self, Check.self, Doctor.self, Map.self, Eval.self, Run.self, Demo.self,
            Dashboard.self, Status.self, Explain.self, Timeline.self, Diff.self, Replay.self,
            Verify.self,
            Head.self,
            Backup.self, Restore.self, Export.self, Import.self, Prune.self,
            Track.self, Signoff.self, Hold.self, Resume.self, Advance.self, Pause.self,
            Cancel.self, Retry.self, Abandon.self, Rearm.self, Resolve.self, Override.self,
            Approve.self, Migrate.self, Stop.self,
        ]
    )
}
