import ConductorCore
import Foundation
import GRDB
import Testing

@testable import ConductorJournal

/// Journals of the fixtures, as an earlier program has left them.
enum Golden {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures")

    /// A copy of a fixture in a directory of its own.
    static func copy(_ name: String) throws -> Scratch {
        let scratch = try Scratch()
        try FileManager.default.copyItem(
            atPath: folder.appending(path: name).path,
            toPath: scratch.journal
        )
        return scratch
    }

    /// Decides every tick of a journal again.
    static func replay(_ reader: ReadOnlyJournal, full: Bool) throws -> Replay {
        let checkpoint = try reader.checkpoint()
        var replay = Replay(full: full)
        try reader.rows(after: 0) { row in
            if row.sequence <= checkpoint {
                try replay.fold(row.entry) { try reader.body($0) }
            } else {
                try replay.take(row.entry) { try reader.body($0) }
            }
            return true
        }
        try replay.finish { try reader.body($0) }
        return replay
    }
}

@Suite struct `The life of a journal` {
    private static let now = Sample.stamp(100).wall

    // MARK: Backup and restore

    @Test func `a backup beside a writer is whole, and replaces nothing unasked`() throws {
        let scratch = try Scratch()
        let journal = try scratch.write()
        _ = try journal.append(Sample.entries, bodies: Sample.bodies)
        let file = scratch.directory + "/backup.sqlite"
        let copy = try scratch.read().backUp(to: file, replaces: false)
        #expect(copy.verification.ok)
        #expect(copy.verification.head == journal.head.hash)
        _ = try journal.append(Sample.entries, bodies: Sample.bodies)
        #expect(try ReadOnlyJournal(path: file).head().hash == copy.verification.head)
        let error = #expect(throws: JournalError.self) {
            try scratch.read().backUp(to: file, replaces: false)
        }
        #expect(error?.code == .exists)
        #expect(try scratch.read().backUp(to: file, replaces: true).bytes > 0)
        #expect(try ReadOnlyJournal(path: file).head() == journal.head)
        #expect(!FileManager.default.fileExists(atPath: file + ".partial"))
    }

    @Test func `of a damaged journal there is no backup`() throws {
        let scratch = try Scratch()
        try scratch.filled()
        try scratch.tamper("UPDATE tick SET number = 77 WHERE number = 1")
        let file = scratch.directory + "/backup.sqlite"
        let copy = try scratch.read().backUp(to: file, replaces: false)
        #expect(copy.file == nil)
        #expect(!copy.verification.ok)
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test func `a restore keeps the old journal aside and says so in its last row`() throws {
        let scratch = try Scratch()
        try scratch.filled()
        let file = scratch.directory + "/backup.sqlite"
        _ = try scratch.read().backUp(to: file, replaces: false)
        let backup = try ReadOnlyJournal(path: file).head()
        let writer = try scratch.write()
        _ = try writer.append(Sample.entries, bodies: Sample.bodies)
        let busy = #expect(throws: JournalError.self) {
            try Journal.restore(file, to: scratch.journal, holder: "test", now: Self.now)
        }
        #expect(busy?.code == .inUse)
        let lost = writer.head
        try writer.close()

        let restored = try Journal.restore(
            file,
            to: scratch.journal,
            holder: "test",
            now: Self.now
        )
        #expect(restored.backup == backup)
        let aside = try #require(restored.keptAside)
        #expect(try ReadOnlyJournal(path: aside).head() == lost)
        let reader = try scratch.read()
        #expect(try reader.head() == restored.head)
        #expect(try reader.verify().ok)
        var last: JournalRow?
        try reader.rows(after: backup.sequence) { row in
            last = row
            return true
        }
        guard case .upkeep(let record)? = last?.entry else {
            Issue.record("the last row is \(String(describing: last))")
            return
        }
        #expect(record.event == .restored(head: backup.hash))
        #expect(record.at.elapsed == Sample.stamp(100).elapsed)
        // Once more in the same second: both old journals are kept.
        let again = try Journal.restore(file, to: scratch.journal, holder: "test", now: Self.now)
        #expect(again.keptAside != aside)
        try scratch.write().close()
    }

    @Test func `what is not whole is not restored`() throws {
        let scratch = try Scratch()
        try scratch.filled()
        let head = try scratch.read().head()
        let bad = try Scratch()
        try bad.filled()
        try bad.tamper("DELETE FROM command WHERE seq = (SELECT min(seq) FROM command)")
        let error = #expect(throws: JournalError.self) {
            try Journal.restore(bad.journal, to: scratch.journal, holder: "test", now: Self.now)
        }
        #expect(error?.code == .corrupt)
        #expect(try scratch.read().head() == head)
    }

    @Test func `a restore that was cut off keeps writers out until it is done again`() throws {
        let scratch = try Scratch()
        try scratch.filled()
        let file = scratch.directory + "/backup.sqlite"
        _ = try scratch.read().backUp(to: file, replaces: false)
        // As if the power had gone between the two renames.
        try FileManager.default.moveItem(
            atPath: scratch.journal,
            toPath: Journal.restoringPath(scratch.journal)
        )
        let error = #expect(throws: JournalError.self) { try scratch.write() }
        #expect(error?.code == .interrupted)
        #expect(error?.description.contains("run `restore` again") == true)
        _ = try Journal.restore(file, to: scratch.journal, holder: "test", now: Self.now)
        try scratch.write().close()
    }

    // MARK: Export and import

    private func lines(of reader: ReadOnlyJournal) throws -> [[UInt8]] {
        var lines: [[UInt8]] = []
        _ = try reader.export { line in
            lines.append(line)
            return true
        }
        return lines
    }

    private func importing(_ lines: [[UInt8]], to path: String) throws -> JournalHead {
        var rest = lines[...]
        return try Journal.importing(to: path) { rest.popFirst() }
    }

    @Test func `an export comes back as the same rows with the same hashes`() throws {
        let scratch = try Scratch()
        try scratch.filled()
        let reader = try scratch.read()
        let lines = try lines(of: reader)
        let path = scratch.directory + "/imported.sqlite"
        #expect(try importing(lines, to: path) == reader.head())
        let imported = try ReadOnlyJournal(path: path)
        #expect(try imported.verify().ok)
        #expect(try self.lines(of: imported) == lines)
        var entries: [Entry] = []
        try imported.rows(after: 0) { row in
            entries.append(row.entry)
            return true
        }
        #expect(entries == Sample.entries)
        let error = #expect(throws: JournalError.self) { try importing(lines, to: path) }
        #expect(error?.code == .exists)
    }

    @Test func `any line that is changed, dropped, doubled or swapped is refused`() throws {
        let scratch = try Scratch()
        try scratch.filled()
        let lines = try lines(of: scratch.read())
        let path = scratch.directory + "/imported.sqlite"
        func refused(_ lines: [[UInt8]], _ what: String) {
            let error = #expect(throws: JournalError.self, "\(what)") {
                try importing(lines, to: path)
            }
            #expect(error?.code == .badExport, "\(what): \(String(describing: error))")
            #expect(!FileManager.default.fileExists(atPath: path))
            #expect(!FileManager.default.fileExists(atPath: path + ".partial"))
        }
        for place in lines.indices {
            var dropped = lines
            dropped.remove(at: place)
            refused(dropped, "line \(place) dropped")
            var changed = lines
            let digit = try #require(changed[place].lastIndex { (48...57).contains($0) })
            changed[place][digit] = changed[place][digit] == 48 ? 49 : 48
            refused(changed, "line \(place) changed")
        }
        for place in lines.indices.dropLast() where place % 7 == 0 {
            var swapped = lines
            swapped.swapAt(place, place + 1)
            let isFreeOfOrder =
                lines[place].starts(with: Array(#"{"body""#.utf8))
                && lines[place + 1].starts(with: Array(#"{"body""#.utf8))
            if !isFreeOfOrder { refused(swapped, "lines \(place) and the next swapped") }
        }
        refused([], "nothing")
    }

    // MARK: Pruning

    @Test func `a pruned journal goes on as if nothing were gone`() throws {
        let scratch = try Golden.copy("journal-v1.golden")
        let before = try scratch.migrated()
        let whole = try Golden.replay(before, full: true)
        let planned = try before.plannedPrune(keeping: .hours(24))
        #expect(try before.head().sequence == before.verify().entries)
        let journal = try scratch.write()
        let report = try journal.prune(keeping: .hours(24), now: Self.now)
        try journal.close()
        #expect(report.rows == planned.rows)
        #expect(report.rows > 100)
        #expect(report.bytesAfter < report.bytesBefore)
        let reader = try scratch.read()
        let verification = try reader.verify()
        #expect(verification.faults == [])
        #expect(verification.entries == 661 - report.rows)
        let replay = try Golden.replay(reader, full: true)
        #expect(replay.divergences == [])
        #expect(replay.ticks > 0 && replay.ticks < whole.ticks)
        #expect(replay.world.states == whole.world.states)
        #expect(replay.world.readings == whole.world.readings)
        #expect(replay.world.commands == whole.world.commands)
        #expect(replay.world.open.count == whole.world.open.count)
        #expect(try Golden.replay(reader, full: false).divergences == [])
        // Again, further: seals that meet become one.
        let again = try scratch.write()
        let second = try again.prune(keeping: .zero, now: Self.now)
        try again.close()
        #expect(second.rows > 0)
        #expect(try scratch.read().verify().faults == [])
        let third = try scratch.write()
        #expect(try third.prune(keeping: .zero, now: Self.now).rows == 0)
    }

    @Test func `what is pruned is told from what is missing`() throws {
        let scratch = try Golden.copy("journal-v1.golden")
        let journal = try scratch.write()
        _ = try journal.prune(keeping: .hours(24), now: Self.now)
        try journal.close()
        let reader = try scratch.read()
        let through = try reader.checkpoint()
        let ticks = try reader.ticks()
        let last = try #require(ticks.last { $0.sequence <= through })
        for row in ticks {
            guard case .tick(let tick) = row.entry else { continue }
            if row.sequence < last.sequence {
                let error = #expect(throws: JournalError.self) {
                    try reader.requireNotPruned(row, asked: tick.at.wall)
                }
                #expect(error?.code == .pruned)
            } else {
                try reader.requireNotPruned(row, asked: tick.at.wall)
            }
        }
        // A row that no seal covers is missing.
        try scratch.tamper("DELETE FROM tick WHERE seq = \(last.sequence)")
        let verification = try scratch.read().verify()
        #expect(verification.faults.contains { $0.what.contains("missing") })
    }

    @Test func `an export of a pruned journal comes back with its seals`() throws {
        let scratch = try Golden.copy("journal-v1.golden")
        let journal = try scratch.write()
        _ = try journal.prune(keeping: .hours(24), now: Self.now)
        try journal.close()
        let reader = try scratch.read()
        let path = scratch.directory + "/imported.sqlite"
        #expect(try importing(lines(of: reader), to: path) == reader.head())
        #expect(try ReadOnlyJournal(path: path).verify().ok)
        #expect(try ReadOnlyJournal(path: path).checkpoint() == reader.checkpoint())
    }

    // MARK: Earlier schemas

    /// A journal of each schema: the last hash and place, and the ticks.
    ///
    /// The first was left by the program of its time. The second and third were made when there
    /// was a fourth, of rows that leave its columns and tables empty, and those were taken out.
    private static let goldens: [(file: String, head: String, rows: Int64, ticks: Int)] = [
        (
            "journal-v1.golden",
            "4826133086c802f9d35dd1f76a24c645f428e6af7ca87fa2dbe9036bc477ee1a", 660, 67
        ),
        (
            "journal-v2.golden",
            "ee9ecab635a6b5187cc3b503dc6b06646e4c1577a2be07df99de383576c5c140", 51, 10
        ),
        (
            "journal-v3.golden",
            "58044904569f231aba1a6953a51d5d6bafdfa632be671496b2012d74c7aa2985", 56, 12
        ),
        (
            "journal-v4.golden",
            "b985c48cad6c4e57a9c366a56ed0aa08c2525bcf04d42d6575949acd0cc27c56", 56, 12
        ),
    ]

    @Test func `every schema has a golden journal`() {
        let names = (1...Schema.migrator.migrations.count).map { "journal-v\($0).golden" }
        #expect(Self.goldens.map(\.file) == names)
    }

    @Test(arguments: goldens.indices)
    func `a journal of an earlier schema is brought up to date, row by row the same`(index: Int)
        throws
    {
        let golden = Self.goldens[index]
        let scratch = try Golden.copy(golden.file)
        if index + 1 < Self.goldens.count {
            let old = #expect(throws: JournalError.self) { try scratch.read() }
            #expect(old?.code == .olderSchema)
        }
        let journal = try scratch.write()
        #expect(journal.head.hash == golden.head)
        #expect(journal.head.sequence == golden.rows)
        _ = try journal.append(Sample.entries, bodies: Sample.bodies)
        let reader = try scratch.read()
        #expect(try reader.verify(expectedHead: journal.head.hash).ok)
    }

    @Test(arguments: goldens.indices) func `a golden journal replays`(index: Int) throws {
        let reader = try Golden.copy(Self.goldens[index].file).migrated()
        for full in [false, true] {
            let replay = try Golden.replay(reader, full: full)
            #expect(replay.ticks == Self.goldens[index].ticks)
            // Nothing that 0.2.0 decides otherwise (Docs/engine.md) is in it.
            #expect(replay.divergences == [])
        }
    }

    // MARK: Tampering

    /// A journal with every table filled, seals and upkeep included.
    private func pruned() throws -> Scratch {
        let scratch = try Golden.copy("journal-v1.golden")
        let journal = try scratch.write()
        _ = try journal.prune(keeping: .hours(24), now: Self.now)
        _ = try journal.append(Sample.entries, bodies: Sample.bodies)
        try journal.close()
        return scratch
    }

    @Test func `a change of any column of a seal, a dropped and an added one are found`() throws {
        let scratch = try pruned()
        let original = try Data(contentsOf: URL(filePath: scratch.journal))
        let changes =
            ["first = first - 1", "first = first + 1", "last = last + 1", "last = last - 1"]
            + ["first_hash", "last_hash"].map { "\($0) = CAST(x'00' || substr(\($0), 2) AS BLOB)" }
        var statements = changes.map {
            "UPDATE OR IGNORE seal SET \($0) WHERE first = (SELECT max(first) FROM seal)"
        }
        statements += [
            "DELETE FROM seal WHERE first = (SELECT min(first) FROM seal)", "DELETE FROM seal",
            "INSERT INTO seal SELECT 9000000, 9000001, first_hash, last_hash FROM seal LIMIT 1",
        ]
        for sql in statements {
            try original.write(to: URL(filePath: scratch.journal))
            #expect(try scratch.read().verify().ok)
            try scratch.tamper(sql)
            #expect(try !scratch.read().verify().ok, "\(sql)")
        }
    }

    @Test func `an index, a view or a trigger that is not the journal's is found`() throws {
        let changes = [
            "DROP INDEX tick_by_time", "DROP VIEW poll_in_words",
            "CREATE INDEX other ON tick (number)",
            "CREATE TRIGGER t AFTER INSERT ON tick BEGIN DELETE FROM tick; END",
            "CREATE TABLE more (x)",
        ]
        for sql in changes {
            let scratch = try Scratch()
            try scratch.filled()
            try scratch.tamper(sql)
            let faults = try scratch.read().verify().faults
            #expect(faults.map(\.table) == ["database"], "\(sql): \(faults)")
        }
    }

    @Test func `a state that contradicts its decision is found though its hash is right`() throws {
        let scratch = try Golden.copy("journal-v1.golden")
        let journal = try scratch.write()
        var found: Entry.DecisionRecord?
        try scratch.read().rows(after: 0) { row in
            if case .decision(let record) = row.entry { found = record }
            return true
        }
        var record = try #require(found)
        var state = try #require(try JSON(stored: record.state).objectValue)
        state["stage"] = "rollout_100"
        record.state = JSON.object(state).description
        _ = try journal.append([.decision(record)])
        let faults = try scratch.read().verify().faults
        #expect(faults.count == 1)
        #expect(faults.first?.what == "contradicts itself: state is in another stage")
    }

    /// Random changes of random rows: none before the last row goes unseen.
    @Test(arguments: UInt64(1)...4)
    func `any single change, drop, insert or swap is found`(seed: UInt64) throws {
        let scratch = try pruned()
        let original = try Data(contentsOf: URL(filePath: scratch.journal))
        let end = try scratch.read().head().sequence
        var dice = Dice(seed: seed)
        for round in 0..<25 {
            try original.write(to: URL(filePath: scratch.journal))
            let table = JournalTable.allCases[dice.roll(JournalTable.allCases.count)]
            let rows = try scratch.rows(of: table, before: end)
            guard rows.count > 1 else { continue }
            let row = rows[dice.roll(rows.count)]
            let other = rows[dice.roll(rows.count)]
            let name = "\"\(table.rawValue)\""
            let column = "\"\(table.columnsInFile[dice.roll(table.columnsInFile.count)])\""
            let sql: String
            switch dice.roll(4) {
            case 0: sql = "DELETE FROM \(name) WHERE seq = \(row)"
            case 1:
                sql = """
                    UPDATE \(name) SET \(column) = CASE typeof(\(column))
                        WHEN 'integer' THEN \(column) + 1 WHEN 'text' THEN \(column) || ' '
                        WHEN 'blob' THEN zeroblob(32) ELSE 1 END WHERE seq = \(row)
                    """
            case 2 where row != other:
                sql = """
                    UPDATE \(name) SET seq = -1 WHERE seq = \(row);
                    UPDATE \(name) SET seq = \(row) WHERE seq = \(other);
                    UPDATE \(name) SET seq = \(other) WHERE seq = -1;
                    """
            default:
                let columns = table.columnsInFile.map { "\"\($0)\"" }.joined(separator: ", ")
                sql = """
                    INSERT INTO \(name) (seq, \(columns)) SELECT \(end + 50), \(columns)
                        FROM \(name) WHERE seq = \(row);
                    """
            }
            try scratch.tamper(sql)
            #expect(try !scratch.read().verify().ok, "round \(round): \(sql)")
        }
    }
}

/// The same numbers for the same seed.
private struct Dice {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 }

    mutating func roll(_ sides: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(sides))
    }
}

extension JournalTable {
    /// As they stand in the file, the hash included.
    fileprivate var columnsInFile: [String] {
        let own: [String] =
            switch self {
            case .poll: ["channel"] + columns.dropFirst(2)
            case .machine, .boot, .tick, .decision, .command, .intent, .attempt, .outcome,
                .discovery, .upkeep:
                columns
            }
        return own + ["hash"]
    }
}

extension ReadOnlyJournal {
    fileprivate func ticks() throws -> [JournalRow] {
        var ticks: [JournalRow] = []
        try rows(after: 0) { row in
            if case .tick = row.entry { ticks.append(row) }
            return true
        }
        return ticks
    }
}

extension Scratch {
    /// The journal, once a writer has brought it up to date.
    func migrated() throws -> ReadOnlyJournal {
        try write().close()
        return try read()
    }

    fileprivate func rows(of table: JournalTable, before end: Int64) throws -> [Int64] {
        let reader = try read()
        return try reader.read { database in
            var rows: [Int64] = []
            let sql = "SELECT seq FROM \"\(table.rawValue)\" WHERE seq < ? ORDER BY seq"
            try PreparedStatement(database, sql).rows([.integer(end)]) { row in
                rows.append(row.integer(0) ?? 0)
            }
            return rows
        }
    }
}
