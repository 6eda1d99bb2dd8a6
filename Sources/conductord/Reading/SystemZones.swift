import CEL
import Foundation

/// Zone rules as the system knows them, each zone looked up once.
final class SystemZones {
    private var known: [String: ZoneRules.Zone?] = [:]

    /// Before and after these years an offset is held to stay as it is.
    private static let first = Date(timeIntervalSince1970: -2_208_988_800)  // 1900
    private static let last = Date(timeIntervalSince1970: 7_258_118_400)  // 2200

    /// The rules of those names that are names of zones.
    func rules(_ names: [String]) -> ZoneRules {
        ZoneRules(names.compactMap(zone))
    }

    /// A zone for a calendar, with the changes of clocks of this century; nil where the system has
    /// none of the name.
    static func forCalendar(_ name: String) -> ZoneRules.Zone? {
        guard let zone = read(name) else { return nil }
        let century = Int64(946_684_800)...4_102_444_800
        return ZoneRules.Zone(
            name: name,
            initialOffset: zone.offset(atSecond: century.lowerBound),
            transitions: zone.transitions.filter { century.contains($0.from) }
        )
    }

    private func zone(_ name: String) -> ZoneRules.Zone? {
        if let zone = known[name] { return zone }
        let zone = Self.read(name)
        known[name] = .some(zone)
        return zone
    }

    private static func read(_ name: String) -> ZoneRules.Zone? {
        let letters = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "/_+-"))
        guard let first = name.unicodeScalars.first, CharacterSet.letters.contains(first),
            name.unicodeScalars.allSatisfy(letters.contains), name.count < 64,
            let zone = TimeZone(identifier: name)
        else { return nil }
        var transitions: [ZoneRules.Transition] = []
        var date = Self.first
        while let next = zone.nextDaylightSavingTimeTransition(after: date), next < last,
            next > date
        {
            transitions.append(
                .init(
                    from: Int64(next.timeIntervalSince1970),
                    offset: Int32(zone.secondsFromGMT(for: next.addingTimeInterval(1)))
                )
            )
            date = next
        }
        return ZoneRules.Zone(
            name: name,
            initialOffset: Int32(zone.secondsFromGMT(for: Self.first)),
            transitions: transitions
        )
    }
}
