package import ConductorCore

// How stores and people react to what the conductor does.

extension Fortnight {
    package mutating func perform(
        _ intent: Intent,
        attempt: Int,
        _ scene: inout Scene<Beat>
    ) -> Deed {
        let track = intent.track
        switch intent.action {
        case "store.submit_for_review": return submit(track, intent, attempt, &scene)
        case "store.start_rollout":
            rollOut(track, "running", &scene)
            guard track == Self.rejected else { return .done("1 % of \(track)") }
            // The worst that a backend can do: the effect is there, and the answer is lost.
            return Deed(.unknown(reason: "the connection broke before the answer"), landed: true)
        case "store.resume_rollout":
            rollOut(track, "running", &scene)
            return .done("1 % of \(track)")
        case "store.complete_rollout":
            rollOut(track, "completed", &scene)
            return .done("all of \(track)")
        case "store.pause_rollout":
            rollOut(track, "paused", &scene)
            return .done("\(track) is paused")
        case "chat.post":
            scene.tell(track, "chat: \(intent.parameters["with"]?["text"]?.stringValue ?? "")")
            return .done("posted")
        default:
            return Deed(
                .rejected(
                    reason: "the scripted world knows no '\(intent.action)'",
                    remedy: "use the actions of the demo's own configuration"
                ),
                landed: false
            )
        }
    }

    private mutating func submit(
        _ track: TrackID,
        _ intent: Intent,
        _ attempt: Int,
        _ scene: inout Scene<Beat>
    ) -> Deed {
        guard let commit = intent.parameters["candidate"]?["commit"]?.stringValue else {
            return Deed(.rejected(reason: "no candidate", remedy: nil), landed: false)
        }
        if track.platform == "ios", track.version == Self.version, attempt == 1 {
            return Deed(.retryable(reason: "503, try again", after: .minutes(2)), landed: false)
        }
        review(track, commit: commit, &scene)
        return .done(
            "\(intent.parameters["candidate"]?["build"]?.stringValue ?? commit) is in review"
        )
    }

    /// A candidate goes to its store's review.
    func review(_ track: TrackID, commit: String, _ scene: inout Scene<Beat>) {
        scene.set(Place("store", track), ["review": "in_review"], about: commit)
        scene.after(stories[track]?.review ?? .hours(12), .reviewed(track, commit: commit))
    }

    /// A version's rollout is running, paused or completed.
    func rollOut(_ track: TrackID, _ state: String, _ scene: inout Scene<Beat>) {
        let share: JSON = .double(state == "completed" ? 1 : 0.01)
        scene.set(
            Place("store", track),
            ["rollout": .string(state), "rollout_fraction": share, "pause_days_left": 30]
        )
    }

    package mutating func entered(
        _ stage: String,
        _ track: TrackID,
        _ scene: inout Scene<Beat>
    ) {
        guard var story = stories[track] else { return }
        let isFirst = story.visited.insert(stage).inserted
        story.stage = stage
        stories[track] = story
        switch stage {
        case "final_rc":
            guard let commit = story.head else { return }
            // A whole regression for the first candidate; for later ones, what the fix touches.
            let paces: [(String, Int64)] =
                isFirst
                ? [("playback", 130), ("search", 200)] : [("playback", 50), ("search", 95)]
            for (team, minutes) in paces {
                let moment = OfficeCalendar.officeHour(from: scene.now + .minutes(minutes))
                scene.at(moment, .signoff(track, team: team, commit: commit))
            }
        case "rollout_1" where isFirst:
            scene.set(
                Place("itgc", track),
                ["passed": false, "data_loss": .double(0.0004)]
            )
            scene.after(track.version == Self.version ? .hours(9) : .hours(30), .itgc(track))
            if track == Self.crashing { scene.after(.minutes(400), .spike(track)) }
        case "rollout_paused":
            let moment = OfficeCalendar.officeHour(from: scene.now + .minutes(30))
            scene.at(moment, .lookAtPause(track))
        default: return
        }
    }

    // MARK: Users

    /// What the analytics say once an hour, of the time up to 25 minutes ago.
    mutating func publishMetrics(of track: TrackID, _ scene: inout Scene<Beat>) {
        guard var story = stories[track] else { return }
        let users = story.sessionsPerHour
        let sessions = users + dice.roll(-users / 10...users / 10)
        story.sessions += sessions
        story.plays += sessions * 3 / 4
        story.looksCalm = !story.isSpiking
        stories[track] = story
        // Ten-thousandths, so that every machine writes the same digits.
        let usual = story.usualCrashFree + dice.roll(-3...3)
        let crashFree = story.isSpiking ? 9_842 + dice.roll(-4...4) : usual
        let rate = story.usualANR + dice.roll(-2...2)
        scene.set(
            Place("quality", track),
            [
                "crash_free_users": .double(Double(crashFree) / 10_000),
                "anr_rate": .double(Double(rate) / 10_000),
                "sessions": .int(story.sessions), "content_plays": .int(story.plays),
            ],
            observedAt: scene.now + Span(milliseconds: -Span.minutes(25).milliseconds),
            wakes: story.isOut
        )
    }
}
