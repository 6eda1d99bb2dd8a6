import ConductorCore
import GRDB

/// The end of the journal: its last row, and the hash over all rows up to it.
package struct JournalHead: Sendable, Hashable {
    /// The last row's place; 0 for an empty journal.
    package var sequence: Int64
    /// 64 hex digits; all zero for an empty journal.
    package var hash: String

    package init(sequence: Int64, hash: String) {
        self.sequence = sequence
        self.hash = hash
    }

    /// How many rows there are: places have no gaps.
    package var entries: Int64 { sequence }
}

extension Database {
    /// The last row of all tables and its hash.
    func journalHead() throws -> (sequence: Int64, hash: [UInt8]) {
        var head: (sequence: Int64, hash: [UInt8]) = (0, Digest.genesis)
        for table in JournalTable.allCases {
            let statement = try PreparedStatement(
                self,
                "SELECT seq, hash FROM \"\(table.rawValue)\" ORDER BY seq DESC LIMIT 1"
            )
            let last = try statement.first([]) { ($0.integer(0) ?? 0, $0.bytes(1) ?? []) }
            if let last, last.0 > head.sequence { head = last }
        }
        return head
    }
}
