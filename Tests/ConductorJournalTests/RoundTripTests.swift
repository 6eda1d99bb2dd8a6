import ConductorCore
import Foundation
import GRDB
import Testing

@testable import ConductorJournal

@Suite struct `Round trip` {
    @Test func `every kind of entry reads back as it was written`() throws {
        let scratch = try Scratch()
        let journal = try scratch.write()
        let places = try journal.append(Sample.entries, bodies: Sample.bodies)
        #expect(places == Array(1...Int64(Sample.entries.count)))
        var rows: [JournalRow] = []
        try scratch.read().rows(after: 0) { row in
            rows.append(row)
            return true
        }
        #expect(rows.map(\.sequence) == places)
        for (row, entry) in zip(rows, Sample.entries) { #expect(row.entry == entry) }
        #expect(rows.count == Sample.entries.count)
        #expect(try scratch.read().verify().faults == [])
    }

    @Test func `rows start after a place, stop when asked, and come in many pages`() throws {
        let scratch = try Scratch()
        let journal = try scratch.write()
        let polls = (0..<2_500).map { Sample.good(0, scope: .app("music"), at: $0) }
        _ = try journal.append(polls, bodies: Sample.bodies)
        var seen: [Int64] = []
        try scratch.read().rows(after: 990) { row in
            seen.append(row.sequence)
            return row.sequence < 2_200
        }
        #expect(seen == Array(991...2_200))
        seen = []
        try scratch.read().rows(after: 0) { row in
            seen.append(row.sequence)
            return true
        }
        #expect(seen == Array(1...2_500))
    }

    @Test func `bodies are stored once and come back by digest`() throws {
        let scratch = try Scratch()
        let journal = try scratch.write()
        for minute in 0..<3 {
            _ = try journal.append(
                [Sample.good(1, scope: .app("music"), at: Int64(minute))],
                bodies: Sample.bodies
            )
        }
        let reader = try scratch.read()
        #expect(try reader.body(Sample.digest(Sample.body(1))) == Sample.body(1))
        let stored = try reader.queue.read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM body")
        }
        #expect(stored == 1, "bodies that no entry names are not stored")
        #expect(throws: JournalError.self) { try reader.body(Sample.digest(Sample.body(2))) }
        #expect(throws: JournalError.self) { try reader.body("no digest") }
    }

    @Test func `a journal opened again goes on where it was`() throws {
        let scratch = try Scratch()
        let first = try scratch.write()
        _ = try first.append(Sample.entries, bodies: Sample.bodies)
        let head = first.head
        try first.close()
        let second = try scratch.write()
        #expect(second.head == head)
        let place = try second.append([Sample.good(1, scope: .app("music"), at: 9)], bodies: [:])
        #expect(place == [head.sequence + 1])
        #expect(try scratch.read().head() == second.head)
        #expect(try scratch.read().verify().faults == [])
    }

    @Test func `an empty journal has the genesis for a head and verifies`() throws {
        let scratch = try Scratch()
        let journal = try scratch.write()
        #expect(journal.head == JournalHead(sequence: 0, hash: String(repeating: "0", count: 64)))
        #expect(try journal.append([], bodies: Sample.bodies) == [])
        let verification = try scratch.read().verify(expectedHead: journal.head.hash)
        #expect(verification.ok && verification.entries == 0)
        #expect(verification.head == journal.head.hash)
    }

    @Test func `entries that would not read back are refused and leave nothing behind`() throws {
        let scratch = try Scratch()
        let journal = try scratch.write()
        let fine = Sample.good(0, scope: .app("music"), at: 1)
        let refused: [Entry] = [
            Sample.decision(TrackID(app: "mu/sic", platform: "ios", version: "1"), tick: 1),
            Sample.good(0, scope: .app("with space"), at: 1),
            .machine(.init(digest: "ab", canonical: "{}", source: "")),
            Sample.good(77, scope: .app("music"), at: 1),
            .poll(
                .init(
                    source: "s",
                    scope: .installation,
                    at: Sample.stamp(1),
                    result: .ok(body: "nodigest", observedAt: [:])
                )
            ),
        ]
        for entry in refused {
            let error = #expect(throws: JournalError.self) {
                try journal.append([fine, entry], bodies: Sample.bodies)
            }
            #expect(error?.code == .invalidEntry)
            #expect(error?.description.contains("entry 1 of a batch") == true)
        }
        let lie = [Sample.digest(Sample.body(0)): Sample.body(1)]
        #expect(throws: JournalError.self) { try journal.append([fine], bodies: lie) }
        #expect(journal.head.sequence == 0)
        #expect(try scratch.read().head().sequence == 0)
        #expect(try journal.append([fine], bodies: Sample.bodies) == [1])
        #expect(try scratch.read().verify().faults == [])
    }

    @Test func `the quick writer of texts gives canonical JSON`() {
        let texts =
            ["", "plain", Sample.nasty, "\"", "\\\\", "a\"", "\"a", "ends\u{1f}"]
            + (0...0x7f).map { "x\(Unicode.Scalar(UInt8($0)))y" }
        for text in texts {
            var bytes: [UInt8] = []
            ChainHeader.write(text, into: &bytes)
            #expect(bytes == JSON.string(text).canonicalBytes)
        }
    }

    @Test func `a header is the canonical JSON that the documents describe`() throws {
        let scratch = try Scratch()
        try scratch.filled([Sample.good(2, scope: .app("music"), at: 0)])
        let json: JSON = [
            "at_ms": 1_772_442_000_000, "body": .string(Sample.digest(Sample.body(2))),
            "elapsed_ms": 0, "scope": "music", "seq": 1, "source": "tracker", "table": "poll",
        ]
        let bytes = [UInt8](repeating: 0, count: 32) + json.canonicalBytes
        #expect(try scratch.read().head().hash == Digest.text(of: bytes))
    }

    @Test func `a digest is the SHA-256 that other tools print`() {
        #expect(
            Digest.text(of: Array("abc".utf8))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
    }
}
