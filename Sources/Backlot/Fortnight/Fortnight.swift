package import ConductorCore

/// A fortnight in the life of an app on three platforms.
///
/// On Friday the branches of one version are cut; bugs are found and fixed, teams sign off, stores
/// review (one rejects), users crash (on one platform), and a week of watching follows, in which
/// the next version sets out and gets stuck. Who waits for whom is the conductor's business, not
/// the script's: people and backends only react to what they see.
package struct Fortnight: Script {
    /// Wednesday, 2026-03-04, noon.
    package static let start = Instant(milliseconds: 1_772_625_600_000)
    package static let length = Span.days(14)
    package static let app = "music"
    /// The version whose whole road is played, and the one after it.
    package static let version = "8.9.2"
    package static let next = "8.9.3"
    package static let manager = "demo:release-manager"

    /// What can be due.
    package enum Beat: Sendable {
        case registration(version: String)
        case branchDay(version: String)
        case optOut(team: String, version: String)
        case built(TrackID, commit: String)
        case verified(TrackID, commit: String)
        case uploaded(TrackID, commit: String)
        case tested(TrackID, commit: String)
        case bugFound(TrackID, Bug)
        case fixInReview(TrackID)
        case fixMerged(TrackID, Bug)
        case trackerDown
        case trackerBack
        case metrics(TrackID)
        case signoff(TrackID, team: String, commit: String)
        case reviewed(TrackID, commit: String)
        case spike(TrackID)
        case switchedOff(TrackID)
        case recovered(TrackID)
        case lookAtPause(TrackID)
        case itgc(TrackID)
    }

    /// A release-blocking bug: what it is, and how long its fix takes.
    package struct Bug: Sendable, Equatable {
        package var title: String
        var fix: Span
    }

    var dice: Dice
    var stories: [TrackID: PlatformStory] = [:]

    /// - Parameter seed: of the dice that metrics and commits are thrown with.
    package init(seed: UInt64 = 892) { dice = Dice(seed: seed) }

    /// The platforms, in order of name.
    package static let platforms = ["android", "desktop", "ios"]

    /// The tracks of a version, in order of name.
    package static func tracks(of version: String) -> [TrackID] {
        platforms.map { TrackID(app: app, platform: $0, version: version) }
    }

    /// The tracks of both versions.
    package static var tracks: [TrackID] { tracks(of: version) + tracks(of: next) }

    /// A moment of a day of the fortnight; the first day is number 0, and a Wednesday.
    private static func moment(day: Int64, _ hour: Int64, _ minute: Int64) -> Instant {
        let midnight = start + Span(milliseconds: -Span.hours(12).milliseconds)
        return midnight + Span.days(day) + Span.hours(hour) + Span.minutes(minute)
    }

    // MARK: The plan

    package mutating func begin(_ scene: inout Scene<Beat>) {
        for track in Self.tracks {
            stories[track] = PlatformStory(track)
            scene.set(Place("vcs", track), ["branch.exists": false], wakes: false)
            scene.set(
                Place("tracker", track),
                [
                    "blockers.open": 0, "fixes.unmerged": 0,
                    "blockers.url": .string("https://bugs.example/\(track.platform)/blockers"),
                ],
                wakes: false
            )
            scene.set(Place("store", track), ["rollout": "none"], wakes: false)
        }
        scene.at(Self.start, .registration(version: Self.version))
        scene.at(Self.moment(day: 2, 9, 0), .branchDay(version: Self.version))
        scene.at(Self.moment(day: 2, 9, 20), .optOut(team: "accounts", version: Self.version))
        scene.at(Self.moment(day: 3, 12, 0), .trackerDown)
        scene.at(Self.moment(day: 3, 17, 30), .trackerBack)
        scene.at(Self.moment(day: 7, 12, 0), .registration(version: Self.next))
        scene.at(Self.moment(day: 9, 9, 0), .branchDay(version: Self.next))
        scene.at(Self.moment(day: 9, 9, 20), .optOut(team: "accounts", version: Self.next))
        for plan in Self.plannedBugs {
            let bug = Bug(title: plan.title, fix: plan.fixed - plan.found)
            scene.at(plan.found, .bugFound(plan.track, bug))
        }
    }

    /// A bug, when somebody finds it, and when its fix is merged.
    private struct PlannedBug {
        var track: TrackID
        var title: String
        var found: Instant
        var fixed: Instant

        init(
            _ platform: String,
            _ version: String,
            _ title: String,
            found: (day: Int64, hour: Int64, minute: Int64),
            fixed: (day: Int64, hour: Int64, minute: Int64)
        ) {
            track = TrackID(app: Fortnight.app, platform: platform, version: version)
            self.title = title
            self.found = moment(day: found.day, found.hour, found.minute)
            self.fixed = moment(day: fixed.day, fixed.hour, fixed.minute)
        }
    }

    private static var plannedBugs: [PlannedBug] {
        [
            PlannedBug(
                "ios",
                version,
                "playback stops after a call",
                found: (2, 13, 10),
                fixed: (2, 17, 20)
            ),
            PlannedBug(
                "ios",
                version,
                "the login screen comes back",
                found: (3, 11, 0),
                fixed: (5, 10, 40)
            ),
            PlannedBug(
                "ios",
                version,
                "downloads start twice",
                found: (5, 13, 30),
                fixed: (5, 16, 10)
            ),
            PlannedBug(
                "android",
                version,
                "search forgets its filter",
                found: (2, 11, 30),
                fixed: (2, 15, 45)
            ),
            PlannedBug(
                "android",
                version,
                "a crash in the car mode",
                found: (3, 8, 30),
                fixed: (5, 9, 50)
            ),
            PlannedBug(
                "desktop",
                version,
                "media keys do nothing",
                found: (3, 16, 0),
                fixed: (5, 12, 5)
            ),
            PlannedBug(
                "ios",
                next,
                "the sleep timer never ends",
                found: (9, 14, 0),
                fixed: (12, 10, 0)
            ),
            PlannedBug(
                "ios",
                next,
                "lyrics run ahead",
                found: (12, 15, 20),
                fixed: (14, 11, 30)
            ),
            PlannedBug(
                "ios",
                next,
                "the queue loses its end",
                found: (13, 10, 10),
                fixed: (15, 16, 0)
            ),
            PlannedBug(
                "desktop",
                next,
                "the window opens off the screen",
                found: (10, 10, 0),
                fixed: (12, 9, 30)
            ),
        ]
    }

    // MARK: The story

    package mutating func play(_ beat: Beat, _ scene: inout Scene<Beat>) {
        switch beat {
        case .registration(let version):
            for track in Self.tracks(of: version) {
                scene.say(Self.manager, .add(stage: nil, since: nil), at: .track(track))
            }
        case .branchDay(let version):
            scene.tell(nil, "branch day: release/\(version) is cut on every platform")
            for track in Self.tracks(of: version) {
                push(to: track, &scene)
                scene.after(.minutes(5), .metrics(track))
            }
        case .optOut(let team, let version):
            scene.say(
                "demo:team-\(team)",
                .signoff(what: team, verdict: .optedOut),
                at: .release(ReleaseID(app: Self.app, version: version)),
                reason: "our tests run by themselves"
            )
        case .built(let track, let commit): built(track, commit, &scene)
        case .verified(let track, let commit):
            guard stories[track]?.head == commit else { return }
            scene.set(Place("rc", track), ["verification": "passed"])
            scene.after(.minutes(15), .uploaded(track, commit: commit))
        case .uploaded(let track, let commit):
            guard stories[track]?.head == commit else { return }
            scene.set(Place("rc", track), ["uploaded": true])
        case .tested(let track, let commit):
            guard stories[track]?.head == commit else { return }
            scene.set(Place("ci", track), ["tests.state": "passed"], about: commit)
        case .bugFound(let track, let bug): found(bug, track, &scene)
        case .fixInReview(let track):
            scene.set(Place("tracker", track), ["fixes.unmerged": 1])
        case .fixMerged(let track, let bug): merged(bug, track, &scene)
        case .trackerDown:
            scene.tell(nil, "the bug tracker is down: what it said is known for 3 h more")
            scene.fail("tracker", .unreachable, "503 Service Unavailable")
        case .trackerBack:
            scene.tell(nil, "the bug tracker answers again")
            scene.restore("tracker")
            for track in Self.tracks { scene.set(Place("tracker", track), [:]) }
        case .metrics(let track):
            publishMetrics(of: track, &scene)
            scene.after(.hours(1), .metrics(track))
        case .signoff(let track, let team, let commit):
            guard let story = stories[track], story.stage == "final_rc", story.head == commit
            else { return }
            scene.say(
                "demo:team-\(team)",
                .signoff(what: team, verdict: .approved),
                at: .track(track),
                reason: "tested \(commit.prefix(8))"
            )
        case .reviewed(let track, let commit): reviewed(track, commit, &scene)
        case .spike(let track): spike(track, &scene)
        case .switchedOff(let track):
            scene.tell(track, "the new equaliser is switched off from the server")
            scene.after(.hours(2), .recovered(track))
        case .recovered(let track): stories[track]?.isSpiking = false
        case .lookAtPause(let track): lookAtPause(track, &scene)
        case .itgc(let track):
            scene.set(Place("itgc", track), ["passed": true, "data_loss": .double(0.0004)])
        }
    }

    /// The track that its store rejects once, and the one whose users crash at 1 %.
    static let rejected = TrackID(app: app, platform: "desktop", version: version)
    static let crashing = TrackID(app: app, platform: "android", version: version)

    /// A new newest commit: what CI and the build farm do by themselves.
    private mutating func push(to track: TrackID, _ scene: inout Scene<Beat>) {
        let commit = dice.commit()
        stories[track]?.head = commit
        let branch: JSON = .string("release/\(track.version)")
        scene.set(
            Place("vcs", track),
            ["branch.exists": true, "branch.name": branch, "head": .string(commit)]
        )
        scene.set(Place("ci", track), ["tests.state": "running"], about: commit)
        scene.after(.minutes(40), .built(track, commit: commit))
        scene.after(.hours(7), .tested(track, commit: commit))
    }

    private mutating func built(
        _ track: TrackID,
        _ commit: String,
        _ scene: inout Scene<Beat>
    ) {
        guard var story = stories[track], story.head == commit else { return }
        story.builds += 1
        stories[track] = story
        scene.set(
            Place("rc", track),
            [
                "commit": .string(commit), "build": .string("\(track.version).\(story.builds)"),
                "verification": "running", "uploaded": false,
            ]
        )
        scene.after(.minutes(30), .verified(track, commit: commit))
    }

    private mutating func found(_ bug: Bug, _ track: TrackID, _ scene: inout Scene<Beat>) {
        // Once the version is out, such a bug is for the next one.
        guard var story = stories[track], !story.isOut else { return }
        story.openBugs += 1
        stories[track] = story
        scene.tell(track, "a release-blocking bug is found: \(bug.title)")
        scene.set(Place("tracker", track), ["blockers.open": .int(Int64(story.openBugs))])
        scene.after(
            bug.fix + Span(milliseconds: -Span.minutes(40).milliseconds),
            .fixInReview(track)
        )
        scene.after(bug.fix, .fixMerged(track, bug))
    }

    private mutating func merged(_ bug: Bug, _ track: TrackID, _ scene: inout Scene<Beat>) {
        stories[track]?.openBugs -= 1
        scene.tell(track, "the fix is merged: \(bug.title)")
        scene.set(
            Place("tracker", track),
            [
                "blockers.open": .int(Int64(stories[track]?.openBugs ?? 0)),
                "fixes.unmerged": 0,
            ]
        )
        push(to: track, &scene)
    }

    private mutating func reviewed(
        _ track: TrackID,
        _ commit: String,
        _ scene: inout Scene<Beat>
    ) {
        guard var story = stories[track] else { return }
        guard track == Self.rejected, story.rejections == 0 else {
            scene.tell(track, "the store approves the candidate")
            scene.set(Place("store", track), ["review": "approved"], about: commit)
            return
        }
        story.rejections += 1
        stories[track] = story
        scene.tell(track, "the store rejects the candidate: its helper program is not signed")
        scene.set(Place("store", track), ["review": "rejected"], about: commit)
        // The same candidate must not go there twice: the rejection is a blocking bug itself.
        found(Bug(title: "the helper program is not signed", fix: .minutes(175)), track, &scene)
        scene.set(Place("tracker", track), ["fixes.unmerged": 1])
    }

    private mutating func spike(_ track: TrackID, _ scene: inout Scene<Beat>) {
        stories[track]?.isSpiking = true
        scene.tell(track, "users begin to crash in the new equaliser")
        let help = OfficeCalendar.officeHour(from: scene.now + .hours(2))
        scene.at(help, .switchedOff(track))
    }

    private mutating func lookAtPause(_ track: TrackID, _ scene: inout Scene<Beat>) {
        guard let story = stories[track], story.stage == "rollout_paused" else { return }
        // People look at the same numbers as the conductor, and those lag.
        guard story.looksCalm else {
            scene.at(OfficeCalendar.officeHour(from: scene.now + .hours(1)), .lookAtPause(track))
            return
        }
        scene.say(
            Self.manager,
            .resume,
            at: .track(track),
            reason: "the equaliser is off, and crashes are down again"
        )
    }
}
