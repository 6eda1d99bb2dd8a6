import ConductorCore
import ConductorPorts
import Foundation
import SourceAdapters
import Synchronization
import Testing

@testable import Backlot

/// What the demo does not ask, and another deployment of it may: Play Developer Reporting and Sentry.
@Suite struct `Simulated vendors of quality` {
    private final class Exchanges: Sendable {
        let all = Mutex<[VendorLot.Exchange]>([])
    }

    private let track = TrackID(app: "music", platform: "android", version: "8.9.2")

    private func poll(_ kind: String, _ settings: JSON) async throws -> [String: JSON] {
        let source = try StandardAdapters().source(
            SourceDefinition(
                name: kind,
                kind: kind,
                scope: .track,
                every: .hours(1),
                timeout: .minutes(1),
                settings: settings,
                schema: FactSchema([])
            )
        )
        let answer = await source.observe(
            ObservationRequest(
                scope: .track(track),
                variables: [
                    "app": track.app, "platform": track.platform, "version": track.version,
                    "release": track.release.description, "track": track.description,
                ],
                bypassesCaches: true
            )
        )
        guard case .observed(let observation) = answer else {
            Issue.record("\(kind): \(answer)")
            return [:]
        }
        return observation.facts.mapValues(\.value)
    }

    private func number(_ json: JSON?) -> Double? {
        switch json {
        case .double(let number): number
        case .int(let number): Double(number)
        case nil, .null, .bool, .string, .array, .object: nil
        }
    }

    @Test func `say of a version's users what the world knows, and take one mark once`()
        async throws
    {
        let clock = ScriptedClock(at: Fortnight.start)
        let world = ScriptedWorld(Fortnight(), at: Fortnight.start)
        let kept = Exchanges()
        let lot = VendorLot(world, clock: clock, keys: try VendorKeys(), trouble: nil) { exchange in
            kept.all.withLock { $0.append(exchange) }
        }
        let server = try await VendorServer.start { lot.answer($0) }
        let folder = NSTemporaryDirectory() + "quality-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let account = lot.keys.serviceAccount(tokenAddress: server.url + "/google/token")
        try account.description.write(toFile: folder + "/key", atomically: true, encoding: .utf8)
        try lot.keys.token.write(toFile: folder + "/token", atomically: true, encoding: .utf8)
        let vitals: JSON = [
            "url": .string(server.url + "/reporting"), "package": "com.acme.music",
            "key": .string("file:\(folder)/key"), "period": "hourly", "users_as_sessions": true,
        ]
        let common: [String: JSON] = [
            "url": .string(server.url + "/sentry"), "organization": "acme",
            "token": .string("file:\(folder)/token"),
        ]
        let sentry = JSON.object(
            common.merging(["projects": ["1"], "release": "music@${version}"]) { $1 }
        )
        try await AdapterTime.$clock.withValue(clock) {
            // Before its branch is cut nobody has the version, and nothing is known of it.
            #expect(try await poll("play.vitals", vitals) == [:])
            #expect(try await poll("sentry", sentry) == [:])

            clock.move(by: .days(4))
            let byGoogle = try await poll("play.vitals", vitals)
            let bySentry = try await poll("sentry", sentry)
            let truth = world.act { _, scene in
                ["crash_free_users", "anr_rate", "sessions"].map { name in
                    number(scene.value(Place("quality", track), name))
                }
            }
            let (free, rate, sessions) = (
                try #require(truth[0]), try #require(truth[1]), try #require(truth[2])
            )
            #expect(sessions > 1_000)
            #expect(abs(try #require(number(byGoogle["crash_free_users"])) - free) < 1e-9)
            #expect(abs(try #require(number(byGoogle["anr_rate"])) - rate) < 1e-9)
            #expect(number(byGoogle["sessions"]) == Double(Int64(sessions) * 3 / 4))
            #expect(number(bySentry["crash_free_users"]) == free)
            #expect(number(bySentry["sessions"]) == sessions)
            #expect(bySentry["sentry.new_issues"] == 0)
            #expect(bySentry["sentry.adoption"] == .double(1))

            let release = try #require(bySentry["sentry.builds"]?.arrayValue?.first)
            let mark = try StandardAdapters().action(
                ActionDefinition(
                    declaration: ActionDeclaration(
                        name: "mark",
                        kind: "sentry.deploy",
                        actionClass: .createOnce
                    ),
                    settings: .object(common.merging(["release": release]) { $1 })
                )
            )
            let intent = Intent(
                key: "\(track)/3/0/mark",
                track: track,
                scope: .track(track),
                step: 3,
                ordinal: 0,
                action: "mark",
                kind: "sentry.deploy",
                actionClass: .createOnce,
                direction: .neutral,
                lane: "mark",
                blocking: false,
                policy: ActionPolicy(deadline: .minutes(1)),
                parameters: ["with": [:], "from": "submitted", "to": "rollout_1"]
            )
            let first = await mark.perform(intent, attempt: 1)
            guard case .done = first else {
                Issue.record("\(first)")
                return
            }
            let second = await mark.perform(intent, attempt: 2)
            guard case .alreadyDone = second else {
                Issue.record("\(second)")
                return
            }
            #expect(world.effects.map(\.action) == ["deploy"])

            // Users crash: Sentry has an issue of it.
            world.act { _, scene in
                scene.set(Place("quality", track), ["crash_free_users": .double(0.98)])
            }
            let spiking = try await poll("sentry", sentry)
            #expect(spiking["crash_free_users"] == .double(0.98))
            #expect(spiking["sentry.new_issue_keys"] == ["MUSIC-ANDROID-1"])
        }
        try await server.stop()
        guard let specifications = SchemaCheck.folder else { return }
        let vendors = ["reporting": ("play-reporting", ""), "sentry": ("sentry", "")]
        let (faults, checked) = try SchemaCheck.faults(
            of: kept.all.withLock(\.self),
            by: vendors,
            in: specifications
        )
        #expect(faults.sorted() == [])
        #expect(Set(checked.keys) == Set(vendors.keys))
    }
}
