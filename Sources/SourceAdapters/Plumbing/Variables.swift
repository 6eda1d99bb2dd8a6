import ConductorCore
import ConductorPorts

/// Values for `${...}` at one moment, and the ways to put them into a text.
///
/// Every way belongs to a context and escapes for it; what cannot be escaped is refused.
struct Variables: Sendable {
    private let values: JSON

    /// The variables of a poll.
    init(_ request: ObservationRequest) {
        var members = request.variables.mapValues { JSON.string($0) }
        let track: [String: JSON?] = [
            "app": members["app"], "platform": members["platform"],
            "version": members["version"], "release": members["release"], "id": members["track"],
        ]
        members["track"] = .compact(track)
        values = .object(members)
    }

    /// The variables of an action: its frozen parameters, and what the intent itself says.
    init(_ intent: Intent) {
        var members = intent.parameters.objectValue ?? [:]
        let track: JSON = [
            "app": .string(intent.track.app), "platform": .string(intent.track.platform),
            "version": .string(intent.track.version),
            "release": .string(intent.track.release.description),
            "id": .string(intent.track.description),
        ]
        members["track"] = track
        for name in ["app", "platform", "version", "release"] { members[name] = track[name] }
        members["key"] = .string(intent.key)
        members["step"] = .int(Int64(intent.step))
        members["action"] = .string(intent.action)
        values = .object(members)
    }

    /// The value of a variable; `track` alone is the track's whole name.
    func value(_ name: String) throws(TemplateProblem) -> JSON {
        var current: JSON? = values
        for part in name.split(separator: ".", omittingEmptySubsequences: false) {
            current = current?[String(part)]
        }
        if name == "track" { current = current?["id"] }
        guard let current, current != .null else {
            throw TemplateProblem("'${\(name)}' has no value here")
        }
        return current
    }

    private func text(of name: String) throws(TemplateProblem) -> String {
        switch try value(name) {
        case .string(let text):
            guard !text.utf8.contains(0) else {
                throw TemplateProblem("'${\(name)}' holds a zero byte")
            }
            return text
        case .int(let number): return String(number)
        case .double(let number): return number.description
        case .bool(let flag): return String(flag)
        case .null, .array, .object:
            throw TemplateProblem("'${\(name)}' is no text")
        }
    }

    /// A whole value that nothing reads the parts of: an argument, a message.
    func text(_ template: Template) throws(TemplateProblem) -> String {
        var result = ""
        for piece in template.pieces {
            switch piece {
            case .literal(let literal): result += literal
            case .variable(let name): result += try text(of: name)
            }
        }
        return result
    }

    /// A line of a header: no control characters.
    func header(_ template: Template) throws(TemplateProblem) -> String {
        let line = try text(template)
        guard line.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw TemplateProblem("'\(template.text)' gives a header with a control character")
        }
        return line
    }

    /// A path in the file system that values cannot lead elsewhere.
    ///
    /// Values may hold `/`, but no `..` and no beginning of the path: the literal part says where
    /// it starts.
    func path(_ template: Template) throws(TemplateProblem) -> String {
        var result = ""
        var segment = ""
        /// Whether the segment under construction holds a value's text.
        var isFromValue = false
        let refusal = TemplateProblem(
            "a value in '\(template.text)' would leave the path's place"
        )
        for piece in template.pieces {
            let text: String
            let isValue: Bool
            switch piece {
            case .literal(let literal): (text, isValue) = (literal, false)
            case .variable(let name): (text, isValue) = (try self.text(of: name), true)
            }
            if isValue, result.isEmpty, text.hasPrefix("/") { throw refusal }
            for character in text {
                result.append(character)
                if character == "/" {
                    if isFromValue, segment == ".." { throw refusal }
                    segment = ""
                    isFromValue = false
                } else {
                    segment.append(character)
                    isFromValue = isFromValue || isValue
                }
            }
        }
        if isFromValue, segment == ".." { throw refusal }
        return result
    }

    /// The part of an address behind its host: values are percent-encoded whole.
    ///
    /// A value that would become the path segment `.` or `..` is refused, since servers and
    /// proxies resolve those.
    func addressTail(_ template: Template) throws(TemplateProblem) -> String {
        var result = ""
        for piece in template.pieces {
            switch piece {
            case .literal(let literal): result += literal
            case .variable(let name): result += percentEncoded(try text(of: name))
            }
        }
        guard !template.variables.isEmpty else { return result }
        let path = result.prefix { $0 != "?" && $0 != "#" }
        for segment in path.split(separator: "/") where segment == "." || segment == ".." {
            throw TemplateProblem("'\(template.text)' gives an address with a '\(segment)' in it")
        }
        return result
    }

    /// A JSON value: a text that is one `${x}` and nothing else becomes the value itself.
    func json(_ template: JSONTemplate) throws(TemplateProblem) -> JSON {
        switch template {
        case .value(let value): return value
        case .text(let template):
            if template.pieces.count == 1, case .variable(let name) = template.pieces[0] {
                return try value(name)
            }
            return .string(try text(template))
        case .array(let elements):
            var list: [JSON] = []
            for element in elements { list.append(try json(element)) }
            return .array(list)
        case .object(let members):
            var object: [String: JSON] = [:]
            for (name, member) in members { object[name] = try json(member) }
            return .object(object)
        }
    }
}

/// A JSON value with templates in its texts.
indirect enum JSONTemplate: Sendable, Hashable {
    case value(JSON)
    case text(Template)
    case array([JSONTemplate])
    case object([String: JSONTemplate])

    /// Reads the templates in `json`; faults go to `reader`.
    init?(_ json: JSON, at path: [String], _ reader: SettingsReader, _ scope: TemplateScope) {
        switch json {
        case .string(let text):
            guard
                let template = reader.template(
                    text,
                    at: path.first,
                    Array(path.dropFirst()),
                    scope
                )
            else { return nil }
            self = .text(template)
        case .array(let elements):
            let list = elements.enumerated().map { index, element in
                JSONTemplate(element, at: path + [String(index)], reader, scope)
            }
            guard !list.contains(nil) else { return nil }
            self = .array(list.compactMap(\.self))
        case .object(let members):
            var object: [String: JSONTemplate] = [:]
            for (name, member) in members {
                object[name] = JSONTemplate(member, at: path + [name], reader, scope)
            }
            guard object.count == members.count else { return nil }
            self = .object(object)
        case .null, .bool, .int, .double: self = .value(json)
        }
    }
}

/// Everything but unreserved characters (RFC 3986) as `%XX`.
func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "~"):
            bytes.append(byte)
        default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
