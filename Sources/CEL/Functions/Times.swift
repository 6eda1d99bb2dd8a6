/// Parts of instants and spans of time (specification: "Timestamps", "Durations").
extension Library {
    private enum Part: String, CaseIterable {
        case fullYear = "getFullYear"
        case month = "getMonth"
        case dayOfMonth = "getDayOfMonth"
        case date = "getDate"
        case dayOfWeek = "getDayOfWeek"
        case dayOfYear = "getDayOfYear"
        case hours = "getHours"
        case minutes = "getMinutes"
        case seconds = "getSeconds"
        case milliseconds = "getMilliseconds"

        var isOfDuration: Bool {
            switch self {
            case .hours, .minutes, .seconds, .milliseconds: true
            default: false
            }
        }

        func of(_ instant: Timestamp, offset: Int64) -> Int64 {
            let date = CivilDate(secondsSinceEpoch: instant.seconds + offset)
            return switch self {
            case .fullYear: date.year
            case .month: date.month - 1
            case .dayOfMonth: date.day - 1
            case .date: date.day
            case .dayOfWeek: date.weekday
            case .dayOfYear: date.dayOfYear
            case .hours: date.hour
            case .minutes: date.minute
            case .seconds: date.second
            case .milliseconds: Int64(instant.nanoseconds) / 1_000_000
            }
        }

        /// Hours, minutes and seconds are of the whole span, milliseconds those within the second.
        func of(duration span: Int64) -> Int64? {
            switch self {
            case .hours: span / 3_600_000_000_000
            case .minutes: span / 60_000_000_000
            case .seconds: span / 1_000_000_000
            case .milliseconds: span % 1_000_000_000 / 1_000_000
            default: nil
            }
        }
    }

    static let times: [Function] = Part.allCases.map { part in
        let stem = part.rawValue
        var overloads: [Overload] = [
            .member("timestamp_\(stem)", [.timestamp], .int),
            .member("timestamp_\(stem)_with_tz", [.timestamp, .string], .int),
        ]
        if part.isOfDuration { overloads.append(.member("duration_\(stem)", [.duration], .int)) }
        return function(
            stem,
            overloads,
            .unary { value, _ throws(Halt) in
                switch value {
                case .timestamp(let instant): return .int(part.of(instant, offset: 0))
                case .duration(let span):
                    guard let number = part.of(duration: span) else { throw .noSuchOverload }
                    return .int(number)
                default: throw .noSuchOverload
                }
            },
            .binary { value, zone, frame throws(Halt) in
                guard case .timestamp(let instant) = value, case .string(let zone) = zone else {
                    throw .noSuchOverload
                }
                let offset = try offset(of: zone, at: instant.seconds, rules: frame.zones)
                return .int(part.of(instant, offset: offset))
            }
        )
    }

    /// The seconds east of UTC of a zone at an instant.
    private static func offset(
        of zone: String,
        at second: Int64,
        rules: ZoneRules
    ) throws(Halt) -> Int64 {
        if zone == "UTC" || zone.isEmpty { return 0 }
        if let fixed = fixedOffset(zone) { return fixed }
        guard let found = rules[zone] else {
            throw .failed(.invalidArgument, "unknown time zone \(quoted(zone))")
        }
        return Int64(found.offset(atSecond: second))
    }

    /// Whether a name is that of a zone whose rules must be handed in.
    static func needsRules(_ zone: String) -> Bool {
        zone != "UTC" && !zone.isEmpty && fixedOffset(zone) == nil
    }

    /// `+11:00`, `-02:30` or `02:00`.
    private static func fixedOffset(_ zone: String) -> Int64? {
        var reader = DigitReader(zone)
        let isBehind = reader.take("-")
        if !isBehind { _ = reader.take("+") }
        guard let hours = reader.number(digits: 2), reader.take(":"),
            let minutes = reader.number(digits: 2), reader.isAtEnd, hours < 24, minutes < 60
        else { return nil }
        return (hours * 60 + minutes) * (isBehind ? -60 : 60)
    }
}
