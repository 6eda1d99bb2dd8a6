package import ConductorCore

/// A fortnight in the life of one version on three platforms.
///
/// Thursday noon it is registered, Friday morning its branches are cut; bugs are found and fixed,
/// teams sign off, stores review (one rejects), users crash (on one platform), and a week of
/// watching follows. Who waits for whom is the conductor's business, not the script's: people and
/// backends only react to what they see.
package struct Fortnight: Script {
    /// Thursday, 2026-03-05, noon.
    package static let start = Instant(milliseconds: 1_772_712_000_000)
    package static let length = Span.days(14)
    package static let app = "music"
    package static let version = "8.9.2"
    package static let manager = "demo:release-manager"

    /// What can be due.
    package enum Beat: Sendable {
        case registration
        case branchDay
        case optOut(team: String)
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
    var platforms: [TrackID: PlatformStory] = [:]

    /// - Parameter seed: of the dice that metrics and commits are thrown with.
    package init(seed: UInt64 = 892) { dice = Dice(seed: seed) }

    /// The tracks, in order of name.
    package static var tracks: [TrackID] {
        ["android", "desktop", "ios"].map {
            TrackID(app: app, platform: $0, version: version)
        }
    }

    private static func moment(day: Int64, _ hour: Int64, _ minute: Int64) -> Instant {
        // Midnight of the first day is half a day before the start.
        start + Span.days(day) + Span.hours(hour) + Span.minutes(minute)
            + Span(milliseconds: -Span.hours(12).milliseconds)
    }

    // MARK: The plan

    package mutating func begin(_ scene: inout Scene<Beat>) {
        for track in Self.tracks {
            platforms[track] = PlatformStory(platform: track.platform)
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
        scene.at(Self.start, .registration)
        scene.at(Self.moment(day: 1, 9, 0), .branchDay)
        scene.at(Self.moment(day: 1, 9, 20), .optOut(team: "accounts"))
        scene.at(Self.moment(day: 2, 12, 0), .trackerDown)
        scene.at(Self.moment(day: 2, 17, 30), .trackerBack)
        plan("ios", day: 1, 13, 10, "playback stops after a call", fix: 250, &scene)
        plan("ios", day: 2, 11, 0, "the login screen comes back", fix: 2860, &scene)
        plan("ios", day: 4, 13, 30, "downloads start twice", fix: 160, &scene)
        plan("android", day: 1, 11, 30, "search forgets its filter", fix: 255, &scene)
        plan("android", day: 2, 8, 30, "a crash in the car mode", fix: 2960, &scene)
        plan("desktop", day: 2, 16, 0, "media keys do nothing", fix: 2645, &scene)
    }

    private func plan(
        _ platform: String,
        day: Int64,
        _ hour: Int64,
        _ minute: Int64,
        _ title: String,
        fix minutes: Int64,
        _ scene: inout Scene<Beat>
    ) {
        let track = TrackID(app: Self.app, platform: platform, version: Self.version)
        let bug = Bug(title: title, fix: .minutes(minutes))
        scene.at(Self.moment(day: day, hour, minute), .bugFound(track, bug))
    }

    // MARK: The story

    package mutating func play(_ beat: Beat, _ scene: inout Scene<Beat>) {
        switch beat {
        case .registration:
            for track in Self.tracks {
                scene.say(
                    Self.manager,
                    .add(stage: nil, since: nil),
                    at: .track(track),
                    reason: "the version after 8.9.1"
                )
            }
        case .branchDay:
            scene.tell(nil, "branch day: release/\(Self.version) is cut on every platform")
            for track in Self.tracks {
                push(to: track, &scene)
                scene.after(.minutes(5), .metrics(track))
            }
        case .optOut(let team):
            scene.say(
                "demo:team-\(team)",
                .signoff(what: team, verdict: .optedOut),
                at: .release(ReleaseID(app: Self.app, version: Self.version)),
                reason: "our tests run by themselves"
            )
        case .built(let track, let commit): built(track, commit, &scene)
        case .verified(let track, let commit):
            guard platforms[track]?.head == commit else { return }
            scene.set(Place("rc", track), ["verification": "passed"])
            scene.after(.minutes(15), .uploaded(track, commit: commit))
        case .uploaded(let track, let commit):
            guard platforms[track]?.head == commit else { return }
            scene.set(Place("rc", track), ["uploaded": true])
        case .tested(let track, let commit):
            guard platforms[track]?.head == commit else { return }
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
            guard let story = platforms[track], story.stage == "final_rc", story.head == commit
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
        case .recovered(let track): platforms[track]?.isSpiking = false
        case .lookAtPause(let track): lookAtPause(track, &scene)
        case .itgc(let track):
            scene.set(Place("itgc", track), ["passed": true, "data_loss": .double(0.0004)])
        }
    }

    /// A new newest commit: what CI and the build farm do by themselves.
    private mutating func push(to track: TrackID, _ scene: inout Scene<Beat>) {
        let commit = dice.commit()
        platforms[track]?.head = commit
        let branch: JSON = .string("release/\(Self.version)")
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
        guard var story = platforms[track], story.head == commit else { return }
        story.builds += 1
        platforms[track] = story
        scene.set(
            Place("rc", track),
            [
                "commit": .string(commit), "build": .string("\(Self.version).\(story.builds)"),
                "verification": "running", "uploaded": false,
            ]
        )
        scene.after(.minutes(30), .verified(track, commit: commit))
    }

    private mutating func found(_ bug: Bug, _ track: TrackID, _ scene: inout Scene<Beat>) {
        // Once the version is out, such a bug is for the next one.
        guard var story = platforms[track], !story.isOut else { return }
        story.openBugs += 1
        platforms[track] = story
        scene.tell(track, "a release-blocking bug is found: \(bug.title)")
        scene.set(Place("tracker", track), ["blockers.open": .int(Int64(story.openBugs))])
        scene.after(
            bug.fix + Span(milliseconds: -Span.minutes(40).milliseconds),
            .fixInReview(track)
        )
        scene.after(bug.fix, .fixMerged(track, bug))
    }

    private mutating func merged(_ bug: Bug, _ track: TrackID, _ scene: inout Scene<Beat>) {
        platforms[track]?.openBugs -= 1
        scene.tell(track, "the fix is merged: \(bug.title)")
        scene.set(
            Place("tracker", track),
            [
                "blockers.open": .int(Int64(platforms[track]?.openBugs ?? 0)),
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
        guard var story = platforms[track] else { return }
        guard story.platform == "desktop", story.rejections == 0 else {
            scene.tell(track, "the store approves the candidate")
            scene.set(Place("store", track), ["review": "approved"], about: commit)
            return
        }
        story.rejections += 1
        platforms[track] = story
        scene.tell(track, "the store rejects the candidate: its helper program is not signed")
        scene.set(Place("store", track), ["review": "rejected"], about: commit)
        // The same candidate must not go there twice: the rejection is a blocking bug itself.
        found(Bug(title: "the helper program is not signed", fix: .minutes(175)), track, &scene)
        scene.set(Place("tracker", track), ["fixes.unmerged": 1])
    }

    private mutating func spike(_ track: TrackID, _ scene: inout Scene<Beat>) {
        platforms[track]?.isSpiking = true
        scene.tell(track, "users begin to crash in the new equaliser")
        let help = OfficeCalendar.officeHour(from: scene.now + .hours(2))
        scene.at(help, .switchedOff(track))
    }

    private mutating func lookAtPause(_ track: TrackID, _ scene: inout Scene<Beat>) {
        guard let story = platforms[track], story.stage == "rollout_paused" else { return }
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
