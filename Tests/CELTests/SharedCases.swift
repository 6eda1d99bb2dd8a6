import CEL
import Foundation

/// A case of the shared conformance files.
struct SharedCase {
    let name: String
    let section: String
    let expression: String
    let types: [(String, CELType)]
    let bindings: [String: Value]
    /// `nil` when any error is expected.
    let expected: Value?
    let isChecked: Bool
    let hasMacros: Bool
    let container: String
    let deducedType: String?
}

struct Unreadable: Error {
    let what: String
}

extension SharedCase {
    static func read(file: URL) throws -> [SharedCase] {
        let json = try JSONSerialization.jsonObject(with: try Data(contentsOf: file))
        guard let object = json as? [String: Any], let tests = object["tests"] as? [[String: Any]]
        else { throw Unreadable(what: file.path) }
        let fileName = object["file"] as? String ?? ""
        return try tests.map { try SharedCase($0, file: fileName) }
    }

    init(_ json: [String: Any], file: String) throws {
        section = file
        let part = json["section"] as? String ?? ""
        name = "\(file)/\(part)/\(json["name"] as? String ?? "")"
        expression = json["expr"] as? String ?? ""
        isChecked = !(json["disable_check"] as? Bool ?? false)
        hasMacros = !(json["disable_macros"] as? Bool ?? false)
        container = json["container"] as? String ?? ""
        deducedType = json["deduced_type"] as? String
        bindings = try (json["bindings"] as? [String: Any] ?? [:]).mapValues(value)
        var types = try (json["types"] as? [String: String] ?? [:]).mapValues(readType)
        for name in bindings.keys where types[name] == nil { types[name] = .dyn }
        self.types = types.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        let expected = json["expected"] as? [String: Any] ?? [:]
        self.expected = try expected["value"].map(value)
    }

    /// What is wrong with how the case came out; `nil` when nothing is.
    func failure() -> String? {
        var environment = Environment(
            container: container,
            isChecked: isChecked,
            hasMacros: hasMacros
        )
        for (name, type) in types { environment.declare(name, as: type) }
        let program: Program
        do {
            program = try Program(compiling: expression, in: environment)
        } catch {
            if expected == nil, error.diagnostics[0].phase == .check { return nil }
            return error.diagnostics[0].rendered(source: expression)
        }
        if let deducedType, program.type.description != deducedType {
            return "type \(program.type), not \(deducedType)"
        }
        let slots = program.variables.map { bindings[$0].map(Slot.value) ?? .unbound }
        let outcome = program.evaluate(slots, zones: systemZones)
        let (traced, _) = program.evaluateTracing(slots, zones: systemZones)
        guard same(outcome, traced) else { return "\(outcome), traced \(traced)" }
        switch (outcome, expected) {
        case (.value(let value), let expected?):
            return same(value, expected) ? nil : "\(value), not \(expected)"
        case (.error, nil): return nil
        default: return "\(outcome), not \(expected.map { "\($0)" } ?? "an error")"
        }
    }

    private func same(_ left: Outcome, _ right: Outcome) -> Bool {
        if case .value(let a) = left, case .value(let b) = right { return same(a, b) }
        return left == right
    }

    private func same(_ left: Value, _ right: Value) -> Bool {
        if case .double(let a) = left, case .double(let b) = right, a.isNaN { return b.isNaN }
        return left == right
    }
}

/// A type as the files write it.
func readType(_ text: String) throws -> CELType {
    var rest = text[...]
    let type = try readType(&rest)
    guard rest.isEmpty else { throw Unreadable(what: text) }
    return type
}

private func readType(_ rest: inout Substring) throws -> CELType {
    let name = rest.prefix { $0.isLetter || $0 == "_" }
    rest = rest.dropFirst(name.count)
    var parameters: [CELType] = []
    if rest.first == "(" {
        repeat {
            rest = rest.dropFirst().drop { $0 == " " }
            parameters.append(try readType(&rest))
        } while rest.first == ","
        rest = rest.dropFirst()
    }
    switch name {
    case "dyn": return .dyn
    case "null_type": return .null
    case "bool": return .bool
    case "int": return .int
    case "uint": return .uint
    case "double": return .double
    case "string": return .string
    case "bytes": return .bytes
    case "timestamp": return .timestamp
    case "duration": return .duration
    case "list": return .list(parameters.first ?? .dyn)
    case "map": return .map(parameters.first ?? .dyn, parameters.last ?? .dyn)
    case "optional_type": return .optional(parameters.first ?? .dyn)
    default: throw Unreadable(what: String(name))
    }
}

/// A typed value as the files write it.
func value(_ json: Any) throws -> Value {
    guard let object = json as? [String: Any], let (kind, content) = object.first else {
        throw Unreadable(what: "\(json)")
    }
    let text = content as? String
    let number = content as? NSNumber
    switch kind {
    case "null": return .null
    case "bool": if let number { return .bool(number.boolValue) }
    case "int64":
        if let text, let parsed = Int64(text) { return .int(parsed) }
        if let number { return .int(number.int64Value) }
    case "uint64":
        if let text, let parsed = UInt64(text) { return .uint(parsed) }
        if let number { return .uint(number.uint64Value) }
    case "double":
        switch text {
        case "NaN": return .double(.nan)
        case "Infinity": return .double(.infinity)
        case "-Infinity": return .double(-.infinity)
        default: if let number { return .double(number.doubleValue) }
        }
    case "string": if let text { return .string(text) }
    case "bytes": if let text, let data = Data(base64Encoded: text) { return .bytes(Array(data)) }
    case "type": if let text { return .type(TypeName(text)) }
    case "list": if let list = content as? [Any] { return .list(try list.map(value)) }
    case "map":
        if let list = content as? [[Any]] {
            let entries = try list.compactMap { entry in
                try MapKey(try value(entry[0])).map { ($0, try value(entry[1])) }
            }
            return .map(try MapValue(entries))
        }
    case "timestamp": if let text, let read = Timestamp(rfc3339: text) { return .timestamp(read) }
    default: break
    }
    throw Unreadable(what: "\(json)")
}
