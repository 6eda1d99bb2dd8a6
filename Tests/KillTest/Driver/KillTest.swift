import Foundation

/// Ends conductord in the hard way, again and again, and counts outside what it did.
@main
struct KillTest {
    /// Tracks whose gate opens before each kill.
    private static let tracksPerRound = 2

    static func main() {
        do {
            try KillTest(Options(Array(CommandLine.arguments.dropFirst()))).run()
        } catch {
            print("kill test: FAILED: \(error)")
            exit(1)
        }
    }

    private let options: Options
    private let scene: Scene
    private let conductor: Conductor
    private var dice: Dice
    /// Kills that came while an action or a probe was under way.
    private var inTheAct = 0

    private init(_ options: Options) throws {
        self.options = options
        for name in ["conductord", "effect-log"] {
            let path = options.programs.appending(path: name).path
            guard FileManager.default.isExecutableFile(atPath: path) else {
                throw Failure("there is no \(path); build first: swift build")
            }
        }
        scene = try Scene(
            effectLog: options.programs.appending(path: "effect-log"),
            isBlind: options.isBlind
        )
        conductor = Conductor(
            program: options.programs.appending(path: "conductord"),
            scene: scene
        )
        dice = Dice(seed: options.seed)
    }

    private var trackCount: Int { (options.rounds + 1) * Self.tracksPerRound }

    private consuming func run() throws {
        print(
            "kill test: \(options.rounds) \(options.means), seed \(options.seed), "
                + "\(trackCount) tracks, in \(scene.directory.path)"
        )
        try register()
        for round in 1...max(1, options.rounds) where options.rounds > 0 {
            try openGates(of: round - 1)
            switch options.means {
            case .kills: try killSomewhere(round)
            case .syncs: try killAtSync(round)
            }
        }
        try openGates(of: options.rounds)
        let tracks = try finish()
        try judge(tracks)
        scene.remove()
    }

    // MARK: The road there

    private func register() throws {
        for number in 0..<trackCount { try scene.setGate(of: number, open: false) }
        let daemon = try conductor.start(log: "run-0.log")
        defer { daemon.kill() }
        guard daemon.wait(seconds: 60, until: { daemon.count(of: " started") > 0 }) else {
            throw Failure("conductord does not start: \(daemon.logged)")
        }
        for number in 0..<trackCount {
            let (status, _) = try conductor.ask(["track", "add", Scene.track(number)])
            guard status == 0 else { throw Failure("track add ended with \(status)") }
        }
        let status = try daemon.end()
        guard status == 0 else { throw Failure("SIGTERM ended conductord with \(status)") }
    }

    private func openGates(of round: Int) throws {
        for number in round * Self.tracksPerRound..<(round + 1) * Self.tracksPerRound {
            try scene.setGate(of: number, open: true)
        }
    }

    // MARK: Ends in the hard way

    private mutating func killSomewhere(_ round: Int) throws {
        let daemon = try conductor.start(log: "run-\(round).log")
        // The first kill always meets an action under way, and with a blind probe each meets one
        // that it will look for in vain.
        let moment = round == 1 || options.isBlind ? 3 : Int.random(in: 0...3, using: &dice)
        let action = Int.random(in: 1...6, using: &dice)
        let words: String
        if moment == 0 {
            // Anywhere: while it starts, reads, decides, or acts.
            let pause = UInt32.random(in: 0..<1_500_000, using: &dice)
            usleep(pause)
            words = "\(pause / 1_000) ms after the start"
        } else {
            let pause = UInt32.random(in: 0..<90_000, using: &dice)
            _ = daemon.wait(seconds: 30) { daemon.count(of: " performing") >= action }
            usleep(pause)
            words = "\(pause / 1_000) ms after action \(action) began"
        }
        if moment >= 2 {
            _ = daemon.wait(seconds: 10) { daemon.isActing(options.isBlind ? "create " : "") }
        }
        guard daemon.process.isRunning else {
            throw Failure("conductord ended by itself in round \(round): \(daemon.logged)")
        }
        daemon.kill()
        note(daemon, round, words)
    }

    private mutating func killAtSync(_ round: Int) throws {
        let number = Int.random(in: 2...16, using: &dice)
        let daemon = try conductor.start(
            log: "run-\(round).log",
            under: [
                "strace", "-f", "-qq", "-o", scene.directory.appending(path: "strace").path,
                "-e", "trace=fsync,fdatasync",
                "-e", "inject=fsync,fdatasync:signal=SIGKILL:when=\(number)",
            ]
        )
        guard daemon.wait(seconds: 60, until: { !daemon.process.isRunning }) else {
            daemon.kill()
            throw Failure("conductord did not come to sync \(number) within a minute")
        }
        note(daemon, round, "sync \(number) of a thread")
    }

    private mutating func note(_ daemon: Daemon, _ round: Int, _ words: String) {
        let under = daemon.isActing()
        if under { inTheAct += 1 }
        print("  \(round): killed at \(words)\(under ? ", in the act" : "")")
    }

    // MARK: The end

    /// Lets everything come to its end, and ends the daemon properly.
    private func finish() throws -> [Status.Track] {
        let daemon = try conductor.start(log: "run-last.log")
        defer { daemon.kill() }
        var status = Status(tracks: [])
        let isOver = try daemon.wait(seconds: 240) {
            usleep(300_000)
            guard daemon.count(of: " started") > 0 else { return false }
            status = try conductor.answer(["status", "--all"], as: Status.self)
            return status.tracks.count == trackCount
                && status.tracks.allSatisfy { $0.phase == "finished" || $0.phase == "error" }
        }
        guard isOver else {
            let open = status.tracks.filter { $0.phase != "finished" && $0.phase != "error" }
            throw Failure(
                "of \(status.tracks.count) tracks these do not come to an end: \(open);"
                    + " the state is left in \(scene.directory.path)"
            )
        }
        let code = try daemon.end()
        guard code == 0 else { throw Failure("SIGTERM ended conductord with \(code)") }
        return status.tracks
    }

    private borrowing func judge(_ tracks: [Status.Track]) throws {
        var faults: [String] = []
        let verification = try conductor.answer(["verify"], as: Verification.self)
        if !verification.ok { faults += verification.faults.map { "verify: \($0)" } }
        let replayed = try conductor.answer(["replay", "--full"], as: Replayed.self)
        faults += replayed.divergences.map { "replay: \($0)" }

        let finished = tracks.filter { $0.phase == "finished" && $0.stage == Scene.lastStage }
        let inDoubt = tracks.filter { $0.phase == "error" }
        // Only what must not be repeated may stay in doubt, and it is named.
        for track in inDoubt where !track.work.contains(where: { $0.contains("once") }) {
            faults.append("\(track.track) stands in error and does not name it: \(track.work)")
        }
        if finished.count + inDoubt.count != tracks.count {
            faults.append("some tracks finished in another stage than '\(Scene.lastStage)'")
        }
        let effects = try Effects(scene.effects)
        faults += effects.faults(tracks: tracks)
        if options.rounds > 0, options.means == .kills, inTheAct == 0 {
            faults.append("no kill came while an action was under way; nothing was tested")
        }
        if options.isBlind {
            let twice = faults.filter { $0.hasPrefix("create_once: ") }
            guard !twice.isEmpty, twice == faults else {
                throw Failure("with a blind probe create_once must be done twice: \(faults)")
            }
            print("kill test: noticed what a blind probe leads to: \(twice[0])")
            return
        }
        guard faults.isEmpty else {
            throw Failure(
                "seed \(options.seed):\n  " + faults.joined(separator: "\n  ")
                    + "\n  the state is left in \(scene.directory.path)"
            )
        }
        let again = effects.counts(of: "at_least_once").values.count { $0 > 1 }
        print(
            """
            kill test: passed: \(options.rounds) kills, \(inTheAct) of them in the act; \
            \(finished.count) tracks done, \(inDoubt.count) in doubt over an at_most_once action; \
            \(effects.all.count) effects, none of create_once or at_most_once twice, \(again) of \
            at_least_once more than once; verify: \(verification.entries) entries; replay --full: \
            \(replayed.ticks) ticks, no divergence
            """
        )
    }
}
