internal import ConductorCore
internal import Yams

/// Reads one YAML document into nodes with places, and says all that is wrong with the text.
struct YAMLReader {
    /// Levels of lists and mappings.
    static let depth = 64
    /// Nodes, with aliases counted as often as they are used.
    static let nodes = 200_000
    /// Keys that stand twice in one mapping, after which the rest is not looked for.
    private static let duplicates = 50

    private let source: SourceText
    private let collector: Collector
    /// Keys that were masked because they stand twice, by place.
    private var masked: [Place: String] = [:]
    private var count = 0

    /// The root of the document, or nil when there is none; what is wrong goes to `collector`.
    static func read(_ source: SourceText, into collector: Collector) -> YAMLNode? {
        var reader = YAMLReader(source: source, collector: collector)
        return reader.read()
    }

    private init(source: SourceText, collector: Collector) {
        self.source = source
        self.collector = collector
    }

    private mutating func read() -> YAMLNode? {
        if let excess = AliasGrowth.excess(in: source.scalars) {
            report(.aliasGrowth, at: source.place(at: excess.offset), excess.message)
            return nil
        }
        guard let root = compose() else { return nil }
        do throws(Stop) {
            return try node(root, depth: 0)
        } catch {
            return nil
        }
    }

    // MARK: The parser

    /// Parses the text, past keys that stand twice.
    ///
    /// Yams gives up at such a key. To find everything else too, the first of the two is masked,
    /// code point for code point, and the text is read again; `node` puts it back.
    private mutating func compose() -> Node? {
        var scalars = source.scalars
        for round in 0...Self.duplicates {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars)
            do {
                let parser = try Parser(yaml: String(view), resolver: .basic, encoding: .utf8)
                guard let root = try parser.singleRoot() else {
                    report(.notYAML, at: .start, "the file is empty")
                    return nil
                }
                return root
            } catch let error as YamlError {
                guard case .duplicatedKeysInMapping(let names, let context) = error,
                    let name = names.first
                else {
                    report(error)
                    return nil
                }
                let place = Place(line: context.mark.line, column: context.mark.column)
                guard round < Self.duplicates, mask(name, at: place, round: round, in: &scalars)
                else {
                    report(.duplicateKey, at: place, "the key '\(name)' stands twice")
                    return nil
                }
            } catch {
                report(.notYAML, at: .start, "the file cannot be parsed")
                return nil
            }
        }
        return nil
    }

    private mutating func mask(
        _ name: String,
        at place: Place,
        round: Int,
        in scalars: inout [Unicode.Scalar]
    ) -> Bool {
        guard let start = source.offset(of: place), start < scalars.count,
            let substitute = Unicode.Scalar(0xE000 + UInt32(round))
        else { return false }
        let quote = scalars[start]
        let isQuoted = quote == "\"" || quote == "'"
        let first = isQuoted ? start + 1 : start
        let letters = Array(name.unicodeScalars)
        let end = first + letters.count
        guard !letters.isEmpty, end <= scalars.count, Array(scalars[first..<end]) == letters,
            !isQuoted || end < scalars.count && scalars[end] == quote
        else { return false }
        for index in first..<end { scalars[index] = substitute }
        masked[place] = name
        return true
    }

    private func report(_ error: YamlError) {
        switch error {
        case .scanner(let context, let problem, let mark, _),
            .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let place = Place(line: mark.line, column: mark.column)
            if problem.contains("Maximum nesting level") {
                report(.tooLarge, at: place, "lists and mappings are nested too deep")
                return
            }
            let what = [context?.text, problem].compactMap(\.self).joined(separator: ": ")
            report(.notYAML, at: clamped(place), what)
        case .reader(let problem, let offset, _, let text):
            var place = Place.start
            if let offset,
                let index = text.index(text.startIndex, offsetBy: offset, limitedBy: text.endIndex)
            {
                place = source.place(at: text.unicodeScalars[..<index].count)
            }
            report(.notYAML, at: place, problem)
        case .duplicatedKeysInMapping, .no, .memory, .writer, .emitter, .representer,
            .dataCouldNotBeDecoded:
            report(.notYAML, at: .start, "the file cannot be parsed")
        @unknown default:
            report(.notYAML, at: .start, "the file cannot be parsed")
        }
    }

    /// The parser points behind the last line when the text ends too early; people look at it.
    private func clamped(_ place: Place) -> Place {
        guard let offset = source.offset(of: place) else {
            return source.place(at: source.scalars.count)
        }
        guard source.scalars[offset...].allSatisfy(Self.isSpace) else { return place }
        let end = source.scalars.lastIndex { !Self.isSpace($0) }
        return source.place(at: end.map { $0 + 1 } ?? 0)
    }

    // MARK: Nodes

    private struct Stop: Error {}

    private mutating func node(_ node: Node, depth: Int) throws(Stop) -> YAMLNode {
        let place = contentPlace(node)
        count += 1
        guard count <= Self.nodes else {
            report(.aliasGrowth, at: place, "the file holds more than \(Self.nodes) values")
            throw Stop()
        }
        guard depth <= Self.depth else {
            report(.tooLarge, at: place, "nested deeper than \(Self.depth) levels")
            throw Stop()
        }
        switch node {
        case .scalar(let scalar):
            let style: YAMLScalar.Style =
                switch scalar.style {
                case .doubleQuoted: .doubleQuoted
                case .singleQuoted: .singleQuoted
                case .literal: .literal
                case .folded: .folded
                case .any, .plain: .plain
                }
            let tag = scalar.tag.description
            if !tag.isEmpty, !Self.knownTags.contains(tag) {
                report(.notYAML, at: place, "the tag '\(tag)' means nothing here")
            }
            let text = masked[place] ?? scalar.string
            return YAMLNode(
                content: .scalar(YAMLScalar(text: text, style: style, tag: tag)),
                place: place
            )
        case .sequence(let sequence):
            var nodes: [YAMLNode] = []
            for element in sequence { nodes.append(try self.node(element, depth: depth + 1)) }
            return YAMLNode(content: .sequence(nodes), place: place)
        case .mapping(let mapping):
            return YAMLNode(content: .mapping(try entries(mapping, depth: depth)), place: place)
        case .alias:
            report(.notYAML, at: place, "an alias to nothing")
            throw Stop()
        }
    }

    private static let knownTags: Set<String> = [
        "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float",
        "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null",
    ]

    private mutating func entries(
        _ mapping: Node.Mapping,
        depth: Int
    ) throws(Stop) -> [YAMLNode.Entry] {
        var entries: [YAMLNode.Entry] = []
        var merged: [YAMLNode.Entry] = []
        var first: [String: Place] = [:]
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                report(
                    .wrongKind,
                    at: contentPlace(key),
                    "a key is a text, not a list or a mapping"
                )
                continue
            }
            let place = contentPlace(key)
            let name = masked[place] ?? scalar.string
            let node = try node(value, depth: depth + 1)
            if name == "<<", scalar.style == .plain {
                merged += mergeEntries(of: node)
                continue
            }
            if let earlier = first.updateValue(place, forKey: name), earlier != place {
                report(
                    .duplicateKey,
                    at: max(place, earlier),
                    "the key '\(name)' stands twice; first in line \(min(place, earlier).line)"
                )
                continue
            }
            entries.append(YAMLNode.Entry(key: name, keyPlace: place, value: node))
        }
        // What the mapping says itself goes before what it merges in.
        for entry in merged where first[entry.key] == nil {
            first[entry.key] = entry.keyPlace
            entries.append(entry)
        }
        return entries
    }

    private func mergeEntries(of node: YAMLNode) -> [YAMLNode.Entry] {
        switch node.content {
        case .mapping(let entries): return entries
        case .sequence(let nodes): return nodes.flatMap(mergeEntries)
        case .scalar:
            report(.wrongKind, at: node.place, "'<<' merges a mapping, not \(node.what)")
            return []
        }
    }

    /// The parser's mark of a node stands at its anchor or tag; this is where the rest begins.
    private func contentPlace(_ node: Node) -> Place {
        guard let mark = node.mark else { return .start }
        let place = Place(line: mark.line, column: mark.column)
        guard let start = source.offset(of: place) else { return clamped(place) }
        let scalars = source.scalars
        var offset = start
        while offset < scalars.count, scalars[offset] == "&" || scalars[offset] == "!" {
            while offset < scalars.count, !Self.isSpace(scalars[offset]) { offset += 1 }
            while offset < scalars.count, Self.isSpace(scalars[offset]) { offset += 1 }
        }
        return offset < scalars.count ? source.place(at: offset) : place
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case " ", "\t", "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": true
        default: false
        }
    }

    private func report(_ code: FaultCode, at place: Place, _ message: String) {
        collector.add(code, at: place, in: source, message)
    }
}
