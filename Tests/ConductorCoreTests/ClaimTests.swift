import ConductorCore
import ConductorTesting
import Testing

@Suite struct `Claims` {
    private static let limits = [
        ClaimLimit(name: "full", limit: 1, per: .platform, within: .hours(24)),
        ClaimLimit(name: "half", limit: 2, per: .app, within: .hours(6)),
        ClaimLimit(name: "any", limit: 3, per: .installation, within: .hours(1)),
    ]
    private static let now = Stamp(
        wall: Instant(milliseconds: 1_772_442_000_000),
        elapsed: 900_000_000
    )

    private static func track(_ dice: inout Dice) -> TrackID {
        TrackID(
            app: dice.pick(["music", "radio"]),
            platform: dice.pick(["ios", "android"]),
            version: dice.pick(["1.0", "1.1", "1.2"])
        )
    }

    /// Wishes of different tracks, and what is held already within every limit.
    private static func situation(
        _ dice: inout Dice
    ) -> (proposals: [ClaimProposal], held: [ClaimGrant]) {
        var proposals: [ClaimProposal] = []
        for _ in 0..<(1 + dice.below(9)) {
            let track = track(&dice)
            guard !proposals.contains(where: { $0.track == track }) else { continue }
            let claims = ["full", "half", "any", "free"].filter { _ in dice.oneIn(2) }
            let since = Stamp(wall: now.wall, elapsed: Int64(dice.below(4)) * 1000)
            proposals.append(
                ClaimProposal(
                    track: track,
                    claims: claims,
                    since: since,
                    priority: dice.below(3)
                )
            )
        }
        var held: [ClaimGrant] = []
        for _ in 0..<dice.below(5) {
            let age = Span.hours(Int64(dice.below(30)))
            let at = Stamp(wall: now.wall, elapsed: now.elapsed - age.milliseconds)
            let grant = ClaimGrant(
                claim: dice.pick(["full", "half", "any"]),
                track: track(&dice),
                at: at
            )
            if isWithinLimits(held + [grant]) { held.append(grant) }
        }
        return (proposals, held)
    }

    /// Counted anew, in the simplest way: for each limit and each group that shares it.
    private static func isWithinLimits(_ grants: [ClaimGrant]) -> Bool {
        limits.allSatisfy { limit in
            let inForce = grants.filter {
                $0.claim == limit.name && now.since($0.at) < limit.within
            }
            let groups = Dictionary(grouping: inForce) { grant in
                switch limit.per {
                case .installation: ""
                case .app: grant.track.app
                case .platform: "\(grant.track.app)/\(grant.track.platform)"
                }
            }
            return groups.values.allSatisfy { Set($0.map(\.track)).count <= limit.limit }
        }
    }

    @Test func `are never exceeded, whatever the order of the wishes`() {
        var granted = 0
        var denied = 0
        for seed in UInt64(0)..<400 {
            var dice = Dice(seed: seed)
            let (proposals, held) = Self.situation(&dice)
            let answer = Conductor.admit(
                proposals,
                held: held,
                limits: Self.limits,
                at: Self.now
            )
            var after = held
            for proposal in proposals where answer[proposal.track] == nil {
                after += proposal.claims.map {
                    ClaimGrant(claim: $0, track: proposal.track, at: Self.now)
                }
                granted += 1
            }
            denied += answer.count
            #expect(Self.isWithinLimits(after), "seed \(seed)")
            for _ in 0..<4 {
                var shuffled = proposals
                for place in shuffled.indices.reversed() {
                    shuffled.swapAt(place, dice.below(place + 1))
                }
                let other = Conductor.admit(
                    shuffled,
                    held: held.reversed(),
                    limits: Self.limits,
                    at: Self.now
                )
                #expect(other == answer, "seed \(seed)")
            }
        }
        #expect(granted > 300)
        #expect(denied > 100)
    }

    @Test func `go by priority, then by waiting, then by name`() throws {
        let names = ["music/ios/1.0", "music/ios/1.1", "music/ios/1.2"]
        let tracks = try names.map { try #require(TrackID($0)) }
        func wish(_ track: Int, waiting: Int64, priority: Int = 0) -> ClaimProposal {
            ClaimProposal(
                track: tracks[track],
                claims: ["full"],
                since: Stamp(wall: Self.now.wall, elapsed: Self.now.elapsed - waiting),
                priority: priority
            )
        }
        func winner(_ wishes: [ClaimProposal]) -> [TrackID] {
            let denied = Conductor.admit(wishes, held: [], limits: Self.limits, at: Self.now)
            return wishes.map(\.track).filter { denied[$0] == nil }
        }
        let byPriority = [
            wish(0, waiting: 9), wish(1, waiting: 5), wish(2, waiting: 1, priority: 1),
        ]
        #expect(winner(byPriority) == [tracks[2]])
        let byWaiting = [wish(0, waiting: 1), wish(1, waiting: 9), wish(2, waiting: 5)]
        #expect(winner(byWaiting) == [tracks[1]])
        let byName = [wish(2, waiting: 5), wish(0, waiting: 5), wish(1, waiting: 5)]
        #expect(winner(byName) == [tracks[0]])
    }
}
