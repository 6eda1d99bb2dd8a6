import ConductorCore

/// A text with places for values, such as `release/${version}`.
///
/// A literal `${` is written `$${`.
struct Template: Sendable, Hashable {
    enum Piece: Sendable, Hashable {
        case literal(String)
        case variable(String)
    }

    let text: String
    let pieces: [Piece]

    /// - Throws: where a `${` is not closed or names nothing.
    init(_ text: String) throws(TemplateProblem) {
        self.text = text
        var pieces: [Piece] = []
        var literal = ""
        var rest = text[...]
        while let character = rest.first {
            if rest.hasPrefix("$${") {
                literal += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                guard let end = rest.firstIndex(of: "}") else {
                    throw TemplateProblem("'\(text)' has a ${ without its }")
                }
                let name = String(rest[rest.index(rest.startIndex, offsetBy: 2)..<end])
                guard !name.isEmpty, name.utf8.allSatisfy(Self.isNameByte) else {
                    throw TemplateProblem("'${\(name)}' names no variable")
                }
                if !literal.isEmpty { pieces.append(.literal(literal)) }
                literal = ""
                pieces.append(.variable(name))
                rest = rest[rest.index(after: end)...]
            } else {
                literal.append(character)
                rest = rest.dropFirst()
            }
        }
        if !literal.isEmpty { pieces.append(.literal(literal)) }
        self.pieces = pieces
    }

    var variables: [String] {
        pieces.compactMap { piece in
            switch piece {
            case .literal: nil
            case .variable(let name): name
            }
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }
}

/// Why a template has no meaning, or gives no usable text.
struct TemplateProblem: Error, Sendable, Hashable {
    var message: String
    var suggestion: String?

    init(_ message: String, suggestion: String? = nil) {
        self.message = message
        self.suggestion = suggestion
    }
}

/// Which variables a template may name.
enum TemplateScope: Sendable {
    case source
    case action

    private static let track = [
        "app", "platform", "version", "release", "track", "track.app", "track.platform",
        "track.version", "track.release", "track.id",
    ]

    /// Variables by their whole name.
    private var names: [String] {
        switch self {
        case .source: Self.track
        case .action:
            Self.track + [
                "key", "step", "action", "from", "to", "candidate.commit", "candidate.build",
                "candidate.digest", "journal.head",
            ]
        }
    }

    /// Mappings whose members the rules name.
    private var prefixes: [String] {
        switch self {
        case .source: []
        case .action: ["with.", "params."]
        }
    }

    /// - Throws: at the first variable that can never have a value here.
    func check(_ template: Template) throws(TemplateProblem) {
        for name in template.variables where !names.contains(name) {
            guard !prefixes.contains(where: { name.hasPrefix($0) && name != $0 }) else { continue }
            let known = names + prefixes.map { $0 + "NAME" }
            throw TemplateProblem(
                "there is no variable '${\(name)}' here; there are: "
                    + known.joined(separator: ", "),
                suggestion: nearest(to: name, among: names).map { "${\($0)}" }
            )
        }
    }
}
