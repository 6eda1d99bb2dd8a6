import ConductorCore

/// What the script remembers of one platform.
struct PlatformStory: Sendable {
    let platform: String
    /// Whether it is the version whose whole road is played.
    private let isFirst: Bool
    /// The newest commit of the release branch.
    var head: String?
    var builds = 0
    var openBugs = 0
    var rejections = 0
    var isSpiking = false
    /// Whether the newest published metrics are as usual.
    var looksCalm = true
    /// Sessions and plays of the version so far.
    var sessions: Int64 = 0
    var plays: Int64 = 0
    /// The stage that people have seen the track enter last, and all before it.
    var stage = "upcoming"
    var visited: Set<String> = []

    init(_ track: TrackID) {
        platform = track.platform
        isFirst = track.version == Fortnight.version
    }

    /// Whether the candidate is with the store, or with users.
    var isOut: Bool {
        ["rollout_1", "rollout_100", "rollout_paused", "cancelled"].contains(stage)
    }

    /// How long the platform's store takes to review.
    var review: Span {
        switch platform {
        case "ios": .minutes(860)
        case "android": .minutes(570)
        default: !isFirst ? .hours(26) : rejections == 0 ? .minutes(930) : .minutes(580)
        }
    }

    /// How many use the version: the beta's users, one in a hundred, all.
    var sessionsPerHour: Int64 {
        let beta: Int64 =
            switch platform {
            case "ios": 260
            case "android": 420
            default: 230
            }
        return switch stage {
        case "rollout_1", "rollout_paused": beta * 20
        case "rollout_100": beta * 2_000
        default: beta
        }
    }

    /// Users without a crash, in ten-thousandths.
    var usualCrashFree: Int64 {
        switch platform {
        case "ios": 9_974
        case "android": isFirst ? 9_961 : 9_932
        default: 9_986
        }
    }

    /// Users whose app stopped answering, in ten-thousandths.
    var usualANR: Int64 {
        switch platform {
        case "ios": 6
        case "android": 31
        default: 9
        }
    }
}
