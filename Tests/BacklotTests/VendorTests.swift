import ConductorCore
import ConductorFiles
import ConductorJournal
import Foundation
import Synchronization
import SourceAdapters
import Testing

@testable import Backlot
@testable import conductord

/// A demo whose vendors were asked over HTTP.
private struct Filmed {
    let played: Played
    let exchanges: [VendorLot.Exchange]

    /// Plays the days in which the first version goes its whole road, or fewer; `trouble` is the seed of
    /// what goes wrong on the way.
    ///
    /// `platform`: only this one is played. Requests take their time, so that nothing is proved twice.
    static func fortnight(
        days: Int64 = 8,
        trouble: UInt64? = nil,
        platform: String? = nil,
        _ change: @escaping (String) -> String = { $0 }
    ) async throws -> Filmed {
        let kept = Exchanges()
        let vendors = try await DemoBacklot(trouble: trouble) { exchange in
            kept.all.withLock { $0.append(exchange) }
        }
        let directory = NSTemporaryDirectory() + "backlot-" + UUID().uuidString
        let loaded = RuleFiles.load(
            rules: DemoFiles.builtInRules,
            config: DemoFiles.builtInBacklot,
            catalog: StandardAdapters(),
            files: Changed(files: vendors.files, platform: platform, change: change),
            zones: SystemZones.forCalendar
        )
        // Without the others' stores there are sources and actions that nobody names.
        let faults = loaded.faults.filter { platform == nil || $0.severity == .error }
        #expect(faults.map(\.rendered) == [])
        var places = PlaceOptions()
        places.state = directory
        let journal = try DemoJournal.open(in: places)
        let deployment = try #require(loaded.deployment)
        var narrator = DemoNarrator()
        var result = try await Demo.play(
            loaded,
            deployment,
            journal,
            length: .days(days),
            on: try vendors.stage(deployment)
        ) {
            _ = narrator.take($0, $1)
        }
        result.vendors = Demo.Vendors(vendors.lot)
        let head = journal.head
        try journal.close()
        try await vendors.close()
        return Filmed(
            played: Played(
                directory: directory,
                head: head,
                result: result,
                record: narrator.record
            ),
            exchanges: kept.all.withLock(\.self)
        )
    }

    private final class Exchanges: Sendable {
        let all = Mutex<[VendorLot.Exchange]>([])
    }

    private struct Changed<Rest: FileTree>: FileTree {
        let files: Rest
        let platform: String?
        let change: (String) -> String

        func read(_ path: String, limit: Int) throws(UnreadableFile) -> [UInt8] {
            let text = String(decoding: try files.read(path, limit: limit), as: UTF8.self)
            if path == DemoFiles.builtInRules { return Array(change(text).utf8) }
            guard let platform, path == DemoFiles.builtInBacklot else { return Array(text.utf8) }
            // What a role is on each platform: `{ios: asc.pause, android: play.halt, ...}`.
            let only = text.replacing(#/\{ios: .*\}/#) { match in
                let members = match.output.dropFirst().dropLast().split(separator: ", ")
                let ours = members.filter { $0.hasPrefix(platform + ":") }
                return "{\(ours.joined(separator: ", "))}"
            }
            return Array(
                only.replacing("[ios, android, desktop]", with: "[\(platform)]").utf8
            )
        }

        func list(_ directory: String) -> [String]? { files.list(directory) }
    }
}

@Suite(.serialized) struct `Simulated vendors` {
    /// Played once for all that look at it.
    private static let honest = Task { try await Filmed.fortnight() }
    private static let end = ["submitted", "rollout_1", "rollout_100"]
    private static let back = ["final_rc", "branched"]

    @Test func `are asked by the real adapters, and the fortnight is the same`() async throws {
        let filmed = try await Self.honest.value
        let played = filmed.played
        defer { played.remove() }
        #expect(
            played.road(of: "ios") == ["branched"] + Self.back + Self.back + Self.back
                + ["final_rc"] + Self.end
        )
        #expect(
            played.road(of: "android") == ["branched"] + Self.back + Self.back + [
                "final_rc", "submitted", "rollout_1", "rollout_paused", "rollout_1", "rollout_100",
            ]
        )
        #expect(
            played.road(of: "desktop") == ["branched"] + Self.back + ["final_rc", "submitted"]
                + ["branched", "final_rc"] + Self.end
        )
        let vendors = try #require(played.result.vendors)
        for vendor in ["appstore", "play", "google", "github", "jira", "prometheus", "slack"] {
            #expect((vendors.requests[vendor] ?? 0) > 0, "\(vendor)")
        }
        #expect(vendors.unchanged > 0)
        #expect(vendors.trouble == [:])
        // Nobody was asked by a stranger, and nobody was misunderstood.
        let refused = filmed.exchanges.filter { (400..<600).contains($0.reply.status) }
        #expect(
            refused.filter { $0.vendor != "jira" && ![404, 409].contains($0.reply.status) }
                .map { "\($0.vendor) \($0.request.uri) \($0.reply.status)" } == []
        )
        let replay = try played.replay(full: true)
        #expect(replay.ticks > 100 && replay.divergences.isEmpty)
    }

    @Test func `show another road to other rules`() async throws {
        // Hours after the moment at which the usual rules submit.
        let filmed = try await Filmed.fortnight(days: 6, platform: "ios") {
            $0.replacing("min_crash_free: 0.995 ", with: "min_crash_free: 0.999 ")
        }
        defer { filmed.played.remove() }
        #expect(filmed.played.road(of: "ios").last == "final_rc")
        let submitted = try await Self.honest.value.played.entered("submitted", "ios")
        #expect(submitted + .hours(2) < Fortnight.start + .days(6))
    }

    @Test(arguments: [UInt64(7)])
    func `may be late, lose answers and lie, and nothing happens twice`(seed: UInt64) async throws {
        let filmed = try await Filmed.fortnight(days: 7, trouble: seed)
        let played = filmed.played
        defer { played.remove() }
        let vendors = try #require(played.result.vendors)
        #expect(vendors.trouble.values.reduce(0, +) > 20)
        // What reached a store of one version: never the same thing twice in a row.
        for track in Fortnight.tracks {
            let effects = played.result.effects
                .filter { $0.track == track && $0.action != "chat" }.map(\.action)
            for (one, next) in zip(effects, effects.dropFirst()) {
                #expect(
                    one != next || one == "submit" || one == "inProgress",
                    "\(track): \(effects)"
                )
            }
        }
        for platform in ["ios", "android"] {
            #expect(played.road(of: platform).contains("rollout_1"), "\(platform)")
        }
        let replay = try played.replay(full: true)
        #expect(replay.divergences.isEmpty)
    }

    @Test func `answer as their specifications say`() async throws {
        guard let folder = SchemaCheck.folder else {
            print("simulated vendors: specifications skipped; say CONDUCTOR_CONTRACTS=DIR")
            return
        }
        let vendors = [
            "appstore": ("appstoreconnect", ""), "play": ("play-androidpublisher", ""),
            "google": ("google-oauth", ""), "github": ("github", ""), "jira": ("jira-cloud", ""),
            "prometheus": ("prometheus", ""), "slack": ("slack", "/api"),
        ]
        let filmed = try await Self.honest.value
        let (faults, checked) = try SchemaCheck.faults(
            of: filmed.exchanges,
            by: vendors,
            in: folder
        )
        #expect(faults.sorted() == [])
        #expect(Set(checked.keys) == Set(vendors.keys))
    }

    @Test func `a specification's check finds what is wrong`() throws {
        let path = NSTemporaryDirectory() + UUID().uuidString + ".json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let specification: JSON = [
            "paths": [
                "/v1/things/{id}": [
                    "get": [
                        "responses": [
                            "200": [
                                "content": [
                                    "application/json": [
                                        "schema": ["$ref": "#/components/schemas/Thing"]
                                    ]
                                ]
                            ]
                        ]
                    ]
                ]
            ],
            "components": [
                "schemas": [
                    "Thing": [
                        "type": "object", "required": ["id"],
                        "properties": [
                            "id": ["type": "string"], "state": ["enum": ["ON", "OFF"]],
                        ],
                    ]
                ]
            ],
        ]
        try Data(specification.description.utf8).write(to: URL(filePath: path))
        let check = try SchemaCheck(path: path)
        func faults(_ body: JSON) -> [String]? {
            check.faults(method: "GET", path: "/v1/things/7", status: 200, body: body)
        }
        #expect(faults(["id": "7", "state": "ON"]) == [])
        #expect(faults(["state": "ON"])?.count == 1)
        #expect(faults(["id": 7])?.count == 1)
        #expect(faults(["id": "7", "state": "HALF"])?.count == 1)
        #expect(check.faults(method: "GET", path: "/v2", status: 200, body: [:]) == nil)
    }
}
