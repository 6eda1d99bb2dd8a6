import ConductorCore
import ConductorJournal
import ConductorPorts
import Foundation

/// A journal in a directory of its own, written by the core as the runtime does it, under a clock
/// that only the test moves.
final class ScriptedJournal {
    static let track = TrackID(app: "music", platform: "ios", version: "8.9.2")
    static let start = Instant(milliseconds: 1_772_442_000_000)  // 2026-03-02T09:00:00Z

    let directory: String
    let journal: Journal
    private(set) var world = World()
    private(set) var now = ScriptedJournal.start
    private var tickNumber = 0
    private var commands = 0
    /// Effects that the last ticks asked for.
    private var effects: [TrackID: [Effect]] = [:]
    /// What actions answer, by name; done by default.
    var outcomes: [String: [ActionOutcome]] = [:]

    var path: String { directory + "/journal.sqlite" }
    var stamp: Stamp {
        Stamp(wall: now, elapsed: (now - Self.start).milliseconds)
    }

    init(_ machine: Machine = .small) throws {
        directory = FileManager.default.temporaryDirectory.path + "/conductord-\(UUID().uuidString)"
        journal = try Journal(path: directory + "/journal.sqlite", holder: "test", create: true)
        let canonical = try JSON(encoding: machine.canonical).description
        digest = Digest.text(of: Array(canonical.utf8))
        try write([
            .boot(.init(at: stamp, engine: Conductor.engine, files: [:], process: 1)),
            .machine(
                .init(
                    digest: digest,
                    canonical: canonical,
                    source: try JSON(encoding: machine).description
                )
            ),
        ])
    }

    deinit {
        try? journal.close()
        try? FileManager.default.removeItem(atPath: directory)
    }

    private var digest = ""

    private func write(_ entries: [Entry], bodies: [String: JSON] = [:]) throws {
        _ = try journal.append(entries, bodies: bodies)
        for entry in entries {
            try world.apply(entry) { bodies[$0] ?? .null }
        }
    }

    func reader() throws -> ReadOnlyJournal { try ReadOnlyJournal(path: path) }

    // MARK: What happens

    func wait(_ span: Span) { now = now + span }

    func register(_ track: TrackID = track, stage: String? = "branched") throws {
        try write([
            .discovery(
                .init(at: stamp, track: track, machine: digest, by: "os:anna", stage: stage)
            )
        ])
    }

    func see(
        _ facts: [String: JSON],
        in source: String = "tracker",
        of track: TrackID = track
    ) throws {
        let observation = Observation(facts: facts.mapValues { ObservedFact($0) })
        let body = observation.body
        let digest = journal.digest(of: body.canonicalBytes)
        let poll = Entry.Poll(
            source: source,
            scope: .track(track),
            at: stamp,
            result: .ok(body: digest, observedAt: [:])
        )
        try write([.poll(poll)], bodies: [digest: body])
    }

    func fail(_ source: String = "tracker", of track: TrackID = track) throws {
        let result = Entry.Poll.Result.failed(.unreachable, message: "no route")
        try write([.poll(.init(source: source, scope: .track(track), at: stamp, result: result))])
    }

    func command(
        _ request: Command.Request,
        at scope: Scope = .track(track),
        reason: String? = nil
    ) throws {
        commands += 1
        let command = Command(
            id: "c\(commands)",
            actor: "os:anna",
            scope: scope,
            request: request,
            reason: reason
        )
        try write([.command(.init(at: stamp, command: command))])
    }

    @discardableResult
    func tick(stopFile: Bool = false) throws -> [(TrackID, Turn)] {
        tickNumber += 1
        let tick = Entry.Tick(number: tickNumber, at: stamp, stopFile: stopFile)
        let turns = world.decideAll(in: tick)
        try write(try world.entries(for: tick, turns))
        world.decided(turns)
        for (track, turn) in turns { effects[track] = turn.effects }
        return turns
    }

    /// Performs what is outstanding, one attempt each, and ticks, until nothing is left.
    func perform() throws {
        for _ in 0..<20 {
            let due = effects.sorted { $0.key < $1.key }.flatMap(\.value)
            effects = [:]
            guard !due.isEmpty else { return }
            for effect in due {
                wait(.seconds(2))
                switch effect {
                case .perform(let intent, let attempt):
                    try attempted(intent, .perform, attempt)
                    var answers = outcomes[intent.action] ?? []
                    let outcome = answers.isEmpty ? .done(evidence: "seen") : answers.removeFirst()
                    outcomes[intent.action] = answers
                    try ended(intent, attempt, .performed(outcome))
                case .probe(let intent, let number):
                    try attempted(intent, .probe, number)
                    try ended(intent, number, .probed(.present(evidence: "found")))
                }
            }
            try tick()
        }
    }

    private func attempted(
        _ intent: Intent,
        _ purpose: Entry.AttemptRecord.Purpose,
        _ number: Int
    ) throws {
        try write([
            .attempt(
                .init(
                    at: stamp,
                    key: intent.key,
                    track: intent.track,
                    purpose: purpose,
                    number: number
                )
            )
        ])
        wait(.seconds(1))
    }

    private func ended(
        _ intent: Intent,
        _ number: Int,
        _ answer: Entry.OutcomeRecord.Answer
    ) throws {
        try write([
            .outcome(
                .init(
                    at: stamp,
                    key: intent.key,
                    track: intent.track,
                    number: number,
                    answer: answer
                )
            )
        ])
    }
}

extension Machine {
    /// Three stages on the road, a waiting one beside it, a guard.
    static let small = Machine(
        name: "small",
        stages: [
            Stage(name: "branched", shelf: .current),
            Stage(name: "submitted", shelf: .current),
            Stage(name: "rollout", shelf: .production),
            Stage(name: "done", shelf: .production),
            Stage(name: "paused", shelf: .production, kind: .waiting),
        ],
        conditions: [
            Condition(
                name: "no_blockers",
                expr: "tracker.blockers == 0",
                title: "No open release-blocking bugs",
                owner: "release-managers",
                link: "https://tracker.example/blockers"
            ),
            Condition(
                name: "signed_off",
                expr: "tracker.signed_off",
                title: "All teams signed off"
            ),
            Condition(name: "rejected", expr: "tracker.rejected"),
            Condition(name: "healthy", expr: "tracker.crash_free >= 0.99"),
            Condition(name: "crashing", expr: "tracker.crash_free < 0.98"),
        ],
        transitions: [
            Transition(name: "back", from: "submitted", to: .stage("branched"), when: ["rejected"]),
            Transition(
                name: "submit",
                from: "branched",
                to: .stage("submitted"),
                when: ["no_blockers", "signed_off"],
                actions: [ActionUse("store.submit", with: ["note": "${track.version}"])]
            ),
            Transition(
                name: "roll_out",
                from: "submitted",
                to: .stage("rollout"),
                when: ["healthy"],
                actions: [ActionUse("chat.post")]
            ),
            Transition(
                name: "finish",
                from: "rollout",
                to: .stage("done"),
                when: ["healthy"],
                dwell: .hours(24)
            ),
            Transition(
                name: "resume",
                from: "paused",
                to: .previous,
                when: ["healthy"],
                manual: true
            ),
        ],
        guards: [
            Guard(name: "crash_spike", watch: ["rollout"], when: ["crashing"], to: .stage("paused"))
        ],
        facts: [
            ("blockers", FactType.int, "bugs"), ("crash_free", .double, "fraction"),
            ("rejected", .bool, nil), ("signed_off", .bool, nil),
        ].map { name, type, unit in
            FactDeclaration(
                path: "tracker.\(name)",
                source: "tracker",
                name: name,
                type: type,
                unit: unit,
                maxAge: .days(30)
            )
        },
        actions: [
            ActionDeclaration(name: "chat.post", kind: "log", actionClass: .atLeastOnce),
            ActionDeclaration(name: "store.submit", kind: "command", actionClass: .createOnce),
        ]
    )
}

/// A release from branch to the end, with all that can happen on the way.
func longStory() throws -> ScriptedJournal {
    let story = try ScriptedJournal()
    try story.register()
    try story.tick()
    story.wait(.minutes(1))
    try story.see(["blockers": 2, "signed_off": false, "rejected": false])
    try story.tick()
    story.wait(.hours(20))
    try story.see(["blockers": 0, "signed_off": false, "rejected": false])
    try story.tick()
    story.wait(.hours(1))
    try story.command(.hold, reason: "waiting for legal")
    try story.tick()
    story.wait(.hours(2))
    try story.see([
        "blockers": 0, "signed_off": true, "rejected": false, "crash_free": .double(0.995),
    ])
    try story.tick()
    try story.command(.advance(to: "rollout"))
    try story.tick()
    try story.command(.resume)
    story.outcomes["store.submit"] = [.retryable(reason: "busy", after: nil)]
    try story.tick()
    try story.perform()
    story.wait(.minutes(5))
    try story.tick()
    try story.perform()
    story.wait(.hours(1))
    try story.tick()
    try story.perform()
    story.wait(.hours(3))
    try story.see([
        "blockers": 0, "signed_off": true, "rejected": false, "crash_free": .double(0.97),
    ])
    try story.tick()
    try story.perform()
    story.wait(.hours(1))
    return story
}
