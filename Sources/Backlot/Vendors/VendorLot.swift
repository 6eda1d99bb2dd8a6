import ConductorCore
import Synchronization

/// Simulated vendors, over HTTP: they know what the world of the script knows, and keep what is written.
///
/// Each stands under its own path: `/appstore`, `/play`, `/google`, `/reporting`, `/github`, `/jira`,
/// `/prometheus`, `/sentry`, `/slack`, and `/acme` for what a company has of its own. They check credentials,
/// and move on with the scripted time whenever they are asked.
package final class VendorLot: Sendable {
    struct State: Sendable {
        var appStore = AppStoreLot()
        var play = PlayLot()
        var sentry = SentryLot()
        var slack = SlackLot()
        var depot = DepotLot()
        var trouble: VendorTrouble
        var requests: [String: Int] = [:]
        var unchanged = 0
    }

    /// One request and its answer, for who wants to look at both.
    package struct Exchange: Sendable {
        package var vendor: String
        package var request: VendorRequest
        package var reply: VendorReply
        /// Whether the answer is what the vendor meant to say.
        package var isHonest: Bool
    }

    package let keys: VendorKeys
    private let world: ScriptedWorld<Fortnight>
    private let clock: ScriptedClock
    private let state: Mutex<State>
    private let listen: (@Sendable (Exchange) -> Void)?

    /// Vendors in a world; `trouble` is the seed of what goes wrong, nil: nothing does.
    package init(
        _ world: ScriptedWorld<Fortnight>,
        clock: ScriptedClock,
        keys: VendorKeys,
        trouble: UInt64?,
        listen: (@Sendable (Exchange) -> Void)? = nil
    ) {
        self.world = world
        self.clock = clock
        self.keys = keys
        self.listen = listen
        state = Mutex(State(trouble: VendorTrouble(seed: trouble)))
    }

    /// How often each vendor was asked, how often it said *not modified*, and what went wrong.
    package var sums: (requests: [String: Int], unchanged: Int, trouble: [String: Int]) {
        state.withLock { state in
            let trouble = state.trouble.count.map { ($0.key.rawValue, $0.value) }
            return (state.requests, state.unchanged, Dictionary(uniqueKeysWithValues: trouble))
        }
    }

    /// The answer to a request.
    package func answer(_ request: VendorRequest) -> VendorReply {
        world.play(until: clock.wall())
        guard let vendor = request.path.first else { return VendorReply(404, [:]) }
        let now = clock.wall()
        let (reply, isHonest) = state.withLock { state in
            state.requests[vendor, default: 0] += 1
            let strike = vendor == "google" ? nil : state.trouble.strike(request)
            if strike == .busy { return (Self.busy, false) }
            var reply = world.act { script, scene in
                dispatch(vendor, request, now, &script, &scene, &state)
            }
            if request.isRead, reply.status == 200 {
                let true_ = reply
                if strike == .stale, let older = state.trouble.older(request) { reply = older }
                if strike == .lie { reply = VendorTrouble.lie(reply) }
                state.trouble.remember(true_, to: request)
            }
            if strike == .lost { reply.isLost = true }
            reply.headers.append(("Date", Self.date(now)))
            if vendor == "github" { tag(&reply, request, &state) }
            return (reply, strike == nil)
        }
        listen?(Exchange(vendor: vendor, request: request, reply: reply, isHonest: isHonest))
        return reply
    }

    private static var busy: VendorReply {
        var reply = VendorReply(503, ["error": "try again"])
        reply.headers.append(("Retry-After", "30"))
        return reply
    }

    private func dispatch(
        _ vendor: String,
        _ request: VendorRequest,
        _ now: Instant,
        _ script: inout Fortnight,
        _ scene: inout Scene<Fortnight.Beat>,
        _ state: inout State
    ) -> VendorReply {
        let path = Array(request.path.dropFirst())
        let bearer = request.header("authorization")?.split(separator: " ").last.map(String.init)
        switch vendor {
        case "appstore":
            guard let bearer, keys.admitsAppStore(bearer, at: now) else {
                return AppStoreLot.error(401, "NOT_AUTHORIZED", "Provide a properly signed token")
            }
            return state.appStore.answer(path, request, &script, &scene)
        case "google":
            let form = VendorRequest(
                method: "GET",
                uri: "/?" + String(decoding: request.body, as: UTF8.self),
                headers: [],
                body: []
            )
            guard let assertion = form.query("assertion"), keys.admitsAssertion(assertion, at: now)
            else { return VendorReply(400, ["error": "invalid_grant"]) }
            return VendorReply(
                200,
                [
                    "access_token": .string(keys.accessToken), "expires_in": 3599,
                    "token_type": "Bearer",
                ]
            )
        case "play":
            guard bearer == keys.accessToken else {
                return PlayLot.refused("Invalid credentials", 401, "UNAUTHENTICATED")
            }
            return state.play.answer(path, request, &script, &scene)
        case "reporting":
            guard bearer == keys.accessToken else {
                return PlayLot.refused("Invalid credentials", 401, "UNAUTHENTICATED")
            }
            return ReportingLot.answer(path, request, scene)
        case "acme" where !request.isRead || bearer == keys.token:
            return state.depot.answer(path, request, &script, &scene)
        case "jira":
            guard let bearer, keys.admitsBasic(bearer) else {
                return VendorReply(401, ["errorMessages": ["Nobody of this name is known"]])
            }
            return JiraLot.answer(path, request, script, scene)
        case _ where bearer != keys.token: return VendorReply(401, ["message": "Bad credentials"])
        case "github": return GitHubLot.answer(path, request, scene)
        case "prometheus": return PrometheusLot.answer(path, request, scene)
        case "sentry": return state.sentry.answer(path, request, &scene)
        case "slack": return state.slack.answer(path, request, &scene)
        default: return VendorReply(404, [:])
        }
    }

    /// An answer that has not changed since it was last told is not told again.
    private func tag(_ reply: inout VendorReply, _ request: VendorRequest, _ state: inout State) {
        guard request.isRead, reply.status == 200 else { return }
        var sum: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in reply.body { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let tag = "\"\(String(sum, radix: 16))\""
        if request.header("if-none-match") == tag {
            state.unchanged += 1
            reply.status = 304
            reply.body = []
        }
        reply.headers.append(("ETag", tag))
    }

    /// `Wed, 04 Mar 2026 12:00:00 GMT`.
    private static func date(_ now: Instant) -> String {
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let text = now.description
        let parts = text.prefix(10).split(separator: "-")
        let month = Int(parts[1]).map { months[$0 - 1] } ?? ""
        let time = text.dropFirst(11).prefix(8)
        let day = OfficeCalendar.weekday(of: now).short
        return "\(day), \(parts[2]) \(month) \(parts[0]) \(time) GMT"
    }
}

extension Fortnight {
    /// A track by the words of an address.
    static func track(_ platform: String, _ version: String) -> TrackID? {
        tracks.first { $0.platform == platform && $0.version == version }
    }

    /// The track whose release branch is at a commit, on a platform.
    static func track(_ platform: String, at commit: String, _ scene: Scene<Beat>) -> TrackID? {
        tracks.first {
            $0.platform == platform
                && scene.value(Place("vcs", $0), "head")?.stringValue == commit
        }
    }

    /// The number of a build as stores have it: `8.9.2.3` is 8090203.
    static func number(ofBuild build: String) -> String {
        build.split(separator: ".").reduce("") { text, part in
            text + (text.isEmpty || part.count > 1 ? "" : "0") + part
        }
    }
}
