import ConductorCore

/// One resource of a JSON:API document.
struct AppStoreResource: Sendable {
    /// What a resource says of another one.
    enum Link: Sendable, Hashable {
        /// There is none.
        case none
        case one(String)
        /// The answer does not tell.
        case untold
    }

    let type: String
    let id: String
    private let attributes: JSON
    private let relationships: JSON

    init(_ json: JSON, type: String) throws(APIProblem) {
        guard try json.text("type") == type else {
            throw APIProblem(.malformed, "something else than \(type) in the answer")
        }
        let id = try json.text("id")
        guard !id.isEmpty else { throw APIProblem(.malformed, "\(type) without an id") }
        self.type = type
        self.id = id
        attributes = json["attributes"] ?? .null
        relationships = json["relationships"] ?? .null
    }

    /// The one resource of an answer.
    static func one(_ answer: JSON, type: String) throws(APIProblem) -> AppStoreResource {
        guard let data = answer["data"] else {
            throw APIProblem(.malformed, "an answer without data")
        }
        return try AppStoreResource(data, type: type)
    }

    /// The resources of an answer, all of them.
    static func all(_ answer: JSON, type: String) throws(APIProblem) -> [AppStoreResource] {
        guard answer["links"]?["next"]?.stringValue == nil else {
            throw APIProblem(.tooLarge, "more \(type) than one page holds")
        }
        return try list(answer, type: type)
    }

    /// The resources of an answer that was limited.
    static func list(_ answer: JSON, type: String) throws(APIProblem) -> [AppStoreResource] {
        var resources: [AppStoreResource] = []
        for data in try answer.list("data") {
            resources.append(try AppStoreResource(data, type: type))
        }
        return resources
    }

    /// A resource that came along with others.
    static func included(
        _ answer: JSON,
        type: String,
        id: String
    ) throws(APIProblem) -> AppStoreResource {
        for data in try answer.list("included") {
            let (isType, isIt) = (try data.text("type") == type, try data.text("id") == id)
            if isType, isIt { return try AppStoreResource(data, type: type) }
        }
        throw APIProblem(.malformed, "\(type) \(id) did not come along")
    }

    func link(_ name: String, type: String) throws(APIProblem) -> Link {
        guard let data = relationships[name]?["data"] else { return .untold }
        if data == .null { return .none }
        return .one(try AppStoreResource(data, type: type).id)
    }

    /// The ids of many; nil where the answer does not tell.
    func links(_ name: String, type: String) throws(APIProblem) -> [String]? {
        guard let data = relationships[name]?["data"] else { return nil }
        var ids: [String] = []
        for one in try data.list() { ids.append(try AppStoreResource(one, type: type).id) }
        return ids
    }

    /// The relationships that name a resource.
    var namedLinks: [String] {
        (relationships.objectValue ?? [:]).filter { $0.value["data"]?["id"] != nil }
            .map(\.key).sorted { $0.precedes($1) }
    }

    // MARK: Attributes

    func text(_ name: String) throws(APIProblem) -> String { try attributes.text(name) }

    func textIfAny(_ name: String) throws(APIProblem) -> String? {
        try attributes.textIfAny(name)
    }

    /// A text or null; one that is missing is a fault.
    func textOrNull(_ name: String) throws(APIProblem) -> String? {
        try attributes.textOrNull(name)
    }

    func countIfAny(_ name: String) throws(APIProblem) -> Int64? {
        isThere(name) ? try attributes.count(name) : nil
    }

    func flagIfAny(_ name: String) throws(APIProblem) -> Bool? {
        isThere(name) ? try attributes.flag(name) : nil
    }

    func instantIfAny(_ name: String) throws(APIProblem) -> Instant? {
        isThere(name) ? try attributes.instant(name) : nil
    }

    /// Whether the answer tells of it, be it null.
    func tells(_ name: String) -> Bool { attributes[name] != nil }

    private func isThere(_ name: String) -> Bool {
        attributes[name].map { $0 != .null } ?? false
    }
}
