import ConductorCore
import Foundation

/// A vendor's OpenAPI file, as far as answers are made from it.
struct Specification {
    private let document: JSON
    private var operations: [String: JSON] = [:]

    init(path: String) throws {
        document = try JSON(parsing: [UInt8](Data(contentsOf: URL(filePath: path))))
        for item in (document["paths"]?.objectValue ?? [:]).values {
            for operation in (item.objectValue ?? [:]).values {
                if let id = operation["operationId"]?.stringValue { operations[id] = operation }
            }
        }
    }

    /// The body of an answer: what is required, made up, and `values` in it.
    func answer(_ answer: ContractAnswer) throws -> JSON? {
        guard let operation = operations[answer.operation] else {
            throw ContractFault("the specification has no operation \(answer.operation)")
        }
        let response = operation["responses"]?["\(answer.status)"].map { resolved($0) }
        guard let content = response?["content"]?.objectValue, !content.isEmpty else {
            return answer.values == [:] ? nil : answer.values
        }
        let schema = (content["application/json"] ?? content.values.first)?["schema"] ?? [:]
        return value(of: schema, answer.values)
    }

    private func resolved(_ json: JSON) -> JSON {
        guard let reference = json["$ref"]?.stringValue else { return json }
        var current: JSON = document
        for part in reference.dropFirst(2).split(separator: "/") {
            let name = part.replacing("~1", with: "/").replacing("~0", with: "~")
            current = current[String(name)] ?? .null
        }
        return resolved(current)
    }

    /// A value of a schema: `given` where it says something, else the least that is allowed.
    private func value(of schema: JSON, _ given: JSON?) -> JSON {
        let schema = resolved(schema)
        switch given {
        case .object, nil: break
        case .array(let elements):
            let item = schema["items"] ?? [:]
            return .array(elements.map { value(of: item, $0) })
        case .some(let given): return given
        }
        if given == nil {
            if schema["nullable"] == true { return .null }
            if let constant = schema["const"] ?? schema["enum"]?.arrayValue?.first {
                return constant
            }
        }
        if let parts = schema["allOf"]?.arrayValue {
            var members: [String: JSON] = [:]
            for part in parts {
                members.merge(value(of: part, given).objectValue ?? [:]) { $1 }
            }
            return .object(members)
        }
        if let choices = (schema["oneOf"] ?? schema["anyOf"])?.arrayValue,
            let choice = choices.first(where: { isMeant($0, by: given) }) ?? choices.first
        {
            return value(of: choice, given)
        }
        let properties = schema["properties"]?.objectValue ?? [:]
        switch type(of: schema) {
        case "object":
            var members = given?.objectValue ?? [:]
            let required = (schema["required"]?.arrayValue ?? []).compactMap(\.stringValue)
            for name in Set(members.keys).union(required) {
                members[name] = value(of: properties[name] ?? [:], members[name])
            }
            return .object(members)
        case "array": return given ?? []
        case "integer", "number": return 1
        case "boolean": return false
        default: return given ?? .string(text(of: schema))
        }
    }

    /// Whether a schema knows every member that is given, and allows the words among them.
    private func isMeant(_ schema: JSON, by given: JSON?) -> Bool {
        let properties = resolved(schema)["properties"]?.objectValue ?? [:]
        return (given?.objectValue ?? [:]).allSatisfy { name, value in
            guard let property = properties[name].map({ resolved($0) }) else { return false }
            guard value.stringValue != nil, let words = property["enum"]?.arrayValue else {
                return true
            }
            return words.contains(value)
        }
    }

    private func type(of schema: JSON) -> String? {
        if let types = schema["type"]?.arrayValue { return types.first?.stringValue }
        return schema["type"]?.stringValue ?? (schema["properties"] == nil ? nil : "object")
    }

    private func text(of schema: JSON) -> String {
        let least = Int(schema["minLength"]?.intValue ?? 0)
        guard least <= 4 else { return String(repeating: "x", count: least) }
        return switch schema["format"]?.stringValue {
        case "date-time": "2026-01-01T00:00:00Z"
        case "date": "2026-01-01"
        case "uri": "http://127.0.0.1/"
        case "email": "nobody@example.com"
        default: "text"
        }
    }
}
