import ConductorCore
import ConductorTesting
import Testing

@Suite struct `The same rules asked what they would do` {
    @Test(arguments: UInt64(600)..<616)
    func `would have done the same`(seed: UInt64) throws {
        var random = try RandomWorld(seed: seed)
        for _ in 0..<60 {
            try random.step()
            _ = try random.round()
        }
        let world = random.rehearsal.world
        var machines: [String: CompiledMachine] = [:]
        for track in RandomWorld.tracks {
            let state = try #require(world.states[track])
            machines["\(track.app)/\(track.platform)"] = world.machines[state.machine]
        }
        var whatIf = WhatIf(machines: machines, limits: random.rehearsal.limits)
        for row in random.rehearsal.rows {
            try whatIf.take(row) { try Rehearsal.body($0, in: random.rehearsal.bodies) }
        }
        try whatIf.finish { try Rehearsal.body($0, in: random.rehearsal.bodies) }
        #expect(whatIf.tracks == RandomWorld.tracks.sorted())
        // In shadow the recorded road is the world's, not the rules'.
        let otherwise = whatIf.findings.filter { $0.kind != .same && $0.track.app != "radio" }
        for finding in otherwise {
            Issue.record("\(finding.track) \(finding.kind) \(finding.from) \(finding)")
        }
    }
}
