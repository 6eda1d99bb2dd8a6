import ConductorCore
import GRDB

/// The lines of an export: one JSON object each, in canonical form.
///
/// First `{"conductord_journal":1,...}`, then rows in order of place, each after the bodies that it
/// is the first to name, seals where rows were pruned, and `{"end":...}` last. A row's line holds
/// the very bytes that the chain hashes.
enum ExportLine {
    /// The version of the format.
    static let version: Int64 = 1

    static func beginning(_ head: JournalHead) -> [UInt8] {
        let json: JSON = [
            "conductord_journal": .int(version), "entries": .int(head.entries),
            "head": .string(head.hash),
        ]
        return json.canonicalBytes
    }

    static func end(_ head: JournalHead) -> [UInt8] {
        JSON.object(["end": ["entries": .int(head.entries), "head": .string(head.hash)]])
            .canonicalBytes
    }

    static func body(digest: [UInt8], canonical: String) -> [UInt8] {
        JSON.object([
            "body": ["canonical": .string(canonical), "digest": .string(Digest.hex(digest))]
        ]).canonicalBytes
    }

    static func seal(_ seal: Seal) -> [UInt8] {
        JSON.object(["seal": seal.json]).canonicalBytes
    }

    /// Nil if a cell holds what no journal writes.
    static func row(_ row: StoredRow) -> [UInt8]? {
        var bytes = Array(#"{"hash":"\#(Digest.hex(row.hash))","row":"#.utf8)
        let header = row.table.shape.header
        guard header.write(sequence: row.sequence, cells: row.cells, into: &bytes) else {
            return nil
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}

extension ReadOnlyJournal {
    /// Writes the whole journal as lines of JSON, page by page.
    ///
    /// - Parameter write: takes one line, without its end; returns false when nobody reads it.
    /// - Returns: the head that the export ends with.
    /// - Throws: what `write` throws, or why a row cannot be read.
    package func export(_ write: ([UInt8]) throws -> Bool) throws -> JournalHead {
        let end = try head()
        let seals = try read { try $0.seals() }
        var written = Bitmap()
        guard try write(ExportLine.beginning(end)) else { return end }
        var last: Int64 = 0
        while last < end.sequence {
            if let seal = seals.covering(last + 1) {
                guard try write(ExportLine.seal(seal)) else { return end }
                last = seal.last
                continue
            }
            let upper = min(last + Self.pageRows, end.sequence)
            let page = try read { try $0.rows(after: last, through: upper) }
            guard page.first?.sequence == last + 1 else { throw gap(after: last) }
            for row in page {
                // A seal between two rows comes first in the next page.
                guard row.sequence == last + 1 else { break }
                last = row.sequence
                if let body = row.body, written.insert(body) {
                    guard let line = try read({ try $0.exportLine(ofBody: body) }) else {
                        throw unexportable(row)
                    }
                    guard try write(line) else { return end }
                }
                guard !row.isDangling, let line = ExportLine.row(row) else {
                    throw unexportable(row)
                }
                guard try write(line) else { return end }
            }
        }
        _ = try write(ExportLine.end(end))
        return end
    }

    private func unexportable(_ row: StoredRow) -> JournalError {
        JournalError(
            .unreadable,
            path: path,
            "has an unreadable row: \(row.table.rawValue) \(row.sequence); `verify` says more"
        )
    }
}

extension Database {
    fileprivate func exportLine(ofBody id: Int64) throws -> [UInt8]? {
        let sql = "SELECT digest, canonical FROM body WHERE id = ?"
        return try PreparedStatement(self, sql).first([.integer(id)]) { row in
            guard let digest = row.bytes(0), let canonical = row.text(1) else { return nil }
            return ExportLine.body(digest: digest, canonical: canonical)
        } ?? nil
    }
}
