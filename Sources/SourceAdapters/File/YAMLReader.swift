import ConductorCore
import Yams

/// Reads a YAML data file as the JSON value it stands for (YAML 1.2, core schema).
///
/// Plain scalars are null, bool, int or float by the core schema's own spellings; everything else,
/// times among them, is text. A number that is not finite is left out, and so is a list that would
/// hold one.
struct YAMLReader {
    private var nodesLeft = AdapterLimits.yamlNodes

    /// - Throws: where the text is not one YAML document, or too deep or too large when unfolded.
    static func read(_ text: String) throws(YAMLProblem) -> JSON {
        let root: Node?
        do {
            root = try Parser(yaml: text, resolver: .basic).singleRoot()
        } catch let error as YamlError {
            throw YAMLProblem(error)
        } catch {
            throw YAMLProblem(message: "not YAML")
        }
        guard let root else { return .null }
        var reader = YAMLReader()
        return try reader.value(of: root, depth: 0) ?? .null
    }

    private mutating func value(of node: Node, depth: Int) throws(YAMLProblem) -> JSON? {
        guard depth <= Limits.jsonDepth else {
            throw YAMLProblem(message: "nested deeper than \(Limits.jsonDepth)")
        }
        // Aliases unfold: a short text can stand for a very large value.
        nodesLeft -= 1
        guard nodesLeft >= 0 else {
            throw YAMLProblem(message: "more than \(AdapterLimits.yamlNodes) values in one file")
        }
        switch node {
        case .scalar(let scalar): return try value(of: scalar)
        case .sequence(let sequence):
            var elements: [JSON] = []
            for element in sequence {
                guard let value = try value(of: element, depth: depth + 1) else { return nil }
                elements.append(value)
            }
            return .array(elements)
        case .mapping(let mapping):
            var members: [String: JSON] = [:]
            for (key, node) in mapping {
                guard let name = key.scalar?.string else {
                    throw YAMLProblem(message: "a key that is no text", node: key)
                }
                let value = try value(of: node, depth: depth + 1)
                guard members[name] == nil else {
                    throw YAMLProblem(message: "a key stands twice", node: key)
                }
                members[name] = value
            }
            return .object(members)
        case .alias: throw YAMLProblem(message: "an alias without its anchor", node: node)
        }
    }

    private func value(of scalar: Node.Scalar) throws(YAMLProblem) -> JSON? {
        let text = scalar.string
        switch scalar.tag.description {
        case "": return scalar.style == .plain ? Self.plain(text) : .string(text)
        case "!", "tag:yaml.org,2002:str": return .string(text)
        case "tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool",
            "tag:yaml.org,2002:null":
            return Self.plain(text)
        case let tag:
            throw YAMLProblem(message: "the tag '\(tag)' has no JSON value", node: .scalar(scalar))
        }
    }

    /// The core schema (YAML 1.2.2, section 10.3.2); nil for a number that is not finite.
    static func plain(_ text: String) -> JSON? {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", ".nan",
            ".NaN", ".NAN":
            return nil
        default: break
        }
        if text.hasPrefix("0o"), let number = digits(text.dropFirst(2), radix: 8) {
            return .int(number)
        }
        if text.hasPrefix("0x"), let number = digits(text.dropFirst(2), radix: 16) {
            return .int(number)
        }
        guard let isWhole = numberForm(text) else { return .string(text) }
        if isWhole, let number = Int64(text) { return .int(number) }
        guard let number = Double(text) else { return .string(text) }
        return number.isFinite ? .double(number) : nil
    }

    private static func digits(_ text: Substring, radix: Int) -> Int64? {
        guard let first = text.first, first != "+", first != "-" else { return nil }
        return Int64(text, radix: radix)
    }

    /// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`: true for a whole
    /// number, false for one with point or exponent, nil for anything else.
    private static func numberForm(_ text: String) -> Bool? {
        var rest = text.utf8[...]
        func isSign(_ byte: UInt8?) -> Bool {
            byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
        }
        func takeDigits() -> Int {
            let count = rest.prefix { (48...57).contains($0) }.count
            rest = rest.dropFirst(count)
            return count
        }
        if isSign(rest.first) { rest = rest.dropFirst() }
        let whole = takeDigits()
        var isWhole = true
        if rest.first == UInt8(ascii: ".") {
            isWhole = false
            rest = rest.dropFirst()
            guard takeDigits() > 0 || whole > 0 else { return nil }
        } else if whole == 0 {
            return nil
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            isWhole = false
            rest = rest.dropFirst()
            if isSign(rest.first) { rest = rest.dropFirst() }
            guard takeDigits() > 0 else { return nil }
        }
        return rest.isEmpty ? isWhole : nil
    }
}

/// Why a text is no YAML that has a JSON value; says where, and quotes nothing of the text.
struct YAMLProblem: Error, Sendable, Hashable {
    var message: String

    init(message: String) { self.message = message }

    init(message: String, node: Node) {
        self.message = Self.place(node.mark) + message
    }

    init(_ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            message = Self.place(mark) + problem
        case .duplicatedKeysInMapping(_, let context):
            message = Self.place(context.mark) + "a key stands twice"
        default: message = "not YAML"
        }
    }

    private static func place(_ mark: Mark?) -> String {
        mark.map { "line \($0.line), column \($0.column): " } ?? ""
    }
}
