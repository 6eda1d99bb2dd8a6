import ConductorCore
import Foundation
import Glibc
import Testing

@testable import ConductorJournal

@Suite struct `Faults of the disk` {
    /// A file system of its own in memory; nil where one may not mount.
    private final class SmallDisk {
        let scratch: Scratch

        init?(megabytes: Int) throws {
            scratch = try Scratch()
            guard
                Self.run("mount -t tmpfs -o size=\(megabytes)m tmpfs '\(scratch.directory)'")
            else { return nil }
        }

        deinit { _ = Self.run("umount '\(scratch.directory)'") }

        static func run(_ command: String) -> Bool {
            unsafe system(command + " >/dev/null 2>&1") == 0
        }
    }

    private static let many = (0..<200).map { Sample.good(0, scope: .app("music"), at: $0) }

    @Test func `a full disk gives the reserve back, once, and takes it again with room`() throws {
        guard let disk = try SmallDisk(megabytes: 12) else { return }
        let scratch = disk.scratch
        let journal = try Journal(
            path: scratch.journal,
            holder: "test",
            create: true,
            reserve: 2 << 20
        )
        #expect(journal.isLow() == false)
        _ = try journal.append(Sample.entries, bodies: Sample.bodies)
        let reserve = scratch.directory + "/reserve"
        #expect(FilePath.size(of: reserve) == 2 << 20)
        // Somebody else fills the disk.
        let filler = scratch.directory + "/filler"
        #expect(!SmallDisk.run("dd if=/dev/zero of='\(filler)' bs=64k"))
        // What comes now still finds a place.
        while journal.isLow() == false { _ = try journal.append(Self.many) }
        #expect(FilePath.size(of: reserve) == nil)
        _ = try journal.append(Sample.entries, bodies: Sample.bodies)
        #expect(journal.isLow() == true)
        #expect(try scratch.read().verify(expectedHead: journal.head.hash).ok)
        // Until the reserve is used up, too: then it is said, and nothing is lost.
        let error = #expect(throws: JournalError.self) {
            while true { _ = try journal.append(Self.many) }
        }
        #expect(error?.code == .diskFull)
        let head = journal.head
        #expect(try scratch.read().verify(expectedHead: head.hash).ok)
        try FileManager.default.removeItem(atPath: filler)
        #expect(journal.isLow() == false)
        #expect(FilePath.size(of: reserve) == 2 << 20)
        _ = try journal.append(Self.many)
        try journal.close()
        #expect(try scratch.read().verify(expectedHead: journal.head.hash).ok)
    }

    @Test func `a daemon that starts on a full disk knows it`() throws {
        guard let disk = try SmallDisk(megabytes: 4) else { return }
        let journal = try Journal(
            path: disk.scratch.journal,
            holder: "test",
            create: true,
            reserve: 8 << 20
        )
        #expect(journal.isLow() == true)
        #expect(FilePath.size(of: disk.scratch.directory + "/reserve") == nil)
        _ = try journal.append(Sample.entries, bodies: Sample.bodies)
        try journal.close()
    }

    @Test func `on a read-only file system nobody writes, and everybody reads`() throws {
        let scratch = try Scratch()
        try scratch.filled()
        let head = try scratch.read().head()
        let place = scratch.directory
        guard SmallDisk.run("mount --bind '\(place)' '\(place)'") else { return }
        defer { _ = SmallDisk.run("umount '\(place)'") }
        guard SmallDisk.run("mount -o remount,bind,ro '\(place)'") else { return }
        let error = #expect(throws: JournalError.self) { try scratch.write() }
        #expect(error?.code == .readOnly)
        #expect(try scratch.read().head() == head)
        #expect(try scratch.read().verify().ok)
    }

    /// What is left of a log whose end was never written, or was written in part.
    @Test(arguments: UInt64(1)...12)
    func `a torn log loses whole batches at its end, and nothing else`(seed: UInt64) throws {
        let scratch = try Scratch()
        let journal = try scratch.write()
        var heads: [Int64: String] = [0: Digest.hex(Digest.genesis)]
        for number in 0..<20 {
            _ = try journal.append(
                (0..<4).map { Sample.good($0, scope: .app("music"), at: Int64(number)) },
                bodies: Sample.bodies
            )
            heads[journal.head.sequence] = journal.head.hash
        }
        let torn = try Scratch()
        for end in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: scratch.journal + end,
                toPath: torn.journal + end
            )
        }
        let log = torn.journal + "-wal"
        let size = try #require(FilePath.size(of: log))
        let cut = Int64(seed &* 0x9e37_79b9_7f4a_7c15 >> 33) % size
        let handle = try FileHandle(forUpdating: URL(filePath: log))
        if seed.isMultiple(of: 2) {
            try handle.truncate(atOffset: UInt64(cut))
        } else {
            try handle.seek(toOffset: UInt64(cut))
            try handle.write(contentsOf: Data(repeating: 0xa5, count: 512))
        }
        try handle.close()
        do {
            let recovered = try torn.write()
            let head = recovered.head
            #expect(heads[head.sequence] == head.hash, "a whole batch, and as it was written")
            #expect(try torn.read().verify().ok)
            _ = try recovered.append(Sample.entries, bodies: Sample.bodies)
            #expect(try torn.read().verify(expectedHead: recovered.head.hash).ok)
            try recovered.close()
        } catch let error as JournalError {
            Issue.record("it cannot be opened: \(error)")
        }
    }

    @Test func `the script of the documents agrees, and finds a change`() throws {
        let scratch = try Golden.copy("journal-v1.golden")
        let journal = try scratch.write()
        _ = try journal.prune(keeping: .hours(24), now: Sample.stamp(100).wall)
        _ = try journal.append(Sample.entries, bodies: Sample.bodies)
        let head = journal.head
        try journal.close()
        let script = Golden.folder.deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Scripts/check-chain.py").path
        let command = "python3 '\(script)' '\(scratch.journal)' \(head.hash)"
        guard SmallDisk.run("python3 -c 'import sqlite3'") else { return }
        #expect(SmallDisk.run(command))
        try scratch.tamper("UPDATE outcome SET number = number + 1 WHERE number = 1")
        #expect(!SmallDisk.run(command))
    }
}
