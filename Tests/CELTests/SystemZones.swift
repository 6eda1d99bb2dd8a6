import CEL
import Foundation

/// Zone rules built from the system's zone files, as a host does it.
let systemZones = ZoneRules(
    ["US/Central", "America/St_Johns", "Asia/Kathmandu", "Europe/Berlin", "Australia/Sydney"]
        .compactMap { name in
            guard let zone = TimeZone(identifier: name) else { return nil }
            let start = Date(timeIntervalSince1970: 0)
            var transitions: [ZoneRules.Transition] = []
            var date = start
            while let next = zone.nextDaylightSavingTimeTransition(after: date),
                next.timeIntervalSince1970 < 2_000_000_000
            {
                transitions.append(
                    ZoneRules.Transition(
                        from: Int64(next.timeIntervalSince1970),
                        offset: Int32(zone.secondsFromGMT(for: next.addingTimeInterval(1)))
                    )
                )
                date = next
            }
            return ZoneRules.Zone(
                name: name,
                initialOffset: Int32(zone.secondsFromGMT(for: start)),
                transitions: transitions
            )
        }
)
