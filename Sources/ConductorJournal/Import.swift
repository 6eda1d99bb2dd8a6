import ConductorCore
import GRDB

extension Journal {
    /// Makes a journal of an export: the same rows at the same places, with the same hashes.
    ///
    /// Every hash is computed anew and compared with the line; the file gets its name once all
    /// lines were taken in and checked.
    ///
    /// - Parameters:
    ///   - path: where the journal goes; nothing may be there.
    ///   - line: the next line without its end, nil after the last.
    /// - Returns: the head, as the export has it.
    /// - Throws: `badExport` with the number of the line, `exists`, or why it cannot be written.
    package static func importing(
        to path: String,
        _ line: () throws -> [UInt8]?
    ) throws -> JournalHead {
        guard FilePath.size(of: path) == nil else {
            throw JournalError(.exists, path: path, "is there already; import makes a new journal")
        }
        try FilePath.makeDirectory(FilePath.directory(of: path))
        let partial = path + ".partial"
        DurableFile.removeDatabase(partial)
        do {
            let journal = try Journal(unlocked: partial, create: true)
            var reader = ExportReader(path: path)
            var isDone = false
            while !isDone {
                var items: [ImportItem] = []
                while items.count < 500 {
                    guard let bytes = try line() else {
                        isDone = true
                        break
                    }
                    if let item = try reader.take(bytes) { items.append(item) }
                }
                try journal.insert(items)
            }
            let head = try reader.finish()
            try journal.close()
            let check = try ReadOnlyJournal(path: partial)
            guard try check.verify(expectedHead: head.hash).ok else {
                throw JournalError(.badExport, path: path, "does not pass `verify` after import")
            }
            try DurableFile.sync(partial)
            try DurableFile.move(partial, to: path)
            return head
        } catch {
            DurableFile.removeDatabase(partial)
            throw error
        }
    }
}

/// What a line of an export puts into the journal.
enum ImportItem {
    case row(EncodedEntry, sequence: Int64, hash: [UInt8])
    case body(digest: String, canonical: String)
    case seal(Seal)
}

/// Checks an export line by line.
struct ExportReader {
    private let path: String
    private var number = 0
    /// What the first line says of the end.
    private var promised: JournalHead?
    private var end: JournalHead?
    private var sequence: Int64 = 0
    private var hash = Digest.genesis

    init(path: String) { self.path = path }

    private func bad(_ what: String) -> JournalError {
        JournalError(.badExport, path: path, "cannot be made: line \(number) of the export \(what)")
    }

    /// What the line puts in; nil for the first and the last.
    mutating func take(_ bytes: [UInt8]) throws(JournalError) -> ImportItem? {
        number += 1
        guard let json = try? JSON(parsing: bytes) else { throw bad("is no JSON") }
        guard let promised else {
            guard json["conductord_journal"]?.intValue == ExportLine.version,
                let entries = json["entries"]?.intValue, let head = json["head"]?.stringValue
            else {
                throw bad("is not the beginning of an export of version \(ExportLine.version)")
            }
            promised = JournalHead(sequence: entries, hash: head)
            return nil
        }
        guard end == nil else { throw bad("comes after the end") }
        if let body = json["body"] {
            guard let digest = body["digest"]?.stringValue,
                let canonical = body["canonical"]?.stringValue,
                Digest.text(of: Array(canonical.utf8)) == digest
            else { throw bad("is a body that does not give its digest") }
            return .body(digest: digest, canonical: canonical)
        }
        if let seal = json["seal"] {
            guard let seal = Seal(seal), seal.first == sequence + 1 else {
                throw bad("is a seal that does not fit")
            }
            sequence = seal.last
            hash = seal.lastHash
            return .seal(seal)
        }
        if let last = json["end"] {
            guard last["entries"]?.intValue == sequence,
                last["head"]?.stringValue == Digest.hex(hash),
                promised == JournalHead(sequence: sequence, hash: Digest.hex(hash))
            else { throw bad("ends otherwise than the rows before it") }
            end = JournalHead(sequence: sequence, hash: Digest.hex(hash))
            return nil
        }
        return try row(json)
    }

    private mutating func row(_ json: JSON) throws(JournalError) -> ImportItem {
        guard let row = json["row"]?.objectValue,
            let table = row["table"]?.stringValue.flatMap(JournalTable.init),
            row["seq"]?.intValue == sequence + 1,
            Set(row.keys).subtracting(table.columns).subtracting(["table", "seq"]).isEmpty
        else { throw bad("is not row \(sequence + 1)") }
        var cells: [Cell] = []
        for column in table.columns {
            switch row[column] {
            case nil: cells.append(.null)
            case .string(let text): cells.append(.text(text))
            case .int(let number): cells.append(.integer(number))
            case .null, .bool, .double, .array, .object:
                throw bad("has a \(column) that is no text and no whole number")
            }
        }
        let next = table.shape.header.hash(after: hash, sequence: sequence + 1, cells: cells)
        guard let next, json["hash"]?.stringValue == Digest.hex(next) else {
            throw bad("does not give its hash after the row before")
        }
        sequence += 1
        hash = next
        return .row(
            EncodedEntry(table: table, cells: cells),
            sequence: sequence,
            hash: hash
        )
    }

    /// The head, once the last line was taken.
    func finish() throws(JournalError) -> JournalHead {
        guard let end else {
            throw JournalError(.badExport, path: path, "cannot be made: the export is cut off")
        }
        return end
    }
}
