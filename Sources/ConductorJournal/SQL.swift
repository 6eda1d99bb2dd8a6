import GRDB
import GRDBSQLite

/// One value of a row, as SQLite keeps it.
enum Cell: Sendable, Hashable {
    case null
    case integer(Int64)
    case text(String)
    case bytes([UInt8])
    /// Nothing that the journal writes: a number with a fraction, text that is not UTF-8.
    case foreign(String)

    init(_ text: String?) {
        if let text { self = .text(text) } else { self = .null }
    }

    init(_ number: Int64?) {
        if let number { self = .integer(number) } else { self = .null }
    }
}

/// A statement of the connection's cache, with whole texts.
///
/// GRDB binds and reads text up to its first NUL character; what a backend says may hold one, and
/// the chain is over all of it. So the values go by SQLite's own calls, with their lengths.
struct PreparedStatement {
    private let database: Database
    private let statement: Statement

    init(_ database: Database, _ sql: String) throws {
        self.database = database
        statement = try database.cachedStatement(sql: sql)
    }

    /// Runs a statement that gives no rows.
    func run(_ cells: [Cell]) throws {
        defer { finish() }
        try bind(cells)
        while try step() {}
    }

    /// Calls `visit` for each row; the reader is good for the call only.
    func rows(_ cells: [Cell], visit: (RowReader) throws -> Void) throws {
        defer { finish() }
        try bind(cells)
        while try step() { try visit(RowReader(statement: statement)) }
    }

    /// What `read` makes of the first row; nil if there is none.
    func first<Value>(_ cells: [Cell], read: (RowReader) throws -> Value) throws -> Value? {
        defer { finish() }
        try bind(cells)
        return try step() ? read(RowReader(statement: statement)) : nil
    }

    private func finish() {
        unsafe sqlite3_reset(statement.sqliteStatement)
        unsafe sqlite3_clear_bindings(statement.sqliteStatement)
    }

    private func failure(_ code: CInt) -> DatabaseError {
        DatabaseError(resultCode: ResultCode(rawValue: code), message: database.lastErrorMessage)
    }

    private func step() throws -> Bool {
        switch unsafe sqlite3_step(statement.sqliteStatement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw failure(code)
        }
    }

    private func bind(_ cells: [Cell]) throws {
        for (position, cell) in cells.enumerated() {
            let code = unsafe bind(cell, at: CInt(position + 1), of: statement.sqliteStatement)
            guard code == SQLITE_OK else { throw failure(code) }
        }
    }

    @unsafe
    private func bind(_ cell: Cell, at index: CInt, of pointer: OpaquePointer) -> CInt {
        // SQLite copies the bytes before the call returns.
        let copy = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch cell {
        case .null, .foreign:
            return unsafe sqlite3_bind_null(pointer, index)
        case .integer(let number):
            return unsafe sqlite3_bind_int64(pointer, index, number)
        case .text(var text):
            guard !text.isEmpty else {
                return unsafe sqlite3_bind_text(pointer, index, "", 0, copy)
            }
            return text.withUTF8 { bytes in
                unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                    let count = UInt64(characters.count)
                    let encoding = UInt8(SQLITE_UTF8)
                    return unsafe sqlite3_bind_text64(
                        pointer,
                        index,
                        characters.baseAddress,
                        count,
                        copy,
                        encoding
                    )
                }
            }
        case .bytes(let bytes):
            return unsafe sqlite3_bind_blob64(pointer, index, bytes, UInt64(bytes.count), copy)
        }
    }
}

extension Database {
    /// Runs `body` in one transaction, which is durable when this returns.
    ///
    /// As GRDB's own `inTransaction`, but `BEGIN` and `COMMIT` come from the cache too: to parse
    /// them anew costs as much as to write the row.
    func inImmediateTransaction(_ body: () throws -> Void) throws {
        try PreparedStatement(self, "BEGIN IMMEDIATE TRANSACTION").run([])
        do {
            try body()
            try PreparedStatement(self, "COMMIT TRANSACTION").run([])
        } catch {
            // SQLite ends the transaction by itself after some errors.
            if isInsideTransaction {
                try? PreparedStatement(self, "ROLLBACK TRANSACTION").run([])
            }
            throw error
        }
    }
}

/// The columns of the row on which a statement stands.
///
/// Good only until the statement moves on. As a `~Copyable` type it would say so itself, but the
/// optimiser of Swift 6.3.1 aborts over generic functions that lend such a value.
struct RowReader {
    private let statement: Statement

    fileprivate init(statement: Statement) { self.statement = statement }

    subscript(index: Int) -> Cell {
        let pointer = unsafe statement.sqliteStatement
        let index = CInt(index)
        switch unsafe sqlite3_column_type(pointer, index) {
        case SQLITE_NULL: return .null
        case SQLITE_INTEGER: return unsafe .integer(sqlite3_column_int64(pointer, index))
        case SQLITE_TEXT:
            guard let start = unsafe sqlite3_column_text(pointer, index) else {
                return .foreign("text that cannot be read")
            }
            let count = unsafe Int(sqlite3_column_bytes(pointer, index))
            let bytes = unsafe UnsafeBufferPointer(start: start, count: count)
            guard let text = unsafe String(validating: bytes, as: UTF8.self) else {
                return .foreign("text that is not UTF-8")
            }
            return .text(text)
        case SQLITE_BLOB:
            let count = unsafe Int(sqlite3_column_bytes(pointer, index))
            guard count > 0, let start = unsafe sqlite3_column_blob(pointer, index) else {
                return .bytes([])
            }
            return unsafe .bytes(Array(UnsafeRawBufferPointer(start: start, count: count)))
        default: return .foreign("a number with a fraction")
        }
    }

    func integer(_ index: Int) -> Int64? {
        if case .integer(let number) = self[index] { number } else { nil }
    }

    func text(_ index: Int) -> String? {
        if case .text(let text) = self[index] { text } else { nil }
    }

    func bytes(_ index: Int) -> [UInt8]? {
        if case .bytes(let bytes) = self[index] { bytes } else { nil }
    }
}
