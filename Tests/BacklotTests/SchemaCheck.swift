import ConductorCore
import Foundation

@testable import Backlot

/// Holds a simulated vendor's answers against the vendor's own specification.
struct SchemaCheck {
    private let document: JSON
    private let paths: [(parts: [Substring], item: JSON)]

    init(path: String) throws {
        document = try JSON(parsing: [UInt8](Data(contentsOf: URL(filePath: path))))
        paths = (document["paths"]?.objectValue ?? [:]).map { name, item in
            (name.split(separator: "/"), item)
        }
    }

    /// What is wrong with an answer; nil where the specification says nothing of this request or status.
    func faults(method: String, path: String, status: Int, body: JSON) -> [String]? {
        guard let operation = operation(method, path) else { return nil }
        let responses = operation["responses"]
        guard let response = (responses?["\(status)"] ?? responses?["default"]).map(resolved),
            let content = response["content"]?.objectValue,
            let schema = (content["application/json"] ?? content.values.first)?["schema"]
        else { return nil }
        var faults: [String] = []
        check(body, schema, at: "", depth: 0, &faults)
        return faults
    }

    /// The folder with the vendors' specifications, where there is one.
    static var folder: String? { ProcessInfo.processInfo.environment["CONDUCTOR_CONTRACTS"] }

    /// What is wrong with the answers of simulated vendors, and how many of each were looked at.
    ///
    /// `vendors`: what each one's specification is called, and what stands before its paths there.
    static func faults(
        of exchanges: [VendorLot.Exchange],
        by vendors: [String: (name: String, prefix: String)],
        in folder: String
    ) throws -> (faults: Set<String>, checked: [String: Int]) {
        var checked: [String: Int] = [:]
        var faults: Set<String> = []
        for (vendor, (name, prefix)) in vendors {
            let check = try SchemaCheck(path: "\(folder)/specs/\(name).json")
            for exchange in exchanges
            where exchange.vendor == vendor && (200..<300).contains(exchange.reply.status) {
                guard let body = try? JSON(parsing: exchange.reply.body) else { continue }
                let path = exchange.request.uri.prefix { $0 != "?" }.dropFirst(vendor.count + 1)
                let found = check.faults(
                    method: exchange.request.method,
                    path: prefix + path,
                    status: exchange.reply.status,
                    body: body
                )
                guard let found else {
                    faults.insert("\(vendor) \(exchange.request.method) \(path): not specified")
                    continue
                }
                checked[vendor, default: 0] += 1
                for fault in found { faults.insert("\(vendor) \(path): \(fault)") }
            }
        }
        return (faults, checked)
    }

    private func operation(_ method: String, _ path: String) -> JSON? {
        let parts = path.split(separator: "/")
        let found = paths.filter { Self.matches(parts, $0.parts) }
            .max { Self.literals($0.parts) < Self.literals($1.parts) }
        return found?.item[method.lowercased()]
    }

    private static func literals(_ parts: [Substring]) -> Int {
        parts.count { !$0.contains("{") }
    }

    /// The last parameter of a template may stand for a path where it names a branch or a tag.
    private static func matches(_ parts: [Substring], _ template: [Substring]) -> Bool {
        let takesMore =
            ["{ref}", "{branch}"].contains(template.last) && parts.count > template.count
        guard parts.count == template.count || takesMore else { return false }
        return zip(parts, template).allSatisfy { part, pattern in
            guard let brace = pattern.firstIndex(of: "{") else { return part == pattern }
            let tail = pattern[brace...].split(separator: "}").dropFirst().first ?? ""
            let isVerb = part.contains(":") && !part.contains("%3A")
            return part.hasPrefix(pattern[..<brace]) && part.hasSuffix(tail)
                && (tail.isEmpty ? !isVerb : true)
        }
    }

    private func resolved(_ json: JSON) -> JSON {
        guard let reference = json["$ref"]?.stringValue else { return json }
        var current = document
        for part in reference.dropFirst(2).split(separator: "/") {
            let name = part.replacing("~1", with: "/").replacing("~0", with: "~")
            current = current[String(name)] ?? .null
        }
        return resolved(current)
    }

    private func check(
        _ value: JSON,
        _ schema: JSON,
        at place: String,
        depth: Int,
        _ faults: inout [String]
    ) {
        guard depth < 30 else { return }
        let schema = resolved(schema)
        if value == .null, schema["nullable"] == true { return }
        for part in schema["allOf"]?.arrayValue ?? [] {
            check(value, part, at: place, depth: depth + 1, &faults)
        }
        if let choices = (schema["oneOf"] ?? schema["anyOf"])?.arrayValue {
            let fits = choices.contains { choice in
                var own: [String] = []
                check(value, choice, at: place, depth: depth + 1, &own)
                return own.isEmpty
            }
            if !fits { faults.append("\(place): none of the choices") }
        }
        if let words = schema["enum"]?.arrayValue, !words.contains(value) {
            faults.append("\(place): \(value) is none of the words")
        }
        if let types = types(of: schema), !types.contains(where: { Self.isType($0, value) }) {
            faults.append("\(place): \(value) is no \(types.joined(separator: " or "))")
            return
        }
        if let members = value.objectValue {
            for name in (schema["required"]?.arrayValue ?? []).compactMap(\.stringValue)
            where members[name] == nil {
                faults.append("\(place)/\(name) is missing")
            }
            for (name, property) in schema["properties"]?.objectValue ?? [:] {
                guard let member = members[name] else { continue }
                check(member, property, at: "\(place)/\(name)", depth: depth + 1, &faults)
            }
        }
        if let elements = value.arrayValue, let items = schema["items"] {
            for element in elements {
                check(element, items, at: "\(place)[]", depth: depth + 1, &faults)
            }
        }
    }

    private func types(of schema: JSON) -> [String]? {
        if let all = schema["type"]?.arrayValue { return all.compactMap(\.stringValue) }
        return schema["type"]?.stringValue.map { [$0] }
    }

    private static func isType(_ name: String, _ value: JSON) -> Bool {
        switch (name, value) {
        case ("object", .object), ("array", .array), ("string", .string), ("boolean", .bool),
            ("integer", .int), ("number", .int), ("number", .double), ("null", .null):
            true
        default: false
        }
    }
}
