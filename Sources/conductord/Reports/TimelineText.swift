import ConductorCore

extension TimelineReport {
    private static let barWidth = 24
    /// Of what held a stay, those that are named beside its bar.
    private static let shownHoldings = 2

    func text(on page: Page) -> String {
        var lines = [page.paint(history.track.description, .bold)]
        if !history.stays.isEmpty { lines += ["", bars(on: page)] }
        lines.append("")
        var day = ""
        for event in history.events {
            let date = String(event.at.description.prefix(10))
            if date != day {
                lines.append(page.paint(date, .bold))
                day = date
            }
            lines += line(of: event, on: page)
        }
        return lines.joined(separator: "\n")
    }

    private func bars(on page: Page) -> String {
        let total = history.stays.reduce(0) { $0 + length(of: $1).milliseconds }
        var table = Table("STAGE", "HOURS", "", "SINCE", "HELD LONGEST BY")
        table.rows = history.stays.map { stay in
            let length = length(of: stay)
            let share =
                total == 0 ? 0 : Double(length.milliseconds) / Double(total) * Double(Self.barWidth)
            let full = length == .zero ? 0 : max(1, Int(share.rounded()))
            return [
                Cell(stay.stage, stay.until == nil ? .bold : .cyan),
                Cell(hours(length)),
                Cell(
                    String(repeating: "█", count: full)
                        + String(repeating: "░", count: max(0, Self.barWidth - full)),
                    .cyan
                ),
                Cell(Words.clock(stay.from) + (stay.until == nil ? " (now)" : ""), .faint),
                Cell(
                    holdings(in: stay).filter { $0.leaf != LeafKind.confirmation.rawValue }
                        .prefix(Self.shownHoldings)
                        .map { "\($0.by) \(Words.length($0.length))" }
                        .joined(separator: ", "),
                    .yellow
                ),
            ]
        }
        return table.text(on: page)
    }

    private func hours(_ span: Span) -> String {
        let tenths = (span.milliseconds + 180_000) / 360_000
        let text = "\(tenths / 10).\(tenths % 10) h"
        return String(repeating: " ", count: max(0, 8 - text.count)) + text
    }

    private func line(of event: TrackHistory.Event, on page: Page) -> [String] {
        let look = Self.look(of: event.kind)
        let time = String(event.at.description.dropFirst(11).prefix(8))
        let before = "  \(time)  \(look.sign) "
        let room = page.width.map { max(20, $0 - before.count) }
        let parts = room.map { Table.wrapped(event.words, to: $0) } ?? [event.words]
        return parts.enumerated().map { place, part in
            let head =
                place == 0
                ? "  \(page.paint(time, .faint))  \(page.paint(look.sign, look.inks)) "
                : String(repeating: " ", count: before.count)
            return head + page.paint(part, look.inks)
        }
    }

    private static func look(of kind: TrackHistory.Kind) -> (sign: String, inks: [Ink]) {
        switch kind {
        case .registered: ("+", [.bold])
        case .command: ("☞", [.blue])
        case .fired: ("»", [.cyan])
        case .entered: ("▶", [.bold, .cyan])
        case .intent: ("·", [.faint])
        case .attempt: ("↗", [.faint])
        case .outcome: ("↙", [])
        case .probe: ("⌕", [])
        case .blocked: ("‖", [.yellow])
        case .light: ("◆", [])
        case .error, .alert: ("✖", [.red])
        case .drift: ("≠", [.magenta])
        case .withheld: ("◌", [.magenta])
        case .abandoned: ("⊘", [.yellow])
        case .retired: ("■", [.faint])
        }
    }
}
