/// Writes what the chain hashes of a row.
///
/// The header of a row is one canonical JSON object: the columns that are not NULL by their names,
/// and `seq` and `table`. A row's hash is SHA-256 over the 32 bytes of the hash before it (zeros
/// before the first row) and the header's bytes. Columns that are NULL are left out, so a column
/// that a later schema adds leaves the hashes of older rows as they are.
struct ChainHeader: Sendable {
    private enum Member: Sendable {
        case table, sequence
        case column(Int)
    }

    /// In canonical order, each with `"name":`.
    private let members: [(label: [UInt8], member: Member)]
    private let tableName: String

    init(_ table: JournalTable) {
        tableName = table.rawValue
        var named: [(name: String, member: Member)] = [("seq", .sequence), ("table", .table)]
        for (index, column) in table.columns.enumerated() { named.append((column, .column(index))) }
        members = named.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            .map { (Array("\"\($0.name)\":".utf8), $0.member) }
    }

    /// The hash of a row that follows `previous`; nil if a cell holds what no journal writes.
    func hash(after previous: [UInt8], sequence: Int64, cells: [Cell]) -> [UInt8]? {
        var bytes = previous
        guard write(sequence: sequence, cells: cells, into: &bytes) else { return nil }
        return Digest.sha256(bytes)
    }

    private func write(sequence: Int64, cells: [Cell], into bytes: inout [UInt8]) -> Bool {
        var size = 256
        for case .text(let text) in cells { size += text.utf8.count + text.utf8.count / 4 }
        bytes.reserveCapacity(bytes.count + size)
        bytes.append(UInt8(ascii: "{"))
        var isFirst = true
        for (label, member) in members {
            let cell: Cell
            switch member {
            case .table: cell = .text(tableName)
            case .sequence: cell = .integer(sequence)
            case .column(let index): cell = cells[index]
            }
            switch cell {
            case .null: continue
            case .bytes, .foreign: return false
            case .integer, .text: break
            }
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            bytes += label
            if case .integer(let number) = cell { bytes += String(number).utf8 }
            if case .text(let text) = cell { Self.write(text, into: &bytes) }
        }
        bytes.append(UInt8(ascii: "}"))
        return true
    }

    /// The same bytes as `JSON.string(text).canonicalBytes`, which a test holds it to; here runs
    /// that need no escape are copied whole, since this is most of the cost of an append.
    static func write(_ text: String, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { characters in
            var start = 0
            for unsafe(index, character) in unsafe characters.enumerated()
            where
                character < 0x20 || character == UInt8(ascii: "\"")
                || character == UInt8(ascii: "\\")
            {
                unsafe bytes.append(contentsOf: characters[start..<index])
                bytes += escape(character)
                start = index + 1
            }
            unsafe bytes.append(contentsOf: characters[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func escape(_ character: UInt8) -> [UInt8] {
        switch character {
        case UInt8(ascii: "\""): return Array("\\\"".utf8)
        case UInt8(ascii: "\\"): return Array("\\\\".utf8)
        case 0x08: return Array("\\b".utf8)
        case 0x09: return Array("\\t".utf8)
        case 0x0A: return Array("\\n".utf8)
        case 0x0C: return Array("\\f".utf8)
        case 0x0D: return Array("\\r".utf8)
        default:
            let hex = Array("0123456789abcdef".utf8)
            return Array("\\u00".utf8) + [hex[Int(character >> 4)], hex[Int(character & 15)]]
        }
    }
}
