import ConductorCore
import ConductorPorts

/// The facts that a generic source finds in a JSON document.
///
/// `NAME: TYPE`, or `NAME: {type, at, unit, subject, about, observed_at, max_age, empty}`. `at`,
/// `about` and `observed_at` are JSON Pointers; `at` is by default the name, its dots as `/`.
/// A value passes as it stands: what does not fit its type is for the core to see. Null is no
/// value. A fact whose `observed_at` is declared and cannot be read is absent: its age is unknown.
struct FactMap: Sendable {
    private struct Fact: Sendable {
        var entry: FactSchema.Entry
        var at: JSONPointer
        var about: JSONPointer?
        var observedAt: JSONPointer?
    }

    private let facts: [Fact]

    /// Reads `facts` and `observed_at`.
    init?(settings: SettingsReader) {
        let common = settings.pointer("observed_at")
        guard settings.has("facts") else {
            settings.missing("facts", "a mapping from the facts' names to their types")
            return nil
        }
        guard let reader = settings.mapping("facts") else { return nil }
        var facts: [Fact] = []
        for name in reader.keys {
            guard Self.isName(name) else {
                _ = reader.value(name)
                reader.fault(
                    .badFact,
                    name,
                    "'\(name)' is no name of a fact; write words of letters, digits and _ with "
                        + "dots between them"
                )
                continue
            }
            if let fact = Self.fact(name, reader, common) { facts.append(fact) }
        }
        if reader.keys.isEmpty {
            settings.fault(.badFact, "facts", "there should be at least one fact")
        }
        if facts.count > Limits.factsPerObservation {
            settings.fault(
                .badFact,
                "facts",
                "there are \(facts.count) facts, and at most \(Limits.factsPerObservation) may be"
            )
        }
        self.facts = facts
    }

    var schema: FactSchema { FactSchema(facts.map(\.entry)) }

    /// What the document says.
    func answer(_ document: JSON, _ redactor: Redactor) -> PollAnswer {
        var observation = Observation()
        for fact in facts {
            guard let value = fact.at.value(in: document), value != .null else { continue }
            if let pointer = fact.observedAt {
                guard let instant = pointer.value(in: document).flatMap(Self.instant) else {
                    continue
                }
                observation.observedAt[fact.entry.name] = instant
            }
            var about: String?
            switch fact.about?.value(in: document) {
            case .string(let text): about = redactor.redact(text)
            case .int(let number): about = String(number)
            case nil, .null, .bool, .double, .array, .object: about = nil
            }
            observation.facts[fact.entry.name] = ObservedFact(redactor.redact(value), about: about)
        }
        return .bounded(observation)
    }

    private static func fact(
        _ name: String,
        _ reader: SettingsReader,
        _ common: JSONPointer?
    ) -> Fact? {
        guard let value = reader.value(name) else {
            reader.fault(.badFact, name, "should be a type")
            return nil
        }
        guard case .object(let members) = value, members["type"] != nil || !isType(members) else {
            guard let type = type(value, name, [], reader) else { return nil }
            return Fact(
                entry: .init(name: name, type: type),
                at: JSONPointer(dotted: name),
                observedAt: common
            )
        }
        guard let settings = reader.mapping(name) else { return nil }
        defer { settings.close() }
        var declared: FactType?
        if let value = settings.value("type") {
            declared = type(value, "type", [], settings)
        } else {
            settings.missing("type", "one of \(typeNames.joined(separator: ", "))")
        }
        var subject = Subject.none
        if let text = settings.string("subject") {
            if let known = Subject(rawValue: text) {
                subject = known
            } else {
                let names = Subject.allCases.map(\.rawValue)
                settings.fault(
                    .badFact,
                    "subject",
                    "'\(text)' is no subject; there are: " + names.joined(separator: ", "),
                    suggestion: nearest(to: text, among: names)
                )
            }
        }
        let about = settings.pointer("about")
        switch subject {
        case .head, .candidate, .version:
            if !settings.has("about") {
                settings.missing("about", "where the data says which \(subject.rawValue) it means")
            }
        case .none:
            if about != nil {
                settings.fault(.badFact, "about", "says of what, but 'subject' does not say so")
            }
        }
        if let empty = settings.string("empty"), empty != "ok" {
            settings.fault(.badValue, "empty", "should be 'ok', or not be there", suggestion: "ok")
        }
        let at = settings.pointer("at") ?? JSONPointer(dotted: name)
        let observedAt = settings.pointer("observed_at") ?? common
        let unit = settings.string("unit")
        let maxAge = settings.span("max_age")
        guard let declared else { return nil }
        return Fact(
            entry: .init(
                name: name,
                type: declared,
                unit: unit,
                subject: subject,
                emptyIsKnown: settings.has("empty"),
                maxAge: maxAge
            ),
            at: at,
            about: about,
            observedAt: observedAt
        )
    }

    private static let typeNames = [
        "bool", "int", "double", "string", "timestamp", "duration", "{list: TYPE}", "{map: TYPE}",
        "{record: {FIELD: TYPE}}",
    ]

    /// Whether a mapping is a type by itself and not the long form.
    private static func isType(_ members: [String: JSON]) -> Bool {
        members.count == 1 && ["list", "map", "record"].contains(members.keys.first)
    }

    private static func type(
        _ value: JSON,
        _ key: String,
        _ deeper: [String],
        _ reader: SettingsReader
    ) -> FactType? {
        if let type = FactType(value) { return type }
        let word = value.stringValue
        reader.fault(
            .badFact,
            key,
            deeper,
            "\(word.map { "'\($0)'" } ?? value.kindOfValue) is no type; there are: "
                + typeNames.joined(separator: ", "),
            suggestion: word.flatMap { nearest(to: $0, among: typeNames.prefix(6)) }
        )
        return nil
    }

    /// Whether it is words of letters, digits and _ with dots between them.
    static func isName(_ name: String) -> Bool {
        name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { word in
            guard let first = word.utf8.first, first < 48 || first > 57 else { return false }
            return word.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
        }
    }

    /// RFC 3339, or seconds since 1970.
    private static func instant(_ value: JSON) -> Instant? {
        switch value {
        case .string(let text): return Instant(rfc3339: text)
        case .int(let seconds):
            let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
            return overflow ? nil : Instant(milliseconds: milliseconds)
        case .double(let seconds):
            return Int64(exactly: (seconds * 1000).rounded()).map(Instant.init(milliseconds:))
        case .null, .bool, .array, .object: return nil
        }
    }
}

extension PollAnswer {
    /// The observation, unless it is larger than one may be.
    static func bounded(_ observation: Observation) -> PollAnswer {
        let count = observation.facts.count
        guard count <= Limits.factsPerObservation else {
            return .failed(
                .tooLarge,
                message: "\(count) facts, and at most \(Limits.factsPerObservation) may be"
            )
        }
        let size = observation.body.canonicalBytes.count
        guard size <= Limits.observationBytes else {
            return .failed(
                .tooLarge,
                message: "the facts take \(size) bytes, and at most "
                    + "\(Limits.observationBytes) may be"
            )
        }
        return .observed(observation)
    }
}

extension SettingsReader {
    fileprivate func pointer(_ key: String) -> JSONPointer? {
        guard let text = string(key) else { return nil }
        guard let pointer = JSONPointer(text) else {
            fault(
                .badValue,
                key,
                "'\(text)' is no JSON Pointer; write for example /tests/0/state",
                suggestion: JSONPointer("/" + text.split(separator: ".").joined(separator: "/"))?
                    .description
            )
            return nil
        }
        return pointer
    }
}
