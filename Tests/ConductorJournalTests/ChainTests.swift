import ConductorCore
import Foundation
import GRDB
import Testing

@testable import ConductorJournal

@Suite struct `Chain` {
    /// Verifies a journal of the samples after `sql` was done to it.
    private func verify(after sql: String, expectedHead: String? = nil) throws -> Verification {
        let scratch = try Scratch()
        try scratch.filled()
        try scratch.tamper(sql)
        return try scratch.read().verify(expectedHead: expectedHead)
    }

    private static let samples = Int64(Sample.entries.count)

    /// The first and the last row of each table, by place.
    private static func places() throws -> [(table: JournalTable, row: Int64)] {
        var places: [(JournalTable, Int64)] = []
        for table in JournalTable.allCases {
            let own = try Sample.entries.indices.filter {
                try Sample.entries[$0].encoded().table == table
            }
            places.append((table, Int64(try #require(own.first)) + 1))
            places.append((table, Int64(try #require(own.last)) + 1))
        }
        return places
    }

    @Test(arguments: JournalTable.allCases)
    func `a change of any column of any row is found, and named`(table: JournalTable) throws {
        let scratch = try Scratch()
        try scratch.filled()
        let original = try Data(contentsOf: URL(fileURLWithPath: scratch.journal))
        let columns = try DatabaseQueue(path: scratch.journal).read { database in
            try Row.fetchAll(database, sql: "PRAGMA table_info(\"\(table.rawValue)\")").map {
                (name: $0["name"] as String, type: $0["type"] as String)
            }
        }
        let rows = try Self.places().filter { $0.table == table }.map(\.row)
        var changes = 0
        for row in rows {
            for column in columns where column.name != "seq" {
                let name = "\"\(column.name)\""
                let change =
                    switch column.type {
                    case "INTEGER": "coalesce(\(name), 0) + 1"
                    case "TEXT": "coalesce(\(name), '') || 'x'"
                    default: "CAST(x'00' || substr(\(name), 2) AS BLOB)"
                    }
                try original.write(to: URL(fileURLWithPath: scratch.journal))
                try scratch.tamper(
                    "UPDATE \"\(table.rawValue)\" SET \(name) = \(change) WHERE seq = \(row)"
                )
                let verification = try scratch.read().verify()
                #expect(!verification.ok, "\(column.name) of row \(row)")
                #expect(
                    verification.faults.contains { $0.table == table.rawValue && $0.row == row },
                    "\(column.name) of row \(row): \(verification.faults)"
                )
                changes += 1
            }
        }
        #expect(changes >= 8)
    }

    @Test func `a fault is named once, at its row`() throws {
        let row = Self.samples - 5
        for change in ["number = number + 1", "hash = zeroblob(32)"] {
            let verification = try verify(
                after: "UPDATE outcome SET \(change) WHERE seq = \(row)"
            )
            #expect(verification.faults.count == 1)
            #expect(verification.faults.first?.row == row)
            #expect(verification.faults.first?.table == "outcome")
            #expect(verification.entries == Self.samples)
        }
    }

    @Test func `a dropped row of any table is found`() throws {
        for (table, row) in try Self.places() where row < Self.samples {
            let verification = try verify(
                after: "DELETE FROM \"\(table.rawValue)\" WHERE seq = \(row)"
            )
            #expect(
                verification.faults.contains { $0.row == row && $0.what.contains("missing") },
                "\(table) \(row): \(verification.faults)"
            )
        }
    }

    @Test func `a row dropped with all later places moved up is found`() throws {
        let tables = JournalTable.allCases.map { table in
            """
            UPDATE "\(table.rawValue)" SET seq = -seq WHERE seq > 3;
            UPDATE "\(table.rawValue)" SET seq = -seq - 1 WHERE seq < 0;
            """
        }
        let sql = "DELETE FROM discovery WHERE seq = 3;" + tables.joined()
        #expect(try !verify(after: sql).ok)
    }

    @Test func `an inserted row is found, wherever it stands`() throws {
        func insertion(at row: Int64) -> String {
            """
            INSERT INTO attempt
            SELECT \(row), at_ms, elapsed_ms, key, track, purpose, number, hash
            FROM attempt LIMIT 1
            """
        }
        for row in [-5, 0, 1, 7, Self.samples + 1, Self.samples + 5_000, 9_000_000_000_000] {
            let verification = try verify(after: insertion(at: row))
            #expect(!verification.ok, "at \(row)")
            let end = try verify(after: "DELETE FROM boot WHERE seq = 999").head
            if row <= Self.samples { #expect(verification.head == end) }
        }
        let twice = try verify(after: insertion(at: 7))
        #expect(twice.faults.map(\.table) == ["attempt"])
        #expect(twice.faults.map(\.row) == [7])
        let largest = try verify(after: insertion(at: .max))
        #expect(!largest.ok)
    }

    @Test func `inserted bodies and channels that no row names are found`() throws {
        let text = "{}"
        let digest = Digest.text(of: Array(text.utf8))
        let body = try verify(
            after: "INSERT INTO body (digest, canonical) VALUES (x'\(digest)', '\(text)')"
        )
        #expect(body.faults.map(\.table) == ["body"])
        let channel = try verify(after: "INSERT INTO channel (source, scope) VALUES ('a', 'b')")
        #expect(channel.faults.map(\.table) == ["channel"])
    }

    @Test func `swapped rows are found`() throws {
        let places = try verify(
            after: """
                UPDATE poll SET seq = -1 WHERE seq = 6;
                UPDATE poll SET seq = 6 WHERE seq = 7;
                UPDATE poll SET seq = 7 WHERE seq = -1;
                """
        )
        #expect(places.faults.contains { $0.row == 6 })
        let contents = try verify(
            after: """
                CREATE TEMP TABLE t AS SELECT * FROM outcome WHERE seq = \(Self.samples - 1);
                DELETE FROM outcome WHERE seq = \(Self.samples - 1);
                UPDATE outcome SET seq = \(Self.samples - 1) WHERE seq = \(Self.samples - 2);
                UPDATE t SET seq = \(Self.samples - 2);
                INSERT INTO outcome SELECT * FROM t;
                """
        )
        #expect(contents.faults.contains { $0.row == Self.samples - 2 })
    }

    @Test func `a row moved to another table is found`() throws {
        // Equal columns, other table: only the table's name in the header tells them apart.
        let scratch = try Scratch()
        try scratch.filled()
        let row = try DatabaseQueue(path: scratch.journal).read {
            try #require(try Int64.fetchOne($0, sql: "SELECT min(seq) FROM attempt"))
        }
        try scratch.tamper(
            """
            INSERT INTO outcome (seq, at_ms, elapsed_ms, key, track, number, purpose, answer, hash)
            SELECT seq, at_ms, elapsed_ms, key, track, number, purpose, 'absent', hash
            FROM attempt WHERE seq = \(row);
            DELETE FROM attempt WHERE seq = \(row);
            """
        )
        let verification = try scratch.read().verify()
        #expect(verification.faults.contains { $0.table == "outcome" && $0.row == row })
    }

    @Test func `a changed name of a channel is found in its polls`() throws {
        let verification = try verify(after: "UPDATE channel SET source = 'other' WHERE id = 1")
        #expect(verification.faults.contains { $0.table == "poll" })
        let gone = try verify(after: "DELETE FROM channel WHERE id = 1")
        #expect(gone.faults.contains { $0.table == "poll" && $0.what.contains("missing") })
    }

    @Test func `a changed or missing body is found`() throws {
        let changed = try verify(after: "UPDATE body SET canonical = '{}' WHERE id = 2")
        #expect(changed.faults.map(\.table) == ["body"])
        #expect(changed.faults.map(\.row) == [2])
        let missing = try verify(after: "DELETE FROM body WHERE id = 2")
        #expect(!missing.faults.isEmpty)
        #expect(missing.faults.allSatisfy { $0.table == "poll" && $0.what.contains("missing") })
        let redirected = try verify(
            after: "UPDATE body SET digest = zeroblob(32) WHERE id = 2"
        )
        #expect(redirected.faults.contains { $0.table == "body" && $0.row == 2 })
    }

    @Test func `a machine whose text has another digest is found`() throws {
        let verification = try verify(after: "UPDATE machine SET canonical = '{}'")
        #expect(verification.faults.contains { $0.what.contains("digest") })
    }

    @Test func `a machine that no row brings is missing`() throws {
        let scratch = try Scratch()
        let unknown = Digest.text(of: Array("other".utf8))
        try scratch.filled([
            .discovery(.init(at: Sample.stamp(0), track: Sample.ios, machine: unknown, by: "vcs"))
        ])
        let faults = try scratch.read().verify().faults
        #expect(faults.map(\.row) == [1])
        #expect(faults.first?.what.contains("missing") == true)
    }

    @Test func `rows that cannot be read are faults, whatever their hash says`() throws {
        let unreadable = [
            "UPDATE poll SET observed_at = '{' WHERE observed_at IS NOT NULL",
            "UPDATE command SET request = 'dance'", "UPDATE command SET details = '[1]'",
            "UPDATE intent SET policy = 'null'", "UPDATE intent SET class = ''",
            "UPDATE attempt SET track = 'x'", "UPDATE outcome SET answer = 'x'",
            "UPDATE boot SET files = '[]'", "UPDATE tick SET stop_file = 7",
            "UPDATE poll SET message = CAST(x'ff' AS TEXT) WHERE failure IS NOT NULL",
        ]
        for sql in unreadable {
            let verification = try verify(after: sql)
            #expect(verification.faults.contains { $0.what.contains("cannot be read") }, "\(sql)")
            let scratch = try Scratch()
            try scratch.filled()
            try scratch.tamper(sql)
            let error = #expect(throws: JournalError.self, "\(sql)") {
                try scratch.read().rows(after: 0) { _ in true }
            }
            #expect(error?.code == .unreadable)
        }
    }

    @Test func `a given head tells of rows cut off or appended at the end`() throws {
        let scratch = try Scratch()
        try scratch.filled()
        let head = try scratch.read().head()
        #expect(try scratch.read().verify(expectedHead: head.hash.uppercased()).ok)
        try scratch.tamper("DELETE FROM outcome WHERE seq = \(head.sequence)")
        let cut = try scratch.read().verify(expectedHead: head.hash)
        #expect(cut.faults.map(\.what).joined().contains("cut"))
        #expect(try scratch.read().verify().ok, "only the head tells")
        let journal = try scratch.write()
        let short = journal.head.hash
        _ = try journal.append([Sample.good(0, scope: .app("music"), at: 1)], bodies: [:])
        let appended = try scratch.read().verify(expectedHead: short)
        #expect(appended.faults.map(\.what).joined().contains("appended: 1 rows"))
    }

    @Test func `progress ends at the whole`() throws {
        let scratch = try Scratch()
        let journal = try scratch.write()
        let polls = (0..<2_500).map { Sample.good(0, scope: .app("music"), at: $0) }
        _ = try journal.append(polls, bodies: Sample.bodies)
        var seen: [Int64] = []
        let verification = try scratch.read().verify { checked, total in
            seen.append(checked)
            #expect(total == 2_500)
        }
        #expect(seen == [1_000, 2_000, 2_500])
        #expect(verification.ok && verification.entries == 2_500)
    }
}
