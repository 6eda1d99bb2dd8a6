import ConductorCore
import ConductorPorts

/// Reads one mapping of settings and gathers everything that is wrong with it.
///
/// Every getter notes that its key is known; `settled` reports the keys that nobody asked for.
final class SettingsReader {
    private let members: [String: JSON]
    private let path: [String]
    private var known: Set<String> = []
    private var isClosed = false
    /// Faults of this mapping and of all below it.
    private let log: Log

    private final class Log {
        var faults: [SettingsFault] = []
    }

    convenience init(_ settings: JSON) {
        self.init(settings, path: [], log: Log())
    }

    private init(_ settings: JSON, path: [String], log: Log) {
        self.path = path
        self.log = log
        switch settings {
        case .object(let members): self.members = members
        case .null: members = [:]
        case .bool, .int, .double, .string, .array:
            members = [:]
            log.faults.append(SettingsFault(.badValue, at: path, "should be a mapping"))
        }
    }

    /// Keys that stand here, in order.
    var keys: [String] { members.keys.sorted { $0.precedes($1) } }

    func has(_ key: String) -> Bool { members[key].map { $0 != .null } ?? false }

    /// The value of `key`, if there is one.
    func value(_ key: String) -> JSON? {
        known.insert(key)
        guard let value = members[key], value != .null else { return nil }
        return value
    }

    func fault(
        _ kind: SettingsFault.Kind,
        _ key: String? = nil,
        _ deeper: [String] = [],
        _ message: String,
        suggestion: String? = nil
    ) {
        log.faults.append(
            SettingsFault(
                kind,
                at: path + (key.map { [$0] } ?? []) + deeper,
                message,
                suggestion: suggestion
            )
        )
    }

    func missing(_ key: String, _ what: String) {
        known.insert(key)
        fault(.missingKey, nil, "'\(key)' is missing: \(what)")
    }

    func string(_ key: String) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.stringValue else {
            fault(.badValue, key, "should be a text, not \(value.kindOfValue)")
            return nil
        }
        return text
    }

    func flag(_ key: String) -> Bool? {
        guard let value = value(key) else { return nil }
        guard let flag = value.boolValue else {
            fault(.badValue, key, "should be true or false, not \(value.kindOfValue)")
            return nil
        }
        return flag
    }

    /// A whole number in `range`.
    func number(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = value(key) else { return nil }
        guard let number = value.intValue, let number = Int(exactly: number), range.contains(number)
        else {
            fault(
                .badValue,
                key,
                "should be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
            return nil
        }
        return number
    }

    func span(_ key: String) -> Span? {
        guard let text = string(key) else { return nil }
        guard let span = Span(text: text) else {
            fault(.badValue, key, "'\(text)' is no length of time; write for example 90s, 5m or 3h")
            return nil
        }
        return span
    }

    /// A list of texts; whole numbers are taken as their digits.
    func texts(_ key: String) -> [String]? {
        guard let value = value(key) else { return nil }
        guard let elements = value.arrayValue else {
            fault(.badValue, key, "should be a list of texts, not \(value.kindOfValue)")
            return nil
        }
        var texts: [String] = []
        for (index, element) in elements.enumerated() {
            switch element {
            case .string(let text): texts.append(text)
            case .int(let number): texts.append(String(number))
            case .null, .bool, .double, .array, .object:
                fault(
                    .badValue,
                    key,
                    [String(index)],
                    "should be a text, not \(element.kindOfValue); put it in quotes"
                )
            }
        }
        return texts.count == elements.count ? texts : nil
    }

    /// The mapping under `key`, read by its own reader.
    func mapping(_ key: String) -> SettingsReader? {
        guard let value = value(key) else { return nil }
        return SettingsReader(value, path: path + [key], log: log)
    }

    /// A template with the variables of `scope`, checked.
    func template(_ key: String, _ scope: TemplateScope, default standard: String? = nil)
        -> Template?
    {
        guard let text = string(key) ?? (has(key) ? nil : standard) else { return nil }
        return template(text, at: key, [], scope)
    }

    func template(_ text: String, at key: String?, _ deeper: [String], _ scope: TemplateScope)
        -> Template?
    {
        do {
            let template = try Template(text)
            try scope.check(template)
            return template
        } catch {
            fault(.badValue, key, deeper, error.message, suggestion: error.suggestion)
            return nil
        }
    }

    /// Reports the keys of this mapping that nobody asked for.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        for key in keys where !known.contains(key) {
            let candidates = known.sorted { $0.precedes($1) }
            fault(
                .unknownKey,
                key,
                "'\(key)' is not known here; known are: " + candidates.joined(separator: ", "),
                suggestion: nearest(to: key, among: candidates)
            )
        }
    }

    /// The meaning, unless anything was wrong.
    func settled<Value>(_ value: Value?) -> Settled<Value> {
        close()
        if let value, log.faults.isEmpty { return .meaning(value) }
        if log.faults.isEmpty { fault(.badValue, "these settings cannot be read") }
        return .faults(
            log.faults.sorted { left, right in
                left.path.lexicographicallyPrecedes(right.path) { $0.precedes($1) }
            }
        )
    }
}

extension SettingsReader {
    func fault(
        _ kind: SettingsFault.Kind,
        _ key: String?,
        _ message: String,
        suggestion: String? = nil
    ) {
        fault(kind, key, [], message, suggestion: suggestion)
    }

    private func fault(_ kind: SettingsFault.Kind, _ message: String) {
        fault(kind, nil, [], message)
    }
}

extension JSON {
    /// What kind of value this is, for messages.
    var kindOfValue: String {
        switch self {
        case .null: "nothing"
        case .bool: "true or false"
        case .int, .double: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "a mapping"
        }
    }
}
