import CEL
import Foundation
import Testing

@Suite struct `The printer` {
    private static let table = [
        "a.b.c", ".a.b", "a ? b : c ? d : e", "(a ? b : c) ? d : e", "a || b || c && d",
        "(a || b) || c", "a || (b || c)", "(a && b) || c", "a && (b || c) && d", "1 + 2 - 3",
        "1 - (2 - 3)", "1 + 2 * 3", "(1 + 2) * 3", "-a", "-(1)", "--a", "-1", "- 1 - -1", "!a",
        "!!a", "!(-a)", "-(-a)", "!(a && b)", "-a.b", "(-a).b", "(-1).b", "-(1).b", "a[1][b]",
        "a[?1].?b.c", "[1, ?a, 2]", "{1: 2, ?'a': b}", "f(1, a.g(2))", "math.greatest(1, 2)",
        "a in b", "a < b", "(a < b) == c", "a == (b < c)", "a.`b-c`.d", "has(a.b)", "has(a.`b c`)",
        "a.all(x, x > 1)", "a.exists(i, v, i == v)", "a.map(x, x > 1, x + 1)", "a.filter(x, !x)",
        "a.transformMap(k, v, k == 1, v)", "cel.bind(x, 1, x + 1)", "a.optMap(x, x.?b)",
        "a.optFlatMap(x, x)", "cel.block([1, cel.index(0)], cel.index(1))",
        "[1].map(cel.iterVar(0, 0), cel.iterVar(0, 0))", "'a\\n\\'\"\\u0007\\\\'",
        "b'\\x00\\xffa\"'",
        "1u", "1.0", "1e100", "1e-7", "5e-324", "-9223372036854775808", "0x10",
        "18446744073709551615u",
        "null", "true", "[]", "{}", "a.b(c)[d].e ? f : g", "a - b - c", "a - (b - c)", "a / b * c",
        "a in [1, 2] || !(b in c)", "type(a) == int", "1.0.a", "'\u{301}é'",
    ]

    @Test(arguments: table)
    func `writes what parses to the same tree`(source: String) throws {
        let tree = try SyntaxTree(parsing: source)
        let printed = tree.description
        let again = try SyntaxTree(parsing: printed)
        #expect(again.description == printed)
        #expect(shape(of: tree, tree.root) == shape(of: again, again.root), "\(printed)")
    }

    @Test func `writes every shared case`() throws {
        guard let shared = ProcessInfo.processInfo.environment["CONDUCTOR_SHARED"] else { return }
        let folder = URL(fileURLWithPath: shared).appendingPathComponent("cel/cases")
        let files = try FileManager.default.contentsOfDirectory(
            at: folder,
            includingPropertiesForKeys: nil
        )
        for file in files where file.pathExtension == "json" {
            for test in try SharedCase.read(file: file) {
                let tree = try SyntaxTree(parsing: test.expression)
                let again = try SyntaxTree(parsing: tree.description)
                #expect(
                    shape(of: tree, tree.root) == shape(of: again, again.root),
                    "\(test.expression) -> \(tree)"
                )
            }
        }
    }

    /// The tree without places, as nested text.
    private func shape(of tree: SyntaxTree, _ id: SyntaxTree.NodeID) -> String {
        func all(_ ids: [SyntaxTree.NodeID]) -> String {
            ids.map { shape(of: tree, $0) }.joined(separator: " ")
        }
        switch tree.nodes[id].kind {
        case .literal(let value): return "\(value.typeName):\(value)"
        case .identifier(let name, let isRooted): return (isRooted ? "." : "") + name
        case .select(let operand, let field, let isTest):
            return "(\(isTest ? "has" : "select") \(field) \(all([operand])))"
        case .optionalSelect(let operand, let field): return "(.? \(field) \(all([operand])))"
        case .call(let function, let target, let arguments, _):
            return "(\(function) \(target.map { "@" + all([$0]) } ?? "") \(all(arguments)))"
        case .list(let elements, let places): return "[\(places) \(all(elements))]"
        case .map(let entries):
            return "{" + entries.map { "\($0.isOptional) \(all([$0.key, $0.value]))" }.joined()
                + "}"
        case .comprehension(let part):
            let bodies = [part.predicate, part.transform].map { $0.map { all([$0]) } ?? "-" }
            return "(\(part.kind) \(part.function) \(all([part.range])) "
                + "\(part.variables.map(\.name)) \(bodies))"
        case .bind(let local, let value, let body):
            return "(bind \(local.name) \(all([value, body])))"
        case .block(let locals, let values, let body):
            return "(block \(locals.map(\.name)) \(all(values + [body])))"
        case .optionalMap(let local, let operand, let body, let isFlat):
            return "(optMap \(isFlat) \(local.name) \(all([operand, body])))"
        case .variable, .variablePresence, .optionalVariable, .local: return "resolved"
        }
    }
}
