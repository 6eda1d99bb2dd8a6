import ConductorCore
import ConductorJournal
import ConductorTesting
import Testing

/// The disk in memory: what was synced outlives a loss of power, and nothing else must.
@Suite struct `The simulated disk` {
    private func open(_ disk: SimulatedDisk) throws -> Journal {
        try Journal(path: "/journal.sqlite", holder: "a test", create: true, vfs: disk.vfs)
    }

    private func boot(_ number: Int) -> Entry {
        let at = Stamp(wall: Instant(milliseconds: 1_772_442_000_000), elapsed: Int64(number))
        return .boot(.init(at: at, engine: "test", files: [:], process: number))
    }

    @Test(arguments: SimulatedDisk.Loss.allCases)
    func `a journal keeps what it acknowledged`(loss: SimulatedDisk.Loss) throws {
        let disk = SimulatedDisk(seed: 7)
        var head = JournalHead(sequence: 0, hash: "")
        do {
            let journal = try open(disk)
            for number in 1...40 { _ = try journal.append([boot(number)]) }
            head = journal.head
            disk.goDown()
            #expect(throws: JournalError.self) { try journal.append([boot(41)]) }
        }
        disk.comeUp(loss)
        #expect(try open(disk).head == head)
        let reader = try ReadOnlyJournal(path: "/journal.sqlite", vfs: disk.vfs)
        #expect(try reader.verify(expectedHead: head.hash).ok)
    }

    @Test func `wherever the power goes, what was acknowledged is there, and it verifies`() throws {
        var operation: Int64 = 1
        var isThrough = false
        while !isThrough {
            for loss in SimulatedDisk.Loss.allCases {
                let disk = SimulatedDisk(seed: UInt64(operation))
                disk.fail(at: operation)
                var acknowledged: Int64 = 0
                do {
                    let journal = try open(disk)
                    for number in 1...6 {
                        _ = try journal.append([boot(number)])
                        acknowledged = journal.head.sequence
                    }
                    isThrough = true
                    break
                } catch {
                    try #require(disk.isDown, "operation \(operation): \(error)")
                }
                disk.comeUp(loss)
                let found = try open(disk).head.sequence
                #expect(found == acknowledged || found == acknowledged + 1, "\(operation), \(loss)")
                let reader = try ReadOnlyJournal(path: "/journal.sqlite", vfs: disk.vfs)
                #expect(try reader.verify().ok, "\(operation), \(loss)")
            }
            operation += 1
        }
        #expect(operation > 40)
    }
}
