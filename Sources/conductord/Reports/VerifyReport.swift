import ConductorCore
import ConductorJournal

/// What `verify` says.
struct VerifyReport: Sendable {
    var verification: Verification

    var json: JSON {
        [
            "ok": .bool(verification.ok),
            "entries": .int(verification.entries),
            "head": .string(verification.head),
            "faults": .array(
                verification.faults.map { fault in
                    [
                        "table": .string(fault.table), "row": .int(fault.row),
                        "what": .string(fault.what),
                    ]
                }
            ),
            "omitted": JSON(verification.omitted),
        ]
    }

    func text(on page: Page) -> String {
        let entries = "\(verification.entries) entries"
        guard !verification.ok else {
            return page.paint("✔ \(entries), every one as it was written", .green)
                + "\nhead \(verification.head)"
        }
        let count = verification.faults.count + verification.omitted
        var lines = [
            page.paint("✖ \(entries), \(count) \(count == 1 ? "fault" : "faults")", .bold, .red)
        ]
        lines += verification.faults.map { "  \($0.table) \($0.row): \($0.what)" }
        if verification.omitted > 0 { lines.append("  and \(verification.omitted) more") }
        return lines.joined(separator: "\n")
    }
}

/// What `head` says.
struct HeadReport: Sendable {
    var head: JournalHead

    var json: JSON { ["head": .string(head.hash), "entries": .int(head.entries)] }

    func text(on page: Page) -> String { "\(head.hash) \(head.entries)" }
}
