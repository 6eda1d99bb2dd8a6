import CEL
import ConductorCore
import Foundation

/// What one evaluation of a realistic condition takes, beside the same by hand and in Python.
struct CELBenchmark {
    func run() throws -> Report {
        let snapshot = ReleaseSnapshot()
        let python = PythonReference.measure(snapshot)
        var report = Report(
            title: "Conditions: one evaluation of a compiled program (median of 9)",
            columns: [
                "", "CEL", "by hand in Swift", "x by hand", "Python", "x Python", "to compile",
            ]
        )
        var products = (cel: 1.0, swift: 1.0, python: 1.0)
        for condition in ComparedCondition.all {
            let (program, slots) = try compile(condition.cel)
            precondition(
                program.evaluate(slots) == .value(.bool(true)) && condition.swift(snapshot),
                "'\(condition.name)' does not hold of the snapshot."
            )
            let ours = nanosecondsPerCall { use(program.evaluate(slots)) }
            let byHand = nanosecondsPerCall { use(condition.swift(snapshot)) }
            let compiling = nanosecondsPerCall(runs: 3) { use(try? compile(condition.cel)) }
            let theirs = python?[condition.name]
            report.rows.append([
                condition.name, time(ours), time(byHand), (ours / byHand).text(1),
                theirs.map(time) ?? "-", theirs.map { (ours / $0).text(2) } ?? "-",
                time(compiling),
            ])
            products.cel *= ours
            products.swift *= byHand
            products.python *= theirs ?? 1
        }
        let root = 1 / Double(ComparedCondition.all.count)
        let means = (
            cel: pow(products.cel, root), swift: pow(products.swift, root),
            python: python.map { _ in pow(products.python, root) }
        )
        report.rows.append([
            "geometric mean", time(means.cel), time(means.swift),
            (means.cel / means.swift).text(1), means.python.map(time) ?? "-",
            means.python.map { (means.cel / $0).text(2) } ?? "-", "",
        ])
        if let python = means.python {
            // cel-go, optimised, is at 548 ns where Python's eval is at 459 ns.
            let published = 548.0 / 459.0
            report.goals = [
                (
                    "\((means.cel / python).text(2)) x Python's compiled eval, where cel-go was"
                        + " measured at \(published.text(2)) x of it",
                    means.cel / python <= published
                )
            ]
        }
        return report
    }

    /// The program, and the values of its variables in its order.
    private func compile(_ text: String) throws -> (Program, [Slot]) {
        let program = try Program(compiling: text, in: Self.environment)
        return (
            program, program.variables.map { Self.variables[$0].map { .value($0) } ?? .unbound }
        )
    }

    private static let variables = ReleaseSnapshot().variables

    private static let environment: Environment = {
        var environment = Environment()
        for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
            // The names of these two maps' members are data; all others are declared.
            let isMap = name == "approvals" || name == "labels"
            environment.declare(name, as: isMap ? .map(.string, .string) : type(of: value))
        }
        return environment
    }()

    /// The type that a schema would declare for such a value.
    private static func type(of value: Value) -> CELType {
        switch value {
        case .null, .type, .optional: .dyn
        case .bool: .bool
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        case .timestamp: .timestamp
        case .duration: .duration
        case .list(let elements): .list(elements.first.map(type) ?? .dyn)
        case .map(let map):
            .record(
                map.entries.compactMap { key, value in
                    if case .string(let name) = key { .init(name, type(of: value)) } else { nil }
                }
            )
        }
    }
}
