internal import CEL
internal import ConductorCore

extension ConfigurationReader {
    mutating func readCalendars(_ node: YAMLNode) {
        for entry in entries(node, of: "'calendars'") {
            guard let name = reader.name(entry.key, at: entry.keyPlace, of: "a calendar"),
                var section = reader.section(
                    entry.value,
                    of: "calendar '\(name.text)'",
                    at: name.place
                )
            else { continue }
            let zone = section.require("zone").flatMap(zone)
            let windows = section.take("open").map(windows) ?? [Self.always]
            let daysOff = section.take("closed").map(daysOff) ?? []
            section.finish()
            let calendar = zone.map { zone in
                ReleaseCalendar(
                    name: name.text,
                    zone: zone,
                    windows: windows,
                    daysOff: daysOff
                )
            }
            document.calendars.append(
                .init(name: name, calendar: calendar, source: reader.source)
            )
        }
    }

    /// Every day, all day.
    private static let always = ReleaseCalendar.Window(days: Array(0...6), from: 0, to: 1440)

    private func zone(_ node: YAMLNode) -> ZoneRules.Zone? {
        guard let name = reader.text(node, of: "'zone'") else { return nil }
        if name == "UTC" { return ZoneRules.Zone(name: name, initialOffset: 0) }
        if let zone = zones(name) { return zone }
        reader.report(
            .unknownZone,
            at: node.place,
            "this system has no time zone '\(FileReader.shortened(name))'; zones are named as in"
                + " Europe/Stockholm, or UTC"
        )
        return nil
    }

    private func windows(_ node: YAMLNode) -> [ReleaseCalendar.Window] {
        let nodes = reader.list(node, of: "'open'") ?? []
        if nodes.isEmpty, case .sequence = node.content {
            reader.report(.emptyList, at: node.place, "'open' names nothing")
        }
        return nodes.compactMap { node in
            guard var section = reader.section(node, of: "an entry of 'open'") else { return nil }
            var window = Self.always
            if let node = section.take("days") {
                let nodes = reader.list(node, of: "'days'", single: true) ?? []
                let days = nodes.compactMap {
                    reader.choice($0, of: "a day of the week", as: Weekday.self)
                }
                window.days = Weekday.allCases.indices.filter { index in
                    days.contains(Weekday.allCases[index])
                }
            }
            if let node = section.take("from") { window.from = minute(node) ?? window.from }
            if let node = section.take("to") { window.to = minute(node) ?? window.to }
            section.finish()
            guard window.from < window.to else {
                reader.report(
                    .badCalendarTime,
                    at: node.place,
                    "'from' comes before 'to'; what goes over midnight is written as two entries"
                )
                return nil
            }
            return window
        }
    }

    private enum Weekday: String, CaseIterable { case sun, mon, tue, wed, thu, fri, sat }

    /// A time of day, `00:00` to `24:00`, in minutes.
    private func minute(_ node: YAMLNode) -> Int? {
        guard let text = reader.text(node, of: "a time of day") else { return nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }),
            let hours = UInt(parts[0]), let minutes = UInt(parts[1]), minutes < 60,
            hours * 60 + minutes <= 1440
        {
            return Int(hours * 60 + minutes)
        }
        reader.report(
            .badCalendarTime,
            at: node.place,
            "'\(FileReader.shortened(text))' is no time of day such as \"09:00\", up to \"24:00\""
        )
        return nil
    }

    private func daysOff(_ node: YAMLNode) -> [ReleaseCalendar.DaysOff] {
        (reader.list(node, of: "'closed'", single: true) ?? []).compactMap { node in
            guard let text = reader.text(node, of: "a date in 'closed'") else { return nil }
            let ends = text.components(partedBy: "..").map(ReleaseCalendar.day)
            if let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
                first <= last
            {
                return .init(first: first, last: last)
            }
            reader.report(
                .badCalendarTime,
                at: node.place,
                "'\(FileReader.shortened(text))' is no date such as 2026-12-24, and no"
                    + " 2026-12-24..2027-01-06"
            )
            return nil
        }
    }
}

extension String {
    /// The parts between occurrences of a text.
    fileprivate func components(partedBy separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let found = rest.firstRange(of: separator) {
            parts.append(String(rest[..<found.lowerBound]))
            rest = rest[found.upperBound...]
        }
        return parts + [String(rest)]
    }
}
