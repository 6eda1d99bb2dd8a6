import ConductorCore
import Foundation
import GRDB
import Glibc
import Testing

@testable import ConductorJournal

@Suite struct `Reader` {
    @Test func `reads while a writer appends, and never a part of a batch`() async throws {
        let scratch = try Scratch()
        let journal = try scratch.write()
        let batches = 300
        async let writing: Void = {
            for batch in 0..<batches {
                let entries = (0..<3).map {
                    Sample.good($0, scope: .app("music"), at: Int64(batch))
                }
                _ = try journal.append(entries, bodies: Sample.bodies)
            }
        }()
        let reader = try scratch.read()
        var last: Int64 = 0
        while last < batches * 3 {
            #expect(try reader.head().sequence % 3 == 0)
            var count = 0
            try reader.rows(after: last) { row in
                last = row.sequence
                count += 1
                return count < 50
            }
        }
        try await writing
        #expect(try reader.verify(expectedHead: journal.head.hash).ok)
    }

    @Test func `a live journal verifies while it grows`() async throws {
        let scratch = try Scratch()
        let journal = try scratch.write()
        _ = try journal.append(Sample.entries, bodies: Sample.bodies)
        async let writing: Void = {
            for minute in Int64(0)..<200 {
                let fresh = Sample.body(1_000 + minute)
                let source = "s\(minute)"
                let poll = Sample.good(1_000 + minute, scope: .app("m"), source: source, at: minute)
                _ = try journal.append([poll], bodies: [Sample.digest(fresh): fresh])
            }
        }()
        let reader = try scratch.read()
        for _ in 0..<20 { #expect(try reader.verify().faults == []) }
        try await writing
    }

    @Test func `reads a closed journal that has neither log nor shared memory`() throws {
        let scratch = try Scratch()
        try scratch.filled()
        let names = try FileManager.default.contentsOfDirectory(atPath: scratch.directory)
        #expect(names.sorted() == ["journal.sqlite", "lock"])
        #expect(try scratch.read().verify().ok)
    }

    @Test(.enabled(if: geteuid() == 0, "only root may become somebody who owns nothing"))
    func `reads a copy where nothing may be written`() async throws {
        let scratch = try Scratch()
        try scratch.filled()
        try FileManager.default.removeItem(atPath: scratch.directory + "/lock")
        try scratch.allow(0o555)
        await #expect(processExitsWith: .success) { [path = scratch.journal as String] in
            setuid(65_534)
            let verification = try ReadOnlyJournal(path: path).verify()
            #expect(verification.ok && verification.entries == Sample.entries.count)
            let error = #expect(throws: JournalError.self) {
                try Journal(path: path, holder: "nobody", create: true)
            }
            #expect(error?.code == .readOnly)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root may become somebody who owns nothing"))
    func `says what to do where a log is left that cannot be read`() async throws {
        let scratch = try Scratch()
        let journal = try scratch.write()
        _ = try journal.append(Sample.entries, bodies: Sample.bodies)
        let copy = try Scratch()
        for name in ["journal.sqlite", "journal.sqlite-wal"] {
            try FileManager.default.copyItem(
                atPath: scratch.directory + "/" + name,
                toPath: copy.directory + "/" + name
            )
        }
        try copy.allow(0o555)
        await #expect(processExitsWith: .success) { [path = copy.journal as String] in
            setuid(65_534)
            let error = #expect(throws: JournalError.self) { try ReadOnlyJournal(path: path) }
            #expect(error?.description.contains("copy both files") == true)
        }
        try copy.allow(0o755)
        #expect(try copy.read().verify(expectedHead: journal.head.hash).ok)
    }

    @Test func `what is no journal is refused with a sentence`() throws {
        func code(_ contents: Data?, create: Bool) throws -> [JournalError.Code?] {
            let scratch = try Scratch()
            if let contents { try contents.write(to: URL(fileURLWithPath: scratch.journal)) }
            let reading = #expect(throws: JournalError.self) { try scratch.read() }
            let writing = #expect(throws: JournalError.self) {
                try Journal(path: scratch.journal, holder: "test", create: create)
            }
            if let contents {
                let after = try Data(contentsOf: URL(fileURLWithPath: scratch.journal))
                #expect(after == contents, "nothing was written to it")
            }
            return [reading?.code, writing?.code]
        }
        #expect(try code(nil, create: false) == [.missing, .missing])
        #expect(try code(Data(), create: false) == [.notAJournal, .notAJournal])
        let text = Data(String(repeating: "no database at all\n", count: 500).utf8)
        #expect(try code(text, create: true) == [.notAJournal, .notAJournal])
        let other = try Scratch()
        try DatabaseQueue(path: other.journal).write { try $0.execute(sql: "CREATE TABLE t (x)") }
        let foreign = try Data(contentsOf: URL(fileURLWithPath: other.journal))
        #expect(try code(foreign, create: true) == [.notAJournal, .notAJournal])
    }

    @Test func `a newer schema is refused, an older one by the reader alone`() throws {
        let scratch = try Scratch()
        try scratch.filled()
        try scratch.tamper("INSERT INTO grdb_migrations VALUES ('2: from the future')")
        for error in [
            #expect(throws: JournalError.self) { try scratch.read() },
            #expect(throws: JournalError.self) { try scratch.write() },
        ] {
            #expect(error?.code == .newerSchema)
            #expect(error?.description.contains("newer conductord") == true)
        }
        let old = try Scratch()
        try old.tamper("PRAGMA application_id = \(Schema.applicationID)")
        #expect(#expect(throws: JournalError.self) { try old.read() }?.code == .olderSchema)
        try old.write().close()
        #expect(try old.read().verify().ok)
    }

    @Test func `a truncated file gives faults or a clear error`() throws {
        let scratch = try Scratch()
        let journal = try scratch.write()
        let polls = (0..<3_000).map { Sample.good(0, scope: .app("music"), at: $0) }
        _ = try journal.append(polls, bodies: Sample.bodies)
        try journal.close()
        let whole = try Data(contentsOf: URL(fileURLWithPath: scratch.journal))
        for part in [0.1, 0.5, 0.9] {
            let cut = whole.prefix(Int(Double(whole.count) * part))
            try cut.write(to: URL(fileURLWithPath: scratch.journal))
            do {
                #expect(try !scratch.read().verify().ok)
            } catch let error as JournalError {
                #expect([.corrupt, .notAJournal].contains(error.code), "\(error)")
            }
        }
    }

    @Test func `damage on any single page is a fault or a clear error, never a crash`() throws {
        let scratch = try Scratch()
        let journal = try scratch.write()
        let polls = (0..<600).map { Sample.good($0 % 4, scope: .app("music"), at: $0) }
        _ = try journal.append(Sample.entries + polls, bodies: Sample.bodies)
        try journal.close()
        let whole = try Data(contentsOf: URL(fileURLWithPath: scratch.journal))
        let pages = whole.count / 4096
        #expect(pages > 30)
        var missed: [Int] = []
        for page in 0..<pages {
            var damaged = whole
            for byte in 0..<64 { damaged[page * 4096 + byte] ^= 0x5a }
            try damaged.write(to: URL(fileURLWithPath: scratch.journal))
            do {
                let verification = try scratch.read().verify()
                if verification.ok { missed.append(page) }
            } catch is JournalError {}
        }
        #expect(missed == [])
    }
}
