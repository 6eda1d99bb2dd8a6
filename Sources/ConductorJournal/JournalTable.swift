/// The tables whose rows are chained, one for each kind of entry.
enum JournalTable: String, Sendable, Hashable, CaseIterable {
    case machine, boot, poll, tick, decision, command, intent, attempt, outcome, discovery, upkeep

    /// The columns that the chain covers, beside `seq`, in the order in which rows are coded.
    ///
    /// They are what a row means: where a table keeps a small number for a text (a poll's channel
    /// and body), this is the text.
    var columns: [String] {
        switch self {
        case .machine: ["digest", "canonical", "source"]
        case .boot: ["at_ms", "elapsed_ms", "engine", "files", "process", "calendars", "zones"]
        case .poll:
            [
                "source", "scope", "at_ms", "elapsed_ms", "body", "observed_at", "failure",
                "message",
            ]
        case .tick:
            [
                "number", "at_ms", "elapsed_ms", "wall_step_ms", "stop_file", "shadow", "denied",
                "successors",
            ]
        case .decision: ["tick", "track", "decision", "state"]
        case .command:
            [
                "at_ms", "elapsed_ms", "id", "actor", "scope", "request", "details", "reason",
                "based_on",
            ]
        case .intent:
            [
                "tick", "key", "track", "scope", "step", "ordinal", "action", "kind", "class",
                "direction", "lane", "blocking", "policy", "parameters",
            ]
        case .attempt: ["at_ms", "elapsed_ms", "key", "track", "purpose", "number"]
        case .outcome:
            ["at_ms", "elapsed_ms", "key", "track", "number", "purpose", "answer", "details"]
        case .discovery:
            ["at_ms", "elapsed_ms", "track", "machine", "found_by", "stage", "since_ms"]
        case .upkeep: ["at_ms", "elapsed_ms", "event", "details"]
        }
    }

    /// Columns as they stand in the file, between `seq` and `hash`.
    private var storedColumns: [String] {
        switch self {
        case .poll:
            ["channel", "at_ms", "elapsed_ms", "body", "observed_at", "failure", "message"]
        case .machine, .boot, .tick, .decision, .command, .intent, .attempt, .outcome,
            .discovery, .upkeep:
            columns
        }
    }

    /// How a column's meaning is read.
    private func expression(_ column: String) -> String {
        switch (self, column) {
        case (.poll, "source"), (.poll, "scope"): "c.\(column)"
        case (.poll, "body"), (.tick, "shadow"):
            "CASE WHEN b.digest IS NOT NULL THEN lower(hex(b.digest)) END"
        default: "t.\"\(column)\""
        }
    }

    /// Reads rows; a `WHERE` over the table `t` follows.
    ///
    /// Columns: seq, hash, id of the channel, id of the body, whether either is missing, text of
    /// the body where an entry holds it, then `columns`.
    private var selection: String {
        var selected = ["t.seq", "t.hash"]
        var from = "FROM \"\(rawValue)\" t"
        switch self {
        case .poll:
            selected += ["t.channel", "t.body"]
            selected.append("c.id IS NULL OR (t.body IS NOT NULL AND b.id IS NULL)")
            selected.append("NULL")
            from += " LEFT JOIN channel c ON c.id = t.channel LEFT JOIN body b ON b.id = t.body"
        case .tick:
            selected += [
                "NULL", "t.shadow", "t.shadow IS NOT NULL AND b.id IS NULL", "b.canonical",
            ]
            from += " LEFT JOIN body b ON b.id = t.shadow"
        case .machine, .boot, .decision, .command, .intent, .attempt, .outcome, .discovery,
            .upkeep:
            selected += ["NULL", "NULL", "0", "NULL"]
        }
        selected += columns.map(expression)
        return "SELECT \(selected.joined(separator: ", ")) \(from) "
    }

    private var insertion: String {
        let columns = ["seq"] + storedColumns + ["hash"]
        let names = columns.map { "\"\($0)\"" }.joined(separator: ", ")
        let marks = columns.map { _ in "?" }.joined(separator: ", ")
        return "INSERT INTO \"\(rawValue)\" (\(names)) VALUES (\(marks))"
    }

    /// What is worked out once for each table.
    struct Shape: Sendable {
        let table: JournalTable
        let insert: String
        let select: String
        let header: ChainHeader
        let columnCount: Int

        fileprivate init(_ table: JournalTable) {
            self.table = table
            insert = table.insertion
            select = table.selection
            header = ChainHeader(table)
            columnCount = table.columns.count
        }
    }

    private static let shapes = allCases.map(Shape.init)

    var shape: Shape {
        switch self {
        case .machine: Self.shapes[0]
        case .boot: Self.shapes[1]
        case .poll: Self.shapes[2]
        case .tick: Self.shapes[3]
        case .decision: Self.shapes[4]
        case .command: Self.shapes[5]
        case .intent: Self.shapes[6]
        case .attempt: Self.shapes[7]
        case .outcome: Self.shapes[8]
        case .discovery: Self.shapes[9]
        case .upkeep: Self.shapes[10]
        }
    }
}

/// A row as it is stored, before anybody believes it.
struct StoredRow: Sendable {
    var table: JournalTable
    var sequence: Int64
    /// The chain's value after this row.
    var hash: [UInt8]
    var channel: Int64?
    var body: Int64?
    /// Whether the channel or the body that it names is not there.
    var isDangling: Bool
    /// The text of the body where the entry holds it (the tracks in shadow of a tick).
    var bodyText: Cell
    /// By `JournalTable.columns`.
    var cells: [Cell]

    init(_ table: JournalTable, _ row: RowReader) {
        self.table = table
        sequence = row.integer(0) ?? 0
        hash = row.bytes(1) ?? []
        channel = row.integer(2)
        body = row.integer(3)
        isDangling = row.integer(4) != 0
        bodyText = row[5]
        cells = []
        let count = table.shape.columnCount
        cells.reserveCapacity(count)
        for index in 0..<count { cells.append(row[6 + index]) }
    }
}
