/// What a check of the whole journal found.
package struct Verification: Sendable, Equatable {
    /// Something that is not as it was written.
    package struct Fault: Sendable, Hashable {
        /// The table; `journal` where no table can be told, `database` for SQLite's own structure.
        package var table: String
        /// The row's place; for `body` and `channel` the row's id; 0 where there is none.
        package var row: Int64
        package var what: String

        package init(table: String, row: Int64, what: String) {
            self.table = table
            self.row = row
            self.what = what
        }
    }

    /// Rows that were read.
    package var entries: Int64
    /// The hash of the last row, 64 hex digits.
    package var head: String
    /// At most `faultLimit`, in the order in which they were found.
    package var faults: [Fault]
    /// Faults beyond `faultLimit`.
    package var omitted: Int

    /// Faults that are kept; the rest is counted.
    package static let faultLimit = 1_000

    package var ok: Bool { faults.isEmpty }

    init() {
        entries = 0
        head = ""
        faults = []
        omitted = 0
    }

    mutating func add(_ table: String, _ row: Int64, _ what: String) {
        if faults.count < Self.faultLimit {
            faults.append(Fault(table: table, row: row, what: what))
        } else {
            omitted += 1
        }
    }
}

extension ReadOnlyJournal {
    /// Checks every row, body and machine, the chain over them, and SQLite's own structure.
    ///
    /// It finds any single row before the last that was changed, inserted, dropped or swapped. That
    /// rows were cut off or appended at the end shows only against a head that was kept elsewhere.
    /// Rows appended while it runs are not looked at.
    ///
    /// - Parameters:
    ///   - expectedHead: what `head` printed; the journal must end exactly there.
    ///   - progress: called after each page with the rows checked so far and all rows.
    /// - Returns: what was found; `ok` if all is as it was written.
    /// - Throws: when nothing can be read at all; damage that lies further in is a fault.
    package func verify(
        expectedHead: String? = nil,
        progress: (_ checked: Int64, _ total: Int64) -> Void = { _, _ in }
    ) throws -> Verification {
        var verifier = Verifier(self, expectedHead: expectedHead)
        return try verifier.run(progress: progress)
    }
}
