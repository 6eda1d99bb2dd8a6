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

    /// Appends the canonical JSON of a row; false if a cell holds what no journal writes.
    func write(sequence: Int64, cells: [Cell], into bytes: inout [UInt8]) -> Bool {
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

    /// The same bytes as `JSON.string(text).canonicalBytes`, which a test holds it to; written
    /// into place in one go, since this is most of the cost of an append.
    static func write(_ text: String, into bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { characters in
            var count = characters.count + 2
            // By index: the formatter does not know `for unsafe`.
            for place in 0..<characters.count {
                let character = unsafe characters[place]
                guard needsEscape(character) else { continue }
                count += letter(afterBackslashFor: character) == nil ? 5 : 1
            }
            bytes.append(addingCapacity: count) { output in
                unsafe output.withUnsafeMutableBufferPointer { target, written in
                    unsafe write(characters, to: target)
                    written = count
                }
            }
        }
    }

    /// Fills `target`, which is exactly as long as what is written.
    private static func write(
        _ characters: UnsafeBufferPointer<UInt8>,
        to target: UnsafeMutableBufferPointer<UInt8>
    ) {
        unsafe target[0] = UInt8(ascii: "\"")
        var place = 1
        for source in 0..<characters.count {
            let character = unsafe characters[source]
            guard needsEscape(character) else {
                unsafe target[place] = character
                place += 1
                continue
            }
            unsafe target[place] = UInt8(ascii: "\\")
            if let letter = letter(afterBackslashFor: character) {
                unsafe target[place + 1] = letter
                place += 2
            } else {
                unsafe target[place + 1] = UInt8(ascii: "u")
                unsafe target[place + 2] = UInt8(ascii: "0")
                unsafe target[place + 3] = UInt8(ascii: "0")
                unsafe target[place + 4] = hexDigit(character >> 4)
                unsafe target[place + 5] = hexDigit(character & 15)
                place += 6
            }
        }
        unsafe target[place] = UInt8(ascii: "\"")
    }

    @inline(__always)
    private static func needsEscape(_ character: UInt8) -> Bool {
        character < 0x20 || character == UInt8(ascii: "\"") || character == UInt8(ascii: "\\")
    }

    /// Nil for what is written by its number.
    private static func letter(afterBackslashFor character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): character
        case 0x08: UInt8(ascii: "b")
        case 0x09: UInt8(ascii: "t")
        case 0x0A: UInt8(ascii: "n")
        case 0x0C: UInt8(ascii: "f")
        case 0x0D: UInt8(ascii: "r")
        default: nil
        }
    }

    private static func hexDigit(_ number: UInt8) -> UInt8 {
        number < 10 ? UInt8(ascii: "0") + number : UInt8(ascii: "a") + number - 10
    }
}
