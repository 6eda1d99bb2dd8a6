import ConductorCore
import ConductorJournal
import ConductorTesting
import Foundation
import Testing

@Suite struct `One tick read by itself` {
    /// A random world's rows in a journal; bodies go under the digests that a journal asks for.
    private func journal(_ random: RandomWorld, at path: String) throws -> ReadOnlyJournal {
        var bodies: [String: JSON] = [:]
        var digests: [String: String] = [:]
        for (name, body) in random.rehearsal.bodies {
            let digest = Digest.text(of: body.canonicalBytes)
            digests[name] = digest
            bodies[digest] = body
        }
        // A rehearsal names its machine as it likes; a journal asks for the digest.
        var names: [String: String] = [:]
        func named(_ text: String) -> String {
            names.reduce(text) { text, name in
                text.replacing("\"machine\":\"\(name.key)\"", with: "\"machine\":\"\(name.value)\"")
            }
        }
        let rows = random.rehearsal.rows.map { entry -> Entry in
            switch entry {
            case .machine(var record):
                let digest = Digest.text(of: Array(record.canonical.utf8))
                names[record.digest] = digest
                record.digest = digest
                return .machine(record)
            case .discovery(var record):
                record.machine = names[record.machine] ?? record.machine
                return .discovery(record)
            case .decision(var record):
                record.decision = named(record.decision)
                record.state = named(record.state)
                return .decision(record)
            case .poll(var poll):
                if case .ok(let name, let observed) = poll.result, let digest = digests[name] {
                    poll.result = .ok(body: digest, observedAt: observed)
                }
                return .poll(poll)
            case .boot, .tick, .command, .intent, .attempt, .outcome, .upkeep: return entry
            }
        }
        let journal = try Journal(path: path, holder: "test", create: true)
        _ = try journal.append(rows, bodies: bodies)
        try journal.close()
        return try ReadOnlyJournal(path: path)
    }

    @Test func `is known as the whole journal before it knows it`() throws {
        var open = 0
        for seed in UInt64(500)..<504 { open += try compare(seed: seed) }
        #expect(open > 0)
    }

    /// Compares every tick of a random world, and returns how many open attempts there were.
    private func compare(seed: UInt64) throws -> Int {
        var random = try RandomWorld(seed: seed)
        for _ in 0..<70 {
            try random.step()
            _ = try random.round()
        }
        let directory = NSTemporaryDirectory() + "standing-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let reader = try journal(random, at: directory + "/journal.sqlite")

        var world = World()
        var compared = 0
        var open = 0
        try reader.rows(after: 0) { row in
            if case .tick(let tick) = row.entry {
                for track in RandomWorld.tracks where world.states[track] != nil {
                    let standing = try #require(try Standing(of: track, at: row, in: reader))
                    let view = world.view(of: track, in: tick)
                    try #require(
                        standing.before.view(of: track, in: tick) == view,
                        "seed \(seed), tick \(tick.number), \(track)"
                    )
                    #expect(try standing.isReproduced(for: track), "\(tick.number), \(track)")
                    compared += 1
                    open += view.begun.count
                }
            }
            try world.apply(row.entry) { try reader.body($0) }
            return true
        }
        #expect(compared > 100)
        return open
    }
}
