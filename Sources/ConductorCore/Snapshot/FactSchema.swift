/// The type that a fact is declared with; what arrives is converted to it or is unknown.
package indirect enum FactType: Sendable, Hashable {
    case bool, int, double, string
    /// RFC 3339 text.
    case timestamp
    /// A text such as `1h30m`, or a number of seconds.
    case duration
    case list(FactType)
    /// An object with declared members; a member may be absent (then it is unknown when read).
    case record([Member])
    /// An object whose member names are data.
    case map(FactType)

    /// One declared member of a record.
    package struct Member: Sendable, Hashable {
        package var name: String
        package var type: FactType

        package init(name: String, type: FactType) {
            self.name = name
            self.type = type
        }
    }
}

/// What a fact is about.
///
/// The adapter says about which one; the core compares.
package enum Subject: String, Sendable, Hashable, CaseIterable, Codable {
    /// The newest commit of the release branch.
    case head
    /// What was latched as the release candidate: its commit, or its build.
    case candidate
    /// The version of the track.
    case version
    /// Nothing that could be the wrong one.
    case none
}

/// A fact that a rule may name.
package struct FactDeclaration: Sendable, Hashable, Codable {
    /// The whole name in rules, source or role first: `tracker.blockers.open`.
    package var path: String
    /// The source that provides it, as named in `conductor.yaml`.
    package var source: String
    /// Its name within the source's observation: `blockers.open`.
    package var name: String
    package var type: FactType
    /// What a number counts or measures: `sessions`, `fraction`, `count`.
    ///
    /// For people.
    package var unit: String?
    package var subject: Subject
    /// Whether an empty list is an answer; otherwise it is unknown.
    package var emptyIsKnown: Bool
    /// How long an observation counts, from `observed_at`, else from the fetch.
    package var maxAge: Span

    package init(
        path: String,
        source: String,
        name: String,
        type: FactType,
        unit: String? = nil,
        subject: Subject = .none,
        emptyIsKnown: Bool = false,
        maxAge: Span
    ) {
        self.path = path
        self.source = source
        self.name = name
        self.type = type
        self.unit = unit
        self.subject = subject
        self.emptyIsKnown = emptyIsKnown
        self.maxAge = maxAge
    }
}

/// What a source can say: the pure function of its settings that `check` reads.
package struct FactSchema: Sendable, Hashable {
    /// One fact, named relative to the source.
    package struct Entry: Sendable, Hashable {
        package var name: String
        package var type: FactType
        package var unit: String?
        package var subject: Subject
        package var emptyIsKnown: Bool
        /// Overrides the source's validity where a metric lags.
        package var maxAge: Span?

        package init(
            name: String,
            type: FactType,
            unit: String? = nil,
            subject: Subject = .none,
            emptyIsKnown: Bool = false,
            maxAge: Span? = nil
        ) {
            self.name = name
            self.type = type
            self.unit = unit
            self.subject = subject
            self.emptyIsKnown = emptyIsKnown
            self.maxAge = maxAge
        }
    }

    package var entries: [Entry]

    package init(_ entries: [Entry]) { self.entries = entries }
}

extension FactType: Codable {
    /// `"int"`, `{"list": T}`, `{"map": T}`, `{"record": {name: T}}`.
    package init(from decoder: any Decoder) throws {
        let json = try JSON(from: decoder)
        guard let type = FactType(json) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "\(json) is no fact type")
            )
        }
        self = type
    }

    package func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }

    /// Reads what `json` gives; nil for anything else.
    package init?(_ json: JSON) {
        switch json {
        case .string("bool"): self = .bool
        case .string("int"): self = .int
        case .string("double"): self = .double
        case .string("string"): self = .string
        case .string("timestamp"): self = .timestamp
        case .string("duration"): self = .duration
        case .object(let members):
            guard members.count == 1, let member = members.first else { return nil }
            switch member.key {
            case "list":
                guard let element = FactType(member.value) else { return nil }
                self = .list(element)
            case "map":
                guard let element = FactType(member.value) else { return nil }
                self = .map(element)
            case "record":
                guard case .object(let fields) = member.value else { return nil }
                var list: [Member] = []
                for (name, value) in fields.sorted(by: { $0.key.precedes($1.key) }) {
                    guard let type = FactType(value) else { return nil }
                    list.append(Member(name: name, type: type))
                }
                self = .record(list)
            default: return nil
            }
        case .null, .bool, .int, .double, .string, .array: return nil
        }
    }

    package var json: JSON {
        switch self {
        case .bool: "bool"
        case .int: "int"
        case .double: "double"
        case .string: "string"
        case .timestamp: "timestamp"
        case .duration: "duration"
        case .list(let element): ["list": element.json]
        case .map(let element): ["map": element.json]
        case .record(let members):
            [
                "record": .object(
                    Dictionary(members.map { ($0.name, $0.type.json) }) { first, _ in first }
                )
            ]
        }
    }
}
