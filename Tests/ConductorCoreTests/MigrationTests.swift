import ConductorCore
import ConductorTesting
import Testing

@Suite struct `Moving to other rules` {
    private static let track = TrackID(app: "music", platform: "ios", version: "8.9.2")

    private func rehearsal(on machine: Machine, digest: String) throws -> Rehearsal {
        var rehearsal = Rehearsal(at: Instant(milliseconds: 1_772_442_000_000))
        try rehearsal.boot()
        try rehearsal.add(machine, digest: digest)
        try rehearsal.register(Self.track, machine: digest, stage: "final_rc")
        return rehearsal
    }

    private func see(_ plays: Int64, in rehearsal: inout Rehearsal) throws {
        var observation = Observation()
        observation.facts["plays"] = ObservedFact(.int(plays), about: Self.track.version)
        try rehearsal.see("quality", .track(Self.track), observation)
    }

    private func ask(
        _ rehearsal: inout Rehearsal,
        _ id: String,
        _ request: Command.Request
    ) throws -> CommandReply? {
        rehearsal.pass(.seconds(1))
        try rehearsal.ask(
            Command(
                id: id,
                actor: "os:ada",
                scope: .track(Self.track),
                request: request,
                reason: "a test"
            )
        )
        _ = try rehearsal.round()
        return rehearsal.world.commands[id] ?? nil
    }

    @Test func `shows every part that is different, and nothing that people only read`() throws {
        let old = PublishedMachine.published
        var new = old
        new.name = "renamed"
        new.conditions[0].title = "Another title"
        #expect(MachineDifference(from: old, to: new).items.isEmpty)
        new.stages.append(Stage(name: "soak", shelf: .production))
        new.conditions[1].expr = "vcs.fixes.open <= 1"
        new.transitions.removeAll { $0.name == "final_rc->cancelled" }
        new.guards[0].blindAfter = .hours(1)
        let first = try #require(new.transitions.firstIndex { $0.from == "final_rc" })
        let second = try #require(
            new.transitions.indices.first { $0 > first && new.transitions[$0].from == "final_rc" }
        )
        new.transitions.swapAt(first, second)
        new.parameters["crash_limit"] = .double(0.5)
        let items = MachineDifference(from: old, to: new).items
        let found = items.map { "\($0.change.rawValue) \($0.part.rawValue) \($0.name)" }
        #expect(
            found == [
                "added stage soak", "changed condition last_fix_merged",
                "removed transition final_rc->cancelled", "changed guard crash_spike",
                "changed order final_rc", "changed parameter crash_limit",
            ]
        )
        #expect(items[1].was == ["expr": "vcs.fixes.open == 0"])
        #expect(items[1].now == ["expr": "vcs.fixes.open <= 1"])
    }

    @Test func `tells beforehand which verdicts change, and what then comes out`() throws {
        var rehearsal = try rehearsal(on: PublishedMachine.published, digest: "published")
        try see(20_000, in: &rehearsal)
        _ = try rehearsal.round()
        let stricter = try #require(PublishedMachine.named("published-stricter"))
        try rehearsal.add(stricter, digest: "published-stricter")
        let tick = try #require(rehearsal.world.lastTick)
        let preview = try #require(
            rehearsal.world.previewMigration(
                of: Self.track,
                to: CompiledMachine(stricter, digest: "published-stricter"),
                in: tick
            )
        )
        #expect(preview.isNeeded && preview.obstacle == nil)
        #expect(preview.verdicts.map(\.condition) == ["used_enough"])
        #expect(preview.verdicts.map(\.now) == [.unmet])
        let reply = try ask(&rehearsal, "m", .migrate(to: "published-stricter"))
        #expect(reply?.accepted == true)
        _ = try rehearsal.round()
        let last = try #require(rehearsal.world.lastTick)
        let explanation = try #require(rehearsal.world.explain(Self.track, in: last))
        #expect(explanation.transitions.map(\.smallest) == preview.after.map(\.smallest))
        #expect(try rehearsal.replayed(full: true).divergences.isEmpty)
    }

    @Test func `a pinned machine that cannot be read any more blocks nothing`() throws {
        var broken = PublishedMachine.published
        for place in broken.conditions.indices where broken.conditions[place].name == "rejected" {
            broken.conditions[place].expr = "store.review.gone ==="
        }
        var rehearsal = try rehearsal(on: broken, digest: "broken")
        try see(20_000, in: &rehearsal)
        let round = try rehearsal.round()
        let turn = try #require(round.turns.first?.turn)
        let verdict = turn.decision.verdicts.first { $0.name == "rejected" }?.verdict
        #expect(verdict?.cause?.name == "disabled")
        try rehearsal.boot()
        _ = try rehearsal.round()
        try rehearsal.add(PublishedMachine.published, digest: "published")
        #expect(try ask(&rehearsal, "m", .migrate(to: "published"))?.accepted == true)
        let after = try #require(try rehearsal.round().turns.first?.turn)
        #expect(after.decision.machine == "published")
        #expect(try rehearsal.replayed(full: false).divergences.isEmpty)
    }

    @Test func `a pause in the same turn goes first, and by the old rules`() throws {
        var rehearsal = try rehearsal(on: PublishedMachine.published, digest: "published")
        _ = try rehearsal.round()
        let stricter = try #require(PublishedMachine.named("published-stricter"))
        try rehearsal.add(stricter, digest: "published-stricter")
        try rehearsal.ask(
            Command(
                id: "m",
                actor: "os:ada",
                scope: .track(Self.track),
                request: .migrate(to: "published-stricter")
            )
        )
        #expect(try ask(&rehearsal, "c", .cancel)?.accepted == true)
        #expect((rehearsal.world.commands["m"] ?? nil)?.accepted == false)
        #expect(rehearsal.world.states[Self.track]?.machine == "published")
    }
}
