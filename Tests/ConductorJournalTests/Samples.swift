import CEL
import ConductorCore
import Foundation
import GRDB
import Testing

@testable import ConductorJournal

/// A directory of its own for one test, gone with it.
final class Scratch: Sendable {
    let directory: String
    var journal: String { directory + "/journal.sqlite" }

    init() throws {
        directory = NSTemporaryDirectory() + "conductor-journal-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true
        )
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    func write() throws -> Journal {
        try Journal(path: journal, holder: "the tests", create: true)
    }

    func read() throws -> ReadOnlyJournal { try ReadOnlyJournal(path: journal) }

    /// A closed journal that holds `entries`.
    func filled(_ entries: [Entry] = Sample.entries) throws {
        let journal = try write()
        _ = try journal.append(entries, bodies: Sample.bodies)
        try journal.close()
    }

    /// Sets what one may do in the directory; its files may be read by all.
    func allow(_ mode: Int) throws {
        let files = FileManager.default
        try files.setAttributes([.posixPermissions: mode], ofItemAtPath: directory)
        for name in try files.contentsOfDirectory(atPath: directory) {
            try files.setAttributes(
                [.posixPermissions: 0o644],
                ofItemAtPath: directory + "/" + name
            )
        }
    }

    /// Changes the closed file behind the journal's back.
    func tamper(_ sql: String, arguments: StatementArguments = []) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: journal, configuration: configuration)
        try queue.inDatabase { try $0.execute(sql: "PRAGMA synchronous = OFF") }
        try queue.write { try $0.execute(sql: sql, arguments: arguments) }
        try queue.close()
    }
}

/// Entries of every kind, with every case of every enum.
enum Sample {
    static let nasty = "tab\t quote\" back\\ nul\u{0} bell\u{7} é 漢 🦊 \u{2028}"

    static func stamp(_ minute: Int64) -> Stamp {
        Stamp(
            wall: Instant(milliseconds: 1_772_442_000_000 + minute * 60_000),
            elapsed: minute * 60_000
        )
    }

    static func track(_ text: String = "music/ios/8.9.2") throws -> TrackID {
        try #require(TrackID(text))
    }

    static let ios = TrackID(app: "music", platform: "ios", version: "8.9.2")
    static let android = TrackID(app: "music", platform: "android", version: "8.9.2")

    static let canonicalMachine = #"{"name":"mobile-release","stages":{}}"#
    static let machineDigest = Digest.text(of: Array(canonicalMachine.utf8))
    static let machine = Entry.machine(
        .init(digest: machineDigest, canonical: canonicalMachine, source: "machine: x # é\n")
    )

    static func body(_ open: Int64) -> JSON {
        ["blockers.open": ["value": .int(open)], "blockers.url": ["value": .string(nasty)]]
    }
    static func digest(_ json: JSON) -> String { Digest.text(of: json.canonicalBytes) }
    static let bodies: [String: JSON] = Dictionary(
        uniqueKeysWithValues: (0..<4).map { (digest(body($0)), body($0)) }
    )

    static func good(_ open: Int64, scope: Scope, source: String = "tracker", at minute: Int64)
        -> Entry
    {
        .poll(
            .init(
                source: source,
                scope: scope,
                at: stamp(minute),
                result: .ok(body: digest(body(open)), observedAt: [:])
            )
        )
    }

    static func decision(_ track: TrackID, tick: Int, _ text: String = "{}") -> Entry {
        .decision(.init(tick: tick, track: track, decision: text, state: #"{"step":1}"#))
    }

    static func intent(_ actionClass: ActionClass, _ direction: Direction, scope: Scope) -> Intent {
        Intent(
            key: "music/ios/8.9.2/3/0/\(actionClass.rawValue)",
            track: ios,
            scope: scope,
            step: 3,
            ordinal: 0,
            action: "store.submit_for_review",
            kind: "command",
            actionClass: actionClass,
            direction: direction,
            lane: "play:com.example",
            blocking: direction != .neutral,
            policy: ActionPolicy(deadline: .seconds(9), maxTries: 2),
            parameters: ["token": "env:TOKEN", "fraction": .double(0.5), "n": .null]
        )
    }

    static let scopes: [Scope] = [
        .installation, .app("music"), .release(ReleaseID(app: "music", version: "8.9.2")),
        .track(ios),
    ]

    static let requests: [Command.Request] =
        [
            .add(stage: nil, since: nil), .add(stage: "submitted", since: stamp(4).wall), .hold,
            .resume, .stop, .liftStop, .advance(to: nil), .advance(to: "rollout_1"), .pause,
            .cancel, .retry, .resolve(key: "k", done: true),
            .override(condition: "calm", term: .until(stamp(4).wall)),
            .override(condition: "calm", term: .lasting(.hours(4))),
            .override(condition: "calm", term: .lifted), .approve(transition: nil),
            .approve(transition: nasty), .rearm(transition: nil), .rearm(transition: nasty),
            .migrate(to: nasty),
        ]
        + Command.Abandonment.allCases.map { .abandon($0) }
        + Command.Signoff.allCases.map { .signoff(what: "team \(nasty)", verdict: $0) }

    static let outcomes: [ActionOutcome] = [
        .done(evidence: nasty), .alreadyDone(evidence: ""), .rejected(reason: "r", remedy: nil),
        .rejected(reason: "r", remedy: "do it"), .retryable(reason: "r", after: nil),
        .retryable(reason: "r", after: .seconds(90)), .unknown(reason: "lost"),
    ]
    static let probes: [ProbeAnswer] = [
        .present(evidence: "e"), .absent, .ambiguous(reason: "r"), .unavailable(reason: "r"),
    ]

    static let entries: [Entry] = {
        var entries: [Entry] = [
            .boot(
                .init(
                    at: stamp(0),
                    engine: "0.1.0",
                    files: ["conductor.yaml": "ab", "release-states.yaml": "cd"],
                    process: 4711,
                    zones: [
                        RecordedZone(
                            .init(
                                name: "Europe/Stockholm",
                                initialOffset: 3600,
                                transitions: [.init(from: 1_774_746_000, offset: 7200)]
                            )
                        )
                    ]
                )
            ),
            machine,
            .discovery(
                .init(at: stamp(0), track: ios, machine: machineDigest, by: "vcs")
            ),
            .discovery(
                .init(
                    at: stamp(0),
                    track: android,
                    machine: machineDigest,
                    by: "os:ann",
                    stage: "submitted",
                    since: Instant(milliseconds: -1)
                )
            ),
        ]
        for (index, scope) in scopes.enumerated() {
            entries.append(good(Int64(index), scope: scope, at: 1))
        }
        entries.append(
            .poll(
                .init(
                    source: "quality",
                    scope: scopes[1],
                    at: stamp(2),
                    result: .ok(
                        body: digest(body(0)),
                        observedAt: ["blockers.open": stamp(-9).wall, "b\"": stamp(1).wall]
                    )
                )
            )
        )
        for failure in PollFailure.allCases {
            entries.append(
                .poll(
                    .init(
                        source: "tracker",
                        scope: scopes[0],
                        at: stamp(2),
                        result: .failed(failure, message: nasty)
                    )
                )
            )
        }
        entries.append(.tick(.init(number: 1, at: stamp(3))))
        entries.append(
            .tick(
                .init(
                    number: 2,
                    at: stamp(4),
                    wallStep: -3_600_000,
                    stopFile: true,
                    shadow: [ios.description, android.description],
                    denied: [ios.description: ["review", "rollout"]]
                )
            )
        )
        entries.append(decision(ios, tick: 2, #"{"light":"green","n":"\#u{e9}\""}"#))
        entries.append(decision(android, tick: 2, ""))
        for (index, request) in requests.enumerated() {
            entries.append(
                .command(
                    .init(
                        at: stamp(5),
                        command: Command(
                            id: "c\(index)",
                            actor: "os:ann",
                            scope: scopes[index % 4],
                            request: request,
                            reason: index % 2 == 0 ? nil : nasty,
                            basedOn: index % 3 == 0 ? nil : index
                        )
                    )
                )
            )
        }
        for (index, actionClass) in ActionClass.allCases.enumerated() {
            let direction = Direction.allCases[index % 3]
            let intent = intent(actionClass, direction, scope: scopes[index % 4])
            entries.append(.intent(.init(tick: 2, intent: intent)))
        }
        for purpose in [Entry.AttemptRecord.Purpose.perform, .probe] {
            entries.append(
                .attempt(.init(at: stamp(6), key: "k", track: ios, purpose: purpose, number: 1))
            )
        }
        let answers =
            outcomes.map { Entry.OutcomeRecord.Answer.performed($0) } + probes.map { .probed($0) }
        for answer in answers {
            entries.append(
                .outcome(.init(at: stamp(7), key: "k", track: ios, number: 1, answer: answer))
            )
        }
        let head = Digest.hex(Digest.genesis)
        for event in [Entry.Upkeep.Event.restored(head: head), .room(low: true)] {
            entries.insert(.upkeep(.init(at: stamp(6), event: event)), at: entries.count - 9)
        }
        return entries
    }()
}
