import ConductorCore
import Foundation
import GRDB
import Glibc
import Testing

@testable import ConductorJournal

@Suite struct `Durability` {
    @Test func `the writer syncs every commit, keeps a log, and checks references`() throws {
        let journal = try Scratch().write()
        #expect(try journal.pragma("synchronous") == "2")
        #expect(try journal.pragma("journal_mode") == "wal")
        #expect(try journal.pragma("foreign_keys") == "1")
    }

    @Test func `a connection that syncs less is refused`() throws {
        let scratch = try Scratch()
        let queue = try DatabaseQueue(path: scratch.journal)
        for level in ["OFF", "NORMAL"] {
            try queue.inDatabase { try $0.execute(sql: "PRAGMA synchronous = \(level)") }
            let error = #expect(throws: JournalError.self) {
                try queue.inDatabase { try Journal.requireFullSync($0, path: scratch.journal) }
            }
            #expect(error?.code == .notDurable)
        }
    }

    @Test func `a second writer is told who holds the journal`() async throws {
        let scratch = try Scratch()
        let journal = try scratch.write()
        let here = #expect(throws: JournalError.self) { try scratch.write() }
        #expect(here?.code == .inUse)
        let text = here?.description ?? ""
        #expect(text.hasPrefix("\(scratch.journal) is in use by the tests, process \(getpid()),"))
        #expect(text.contains("user ") && text.contains("since 20"))
        await #expect(processExitsWith: .success) {
            [path = scratch.journal as String, holder = Int(getpid()) as Int] in
            let error = #expect(throws: JournalError.self) {
                try Journal(path: path, holder: "another", create: true)
            }
            #expect(error?.description.contains("the tests, process \(holder),") == true)
        }
        try journal.close()
        try scratch.write().close()
    }

    @Test func `a closed journal says so, and gives the lock back`() throws {
        let scratch = try Scratch()
        let journal = try scratch.write()
        try journal.close()
        try journal.close()
        let error = #expect(throws: JournalError.self) { try journal.append(Sample.entries) }
        #expect(error?.code == .closed)
        _ = try scratch.write()
    }

    @Test func `children of the writer do not hold its lock`() throws {
        let scratch = try Scratch()
        var journal: Journal? = try scratch.write()
        #expect(journal != nil)
        // A plain fork and exec, which closes nothing that is not marked for it.
        #expect(unsafe system("sleep 5 >/dev/null 2>&1 &") == 0)
        journal = nil
        try scratch.write().close()
    }

    @Test(arguments: UInt64(0)..<5)
    func `kill -9 between and in appends loses nothing that was confirmed`(seed: UInt64)
        async throws
    {
        let scratch = try Scratch()
        let confirmed = scratch.directory + "/confirmed"
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [
                path = scratch.journal as String, confirmed = confirmed as String,
                seed = seed as UInt64
            ] in
            let journal = try Journal(path: path, holder: "doomed", create: true)
            let log = unsafe open(confirmed, O_WRONLY | O_CREAT, 0o644)
            // Some confirmations first, then the end, at whatever the writer is doing.
            let pause = UInt32(
                2_000 + seed.multipliedReportingOverflow(by: 7_919).partialValue % 20_000
            )
            var count: Int64 = 0
            while true {
                _ = try journal.append(
                    (0..<4).map { Sample.good($0, scope: .app("music"), at: count) },
                    bodies: Sample.bodies
                )
                count = journal.head.sequence
                let line = Array("\(count) \(journal.head.hash)\n".utf8)
                _ = unsafe pwrite(log, line, line.count, 0)
                if count == 20 {
                    Thread.detachNewThread {
                        usleep(pause)
                        kill(getpid(), SIGKILL)
                    }
                }
            }
        }
        let line = try String(contentsOfFile: confirmed, encoding: .utf8)
        let words = line.split(whereSeparator: \.isWhitespace)
        let count = try #require(Int64(words[0]))
        #expect(count >= 20)
        let journal = try scratch.write()
        #expect(journal.head.sequence >= count)
        #expect(journal.head.sequence % 4 == 0, "a batch is whole or not there")
        #expect(try scratch.read().verify().faults == [])
        var kept = false
        let reader = try scratch.read()
        let stored = try reader.read { try $0.rows(after: count - 1, through: count) }
        kept = stored.first.map { Digest.hex($0.hash) == String(words[1]) } ?? false
        #expect(kept, "the confirmed row is there with its hash")
        _ = try journal.append(Sample.entries, bodies: Sample.bodies)
        #expect(try reader.verify(expectedHead: journal.head.hash).ok)
    }

    @Test func `a full disk is said, and nothing was written`() throws {
        let scratch = try Scratch()
        let journal = try scratch.write()
        _ = try journal.append(Sample.entries, bodies: Sample.bodies)
        let head = journal.head
        try journal.limitPages(0)
        let many = (0..<500).map { Sample.good(0, scope: .app("music"), at: $0) }
        let error = #expect(throws: JournalError.self) { try journal.append(many) }
        #expect(error?.code == .diskFull)
        #expect(journal.head == head)
        #expect(try scratch.read().verify(expectedHead: head.hash).ok)
        try journal.limitPages(1_000_000)
        _ = try journal.append(many)
        #expect(try scratch.read().verify(expectedHead: journal.head.hash).ok)
    }

    @Test func `a file that may not grow is said, and nothing was written`() async throws {
        let scratch = try Scratch()
        try scratch.filled()
        await #expect(processExitsWith: .success) { [path = scratch.journal as String] in
            let journal = try Journal(path: path, holder: "the limited", create: false)
            let head = journal.head
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 300_000, rlim_max: rlim_t.max)
            let files = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
            #expect(unsafe setrlimit(files, &limit) == 0)
            let many = (0..<10_000).map { Sample.good(0, scope: .app("music"), at: $0) }
            let error = #expect(throws: JournalError.self) { try journal.append(many) }
            #expect(error.map { [.inputOutput, .diskFull].contains($0.code) } == true)
            #expect(journal.head == head)
            limit.rlim_cur = rlim_t.max
            #expect(unsafe setrlimit(files, &limit) == 0)
            _ = try journal.append(many)
            #expect(try ReadOnlyJournal(path: path).verify(expectedHead: journal.head.hash).ok)
        }
    }

    @Test func `somebody else's lock on the database is said`() throws {
        let scratch = try Scratch()
        let journal = try scratch.write()
        try journal.setBusyTimeout(20)
        let head = journal.head
        let other = try DatabaseQueue(path: scratch.journal)
        try other.inDatabase { database in
            try database.execute(sql: "BEGIN IMMEDIATE")
            let error = #expect(throws: JournalError.self) {
                try journal.append(Sample.entries, bodies: Sample.bodies)
            }
            #expect(error?.code == .locked)
            try database.execute(sql: "ROLLBACK")
        }
        #expect(journal.head == head)
        _ = try journal.append(Sample.entries, bodies: Sample.bodies)
    }

    @Test func `errors say code, place and remedy, and no value`() throws {
        let secret = DatabaseError(
            resultCode: .SQLITE_FULL,
            message: "database or disk is full",
            sql: "INSERT INTO poll VALUES ('hunter2')",
            arguments: ["hunter2"]
        )
        let text = JournalError(database: secret, path: "/x/journal.sqlite").description
        #expect(!text.contains("hunter2"))
        #expect(text.hasPrefix("/x/journal.sqlite cannot be written: the disk is full;"))
        #expect(text.hasSuffix("[disk_full]"))
    }
}

extension Journal {
    func pragma(_ name: String) throws -> String? {
        try queue.inDatabase { try String.fetchOne($0, sql: "PRAGMA \(name)") }
    }

    /// As if the disk had room for so many pages more than there are.
    func limitPages(_ more: Int) throws {
        try queue.inDatabase { database in
            let count = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            _ = try Int.fetchOne(database, sql: "PRAGMA max_page_count = \(count + more)")
        }
    }

    func setBusyTimeout(_ milliseconds: Int) throws {
        try queue.inDatabase { database in
            _ = try Int.fetchOne(database, sql: "PRAGMA busy_timeout = \(milliseconds)")
        }
    }
}
